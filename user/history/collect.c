/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/collect.h"

#include <errno.h>

int collect_prepare(struct collector *collector)
{
	const struct {
		const char *name;
		int64_t *time;
	} times[] = {
		{"open_hour", &collector->open_hour},
		{"open_day", &collector->open_day},
		{"minutes_from", &collector->minutes_from},
		{"hours_from", &collector->hours_from},
	};
	int status = 0;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]) && !status; i++)
		status = meta_time(collector->history, times[i].name, NO_TIME, times[i].time);
	return status;
}

static void note_unkept(struct collector *collector, int64_t from, int64_t to)
{
	struct store_answer *answer = collector->answer;

	if (answer->unkept_from == answer->unkept_to) {
		answer->unkept_from = from;
		answer->unkept_to = to;
		return;
	}
	answer->unkept_from = from < answer->unkept_from ? from : answer->unkept_from;
	answer->unkept_to = to > answer->unkept_to ? to : answer->unkept_to;
}

static int one_time(struct history *history, sqlite3_stmt *ready, int64_t *time)
{
	int status = next_row(history, ready);

	if (status < 0)
		return status;
	*time = TIME_LIMIT;
	if (status > 0 && sqlite3_column_type(ready, 0) == SQLITE_INTEGER)
		*time = sqlite3_column_int64(ready, 0);
	sqlite3_reset(ready);
	return 0;
}

static int next_minute(struct history *history, int64_t from, int64_t *next)
{
	sqlite3_stmt *ready = statement(history, STATEMENT_MINUTE_NEXT);

	if (!ready)
		return -EIO;
	sqlite3_bind_int64(ready, 1, from);
	return one_time(history, ready, next);
}

static int next_rollup(struct history *history, enum span span, int64_t from, int64_t *next)
{
	sqlite3_stmt *ready = statement(history, STATEMENT_ROLLUP_NEXT);
	int64_t length = span == SPAN_HOUR ? HOUR_SECONDS : DAY_SECONDS;

	if (!ready)
		return -EIO;
	sqlite3_bind_int(ready, 1, span);
	sqlite3_bind_int64(ready, 2, floor_to(from, length));
	return one_time(history, ready, next);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int collect_next(struct collector *collector, enum store_bin bin, int64_t from, int64_t *next)
{
	struct history *history = collector->history;
	int64_t minute = TIME_LIMIT, hour = TIME_LIMIT, day = TIME_LIMIT;
	int error = next_minute(history, from, &minute);

	if (!error && bin >= BIN_HOUR)
		error = next_rollup(history, SPAN_HOUR, from, &hour);
	if (!error && bin >= BIN_DAY)
		error = next_rollup(history, SPAN_DAY, from, &day);
	if (!error)
		*next = later(from, earlier(minute, earlier(hour, day)));
	return error;
}

int collect_first(struct collector *collector, int64_t from, int64_t *first)
{
	struct history *history = collector->history;
	int64_t minute, hour = TIME_LIMIT, day = TIME_LIMIT;
	int error = next_minute(history, from, &minute);

	if (!error)
		error = next_rollup(history, SPAN_HOUR, from, &hour);
	if (!error)
		error = next_rollup(history, SPAN_DAY, from, &day);
	if (error)
		return error;
	*first = minute;
	if (hour < floor_to(*first, HOUR_SECONDS))
		*first = later(hour, from);
	if (day < floor_to(*first, DAY_SECONDS))
		*first = later(day, from);
	return 0;
}

int collect_minutes(struct collector *collector, int64_t from, int64_t to)
{
	struct history *history = collector->history;
	sqlite3_stmt *range = statement(history, STATEMENT_MINUTE_RANGE);
	int status;

	if (!range)
		return -EIO;
	sqlite3_bind_int64(range, 1, from);
	sqlite3_bind_int64(range, 2, to);
	while ((status = next_row(history, range)) > 0) {
		struct piece piece = piece_of(range, 1);

		if (blob_add_to_sums(&history->reader, piece.data, piece.size, collector->sections,
			    &history->sums))
			history->damaged++;
	}
	return status;
}

int collect_within_hour(struct collector *collector, int64_t from, int64_t to)
{
	struct history *history = collector->history;
	int64_t hour = floor_to(from, HOUR_SECONDS);
	int parts = hour == collector->open_hour ? 0 : rollup_parts(history, SPAN_HOUR, hour);

	if (parts < 0)
		return parts;
	if (parts > 0 && from == hour && to == hour + HOUR_SECONDS)
		return rollup_read(
			history, SPAN_HOUR, hour, to, 1u << collector->content, &history->sums);
	if (parts > 0 && hour < collector->minutes_from) {
		note_unkept(collector, from, to);
		return 0;
	}
	return collect_minutes(collector, from, to);
}

int collect_within_day(struct collector *collector, int64_t from, int64_t to)
{
	struct history *history = collector->history;
	int64_t day = floor_to(from, DAY_SECONDS);
	int parts = day == collector->open_day ? 0 : rollup_parts(history, SPAN_DAY, day);
	int error = 0;

	if (parts < 0)
		return parts;
	if (parts > 0 && from == day && to == day + DAY_SECONDS) {
		error = rollup_read(
			history, SPAN_DAY, day, to, 1u << collector->content, &history->sums);
		/* Of a day that was closed before its open hour began. */
		if (!error && floor_to(later(collector->open_hour, 0), DAY_SECONDS) == day)
			error = collect_minutes(collector, collector->open_hour,
				collector->open_hour + HOUR_SECONDS);
		return error;
	}
	if (parts > 0 && day < collector->hours_from) {
		note_unkept(collector, from, to);
		return 0;
	}
	while (from < to && !error) {
		int64_t end = earlier(floor_to(from, HOUR_SECONDS) + HOUR_SECONDS, to);

		error = collect_within_hour(collector, from, end);
		from = end;
	}
	return error;
}

int collect_kept_from(
	struct collector *collector, enum store_bin bin, int64_t from, int64_t to, int64_t *kept)
{
	enum span coarser = bin == BIN_MINUTE ? SPAN_HOUR : SPAN_DAY;
	int64_t since = bin == BIN_MINUTE ? collector->minutes_from : collector->hours_from;
	int64_t hour, day, first;
	int error;

	*kept = from;
	if (bin >= BIN_DAY || since == NO_TIME)
		return 0;
	/* The open hour's minutes and the open day's hours are kept however old they are. */
	if (bin == BIN_MINUTE && collector->open_hour != NO_TIME)
		since = earlier(since, collector->open_hour);
	if (bin == BIN_HOUR && collector->open_day != NO_TIME)
		since = earlier(since, collector->open_day);
	if (from >= since)
		return 0;
	*kept = since;
	error = next_rollup(collector->history, SPAN_HOUR, from, &hour);
	if (!error)
		error = next_rollup(collector->history, SPAN_DAY, from, &day);
	if (error)
		return error;
	first = coarser == SPAN_HOUR ? earlier(hour, day) : day;
	if (first < earlier(since, to))
		note_unkept(collector, later(first, from), earlier(since, to));
	return 0;
}
