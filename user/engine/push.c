/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/push.h"

#include "user/engine/rows.h"
#include "user/lib/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A piece of work is so long that it has about this many rows: a second or two of the engine. */
#define STEP_ROWS 500000u
#define DAY INT64_C(86400)
#define HOUR INT64_C(3600)
/* Revisions looked at in a step; a replay into the past has one for each of its minutes. */
#define STEP_REVISIONS 1024
/* Events are told late by a restart's relearning, by hours at most. */
#define EVENT_OVERLAP DAY
/* What an engine without fsync may lose with its power lies within seconds; an hour is cheap. */
#define REWIND_OVERLAP HOUR

struct push {
	struct push_parameters parameters;
	struct cursor cursor;
	struct tsv out;
	bool is_greeted;
	int64_t span;         /* seconds of minutes that the next step tries */
	uint64_t events_seen; /* a sum over the events of the last look; 0 = none */
	int64_t unkept_from, unkept_to;
	struct push_counters counters;
	enum server_state state;
	char sentence[SERVER_SENTENCE_MAX + 128];
};

/* The marks of each bin, and how long it is. */
static const struct {
	enum store_bin bin;
	int64_t length;
} levels[] = {{BIN_MINUTE, 60}, {BIN_HOUR, HOUR}, {BIN_DAY, DAY}};
#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static int64_t *mark_of(struct push *push, size_t level)
{
	return level == 0   ? &push->cursor.minute
	       : level == 1 ? &push->cursor.hour
			    : &push->cursor.day;
}

/* -- Open and close ------------------------------------------------------------------------ */

int push_open(const struct push_parameters *parameters, int *cursor_error, struct push **push)
{
	struct push *fresh = calloc(1, sizeof(*fresh));

	if (!fresh)
		return -ENOMEM;
	fresh->parameters = *parameters;
	fresh->span = HOUR;
	if (tsv_reserve(&fresh->out, PUSH_BUFFER)) {
		free(fresh);
		return -ENOMEM;
	}
	*cursor_error = cursor_load(parameters->cursor_path, &fresh->cursor);
	*push = fresh;
	return 0;
}

void push_close(struct push *push)
{
	if (!push)
		return;
	tsv_release(&push->out);
	free(push);
}

int push_from(struct push *push, int64_t time)
{
	cursor_rewind(&push->cursor, time);
	return cursor_save(push->parameters.cursor_path, &push->cursor);
}

enum server_state push_state(const struct push *push)
{
	return push->state;
}

const char *push_sentence(const struct push *push)
{
	return push->sentence;
}

struct push_counters push_counters(const struct push *push)
{
	struct push_counters counters = push->counters;

	counters.bytes = server_sent_bytes(push->parameters.server);
	return counters;
}

int64_t push_pushed_until(const struct push *push)
{
	return push->cursor.minute;
}

void push_unkept(const struct push *push, int64_t *from, int64_t *to)
{
	*from = push->unkept_from;
	*to = push->unkept_to;
}

/* -- Failures: of the engine (1), of this side (negative) ---------------------------------- */

#define ENGINE_FAILED 1

static int engine_failed(struct push *push, enum server_state state)
{
	push->state = state;
	push->counters.failures++;
	push->is_greeted = false;
	snprintf(push->sentence, sizeof(push->sentence), "%s",
		server_sentence(push->parameters.server));
	return ENGINE_FAILED;
}

static int history_failed(struct push *push, struct push_source *source, int error)
{
	snprintf(push->sentence, sizeof(push->sentence), "history: %s",
		source->store->message(source->store));
	return error < 0 ? error : -EIO;
}

static int save(struct push *push)
{
	int error = cursor_save(push->parameters.cursor_path, &push->cursor);

	if (error)
		snprintf(push->sentence, sizeof(push->sentence), "%s: %s",
			push->parameters.cursor_path, strerror(-error));
	return error;
}

/* -- Rows to the engine -------------------------------------------------------------------- */

static int flush(struct push *push, const char *table)
{
	enum server_state state = SERVER_OK;

	if (push->out.used) {
		push->counters.rows += push->out.rows;
		state = server_insert(
			push->parameters.server, push->parameters.database, table, &push->out);
	}
	tsv_clear(&push->out);
	return state == SERVER_OK ? 0 : engine_failed(push, state);
}

struct sending {
	struct push *push;
	enum store_table table;
	enum store_bin bin;
	int64_t from; /* rows of earlier bins are not wanted: none of history's starts earlier */
	uint64_t rows;
};

static int send_row(void *context, const struct store_row *row)
{
	struct sending *sending = context;
	struct tsv *out = &sending->push->out;
	int error;

	sending->rows++;
	if (rows_put(out, sending->table, sending->bin, row))
		return 0;
	error = flush(sending->push, rows_table_name(sending->table));
	if (!error && !rows_put(out, sending->table, sending->bin, row))
		return -EMSGSIZE;
	return error;
}

/* Every row of a table from [from, to), and their number. */
static int send_table(struct push *push, struct push_source *source, enum store_table table,
	enum store_bin bin, int64_t from, int64_t to, uint64_t *rows)
{
	struct sending sending = {.push = push, .table = table, .bin = bin};
	struct store_query query = store_query_all(table, bin);
	struct store_answer answer = {0};
	int status;

	query.from = from;
	query.to = to;
	tsv_clear(&push->out);
	status = source->store->rows(source->store, &query, send_row, &sending, &answer);
	if (status < 0)
		return history_failed(push, source, status);
	if (!status)
		status = flush(push, rows_table_name(table));
	if (bin == BIN_MINUTE && answer.unkept_from < answer.unkept_to) {
		push->unkept_from = answer.unkept_from;
		push->unkept_to = answer.unkept_to;
	}
	*rows += sending.rows;
	return status;
}

/* Whole bins from [from, to). The coverage, without which nobody takes the rest, goes last. */
static int send_bins(struct push *push, struct push_source *source, enum store_bin bin,
	int64_t from, int64_t to, uint64_t *rows)
{
	static const enum store_table tables[] = {TABLE_CELLS, TABLE_PORTS, TABLE_SPORT53,
		TABLE_PREFIXES, TABLE_LEDGER, TABLE_COVERAGE};
	int status = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !status; i++)
		status = send_table(push, source, tables[i], bin, from, to, rows);
	return status;
}

/* -- The first words ----------------------------------------------------------------------- */

static int read_one(void *context, char **fields)
{
	uint64_t *number = context;

	return text_parse_unsigned(fields[0], UINT64_MAX, number);
}

static int ask_number(struct push *push, const char *query, uint64_t *number)
{
	enum server_state state;

	*number = UINT64_MAX;
	state = server_ask(push->parameters.server, query, true, 1, read_one, number);
	if (state == SERVER_OK && *number == UINT64_MAX) {
		engine_failed(push, SERVER_SCHEMA);
		snprintf(push->sentence, sizeof(push->sentence),
			"database %s has no row in its table schema", push->parameters.database);
		return ENGINE_FAILED;
	}
	return state == SERVER_OK ? 0 : engine_failed(push, state);
}

static int check_schema(struct push *push)
{
	char query[256];
	uint64_t version;
	int status;

	snprintf(query, sizeof(query), "SELECT max(version) FROM %s.schema FORMAT TabSeparated",
		push->parameters.database);
	status = ask_number(push, query, &version);
	if (status || version == ROWS_SCHEMA_VERSION)
		return status;
	engine_failed(push, SERVER_SCHEMA);
	snprintf(push->sentence, sizeof(push->sentence),
		"the engine's schema has version %llu, this teiten writes version %d: %s",
		(unsigned long long)version, ROWS_SCHEMA_VERSION,
		version < ROWS_SCHEMA_VERSION ? "upgrade the engine's schema" : "upgrade teiten");
	return ENGINE_FAILED;
}

/*
 * An engine that was restored, or lost its last minutes with its power, has less than the cursor
 * says. What it has last is what it is asked for; the hour before may have been on its way to the
 * disk as well.
 */
static int check_last_minute(struct push *push)
{
	char query[256];
	uint64_t last;
	int status;

	snprintf(query, sizeof(query),
		"SELECT toUInt32(max(start)) FROM %s.to_coverage WHERE bin = 'minute' FORMAT "
		"TabSeparated",
		push->parameters.database);
	status = ask_number(push, query, &last);
	if (status || (int64_t)last + 60 >= push->cursor.minute)
		return status;
	push->counters.rewinds++;
	cursor_rewind(&push->cursor, (int64_t)last - REWIND_OVERLAP);
	return save(push);
}

static int send_about(struct push *push)
{
	const struct push_about *about = &push->parameters.about;

	tsv_clear(&push->out);
	tsv_text(&push->out, about->name);
	tsv_text(&push->out, about->networks);
	tsv_text(&push->out, about->country);
	tsv_text(&push->out, about->timezone);
	tsv_text(&push->out, TEITEN_VERSION);
	tsv_unsigned(&push->out, 1);
	tsv_end_row(&push->out);
	return flush(push, "about");
}

static int greet(struct push *push)
{
	int status = check_schema(push);

	if (!status)
		status = check_last_minute(push);
	if (!status)
		status = send_about(push);
	push->is_greeted = status == 0;
	return status;
}

/* -- Pieces of work ------------------------------------------------------------------------ */

static int take_first(void *context, const struct store_row *row)
{
	*(int64_t *)context = row->time;
	return 1;
}

/* The first bin with data in [from, to), or to. Gaps of years cost one question. */
static int first_bin(struct push *push, struct push_source *source, enum store_bin bin,
	int64_t from, int64_t to, int64_t *first)
{
	struct store_query query = store_query_all(TABLE_COVERAGE, bin);
	struct store_answer answer = {0};
	int status;

	query.from = from;
	query.to = *first = to;
	status = source->store->rows(source->store, &query, take_first, first, &answer);
	if (bin == BIN_MINUTE && answer.unkept_from < answer.unkept_to) {
		push->unkept_from = answer.unkept_from;
		push->unkept_to = answer.unkept_to;
	}
	return status < 0 ? history_failed(push, source, status) : 0;
}

/* A span that brings about STEP_ROWS rows, from what the last one brought. */
static void adapt_span(struct push *push, uint64_t rows)
{
	if (rows > STEP_ROWS && push->span > 60)
		push->span = push->span / 2 / 60 * 60;
	else if (rows < STEP_ROWS / 4 && push->span < DAY)
		push->span *= 2;
	if (push->span < 60)
		push->span = 60;
}

/* 2: something was sent. */
#define SENT 2

static int send_level(
	struct push *push, struct push_source *source, size_t level, int64_t last_minute)
{
	int64_t length = levels[level].length, *mark = mark_of(push, level);
	/* The last minute is whole, the last hour and day are not. */
	int64_t end = level == 0 ? last_minute + 60 : last_minute - last_minute % length;
	/* Hours and days have fewer rows than their minutes. */
	int64_t from, to, span = level == 0 ? push->span : push->span * 24 / length * length;
	uint64_t rows = 0;
	int status;

	if (*mark >= end)
		return 0;
	status = first_bin(push, source, levels[level].bin, *mark, end, &from);
	if (status)
		return status;
	to = from + (span > length ? span : length);
	if (to > end)
		to = end;
	if (from < end)
		status = send_bins(push, source, levels[level].bin, from, to, &rows);
	if (status)
		return status;
	if (level == 0) {
		adapt_span(push, rows);
		push->counters.minutes += (uint64_t)(to - from) / 60;
	}
	*mark = to;
	status = save(push);
	return status ? status : SENT;
}

struct revised {
	int64_t starts[STEP_REVISIONS];
	size_t count;
	uint64_t number;
};

static int take_revision(void *context, uint64_t number, int64_t start)
{
	struct revised *revised = context;

	if (revised->count == STEP_REVISIONS)
		return 1;
	revised->number = number;
	revised->starts[revised->count++] = start;
	return 0;
}

static int compare_times(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return one < other ? -1 : one > other;
}

/* The bins of one length that hold revised minutes, neighbours in one go. */
static int send_revised(
	struct push *push, struct push_source *source, size_t level, const struct revised *revised)
{
	int64_t length = levels[level].length, mark = *mark_of(push, level);
	uint64_t rows = 0;
	int status = 0;

	for (size_t i = 0; i < revised->count && !status;) {
		int64_t from = revised->starts[i] - revised->starts[i] % length;
		int64_t to = from + length;

		for (i++; i < revised->count && revised->starts[i] <= to; i++)
			if (revised->starts[i] == to)
				to += length;
		/* What comes after the mark is sent in its turn. */
		if (from < mark)
			status = send_bins(push, source, levels[level].bin, from,
				to < mark ? to : mark, &rows);
	}
	return status;
}

static int send_revisions(struct push *push, struct push_source *source)
{
	struct revised revised = {.number = push->cursor.revised};
	int status = source->revisions(source, push->cursor.revised, take_revision, &revised);

	if (status == -ESTALE) {
		/* Which ones were changed is not known: all of them, then. */
		cursor_rewind(&push->cursor, 0);
		push->cursor.revised = 0;
		return save(push) ? -EIO : SENT;
	}
	if (status < 0)
		return history_failed(push, source, status);
	if (!revised.count && revised.number == push->cursor.revised)
		return 0;
	qsort(revised.starts, revised.count, sizeof(revised.starts[0]), compare_times);
	status = 0;
	for (size_t level = 0; level < LEVELS && !status; level++)
		status = send_revised(push, source, level, &revised);
	if (status)
		return status;
	push->counters.revisions += revised.count;
	push->cursor.revised = revised.number;
	status = save(push);
	return status ? status : SENT;
}

struct event_look {
	uint64_t sum;
	int64_t last;
};

/* FNV-1a over what makes an event: two looks that differ have different sums. */
static int look_at_event(void *context, const struct store_row *row)
{
	struct event_look *look = context;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (const char *c = row->event->id; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	hash = (hash ^ row->event->phase) * UINT64_C(0x100000001b3);
	hash = (hash ^ (uint64_t)row->event->time) * UINT64_C(0x100000001b3);
	look->sum += hash | 1;
	if (row->event->time > look->last)
		look->last = row->event->time;
	return 0;
}

/* The events of the last day are few: when any of them is new, all of them are sent. */
static int send_events(struct push *push, struct push_source *source)
{
	int64_t from = push->cursor.event > EVENT_OVERLAP ? push->cursor.event - EVENT_OVERLAP : 0;
	struct store_query query = store_query_all(TABLE_EVENTS, BIN_MINUTE);
	struct event_look look = {.last = push->cursor.event};
	struct store_answer answer = {0};
	uint64_t rows = 0;
	int status;

	query.from = from;
	query.to = ROWS_TIME_LIMIT;
	status = source->store->rows(source->store, &query, look_at_event, &look, &answer);
	if (status)
		return history_failed(push, source, status);
	if (look.sum == push->events_seen)
		return 0;
	status = send_table(push, source, TABLE_EVENTS, BIN_MINUTE, from, ROWS_TIME_LIMIT, &rows);
	if (status)
		return status;
	push->cursor.event = look.last;
	/* With the mark the window moves: the sum is of the next look's events. */
	push->events_seen =
		from == (look.last > EVENT_OVERLAP ? look.last - EVENT_OVERLAP : 0) ? look.sum : 0;
	status = save(push);
	return status ? status : SENT;
}

static int step(struct push *push, struct push_source *source)
{
	int64_t last = 0;
	bool any = false;
	int status = push->is_greeted ? 0 : greet(push);

	if (!status && source->last_minute(source, &last, &any))
		return history_failed(push, source, -EIO);
	if (status || !any)
		return status;
	if (last > ROWS_TIME_LIMIT - 60)
		last = ROWS_TIME_LIMIT - 60;
	status = send_revisions(push, source);
	for (size_t level = 0; level < LEVELS && !status; level++)
		status = send_level(push, source, level, last);
	return status ? status : send_events(push, source);
}

enum push_outcome push_step(struct push *push, struct push_source *source)
{
	int status;

	push->state = SERVER_OK;
	push->sentence[0] = '\0';
	status = step(push, source);
	tsv_clear(&push->out);
	return status == SENT            ? PUSH_MORE
	       : status == 0             ? PUSH_IDLE
	       : status == ENGINE_FAILED ? PUSH_FAILED
					 : PUSH_BROKEN;
}
