/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cells of a row, as a drain reads, keeps and lists them. Most gain less than 256 packets a
 * minute, for which plane 0 is enough: the gains modulo 256 are the gains when they sum to what the
 * row gained. That proof needs gains that are none below zero; rows of which that is not certain (a
 * packet that waited waits still, the country data have changed, it was left last time, or see
 * drain->ahead) are read whole.
 */
#ifndef TEITEN_KERNEL_DRAIN_CELLS_H
#define TEITEN_KERNEL_DRAIN_CELLS_H

#include "user/kernel/drain_state.h"

/* Over all CPUs: all of it, or modulo 256. */
struct row_cells {
	bool is_whole;
	__u8 low[TT_CELLS];    /* unless is_whole */
	__u32 whole[TT_CELLS]; /* when is_whole */
};

/* Add a CPU's cells of a row to those read before; returns their sum, modulo 256 or 2^32. */
uint32_t cells_read(const struct tt_cells *table, uint32_t row, struct row_cells *cells);
void cells_add(struct row_cells *sum, const struct row_cells *cells);

/* Whether the cells are what the row's packets came from, when it gained so many. */
bool cells_prove(
	const struct drain *drain, uint32_t row, const struct row_cells *cells, uint64_t packets);

/* Write them to next: all of them, or modulo 256 where that has proven itself. */
void cells_store(struct drain *drain, uint32_t row, const struct row_cells *cells);
/* A packet that waits, in next. */
void cells_store_waiting(struct drain *drain, const struct tt_pending *packet);

/*
 * What next has more than was, of a row that gained so many packets; returns how many cells. Of a
 * row that was stored whole a cell may seem to have lost: next is mended first.
 */
size_t cells_list(
	struct drain *drain, uint32_t row, uint64_t packets, struct cell_count list[TT_CELLS]);

/* Make next's row that of was: where the last drain changed it; all of it. */
void cells_catch_up(struct drain *drain, uint32_t row);
void cells_copy(struct drain *drain, uint32_t row);

#endif
