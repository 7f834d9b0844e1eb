/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What drain.c, drain_rows.c and drain_sport53.c share; nobody else includes this. */
#ifndef TEITEN_KERNEL_DRAIN_STATE_H
#define TEITEN_KERNEL_DRAIN_STATE_H

#include "user/kernel/drain.h"
#include "user/model/sketch.h"

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
/* Loads on both sides stay in this order: by the compiler here, by the CPU on x86. */
#define DRAIN_ORDERED() __atomic_thread_fence(__ATOMIC_ACQUIRE)

/*
 * A reading is repeated while the row moves under it. A packet takes 42 ns at the very best, a
 * second reading of lines that are in the cache about as long, and drivers pause between polls.
 */
#define DRAIN_READINGS 1000

/* A bit for each row and each page of prefixes. */
#define DRAIN_ROW_WORDS ((TT_ROWS + 63) / 64)
#define DRAIN_PAGE_WORDS (TT_PREFIX_PAGES / 64)

struct drain_marks {
	uint64_t rows[DRAIN_ROW_WORDS];
	uint64_t pages[DRAIN_PAGE_WORDS];
};

struct drain {
	struct program *program;
	bool is_live;
	unsigned int valid;
	/* The copy to subtract, the copy to write. */
	struct tt_drained *was, *next;
	struct tt_prefixes *was_prefixes, *next_prefixes;
	struct drain_marks visit;   /* of the drain under way, or the last one */
	struct drain_marks carried; /* not, or not wholly, taken last time: visit again */
	bool carried_prefix6, moved_prefix6;
	struct drain_marks behind; /* where next differs from was */
	bool visit_all;
	bool advanced; /* the last minute is safe */
	bool closed;
	uint64_t orphans[TT_CLASSES]; /* packets of this minute that met no table */
	/* Packets that wait in a batch, of all CPUs, and the rows and pages they belong to. */
	struct tt_pending *waiting;
	size_t waiting_count;
	struct drain_marks waits;
	/* For the read of prefixes6: one value for each possible CPU. */
	struct tt_prefix_count *prefix6_values;
};

static inline void drain_mark(uint64_t *bits, uint32_t index)
{
	bits[index / 64] |= 1ULL << index % 64;
}

static inline bool drain_is_marked(const uint64_t *bits, uint32_t index)
{
	return bits[index / 64] >> index % 64 & 1;
}

/* Read every row to visit into next; what would not hold still is left for the next drain. */
void drain_rows_read(struct drain *drain);

/* Fill the minute's ports, cells and their classes from the rows to visit. */
void drain_rows_emit(struct drain *drain, uint32_t epoch, struct minute *minute);

/* Copy the pages and IPv6 prefixes in which next differs from was. */
void drain_sport53_catch_up(struct drain *drain);

/* Read countries and prefixes of source port 53 into next: after the rows, before what waits. */
int drain_sport53_read(struct drain *drain);

/* Count a waiting packet (cell found) in next's countries and prefixes. */
void drain_sport53_wait(struct drain *drain, const struct tt_pending *packet);

/* Fill the minute's countries and prefixes, closed against its ledger; the rest is held back. */
void drain_sport53_emit(struct drain *drain, struct minute *minute);

#endif
