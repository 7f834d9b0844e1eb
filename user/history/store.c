/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct piece piece_of(sqlite3_stmt *row, int column)
{
	/* SQLite wants the pointer asked for before the size. */
	struct piece piece = {.data = sqlite3_column_blob(row, column)};

	piece.size = (size_t)sqlite3_column_bytes(row, column);
	return piece;
}

/* -- Is a minute what it should be? -------------------------------------------------------- */

static bool ports_valid(const struct minute *minute)
{
	for (size_t i = 0; i < minute->port_count; i++)
		if (minute->ports[i].row >= TT_ROWS ||
			(i > 0 && minute->ports[i].row <= minute->ports[i - 1].row))
			return false;
	return minute->port_count <= MINUTE_MAX_PORTS;
}

static bool cells_valid(const struct minute *minute)
{
	uint32_t last = 0;

	for (size_t i = 0; i < minute->cell_count; i++) {
		const struct cell_count *cell = &minute->cells[i];
		uint32_t key = cell->row << 8 | cell->country;

		if (cell->row >= TT_ROWS || cell->country >= TT_CELLS || (i > 0 && key <= last))
			return false;
		last = key;
	}
	return minute->cell_count <= MINUTE_MAX_CELLS;
}

static bool prefixes_valid(const struct minute *minute)
{
	uint64_t last = 0;

	for (size_t i = 0; i < minute->prefix_count; i++) {
		const struct prefix_count *prefix = &minute->prefixes[i];
		uint64_t key = prefix_key(prefix->is_v6, prefix->network);

		if (prefix->is_v6 > 1 || prefix->country >= COUNTRY_COUNT ||
			prefix->network >= (prefix->is_v6 ? PREFIX_KEY_V6 : TT_PREFIXES4) ||
			(i > 0 && key <= last))
			return false;
		last = key;
	}
	return minute->prefix_count <= MINUTE_MAX_PREFIXES;
}

static const char *fault_of(const struct minute *minute)
{
	if (minute->start < 0 || minute->start >= TIME_LIMIT || minute->start % 60)
		return "its label is not a whole minute from 1970 to 9999";
	if (!(minute->covered >= 0 && minute->covered <= HISTORY_MAX_COVERED))
		return "its covered seconds are out of range";
	if (minute->mode >= ATTACH_MODES)
		return "its attach mode is unknown";
	if (!ports_valid(minute))
		return "its ports are out of range or order";
	if (!cells_valid(minute))
		return "its cells are out of range or order";
	if (!prefixes_valid(minute))
		return "its prefixes are out of range or order";
	return NULL;
}

/* -- Minutes ------------------------------------------------------------------------------- */

static int put_minute(struct history *history, int64_t start, const uint8_t *data, size_t size)
{
	sqlite3_stmt *put = statement(history, STATEMENT_MINUTE_PUT);

	if (!put)
		return -EIO;
	sqlite3_bind_int64(put, 1, start);
	sqlite3_bind_blob64(put, 2, data, size, SQLITE_STATIC);
	return run(history, put);
}

int set_minute_aside(struct history *history, int64_t start)
{
	sqlite3_stmt *get = statement(history, STATEMENT_MINUTE_GET);
	sqlite3_stmt *put = statement(history, STATEMENT_DAMAGED_PUT);
	sqlite3_stmt *drop = statement(history, STATEMENT_MINUTE_DROP);
	int status;

	if (!get || !put || !drop)
		return -EIO;
	sqlite3_bind_int64(get, 1, start);
	status = next_row(history, get);
	if (status > 0) {
		struct piece piece = piece_of(get, 0);

		sqlite3_bind_text(put, 1, "minute", -1, SQLITE_STATIC);
		sqlite3_bind_int64(put, 2, start);
		sqlite3_bind_blob64(put, 3, piece.data, piece.size, SQLITE_STATIC);
		status = run(history, put);
		sqlite3_reset(get);
	}
	if (status)
		return status;
	sqlite3_bind_int64(drop, 1, start);
	history->damaged++;
	return run(history, drop);
}

/* Read the minute of that label into history->sums: 1 done, 0 there is none to merge with. */
static int read_for_merge(struct history *history, int64_t start)
{
	sqlite3_stmt *get = statement(history, STATEMENT_MINUTE_GET);
	struct piece piece;
	int status;

	if (!get)
		return -EIO;
	sqlite3_bind_int64(get, 1, start);
	status = next_row(history, get);
	if (status <= 0)
		return status;
	piece = piece_of(get, 0);
	sums_clear(&history->sums);
	status = blob_add_to_sums(
		&history->reader, piece.data, piece.size, BLOB_MINUTE, &history->sums);
	sqlite3_reset(get);
	if (status == 0)
		return 1;
	return set_minute_aside(history, start);
}

static int add_minute(struct history *history, const struct minute *minute)
{
	const char *fault = fault_of(minute);
	const uint8_t *data;
	size_t size;
	bool closed, any = false;
	int64_t last;
	int status;

	if (fault)
		return say(history, -EINVAL, "a minute cannot be stored: %s", fault);
	if (!history->writable || sqlite3_get_autocommit(history->db))
		return say(history, -EINVAL, "a minute is added outside a transaction");
	status = history_last_minute(history, &last, &any);
	if (!status && any && minute->start <= last)
		status = revision_note(history, minute->start);
	if (!status)
		status = rollup_prepare(history, minute->start, &closed);
	if (status)
		return status;
	status = read_for_merge(history, minute->start);
	if (status < 0)
		return status;
	if (status > 0) {
		sums_add_minute(&history->sums, minute);
		status = blob_of_sums(&history->writer, &history->sums, BLOB_MINUTE, &data, &size);
	} else {
		status = blob_of_minute(&history->writer, minute, &data, &size);
	}
	if (status)
		return say(history, status, "a minute could not be compressed");
	status = put_minute(history, minute->start, data, size);
	if (!status && closed)
		status = rollup_add_late(history, minute);
	if (!status && minute->has_sketches)
		status = hour_sketches_add(history, minute);
	else if (!status && minute->port_count)
		status = hour_sketches_lack(history, minute);
	return status;
}

int history_add_minute(struct history *history, const struct minute *minute)
{
	int status = add_minute(history, minute);

	/* A label that comes twice fills them, or an hour's end; the next may be an hour away. */
	sums_give_back(&history->sums);
	sums_give_back(&history->earlier);
	return status;
}

int history_last_minute(struct history *history, int64_t *start, bool *any)
{
	sqlite3_stmt *last = statement(history, STATEMENT_MINUTE_LAST);
	int status = last ? next_row(history, last) : -EIO;

	if (status < 0)
		return status;
	*any = status > 0 && sqlite3_column_type(last, 0) == SQLITE_INTEGER;
	if (*any)
		*start = sqlite3_column_int64(last, 0);
	sqlite3_reset(last);
	return 0;
}

int history_each_minute(struct history *history, int64_t from, int64_t to,
	int (*visit)(void *context, const struct minute *minute), void *context)
{
	sqlite3_stmt *range = statement(history, STATEMENT_MINUTE_RANGE);
	int status = range ? 0 : -EIO;

	if (!status && !history->minute.ports)
		status = minute_reserve(&history->minute);
	if (status)
		return status;
	sqlite3_bind_int64(range, 1, from);
	sqlite3_bind_int64(range, 2, to);
	while ((status = next_row(history, range)) > 0) {
		struct piece piece = piece_of(range, 1);

		history->minute.start = sqlite3_column_int64(range, 0);
		if (blob_to_minute(&history->reader, piece.data, piece.size, &history->minute)) {
			history->damaged++;
			continue;
		}
		status = visit(context, &history->minute);
		if (status)
			break;
	}
	sqlite3_reset(range);
	return status;
}

/* -- Mark and snapshots -------------------------------------------------------------------- */

#define MARK_SIZE 24

int history_set_mark(struct history *history, const struct history_mark *mark)
{
	sqlite3_stmt *put = statement(history, STATEMENT_META_PUT);
	uint8_t bytes[MARK_SIZE];

	if (!put)
		return -EIO;
	memcpy(bytes, mark->birth, sizeof(mark->birth));
	for (unsigned int i = 0; i < 8; i++)
		bytes[16 + i] = (uint8_t)(mark->sequence >> 8 * i);
	sqlite3_bind_text(put, 1, "mark", -1, SQLITE_STATIC);
	sqlite3_bind_blob(put, 2, bytes, sizeof(bytes), SQLITE_STATIC);
	return run(history, put);
}

int history_get_mark(struct history *history, struct history_mark *mark)
{
	sqlite3_stmt *get = statement(history, STATEMENT_META_GET);
	struct history_mark found = {0};
	struct piece piece;
	int status;

	if (!get)
		return -EIO;
	sqlite3_bind_text(get, 1, "mark", -1, SQLITE_STATIC);
	status = next_row(history, get);
	if (status <= 0)
		return status < 0 ? status : -ENOENT;
	piece = piece_of(get, 0);
	if (piece.size == MARK_SIZE) {
		memcpy(found.birth, piece.data, sizeof(found.birth));
		for (unsigned int i = 0; i < 8; i++)
			found.sequence |= (uint64_t)((const uint8_t *)piece.data)[16 + i] << 8 * i;
		*mark = found;
	}
	sqlite3_reset(get);
	return piece.size == MARK_SIZE ? 0 : say(history, -EBADMSG, "the drain mark is damaged");
}

#define SALT_WORDS 2

int history_set_salt(struct history *history, const uint64_t salt[SALT_WORDS])
{
	sqlite3_stmt *put = statement(history, STATEMENT_META_PUT);
	uint8_t bytes[SALT_WORDS * 8];

	if (!put)
		return -EIO;
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(salt[i / 8] >> i % 8 * 8);
	sqlite3_bind_text(put, 1, "salt", -1, SQLITE_STATIC);
	sqlite3_bind_blob(put, 2, bytes, sizeof(bytes), SQLITE_STATIC);
	return run(history, put);
}

int history_get_salt(struct history *history, uint64_t salt[SALT_WORDS])
{
	sqlite3_stmt *get = statement(history, STATEMENT_META_GET);
	uint64_t found[SALT_WORDS] = {0};
	struct piece piece;
	int status;

	if (!get)
		return -EIO;
	sqlite3_bind_text(get, 1, "salt", -1, SQLITE_STATIC);
	status = next_row(history, get);
	if (status <= 0)
		return status < 0 ? status : -ENOENT;
	piece = piece_of(get, 0);
	for (size_t i = 0; piece.size == sizeof(found) && i < sizeof(found); i++)
		found[i / 8] |= (uint64_t)((const uint8_t *)piece.data)[i] << i % 8 * 8;
	sqlite3_reset(get);
	if (piece.size != sizeof(found))
		return say(history, -EBADMSG, "the salt of the sketches is damaged");
	memcpy(salt, found, sizeof(found));
	return 0;
}

int history_put_snapshot(struct history *history, const char *name, const void *data, size_t size)
{
	sqlite3_stmt *put = statement(history, STATEMENT_SNAPSHOT_PUT);

	if (!put)
		return -EIO;
	sqlite3_bind_text(put, 1, name, -1, SQLITE_STATIC);
	/* A NULL pointer would bind NULL, which the table refuses. */
	sqlite3_bind_blob64(put, 2, size ? data : "", size, SQLITE_STATIC);
	return run(history, put);
}

int history_get_snapshot(struct history *history, const char *name, void **data, size_t *size)
{
	sqlite3_stmt *get = statement(history, STATEMENT_SNAPSHOT_GET);
	struct piece piece;
	void *copy;
	int status;

	if (!get)
		return -EIO;
	sqlite3_bind_text(get, 1, name, -1, SQLITE_STATIC);
	status = next_row(history, get);
	if (status <= 0)
		return status < 0 ? status : -ENOENT;
	piece = piece_of(get, 0);
	copy = malloc(piece.size ? piece.size : 1);
	if (copy) {
		if (piece.size)
			memcpy(copy, piece.data, piece.size);
		*data = copy;
		*size = piece.size;
	}
	sqlite3_reset(get);
	return copy ? 0 : say(history, -ENOMEM, "not enough memory for snapshot '%s'", name);
}
