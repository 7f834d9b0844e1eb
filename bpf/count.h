/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Count one parsed packet: frames without a row at once, the others with their batch (bpf/batch.h).
 *
 * Plain increments are safe: a table belongs to one CPU, the program runs there with bottom halves
 * off and is not re-entered. Frames are counted before anything else of them, so that they bound
 * every sum.
 */
#ifndef TEITEN_BPF_COUNT_H
#define TEITEN_BPF_COUNT_H

#include "bpf/batch.h"
#include "bpf/maps.h"
#include "bpf/parse.h"

static __always_inline struct tt_counts *table_of(__u32 cpu)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&counts, &cpu);

	return inner ? bpf_map_lookup_elem(inner, &zero) : (void *)0;
}

static __always_inline struct tt_cpu_sources *sources_of(__u32 cpu)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&sources, &cpu);

	return inner ? bpf_map_lookup_elem(inner, &zero) : (void *)0;
}

static __always_inline const struct tt_geo *geo_table(void)
{
	__u32 zero = 0;
	void *inner = count_countries ? bpf_map_lookup_elem(&geo, &zero) : (void *)0;

	return inner ? bpf_map_lookup_elem(inner, &zero) : (void *)0;
}

/* -- IPv6: rare, looked up at once and out of line ----------------------------------------- */

/* All bits when a < b, else none: without the branch that would double the verifier's paths. */
static __always_inline __u64 mask_below(__u64 a, __u64 b)
{
	__u64 below = -(((~a & b) | ((~a | b) & (a - b))) >> 63);

	asm volatile("" : "+r"(below));
	return below;
}

/*
 * The last boundary at or below the address: binary search whose only branch is its end. `at` is at
 * or below it, and so many boundaries from there on may be it; halving them does not depend on what
 * was found, so a round waits for one comparison.
 */
static __always_inline __u32 country_of_ipv6(const struct tt_geo *table, __u64 upper)
{
	__u64 at = (__u64)table->index6[upper >> 48] - 1;
	__u64 count = table->index6[(upper >> 48) + 1] - at;

	for (int round = 0; round < TT_GEO_ROUNDS6 && count > 1; round++) {
		__u64 half = count / 2, index = at + half;

		keep_in_register(index);
		index &= TT_GEO_BOUNDARIES6 - 1;
		at += half & ~mask_below(upper, table->boundary6[index]);
		count -= half;
	}
	at &= TT_GEO_BOUNDARIES6 - 1;
	keep_in_register(at);
	at &= TT_GEO_BOUNDARIES6 - 1;
	return table->cell6[at];
}

static __always_inline void count_prefix6(struct tt_totals *totals, __u64 prefix, int is_response)
{
	struct tt_prefix_count first = {.response = is_response, .other = !is_response};
	struct tt_prefix_count *count = bpf_map_lookup_elem(&prefixes6, &prefix);
	long failed = 0;

	if (!count)
		failed = bpf_map_update_elem(&prefixes6, &prefix, &first, BPF_NOEXIST);
	if (failed) /* another CPU was faster, or the map is full */
		count = bpf_map_lookup_elem(&prefixes6, &prefix);
	if (count && is_response)
		count->response++;
	else if (count)
		count->other++;
	else if (failed)
		totals->prefix6_full++;
	totals->prefix6_recent[totals->prefix6_packets % TT_RECENT6] = prefix;
	count_ordered();
	totals->prefix6_packets++;
}

/* Count the prefix of a packet from port 53, and return the cell of its source. */
static __always_inline __u32 locate_ipv6(__u32 cpu, __u64 upper, int is_sport53, int is_response)
{
	const struct tt_geo *table = geo_table();
	struct tt_counts *mine = table_of(cpu);
	__u32 cell = table ? country_of_ipv6(table, upper) : 0;

	if (mine && is_sport53 && count_prefixes)
		count_prefix6(&mine->totals, upper >> 16, is_response);
	return cell;
}

/* What the program keeps out of line, in bpf/sensor.bpf.c. */
__u32 locate6(__u32 cpu, __u64 upper, __u32 is_sport53, __u32 is_response);
__u32 open_batch(__u32 cpu, __u32 epoch);
__u32 flush(__u32 cpu);

/* -- Distinct sources ---------------------------------------------------------------------- */

/*
 * Two rounds of multiplying, with a secret seed and factor, so that nobody can choose sources that
 * collide. One round maps neighbours to even steps, where a sketch's registers and values follow
 * each other: of 1,000 consecutive addresses it missed the number by 40 %, with two by 13 %, which
 * is what 64 registers allow.
 */
static __always_inline __u64 hash_source(__u64 source, __u64 low, __u64 seed)
{
	__u64 factor = hash_factor, hash = (source ^ seed) * factor;

	/* Both halves of an IPv6 address meet the secret: else they could be chosen to cancel out.
	 */
	hash ^= hash >> 32 ^ low * factor;
	return hash * 0xd6e8feb86659fd93ULL;
}

/*
 * HyperLogLog's value: the position of the first 1 in 14 bits, 15 when there is none. A de Bruijn
 * sequence finds it without branches that no processor can predict; its sixteen answers are the
 * nibbles of a number.
 */
static __always_inline __u8 sketch_value(__u32 bits)
{
	bits |= 1u << 14;
	return 0xde8fb95fc7a46321ULL >> ((bits & -bits) * 0x09af >> 12 & 15) * 4 & 15;
}

/* -- The packet ---------------------------------------------------------------------------- */

/* Returns how many there were before. */
static __always_inline __u64 count_tally(struct tt_tally *tally, __u32 length)
{
	tally->bytes += length;
	return tally->packets++;
}

static __always_inline __u64 count_orphan(const struct packet *packet, __u32 length)
{
	__u32 zero = 0;
	struct tt_orphans *mine = bpf_map_lookup_elem(&orphans, &zero);
	__u64 class = packet->class;

	keep_in_register(class);
	return mine && class < TT_CLASSES ? count_tally(&mine->by_class[class], length) : 0;
}

/* Where the source of a record counts. */
static __always_inline void put_source(
	struct tt_pending *record, __u64 source, __u64 low, __u64 seed)
{
	__u64 hash;

	if (!count_sources) {
		record->sketch_value = 0;
		return;
	}
	hash = hash_source(source, low, seed);
	record->sketch_register = hash >> (64 - TT_SOURCES_BITS);
	record->sketch_value = sketch_value(hash >> 32 & 0x3fff);
}

/* The rest of record n, which is in the batch then. Returns whether that is full. */
static __always_inline int put_into_batch(
	struct tt_totals *totals, __u64 n, const struct packet *packet, __u32 length)
{
	struct tt_pending *record = &totals->pending[n];

	record->row = packet->row | packet->slot << TT_PENDING_SLOT_SHIFT |
		      (packet->is_v6 ? TT_PENDING_V6 : 0) |
		      (packet->is_sport53 ? TT_PENDING_SPORT53 : 0) |
		      packet->marks << TT_PENDING_MARK_SHIFT;
	record->length = length;
	count_ordered();
	totals->pending_count = (__u32)n + 1;
	return n + 1 == TT_BATCH;
}

/*
 * A packet that went the long way. Returns the frame's number among those that this CPU counted,
 * from 0.
 */
static __always_inline __u64 count_packet(
	struct tt_counts *table, __u32 cpu, const struct packet *packet, __u32 length)
{
	__u64 class = packet->class, frame, n;
	__u32 source = (__u32)packet->source;

	if (!table)
		return count_orphan(packet, length);
	frame = count_tally(&table->totals.frames, length);
	keep_in_register(class);
	if (packet->row == TT_ROW_NONE) {
		if (class < TT_CLASSES)
			count_tally(&table->totals.rowless[class], length);
		return frame;
	}
	if (packet->is_v6)
		source = locate6(
			cpu, packet->source, packet->is_sport53, class == TT_UDP53_RESPONSE);
	n = table->totals.pending_count;
	keep_in_register(n);
	/* A full batch cannot be: it is counted at once. But no frame is ever lost. */
	if (n >= TT_BATCH) {
		count_orphan(packet, length);
		return frame;
	}
	table->totals.pending[n].source = source;
	put_source(&table->totals.pending[n], packet->source, packet->source_low, hash_seed);
	if (put_into_batch(&table->totals, n, packet, length))
		flush(cpu);
	return frame;
}

#endif
