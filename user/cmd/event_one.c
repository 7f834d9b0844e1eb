/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/event_reader.h"

#include "user/cmd/cmd.h"
#include "user/cmd/incident_series.h"
#include "user/lib/file.h"
#include "user/lib/log.h"
#include "user/output/incident_page.h"
#include "user/output/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lines of it that are kept and shown: the newest. */
#define MAX_LINES 1000
/* A line takes 200 bytes with its styles, the rest of the page 4 KiB. */
#define PAGE_BYTES (MAX_LINES * 256 + 8192)

static int keep_own_line(struct event_reader *reader, const struct event *line)
{
	const char *incident = incidents_of_event(reader->incidents, line->id);

	if (incident && strcmp(incident, reader->options->id) == 0)
		reader->lines[reader->count++ % reader->capacity] = *line;
	return 0;
}

static int print_incident_page(struct event_reader *reader, const struct incident *incident)
{
	struct page_look look = terminal_look(stdout);
	CLEANUP_FREE char *buffer = malloc(PAGE_BYTES);
	CLEANUP_FREE struct event *list = calloc(MAX_LINES, sizeof(*list));
	uint64_t first = event_reader_first(reader);
	struct store *store = &reader->store.store;
	unsigned int columns, rows = PAGE_UNLIMITED;
	struct incident_series series;
	int64_t now = incident->last;
	struct page page;
	bool any;

	if (!buffer || !list) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	/* The series goes on behind the last line; an empty history has no lines either. */
	if (history_last_minute(reader->history, &now, &any) || !any)
		now = incident->last;
	if (incident_series_read(
		    store, incident, now, look.width < 76 ? look.width - 4 : 72, &series)) {
		log_error("%s", store->message(store));
		return CMD_FAILED;
	}
	if (isatty(STDOUT_FILENO))
		terminal_size(stdout, &columns, &rows);
	page_init(&page, buffer, PAGE_BYTES, &look);
	for (uint64_t i = first; i < reader->count; i++)
		list[i - first] = *event_reader_line(reader, i);
	incident_page(&page, incident, list, (size_t)(reader->count - first), &series, rows);
	fputs(page_finish(&page), stdout);
	return event_finish_output();
}

/* The incident of that id, or the one that an event of that id belongs to. */
static const struct incident *find_named(struct event_reader *reader, const char *id)
{
	const char *of_event = incidents_of_event(reader->incidents, id);
	size_t count = 0;
	const struct incident *list = incidents_list(reader->incidents, &count);

	for (size_t i = 0; i < count && list; i++)
		if (strcmp(list[i].id, of_event ? of_event : id) == 0)
			return &list[i];
	return NULL;
}

static int print_own_lines(const struct event_reader *reader)
{
	for (uint64_t i = event_reader_first(reader); i < reader->count; i++)
		if (event_print_json(event_reader_line(reader, i))) {
			log_error("out of memory");
			return CMD_FAILED;
		}
	return event_finish_output();
}

int event_tell_one(struct event_reader *reader)
{
	struct event_options own = *reader->options;
	const struct incident *incident;
	int status;

	reader->take = event_reader_add;
	status = event_reader_news(reader);

	if (status != CMD_DONE)
		return status;
	incident = find_named(reader, own.id);
	if (!incident) {
		log_error("there is no incident or event '%s' in %s; teiten events lists them",
			own.id, own.common.state_dir);
		return CMD_FAILED;
	}
	own.id = incident->id;
	reader->options = &own;
	reader->take = keep_own_line;
	event_reader_rewind(reader);
	status = event_reader_reserve(reader, MAX_LINES);
	if (status == CMD_DONE)
		status = event_reader_news(reader);
	if (status != CMD_DONE)
		return status;
	return own.json ? print_own_lines(reader) : print_incident_page(reader, incident);
}
