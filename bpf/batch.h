/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The batch: TT_BATCH packets are counted together, because counting is waiting for memory. A
 * packet of a scan touches a row, a cell and perhaps a prefix that no cache holds; one after the
 * other these are three waits of 35 to 80 ns, but the processor waits for many lines at once when
 * nothing depends on the one before. So a batch is three short loops over its records:
 *
 *   locate   the country's cell, from a table of 2.3 MB that the caches nearly hold
 *   touch    load every line that the next loop writes; nobody waits for the values
 *   apply    count, in lines that are at hand by now
 *
 * Rows are small and by themselves (16 MiB), apart from their cells: a row is found through a page
 * table that the processor can hold, and what counts ports alone never leaves it. Of cells and
 * prefixes a packet meets the lowest plane (28 and 32 MiB).
 *
 * A reader copies the records that wait when flushes is even and has not moved: what waits has not
 * been counted in any table then. Whether it has been in what is read later shows by flushes, too
 * (user/kernel/drain.h).
 *
 * The loops read their number of rounds anew in each, from memory: a bound that the verifier
 * follows makes it walk every loop round by round for every way that leads there.
 */
#ifndef TEITEN_BPF_BATCH_H
#define TEITEN_BPF_BATCH_H

#include "bpf/maps.h"
#include "bpf/order.h"
#include "bpf/sources.h"

/* Load a value and forget it. */
#define batch_touch(place)                                                                         \
	do {                                                                                       \
		__u64 touched = *(const volatile __typeof__(place) *)&(place);                     \
		asm volatile("" ::"r"(touched));                                                   \
	} while (0)

/* Out of line, in bpf/sensor.bpf.c: the verifier walks each loop alone. */
__u32 apply_batch(__u32 cpu, __u32 epoch);
__u32 raise_sources(__u32 cpu, __u32 epoch);
/* What wraps in plane 0 goes on in the planes above: a cell of a row; a kind of a prefix. */
__u32 carry_cell(__u32 cpu, __u32 row, __u32 cell);
__u32 carry_prefix(__u32 cpu, __u32 prefix, __u32 kind);

/* What a batch counts into. */
struct batch {
	struct tt_counts *table;
	struct tt_cells *cells;       /* NULL: switched off */
	const struct tt_geo *geo;     /* NULL: every source is ZZ */
	struct tt_prefixes *prefixes; /* NULL: switched off */
	__u32 cpu;
	__u32 epoch;
};

/* Where the loops read how many packets the batch has; kept, or clang finds it anew each time. */
static __always_inline const volatile __u32 *batch_size(const struct tt_totals *totals)
{
	const volatile __u32 *size = &totals->pending_count;

	keep_in_register(size);
	return size;
}

/* Cells of all rows are one array to the verifier: a bound on the row alone proves nothing. */
static __always_inline __u8 *batch_cell(
	struct tt_cells *cells, const struct tt_pending *packet, __u32 what)
{
	__u64 index = (what & TT_PENDING_ROW) * TT_CELLS + packet->cell;

	keep_in_register(index);
	if (index >= TT_ROWS * TT_CELLS)
		return (__u8 *)0;
	return &cells->plane[0][0][0] + index;
}

static __always_inline __u8 *batch_prefix(struct tt_prefixes *prefixes, __u32 source)
{
	__u64 prefix = source >> 8;

	keep_in_register(prefix);
	prefix &= TT_PREFIXES4 - 1;
	return prefixes->plane[0][prefix];
}

/* Whether the record counts in a dense prefix. */
static __always_inline int batch_has_prefix(const struct batch *batch, __u32 what)
{
	return batch->prefixes && (what & TT_PENDING_SPORT53) && !(what & TT_PENDING_V6);
}

/* -- Locate -------------------------------------------------------------------------------- */

static __always_inline __u32 country_of_ipv4(const struct tt_geo *table, __u32 address)
{
	__u32 entry = table->root[address >> 16];
	__u64 block;

	if (entry < TT_CELLS)
		return entry;
	block = (entry - TT_CELLS) & (TT_GEO_BLOCKS - 1);
	/* Kernel 6.1 loses the bounds of what clang makes of the two masks together. */
	keep_in_register(block);
	block &= TT_GEO_BLOCKS - 1;
	return table->block[block][address >> 8 & 0xff];
}

static __always_inline void batch_locate(const struct batch *batch)
{
	struct tt_totals *totals = &batch->table->totals;
	const volatile __u32 *size = batch_size(totals);

	for (__u32 i = 0; i < TT_BATCH && i < *size; i++) {
		struct tt_pending *packet = &totals->pending[i];
		__u32 cell = packet->row & TT_PENDING_V6
				     ? packet->source
				     : country_of_ipv4(batch->geo, packet->source);

		packet->cell = cell < TT_CELLS ? (__u8)cell : TT_CELL_XO;
	}
}

/* -- Touch --------------------------------------------------------------------------------- */

static __always_inline void batch_touch_lines(const struct batch *batch)
{
	struct tt_totals *totals = &batch->table->totals;
	const volatile __u32 *size = batch_size(totals);

	for (__u32 i = 0; i < TT_BATCH && i < *size; i++) {
		const struct tt_pending *packet = &totals->pending[i];
		__u32 what = packet->row;
		__u64 row = what & TT_PENDING_ROW;

		keep_in_register(row);
		if (row >= TT_ROWS)
			continue;
		batch_touch(batch->table->row[row].packets[0]);
		batch_touch(batch->table->row[row].sketch[0].registers[0]);
		if (batch->cells) {
			__u8 *cell = batch_cell(batch->cells, packet, what);

			if (cell)
				batch_touch(*cell);
		}
		if (batch_has_prefix(batch, what))
			batch_touch(*batch_prefix(batch->prefixes, packet->source));
	}
}

/* -- Apply --------------------------------------------------------------------------------- */

/* Whether it is the first time in this epoch. */
static __always_inline int enter_epoch(__u64 *bits, __u64 index)
{
	__u64 bit = 1ULL << (index & 63), seen = bits[index >> 6];

	if (seen & bit)
		return 0;
	bits[index >> 6] = seen | bit;
	return 1;
}

/* The row's first packet of this epoch: it is noted, its sketch starts anew. */
static __always_inline void row_enter_epoch(
	struct tt_totals *totals, struct tt_sketch *sketch, __u64 row, __u32 parity)
{
	__u64 *words = (__u64 *)sketch->registers;

	if (!enter_epoch(totals->touched[parity].rows, row))
		return;
	for (int i = 0; i < TT_SKETCH_BYTES / 8; i++)
		words[i] = 0;
}

static __always_inline void sketch_add(struct tt_sketch *sketch, const struct tt_pending *packet)
{
	__u64 index = packet->sketch_register >> (TT_SOURCES_BITS - TT_SKETCH_BITS);

	index &= TT_SKETCH_REGISTERS - 1;
	sketch_raise(&sketch->registers[index >> 1], index, packet->sketch_value);
}

/* Only a SYN has marks, and only its port a row for them. */
static __always_inline void count_marks(struct tt_counts *table, __u32 what)
{
	struct tt_marks *marks = &table->marks[what & (TT_FINGERPRINT_ROWS - 1)];
	__u32 found = what >> TT_PENDING_MARK_SHIFT;

	for (int i = 0; i < TT_FINGERPRINTS; i++)
		marks->packets[i] += found >> i & 1;
}

/* Marks and cell before bytes before packets: a reader whose sums agree has a whole row. */
static __always_inline void count_row(
	const struct batch *batch, __u64 row, const struct tt_pending *packet, __u64 slot)
{
	struct tt_counts *table = batch->table;
	__u32 what = packet->row, length = packet->length, parity = batch->epoch & 1;
	struct tt_sketch *sketch = &table->row[row].sketch[parity];

	row_enter_epoch(&table->totals, sketch, row, parity);
	sketch_add(sketch, packet);
	if (what >> TT_PENDING_MARK_SHIFT)
		count_marks(table, what);
	if (batch->cells) {
		__u8 *cell = batch_cell(batch->cells, packet, what);

		if (cell && !++*(volatile __u8 *)cell)
			carry_cell(batch->cpu, row, packet->cell);
	}
	count_ordered();
	table->row[row].bytes[slot] += length;
	count_ordered();
	table->row[row].packets[slot]++;
}

static __always_inline void count_prefix(const struct batch *batch, __u32 source, __u64 slot)
{
	struct tt_totals *totals = &batch->table->totals;
	__u64 page = source >> (8 + TT_PREFIX_PAGE_BITS);
	/* Slot 0 of a UDP row is a response. */
	__u32 kind = slot ? TT_PREFIX_OTHER : TT_PREFIX_RESPONSE;
	__u8 *count = batch_prefix(batch->prefixes, source) + kind;

	keep_in_register(page);
	page &= TT_PREFIX_PAGES - 1;
	enter_epoch(totals->touched[batch->epoch & 1].pages, page);
	totals->prefix_packets[page]++;
	if (!++*(volatile __u8 *)count)
		carry_prefix(batch->cpu, source >> 8, kind);
}

static __always_inline void count_sport53(
	const struct batch *batch, const struct tt_pending *packet, __u64 slot)
{
	if (batch_has_prefix(batch, packet->row))
		count_prefix(batch, packet->source, slot);
	if (slot < TT_SPORT53_CLASSES && packet->cell < TT_CELLS)
		batch->table->totals.sport53[packet->cell][slot]++;
}

/* Prefix before country before row: what a reader of rows first sees of the others is never less.
 */
static __always_inline void batch_apply(const struct batch *batch)
{
	struct tt_totals *totals = &batch->table->totals;
	const volatile __u32 *size = batch_size(totals);

	for (__u32 i = 0; i < TT_BATCH && i < *size; i++) {
		const struct tt_pending *packet = &totals->pending[i];
		__u32 what = packet->row;
		__u64 row = what & TT_PENDING_ROW;
		__u64 slot = what >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1);

		keep_in_register(row);
		if (row >= TT_ROWS)
			continue;
		if (what & TT_PENDING_SPORT53)
			count_sport53(batch, packet, slot);
		count_row(batch, row, packet, slot);
	}
}

/* -- The batch ----------------------------------------------------------------------------- */

/* The first batch of an epoch: nothing is noted yet. Readers take the notes of one that ended. */
static __always_inline void batch_open_epoch(struct tt_totals *totals, __u32 epoch)
{
	/* Volatile: clang would make the loop a memset, which BPF does not have. */
	volatile __u64 *notes = (__u64 *)&totals->touched[epoch & 1];

	for (__u32 i = 0; i < sizeof(totals->touched[0]) / 8; i++)
		notes[i] = 0;
	count_ordered();
	totals->epoch = epoch;
}

static __always_inline void batch_count(const struct batch *batch)
{
	struct tt_totals *totals = &batch->table->totals;

	totals->flushes++;
	count_ordered();
	if (batch->geo)
		batch_locate(batch);
	batch_touch_lines(batch);
	apply_batch(batch->cpu, batch->epoch);
	raise_sources(batch->cpu, batch->epoch);
	totals->pending_count = 0;
	count_ordered();
	totals->flushes++;
}

#endif
