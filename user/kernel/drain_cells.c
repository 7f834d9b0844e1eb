/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/drain_cells.h"

#include "user/kernel/planes.h"

#include <string.h>

#define PLANE sizeof(((struct tt_cells *)0)->plane[0])

/* -- Reading ------------------------------------------------------------------------------- */

static uint32_t sum_of(const __u8 low[TT_CELLS])
{
	uint32_t sum = 0;

	for (unsigned int c = 0; c < TT_CELLS; c++)
		sum += low[c];
	return sum;
}

uint32_t cells_read(const struct tt_cells *table, uint32_t row, struct row_cells *cells)
{
	const __u8 *low = table->plane[0][row];

	if (cells->is_whole)
		return planes_get_all(low, PLANE, cells->whole, TT_CELLS);
	memcpy(cells->low, low, sizeof(cells->low));
	return sum_of(cells->low) & 0xff;
}

void cells_add(struct row_cells *sum, const struct row_cells *cells)
{
	for (unsigned int c = 0; sum->is_whole && c < TT_CELLS; c++)
		sum->whole[c] += cells->whole[c];
	for (unsigned int c = 0; !sum->is_whole && c < TT_CELLS; c++)
		sum->low[c] += cells->low[c];
}

bool cells_prove(
	const struct drain *drain, uint32_t row, const struct row_cells *cells, uint64_t packets)
{
	const __u8 *was = drain->was_cells->plane[0][row];
	uint32_t gained = 0;

	if (cells->is_whole)
		return true;
	for (unsigned int c = 0; c < TT_CELLS; c++)
		gained += (__u8)(cells->low[c] - was[c]);
	return gained == packets;
}

/* -- Copies -------------------------------------------------------------------------------- */

void cells_store(struct drain *drain, uint32_t row, const struct row_cells *cells)
{
	__u8 *next = drain->next_cells->plane[0][row];

	if (!cells->is_whole) {
		memcpy(next, cells->low, sizeof(cells->low));
		if (planes_carry(drain->was_cells->plane[0][row], next, PLANE, TT_CELLS))
			drain_mark(drain->behind_above.rows, row);
		return;
	}
	planes_set_all(next, PLANE, cells->whole, TT_CELLS);
	drain_mark(drain->behind_above.rows, row);
}

void cells_store_waiting(struct drain *drain, const struct tt_pending *packet)
{
	uint32_t row = packet->row & TT_PENDING_ROW;
	__u8 *next = &drain->next_cells->plane[0][row][packet->cell];

	planes_set(next, PLANE, planes_get(next, PLANE) + 1);
	if (*next == 0)
		drain_mark(drain->behind_above.rows, row);
}

void cells_catch_up_low(struct drain *drain, uint32_t row)
{
	memcpy(drain->next_cells->plane[0][row], drain->was_cells->plane[0][row], TT_CELLS);
}

void cells_catch_up_above(struct drain *drain, uint32_t row)
{
	for (unsigned int plane = 1; plane < TT_PLANES; plane++)
		memcpy(drain->next_cells->plane[plane][row], drain->was_cells->plane[plane][row],
			TT_CELLS);
}

void cells_expect(const struct tt_cells *table, uint32_t row)
{
	for (unsigned int c = 0; c < TT_CELLS; c += 64)
		__builtin_prefetch(&table->plane[0][row][c]);
	__builtin_prefetch(&table->plane[0][row][TT_CELLS - 1]);
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

/* Where the upper planes of next may differ from those of was. */
static size_t list_whole(
	struct drain *drain, uint32_t row, uint64_t packets, struct cell_count list[TT_CELLS])
{
	__u32 was[TT_CELLS], is[TT_CELLS];
	size_t count = 0;

	planes_get_all(drain->was_cells->plane[0][row], PLANE, was, TT_CELLS);
	planes_get_all(drain->next_cells->plane[0][row], PLANE, is, TT_CELLS);
	drain_unmark(drain->ahead, row);
	if (settle(was, is, packets)) {
		drain_mark(drain->ahead, row);
		planes_set_all(drain->next_cells->plane[0][row], PLANE, is, TT_CELLS);
	}
	for (unsigned int c = 0; c < TT_CELLS; c++)
		if (is[c] != was[c])
			list[count++] = (struct cell_count){row, is[c] - was[c], (country_id)c};
	return count;
}

/* Eight at a time: most gained nothing. */
static size_t list_low(const struct drain *drain, uint32_t row, struct cell_count list[TT_CELLS])
{
	const __u8 *was = drain->was_cells->plane[0][row], *is = drain->next_cells->plane[0][row];
	size_t count = 0;

	_Static_assert(TT_CELLS % 8 == 0, "cells are compared by eights");
	for (unsigned int c = 0; c < TT_CELLS; c += 8) {
		if (memcmp(&is[c], &was[c], 8) == 0)
			continue;
		for (unsigned int i = c; i < c + 8; i++)
			if (is[i] != was[i])
				list[count++] = (struct cell_count){
					row, (__u8)(is[i] - was[i]), (country_id)i};
	}
	return count;
}

size_t cells_list(
	struct drain *drain, uint32_t row, uint64_t packets, struct cell_count list[TT_CELLS])
{
	return drain_is_marked(drain->behind_above.rows, row)
		       ? list_whole(drain, row, packets, list)
		       : list_low(drain, row, list);
}
