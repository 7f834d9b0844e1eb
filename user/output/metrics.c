/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/metrics.h"

#include "user/lib/file.h"
#include "user/model/port.h"

#include <errno.h>
#include <inttypes.h>
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
	return (struct metrics){0};
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
	if (event->kind < EVENT_KINDS && event->phase < EVENT_PHASES)
		metrics->events[event->kind][event->phase]++;
}

void metrics_add_failure(struct metrics *metrics, enum metrics_sink sink)
{
	metrics->failures[sink]++;
}

void metrics_set_data_time(struct metrics *metrics, enum metrics_data data, int64_t time)
{
	metrics->data_time[data] = time > 0 ? time : 0;
}

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counter(FILE *out, const char *name, uint64_t value, const char *help)
{
	head(out, name, "counter", help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void print_info(FILE *out, const char *sensor, const char *version)
{
	head(out, "teiten_info", "gauge", "The sensor's name and the program's version.");
	fputs("teiten_info{sensor=\"", out);
	for (const char *c = sensor; *c; c++) {
		if (*c == '"' || *c == '\\')
			fputc('\\', out);
		fputc(*c >= ' ' && *c <= '~' ? *c : '?', out);
	}
	fprintf(out, "\",version=\"%s\"} 1\n", version);
}

static void print_frames(FILE *out, const struct metrics *metrics)
{
	head(out, "teiten_frames_total", "counter", "Frames seen, by class of the ledger.");
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		fprintf(out, "teiten_frames_total{class=\"%s\"} %" PRIu64 "\n",
			class_name((enum tt_class)i), metrics->frames[i].packets);
	head(out, "teiten_frame_bytes_total", "counter", "Bytes of the frames seen, by class.");
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		fprintf(out, "teiten_frame_bytes_total{class=\"%s\"} %" PRIu64 "\n",
			class_name((enum tt_class)i), metrics->frames[i].bytes);
}

static void print_losses(FILE *out, const struct metrics *metrics)
{
	counter(out, "teiten_unattributed_packets_total", metrics->unattributed,
		"Packets counted without a country, or without a port for lack of a table.");
	counter(out, "teiten_unlisted_prefix_packets_total", metrics->prefixes_unlisted,
		"Packets from source port 53 whose prefix is not listed.");
	counter(out, "teiten_late_packets_total", metrics->late,
		"Replayed packets of an earlier interval, counted in the current one.");
	counter(out, "teiten_misdated_packets_total", metrics->misdated,
		"Replayed packets with an absurd time, counted in the current interval.");
	counter(out, "teiten_nic_dropped_packets_total", metrics->nic_drops,
		"Packets that the network device dropped before the program saw them.");
	head(out, "teiten_write_failures_total", "counter", "Writes that failed, by output.");
	for (unsigned int i = 0; i < METRICS_SINKS; i++)
		fprintf(out, "teiten_write_failures_total{output=\"%s\"} %" PRIu64 "\n",
			sink_names[i], metrics->failures[i]);
}

static void print_events(FILE *out, const struct metrics *metrics)
{
	head(out, "teiten_events_total", "counter", "Spike events, by kind and phase.");
	for (unsigned int kind = 0; kind < EVENT_KINDS; kind++)
		for (unsigned int phase = 0; phase < EVENT_PHASES; phase++)
			fprintf(out, "teiten_events_total{kind=\"%s\",phase=\"%s\"} %" PRIu64 "\n",
				event_kind_name((enum event_kind)kind),
				event_phase_name((enum event_phase)phase),
				metrics->events[kind][phase]);
}

static void print_top_ports(FILE *out, const struct metrics *metrics)
{
	if (!metrics->top_count)
		return;
	head(out, "teiten_port_packets", "gauge",
		"Packets of the last interval, for its 20 ports with the most; ICMP by type.");
	for (unsigned int i = 0; i < metrics->top_count; i++) {
		const struct port_count *port = &metrics->top[i];

		fprintf(out, "teiten_port_packets{proto=\"%s\",port=\"%" PRIu32 "\"} %" PRIu64 "\n",
			port_protocol_name(port_protocol(port->row)), port_number(port->row),
			port->packets);
	}
}

static void print_interval(FILE *out, const struct metrics *metrics)
{
	head(out, "teiten_covered_seconds_total", "counter", "Time observed.");
	fprintf(out, "teiten_covered_seconds_total %.17g\n", metrics->covered);
	if (!metrics->has_minute)
		return;
	head(out, "teiten_interval_start_timestamp_seconds", "gauge",
		"Start of the last interval counted.");
	fprintf(out, "teiten_interval_start_timestamp_seconds %" PRId64 "\n",
		metrics->minute_start);
	head(out, "teiten_interval_covered_seconds", "gauge",
		"Time observed in the last interval.");
	fprintf(out, "teiten_interval_covered_seconds %.17g\n", metrics->minute_covered);
	head(out, "teiten_attach_mode", "gauge", "How the program is attached: 1 for the mode.");
	for (unsigned int i = 0; i < ATTACH_MODES; i++)
		fprintf(out, "teiten_attach_mode{mode=\"%s\"} %d\n",
			attach_mode_name((enum attach_mode)i), metrics->mode == i);
	if (metrics->addresses) {
		head(out, "teiten_monitored_addresses", "gauge", "Addresses monitored.");
		fprintf(out, "teiten_monitored_addresses %" PRIu64 "\n", metrics->addresses);
	}
	print_top_ports(out, metrics);
}

static void print_data_times(FILE *out, const struct metrics *metrics)
{
	bool first = true;

	for (unsigned int i = 0; i < METRICS_DATA_KINDS; i++) {
		if (!metrics->data_time[i])
			continue;
		if (first)
			head(out, "teiten_data_timestamp_seconds", "gauge",
				"Time of the newest content of what the sensor works with.");
		first = false;
		fprintf(out, "teiten_data_timestamp_seconds{data=\"%s\"} %" PRId64 "\n",
			data_names[i], metrics->data_time[i]);
	}
}

char *metrics_to_text(const struct metrics *metrics, const char *sensor, const char *version)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	if (!out)
		return NULL;
	print_info(out, sensor, version);
	print_frames(out, metrics);
	print_losses(out, metrics);
	print_events(out, metrics);
	print_interval(out, metrics);
	print_data_times(out, metrics);
	failed = ferror(out);
	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
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
