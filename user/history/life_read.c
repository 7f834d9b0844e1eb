/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/life_merge.h"

#include <errno.h>

static struct port_life life_of(const struct life_entry *entry)
{
	return (struct port_life){
		.first_seen = (int64_t)entry->first * 60,
		.last_seen = (int64_t)entry->last * 60,
		.active_days = (uint32_t)entry->days,
	};
}

/*
 * The minutes of the open hour, of which life knows nothing yet, into history->sums. A walk over
 * them, at no row.
 */
static int read_open_hour(struct history *history, struct life_walk *walk)
{
	const unsigned int wanted = BLOB_BIT(BLOB_PORTS) | BLOB_BIT(BLOB_CELLS);
	sqlite3_stmt *range = statement(history, STATEMENT_MINUTE_RANGE);
	struct sums *sums = &history->sums;
	int64_t hour;
	int status;

	if (!range)
		return -EIO;
	status = meta_time(history, "open_hour", NO_TIME, &hour);
	if (status)
		return status;
	*walk = (struct life_walk){.history = history, .sums = sums};
	sums_clear(sums);
	if (hour == NO_TIME)
		return 0;
	walk->hour = (uint64_t)(hour / 60);
	sqlite3_bind_int64(range, 1, hour);
	sqlite3_bind_int64(range, 2, hour + HOUR_SECONDS);
	while ((status = next_row(history, range)) > 0) {
		struct piece piece = piece_of(range, 1);

		sums->now = (uint8_t)((sqlite3_column_int64(range, 0) - hour) / 60);
		if (blob_add_to_sums(&history->reader, piece.data, piece.size, wanted, sums))
			history->damaged++;
	}
	return status;
}

/* -- One port ------------------------------------------------------------------------------ */

static int find_stored(struct history *history, uint64_t key, struct life_entry *found)
{
	struct piece piece;
	struct life_entry entry;
	int status = life_get_chunk(history, (key >> 8) / BLOB_LIFE_ROWS, &piece);

	found->key = LIFE_NO_KEY;
	if (status <= 0)
		return status;
	status = blob_open(&history->life_reader, piece.data, piece.size);
	if (!status)
		status = blob_read_section(&history->life_reader, BLOB_LIFE);
	while (!status && !(status = life_next_stored(&history->life_reader, &entry)) &&
		entry.key != LIFE_NO_KEY && entry.key <= key)
		if (entry.key == key)
			*found = entry;
	sqlite3_reset(history->statements[STATEMENT_LIFE_GET]);
	return status ? say(history, status, "history.db: the life of ports is damaged") : 0;
}

int history_port_life(
	struct history *history, uint32_t row, unsigned int country, struct port_life *life)
{
	uint64_t key = (uint64_t)row << 8 | country;
	struct life_entry stored = {.key = LIFE_NO_KEY}, fresh = {.key = LIFE_NO_KEY};
	struct life_walk walk;
	int error;

	if (row >= TT_ROWS || (country >= TT_CELLS && country != STORE_ALL_COUNTRIES))
		return say(history, -EINVAL, "there is no such port row or country cell");
	error = read_open_hour(history, &walk);
	if (!error)
		error = find_stored(history, key, &stored);
	if (error)
		return error;
	if (life_was_active(&history->sums, key))
		fresh = life_entry_of(&walk, key);
	if (stored.key == LIFE_NO_KEY && fresh.key == LIFE_NO_KEY)
		return say(history, -ENOENT, "the port was never seen");
	if (stored.key == LIFE_NO_KEY)
		stored = fresh;
	else if (fresh.key != LIFE_NO_KEY)
		error = life_combine(&walk, &stored, &fresh);
	if (error)
		return error;
	*life = life_of(&stored);
	return 0;
}

/* -- All of them --------------------------------------------------------------------------- */

struct teller {
	int (*visit)(
		void *context, uint32_t row, unsigned int country, const struct port_life *life);
	void *context;
};

static int tell_entry(void *context, const struct life_entry *entry)
{
	const struct teller *teller = context;
	struct port_life life = life_of(entry);

	return teller->visit(teller->context, (uint32_t)(entry->key >> 8),
		(unsigned int)(entry->key & 0xff), &life);
}

int life_each(struct history *history, uint32_t only_row,
	int (*visit)(
		void *context, uint32_t row, unsigned int country, const struct port_life *life),
	void *context)
{
	size_t first = only_row == TT_ROW_NONE ? 0 : only_row / BLOB_LIFE_ROWS;
	size_t last = only_row == TT_ROW_NONE ? LIFE_CHUNKS - 1 : first;
	struct teller teller = {visit, context};
	struct life_walk walk;
	int status = read_open_hour(history, &walk);

	for (size_t chunk = first; chunk <= last && !status; chunk++) {
		struct piece piece;

		status = life_get_chunk(history, chunk, &piece);
		if (status < 0)
			break;
		walk.end = (chunk + 1) * BLOB_LIFE_ROWS;
		walk.row = life_next_row(walk.sums, chunk * BLOB_LIFE_ROWS, walk.end);
		walk.cell = 0;
		status = life_merge(&walk, &piece, tell_entry, &teller);
		sqlite3_reset(history->statements[STATEMENT_LIFE_GET]);
		if (status == -EBADMSG) {
			history->damaged++;
			status = 0;
		}
	}
	return status;
}
