/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int say(struct history *history, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(history->error.text, sizeof(history->error.text), format, arguments);
	va_end(arguments);
	return error;
}

static int errno_of(sqlite3 *db, int result)
{
	switch (result & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_IOERR:
		/* A file system's quota or a full disk under the WAL arrives as a failed write. */
		return sqlite3_system_errno(db) == ENOSPC || sqlite3_system_errno(db) == EDQUOT
			       ? -ENOSPC
			       : -EIO;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_MISMATCH:
		return -EBADMSG;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_TOOBIG:
		return -EFBIG;
	default:
		return -EIO;
	}
}

int sqlite_error(struct history *history, int result)
{
	return say(history, errno_of(history->db, result), "history.db: %s",
		sqlite3_errmsg(history->db));
}

sqlite3_stmt *statement(struct history *history, enum statement which)
{
	sqlite3_stmt **ready = &history->statements[which];
	int result = SQLITE_OK;

	if (!*ready)
		result = sqlite3_prepare_v3(history->db, statement_text[which], -1,
			SQLITE_PREPARE_PERSISTENT, ready, NULL);
	if (result != SQLITE_OK) {
		sqlite_error(history, result);
		return NULL;
	}
	sqlite3_reset(*ready);
	return *ready;
}

int next_row(struct history *history, sqlite3_stmt *ready)
{
	int result = sqlite3_step(ready);
	int error;

	if (result == SQLITE_ROW)
		return 1;
	error = result == SQLITE_DONE ? 0 : sqlite_error(history, result);
	sqlite3_reset(ready);
	return error;
}

int run(struct history *history, sqlite3_stmt *ready)
{
	int status = next_row(history, ready);

	sqlite3_reset(ready);
	return status < 0 ? status : 0;
}

/* NULL from statement() means that its text could not be prepared. */
static int unprepared(struct history *history)
{
	return errno_of(history->db, sqlite3_errcode(history->db));
}

static int simple(struct history *history, enum statement which)
{
	sqlite3_stmt *ready = statement(history, which);

	return ready ? run(history, ready) : unprepared(history);
}

int meta_time(struct history *history, const char *name, int64_t otherwise, int64_t *time)
{
	sqlite3_stmt *ready = statement(history, STATEMENT_META_GET);
	int more;

	if (!ready)
		return unprepared(history);
	sqlite3_bind_text(ready, 1, name, -1, SQLITE_STATIC);
	more = next_row(history, ready);
	if (more < 0)
		return more;
	*time = otherwise;
	if (more > 0 && sqlite3_column_type(ready, 0) == SQLITE_INTEGER) {
		int64_t stored = sqlite3_column_int64(ready, 0);

		if (stored >= NO_TIME && stored < TIME_LIMIT)
			*time = stored;
	}
	sqlite3_reset(ready);
	return 0;
}

int set_meta_time(struct history *history, const char *name, int64_t value)
{
	sqlite3_stmt *ready = statement(history, STATEMENT_META_PUT);

	if (!ready)
		return unprepared(history);
	sqlite3_bind_text(ready, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(ready, 2, value);
	return run(history, ready);
}

int history_rollback(struct history *history)
{
	hour_sketches_forget(history);
	/* SQLite has rolled back by itself after some failures. */
	if (sqlite3_get_autocommit(history->db))
		return 0;
	return simple(history, STATEMENT_ROLLBACK);
}

/* Returns error, with its sentence. */
static int roll_back_after(struct history *history, int error)
{
	struct history_error why = history->error;

	history_rollback(history);
	history->error = why;
	return error;
}

int history_begin(struct history *history)
{
	int error;

	/* When memory runs out within the transaction it is too late to prepare its end. */
	if (!statement(history, STATEMENT_COMMIT) || !statement(history, STATEMENT_ROLLBACK))
		return unprepared(history);
	error = simple(history, STATEMENT_BEGIN);
	if (error)
		return error;
	error = meta_time(history, "open_hour", NO_TIME, &history->open_hour);
	if (!error)
		error = meta_time(history, "open_day", NO_TIME, &history->open_day);
	return error ? roll_back_after(history, error) : 0;
}

int history_commit(struct history *history)
{
	int error;

	if (sqlite3_get_autocommit(history->db))
		return say(history, -EINVAL, "there is no transaction to commit");
	error = hour_sketches_flush(history);
	if (!error)
		error = simple(history, STATEMENT_COMMIT);
	return error ? roll_back_after(history, error) : 0;
}

const char *history_message(const struct history *history)
{
	return history->error.text;
}

uint64_t history_damaged(const struct history *history)
{
	return history->damaged;
}
