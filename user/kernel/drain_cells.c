/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/drain_cells.h"

#include "user/kernel/planes.h"

#include <string.h>

/* From a counter's byte in a plane to that in the next: in a CPU's table, in the copies. */
#define PLANE sizeof(((struct tt_cells *)0)->plane[0])
#define DRAINED_PLANE sizeof(((struct tt_drained_cells *)0)->plane[0])
_Static_assert(TT_CELLS % 8 == 0, "cells are met by eights");

/* -- Reading ------------------------------------------------------------------------------- */

uint32_t cells_read(const struct tt_cells *table, uint32_t row, struct row_cells *cells)
{
	const __u8 *low = table->plane[0][row];

	if (cells->is_whole)
		return planes_get_all(low, PLANE, cells->whole, TT_CELLS);
	memcpy(cells->low, low, sizeof(cells->low));
	return planes_sum_low(cells->low, TT_CELLS) & 0xff;
}

void cells_add(struct row_cells *sum, const struct row_cells *cells)
{
	if (!sum->is_whole) {
		planes_add_low(sum->low, cells->low, TT_CELLS);
		return;
	}
	for (unsigned int c = 0; c < TT_CELLS; c++)
		sum->whole[c] += cells->whole[c];
}

bool cells_prove(
	const struct drain *drain, uint32_t row, const struct row_cells *cells, uint64_t packets)
{
	return cells->is_whole ||
	       planes_gained_low(drain_was_cells(drain, row), cells->low, TT_CELLS) == packets;
}

/* -- Copies -------------------------------------------------------------------------------- */

void cells_store(struct drain *drain, uint32_t row, const struct row_cells *cells)
{
	const __u8 *was = drain_was_cells(drain, row);
	__u8 *next = drain_next_cells(drain, row);

	if (cells->is_whole) {
		planes_set_all(next, DRAINED_PLANE, cells->whole, TT_CELLS);
		drain->row[row].changed = DRAIN_CHANGED_WHOLE;
		return;
	}
	if (planes_store_low(
		    was, next, DRAINED_PLANE, cells->low, TT_CELLS, &drain->row[row].changed))
		drain_mark(drain->behind_above.rows, row);
}

void cells_store_waiting(struct drain *drain, const struct tt_pending *packet)
{
	uint32_t row = packet->row & TT_PENDING_ROW;

	drain->row[row].changed |= UINT64_C(1) << packet->cell / 8;
	if (planes_count(drain_next_cells(drain, row) + packet->cell, DRAINED_PLANE))
		drain_mark(drain->behind_above.rows, row);
}

void cells_copy(struct drain *drain, uint32_t row)
{
	for (unsigned int plane = 0; plane < TT_PLANES; plane++)
		memcpy(drain_next_cells(drain, row) + plane * DRAINED_PLANE,
			drain_was_cells(drain, row) + plane * DRAINED_PLANE, TT_CELLS);
}

void cells_catch_up(struct drain *drain, uint32_t row)
{
	const __u8 *was = drain_was_cells(drain, row);
	__u8 *next = drain_next_cells(drain, row);
	const uint64_t changed = drain->row[row].changed;
	const unsigned int planes = drain_is_marked(drain->behind_above.rows, row) ? TT_PLANES : 1;

	if (changed == DRAIN_CHANGED_WHOLE)
		cells_copy(drain, row);
	else
		for (unsigned int plane = 0; plane < planes; plane++)
			planes_copy_low(
				was + plane * DRAINED_PLANE, next + plane * DRAINED_PLANE, changed);
	drain->row[row].changed = 0;
}

/* -- Listing ------------------------------------------------------------------------------- */

/*
 * A packet that waited was counted under the country it had then. When the country data change
 * before its batch is counted, the program counts it under another: one cell of was is ahead of the
 * table, and seems to lose. It stays ahead, and as many gains of other cells are held back, until
 * the table has caught up. Returns whether one is ahead.
 */
static bool settle(const __u32 was[TT_CELLS], __u32 next[TT_CELLS], uint64_t packets)
{
	uint32_t ahead = 0;
	bool is_ahead;

	for (unsigned int c = 0; c < TT_CELLS; c++) {
		uint32_t gained = next[c] - was[c];

		/* Modulo 2^32 a loss is more than the row gained, and more than was held back. */
		if (gained <= packets || gained <= UINT32_MAX / 2)
			continue;
		ahead += was[c] - next[c];
		next[c] = was[c];
	}
	is_ahead = ahead > 0;
	for (unsigned int c = 0; c < TT_CELLS && ahead; c++) {
		uint32_t gained = next[c] - was[c], held = gained < ahead ? gained : ahead;

		next[c] -= held;
		ahead -= held;
	}
	return is_ahead;
}

/* Of a row that was stored whole: plane 0 does not prove what it gained. */
static size_t list_whole(
	struct drain *drain, uint32_t row, uint64_t packets, struct cell_count list[TT_CELLS])
{
	__u32 was[TT_CELLS], is[TT_CELLS];
	size_t count = 0;

	planes_get_all(drain_was_cells(drain, row), DRAINED_PLANE, was, TT_CELLS);
	planes_get_all(drain_next_cells(drain, row), DRAINED_PLANE, is, TT_CELLS);
	drain_unmark(drain->ahead, row);
	if (settle(was, is, packets)) {
		drain_mark(drain->ahead, row);
		planes_set_all(drain_next_cells(drain, row), DRAINED_PLANE, is, TT_CELLS);
	}
	for (unsigned int c = 0; c < TT_CELLS; c++)
		if (is[c] != was[c])
			list[count++] = (struct cell_count){row, is[c] - was[c], (country_id)c};
	return count;
}

static size_t list_low(const struct drain *drain, uint32_t row, struct cell_count list[TT_CELLS])
{
	const __u8 *was = drain_was_cells(drain, row), *is = drain_next_cells(drain, row);
	size_t count = 0;

	for (uint64_t words = drain->row[row].changed; words; words &= words - 1) {
		unsigned int first = 8 * (unsigned int)__builtin_ctzll(words);
		uint64_t gained =
			planes_word_subtract(planes_word(is + first), planes_word(was + first));

		for (unsigned int c = first; gained; c++, gained >>= 8) {
			unsigned int none = (unsigned int)__builtin_ctzll(gained) / 8;

			c += none;
			gained >>= 8 * none;
			list[count++] = (struct cell_count){row, (__u8)gained, (country_id)c};
		}
	}
	return count;
}

size_t cells_list(
	struct drain *drain, uint32_t row, uint64_t packets, struct cell_count list[TT_CELLS])
{
	return drain->row[row].changed == DRAIN_CHANGED_WHOLE
		       ? list_whole(drain, row, packets, list)
		       : list_low(drain, row, list);
}
