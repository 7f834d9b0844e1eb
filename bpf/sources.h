/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distinct sources of the sensor, of countries and of source port 53: what rows do for ports, in a
 * table for each CPU, of which what is in use stays in its caches.
 *
 * Two halves by parity of the epoch. The program writes the half of the epoch that is under way;
 * user space reads and zeroes the other. That needs no lock: user space zeroes a half after the
 * epoch ended, after every program that had read the old number is done (program_wait()) and
 * before it makes that parity current again; each program reads the number once for its batch.
 *
 * A half is zeroed when the minute it belongs to is stored. Where the process is killed between, a
 * register stays for one or two minutes more, and its source is found in those as well: joining is
 * idempotent, so an hour or a day does not change unless it ended in these minutes.
 *
 * Packets that wait in a batch when an epoch ends are joined by user space (drain_sources.c), which
 * then notes how many of which batch they were: when that batch is counted, in a later epoch, their
 * sources are not added to it.
 */
#ifndef TEITEN_BPF_SOURCES_H
#define TEITEN_BPF_SOURCES_H

#include "bpf/maps.h"
#include "bpf/order.h"

/*
 * Most packets raise nothing: their source has been here, or a register that stands higher. A
 * branch that is seldom taken costs less than a store for each.
 */

/* A register of four bits. */
static __always_inline void sketch_raise(__u8 *byte, __u64 index, __u64 value)
{
	__u64 shift = (index & 1) * 4, both = *byte, old = both >> shift & 15;

	if (old < value)
		*(volatile __u8 *)byte = (__u8)(both ^ (old ^ value) << shift);
}

/* Registers of a byte: the same with fewer instructions. */
static __always_inline void raise(__u8 *place, __u64 value)
{
	/* Volatile: clang would store in either case. */
	if (*place < value)
		*(volatile __u8 *)place = (__u8)value;
}

/*
 * The loop compares nothing: what it knows of a record, a register below 2^16 and a cell below 256,
 * lies within the tables too.
 */
static __always_inline void raise_country(
	struct tt_sketches *mine, __u64 cell, __u64 index, __u64 value)
{
	__u64 at = cell << TT_COUNTRY_BITS | index >> (TT_SOURCES_BITS - TT_COUNTRY_BITS);

	keep_in_register(at);
	at &= (256 << TT_COUNTRY_BITS) - 1;
	raise(&mine->country[0][0] + at, value);
}
_Static_assert(sizeof(struct tt_sketches) >= 1 << 16, "room behind the registers");
_Static_assert(sizeof(struct tt_sources) - __builtin_offsetof(struct tt_sources,
						   kind[TT_SOURCES_SPORT53].country) >=
		       256 << TT_COUNTRY_BITS,
	"room behind the countries");

/*
 * Few rows have a lane: whether one has it is asked of a table that stays in the nearest cache, and
 * the lanes of all rows, which would not, are read for those alone.
 */
static __always_inline int has_lane(const struct tt_lanes *lanes, __u64 row)
{
	return lanes->has_lane[row / 8] >> (row & 7) & 1;
}
_Static_assert(sizeof(struct tt_lanes) >= (TT_PENDING_ROW + 1) / 8, "room behind the bits");

static __always_inline void raise_lane(struct tt_sources *sources, const struct tt_lanes *lanes,
	__u64 row, __u64 index, __u64 value)
{
	__u64 at;

	if (row >= TT_ROWS)
		return;
	at = (__u64)lanes->of_row[row] << TT_LANE_BITS | index >> (TT_SOURCES_BITS - TT_LANE_BITS);
	keep_in_register(at);
	at &= (TT_LANES << TT_LANE_BITS) - 1;
	raise(&sources->lane[0][0] + at, value);
}

/* The sources of a batch, once it is counted: a loop of its own, which the verifier walks alone. */
static __always_inline void count_batch_sources(
	struct tt_sources *sources, const struct tt_lanes *lanes, const struct tt_totals *totals)
{
	const bool has_countries = count_countries;

	keep_in_register(sources);
	for (__u32 i = 0; i < TT_BATCH; i++) {
		const struct tt_pending *packet = &totals->pending[i];
		__u64 what = packet->row, row = what, index = packet->sketch_register;
		__u64 value = packet->sketch_value;
		struct tt_sketches *mine = &sources->kind[what / TT_PENDING_SPORT53 & 1];

		keep_in_register(row);
		row &= TT_PENDING_ROW;
		if (has_lane(lanes, row))
			raise_lane(sources, lanes, row, index, value);
		raise(&mine->total[0] + index, value);
		if (has_countries)
			raise_country(mine, packet->cell, index, value);
	}
}

/* Before a batch is counted: what waited when the last minute was made raises nothing. */
static __always_inline void forget_merged(
	const struct tt_cpu_sources *sources, struct tt_totals *totals)
{
	const volatile __u32 *count = &sources->merged_count;

	for (__u32 i = 0; i < TT_BATCH && i < *count; i++)
		totals->pending[i].sketch_value = 0;
}

#endif
