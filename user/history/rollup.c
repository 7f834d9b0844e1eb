/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rollups hold what is closed; the rest is read from its minutes and hours:
 *
 *   open hour   its minutes are in no rollup           meta open_hour
 *   open day    its closed hours are in no day rollup  meta open_day
 *
 * A minute of another hour closes the open one; that may have been closed before (the clock went
 * back), then its minutes become parts of their own, in the hour and, if closed too, in the day.
 */
#include "user/history/internal.h"

#include <errno.h>

/* Parts of one hour or day before they are made one. */
#define MAX_PARTS 32
#define ALL_CONTENTS ((1u << CONTENTS) - 1)

unsigned int content_sections(enum content content)
{
	static const unsigned int sections[CONTENTS] = {
		[CONTENT_HEAD] =
			BLOB_BIT(BLOB_COVERAGE) | BLOB_BIT(BLOB_LEDGER) | BLOB_BIT(BLOB_SPORT53),
		[CONTENT_PORTS] = BLOB_BIT(BLOB_PORTS),
		[CONTENT_CELLS] = BLOB_BIT(BLOB_CELLS),
		[CONTENT_PREFIXES] = BLOB_BIT(BLOB_PREFIXES),
	};

	return sections[content];
}

int rollup_parts(struct history *history, enum span span, int64_t start)
{
	sqlite3_stmt *get = statement(history, STATEMENT_ROLLUP_PARTS);
	int parts = 0, status;

	if (!get)
		return -EIO;
	sqlite3_bind_int(get, 1, span);
	sqlite3_bind_int64(get, 2, start);
	status = next_row(history, get);
	if (status < 0)
		return status;
	if (status > 0 && sqlite3_column_type(get, 0) == SQLITE_INTEGER)
		parts = sqlite3_column_int(get, 0) + 1;
	sqlite3_reset(get);
	return parts < 0 ? say(history, -EBADMSG, "history.db: a rollup's part is negative")
			 : parts;
}

/* Add a rollup row's blob; damage is counted and what it holds left out. */
static int read_content(struct history *history, enum span span, int64_t from, int64_t to,
	enum content content, struct sums *sums)
{
	sqlite3_stmt *range = statement(history, STATEMENT_ROLLUP_RANGE);
	int status;

	if (!range)
		return -EIO;
	sqlite3_bind_int(range, 1, span);
	sqlite3_bind_int(range, 2, content);
	sqlite3_bind_int64(range, 3, from);
	sqlite3_bind_int64(range, 4, to);
	while ((status = next_row(history, range)) > 0) {
		struct piece piece = piece_of(range, 1);

		if (blob_add_to_sums(&history->reader, piece.data, piece.size,
			    content_sections(content), sums))
			history->damaged++;
	}
	return status;
}

int rollup_read(struct history *history, enum span span, int64_t from, int64_t to,
	unsigned int contents, struct sums *sums)
{
	int error = 0;

	for (unsigned int i = 0; i < CONTENTS && !error; i++)
		if (contents & 1u << i)
			error = read_content(history, span, from, to, (enum content)i, sums);
	return error;
}

static int put_part(
	struct history *history, enum span span, int64_t start, int part, const struct sums *sums)
{
	int error = 0;

	for (unsigned int i = 0; i < CONTENTS && !error; i++) {
		sqlite3_stmt *put = statement(history, STATEMENT_ROLLUP_PUT);
		const uint8_t *data;
		size_t size;

		if (!put)
			return -EIO;
		error = blob_of_sums(
			&history->writer, sums, content_sections((enum content)i), &data, &size);
		if (error)
			return say(history, error, "a rollup could not be compressed");
		if (size == BLOB_HEADER && i != CONTENT_HEAD)
			continue;
		sqlite3_bind_int(put, 1, span);
		sqlite3_bind_int(put, 2, (int)i);
		sqlite3_bind_int64(put, 3, start);
		sqlite3_bind_int(put, 4, part);
		sqlite3_bind_blob64(put, 5, data, size, SQLITE_STATIC);
		error = run(history, put);
	}
	return error;
}

int rollup_drop(struct history *history, enum span span, int64_t start)
{
	int error = 0;

	for (unsigned int i = 0; i < CONTENTS && !error; i++) {
		sqlite3_stmt *drop = statement(history, STATEMENT_ROLLUP_DROP);

		if (!drop)
			return -EIO;
		sqlite3_bind_int(drop, 1, span);
		sqlite3_bind_int(drop, 2, (int)i);
		sqlite3_bind_int64(drop, 3, start);
		error = run(history, drop);
	}
	return error;
}

/*
 * Make one part of very many. Uses history->sums. With a damaged part among them all stay as they
 * are: what is left of it may be wanted.
 */
static int compact(struct history *history, enum span span, int64_t start)
{
	int64_t length = span == SPAN_HOUR ? HOUR_SECONDS : DAY_SECONDS;
	uint64_t damaged = history->damaged;
	int parts = rollup_parts(history, span, start);
	int error;

	if (parts < MAX_PARTS)
		return parts < 0 ? parts : 0;
	sums_clear(&history->sums);
	error = rollup_read(history, span, start, start + length, ALL_CONTENTS, &history->sums);
	if (error || history->damaged != damaged)
		return error;
	error = rollup_drop(history, span, start);
	return error ? error : put_part(history, span, start, 0, &history->sums);
}

/* Sum the minutes of an hour; a damaged one is moved aside and *again says to start over. */
static int sum_minutes(struct history *history, int64_t hour, bool *again)
{
	sqlite3_stmt *range = statement(history, STATEMENT_MINUTE_RANGE);
	int64_t start = NO_TIME;
	int status;

	if (!range)
		return -EIO;
	*again = false;
	sums_clear(&history->sums);
	sqlite3_bind_int64(range, 1, hour);
	sqlite3_bind_int64(range, 2, hour + HOUR_SECONDS);
	while ((status = next_row(history, range)) > 0) {
		struct piece piece = piece_of(range, 1);

		start = sqlite3_column_int64(range, 0);
		history->sums.now = (uint8_t)((start - hour) / 60);
		if (blob_add_to_sums(&history->reader, piece.data, piece.size, BLOB_MINUTE,
			    &history->sums)) {
			*again = true;
			break;
		}
	}
	sqlite3_reset(range);
	return *again ? set_minute_aside(history, start) : status;
}

static int set_open(struct history *history, enum span span, int64_t start)
{
	int64_t *open = span == SPAN_HOUR ? &history->open_hour : &history->open_day;
	int error = set_meta_time(history, span == SPAN_HOUR ? "open_hour" : "open_day", start);

	if (!error)
		*open = start;
	return error;
}

static int close_day(struct history *history)
{
	int64_t day = history->open_day;
	int error, parts;

	sums_clear(&history->sums);
	error = rollup_read(
		history, SPAN_HOUR, day, day + DAY_SECONDS, ALL_CONTENTS, &history->sums);
	if (error)
		return error;
	parts = rollup_parts(history, SPAN_DAY, day);
	error = parts < 0 ? parts : put_part(history, SPAN_DAY, day, parts, &history->sums);
	return error ? error : set_open(history, SPAN_DAY, NO_TIME);
}

/* history->sums, of minutes that no rollup contains, join their hour and what follows from it. */
static int join_hour(struct history *history, int64_t hour)
{
	int64_t day = floor_to(hour, DAY_SECONDS);
	int hour_parts, day_parts, error;

	hour_parts = rollup_parts(history, SPAN_HOUR, hour);
	day_parts = rollup_parts(history, SPAN_DAY, day);
	if (hour_parts < 0 || day_parts < 0)
		return hour_parts < 0 ? hour_parts : day_parts;
	error = life_update(history, &history->sums, hour);
	if (!error)
		error = put_part(history, SPAN_HOUR, hour, hour_parts, &history->sums);
	if (error || day == history->open_day)
		return error ? error : compact(history, SPAN_HOUR, hour);
	if (day_parts > 0) {
		error = put_part(history, SPAN_DAY, day, day_parts, &history->sums);
		if (!error)
			error = compact(history, SPAN_DAY, day);
		return error ? error : compact(history, SPAN_HOUR, hour);
	}
	if (history->open_day != NO_TIME)
		error = close_day(history);
	return error ? error : set_open(history, SPAN_DAY, day);
}

static int close_hour(struct history *history)
{
	int64_t hour = history->open_hour;
	bool again;
	int error;

	do
		error = sum_minutes(history, hour, &again);
	while (!error && again);
	/* Every minute of it may have been moved aside: then there is nothing to remember. */
	if (!error && history->sums.coverage.modes)
		error = join_hour(history, hour);
	return error ? error : set_open(history, SPAN_HOUR, NO_TIME);
}

int rollup_prepare(struct history *history, int64_t minute_start, bool *closed)
{
	int64_t hour = floor_to(minute_start, HOUR_SECONDS);
	int parts, error = 0;

	*closed = false;
	if (hour == history->open_hour)
		return 0;
	if (history->open_hour != NO_TIME)
		error = close_hour(history);
	if (error)
		return error;
	parts = rollup_parts(history, SPAN_HOUR, hour);
	if (parts < 0)
		return parts;
	*closed = parts > 0;
	return *closed ? 0 : set_open(history, SPAN_HOUR, hour);
}

int rollup_add_late(struct history *history, const struct minute *minute)
{
	int64_t hour = floor_to(minute->start, HOUR_SECONDS);

	sums_clear(&history->sums);
	history->sums.now = (uint8_t)((minute->start - hour) / 60);
	sums_add_minute(&history->sums, minute);
	return join_hour(history, hour);
}
