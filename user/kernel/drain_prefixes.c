/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The /24s of source port 53, page by page. */
#include "user/kernel/drain_sport53.h"
#include "user/kernel/planes.h"

#include <string.h>

#define PLANE sizeof(((struct tt_prefixes *)0)->plane[0])
/* Counters of a page, and bytes of it in a plane: two for each /24. */
#define PAGE (TT_PREFIX_KINDS << TT_PREFIX_PAGE_BITS)

/* -- Reading ------------------------------------------------------------------------------- */

/* A page's first counter in plane 0. */
static const __u8 *page_of(const struct tt_prefixes *prefixes, uint32_t page)
{
	return prefixes->plane[0][page << TT_PREFIX_PAGE_BITS];
}

static __u8 *next_page(const struct drain *drain, uint32_t page)
{
	return drain->next_prefixes->plane[0][page << TT_PREFIX_PAGE_BITS];
}

static uint32_t packets_of(const struct drain *drain, uint32_t page)
{
	uint32_t packets = 0;

	for (size_t t = 0; t < drain->program->table_count; t++)
		packets += READ_ONCE(drain->program->tables[t].counts->totals.prefix_packets[page]);
	DRAIN_ORDERED();
	return packets;
}

/* Plane 0 of all CPUs, modulo 256. False: a packet came meanwhile. */
static bool copy_low(const struct drain *drain, uint32_t page, __u8 low[PAGE], uint32_t *packets)
{
	*packets = packets_of(drain, page);
	memset(low, 0, PAGE);
	for (size_t t = 0; t < drain->program->table_count; t++)
		if (drain->program->tables[t].prefixes)
			planes_add_low(
				low, page_of(drain->program->tables[t].prefixes, page), PAGE);
	DRAIN_ORDERED();
	return packets_of(drain, page) == *packets;
}

/* A packet may be under way on each, and moves a sum by one: together not by 256. */
#define CPUS_PROVEN 255

/*
 * Plane 0 alone. Gains modulo 256 are the gains when they sum to the page's packets, as those of a
 * row's cells do (drain_cells.h). False: they do not.
 */
static bool read_low(struct drain *drain, uint32_t page)
{
	const __u8 *was = page_of(drain->was_prefixes, page);
	__u8 low[PAGE];
	uint32_t packets;

	if (drain->program->table_count > CPUS_PROVEN || !copy_low(drain, page, low, &packets))
		return false;
	if (planes_gained_low(was, low, PAGE) != packets - drain->was->prefix_packets[page])
		return false;
	if (planes_store_low(
		    was, next_page(drain, page), PLANE, low, PAGE, drain->page_changed[page]))
		drain_mark(drain->behind_above.pages, page);
	drain->next->prefix_packets[page] = packets;
	return true;
}

/* Add a CPU's page, all planes of it, at a moment of rest. */
static bool add_cpu_page(
	struct drain *drain, size_t table, uint32_t page, __u32 sum[PAGE], uint32_t *packets)
{
	const struct cpu_table *cpu = &drain->program->tables[table];
	const struct tt_totals *totals = &cpu->counts->totals;
	unsigned int readings = 0;
	__u32 copy[PAGE];

	if (!cpu->prefixes)
		return true;
	do {
		uint32_t flushes, counted;

		if (!drain_read_begin(totals, &flushes))
			continue;
		planes_get_all(page_of(cpu->prefixes, page), PLANE, copy, PAGE);
		counted = READ_ONCE(totals->prefix_packets[page]);
		if (!drain_read_end(drain, table, totals, flushes))
			continue;
		for (unsigned int i = 0; i < PAGE; i++)
			sum[i] += copy[i];
		*packets += counted;
		return true;
	} while (drain_retry(&readings));
	return false;
}

static void add_waiting_prefixes(struct drain *drain, uint32_t page, __u32 sum[PAGE])
{
	for (size_t i = 0; i < drain->waiting_count; i++) {
		const struct tt_pending *packet = &drain->waiting[i].packet;
		unsigned int class = waiting_class(packet);
		uint32_t prefix = packet->source >> 8;

		/* IPv6 prefixes do not wait: the program counts them at once. */
		if (class == SPORT53_CLASSES || packet->row & TT_PENDING_V6 ||
			prefix >> TT_PREFIX_PAGE_BITS != page ||
			!drain_waited_out(drain, &drain->waiting[i]))
			continue;
		sum[prefix % (1u << TT_PREFIX_PAGE_BITS) * TT_PREFIX_KINDS +
			(class == SPORT53_RESPONSE ? TT_PREFIX_RESPONSE : TT_PREFIX_OTHER)]++;
	}
}

/* False: a CPU would not hold still. */
static bool read_whole(struct drain *drain, uint32_t page)
{
	__u32 sum[PAGE] = {0};
	uint32_t packets = 0;

	for (size_t t = 0; t < drain->program->table_count; t++)
		if (!add_cpu_page(drain, t, page, sum, &packets))
			return false;
	add_waiting_prefixes(drain, page, sum);
	planes_set_all(next_page(drain, page), PLANE, sum, PAGE);
	drain->next->prefix_packets[page] = packets;
	memset(drain->page_changed[page], 0xff, sizeof(drain->page_changed[page]));
	drain_mark(drain->behind_above.pages, page);
	return true;
}

/* Whether was is what the table had when the page was read: nothing was held back, or waits. */
static bool is_level(const struct drain *drain, uint32_t page)
{
	return !drain_is_marked(drain->waits.pages, page) &&
	       !drain_is_marked(drain->waited.pages, page) &&
	       !drain_is_marked(drain->held.pages, page);
}

static void read_page(struct drain *drain, uint32_t page)
{
	if ((is_level(drain, page) && read_low(drain, page)) || read_whole(drain, page))
		return;
	drain_mark(drain->carried.pages, page); /* left for the next drain */
	drain_mark(drain->waits.pages, page);
}

/* -- Emitting ------------------------------------------------------------------------------ */

static struct tt_prefix_count prefix_in(const __u8 *count)
{
	return (struct tt_prefix_count){
		.response = planes_get(count + TT_PREFIX_RESPONSE, PLANE),
		.other = planes_get(count + TT_PREFIX_OTHER, PLANE),
	};
}

/* Planes above the lowest are alike in most pages: they are not looked at there. */
static struct tt_prefix_count prefix_gained(const __u8 *was, const __u8 *is, bool is_whole)
{
	struct tt_prefix_count old, new;

	if (!is_whole)
		return (struct tt_prefix_count){
			.response = (__u8)(is[TT_PREFIX_RESPONSE] - was[TT_PREFIX_RESPONSE]),
			.other = (__u8)(is[TT_PREFIX_OTHER] - was[TT_PREFIX_OTHER]),
		};
	old = prefix_in(was);
	new = prefix_in(is);
	return (struct tt_prefix_count){new.response - old.response, new.other - old.other};
}

static void emit_prefix(struct drain *drain, struct minute *minute, struct allowance *left,
	uint32_t network, bool is_whole)
{
	static const struct tt_prefix_count none;
	const __u8 *was = drain->was_prefixes->plane[0][network];
	__u8 *is = drain->next_prefixes->plane[0][network];
	const struct tt_prefix_count gained = prefix_gained(was, is, is_whole);
	struct prefix_count prefix = {.network = network};
	struct tt_prefix_count taken, old;
	uint32_t page = network >> TT_PREFIX_PAGE_BITS;

	if (gained.response == 0 && gained.other == 0)
		return;
	taken = prefix_take(minute, left, &prefix, none, gained);
	if (taken.response == gained.response && taken.other == gained.other)
		return;
	old = prefix_in(was);
	planes_set(is + TT_PREFIX_RESPONSE, PLANE, old.response + taken.response);
	planes_set(is + TT_PREFIX_OTHER, PLANE, old.other + taken.other);
	drain_mark(drain->behind_above.pages, page);
	drain_mark(drain->carried.pages, page);
}

static void emit_page(
	struct drain *drain, struct minute *minute, struct allowance *left, uint32_t page)
{
	const bool is_whole = drain_is_marked(drain->behind_above.pages, page);

	for (unsigned int word = 0; word < DRAIN_CHANGED_WORDS; word++)
		for (uint64_t rest = drain->page_changed[page][word]; rest; rest &= rest - 1) {
			uint32_t first = 8 * (64 * word + (uint32_t)__builtin_ctzll(rest));

			for (uint32_t k = first; k < first + 8; k += TT_PREFIX_KINDS)
				emit_prefix(drain, minute, left,
					(page << TT_PREFIX_PAGE_BITS) + k / TT_PREFIX_KINDS,
					is_whole);
		}
}

/* -- Pages --------------------------------------------------------------------------------- */

/* The first marked page from this one on; TT_PREFIX_PAGES: there is none. */
static uint32_t next_marked(const __u64 *pages, uint32_t page)
{
	while (page < TT_PREFIX_PAGES) {
		uint64_t rest = pages[page / 64] >> page % 64;

		if (rest)
			return page + (uint32_t)__builtin_ctzll(rest);
		page = (page | 63) + 1;
	}
	return TT_PREFIX_PAGES;
}

/* A bit for each of 64 pages: whether packets came to it since was. */
static uint64_t pages_moved(const struct drain *drain, uint32_t first)
{
	const __u32 *was = &drain->was->prefix_packets[first];
	__u32 sum[64] = {0}, of_cpu[64];
	uint64_t moved = 0;

	for (size_t t = 0; t < drain->program->table_count; t++) {
		memcpy(of_cpu, &drain->program->tables[t].counts->totals.prefix_packets[first],
			sizeof(of_cpu));
		for (unsigned int i = 0; i < 64; i++)
			sum[i] += of_cpu[i];
	}
	if (memcmp(sum, was, sizeof(sum)) == 0)
		return 0;
	for (unsigned int i = 0; i < 64; i++)
		moved |= (uint64_t)(sum[i] != was[i]) << i;
	return moved;
}

void drain_prefixes_visit(struct drain *drain)
{
	if (!drain->program->parameters.prefixes)
		return;
	for (uint32_t word = 0; word < DRAIN_PAGE_WORDS; word++)
		drain->visit.pages[word] |= pages_moved(drain, 64 * word);
	DRAIN_ORDERED();
}

DRAIN_INLINE void expect_page(const struct drain *drain, uint32_t page)
{
	for (size_t t = 0; t < drain->program->table_count; t++)
		if (drain->program->tables[t].prefixes)
			drain_expect(page_of(drain->program->tables[t].prefixes, page), PAGE);
	drain_expect(page_of(drain->was_prefixes, page), PAGE);
}

void drain_prefixes_read(struct drain *drain)
{
	const __u64 *visit = drain->visit.pages;
	uint32_t page = next_marked(visit, 0);

	while (page < TT_PREFIX_PAGES) {
		uint32_t following = next_marked(visit, page + 1);

		if (following < TT_PREFIX_PAGES)
			expect_page(drain, following);
		read_page(drain, page);
		page = following;
	}
}

void drain_prefixes_emit(struct drain *drain, struct minute *minute, struct allowance *left)
{
	const __u64 *visit = drain->visit.pages;

	for (uint32_t page = next_marked(visit, 0); page < TT_PREFIX_PAGES;
		page = next_marked(visit, page + 1))
		emit_page(drain, minute, left, page);
}

/* Make next's page that of was. */
static void page_catch_up(struct drain *drain, uint32_t page)
{
	const __u8 *was = page_of(drain->was_prefixes, page);
	__u8 *next = next_page(drain, page);
	uint64_t *changed = drain->page_changed[page];

	for (unsigned int word = 0; word < DRAIN_CHANGED_WORDS; word++)
		planes_copy_low(was + 512 * word, next + 512 * word, changed[word]);
	memset(changed, 0, sizeof(drain->page_changed[page]));
	for (unsigned int plane = 1;
		plane < TT_PLANES && drain_is_marked(drain->behind_above.pages, page); plane++)
		memcpy(next + plane * PLANE, was + plane * PLANE, PAGE);
	drain->next->prefix_packets[page] = drain->was->prefix_packets[page];
}

void drain_prefixes_catch_up(struct drain *drain)
{
	const __u64 *visited = drain->visit.pages;

	for (uint32_t page = next_marked(visited, 0); page < TT_PREFIX_PAGES;
		page = next_marked(visited, page + 1))
		page_catch_up(drain, page);
}
