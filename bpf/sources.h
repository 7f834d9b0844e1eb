/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distinct sources of the sensor, of countries and of source port 53: what rows do for ports
 * (sketch_raise() in bpf/batch.h), in a table for each CPU, of which what
 * is in use stays in its caches.
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

/* A register of four bits: rarely less than the value once a minute is under way. */
static __always_inline void sketch_raise(__u8 *byte, __u64 index, __u32 value)
{
	__u32 shift = (index & 1) * 4;

	if ((*byte >> shift & 15u) < value)
		*byte = (__u8)((*byte & ~(15u << shift)) | value << shift);
}

/* Registers of a byte: the same with half the instructions. */
static __always_inline void raise_country(
	__u8 countries[TT_CELLS][TT_COUNTRY_REGISTERS], const struct tt_pending *packet)
{
	__u64 at = packet->cell << TT_COUNTRY_BITS |
		   packet->sketch_register >> (TT_SOURCES_BITS - TT_COUNTRY_BITS);

	keep_in_register(at);
	if (at < TT_CELLS << TT_COUNTRY_BITS) {
		__u8 *place = &countries[0][0] + at;

		if (*place < packet->sketch_value)
			*place = packet->sketch_value;
	}
}

static __always_inline void raise_sensor(
	__u8 registers[TT_SOURCES_REGISTERS], const struct tt_pending *packet)
{
	__u64 at = packet->sketch_register;

	keep_in_register(at);
	at &= TT_SOURCES_REGISTERS - 1;
	if (registers[at] < packet->sketch_value)
		registers[at] = packet->sketch_value;
}

/* Once for each packet. */
static __always_inline void count_sources(
	struct tt_sources *sources, const struct tt_pending *packet)
{
	raise_sensor(sources->total, packet);
	raise_country(sources->country, packet);
	if (packet->row & TT_PENDING_SPORT53) {
		raise_sensor(sources->sport53, packet);
		raise_country(sources->sport53_country, packet);
	}
}

/* Before a batch is counted: what waited when the last minute was made raises nothing. */
static __always_inline void forget_merged(
	const struct tt_cpu_sources *sources, struct tt_totals *totals)
{
	if (sources->merged_flush != totals->flushes)
		return;
	for (__u32 i = 0; i < TT_BATCH; i++)
		if (i < *(const volatile __u32 *)&sources->merged_count)
			totals->pending[i].sketch_value = 0;
}

#endif
