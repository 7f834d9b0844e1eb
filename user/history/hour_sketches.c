/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hour whose sketches are being written is held in memory: a minute joins it there, and what
 * changed is stored before the minute's transaction commits. A transaction that is rolled back
 * forgets the hour; the next minute reads what was committed.
 */
#include "user/history/internal.h"

#include <errno.h>

/* Blobs dropped by one call: an hour has at most 35, and there are 60 calls in an hour. */
#define BLOBS_A_STEP 64

static sqlite3_stmt *of_content(
	struct history *history, enum statement which, int64_t hour, unsigned int content)
{
	sqlite3_stmt *ready = statement(history, which);

	if (ready) {
		sqlite3_bind_int64(ready, 1, hour);
		sqlite3_bind_int(ready, 2, (int)content);
	}
	return ready;
}

/* Move a damaged blob aside: the hour goes on without what it held. */
static int set_aside(
	struct history *history, int64_t hour, unsigned int content, const struct piece *piece)
{
	sqlite3_stmt *put = statement(history, STATEMENT_DAMAGED_PUT);
	sqlite3_stmt *drop = of_content(history, STATEMENT_SOURCES_DROP, hour, content);
	int status;

	if (!put || !drop)
		return -EIO;
	sqlite3_bind_text(put, 1, "sources", -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 2, hour);
	sqlite3_bind_blob64(put, 3, piece->data, piece->size, SQLITE_STATIC);
	status = run(history, put);
	history->damaged++;
	return status ? status : run(history, drop);
}

static int load_content(struct history *history, int64_t hour, unsigned int content)
{
	sqlite3_stmt *get = of_content(history, STATEMENT_SOURCES_GET, hour, content);
	struct piece piece;
	int status;

	if (!get)
		return -EIO;
	status = next_row(history, get);
	if (status <= 0)
		return status;
	piece = piece_of(get, 0);
	status = 0;
	if (sketches_read(&history->hour, content, &history->reader, piece.data, piece.size))
		status = set_aside(history, hour, content, &piece);
	sqlite3_reset(get);
	return status;
}

static int load_hour(struct history *history, int64_t hour)
{
	int status = 0;

	sketches_clear(&history->hour);
	for (unsigned int i = 0; i < SKETCHES_CONTENTS && !status; i++)
		status = load_content(history, hour, i);
	history->sketched_hour = status ? NO_TIME : hour;
	return status;
}

int hour_sketches_add(struct history *history, const struct minute *minute)
{
	int64_t hour = floor_to(minute->start, HOUR_SECONDS);
	int status = 0;

	if (history->sketched_hour != hour) {
		status = hour_sketches_flush(history);
		if (!status)
			status = load_hour(history, hour);
	}
	if (!status)
		sketches_add_minute(&history->hour, minute);
	return status;
}

int hour_sketches_lack(struct history *history, const struct minute *minute)
{
	sqlite3_stmt *put = of_content(history, STATEMENT_SOURCES_LACK,
		floor_to(minute->start, HOUR_SECONDS), SKETCHES_LACK);

	return put ? run(history, put) : -EIO;
}

int hour_sketches_flush(struct history *history)
{
	int status = 0;

	if (history->sketched_hour == NO_TIME)
		return 0;
	for (unsigned int i = 0; i < SKETCHES_CONTENTS && !status; i++) {
		sqlite3_stmt *put;
		const uint8_t *data;
		size_t size;

		if (!(history->hour.changed >> i & 1))
			continue;
		put = of_content(history, STATEMENT_SOURCES_PUT, history->sketched_hour, i);
		if (!put)
			return -EIO;
		status = sketches_write(&history->hour, i, &history->writer, &data, &size);
		if (status)
			return say(history, status, "sketches could not be compressed");
		sqlite3_bind_blob64(put, 3, data, size, SQLITE_STATIC);
		status = run(history, put);
	}
	if (!status)
		history->hour.changed = 0;
	return status;
}

void hour_sketches_forget(struct history *history)
{
	history->sketched_hour = NO_TIME;
}

int hour_sketches_expire(struct history *history, int64_t before)
{
	sqlite3_stmt *drop = statement(history, STATEMENT_SOURCES_EXPIRE);

	if (!drop)
		return -EIO;
	sqlite3_bind_int64(drop, 1, before);
	sqlite3_bind_int(drop, 2, BLOBS_A_STEP);
	return run(history, drop);
}
