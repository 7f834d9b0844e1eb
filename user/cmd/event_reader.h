/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of `teiten events` share: the options, and a reader that goes through the event
 * lines of a history and can come back for what is new. Functions that return a CMD_ status have
 * logged what is wrong.
 */
#ifndef TEITEN_CMD_EVENT_READER_H
#define TEITEN_CMD_EVENT_READER_H

#include "user/cmd/event_filter.h"
#include "user/history/history_store.h"

struct event_options {
	struct common_options common;
	struct event_filter filter;
	uint64_t last;  /* so many of them */
	const char *id; /* of an incident or an event; NULL: all */
	bool follow;
	bool json;
};

/* The history is asked for news this often; it gets a minute once a minute (seconds). */
#define EVENT_FOLLOW_EVERY 2

struct event_reader {
	const struct event_options *options;
	struct history *history;
	struct history_store store;
	/* What to do with a line. Other than 0, a negative errno, ends the reading. */
	int (*take)(struct event_reader *reader, const struct event *line);
	struct incidents *incidents;
	void *view; /* take's own */

	/* The last lines, in a ring: the next one goes to count % capacity. */
	struct event *lines;
	size_t capacity;
	uint64_t count;

	/* Where the reader is: time of the last line, lines of that time, those to skip. */
	int64_t time;
	uint64_t read;
	uint64_t skip;
};

/* Room for a ring of capacity lines; free(reader->lines) afterwards. */
int event_reader_reserve(struct event_reader *reader, size_t capacity);

/*
 * Take every line that is new since the last call: 0 or a negative errno, with the store's message
 * where it is the store's. Nothing is logged.
 */
int event_reader_read(struct event_reader *reader);
/* The same, but a CMD_ status. */
int event_reader_news(struct event_reader *reader);

/* For take: add the line to reader->incidents. */
int event_reader_add(struct event_reader *reader, const struct event *line);

/* Go back to the first line. */
void event_reader_rewind(struct event_reader *reader);

/* The lines of the ring, oldest first: i from event_reader_first() to reader->count. */
uint64_t event_reader_first(const struct event_reader *reader);
const struct event *event_reader_line(const struct event_reader *reader, uint64_t i);

/* A line as in the event log: 0 or -ENOMEM. */
int event_print_json(const struct event *line);

/* Send what was printed on its way. */
int event_finish_output(void);

/* -- The ways to tell ---------------------------------------------------------------------- */

int event_tell_lines(struct event_reader *reader);     /* lines of the event log */
int event_tell_incidents(struct event_reader *reader); /* a line for each incident */
int event_tell_one(struct event_reader *reader);       /* all about options->id */

#endif
