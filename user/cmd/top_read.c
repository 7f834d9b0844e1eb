/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/top_read.h"

#include "user/cmd/setup.h"
#include "user/cmd/top_history.h"
#include "user/kernel/health.h"
#include "user/kernel/operator_read.h"
#include "user/lib/file.h"
#include "user/lib/text.h"
#include "user/model/usual.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_SENSORS 64
/* A sensor's last minute and the history's may differ by this while one is being written. */
#define SAME_MINUTE 120

/* -- What is there to read ----------------------------------------------------------------- */

/* Without a history the pins of a sensor will do; returns 0 or -1 with reader->trouble. */
static int open_without_history(
	struct top_reader *reader, int status, const struct history_error *error)
{
	struct top_view view = top_view_blank();

	top_read_pulse(reader, &view);
	if (view.interface[0] && view.has_minute)
		return 0;
	/* Of a history that is there and no good, no privilege makes a better one. */
	if (status == -EPROTO || status == -EBADMSG)
		snprintf(reader->trouble, sizeof(reader->trouble), "%s%s", error->text,
			setup_history_advice(status));
	else
		snprintf(reader->trouble, sizeof(reader->trouble),
			"%s, and no sensor's pins can be read: name a history by --state, or run "
			"as root or as a member of group teiten",
			error->text);
	return -1;
}

int top_reader_open(struct top_reader *reader, const struct config *config,
	const char *wanted_interface, size_t port_limit)
{
	static const struct event_options everything = {.filter = {.to = INT64_MAX}};
	struct history_error error;
	int status;

	*reader = (struct top_reader){
		.config = config,
		.wanted_interface = wanted_interface,
		.port_limit = port_limit < TOP_PORTS_MAX ? port_limit : TOP_PORTS_MAX,
		.arriving = NAN,
	};
	if (config->name[0])
		snprintf(reader->name, sizeof(reader->name), "%s", config->name);
	else if (gethostname(reader->name, sizeof(reader->name) - 1))
		reader->name[0] = '\0';
	status = history_open(config->state_dir, HISTORY_READ, &reader->history, &error);
	if (status)
		return open_without_history(reader, status, &error);
	reader->store = history_store_of(reader->history);
	reader->events = (struct event_reader){
		.options = &everything,
		.history = reader->history,
		.store = reader->store,
		.take = event_reader_add,
		.incidents = incidents_new(),
	};
	reader->usual = usual_new();
	if (reader->events.incidents && reader->usual)
		return 0;
	snprintf(reader->trouble, sizeof(reader->trouble), "out of memory");
	top_reader_close(reader);
	return -1;
}

void top_reader_close(struct top_reader *reader)
{
	incidents_free(reader->events.incidents);
	usual_free(reader->usual);
	history_close(reader->history);
	reader->history = NULL;
}

/* -- The sensor ---------------------------------------------------------------------------- */

static void show_sensor(struct top_view *view, const struct sensor_health *sensor)
{
	snprintf(view->interface, sizeof(view->interface), "%s", sensor->interface);
	view->is_attached = sensor->has_link;
	view->is_running = sensor->has_process;
	snprintf(view->mode, sizeof(view->mode), "%.11s", sensor->health.attach_mode);
	snprintf(view->verdict, sizeof(view->verdict), "%.11s", sensor->health.verdict);
}

/* Whether a sensor's minutes are the ones that the history has. */
static bool writes(const struct sensor_health *sensor, int64_t last_minute)
{
	int64_t minute;

	return sensor->is_readable && text_parse_time(sensor->health.minute, &minute) == 0 &&
	       llabs(minute - last_minute) <= SAME_MINUTE;
}

/* The sensor behind what is shown: the named one, the one that writes the history, or any. */
static bool find_sensor(
	const struct top_reader *reader, const struct top_view *view, struct sensor_health *found)
{
	struct sensor_health list[MAX_SENSORS];
	size_t count = 0;

	if (reader->wanted_interface)
		return sensor_health_read(reader->wanted_interface, found) == 0;
	if (sensor_health_list(list, MAX_SENSORS, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (reader->history ? view->has_minute && writes(&list[i], view->minute)
				    : list[i].is_readable) {
			*found = list[i];
			return true;
		}
	}
	return false;
}

static bool read_received(const char *interface, uint64_t *received)
{
	char path[128];
	CLEANUP_FREE char *text = NULL;
	size_t size;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/rx_packets", interface);
	if (file_read_all(path, 64, &text, &size))
		return false;
	text[strcspn(text, "\n")] = '\0';
	return text_parse_unsigned(text, UINT64_MAX, received) == 0;
}

/* Packets a second at the interface since the last call. */
static double measure_arriving(struct top_reader *reader, const char *interface)
{
	struct timespec now;
	uint64_t received;
	int64_t now_ns;

	if (!read_received(interface, &received))
		return NAN;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	if (strcmp(reader->counted_interface, interface) != 0 || received < reader->received) {
		snprintf(reader->counted_interface, sizeof(reader->counted_interface), "%s",
			interface);
		reader->arriving = NAN;
	} else if (now_ns - reader->received_ns < 500000000) {
		/* Too short for a rate. */
		return reader->arriving;
	} else {
		reader->arriving = (double)(received - reader->received) * 1e9 /
				   (double)(now_ns - reader->received_ns);
	}
	reader->received = received;
	reader->received_ns = now_ns;
	return reader->arriving;
}

bool top_read_pulse(struct top_reader *reader, struct top_view *view)
{
	bool had_minute = view->has_minute;
	int64_t minute = view->minute;
	struct sensor_health sensor;

	view->now = (int64_t)time(NULL);
	if (reader->history &&
		history_last_minute(reader->history, &view->minute, &view->has_minute))
		view->trouble = history_message(reader->history);
	view->interface[0] = '\0';
	view->arriving = NAN;
	if (find_sensor(reader, view, &sensor)) {
		show_sensor(view, &sensor);
		view->arriving = measure_arriving(reader, sensor.interface);
		if (!reader->history)
			view->has_minute =
				sensor.is_readable &&
				text_parse_time(sensor.health.minute, &view->minute) == 0;
	}
	return view->has_minute != had_minute || view->minute != minute;
}

/* -- From the pinned maps ------------------------------------------------------------------ */

static int read_pinned_ports(struct top_view *view, size_t limit)
{
	struct pinned_port ports[TT_TOP_PORTS];
	size_t count;
	int error = operator_read_ports(view->interface, ports, &count);

	for (size_t i = 0; i < count && !error && i < limit; i++)
		view->ports[view->port_count++] = (struct top_port){
			.row = ports[i].row,
			.packets = ports[i].packets,
			.share = NAN,
			.sources = ports[i].sources ? (double)ports[i].sources : NAN,
			.country_share = NAN,
			.usual = NAN,
		};
	return error;
}

static int read_pinned_events(struct top_view *view)
{
	struct event *events = calloc(TT_EVENT_TEXTS, sizeof(*events));
	struct incidents *incidents = incidents_new();
	size_t count = 0;
	int error = events && incidents ? operator_read_events(view->interface, events, &count)
					: -ENOMEM;

	for (size_t i = 0; i < count && !error; i++)
		error = incidents_add(incidents, &events[i]);
	if (!error)
		error = top_show_incidents(incidents, view);
	incidents_free(incidents);
	free(events);
	return error;
}

static void read_pins(struct top_reader *reader, struct top_view *view)
{
	struct sensor_health sensor;
	const __u64 *by_class = (const __u64 *)&sensor.health.ledger;
	int error = 0;

	view->ledger_is_total = true;
	if (find_sensor(reader, view, &sensor)) {
		for (unsigned int i = 0; i < TT_CLASSES; i++)
			view->ledger[i].packets = by_class[i];
		view->packets = sensor.health.frames;
		view->bytes = sensor.health.bytes;
		error = read_pinned_ports(view, reader->port_limit);
	}
	if (!error && view->interface[0])
		error = read_pinned_events(view);
	if (error) {
		snprintf(reader->trouble, sizeof(reader->trouble),
			"the pinned maps cannot be read: %s", strerror(-error));
		view->trouble = reader->trouble;
	}
}

void top_read(struct top_reader *reader, enum top_window window, struct top_view *view)
{
	*view = top_view_blank();
	view->sensor = reader->name;
	view->window = reader->history ? window : TOP_MINUTE;
	view->state_dir = reader->history ? reader->config->state_dir : NULL;
	top_read_pulse(reader, view);
	if (!view->has_minute)
		return;
	/* This machine's name says nothing of a history that no sensor here writes. */
	if (!view->interface[0] && !reader->config->name[0])
		view->sensor = reader->config->state_dir;
	view->from = view->minute + 60 - top_window_length(view->window);
	if (view->from < 0)
		view->from = 0;
	if (reader->history)
		top_read_history(reader, view);
	else
		read_pins(reader, view);
}
