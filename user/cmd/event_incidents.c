/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/event_reader.h"

#include "user/cmd/cmd.h"
#include "user/lib/log.h"
#include "user/output/incident_list.h"
#include "user/output/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int print_page(struct page *page)
{
	fputs(page_finish(page), stdout);
	return event_finish_output();
}

/* A line is 400 bytes at most: ids, words and numbers of fixed length, and styles. */
static int print_incident(const struct page_look *look, const struct incident *incident)
{
	char buffer[1024];
	struct page page;

	page_init(&page, buffer, sizeof(buffer), look);
	if (incident)
		incident_list_line(&page, incident);
	else
		incident_list_head(&page);
	return print_page(&page);
}

/* The list, only the incidents that the filter takes, and how many of them. */
static struct incident *wanted(struct event_reader *reader, size_t *count)
{
	size_t all = 0;
	const struct incident *list = incidents_list(reader->incidents, &all);
	struct incident *chosen = list ? calloc(all + 1, sizeof(*chosen)) : NULL;

	*count = 0;
	for (size_t i = 0; i < all && chosen; i++)
		if (event_filter_takes_incident(
			    &reader->options->filter, reader->incidents, &list[i]))
			chosen[(*count)++] = list[i];
	if (!chosen)
		log_error("out of memory");
	return chosen;
}

static const struct incident *find(const struct incident *list, size_t count, const char *id)
{
	for (size_t i = count; i; i--)
		if (strcmp(list[i - 1].id, id) == 0)
			return &list[i - 1];
	return NULL;
}

/* What was said of an incident before, or NULL; nearly always it is where it was. */
static const struct incident *find_told(
	const struct incident *told, size_t count, const struct incident *incident, size_t place)
{
	if (place < count && strcmp(told[place].id, incident->id) == 0)
		return &told[place];
	return find(told, count, incident->id);
}

/* Whether there is something to say of an incident that was said to be as before. */
static bool is_news(const struct incident *incident, const struct incident *before)
{
	return !before || incident->severity > before->severity || !incident->open != !before->open;
}

/* Print what has changed from *told, and put the new list in its place. */
static int tell_changes(struct event_reader *reader, const struct page_look *look,
	struct incident **told, size_t *told_count)
{
	size_t count;
	struct incident *list = wanted(reader, &count);
	int status = list ? CMD_DONE : CMD_FAILED;

	for (size_t i = 0; i < count && status == CMD_DONE; i++)
		if (is_news(&list[i], find_told(*told, *told_count, &list[i], i)))
			status = print_incident(look, &list[i]);
	free(*told);
	*told = list;
	*told_count = count;
	return status;
}

static int follow(struct event_reader *reader, const struct page_look *look, struct incident **told,
	size_t *told_count)
{
	int status = CMD_DONE;

	while (status == CMD_DONE) {
		int64_t time = reader->time;
		uint64_t read = reader->read;

		sleep(EVENT_FOLLOW_EVERY);
		status = event_reader_news(reader);
		if (status == CMD_DONE && (reader->time != time || reader->read != read))
			status = tell_changes(reader, look, told, told_count);
	}
	return status;
}

int event_tell_incidents(struct event_reader *reader)
{
	struct page_look look = terminal_look(stdout);
	struct incident *told = NULL;
	size_t count = 0, first;
	int status;

	reader->take = event_reader_add;
	status = event_reader_news(reader);

	if (status == CMD_DONE && !(told = wanted(reader, &count)))
		status = CMD_FAILED;
	if (status != CMD_DONE)
		return status;
	if (count || reader->options->follow)
		status = print_incident(&look, NULL);
	else
		puts("no incidents");
	first = count > reader->options->last ? count - (size_t)reader->options->last : 0;
	for (size_t i = first; i < count && status == CMD_DONE; i++)
		status = print_incident(&look, &told[i]);
	if (status == CMD_DONE && reader->options->follow)
		status = follow(reader, &look, &told, &count);
	free(told);
	return status == CMD_DONE ? event_finish_output() : status;
}
