/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/metrics.h"

#include "user/lib/buffer.h"
#include "user/lib/file.h"
#include "user/model/port.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const data_names[] = {
	[METRICS_DATA_COUNTRY] = "country",
	[METRICS_DATA_HISTORY] = "history",
};
_Static_assert(sizeof(data_names) / sizeof(data_names[0]) == METRICS_DATA_KINDS, "a name for each");

static const char *const sink_names[] = {
	[METRICS_SINK_EVENT_LOG] = "event_log",
	[METRICS_SINK_HISTORY] = "history",
	[METRICS_SINK_EVENT_MAP] = "event_map",
	[METRICS_SINK_METRICS] = "metrics",
};
_Static_assert(sizeof(sink_names) / sizeof(sink_names[0]) == METRICS_SINKS, "a name for each");

struct metrics metrics_new(void)
{
	struct metrics metrics = {0};

	for (unsigned int i = 0; i < METRICS_NUMBERS; i++)
		metrics.numbers[i] = NAN;
	return metrics;
}

static bool ranks_before(const struct port_count *a, const struct port_count *b)
{
	return a->packets != b->packets ? a->packets > b->packets : a->row < b->row;
}

/* Insertion into a list of twenty: a minute has up to 131,584 rows, most of them below its end. */
static void take_top_ports(struct metrics *metrics, const struct minute *minute)
{
	metrics->top_count = 0;
	for (size_t i = 0; i < minute->port_count; i++) {
		const struct port_count *port = &minute->ports[i];
		unsigned int place = metrics->top_count;

		while (place > 0 && ranks_before(port, &metrics->top[place - 1]))
			place--;
		if (place == METRICS_TOP_PORTS)
			continue;
		if (metrics->top_count < METRICS_TOP_PORTS)
			metrics->top_count++;
		memmove(&metrics->top[place + 1], &metrics->top[place],
			(metrics->top_count - place - 1) * sizeof(metrics->top[0]));
		metrics->top[place] = *port;
	}
}

void metrics_add_minute(struct metrics *metrics, const struct minute *minute)
{
	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		metrics->frames[i].packets += minute->ledger[i].packets;
		metrics->frames[i].bytes += minute->ledger[i].bytes;
	}
	metrics->unattributed += minute->unattributed;
	metrics->prefixes_unlisted += minute->prefixes_unlisted;
	metrics->late += minute->late;
	metrics->misdated += minute->misdated;
	metrics->nic_drops += minute->nic_drops;
	metrics->covered += minute->covered;
	metrics->has_minute = true;
	metrics->minute_start = minute->start;
	metrics->minute_covered = minute->covered;
	metrics->addresses = minute->addresses;
	metrics->mode = minute->mode;
	take_top_ports(metrics, minute);
}

void metrics_add_event(struct metrics *metrics, const struct event *event)
{
	if (event->kind < EVENT_KINDS && event->phase < EVENT_PHASES &&
		event->severity < EVENT_SEVERITIES)
		metrics->events[event->kind][event->phase][event->severity]++;
}

void metrics_add_failures(struct metrics *metrics, enum metrics_sink sink, uint64_t count)
{
	metrics->failures[sink] += count;
}

void metrics_set_data_time(struct metrics *metrics, enum metrics_data data, int64_t time)
{
	metrics->data_time[data] = time > 0 ? time : 0;
}

/* -- Text ---------------------------------------------------------------------------------- */

struct page {
	struct buffer *out;
	char sensor[2 * HOST_NAME_MAX + 1]; /* escaped */
};

static void escape(const char *text, char *escaped, size_t size)
{
	size_t used = 0;

	for (; *text && used + 3 < size; text++) {
		if (*text == '"' || *text == '\\')
			escaped[used++] = '\\';
		escaped[used++] = *text >= ' ' && *text <= '~' ? *text : '?';
	}
	escaped[used] = '\0';
}

static void head(const struct page *page, const char *name, const char *type, const char *help)
{
	buffer_format(page->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* name{sensor="...",labels} value; labels is a format, "" for none. */
static void __attribute__((format(printf, 4, 5)))
sample(const struct page *page, const char *name, double value, const char *labels, ...)
{
	va_list arguments;

	char text[160];

	va_start(arguments, labels);
	vsnprintf(text, sizeof(text), labels, arguments);
	va_end(arguments);
	buffer_format(
		page->out, "%s{sensor=\"%s\"%s%s", name, page->sensor, *text ? "," : "", text);
	/* Whole up to 2^53: 285 years of a million packets a second. */
	buffer_format(page->out, "} %.17g\n", value);
}

static void counter(const struct page *page, const char *name, uint64_t value, const char *help)
{
	head(page, name, "counter", help);
	sample(page, name, (double)value, "%s", "");
}

static void print_frames(const struct page *page, const struct metrics *metrics)
{
	head(page, "teiten_frames_total", "counter", "Frames seen, by class of the ledger.");
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		sample(page, "teiten_frames_total", (double)metrics->frames[i].packets,
			"class=\"%s\"", class_name((enum tt_class)i));
	head(page, "teiten_frame_bytes_total", "counter", "Bytes of the frames seen, by class.");
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		sample(page, "teiten_frame_bytes_total", (double)metrics->frames[i].bytes,
			"class=\"%s\"", class_name((enum tt_class)i));
}

static void print_losses(const struct page *page, const struct metrics *metrics)
{
	counter(page, "teiten_unattributed_packets_total", metrics->unattributed,
		"Packets counted without a country, or without a port for lack of a table.");
	counter(page, "teiten_unlisted_prefix_packets_total", metrics->prefixes_unlisted,
		"Packets from source port 53 whose prefix is not listed.");
	counter(page, "teiten_late_packets_total", metrics->late,
		"Replayed packets of an earlier interval, counted in the current one.");
	counter(page, "teiten_misdated_packets_total", metrics->misdated,
		"Replayed packets with an absurd time, counted in the current interval.");
	counter(page, "teiten_nic_dropped_packets_total", metrics->nic_drops,
		"Packets that the network device dropped before the program saw them.");
	head(page, "teiten_write_failures_total", "counter", "Writes that failed, by output.");
	for (unsigned int i = 0; i < METRICS_SINKS; i++)
		sample(page, "teiten_write_failures_total", (double)metrics->failures[i],
			"output=\"%s\"", sink_names[i]);
}

static void print_events(const struct page *page, const struct metrics *metrics)
{
	head(page, "teiten_events_total", "counter",
		"Spike events, by kind, phase and severity as told then.");
	for (unsigned int kind = 0; kind < EVENT_KINDS; kind++)
		for (unsigned int phase = 0; phase < EVENT_PHASES; phase++)
			for (unsigned int i = 0; i < EVENT_SEVERITIES; i++)
				sample(page, "teiten_events_total",
					(double)metrics->events[kind][phase][i],
					"kind=\"%s\",phase=\"%s\",severity=\"%s\"",
					event_kind_name((enum event_kind)kind),
					event_phase_name((enum event_phase)phase),
					event_severity_name((enum event_severity)i));
}

static void print_health(const struct page *page, const struct metrics *metrics)
{
	head(page, "teiten_degraded", "gauge",
		"1 while a condition of the sensor's health holds; teiten(8) lists them.");
	for (unsigned int i = 0; i < HEALTH_CONDITIONS; i++)
		if (!health_text((enum health_condition)i)->is_moment)
			sample(page, "teiten_degraded", metrics->degraded[i], "condition=\"%s\"",
				health_text((enum health_condition)i)->name);
}

static void print_top_ports(const struct page *page, const struct metrics *metrics)
{
	if (!metrics->top_count)
		return;
	head(page, "teiten_port_packets", "gauge",
		"Packets of the last interval, for its 20 ports with the most; ICMP by type.");
	for (unsigned int i = 0; i < metrics->top_count; i++) {
		const struct port_count *port = &metrics->top[i];

		sample(page, "teiten_port_packets", (double)port->packets,
			"proto=\"%s\",port=\"%" PRIu32 "\"",
			port_protocol_name(port_protocol(port->row)), port_number(port->row));
	}
}

static void print_interval(const struct page *page, const struct metrics *metrics)
{
	head(page, "teiten_covered_seconds_total", "counter", "Time observed.");
	sample(page, "teiten_covered_seconds_total", metrics->covered, "%s", "");
	if (!metrics->has_minute)
		return;
	head(page, "teiten_interval_start_timestamp_seconds", "gauge",
		"Start of the last interval counted.");
	sample(page, "teiten_interval_start_timestamp_seconds", (double)metrics->minute_start, "%s",
		"");
	head(page, "teiten_interval_covered_seconds", "gauge",
		"Time observed in the last interval.");
	sample(page, "teiten_interval_covered_seconds", metrics->minute_covered, "%s", "");
	head(page, "teiten_attach_mode", "gauge", "How the program is attached: 1 for the mode.");
	for (unsigned int i = 0; i < ATTACH_MODES; i++)
		sample(page, "teiten_attach_mode", metrics->mode == i, "mode=\"%s\"",
			attach_mode_name((enum attach_mode)i));
	if (metrics->addresses) {
		head(page, "teiten_monitored_addresses", "gauge", "Addresses monitored.");
		sample(page, "teiten_monitored_addresses", (double)metrics->addresses, "%s", "");
	}
	print_top_ports(page, metrics);
}

/* One name may have several rows, side by side, with a label each. */
static const struct {
	const char *name, *type, *label, *help;
} numbers[] = {
	[METRICS_LAG] = {"teiten_interval_lag_seconds", "gauge", "",
		"From the end of the last interval until it was stored and told."},
	[METRICS_TIME_DRAIN] = {"teiten_stage_seconds", "gauge", "stage=\"drain\"",
		"Time that the stages of the last interval took."},
	[METRICS_TIME_HISTORY] = {"teiten_stage_seconds", "gauge", "stage=\"history\"", ""},
	[METRICS_TIME_DETECT] = {"teiten_stage_seconds", "gauge", "stage=\"detect\"", ""},
	[METRICS_UNCLOSED] = {"teiten_unclosed_intervals_total", "counter", "",
		"Intervals whose ledger did not close: a defect of the sensor."},
	[METRICS_UNWRITTEN] = {"teiten_unwritten_intervals", "gauge", "",
		"Intervals in a row that the history could not take; their counts wait."},
	[METRICS_OPEN_EVENTS] = {"teiten_open_events", "gauge", "", "Events that are open."},
	[METRICS_OPEN_INCIDENTS] = {"teiten_open_incidents", "gauge", "",
		"Incidents with an open event."},
	[METRICS_SERIES] = {"teiten_series", "gauge", "", "Series that the detector follows."},
	[METRICS_DATABASE] = {"teiten_state_bytes", "gauge", "file=\"database\"",
		"Size of the history's files."},
	[METRICS_WAL] = {"teiten_state_bytes", "gauge", "file=\"wal\"", ""},
	[METRICS_FREE] = {"teiten_state_free_bytes", "gauge", "",
		"Free space of the file system with the state."},
	[METRICS_TABLES] = {"teiten_table_bytes", "gauge", "",
		"Memory of the counting tables in the kernel."},
	[METRICS_RESIDENT] = {"teiten_process_resident_memory_bytes", "gauge", "",
		"Resident memory of the process, the mapped tables included."},
	[METRICS_FDS] = {"teiten_process_open_fds", "gauge", "", "Open file descriptors."},
	[METRICS_SAMPLES_WRITTEN] = {"teiten_samples_total", "counter", "outcome=\"written\"",
		"Packets chosen as samples: written, or lost because the ring was full; of those "
		"written, forgotten for newer ones."},
	[METRICS_SAMPLES_LOST] = {"teiten_samples_total", "counter", "outcome=\"lost\"", ""},
	[METRICS_SAMPLES_FORGOTTEN] = {"teiten_samples_total", "counter", "outcome=\"forgotten\"",
		""},
	[METRICS_DROPPED_SERIES] = {"teiten_evidence_dropped_total", "counter", "what=\"series\"",
		"What found no room in a table of the evidence, or on the disk."},
	[METRICS_DROPPED_RESOLVERS] = {"teiten_evidence_dropped_total", "counter",
		"what=\"resolvers\"", ""},
	[METRICS_DROPPED_PORTS] = {"teiten_evidence_dropped_total", "counter",
		"what=\"source_ports\"", ""},
	[METRICS_DROPPED_PACKETS] = {"teiten_evidence_dropped_total", "counter",
		"what=\"incident_packets\"", ""},
	[METRICS_DROPPED_FILES] = {"teiten_evidence_dropped_total", "counter",
		"what=\"incident_files\"", ""},
};
_Static_assert(sizeof(numbers) / sizeof(numbers[0]) == METRICS_NUMBERS, "a row for each");

static void print_numbers(const struct page *page, const struct metrics *metrics)
{
	const char *last = "", *help = "";

	for (unsigned int i = 0; i < METRICS_NUMBERS; i++) {
		if (*numbers[i].help)
			help = numbers[i].help;
		if (isnan(metrics->numbers[i]))
			continue;
		if (strcmp(numbers[i].name, last) != 0)
			head(page, numbers[i].name, numbers[i].type, help);
		last = numbers[i].name;
		sample(page, numbers[i].name, metrics->numbers[i], "%s", numbers[i].label);
	}
}

static void print_data_times(const struct page *page, const struct metrics *metrics)
{
	bool first = true;

	for (unsigned int i = 0; i < METRICS_DATA_KINDS; i++) {
		if (!metrics->data_time[i])
			continue;
		if (first)
			head(page, "teiten_data_timestamp_seconds", "gauge",
				"Time of the newest content of what the sensor works with.");
		first = false;
		sample(page, "teiten_data_timestamp_seconds", (double)metrics->data_time[i],
			"data=\"%s\"", data_names[i]);
	}
}

char *metrics_to_text(const struct metrics *metrics, const char *sensor, const char *version)
{
	struct buffer text = {0};
	struct page page = {.out = &text};

	escape(sensor, page.sensor, sizeof(page.sensor));
	head(&page, "teiten_info", "gauge", "The program's version.");
	sample(&page, "teiten_info", 1, "version=\"%s\"", version);
	print_frames(&page, metrics);
	print_losses(&page, metrics);
	print_events(&page, metrics);
	print_health(&page, metrics);
	print_interval(&page, metrics);
	print_numbers(&page, metrics);
	print_data_times(&page, metrics);
	if (!text.error)
		return text.bytes;
	buffer_release(&text);
	return NULL;
}

int metrics_write(
	const struct metrics *metrics, const char *sensor, const char *version, const char *path)
{
	CLEANUP_FREE char *text = metrics_to_text(metrics, sensor, version);

	if (!text)
		return -ENOMEM;
	/* Not durable: after a power cut the numbers are of no use, and a sync can take seconds. */
	return file_replace(path, text, strlen(text), 0644, FILE_VISIBLE);
}
