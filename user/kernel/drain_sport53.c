/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program counts a packet from source port 53 under its prefix, then under its country, then in
 * its row. The rows were read first and made the ledger, so prefixes and countries may hold a few
 * packets more: those of the last milliseconds. They are held back here, and drained with their
 * rows next time.
 */
#include "user/kernel/drain_state.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

static uint64_t at_most(uint64_t value, uint64_t limit)
{
	return value < limit ? value : limit;
}

/* -- Countries ----------------------------------------------------------------------------- */

/* Take excess packets of a class out of this minute, from the country that gained most. */
static void hold_back_class(
	struct tt_drained *next, struct minute *minute, unsigned int class, uint64_t excess)
{
	while (excess) {
		unsigned int most = 0;
		uint64_t held;

		for (unsigned int c = 1; c < TT_CELLS; c++)
			if (minute->sport53[c][class] > minute->sport53[most][class])
				most = c;
		held = at_most(minute->sport53[most][class], excess);
		if (!held)
			return;
		minute->sport53[most][class] -= held;
		next->sport53[most][class] -= held;
		excess -= held;
	}
}

static uint64_t sum_country(const struct program *program, unsigned int country, unsigned int class)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < program->table_count; i++)
		sum += READ_ONCE(program->tables[i].counts->totals.sport53[country][class]);
	return sum;
}

static void read_countries(struct drain *drain)
{
	for (unsigned int c = 0; c < TT_CELLS; c++)
		for (unsigned int k = 0; k < TT_SPORT53_CLASSES; k++)
			drain->next->sport53[c][k] = sum_country(drain->program, c, k);
}

static void emit_countries(struct drain *drain, struct minute *minute)
{
	uint64_t sum[TT_SPORT53_CLASSES];

	/* Nobody knows the countries of frames that met no table. */
	for (unsigned int k = 0; k < TT_SPORT53_CLASSES; k++)
		sum[k] = minute->sport53[COUNTRY_ZZ][k] = drain->orphans[TT_UDP53_RESPONSE + k];
	for (unsigned int c = 0; c < TT_CELLS; c++) {
		for (unsigned int k = 0; k < TT_SPORT53_CLASSES; k++) {
			uint64_t gained = drain->next->sport53[c][k] - drain->was->sport53[c][k];

			minute->sport53[c][k] += gained;
			sum[k] += gained;
		}
	}
	for (unsigned int k = 0; k < TT_SPORT53_CLASSES; k++) {
		uint64_t ledger = minute->ledger[TT_UDP53_RESPONSE + k].packets;

		if (sum[k] > ledger)
			hold_back_class(drain->next, minute, k, sum[k] - ledger);
	}
}

/* -- IPv4 prefixes ------------------------------------------------------------------------- */

/* How many more packets prefixes may show: what the ledger has. */
struct allowance {
	uint64_t response;
	uint64_t other;
};

/* List the gain of a prefix as far as the ledger allows, and return what is now drained of it. */
static struct tt_prefix_count take(struct minute *minute, struct allowance *left,
	const struct prefix_count *prefix, struct tt_prefix_count was, struct tt_prefix_count is)
{
	struct prefix_count gained = *prefix;

	gained.response = (uint32_t)at_most(is.response - was.response, left->response);
	gained.other = (uint32_t)at_most(is.other - was.other, left->other);
	if (gained.response + (uint64_t)gained.other == 0)
		return was;
	left->response -= gained.response;
	left->other -= gained.other;
	if (minute->prefix_count < MINUTE_MAX_PREFIXES)
		minute->prefixes[minute->prefix_count++] = gained;
	else
		minute->prefixes_unlisted += (uint64_t)gained.response + gained.other;
	return (struct tt_prefix_count){
		.response = was.response + gained.response,
		.other = was.other + gained.other,
	};
}

static struct tt_prefix_count sum_prefix4(const struct program *program, uint32_t prefix)
{
	struct tt_prefix_count sum = {0};

	for (size_t i = 0; i < program->table_count; i++) {
		const struct tt_prefixes *prefixes = program->tables[i].prefixes;

		if (!prefixes)
			continue;
		sum.response += READ_ONCE(prefixes->prefix[prefix].response);
		sum.other += READ_ONCE(prefixes->prefix[prefix].other);
	}
	return sum;
}

/* Call for each /24 of the pages to visit. */
static void each_page(
	struct drain *drain, void (*visit)(struct drain *, uint32_t, void *), void *context)
{
	for (uint32_t page = 0; page < TT_PREFIX_PAGES; page++) {
		if (drain->visit.pages[page / 64] == 0)
			page |= 63;
		else if (drain_is_marked(drain->visit.pages, page))
			visit(drain, page, context);
	}
}

static void read_page(struct drain *drain, uint32_t page, void *unused)
{
	const uint32_t first = page << TT_PREFIX_PAGE_BITS;

	(void)unused;
	for (uint32_t i = first; i < first + (1u << TT_PREFIX_PAGE_BITS); i++)
		drain->next_prefixes->prefix[i] = sum_prefix4(drain->program, i);
}

struct emission {
	struct minute *minute;
	struct allowance left;
};

static void emit_page(struct drain *drain, uint32_t page, void *context)
{
	const uint32_t first = page << TT_PREFIX_PAGE_BITS;
	struct emission *emission = context;

	for (uint32_t i = first; i < first + (1u << TT_PREFIX_PAGE_BITS); i++) {
		struct tt_prefix_count *is = &drain->next_prefixes->prefix[i];
		struct tt_prefix_count was = drain->was_prefixes->prefix[i], taken;
		struct prefix_count prefix = {.network = i};

		if (is->response == was.response && is->other == was.other)
			continue;
		taken = take(emission->minute, &emission->left, &prefix, was, *is);
		if (taken.response != is->response || taken.other != is->other)
			drain_mark(drain->carried.pages, page);
		*is = taken;
	}
}

/* -- IPv6 prefixes ------------------------------------------------------------------------- */

/* The drained entry of a prefix, its own or a free one; NULL when there is neither. */
static struct tt_drained_prefix6 *find_prefix6(struct tt_drained *drained, uint64_t prefix)
{
	uint64_t slot = prefix * 0x9e3779b97f4a7c15ULL >> 32;

	for (uint32_t i = 0; i < TT_DRAINED_PREFIXES6; i++) {
		struct tt_drained_prefix6 *entry =
			&drained->prefix6[(slot + i) % TT_DRAINED_PREFIXES6];

		if (!entry->used || entry->prefix == prefix)
			return entry;
	}
	return NULL;
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct prefix_count *x = a, *y = b;

	return (x->network > y->network) - (x->network < y->network);
}

/* Sum a prefix over CPUs into next. */
static void read_prefix6(struct drain *drain, uint64_t prefix)
{
	struct tt_drained_prefix6 *entry = find_prefix6(drain->next, prefix);
	struct tt_prefix_count is = {0};

	if (!entry)
		return; /* twice the kernel's capacity: cannot be */
	for (unsigned int cpu = 0; cpu < drain->program->possible_cpus; cpu++) {
		is.response += drain->prefix6_values[cpu].response;
		is.other += drain->prefix6_values[cpu].other;
	}
	entry->count = is;
	entry->prefix = prefix;
	entry->used = 1;
}

static int read_prefixes6(struct drain *drain)
{
	const struct program *program = drain->program;
	int map = bpf_map__fd(program->skeleton->maps.prefixes6);
	uint64_t packets = 0, key, *previous = NULL;

	for (size_t i = 0; i < program->table_count; i++)
		packets += READ_ONCE(program->tables[i].counts->totals.prefix6_packets);
	drain->moved_prefix6 = packets != drain->was->prefix6_packets || drain->carried_prefix6;
	drain->next->prefix6_packets = packets;
	/* Nothing is ever deleted, so a walk by keys meets each entry once. */
	for (uint32_t i = 0; drain->moved_prefix6 && i <= TT_PREFIXES6; i++) {
		if (bpf_map_get_next_key(map, previous, &key))
			break;
		previous = &key;
		if (bpf_map_lookup_elem(map, &key, drain->prefix6_values))
			return -errno;
		read_prefix6(drain, key);
	}
	drain->carried_prefix6 = false;
	return 0;
}

static void emit_prefixes6(struct drain *drain, struct minute *minute, struct allowance *left)
{
	static const struct tt_prefix_count none;
	size_t first = minute->prefix_count;

	for (uint32_t i = 0; drain->moved_prefix6 && i < TT_DRAINED_PREFIXES6; i++) {
		struct tt_drained_prefix6 *entry = &drain->next->prefix6[i];
		const struct tt_drained_prefix6 *old = &drain->was->prefix6[i];
		struct prefix_count prefix = {.is_v6 = 1, .network = entry->prefix};
		struct tt_prefix_count is = entry->count;

		if (!entry->used)
			continue;
		entry->count = take(minute, left, &prefix, old->used ? old->count : none, is);
		if (entry->count.response != is.response || entry->count.other != is.other)
			drain->carried_prefix6 = true;
	}
	qsort(minute->prefixes + first, minute->prefix_count - first, sizeof(*minute->prefixes),
		compare_prefixes);
}

/* -- All of it
 * ---------------------------------------------------------------------------------------
 */

void drain_sport53_catch_up(struct drain *drain)
{
	memcpy(drain->next->prefix6, drain->was->prefix6, sizeof(drain->next->prefix6));
	if (!drain->was_prefixes)
		return;
	for (uint32_t page = 0; page < TT_PREFIX_PAGES; page++) {
		const uint32_t first = page << TT_PREFIX_PAGE_BITS;

		if (drain_is_marked(drain->behind.pages, page))
			memcpy(&drain->next_prefixes->prefix[first],
				&drain->was_prefixes->prefix[first],
				sizeof(struct tt_prefix_count) << TT_PREFIX_PAGE_BITS);
	}
}

int drain_sport53_read(struct drain *drain)
{
	read_countries(drain);
	if (drain->was_prefixes)
		each_page(drain, read_page, NULL);
	return drain->was_prefixes ? read_prefixes6(drain) : 0;
}

/* IPv6 prefixes do not wait: the program counts them at once. */
void drain_sport53_wait(struct drain *drain, const struct tt_pending *packet)
{
	uint32_t class = packet->row >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1);
	struct tt_prefix_count *prefix;

	if (class >= TT_SPORT53_CLASSES)
		return;
	drain->next->sport53[packet->cell][class]++;
	if (packet->row & TT_PENDING_V6 || !drain->was_prefixes)
		return;
	prefix = &drain->next_prefixes->prefix[packet->source >> 8];
	if (class == SPORT53_RESPONSE)
		prefix->response++;
	else
		prefix->other++;
	drain_mark(drain->waits.pages, packet->source >> (8 + TT_PREFIX_PAGE_BITS));
	drain_mark(drain->visit.pages, packet->source >> (8 + TT_PREFIX_PAGE_BITS));
}

void drain_sport53_emit(struct drain *drain, struct minute *minute)
{
	struct emission emission = {
		.minute = minute,
		.left =
			{
				.response = minute->ledger[TT_UDP53_RESPONSE].packets,
				.other = minute->ledger[TT_UDP53_QUERY].packets +
					 minute->ledger[TT_UDP53_SHORT].packets,
			},
	};

	emit_countries(drain, minute);
	if (drain->was_prefixes) {
		each_page(drain, emit_page, &emission);
		emit_prefixes6(drain, minute, &emission.left);
	}
	/* Prefixes that are switched off, did not fit, or belong to frames without a table. */
	minute->prefixes_unlisted += emission.left.response + emission.left.other;
}
