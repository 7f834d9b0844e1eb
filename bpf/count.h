/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Count one parsed packet. The only code that touches maps.
 *
 * Plain increments are safe: a table belongs to one CPU, the program runs there with bottom halves
 * off and is not re-entered. Counts that a reader must see together are ordered: a row's cell
 * before its bytes before its packets, so that a reader whose sums agree has a whole row; totals'
 * frames before all, so that they bound every sum.
 */
#ifndef TEITEN_BPF_COUNT_H
#define TEITEN_BPF_COUNT_H

#include "bpf/maps.h"
#include "bpf/parse.h"

/* Keep the compiler from moving stores across; CPUs of this kind keep their order (x86 TSO). */
#define count_ordered() asm volatile("" ::: "memory")

/*
 * Beside the bound of an index: kernel 6.1 knows what a comparison proved only of the register that
 * was compared, not of copies that the compiler made before (a 32-bit register, a stack slot).
 */
#define keep_in_register(index) asm volatile("" : "+r"(index))

/* -- Country ------------------------------------------------------------------------------------
 */

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

/* 1 when a < b, without the branch that would double the verifier's paths in each round. */
static __always_inline __u64 is_below(__u64 a, __u64 b)
{
	__u64 below = ((~a & b) | ((~a | b) & (a - b))) >> 63;

	asm volatile("" : "+r"(below));
	return below;
}

/* The last boundary at or below the address: binary search without branches. */
static __noinline __u32 country_of_ipv6(const struct tt_geo *table, __u64 upper)
{
	__u64 at, end;

	if (!table)
		return 0;
	at = (__u64)table->index6[upper >> 48] - 1;
	end = table->index6[(upper >> 48) + 1];
#pragma unroll
	for (__u64 step = TT_GEO_BOUNDARIES6 / 2; step; step /= 2) {
		__u64 next = at + step, index = next & (TT_GEO_BOUNDARIES6 - 1);
		__u64 take = is_below(next, end);

		keep_in_register(index);
		index &= TT_GEO_BOUNDARIES6 - 1;
		take &= is_below(upper, table->boundary6[index]) ^ 1;
		at += step * take;
	}
	at &= TT_GEO_BOUNDARIES6 - 1;
	keep_in_register(at);
	at &= TT_GEO_BOUNDARIES6 - 1;
	return table->cell6[at];
}

/* The cell of the packet's source; 0 (unknown) without a country table. */
static __always_inline __u32 country_of(const struct packet *packet)
{
	__u32 zero = 0, cell;
	const struct tt_geo *table;
	void *inner;

	if (!count_countries)
		return 0;
	inner = bpf_map_lookup_elem(&geo, &zero);
	if (!inner)
		return 0;
	table = bpf_map_lookup_elem(inner, &zero);
	if (!table)
		return 0;
	cell = packet->is_v6 ? country_of_ipv6(table, packet->source)
			     : country_of_ipv4(table, (__u32)packet->source);
	return cell < TT_CELLS ? cell : TT_CELL_XO;
}

/* -- Distinct sources ---------------------------------------------------------------------------
 */

/* A seeded 64-bit mix (Murmur3's finaliser), so that nobody can choose sources that collide. */
static __always_inline __u64 hash_source(const struct packet *packet)
{
	__u64 hash = packet->source ^ hash_seed ^ packet->source_low * 0x9e3779b97f4a7c15ULL;

	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdULL;
	hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return hash ^ hash >> 33;
}

/* HyperLogLog: register = the low five bits, value = position of the first 1 in the next 14. */
static __always_inline void sketch_add(__u8 *sketch, __u64 hash)
{
	__u32 index = hash & (TT_SKETCH_REGISTERS - 1);
	__u32 bits = (__u32)(hash >> 32) | 1u << 14;
	__u32 rank = 1, shift = (index & 1) * 4;
	__u8 *byte = sketch + (index >> 1);

#pragma unroll
	for (int i = 0; i < 14; i++) {
		if (bits >> i & 1)
			break;
		rank++;
	}
	if ((*byte >> shift & 15u) < rank)
		*byte = (__u8)((*byte & ~(15u << shift)) | rank << shift);
}

/* -- Rows ---------------------------------------------------------------------------------------
 */

/* The row's first packet of this epoch: its half of the sketch starts anew, the row is listed. */
static __always_inline void row_enter_epoch(
	struct tt_row *row, struct tt_totals *totals, __u32 index, __u32 epoch)
{
	__u32 parity = epoch & 1;
	__u64 n = totals->dirty_rows[parity];
	__u64 *half = (__u64 *)row->sketch[parity];

	half[0] = 0;
	half[1] = 0;
	keep_in_register(n);
	if (n < TT_ROWS) {
		totals->dirty_row[parity][n] = index;
		count_ordered();
		totals->dirty_rows[parity] = n + 1;
	}
	row->epoch = epoch;
}

static __always_inline void count_row(
	struct tt_counts *table, const struct packet *packet, __u32 cell, __u32 length, __u32 epoch)
{
	__u64 index = packet->row, slot = packet->slot & (TT_SLOTS - 1);
	struct tt_row *row;

	keep_in_register(index);
	if (index >= TT_ROWS)
		return;
	row = &table->row[index];
	if (row->epoch != epoch)
		row_enter_epoch(row, &table->totals, packet->row, epoch);
	sketch_add(row->sketch[epoch & 1], hash_source(packet));
	if (cell < TT_CELLS)
		row->cell[cell]++;
	count_ordered();
	row->bytes[slot] += length;
	count_ordered();
	row->packets[slot]++;
}

/* -- Source port 53 -----------------------------------------------------------------------------
 */

/* The page's first packet of this epoch: it is listed. */
static __always_inline void page_enter_epoch(struct tt_totals *totals, __u64 page, __u32 epoch)
{
	__u32 parity = epoch & 1;
	__u64 n = totals->dirty_pages[parity];

	keep_in_register(n);
	if (n >= TT_PREFIX_PAGES)
		return;
	totals->page_epoch[page] = epoch;
	totals->dirty_page[parity][n] = (__u32)page;
	count_ordered();
	totals->dirty_pages[parity] = n + 1;
}

static __always_inline void count_prefix4(
	struct tt_totals *totals, __u32 cpu, __u64 prefix, int is_response, __u32 epoch)
{
	__u64 page = prefix >> TT_PREFIX_PAGE_BITS & (TT_PREFIX_PAGES - 1);
	__u32 zero = 0;
	struct tt_prefixes *all;
	void *inner = bpf_map_lookup_elem(&prefixes, &cpu);

	if (!inner)
		return;
	all = bpf_map_lookup_elem(inner, &zero);
	if (!all)
		return;
	if (totals->page_epoch[page] != epoch)
		page_enter_epoch(totals, page, epoch);
	keep_in_register(prefix);
	prefix &= TT_PREFIXES4 - 1;
	if (is_response)
		all->prefix[prefix].response++;
	else
		all->prefix[prefix].other++;
}

static __always_inline void count_prefix6(struct tt_totals *totals, __u64 prefix, int is_response)
{
	struct tt_prefix_count first = {.response = is_response, .other = !is_response};
	struct tt_prefix_count *count = bpf_map_lookup_elem(&prefixes6, &prefix);

	totals->prefix6_packets++;
	if (count && is_response)
		count->response++;
	else if (count)
		count->other++;
	else if (bpf_map_update_elem(&prefixes6, &prefix, &first, BPF_NOEXIST))
		totals->prefix6_full++;
}

static __always_inline void count_sport53(
	struct tt_totals *totals, __u32 cpu, const struct packet *packet, __u32 cell, __u32 epoch)
{
	__u32 class = packet->slot;

	if (class >= TT_SPORT53_CLASSES || cell >= TT_CELLS)
		return;
	if (count_prefixes && packet->is_v6)
		count_prefix6(totals, packet->source >> 16, class == 0);
	else if (count_prefixes)
		count_prefix4(totals, cpu, packet->source >> 8, class == 0, epoch);
	totals->sport53[cell][class]++;
}

/* -- The packet ---------------------------------------------------------------------------------
 */

static __always_inline void count_tally(struct tt_tally *tally, __u32 length)
{
	tally->bytes += length;
	tally->packets++;
}

static __always_inline void count_orphan(const struct packet *packet, __u32 length)
{
	__u32 zero = 0;
	struct tt_orphans *mine = bpf_map_lookup_elem(&orphans, &zero);

	if (mine && packet->class < TT_CLASSES)
		count_tally(&mine->by_class[packet->class], length);
}

static __always_inline void count_frame(struct tt_totals *totals, __u32 length, __u32 epoch)
{
	count_tally(&totals->frames, length);
	if (totals->epoch == epoch)
		return;
	totals->dirty_rows[epoch & 1] = 0;
	totals->dirty_pages[epoch & 1] = 0;
	count_ordered();
	totals->epoch = epoch;
}

static __always_inline void count_packet(const struct packet *packet, __u32 length, __u32 epoch)
{
	__u32 cpu = bpf_get_smp_processor_id(), zero = 0, cell;
	void *inner = bpf_map_lookup_elem(&counts, &cpu);
	struct tt_counts *table = inner ? bpf_map_lookup_elem(inner, &zero) : (void *)0;

	if (!table) {
		count_orphan(packet, length);
		return;
	}
	count_frame(&table->totals, length, epoch);
	if (packet->row == TT_ROW_NONE) {
		if (packet->class < TT_CLASSES)
			count_tally(&table->totals.rowless[packet->class], length);
		return;
	}
	cell = country_of(packet);
	if (packet->class >= TT_UDP53_RESPONSE && packet->class <= TT_UDP53_SHORT)
		count_sport53(&table->totals, cpu, packet, cell, epoch);
	count_row(table, packet, cell, length, epoch);
}

#endif
