/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/operator_maps.h"

#include "user/lib/text.h"
#include "user/model/port.h"
#include "user/model/series.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *verdict_name(enum tt_verdict verdict)
{
	static const char *const names[] = {
		[TT_VERDICT_DROP] = "drop",
		[TT_VERDICT_PASS] = "pass",
		[TT_VERDICT_DROP_ALL] = "drop-all",
	};
	_Static_assert(sizeof(names) / sizeof(names[0]) == TT_VERDICTS, "a name for each");

	return verdict < TT_VERDICTS ? names[verdict] : "?";
}

static int put(struct bpf_map *map, uint32_t key, const void *value)
{
	return bpf_map_update_elem(bpf_map__fd(map), &key, value, BPF_ANY) ? -errno : 0;
}

/* -- Events -------------------------------------------------------------------------------- */

static void number_text(double number, int decimals, char *text, size_t size)
{
	if (isnan(number))
		text[0] = '\0';
	else
		snprintf(text, size, "%.*f", decimals, number);
}

static int show_event(struct sink *sink, const struct event *event)
{
	struct operator_maps *maps = (struct operator_maps *)sink;
	struct tt_event_text text = {0};
	char name[SERIES_TEXT_MAX];
	char time[TEXT_TIME_MAX];

	series_format(event->key, name);
	text_format_time(event->time, time);
	snprintf(text.time, sizeof(text.time), "%.23s", time);
	snprintf(text.phase, sizeof(text.phase), "%s", event_phase_name(event->phase));
	snprintf(text.kind, sizeof(text.kind), "%s", event_kind_name(event->kind));
	snprintf(text.key, sizeof(text.key), "%.23s", name);
	snprintf(text.severity, sizeof(text.severity), "%s", event_severity_name(event->severity));
	snprintf(text.scale, sizeof(text.scale), "%s", event_scale_name(event->scale));
	number_text(event->observed, 0, text.observed, sizeof(text.observed));
	number_text(event->expected, 2, text.expected, sizeof(text.expected));
	number_text(event->log10p, 1, text.log10p, sizeof(text.log10p));
	snprintf(text.id, sizeof(text.id), "%s", event->id);
	snprintf(text.incident, sizeof(text.incident), "%s", event->incident);
	return put(
		maps->program->skeleton->maps.events, maps->next_event++ % TT_EVENT_TEXTS, &text);
}

/* The slot behind the newest event that an earlier process wrote. */
static uint32_t find_next_event(const struct operator_maps *maps)
{
	struct bpf_map *map = maps->program->skeleton->maps.events;
	struct tt_event_text text;
	char newest[sizeof(text.time)] = "";
	uint32_t next = 0;

	for (uint32_t i = 0; i < TT_EVENT_TEXTS; i++) {
		if (bpf_map_lookup_elem(bpf_map__fd(map), &i, &text) || !text.time[0])
			continue;
		if (strncmp(text.time, newest, sizeof(newest)) >= 0) {
			memcpy(newest, text.time, sizeof(newest));
			next = i + 1;
		}
	}
	return next;
}

/* -- Health -------------------------------------------------------------------------------- */

int operator_maps_health(struct operator_maps *maps, const struct minute *minute)
{
	const struct tt_drained *drained = drain_drained(maps->drain);
	struct tt_health health = {
		.covered_seconds = (uint32_t)lround(minute->covered),
		.layout = TT_LAYOUT,
		.unattributed = drained->unattributed,
		.late = maps->late,
		.nic_drops = minute->nic_drops,
		.unclosed = maps->unclosed,
		.unwritten = maps->unwritten,
	};
	__u64 *by_class = (__u64 *)&health.ledger;
	char time[TEXT_TIME_MAX];

	text_format_time(minute->start, time);
	snprintf(health.minute, sizeof(health.minute), "%.23s", time);
	snprintf(
		health.attach_mode, sizeof(health.attach_mode), "%s", attach_mode_name(maps->mode));
	snprintf(health.verdict, sizeof(health.verdict), "%s",
		verdict_name(maps->program->parameters.verdict));
	health.frames = drained->accounted.packets;
	health.bytes = drained->accounted.bytes;
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		by_class[i] = drained->by_class[i].packets;
	return put(maps->program->skeleton->maps.health, 0, &health);
}

/* -- Ports --------------------------------------------------------------------------------- */

static int more_packets(const void *a, const void *b)
{
	const struct port_count *const *x = a, *const *y = b;

	if ((*x)->packets != (*y)->packets)
		return (*x)->packets < (*y)->packets ? 1 : -1;
	return (*x)->row < (*y)->row ? -1 : 1;
}

/* The busiest ports first: the list keeps TT_TOP_PORTS of them while it walks the minute once. */
static size_t choose_top(const struct minute *minute, const struct port_count *top[TT_TOP_PORTS])
{
	size_t count = 0;

	for (size_t i = 0; i < minute->port_count; i++) {
		const struct port_count *port = &minute->ports[i];
		size_t at;

		if (count < TT_TOP_PORTS)
			count++;
		else if (more_packets(&port, &top[count - 1]) > 0)
			continue;
		for (at = count - 1; at > 0 && more_packets(&port, &top[at - 1]) < 0; at--)
			top[at] = top[at - 1];
		top[at] = port;
	}
	return count;
}

static int show_top(struct operator_maps *maps, const struct minute *minute)
{
	const struct port_count *top[TT_TOP_PORTS];
	size_t count = choose_top(minute, top);
	int status = 0;

	for (uint32_t i = 0; !status && i < TT_TOP_PORTS; i++) {
		struct tt_top_port text = {0};
		char name[SERIES_TEXT_MAX];

		if (i < count) {
			series_format(series_make(SERIES_PORT, top[i]->row, 0), name);
			snprintf(text.port, sizeof(text.port), "%.15s", name);
			text.packets = top[i]->packets;
			text.bytes = top[i]->bytes;
			text.syn = top[i]->syn;
			text.sources = top[i]->sources;
		}
		status = put(maps->program->skeleton->maps.top_ports, i, &text);
	}
	return status;
}

static void show_last_minute(struct operator_maps *maps, const struct minute *minute)
{
	struct tt_last_minute *rows = maps->program->last_minute;

	for (size_t i = 0; i < maps->row_count; i++)
		rows[maps->rows[i]] = (struct tt_last_minute){0};
	maps->row_count = minute->port_count;
	for (size_t i = 0; i < minute->port_count; i++) {
		const struct port_count *port = &minute->ports[i];

		maps->rows[i] = port->row;
		rows[port->row] = (struct tt_last_minute){
			.packets = port->packets,
			.bytes = port->bytes,
			.syn = port->syn,
			.sources = port->sources,
		};
	}
}

static int show_minute(struct sink *sink, const struct minute *minute)
{
	struct operator_maps *maps = (struct operator_maps *)sink;
	int status;

	maps->late += minute->late;
	if (!drain_closed(maps->drain))
		maps->unclosed++;
	show_last_minute(maps, minute);
	status = show_top(maps, minute);
	return status ? status : operator_maps_health(maps, minute);
}

void operator_maps_init(struct operator_maps *maps, struct program *program, struct drain *drain,
	enum attach_mode mode)
{
	*maps = (struct operator_maps){
		.sink = {.minute = show_minute, .event = show_event},
		.program = program,
		.drain = drain,
		.mode = mode,
	};
	memset(program->last_minute, 0, TT_ROWS * sizeof(*program->last_minute));
	maps->next_event = find_next_event(maps);
}
