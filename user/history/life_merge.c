/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/life_merge.h"

#include <errno.h>

/* -- The entries of a chunk as they are stored --------------------------------------------- */

int life_next_stored(struct blob_reader *reader, struct life_entry *entry)
{
	uint64_t values[BLOB_MAX_COLUMNS];
	int status = blob_next(reader, values);

	entry->key = LIFE_NO_KEY;
	if (status <= 0)
		return status;
	if (values[1] >= TIME_LIMIT / 60 || values[2] >= TIME_LIMIT / 60 || values[3] > UINT32_MAX)
		return -EBADMSG;
	*entry = (struct life_entry){values[0], values[1], values[1] + values[2], values[3]};
	return 0;
}

int life_get_chunk(struct history *history, size_t chunk, struct piece *piece)
{
	sqlite3_stmt *get = statement(history, STATEMENT_LIFE_GET);
	int status;

	if (!get)
		return -EIO;
	*piece = (struct piece){NULL, 0};
	sqlite3_bind_int64(get, 1, (int64_t)chunk);
	status = next_row(history, get);
	if (status > 0)
		*piece = piece_of(get, 0);
	return status;
}

/* -- The entries that sums give, by key ---------------------------------------------------- */

struct life_entry life_entry_of(const struct life_walk *walk, uint64_t key)
{
	size_t row = key >> 8, country = key & 0xff;
	struct sum_life life = country == STORE_ALL_COUNTRIES
				       ? walk->sums->port_life[row]
				       : walk->sums->cells[row].life[country];

	return (struct life_entry){key, walk->hour + life.first, walk->hour + life.last, 1};
}

size_t life_next_row(const struct sums *sums, size_t from, size_t end)
{
	size_t port = bits_next(sums->row_bits, end, from);
	size_t cell = bits_next(sums->cell_row_bits, end, from);

	return port < cell ? port : cell;
}

static void next_fresh(struct life_walk *walk, struct life_entry *entry)
{
	const struct sums *sums = walk->sums;

	for (; walk->row < walk->end;
		walk->row = life_next_row(sums, walk->row + 1, walk->end), walk->cell = 0) {
		size_t row = walk->row;

		walk->cell = bits_next(sums->cells[row].bits, TT_CELLS, walk->cell);
		if (walk->cell < TT_CELLS) {
			*entry = life_entry_of(walk, row << 8 | walk->cell);
			walk->cell++;
			return;
		}
		if (walk->cell == TT_CELLS && bits_test(sums->row_bits, row)) {
			*entry = life_entry_of(walk, row << 8 | STORE_ALL_COUNTRIES);
			walk->row = life_next_row(sums, row + 1, walk->end);
			walk->cell = 0;
			return;
		}
	}
	entry->key = LIFE_NO_KEY;
}

/* -- Both together ------------------------------------------------------------------------- */

/* The day of an update as far as it has been counted: its own rollup, or its hours'. */
static int read_earlier(struct life_walk *walk)
{
	const unsigned int contents = 1u << CONTENT_PORTS | 1u << CONTENT_CELLS;
	struct history *history = walk->history;
	int64_t day = floor_to((int64_t)walk->hour * 60, DAY_SECONDS);
	int parts = rollup_parts(history, SPAN_DAY, day);

	if (parts < 0)
		return parts;
	walk->have_earlier = true;
	sums_clear(&history->earlier);
	return rollup_read(history, parts > 0 ? SPAN_DAY : SPAN_HOUR, day, day + DAY_SECONDS,
		contents, &history->earlier);
}

bool life_was_active(const struct sums *sums, uint64_t key)
{
	size_t row = key >> 8, country = key & 0xff;

	if (country == STORE_ALL_COUNTRIES)
		return bits_test(sums->row_bits, row);
	return country < TT_CELLS && bits_test(sums->cells[row].bits, country);
}

/* Whether the stored entry has counted the day of the fresh one: 1, 0 or negative. */
static int day_is_counted(
	struct life_walk *walk, const struct life_entry *stored, const struct life_entry *fresh)
{
	uint64_t day = fresh->first / 1440;
	int error = 0;

	if (day == stored->first / 1440 || day == stored->last / 1440)
		return 1;
	if (day < stored->first / 1440 || day > stored->last / 1440)
		return 0;
	if (!walk->have_earlier)
		error = read_earlier(walk);
	return error ? error : life_was_active(&walk->history->earlier, fresh->key);
}

int life_combine(struct life_walk *walk, struct life_entry *stored, const struct life_entry *fresh)
{
	int counted = day_is_counted(walk, stored, fresh);

	if (counted < 0)
		return counted;
	stored->days += counted ? 0 : 1;
	stored->first = fresh->first < stored->first ? fresh->first : stored->first;
	stored->last = fresh->last > stored->last ? fresh->last : stored->last;
	return 0;
}

int life_merge(struct life_walk *walk, const struct piece *piece,
	int (*put)(void *context, const struct life_entry *entry), void *context)
{
	struct blob_reader *reader = &walk->history->life_reader;
	struct life_entry stored = {.key = LIFE_NO_KEY}, fresh;
	int error = 0;

	if (piece->size)
		error = blob_open(reader, piece->data, piece->size);
	else
		blob_open_nothing(reader);
	if (!error)
		error = blob_read_section(reader, BLOB_LIFE);
	if (!error)
		error = life_next_stored(reader, &stored);
	next_fresh(walk, &fresh);
	while (!error && (stored.key != LIFE_NO_KEY || fresh.key != LIFE_NO_KEY)) {
		if (fresh.key < stored.key) {
			error = put(context, &fresh);
			next_fresh(walk, &fresh);
			continue;
		}
		if (fresh.key == stored.key) {
			error = life_combine(walk, &stored, &fresh);
			next_fresh(walk, &fresh);
		}
		if (!error)
			error = put(context, &stored);
		if (!error)
			error = life_next_stored(reader, &stored);
	}
	return error;
}
