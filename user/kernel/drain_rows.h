/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What drain_rows.c and drain_waiting.c know of a row; nobody else includes this. */
#ifndef TEITEN_KERNEL_DRAIN_ROWS_H
#define TEITEN_KERNEL_DRAIN_ROWS_H

#include "user/kernel/drain_state.h"

enum row_reading {
	ROW_LOW,       /* cells modulo 256; whole where that does not prove itself */
	ROW_WHOLE,     /* all of its cells */
	ROW_CAREFULLY, /* and at a moment when no batch is being counted */
};

/*
 * Read a row into next. False: it would not hold still; next has what was has, and the row is
 * visited again with the next drain.
 */
bool row_take(struct drain *drain, uint32_t index, enum row_reading reading);

/* What next has more than was, in the minute's ledger too; without cells. */
struct port_count row_gains(struct drain *drain, uint32_t index, struct minute *minute);

/* Count a slot's gain in the ledger and in the row. */
void row_gain(struct minute *minute, struct port_count *port, unsigned int slot, uint64_t packets,
	uint64_t bytes);

/* Cells that may have passed 2^32 since the last drain cannot be told apart. */
bool row_has_cells(const struct drain *drain, const struct port_count *port);

#endif
