/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The batch: TT_BATCH packets are counted together, because counting is waiting for memory. A
 * packet of a scan touches a row, a cell and perhaps a prefix that no near cache holds; one after
 * the other these are three waits of 35 to 80 ns, but the processor waits for many lines at once
 * when nothing depends on the one before. So a batch is three short loops over its records:
 *
 *   locate   the country's cell, from a table of 2.3 MB that the caches nearly hold
 *   touch    load every line that the next loop writes; nobody waits for the values
 *   apply    count, in lines that are at hand by now
 *
 * How many lines the first two wait for at once is decided by how few instructions stand between
 * two loads: the processor looks ahead some 300 of them. So these loops are unrolled, of a fixed
 * number of rounds (only a full batch is counted), and compare nothing that a mask can bound.
 *
 * What a packet meets are one line of a row (8 MiB for all), and of cells and prefixes a byte in
 * the lowest plane (28 and 32 MiB): each line and each megabyte more would show. What a packet
 * rarely has to do, such as to carry what wrapped, is noted in its record and done by a loop of its
 * own, and what comes in any order is a number and not a branch: the loops above call nothing and
 * jump where the processor expects it.
 *
 * A reader copies the records that wait when flushes is even and has not moved: what waits has not
 * been counted in any table then. Whether it has been in what is read later shows by flushes, too
 * (user/kernel/drain.h).
 *
 * The loop that carries reads its number of rounds anew in each, from memory: a bound that the
 * verifier follows makes it walk a loop round by round for every way that leads there.
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

#define BATCH_UNROLL _Pragma("clang loop unroll_count(16)")

/* Out of line, in bpf/sensor.bpf.c: the verifier walks each loop alone. */
__u32 apply_batch(__u32 cpu, __u32 epoch);
__u32 raise_sources(__u32 cpu, __u32 epoch);
/* What has wrapped in plane 0, and in a row, goes on above. */
__u32 carry_batch(__u32 cpu);

/* What a batch counts into. */
struct batch {
	struct tt_counts *table;
	struct tt_cells *cells;       /* NULL: switched off */
	const struct tt_geo *geo;     /* NULL: every source is ZZ */
	struct tt_prefixes *prefixes; /* NULL: switched off */
	struct tt_row *rows;
	struct tt_touched *touched; /* of this epoch */
	bool has_sources;
	__u32 cpu;
};

/*
 * The number of a record's row. It is below TT_ROWS; what the verifier knows, below 2^18, lies
 * within the value as well, so that no comparison stands between two loads.
 */
static __always_inline __u64 batch_row(__u32 what)
{
	__u64 row = what;

	keep_in_register(row);
	return row & TT_PENDING_ROW;
}
_Static_assert(sizeof(struct tt_counts) - __builtin_offsetof(struct tt_counts, row) >=
		       (TT_PENDING_ROW + 1ULL) * sizeof(struct tt_row),
	"room behind the rows");

static __always_inline __u8 *batch_cell(struct tt_cells *cells, __u64 row, __u8 cell)
{
	return &cells->plane[0][0][0] + (row * TT_CELLS + cell);
}
_Static_assert(
	sizeof(struct tt_cells) >= TT_PENDING_ROW * (__u64)TT_CELLS + 256, "room behind plane 0");

static __always_inline __u8 *batch_prefix(struct tt_prefixes *prefixes, __u32 source)
{
	__u64 prefix = source >> 8;

	keep_in_register(prefix);
	prefix &= TT_PREFIXES4 - 1;
	return prefixes->plane[0][prefix];
}

/* Slot 0 of a UDP row is a response, 1 a query, 2 is short. Without a branch: packets are mixed. */
static __always_inline __u64 prefix_kind(__u64 slot)
{
	return (slot + 1) >> 1 & 1;
}
_Static_assert(TT_PREFIX_RESPONSE == 0 && TT_PREFIX_OTHER == 1, "as counted from the slot");

/* Whether the record counts in a dense prefix. */
static __always_inline int batch_has_prefix(const struct batch *batch, __u32 what)
{
	return batch->prefixes && (what & TT_PENDING_SPORT53) && !(what & TT_PENDING_V6);
}

/* -- Locate -------------------------------------------------------------------------------- */

/* The roots are at hand, their blocks are not: looked up apart, more blocks are waited for at once.
 */
static __always_inline void batch_locate(const struct batch *batch)
{
	struct tt_totals *totals = &batch->table->totals;
	const __u16 *root = batch->geo->root;
	const __u8 *blocks = &batch->geo->block[0][0];

	BATCH_UNROLL
	for (__u32 i = 0; i < TT_BATCH; i++) {
		__u32 source = totals->pending[i].source;

		totals->place[i] = totals->pending[i].row & TT_PENDING_V6
					   ? TT_GEO_SAME << 8 | (source & 0xff)
					   : (__u32)root[source >> 16] << 8 | (source >> 8 & 0xff);
	}
	keep_in_register(blocks);
	BATCH_UNROLL
	for (__u32 i = 0; i < TT_BATCH; i++) {
		__u64 place = totals->place[i];

		keep_in_register(place);
		totals->pending[i].cell = blocks[place & (TT_GEO_BLOCKS * 256 - 1)];
	}
}

/* -- Touch --------------------------------------------------------------------------------- */

static __always_inline void batch_touch_lines(const struct batch *batch)
{
	const struct tt_pending *pending = batch->table->totals.pending;

	BATCH_UNROLL
	for (__u32 i = 0; i < TT_BATCH; i++) {
		__u32 what = pending[i].row;
		__u64 row = batch_row(what);

		batch_touch(batch->rows[row].halves[0]);
		if (batch->cells)
			batch_touch(*batch_cell(batch->cells, row, pending[i].cell));
		if (batch_has_prefix(batch, what))
			batch_touch(*batch_prefix(batch->prefixes, pending[i].source));
	}
}

/* -- Apply --------------------------------------------------------------------------------- */

/*
 * The row's first packet of this epoch: its sketch moves above and starts anew. A reader who finds
 * the row not noted after it copied the sketch has it whole; else it is above.
 */
static __always_inline void row_enter_epoch(
	const struct batch *batch, struct tt_row *mine, __u64 row)
{
	__u64 *seen = &batch->touched->rows[row >> 6];
	__u64 *words = (__u64 *)mine->sketch.registers, *above;

	if (*seen >> (row & 63) & 1 || row >= TT_ROWS)
		return;
	above = (__u64 *)batch->table->above[row].sketch.registers;
	for (int i = 0; i < TT_SKETCH_BYTES / 8; i++)
		above[i] = words[i];
	count_ordered();
	*seen |= 1ULL << (row & 63);
	count_ordered();
	for (int i = 0; i < TT_SKETCH_BYTES / 8; i++)
		words[i] = 0;
}

static __always_inline void sketch_add(struct tt_sketch *sketch, const struct tt_pending *packet)
{
	__u64 index = packet->sketch_register >> (TT_SOURCES_BITS - TT_SKETCH_BITS);

	sketch_raise(&sketch->registers[index >> 1 & (TT_SKETCH_BYTES - 1)], index,
		packet->sketch_value);
}

/* Only a SYN has marks, and only its port a row for them. */
static __always_inline void count_marks(struct tt_counts *table, __u32 what)
{
	struct tt_marks *marks = &table->marks[what & (TT_FINGERPRINT_ROWS - 1)];

	for (int i = 0; i < TT_FINGERPRINTS; i++)
		marks->packets[i] += what >> (TT_PENDING_MARK_SHIFT + i) & 1;
}

/* What a byte of a plane is now; 0: it wrapped. */
static __always_inline __u32 count_byte(__u8 *byte)
{
	return ++*(volatile __u8 *)byte;
}

/* What wraps is seldom, and is carried at the end of the batch: no call in the loop. */
static __always_inline void note_wrap(
	struct tt_totals *totals, struct tt_pending *packet, __u32 mark)
{
	packet->row |= mark;
	totals->wrapped = 1;
}

static __always_inline void count_low(
	struct tt_totals *totals, __u8 *byte, struct tt_pending *packet, __u32 mark)
{
	if (!count_byte(byte))
		note_wrap(totals, packet, mark);
}

/* Packets or bytes have wrapped. A reader must not take a half that wrapped for the whole. */
static __always_inline __u64 wrap_halves(
	struct tt_totals *totals, struct tt_pending *packet, __u64 was)
{
	__u64 bytes = (was >> TT_BYTES_SHIFT) + packet->length;
	__u32 packets = (__u32)was + 1;

	if (!packets)
		packet->row |= TT_PENDING_PACKETS_WRAPPED;
	if (bytes >> TT_BYTES_SHIFT)
		packet->row |= TT_PENDING_BYTES_WRAPPED;
	totals->wrapped = 1;
	totals->row_carries |= 1;
	count_ordered();
	return bytes << TT_BYTES_SHIFT | packets;
}

static __always_inline void count_halves(
	struct tt_totals *totals, __u64 *halves, struct tt_pending *packet)
{
	__u64 was = *halves, more = (__u64)packet->length << TT_BYTES_SHIFT | 1, sum = was + more;

	if (sum < more || !(__u32)sum)
		sum = wrap_halves(totals, packet, was);
	*halves = sum;
}

/* Marks and cell before the row: a reader whose sums agree has a whole row. */
static __always_inline void count_row(const struct batch *batch, struct tt_row *mine, __u64 row,
	struct tt_pending *packet, __u32 what)
{
	struct tt_totals *totals = &batch->table->totals;
	__u64 slot = what >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1);

	row_enter_epoch(batch, mine, row);
	if (batch->has_sources)
		sketch_add(&mine->sketch, packet);
	if (what >> TT_PENDING_MARK_SHIFT)
		count_marks(batch->table, what);
	if (batch->cells)
		count_low(totals, batch_cell(batch->cells, row, packet->cell), packet,
			TT_PENDING_CELL_WRAPPED);
	count_ordered();
	count_halves(totals, &mine->halves[slot], packet);
}

static __always_inline void count_prefix(
	const struct batch *batch, struct tt_pending *packet, __u64 kind)
{
	struct tt_totals *totals = &batch->table->totals;
	__u64 page = packet->source >> (8 + TT_PREFIX_PAGE_BITS);

	keep_in_register(page);
	page &= TT_PREFIX_PAGES - 1;
	totals->prefix_packets[page]++;
	count_low(totals, batch_prefix(batch->prefixes, packet->source) + kind, packet,
		TT_PENDING_PREFIX_WRAPPED);
}

static __always_inline void count_sport53(
	const struct batch *batch, struct tt_pending *packet, __u32 what)
{
	__u64 slot = what >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1), cell = packet->cell;

	if (batch->prefixes && !(what & TT_PENDING_V6))
		count_prefix(batch, packet, prefix_kind(slot));
	if (slot < TT_SPORT53_CLASSES && cell < TT_CELLS)
		batch->table->totals.sport53[cell][slot]++;
}

/* Prefix before country before row: what a reader of rows first sees of the others is never less.
 */
static __always_inline void batch_apply(const struct batch *batch)
{
	struct tt_totals *totals = &batch->table->totals;

	for (__u32 i = 0; i < TT_BATCH; i++) {
		struct tt_pending *packet = &totals->pending[i];
		__u32 what = packet->row;
		__u64 row = batch_row(what);
		struct tt_row *mine = &batch->rows[row];

		keep_in_register(mine); /* or clang adds it up anew for each of its counters */
		if (what & TT_PENDING_SPORT53)
			count_sport53(batch, packet, what);
		count_row(batch, mine, row, packet, what);
	}
}

/* The planes above the lowest of a counter. */
static __always_inline void carry(__u8 *low, __u64 size)
{
	for (int plane = 1; plane < TT_PLANES; plane++)
		if (count_byte(low + plane * size))
			return;
}

static __always_inline void carry_row(const struct batch *batch, __u64 row, __u32 what)
{
	__u64 slot = what >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1);

	if (!(what & (TT_PENDING_PACKETS_WRAPPED | TT_PENDING_BYTES_WRAPPED)))
		return; /* what lies above is not at hand: every look there is a wait */
	batch->table->above[row].halves[slot] += (what / TT_PENDING_PACKETS_WRAPPED & 1) |
						 (__u64)(what / TT_PENDING_BYTES_WRAPPED & 1)
							 << TT_BYTES_SHIFT;
}

static __always_inline void batch_carry(const struct batch *batch)
{
	struct tt_totals *totals = &batch->table->totals;
	const volatile __u32 *size = &totals->pending_count;

	keep_in_register(size); /* or clang finds it anew each time */
	for (__u32 i = 0; i < TT_BATCH && i < *size; i++) {
		const struct tt_pending *packet = &totals->pending[i];
		__u32 what = packet->row;
		__u64 slot = what >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1), row = batch_row(what);

		/* Above there is no room behind the planes. */
		if (row >= TT_ROWS || packet->cell >= TT_CELLS)
			continue;
		if (batch->cells && what & TT_PENDING_CELL_WRAPPED)
			carry(batch_cell(batch->cells, row, packet->cell),
				sizeof(batch->cells->plane[0]));
		if (batch->prefixes && what & TT_PENDING_PREFIX_WRAPPED)
			carry(batch_prefix(batch->prefixes, packet->source) + prefix_kind(slot),
				sizeof(batch->prefixes->plane[0]));
		carry_row(batch, row, what);
	}
	count_ordered();
	totals->row_carries += totals->row_carries & 1;
	totals->wrapped = 0;
}

/* -- The batch ----------------------------------------------------------------------------- */

static __always_inline void clear_notes(struct tt_touched *touched)
{
	/* Volatile: clang would make the loop a memset, which BPF does not have. */
	volatile __u64 *notes = touched->rows;

	for (__u32 i = 0; i < TT_TOUCHED_ROWS; i++)
		notes[i] = 0;
}

/*
 * The first batch of an epoch: nothing is noted yet. Readers take the notes of the one before,
 * which are empty when the CPU had no batch in it.
 */
static __always_inline void batch_open_epoch(struct tt_totals *totals, __u32 epoch)
{
	if (epoch != totals->epoch + 1)
		clear_notes(&totals->touched[~epoch & 1]);
	clear_notes(&totals->touched[epoch & 1]);
	count_ordered();
	totals->epoch = epoch;
}

static __always_inline void batch_count(const struct batch *batch, __u32 epoch)
{
	struct tt_totals *totals = &batch->table->totals;

	totals->flushes++;
	count_ordered();
	if (batch->geo)
		batch_locate(batch);
	batch_touch_lines(batch);
	apply_batch(batch->cpu, epoch);
	if (totals->wrapped)
		carry_batch(batch->cpu);
	if (count_sources)
		raise_sources(batch->cpu, epoch);
	totals->pending_count = 0;
	count_ordered();
	totals->flushes++;
}

#endif
