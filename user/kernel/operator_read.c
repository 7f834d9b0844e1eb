/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/operator_read.h"

#include "user/kernel/attach.h"
#include "user/lib/file.h"
#include "user/lib/text.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_pin(const char *interface, const char *name)
{
	char directory[PIN_PATH_MAX], path[PIN_PATH_MAX + 16];
	int fd;

	pin_directory_path(interface, directory);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/* -- Ports --------------------------------------------------------------------------------- */

int operator_read_ports(
	const char *interface, struct pinned_port ports[TT_TOP_PORTS], size_t *count)
{
	CLEANUP_FD int fd = open_pin(interface, "top_ports");

	if (fd < 0)
		return fd;
	*count = 0;
	for (uint32_t i = 0; i < TT_TOP_PORTS; i++) {
		struct tt_top_port top;
		series_key key;

		if (bpf_map_lookup_elem(fd, &i, &top))
			return -errno;
		top.port[sizeof(top.port) - 1] = '\0';
		if (series_parse(top.port, &key) && series_kind(key) == SERIES_PORT)
			ports[(*count)++] = (struct pinned_port){
				series_item(key), top.packets, top.bytes, top.syn, top.sources};
	}
	return 0;
}

/* -- Events -------------------------------------------------------------------------------- */

/* The number of the name in a list of count, or -1. */
static int find(const char *(*name_of)(unsigned int i), unsigned int count, const char *name)
{
	for (unsigned int i = 0; i < count; i++)
		if (strcmp(name_of(i), name) == 0)
			return (int)i;
	return -1;
}

static const char *phase_of(unsigned int i)
{
	return event_phase_name((enum event_phase)i);
}

static const char *kind_of(unsigned int i)
{
	return event_kind_name((enum event_kind)i);
}

static const char *severity_of(unsigned int i)
{
	return event_severity_name((enum event_severity)i);
}

static bool parse_event(struct tt_event_text *text, struct event *event)
{
	int phase, kind, severity;

	*event = event_blank();
	/* Nothing says that a pinned map was written by us. */
	text->time[sizeof(text->time) - 1] = text->phase[sizeof(text->phase) - 1] = '\0';
	text->kind[sizeof(text->kind) - 1] = text->key[sizeof(text->key) - 1] = '\0';
	text->severity[sizeof(text->severity) - 1] = text->id[sizeof(text->id) - 1] = '\0';
	text->observed[sizeof(text->observed) - 1] = '\0';
	text->expected[sizeof(text->expected) - 1] = '\0';
	text->incident[sizeof(text->incident) - 1] = '\0';
	phase = find(phase_of, EVENT_PHASES, text->phase);
	kind = find(kind_of, EVENT_KINDS, text->kind);
	severity = find(severity_of, EVENT_SEVERITIES, text->severity);
	if (phase < 0 || kind < 0 || severity < 0 || text_parse_time(text->time, &event->time) ||
		!series_parse(text->key, &event->key))
		return false;
	event->phase = (enum event_phase)phase;
	event->kind = (enum event_kind)kind;
	event->severity = (enum event_severity)severity;
	event->face = event->key;
	event->onset = event->time;
	snprintf(event->id, sizeof(event->id), "%.23s", text->id);
	snprintf(event->incident, sizeof(event->incident), "%.23s", text->incident);
	if (text_parse_double(text->observed, 0, 1e18, &event->observed) == 0 &&
		text_parse_double(text->expected, 0, 1e18, &event->expected) == 0) {
		event->ratio = event->observed / event->expected;
		event->excess = event->observed - event->expected;
	}
	return event->id[0];
}

static int by_time(const void *left, const void *right)
{
	const struct event *a = left, *b = right;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	/* Within a minute an event opens before it ends. */
	return (int)a->phase - (int)b->phase;
}

int operator_read_events(const char *interface, struct event events[TT_EVENT_TEXTS], size_t *count)
{
	CLEANUP_FD int fd = open_pin(interface, "events");

	if (fd < 0)
		return fd;
	*count = 0;
	for (uint32_t i = 0; i < TT_EVENT_TEXTS; i++) {
		struct tt_event_text text;

		if (bpf_map_lookup_elem(fd, &i, &text))
			return -errno;
		if (parse_event(&text, &events[*count]))
			(*count)++;
	}
	qsort(events, *count, sizeof(*events), by_time);
	return 0;
}
