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
static bool copy_low(struct drain *drain, uint32_t page, uint32_t *packets)
{
	__u8 *next = next_page(drain, page);

	*packets = packets_of(drain, page);
	memset(next, 0, PAGE);
	for (size_t t = 0; t < drain->program->table_count; t++) {
		const struct tt_prefixes *of_cpu = drain->program->tables[t].prefixes;

		for (unsigned int i = 0; of_cpu && i < PAGE; i++)
			next[i] += page_of(of_cpu, page)[i];
	}
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
	__u8 *next = next_page(drain, page);
	uint32_t packets, gained = 0;

	if (drain->program->table_count > CPUS_PROVEN || !copy_low(drain, page, &packets))
		return false;
	for (unsigned int i = 0; i < PAGE; i++)
		gained += (__u8)(next[i] - was[i]);
	if (gained != packets - drain->was->prefix_packets[page])
		return false;
	if (planes_carry(was, next, PLANE, PAGE))
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
	memcpy(next_page(drain, page), page_of(drain->was_prefixes, page), PAGE);
	drain->next->prefix_packets[page] = drain->was->prefix_packets[page];
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

static void emit_prefix(
	struct drain *drain, struct minute *minute, struct allowance *left, uint32_t network)
{
	__u8 *count = drain->next_prefixes->plane[0][network];
	const struct tt_prefix_count was = prefix_in(drain->was_prefixes->plane[0][network]);
	const struct tt_prefix_count is = prefix_in(count);
	struct prefix_count prefix = {.network = network};
	struct tt_prefix_count taken;
	uint32_t page = network >> TT_PREFIX_PAGE_BITS;

	if (is.response == was.response && is.other == was.other)
		return;
	taken = prefix_take(minute, left, &prefix, was, is);
	if (taken.response == is.response && taken.other == is.other)
		return;
	planes_set(count + TT_PREFIX_RESPONSE, PLANE, taken.response);
	planes_set(count + TT_PREFIX_OTHER, PLANE, taken.other);
	drain_mark(drain->behind_above.pages, page);
	drain_mark(drain->carried.pages, page);
}

static void emit_page(
	struct drain *drain, struct minute *minute, struct allowance *left, uint32_t page)
{
	const __u8 *was = page_of(drain->was_prefixes, page), *is = next_page(drain, page);
	bool is_whole = drain_is_marked(drain->behind_above.pages, page);

	/* Eight counters at a time: most gained nothing. */
	for (uint32_t i = 0; i < PAGE; i += 8)
		for (uint32_t k = i; k < i + 8 && (is_whole || memcmp(&was[i], &is[i], 8) != 0);
			k += TT_PREFIX_KINDS)
			emit_prefix(drain, minute, left,
				(page << TT_PREFIX_PAGE_BITS) + k / TT_PREFIX_KINDS);
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

void drain_prefixes_visit(struct drain *drain)
{
	if (!drain->program->parameters.prefixes)
		return;
	for (uint32_t page = 0; page < TT_PREFIX_PAGES; page++)
		if (packets_of(drain, page) != drain->was->prefix_packets[page])
			drain_mark(drain->visit.pages, page);
}

void drain_prefixes_read(struct drain *drain)
{
	const __u64 *visit = drain->visit.pages;

	for (uint32_t page = next_marked(visit, 0); page < TT_PREFIX_PAGES;
		page = next_marked(visit, page + 1))
		read_page(drain, page);
}

void drain_prefixes_emit(struct drain *drain, struct minute *minute, struct allowance *left)
{
	const __u64 *visit = drain->visit.pages;

	for (uint32_t page = next_marked(visit, 0); page < TT_PREFIX_PAGES;
		page = next_marked(visit, page + 1))
		emit_page(drain, minute, left, page);
}

/* Make next's page that of was: so many planes of it. */
static void page_catch_up(struct drain *drain, uint32_t page, unsigned int planes)
{
	for (unsigned int plane = 0; plane < planes; plane++)
		memcpy(next_page(drain, page) + plane * PLANE,
			page_of(drain->was_prefixes, page) + plane * PLANE, PAGE);
	drain->next->prefix_packets[page] = drain->was->prefix_packets[page];
}

/* Every page whose upper planes are behind is behind. */
void drain_prefixes_catch_up(struct drain *drain)
{
	const __u64 *behind = drain->behind.pages;

	for (uint32_t page = next_marked(behind, 0); page < TT_PREFIX_PAGES;
		page = next_marked(behind, page + 1))
		page_catch_up(drain, page,
			drain_is_marked(drain->behind_above.pages, page) ? TT_PLANES : 1);
}
