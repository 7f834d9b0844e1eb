/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include <errno.h>

/* Two years of a sensor that revises every minute; 16 MB. */
#define REVISIONS_KEPT (INT64_C(1) << 20)

int revision_note(struct history *history, int64_t start)
{
	sqlite3_stmt *put = statement(history, STATEMENT_REVISION_PUT);
	sqlite3_stmt *drop = statement(history, STATEMENT_REVISION_DROP);
	int error;

	if (!put || !drop)
		return -EIO;
	sqlite3_bind_int64(put, 1, start);
	error = run(history, put);
	if (error)
		return error;
	sqlite3_bind_int64(drop, 1, sqlite3_last_insert_rowid(history->db) - REVISIONS_KEPT);
	return run(history, drop);
}

/* Whether the database has the table: one that was last written by an older program has not. */
static int has_table(struct history *history, bool *has)
{
	sqlite3_stmt *find = statement(history, STATEMENT_REVISION_TABLE);
	int status = find ? next_row(history, find) : -EIO;

	if (status < 0)
		return status;
	*has = status > 0;
	sqlite3_reset(find);
	return 0;
}

/* The first and the last number there are; 0 and 0 without any. */
static int find_ends(struct history *history, uint64_t *first, uint64_t *last)
{
	sqlite3_stmt *ends = statement(history, STATEMENT_REVISION_ENDS);
	int status = ends ? next_row(history, ends) : -EIO;

	*first = *last = 0;
	if (status <= 0)
		return status;
	*first = (uint64_t)sqlite3_column_int64(ends, 0);
	*last = (uint64_t)sqlite3_column_int64(ends, 1);
	sqlite3_reset(ends);
	return 0;
}

int history_each_revision(struct history *history, uint64_t after,
	int (*visit)(void *context, uint64_t number, int64_t start), void *context)
{
	uint64_t first, last;
	sqlite3_stmt *range;
	bool has = false;
	int status = has_table(history, &has);

	if (status || !has)
		return status;
	status = find_ends(history, &first, &last);
	if (status)
		return status;
	if (after > last)
		after = 0;
	if (after && first > after + 1)
		return say(history, -ESTALE, "revisions %llu to %llu are no longer kept",
			(unsigned long long)after + 1, (unsigned long long)first - 1);
	range = statement(history, STATEMENT_REVISION_RANGE);
	if (!range)
		return -EIO;
	sqlite3_bind_int64(range, 1, (int64_t)after);
	while ((status = next_row(history, range)) > 0) {
		status = visit(context, (uint64_t)sqlite3_column_int64(range, 0),
			sqlite3_column_int64(range, 1));
		if (status)
			break;
	}
	sqlite3_reset(range);
	return status;
}
