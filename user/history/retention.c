/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include <errno.h>

/* Rollups and events dropped by one call: days of a busy sensor hold 10 MB each. */
#define ROLLUPS_A_STEP 4
#define EVENTS_A_STEP 64

/* What is older than this goes; NO_TIME keeps everything. */
static int64_t cutoff(int64_t now, uint32_t days, int64_t unit)
{
	int64_t oldest = now - (int64_t)days * DAY_SECONDS;

	return days == 0 || oldest < unit ? NO_TIME : floor_to(oldest, unit);
}

/* A statement's first number; otherwise when it has none. */
static int first_number(
	struct history *history, sqlite3_stmt *ready, int64_t otherwise, int64_t *number)
{
	int status = next_row(history, ready);

	if (status < 0)
		return status;
	*number = status > 0 && sqlite3_column_type(ready, 0) == SQLITE_INTEGER
			  ? sqlite3_column_int64(ready, 0)
			  : otherwise;
	sqlite3_reset(ready);
	return 0;
}

/* Bind "older than before, but for the open hour" to a statement. */
static void bind_old(struct history *history, sqlite3_stmt *ready, int64_t before)
{
	sqlite3_bind_int64(ready, 1, before);
	sqlite3_bind_int64(
		ready, 2, history->open_hour == NO_TIME ? -2 * HOUR_SECONDS : history->open_hour);
}

static int expire_minutes(struct history *history, int64_t before, int64_t *oldest)
{
	sqlite3_stmt *drop = statement(history, STATEMENT_MINUTE_EXPIRE);
	sqlite3_stmt *old = statement(history, STATEMENT_MINUTE_OLD);
	int error;

	if (!drop || !old)
		return -EIO;
	bind_old(history, drop, before);
	sqlite3_bind_int(drop, 3, HISTORY_EXPIRE_STEP);
	error = run(history, drop);
	if (!error && sqlite3_changes(history->db) > 0)
		error = set_meta_time(history, "minutes_from", before);
	bind_old(history, old, TIME_LIMIT);
	return error ? error : first_number(history, old, TIME_LIMIT, oldest);
}

/* Drop a rollup that is older than before and ends where nothing finer of it is left. */
static int expire_rollup(struct history *history, enum span span, int64_t before,
	int64_t oldest_finer, bool *dropped)
{
	int64_t length = span == SPAN_HOUR ? HOUR_SECONDS : DAY_SECONDS;
	sqlite3_stmt *next = statement(history, STATEMENT_ROLLUP_NEXT);
	int64_t start;
	int error;

	*dropped = false;
	if (!next)
		return -EIO;
	sqlite3_bind_int(next, 1, span);
	sqlite3_bind_int64(next, 2, 0);
	error = first_number(history, next, TIME_LIMIT, &start);
	if (error || start >= before || start + length > oldest_finer ||
		(span == SPAN_HOUR && floor_to(start, DAY_SECONDS) == history->open_day))
		return error;
	*dropped = true;
	error = rollup_drop(history, span, start);
	return error ? error
		     : set_meta_time(
			       history, span == SPAN_HOUR ? "hours_from" : "days_from", before);
}

static int expire_rollups(
	struct history *history, enum span span, int64_t before, int64_t oldest_finer, bool *more)
{
	bool dropped = true;
	int error = 0;

	for (unsigned int i = 0; i < ROLLUPS_A_STEP && dropped && !error; i++)
		error = expire_rollup(history, span, before, oldest_finer, &dropped);
	*more = *more || dropped;
	return error;
}

static int expire_evidence(struct history *history, int64_t before)
{
	sqlite3_stmt *drop = statement(history, STATEMENT_EVIDENCE_EXPIRE);

	if (!drop)
		return -EIO;
	sqlite3_bind_int64(drop, 1, before);
	return run(history, drop);
}

static int expire_events(struct history *history, int64_t before)
{
	sqlite3_stmt *drop = statement(history, STATEMENT_EVENT_EXPIRE);
	int status;

	if (!drop)
		return -EIO;
	sqlite3_bind_int64(drop, 1, before);
	sqlite3_bind_int(drop, 2, EVENTS_A_STEP);
	status = run(history, drop);
	return status || sqlite3_changes(history->db) == 0 ? status
							   : expire_evidence(history, before);
}

int history_expire(
	struct history *history, int64_t now, const struct history_retention *retention, bool *more)
{
	int64_t minutes = cutoff(now, retention->minute_days, HOUR_SECONDS);
	int64_t hours = cutoff(now, retention->hour_days, DAY_SECONDS);
	int64_t days = cutoff(now, retention->day_days, DAY_SECONDS);
	int64_t oldest_minute, oldest_hour;
	bool rest = false;
	sqlite3_stmt *next;
	int error = expire_minutes(history, minutes, &oldest_minute);

	rest = !error && oldest_minute < minutes;
	if (!error && hours != NO_TIME)
		error = hour_sketches_expire(history, hours);
	if (!error)
		error = expire_rollups(history, SPAN_HOUR, hours, oldest_minute, &rest);
	next = statement(history, STATEMENT_ROLLUP_NEXT);
	if (error || !next)
		return error ? error : -EIO;
	sqlite3_bind_int(next, 1, SPAN_HOUR);
	sqlite3_bind_int64(next, 2, 0);
	error = first_number(history, next, TIME_LIMIT, &oldest_hour);
	if (!error)
		error = expire_rollups(history, SPAN_DAY, days, oldest_hour, &rest);
	if (!error && days != NO_TIME)
		error = expire_events(history, days);
	if (!error)
		error = source_ports_expire(history, SOURCE_PORT_MINUTE, minutes);
	if (!error)
		error = source_ports_expire(history, SOURCE_PORT_HOUR, hours);
	if (!error)
		error = source_ports_expire(history, SOURCE_PORT_DAY, days);
	if (!error && more)
		*more = rest;
	return error;
}
