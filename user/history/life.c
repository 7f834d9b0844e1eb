/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/life_merge.h"

#include <errno.h>

static int set_chunk_aside(struct history *history, size_t chunk, const struct piece *piece)
{
	sqlite3_stmt *put = statement(history, STATEMENT_DAMAGED_PUT);

	if (!put)
		return -EIO;
	history->damaged++;
	sqlite3_bind_text(put, 1, "life", -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 2, (int64_t)chunk);
	sqlite3_bind_blob64(put, 3, piece->data, piece->size, SQLITE_STATIC);
	return run(history, put);
}

static int put_chunk(struct history *history, size_t chunk)
{
	sqlite3_stmt *put = statement(history, STATEMENT_LIFE_PUT);
	const uint8_t *data;
	size_t size;

	if (!put)
		return -EIO;
	blob_finish(&history->writer, &data, &size);
	sqlite3_bind_int64(put, 1, (int64_t)chunk);
	sqlite3_bind_blob64(put, 2, data, size, SQLITE_STATIC);
	return run(history, put);
}

static int put_entry(void *context, const struct life_entry *entry)
{
	blob_put(context, (uint64_t[BLOB_MAX_COLUMNS]){entry->key, entry->first,
				  entry->last - entry->first, entry->days});
	return 0;
}

static int merge_chunk(struct life_walk *walk, const struct piece *piece)
{
	struct blob_writer *writer = &walk->history->writer;
	int error;

	blob_start(writer);
	blob_open_section(writer, BLOB_LIFE);
	error = life_merge(walk, piece, put_entry, writer);
	return error ? error : blob_close_section(writer);
}

static int update_chunk(struct life_walk *walk, size_t chunk)
{
	struct history *history = walk->history;
	size_t row = walk->row;
	struct piece piece;
	int status = life_get_chunk(history, chunk, &piece);

	if (status < 0)
		return status;
	walk->end = (chunk + 1) * BLOB_LIFE_ROWS;
	walk->cell = 0;
	status = merge_chunk(walk, &piece);
	if (status == -EBADMSG) {
		/* Its ports count as new from here on: that is said by the counter. */
		status = set_chunk_aside(history, chunk, &piece);
		walk->row = row;
		walk->cell = 0;
		if (!status)
			status = merge_chunk(walk, &(struct piece){NULL, 0});
	}
	sqlite3_reset(history->statements[STATEMENT_LIFE_GET]);
	return status ? status : put_chunk(history, chunk);
}

int life_update(struct history *history, const struct sums *sums, int64_t hour)
{
	struct life_walk walk = {
		.history = history,
		.sums = sums,
		.hour = (uint64_t)(hour / 60),
	};
	size_t row = life_next_row(sums, 0, TT_ROWS);
	int error = 0;

	while (row < TT_ROWS && !error) {
		size_t chunk = row / BLOB_LIFE_ROWS;

		walk.row = row;
		error = update_chunk(&walk, chunk);
		row = life_next_row(sums, (chunk + 1) * BLOB_LIFE_ROWS, TT_ROWS);
	}
	return error;
}
