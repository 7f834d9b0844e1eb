/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/cmd/options.h"
#include "user/history/query.h"
#include "user/lib/file.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/model/event_json.h"
#include "user/output/event_table.h"
#include "user/output/terminal.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_LAST 20
#define MAX_LAST 100000 /* 60 MB of events in memory */

struct options {
	struct common_options common;
	struct store_query query;
	uint64_t last;
	bool json;
};

enum { KEY_JSON = OPTION_OWN };

static const struct argp_option argp_options[] = {
	OPTIONS_STATE_TO_READ,
	OPTIONS_FROM("the first event"),
	OPTIONS_TO("the last event"),
	{"last", 'n', "COUNT", 0, "the last COUNT of them (default 20, at most 100000)", 0},
	{"json", KEY_JSON, NULL, 0, "as in the event log, one JSON object a line", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPTION_FROM:
		options_time(state, "from", argument, &options->query.from);
		return 0;
	case OPTION_TO:
		options_time(state, "to", argument, &options->query.to);
		return 0;
	case 'n':
		if (text_parse_unsigned(argument, MAX_LAST, &options->last) || !options->last)
			argp_error(state, "--last '%s' is not a number from 1 to %d", argument,
				MAX_LAST);
		return 0;
	case KEY_JSON:
		options->json = true;
		return 0;
	case ARGP_KEY_END:
		if (options->query.from > options->query.to)
			argp_error(state, "--from is after --to");
		return 0;
	default:
		return options_parse(key, argument, state, &options->common);
	}
}

/* The last events seen, in a ring: the next one goes to count % capacity. */
struct ring {
	struct event *events;
	size_t capacity;
	uint64_t count;
};

static int remember(void *context, const struct store_row *row)
{
	struct ring *ring = context;

	ring->events[ring->count++ % ring->capacity] = *row->event;
	return 0;
}

/* Oldest first, so that the newest is next to the prompt. Returns how many there are. */
static size_t straighten(struct ring *ring)
{
	size_t first = ring->count % ring->capacity;
	struct event *ordered;

	if (ring->count <= ring->capacity)
		return (size_t)ring->count;
	ordered = malloc(ring->capacity * sizeof(*ordered));
	if (!ordered)
		return 0;
	memcpy(ordered, ring->events + first, (ring->capacity - first) * sizeof(*ordered));
	memcpy(ordered + ring->capacity - first, ring->events, first * sizeof(*ordered));
	free(ring->events);
	ring->events = ordered;
	return ring->capacity;
}

static int print_json(const struct event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		/* The history does not know which name the sensor had: the field is left out. */
		CLEANUP_FREE char *line = event_to_json(&events[i], "");

		if (!line)
			return -ENOMEM;
		puts(line);
	}
	return 0;
}

static int print_events(const struct options *options, struct ring *ring)
{
	size_t count = straighten(ring);

	if (!count && ring->count) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	if (options->json) {
		if (print_json(ring->events, count)) {
			log_error("out of memory");
			return CMD_FAILED;
		}
	} else {
		event_table_print(stdout, ring->events, count, terminal_has_colours(stdout));
		if (!count)
			puts("no events");
	}
	if (fflush(stdout) || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static int answer(const struct options *options, struct history *history)
{
	struct ring ring = {.capacity = (size_t)options->last};
	struct store_answer result;
	int status = CMD_FAILED;

	ring.events = calloc(ring.capacity, sizeof(*ring.events));
	if (!ring.events)
		log_error("out of memory");
	else if (history_query(history, &options->query, remember, &ring, &result))
		log_error("%s", history_message(history));
	else
		status = print_events(options, &ring);
	free(ring.events);
	return status;
}

int cmd_events(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse_option, NULL,
		"Recent events, oldest first; works while the sensor runs.", NULL, NULL, NULL};
	struct options options = {
		.common.state_dir = OPTIONS_STATE_DIR,
		.query = store_query_all(TABLE_EVENTS, BIN_MINUTE),
		.last = DEFAULT_LAST,
	};
	struct history_error error;
	struct history *history;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (history_open(options.common.state_dir, HISTORY_READ, &history, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	status = answer(&options, history);
	history_close(history);
	return status;
}
