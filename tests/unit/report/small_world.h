/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests of reports share: small worlds, January and February 2014 hour by hour with what a
 * test adds, and the files of a report kept in memory.
 */
#ifndef TEITEN_TESTS_REPORT_SMALL_WORLD_H
#define TEITEN_TESTS_REPORT_SMALL_WORLD_H

#include "tests/unit/history/world.h"

#include <inttypes.h>
#include <math.h>

#include "user/history/history_store.h"
#include "user/lib/zone.h"
#include "user/report/report.h"

#define JAN1 (FEB11 - INT64_C(41) * 86400)
#define FEB1 (FEB11 - INT64_C(10) * 86400)
#define MAR1 (FEB11 + INT64_C(18) * 86400)
#define CHINA 42
#define JAPAN 103
#define MAX_FILES 64

static struct minute minute;

/* -- Files of a report --------------------------------------------------------------------- */

struct files {
	size_t count;
	struct {
		char name[128];
		char *data;
		size_t size;
	} file[MAX_FILES];
	size_t fail_at; /* put fails at this file; 0 = never */
};

__attribute__((unused)) static int keep_file(
	void *context, const char *name, const void *data, size_t size)
{
	struct files *files = context;

	assert_true(files->count < MAX_FILES);
	if (files->fail_at && files->count + 1 == files->fail_at)
		return -ENOSPC;
	snprintf(files->file[files->count].name, sizeof(files->file[0].name), "%s", name);
	files->file[files->count].data = malloc(size + 1);
	memcpy(files->file[files->count].data, data, size);
	files->file[files->count].data[size] = '\0';
	files->file[files->count++].size = size;
	return 0;
}

__attribute__((unused)) static void free_files(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->file[i].data);
	*files = (struct files){0};
}

/* The file whose name ends so. */
__attribute__((unused)) static const char *file_of(const struct files *files, const char *end)
{
	for (size_t i = 0; i < files->count; i++) {
		size_t size = strlen(files->file[i].name);

		if (size >= strlen(end) &&
			strcmp(files->file[i].name + size - strlen(end), end) == 0)
			return files->file[i].data;
	}
	fail_msg("there is no file *%s", end);
	return "";
}

__attribute__((unused)) static void assert_has(
	const struct files *files, const char *end, const char *text)
{
	if (!strstr(file_of(files, end), text))
		fail_msg("*%s does not say \"%s\"", end, text);
}

__attribute__((unused)) static void assert_has_not(
	const struct files *files, const char *end, const char *text)
{
	if (strstr(file_of(files, end), text))
		fail_msg("*%s says \"%s\"", end, text);
}

/* -- Worlds -------------------------------------------------------------------------------- */

/* What one hour adds to the background; from and to in Unix seconds. */
struct addition {
	int64_t from, to;
	uint32_t row; /* TT_ROW_NONE: source port 53 */
	country_id country;
	uint32_t packets; /* an hour */
};

__attribute__((unused)) static void add_port(uint32_t row, country_id country, uint32_t packets)
{
	size_t i = minute.port_count;

	minute.ports[minute.port_count++] =
		(struct port_count){row, 1, packets, packets * 60, packets, {0}};
	minute.cells[minute.cell_count++] = (struct cell_count){row, packets, country};
	for (; i > 0 && minute.ports[i].row < minute.ports[i - 1].row; i--) {
		struct port_count port = minute.ports[i];
		struct cell_count cell = minute.cells[i];

		minute.ports[i] = minute.ports[i - 1];
		minute.cells[i] = minute.cells[i - 1];
		minute.ports[i - 1] = port;
		minute.cells[i - 1] = cell;
	}
	minute.ledger[TT_TCP_SYN].packets += packets;
	minute.ledger[TT_TCP_SYN].bytes += packets * 60;
}

__attribute__((unused)) static void make_hour(
	int64_t at, const struct addition *additions, size_t count)
{
	minute_clear(&minute);
	minute.start = at;
	minute.covered = 3600;
	minute.addresses = 256;
	minute.mode = ATTACH_REPLAY;
	add_port(445, JAPAN, 10);
	for (size_t i = 0; i < count; i++) {
		const struct addition *more = &additions[i];

		if (at < more->from || at >= more->to)
			continue;
		if (more->row != TT_ROW_NONE) {
			add_port(more->row, more->country, more->packets);
			continue;
		}
		minute.ledger[TT_UDP53_RESPONSE].packets += more->packets;
		minute.sport53[more->country][SPORT53_RESPONSE] += more->packets;
	}
}

/* Hours from January to March, but for a gap. */
__attribute__((unused)) static struct history *world_with(
	const struct addition *additions, size_t count, int64_t gap_from, int64_t gap_to)
{
	struct history *history = open_new();

	assert_int_equal(history_begin(history), 0);
	for (int64_t at = JAN1; at < MAR1 + 2 * 86400; at += 3600) {
		if (at >= gap_from && at < gap_to)
			continue;
		make_hour(at, additions, count);
		assert_int_equal(history_add_minute(history, &minute), 0);
	}
	assert_int_equal(history_commit(history), 0);
	return history;
}

__attribute__((unused)) static struct event event_of(const char *id, const char *incident,
	enum event_phase phase, enum event_kind kind, const char *key, int64_t time)
{
	struct event event = event_blank();

	snprintf(event.id, sizeof(event.id), "%s", id);
	snprintf(event.incident, sizeof(event.incident), "%s", incident);
	event.phase = phase;
	event.kind = kind;
	assert_true(series_parse(key, &event.key));
	event.face = event.key;
	event.members = 1;
	event.scale = 1440;
	event.time = time;
	event.onset = time - 3600;
	event.observed = 30;
	event.expected = .5;
	event.excess = 29.5;
	event.log10p = -30;
	event.severity = EVENT_WARNING;
	event.sources = 12;
	event.packets_per_source = 1;
	return event;
}

__attribute__((unused)) static void tell(struct history *history, const struct event *event)
{
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_add_event(history, event), 0);
	assert_int_equal(history_commit(history), 0);
}

/* What the store of a report answers about sources, instead of the history; NULL: that. */
__attribute__((unused)) static int (*sources_instead)(struct store *store,
	const struct store_sources_query *query, struct store_sources *sources);

__attribute__((unused)) static int report(struct history *history, const char *zone,
	enum language language, const char *sensor, struct files *files)
{
	struct history_store store = history_store_of(history);
	struct report_parameters parameters = {
		.year = 2014, .month = 2, .language = language, .zone = zone, .sensor = sensor};
	struct report_summary summary;
	int error;

	if (sources_instead)
		store.store.sources = sources_instead;
	assert_int_equal(zone_select(zone), 0);
	error = report_make(&store.store, &parameters, keep_file, files, &summary);
	assert_true(error || summary.files == files->count);
	return error;
}

#endif
