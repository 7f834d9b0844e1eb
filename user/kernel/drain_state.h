/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the drain (drain*.c) share; nobody else includes this. */
#ifndef TEITEN_KERNEL_DRAIN_STATE_H
#define TEITEN_KERNEL_DRAIN_STATE_H

#include "user/kernel/drain.h"
#include "user/model/sketch.h"

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
/* Loads on both sides stay in this order: by the compiler here, by the CPU on x86. */
#define DRAIN_ORDERED() __atomic_thread_fence(__ATOMIC_ACQUIRE)

/*
 * A reading that its cells prove is repeated while the row moves under it. A packet takes 42 ns at
 * the very best, a second reading of lines that are in the cache about as long, and drivers pause
 * between polls.
 */
#define DRAIN_READINGS 1000

/* Entries of prefixes6 that one system call reads. A bucket of the map never holds as many. */
#define DRAIN_PREFIXES6_STEP 1024

/* A bit for each row and each page of prefixes. */
#define DRAIN_ROW_WORDS ((TT_ROWS + 63) / 64)
#define DRAIN_PAGE_WORDS (TT_PREFIX_PAGES / 64)

/*
 * A packet that waits, with the CPU's table it will be counted in. It was copied when that table's
 * flushes were .since; a part of the table that is read later holds it when they have moved on.
 */
struct drain_waiting {
	struct tt_pending packet;
	size_t table;
};

struct drain_marks {
	__u64 rows[DRAIN_ROW_WORDS];
	__u64 pages[DRAIN_PAGE_WORDS];
};

/* Sources of minutes that are not stored yet; those of ports are in struct drain_row. */
struct drain_unsaved {
	struct source_sketches sources;
	uint8_t lane[TT_LANES][SKETCH_LANE_BYTES];
};

/* How many sources a row had lately, and when that was reckoned (drains). */
struct drain_score {
	float sources;
	uint32_t drain;
};

/* What the drain keeps of a row for itself, in one line. */
struct drain_row {
	_Alignas(64) uint8_t sketch[TT_SKETCH_BYTES]; /* unsaved */
	struct drain_score score;
	/* A bit for each eight cells where next is not as was is. */
	uint64_t changed;
};

/* In changed: stored whole, so that next may differ anywhere, by 256 or more, or by a loss. */
#define DRAIN_CHANGED_WHOLE UINT64_MAX
_Static_assert(TT_CELLS / 8 < 64, "a bit for each eight, and never all of them");

/* Words of a bit for each eight counters of a page of prefixes. */
#define DRAIN_CHANGED_WORDS ((TT_PREFIX_KINDS << TT_PREFIX_PAGE_BITS) / 8 / 64)

/* Address space: what is touched is taken, in pieces of 2 MiB where the kernel has them. */
struct drain {
	struct program *program;
	bool is_live;
	unsigned int valid;
	/* The copy to subtract, the copy to write; of rows and cells see drain_was_row() and so on.
	 */
	struct tt_drained *was, *next;
	struct tt_prefixes *was_prefixes, *next_prefixes; /* NULL: switched off */
	bool has_cells;
	uint32_t epoch;             /* that ends with the drain under way, or the last one */
	struct drain_marks visit;   /* of the drain under way, or the last one */
	struct drain_marks carried; /* not, or not wholly, taken last time: visit again */
	struct drain_marks held; /* rows and pages carried last time: was lags behind the table */
	bool carried_prefix6;    /* what IPv6 prefixes gained is not known: walk the map */
	/*
	 * Of what was visited: the pages in which planes above the lowest may differ, the rows in
	 * which they may where row[].changed says, and the words of a page's plane 0 that do. What
	 * is in none of them, and pages that were not visited, are alike in both copies.
	 */
	struct drain_marks behind_above;
	uint64_t page_changed[TT_PREFIX_PAGES][DRAIN_CHANGED_WORDS];
	__u64 ahead[DRAIN_ROW_WORDS]; /* rows of which a cell of was is ahead of the table */
	bool visit_all;
	bool advanced; /* the last minute is safe */
	bool closed;
	bool is_first; /* of a process: what the one before it left unsaved is still there */
	unsigned int unsalted; /* minutes to come whose sketches are mixed (program.h) */
	struct drain_unsaved unsaved;
	/* Who has a lane: a row, or TT_ROW_NONE; how many minutes a lane rests until it is empty.
	 */
	uint32_t lane_row[TT_LANES];
	uint8_t lane_rest[TT_LANES];
	uint32_t drains;
	uint64_t orphans[TT_CLASSES]; /* packets of this minute that met no table */
	/* Packets that wait in a batch, of all CPUs, and the rows and pages they belong to. */
	struct drain_waiting *waiting;
	size_t waiting_count;
	uint32_t *since, *read_at; /* by table: flushes at the copy; at the last careful reading */
	/* By table: its row_carries when this drain began, and when the one began that was is of.
	 */
	uint32_t *carries, *was_carries;
	struct drain_marks waits, waited; /* this time, last time */
	/* The program's geo_swaps when their cells were found. */
	uint64_t geo_swaps, was_geo_swaps;
	struct late *late; /* their ports and cells */
	/* For the read of prefixes6, a step of it: for each key a value for each possible CPU. */
	struct tt_prefix_count *prefix6_values;
	uint32_t *prefix6_entries; /* those written last time, TT_PREFIXES6 at most */
	uint32_t prefix6_count;
	uint64_t *prefix6_seen; /* by table: its IPv6 packets when they were read last */
	struct drain_row row[TT_ROWS];
};

static inline const struct tt_drained_row *drain_was_row(const struct drain *drain, uint32_t row)
{
	return &drain->program->drained_rows->row[row][drain->valid];
}

static inline struct tt_drained_row *drain_next_row(const struct drain *drain, uint32_t row)
{
	return &drain->program->drained_rows->row[row][!drain->valid];
}

/* A row's cells in plane 0. */
static inline const __u8 *drain_was_cells(const struct drain *drain, uint32_t row)
{
	return drain->program->drained_cells->plane[0][row][drain->valid];
}

static inline __u8 *drain_next_cells(const struct drain *drain, uint32_t row)
{
	return drain->program->drained_cells->plane[0][row][!drain->valid];
}

/*
 * Prefetch so many bytes: a drain waits for memory, and what it needs next can be on its way
 * meanwhile. Inlined, for gcc leaves out calls that have no other effect.
 */
#define DRAIN_INLINE static inline __attribute__((always_inline))

DRAIN_INLINE void drain_expect(const void *place, size_t size)
{
	const char *first = place;

	for (size_t i = 0; i < size; i += 64)
		__builtin_prefetch(first + i);
	__builtin_prefetch(first + size - 1);
}

static inline void drain_mark(__u64 *bits, uint32_t index)
{
	bits[index / 64] |= 1ULL << index % 64;
}

static inline void drain_unmark(__u64 *bits, uint32_t index)
{
	bits[index / 64] &= ~(1ULL << index % 64);
}

static inline bool drain_is_marked(const __u64 *bits, uint32_t index)
{
	return bits[index / 64] >> index % 64 & 1;
}

/* Whether a CPU's notes of what it touched are of the epoch that ends. */
static inline bool drain_is_noted(const struct drain *drain, const struct tt_totals *totals)
{
	uint32_t seen = READ_ONCE(totals->epoch);

	return seen == drain->epoch || seen == drain->epoch + 1;
}

/*
 * Read something of a CPU's table between two batches: `begin` until it returns true, read, and
 * again when `end` is false. end() notes when it was, in read_at[table].
 */
static inline bool drain_read_begin(const struct tt_totals *totals, uint32_t *flushes)
{
	*flushes = READ_ONCE(totals->flushes);
	DRAIN_ORDERED();
	return *flushes % 2 == 0;
}

static inline bool drain_read_end(
	struct drain *drain, size_t table, const struct tt_totals *totals, uint32_t flushes)
{
	DRAIN_ORDERED();
	drain->read_at[table] = flushes;
	return READ_ONCE(totals->flushes) == flushes;
}

/*
 * After a reading between two batches that did not succeed; *readings counts them, from 0. Batches
 * take microseconds, but whoever runs the CPU may stop it within one: then it sleeps a little.
 * False: after about a second the CPU would not go on.
 */
bool drain_retry(unsigned int *readings);

/* Whether a waiting packet was not in what was read last, carefully. */
static inline bool drain_waited_out(const struct drain *drain, const struct drain_waiting *waiting)
{
	return drain->read_at[waiting->table] == drain->since[waiting->table];
}

/*
 * Make next as was is again, where the last drain went: what that drain met is in the caches. A
 * drain begins with two copies that are alike but for what it writes anyway (totals, countries).
 */
void drain_catch_up(struct drain *drain);

/*
 * Take the rows to visit: into next, and what they gained into the minute's ports, cells and
 * classes. A row that would not hold still is left, whole, for the next drain. Rows in which
 * packets waited last time come later, see below.
 */
void drain_rows(struct drain *drain, struct minute *minute);

/* Make the rows of next those of was: all of them; those that were visited. */
void drain_rows_copy(struct drain *drain);
void drain_rows_catch_up(struct drain *drain);

/*
 * The waiting packets have been copied, with their cells: take the rows in which packets waited
 * last time. was holds those packets already, so it must be certain, for each, whether it is in
 * the table by now or waits still. Then count what waits in the other rows.
 */
void drain_rows_waiting(struct drain *drain, struct minute *minute);

/* What the process before this one left of sources and lanes. */
void drain_sources_new(struct drain *drain);

/*
 * Fill the minute's sketches, and its ports' estimates: after the waiting packets were copied and
 * every row is listed.
 */
void drain_sources_read(struct drain *drain, struct minute *minute);

/* The minute is stored: its half rests empty. */
void drain_sources_advance(struct drain *drain);

/* Learn from the program's table who has a lane. */
void drain_lanes_new(struct drain *drain);
/* A row had so many sources in this minute. */
void drain_lanes_score(struct drain *drain, uint32_t row, uint32_t sources);
/* Give lanes to the rows of this minute that deserve one: after the halves were zeroed. */
void drain_lanes_assign(struct drain *drain);

/* Make the pages of next that were visited, and its IPv6 prefixes, those of was. */
void drain_sport53_catch_up(struct drain *drain);

/*
 * Read countries and prefixes of source port 53 into next, with what waits: after the rows and
 * after the waiting packets were copied. Returns 0 or a negative errno.
 */
int drain_sport53_read(struct drain *drain);

/* Fill the minute's countries and prefixes, closed against its ledger; the rest is held back. */
void drain_sport53_emit(struct drain *drain, struct minute *minute);

#endif
