/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include "user/history/blob_layout.h"

#include <errno.h>
#include <string.h>

#define CHUNKS ((TT_ROWS + BLOB_LIFE_ROWS - 1) / BLOB_LIFE_ROWS)
#define NO_KEY UINT64_MAX

/* One entry: key = row << 8 | country, or 255 for the row as a whole; times in minutes. */
struct entry {
	uint64_t key;
	uint64_t first;
	uint64_t last;
	uint64_t days;
};

/* What an update needs; earlier sums are read only if an entry asks for them. */
struct update {
	struct history *history;
	const struct sums *sums;
	uint64_t hour; /* in minutes */
	bool have_earlier;
	size_t row;  /* cursor into sums */
	size_t cell; /* next country of row; TT_CELLS: the row itself is next */
	size_t end;  /* of the chunk's rows */
};

/* -- The entries of a chunk as they are stored --------------------------------------------- */

static int next_stored(struct blob_reader *reader, struct entry *entry)
{
	uint64_t values[BLOB_MAX_COLUMNS];
	int status = blob_next(reader, values);

	entry->key = NO_KEY;
	if (status <= 0)
		return status;
	if (values[1] >= TIME_LIMIT / 60 || values[2] >= TIME_LIMIT / 60 || values[3] > UINT32_MAX)
		return -EBADMSG;
	*entry = (struct entry){values[0], values[1], values[1] + values[2], values[3]};
	return 0;
}

static void put_entry(struct blob_writer *writer, const struct entry *entry)
{
	blob_put(writer, (uint64_t[BLOB_MAX_COLUMNS]){entry->key, entry->first,
				 entry->last - entry->first, entry->days});
}

/* -- The entries that sums give, by key ---------------------------------------------------- */

static struct entry entry_of(const struct update *update, size_t key, struct sum_life life)
{
	return (struct entry){key, update->hour + life.first, update->hour + life.last, 1};
}

/* The next row at or above from that has anything. */
static size_t next_row_of(const struct sums *sums, size_t from, size_t end)
{
	size_t port = bits_next(sums->row_bits, end, from);
	size_t cell = bits_next(sums->cell_row_bits, end, from);

	return port < cell ? port : cell;
}

static void next_fresh(struct update *update, struct entry *entry)
{
	const struct sums *sums = update->sums;

	for (; update->row < update->end;
		update->row = next_row_of(sums, update->row + 1, update->end), update->cell = 0) {
		size_t row = update->row;

		update->cell = bits_next(sums->cells[row].bits, TT_CELLS, update->cell);
		if (update->cell < TT_CELLS) {
			*entry = entry_of(update, row << 8 | update->cell,
				sums->cells[row].life[update->cell]);
			update->cell++;
			return;
		}
		if (update->cell == TT_CELLS && bits_test(sums->row_bits, row)) {
			*entry = entry_of(
				update, row << 8 | HISTORY_ALL_COUNTRIES, sums->port_life[row]);
			update->row = next_row_of(sums, row + 1, update->end);
			update->cell = 0;
			return;
		}
	}
	entry->key = NO_KEY;
}

/* -- Both together ------------------------------------------------------------------------- */

/* The day of an update as far as it has been counted: its own rollup, or its hours'. */
static int read_earlier(struct update *update)
{
	const unsigned int contents = 1u << CONTENT_PORTS | 1u << CONTENT_CELLS;
	struct history *history = update->history;
	int64_t day = floor_to((int64_t)update->hour * 60, DAY_SECONDS);
	int parts = rollup_parts(history, SPAN_DAY, day);

	if (parts < 0)
		return parts;
	update->have_earlier = true;
	sums_clear(&history->earlier);
	return rollup_read(history, parts > 0 ? SPAN_DAY : SPAN_HOUR, day, day + DAY_SECONDS,
		contents, &history->earlier);
}

static bool was_active(const struct sums *sums, uint64_t key)
{
	size_t row = key >> 8, country = key & 0xff;

	if (country == HISTORY_ALL_COUNTRIES)
		return bits_test(sums->row_bits, row);
	return country < TT_CELLS && bits_test(sums->cells[row].bits, country);
}

/* Whether the stored entry has counted the day of the fresh one: 1, 0 or negative. */
static int day_is_counted(
	struct update *update, const struct entry *stored, const struct entry *fresh)
{
	uint64_t day = fresh->first / 1440;
	int error = 0;

	if (day == stored->first / 1440 || day == stored->last / 1440)
		return 1;
	if (day < stored->first / 1440 || day > stored->last / 1440)
		return 0;
	if (!update->have_earlier)
		error = read_earlier(update);
	return error ? error : was_active(&update->history->earlier, fresh->key);
}

static int combine(struct update *update, struct entry *stored, const struct entry *fresh)
{
	int counted = day_is_counted(update, stored, fresh);

	if (counted < 0)
		return counted;
	stored->days += counted ? 0 : 1;
	stored->first = fresh->first < stored->first ? fresh->first : stored->first;
	stored->last = fresh->last > stored->last ? fresh->last : stored->last;
	return 0;
}

/* Put the stored entries, which the reader is at, and the fresh ones, ascending. */
static int merge_entries(
	struct update *update, struct blob_reader *reader, struct blob_writer *writer)
{
	struct entry stored, fresh;
	int error;

	next_fresh(update, &fresh);
	error = next_stored(reader, &stored);
	while (!error && (stored.key != NO_KEY || fresh.key != NO_KEY)) {
		if (fresh.key < stored.key) {
			put_entry(writer, &fresh);
			next_fresh(update, &fresh);
			continue;
		}
		if (fresh.key == stored.key) {
			error = combine(update, &stored, &fresh);
			next_fresh(update, &fresh);
		}
		if (error)
			break;
		put_entry(writer, &stored);
		error = next_stored(reader, &stored);
	}
	return error;
}

static int get_chunk(struct history *history, size_t chunk, struct piece *piece)
{
	sqlite3_stmt *get = statement(history, STATEMENT_LIFE_GET);

	if (!get)
		return -EIO;
	*piece = (struct piece){NULL, 0};
	sqlite3_bind_int64(get, 1, (int64_t)chunk);
	return next_row(history, get);
}

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

/* Merge what the chunk holds (nothing: piece is empty) with the fresh entries. */
static int merge_chunk(struct update *update, const struct piece *piece)
{
	struct blob_reader *reader = &update->history->life_reader;
	struct blob_writer *writer = &update->history->writer;
	int error = 0;

	if (piece->size)
		error = blob_open(reader, piece->data, piece->size);
	else
		blob_open_nothing(reader);
	if (!error)
		error = blob_read_section(reader, BLOB_LIFE);
	blob_start(writer);
	blob_open_section(writer, BLOB_LIFE);
	if (!error)
		error = merge_entries(update, reader, writer);
	return error ? error : blob_close_section(writer);
}

static int update_chunk(struct update *update, size_t chunk)
{
	struct history *history = update->history;
	size_t row = update->row;
	struct piece piece;
	int status = get_chunk(history, chunk, &piece);

	if (status < 0)
		return status;
	if (status > 0)
		piece = piece_of(history->statements[STATEMENT_LIFE_GET], 0);
	update->end = (chunk + 1) * BLOB_LIFE_ROWS;
	update->cell = 0;
	status = merge_chunk(update, &piece);
	if (status == -EBADMSG) {
		/* Its ports count as new from here on: that is said by the counter. */
		status = set_chunk_aside(history, chunk, &piece);
		update->row = row;
		update->cell = 0;
		if (!status)
			status = merge_chunk(update, &(struct piece){NULL, 0});
	}
	sqlite3_reset(history->statements[STATEMENT_LIFE_GET]);
	return status ? status : put_chunk(history, chunk);
}

int life_update(struct history *history, const struct sums *sums, int64_t hour)
{
	struct update update = {
		.history = history,
		.sums = sums,
		.hour = (uint64_t)(hour / 60),
	};
	size_t row = next_row_of(sums, 0, TT_ROWS);
	int error = 0;

	while (row < TT_ROWS && !error) {
		size_t chunk = row / BLOB_LIFE_ROWS;

		update.row = row;
		error = update_chunk(&update, chunk);
		row = next_row_of(sums, (chunk + 1) * BLOB_LIFE_ROWS, TT_ROWS);
	}
	return error;
}

/* -- Asking -------------------------------------------------------------------------------- */

static int find_stored(struct history *history, uint64_t key, struct entry *found)
{
	struct piece piece;
	struct entry entry;
	int status = get_chunk(history, (key >> 8) / BLOB_LIFE_ROWS, &piece);

	found->key = NO_KEY;
	if (status <= 0)
		return status;
	piece = piece_of(history->statements[STATEMENT_LIFE_GET], 0);
	status = blob_open(&history->life_reader, piece.data, piece.size);
	if (!status)
		status = blob_read_section(&history->life_reader, BLOB_LIFE);
	while (!status && !(status = next_stored(&history->life_reader, &entry)) &&
		entry.key != NO_KEY && entry.key <= key)
		if (entry.key == key)
			*found = entry;
	sqlite3_reset(history->statements[STATEMENT_LIFE_GET]);
	return status ? say(history, status, "history.db: the life of ports is damaged") : 0;
}

/* The minutes of the open hour, of which life knows nothing yet. */
static int find_in_open_hour(struct history *history, uint64_t key, struct entry *found)
{
	const unsigned int wanted = BLOB_BIT(BLOB_PORTS) | BLOB_BIT(BLOB_CELLS);
	int64_t hour = meta_time(history, "open_hour", NO_TIME);
	sqlite3_stmt *range = statement(history, STATEMENT_MINUTE_RANGE);
	struct sums *sums = &history->sums;
	int status;

	found->key = NO_KEY;
	if (!range)
		return -EIO;
	if (hour == NO_TIME)
		return 0;
	sums_clear(sums);
	sqlite3_bind_int64(range, 1, hour);
	sqlite3_bind_int64(range, 2, hour + HOUR_SECONDS);
	while ((status = next_row(history, range)) > 0) {
		struct piece piece = piece_of(range, 1);

		sums->now = (uint8_t)((sqlite3_column_int64(range, 0) - hour) / 60);
		if (blob_add_to_sums(&history->reader, piece.data, piece.size, wanted, sums))
			history->damaged++;
	}
	if (!status && was_active(sums, key)) {
		struct update update = {.hour = (uint64_t)(hour / 60)};
		size_t row = key >> 8, country = key & 0xff;

		*found = entry_of(&update, key,
			country == HISTORY_ALL_COUNTRIES ? sums->port_life[row]
							 : sums->cells[row].life[country]);
	}
	return status;
}

int history_port_life(
	struct history *history, uint32_t row, unsigned int country, struct port_life *life)
{
	uint64_t key = (uint64_t)row << 8 | country;
	struct update update = {.history = history};
	struct entry stored = {.key = NO_KEY}, fresh = {.key = NO_KEY};
	int error;

	if (row >= TT_ROWS || (country >= TT_CELLS && country != HISTORY_ALL_COUNTRIES))
		return say(history, -EINVAL, "there is no such port row or country cell");
	error = find_in_open_hour(history, key, &fresh);
	if (!error)
		error = find_stored(history, key, &stored);
	if (error)
		return error;
	if (stored.key == NO_KEY && fresh.key == NO_KEY)
		return say(history, -ENOENT, "the port was never seen");
	update.hour = fresh.first / 60 * 60;
	if (stored.key == NO_KEY)
		stored = fresh;
	else if (fresh.key != NO_KEY)
		error = combine(&update, &stored, &fresh);
	if (error)
		return error;
	*life = (struct port_life){
		.first_seen = (int64_t)stored.first * 60,
		.last_seen = (int64_t)stored.last * 60,
		.active_days = (uint32_t)stored.days,
	};
	return 0;
}
