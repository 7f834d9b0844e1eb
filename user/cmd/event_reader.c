/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/event_reader.h"

#include "user/cmd/cmd.h"
#include "user/lib/file.h"
#include "user/lib/log.h"
#include "user/model/event_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int visit_line(void *context, const struct store_row *row)
{
	struct event_reader *reader = context;

	if (row->event->time != reader->time) {
		reader->time = row->event->time;
		reader->read = reader->skip = 0;
	}
	reader->read++;
	if (reader->skip) {
		reader->skip--;
		return 0;
	}
	return reader->take(reader, row->event);
}

/* Take every line that is new since the last call. A CMD_ status; what is wrong is logged. */
int event_reader_read(struct event_reader *reader)
{
	struct store_query query = store_query_all(TABLE_EVENTS, BIN_MINUTE);
	struct store *store = &reader->store.store;
	struct store_answer answer;

	query.from = reader->time;
	reader->skip = reader->read;
	reader->read = 0;
	return store->rows(store, &query, visit_line, reader, &answer);
}

int event_reader_news(struct event_reader *reader)
{
	struct store *store = &reader->store.store;
	int status = event_reader_read(reader);

	if (status == -E2BIG)
		log_error("there are more than %u events; query events lists them all",
			INCIDENTS_MAX_EVENTS);
	else if (status == -ENOMEM)
		log_error("out of memory");
	else if (status)
		log_error("%s", store->message(store));
	return status ? CMD_FAILED : CMD_DONE;
}

int event_finish_output(void)
{
	if (fflush(stdout) || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

int event_reader_reserve(struct event_reader *reader, size_t capacity)
{
	reader->lines = calloc(capacity, sizeof(*reader->lines));
	reader->capacity = capacity;
	if (reader->lines)
		return CMD_DONE;
	log_error("out of memory");
	return CMD_FAILED;
}

int event_reader_add(struct event_reader *reader, const struct event *line)
{
	return incidents_add(reader->incidents, line);
}

void event_reader_rewind(struct event_reader *reader)
{
	reader->time = 0;
	reader->read = 0;
}

uint64_t event_reader_first(const struct event_reader *reader)
{
	return reader->count > reader->capacity ? reader->count - reader->capacity : 0;
}

const struct event *event_reader_line(const struct event_reader *reader, uint64_t i)
{
	return &reader->lines[i % reader->capacity];
}

int event_print_json(const struct event *line)
{
	/* The history does not know which name the sensor had: the field is left out. */
	CLEANUP_FREE char *text = event_to_json(line, "");

	return text && puts(text) >= 0 ? 0 : -ENOMEM;
}

/* -- Lines of the event log ---------------------------------------------------------------- */

static int remember_line(struct event_reader *reader, const struct event *line)
{
	if (event_filter_takes(&reader->options->filter, line))
		reader->lines[reader->count++ % reader->capacity] = *line;
	return 0;
}

static int print_new_line(struct event_reader *reader, const struct event *line)
{
	return event_filter_takes(&reader->options->filter, line) ? event_print_json(line) : 0;
}

int event_tell_lines(struct event_reader *reader)
{
	int status;

	reader->take = remember_line;
	status = event_reader_reserve(reader, (size_t)reader->options->last);
	if (status == CMD_DONE)
		status = event_reader_news(reader);
	for (uint64_t i = event_reader_first(reader); i < reader->count && status == CMD_DONE; i++)
		if (event_print_json(event_reader_line(reader, i)))
			status = CMD_FAILED;
	reader->take = print_new_line;
	while (status == CMD_DONE && (status = event_finish_output()) == CMD_DONE &&
		reader->options->follow) {
		sleep(EVENT_FOLLOW_EVERY);
		status = event_reader_news(reader);
	}
	return status;
}
