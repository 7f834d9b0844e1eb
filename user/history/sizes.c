/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include <errno.h>

/* Number and bytes of what a statement counts. */
static int measure(struct history *history, sqlite3_stmt *ready, int64_t from, int64_t to,
	uint64_t *count, uint64_t *bytes)
{
	int status;

	if (!ready)
		return -EIO;
	sqlite3_bind_int64(ready, 1, from);
	sqlite3_bind_int64(ready, 2, to);
	status = next_row(history, ready);
	if (status > 0) {
		*count = (uint64_t)sqlite3_column_int64(ready, 0);
		*bytes = (uint64_t)sqlite3_column_double(ready, 1);
		sqlite3_reset(ready);
	}
	return status < 0 ? status : 0;
}

static sqlite3_stmt *rollups(struct history *history, enum span span)
{
	sqlite3_stmt *ready = statement(history, STATEMENT_ROLLUP_SIZES);

	if (ready)
		sqlite3_bind_int(ready, 3, (int)span);
	return ready;
}

int history_sizes(struct history *history, int64_t from, int64_t to, struct history_sizes *sizes)
{
	struct history_sizes found = {0};
	int status = measure(history, statement(history, STATEMENT_MINUTE_SIZES), from, to,
		&found.minutes, &found.minute_bytes);

	if (!status)
		status = measure(history, rollups(history, SPAN_HOUR), from, to, &found.hours,
			&found.hour_bytes);
	if (!status)
		status = measure(history, rollups(history, SPAN_DAY), from, to, &found.days,
			&found.day_bytes);
	if (!status)
		*sizes = found;
	return status;
}
