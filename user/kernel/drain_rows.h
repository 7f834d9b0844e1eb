/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the drain know of rows (drain_rows.c); nobody else includes this. */
#ifndef TEITEN_KERNEL_DRAIN_ROWS_H
#define TEITEN_KERNEL_DRAIN_ROWS_H

#include "user/kernel/drain_state.h"

/* How to read a row; or-ed. */
enum {
	ROW_LOW = 0,       /* cells modulo 256; whole where that does not prove itself */
	ROW_WHOLE = 1,     /* all of its cells */
	ROW_CAREFULLY = 2, /* at a moment when no batch is being counted */
};

/*
 * Read a row into next, by ROW_... above. False: it would not hold still; next has what was has,
 * and the row is visited again with the next drain.
 */
bool row_take(struct drain *drain, uint32_t index, unsigned int reading);

/*
 * The first row from index on that is marked, and not among the others (NULL: there are none);
 * TT_ROWS: there is no such row.
 */
uint32_t row_next(const struct drain_marks *marks, const struct drain_marks *but, uint32_t index);

/* Of a row: what was drained of it, and the drain's own. */
DRAIN_INLINE void row_expect_copies(const struct drain *drain, uint32_t index)
{
	drain_expect(drain->program->drained_rows->row[index], sizeof(struct tt_drained_row[2]));
	__builtin_prefetch(&drain->row[index]);
	if (drain->has_cells)
		drain_expect(drain_was_cells(drain, index), TT_CELLS);
}

/* And the row in the CPUs' tables. */
DRAIN_INLINE void row_expect(const struct drain *drain, uint32_t index)
{
	for (size_t t = 0; t < drain->program->table_count; t++) {
		const struct cpu_table *cpu = &drain->program->tables[t];

		__builtin_prefetch(&cpu->counts->row[index]);
		if (index < TT_FINGERPRINT_ROWS)
			__builtin_prefetch(&cpu->counts->marks[index]);
		if (cpu->cells)
			drain_expect(cpu->cells->plane[0][index], TT_CELLS);
	}
	row_expect_copies(drain, index);
}

/* What next has more than was, in the minute's ledger too; without cells. */
struct port_count row_gains(struct drain *drain, uint32_t index, struct minute *minute);

/* Count a slot's gain in the ledger and in the row. */
void row_gain(struct minute *minute, struct port_count *port, unsigned int slot, uint64_t packets,
	uint64_t bytes);

/* Cells that may have passed 2^32 since the last drain cannot be told apart. */
bool row_has_cells(const struct drain *drain, const struct port_count *port);

#endif
