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

/* Which packets are in them must be certain, see drain_rows_waiting(). */
static bool read_cpu_countries(
	struct drain *drain, size_t table, __u64 copy[TT_CELLS][TT_SPORT53_CLASSES])
{
	const struct tt_totals *totals = &drain->program->tables[table].counts->totals;
	unsigned int readings = 0;

	do {
		uint32_t flushes;

		if (!drain_read_begin(totals, &flushes))
			continue;
		memcpy(copy, totals->sport53, sizeof(totals->sport53));
		if (drain_read_end(drain, table, totals, flushes))
			return true;
	} while (drain_retry(&readings));
	return false;
}

/* The class of source port 53 that a packet waits in; SPORT53_CLASSES: in none. */
static unsigned int waiting_class(const struct tt_pending *packet)
{
	uint32_t slot = packet->row >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1);

	return packet->row & TT_PENDING_SPORT53 && slot < SPORT53_CLASSES ? slot : SPORT53_CLASSES;
}

static int read_countries(struct drain *drain)
{
	__u64 copy[TT_CELLS][TT_SPORT53_CLASSES];

	memset(drain->next->sport53, 0, sizeof(drain->next->sport53));
	for (size_t t = 0; t < drain->program->table_count; t++) {
		if (!read_cpu_countries(drain, t, copy))
			return -EAGAIN;
		for (unsigned int c = 0; c < TT_CELLS; c++)
			for (unsigned int k = 0; k < TT_SPORT53_CLASSES; k++)
				drain->next->sport53[c][k] += copy[c][k];
	}
	for (size_t i = 0; i < drain->waiting_count; i++) {
		unsigned int class = waiting_class(&drain->waiting[i].packet);

		if (class < SPORT53_CLASSES && drain_waited_out(drain, &drain->waiting[i]))
			drain->next->sport53[drain->waiting[i].packet.cell][class]++;
	}
	return 0;
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

			/* Ahead of the table since the country data changed: see settle_cells(). */
			if (gained > UINT64_MAX / 2) {
				drain->next->sport53[c][k] = drain->was->sport53[c][k];
				continue;
			}
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

/* Add a CPU's page to next's; carefully: at a moment of rest. */
static bool add_cpu_page(struct drain *drain, size_t table, uint32_t first, bool carefully)
{
	enum { PREFIXES = 1 << TT_PREFIX_PAGE_BITS };
	const struct cpu_table *cpu = &drain->program->tables[table];
	struct tt_prefix_count copy[PREFIXES], *next = &drain->next_prefixes->prefix[first];
	unsigned int readings = 0;
	uint32_t flushes = 0;
	bool is_read = false;

	if (!cpu->prefixes)
		return true;
	do {
		if (carefully && !drain_read_begin(&cpu->counts->totals, &flushes))
			continue;
		memcpy(copy, &cpu->prefixes->prefix[first], sizeof(copy));
		is_read = !carefully || drain_read_end(drain, table, &cpu->counts->totals, flushes);
	} while (!is_read && drain_retry(&readings));
	for (unsigned int i = 0; is_read && i < PREFIXES; i++) {
		next[i].response += copy[i].response;
		next[i].other += copy[i].other;
	}
	return is_read;
}

static void add_waiting_prefixes(struct drain *drain, uint32_t page)
{
	for (size_t i = 0; i < drain->waiting_count; i++) {
		const struct tt_pending *packet = &drain->waiting[i].packet;
		unsigned int class = waiting_class(packet);
		struct tt_prefix_count *prefix = &drain->next_prefixes->prefix[packet->source >> 8];

		/* IPv6 prefixes do not wait: the program counts them at once. */
		if (class == SPORT53_CLASSES || packet->row & TT_PENDING_V6 ||
			packet->source >> (8 + TT_PREFIX_PAGE_BITS) != page ||
			!drain_waited_out(drain, &drain->waiting[i]))
			continue;
		if (class == SPORT53_RESPONSE)
			prefix->response++;
		else
			prefix->other++;
	}
}

static void read_page(struct drain *drain, uint32_t page, void *unused)
{
	const uint32_t first = page << TT_PREFIX_PAGE_BITS;
	const size_t size = sizeof(struct tt_prefix_count) << TT_PREFIX_PAGE_BITS;
	bool waits = drain_is_marked(drain->waits.pages, page);
	bool carefully = waits || drain_is_marked(drain->waited.pages, page), is_read = true;
	struct tt_prefix_count *next = &drain->next_prefixes->prefix[first];

	(void)unused;
	memset(next, 0, size);
	for (size_t t = 0; is_read && t < drain->program->table_count; t++)
		is_read = add_cpu_page(drain, t, first, carefully);
	if (is_read && waits) {
		add_waiting_prefixes(drain, page);
	} else if (!is_read) { /* left for the next drain */
		memcpy(next, &drain->was_prefixes->prefix[first], size);
		drain_mark(drain->carried.pages, page);
		drain_mark(drain->waits.pages, page);
	}
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

/* Sum a prefix over CPUs (a value for each possible one) into next. */
static void read_prefix6(struct drain *drain, uint64_t prefix, const struct tt_prefix_count *of_cpu)
{
	struct tt_drained_prefix6 *entry = find_prefix6(drain->next, prefix);
	struct tt_prefix_count is = {0};

	if (!entry || drain->prefix6_count == TT_PREFIXES6)
		return; /* twice the kernel's capacity: cannot be */
	for (unsigned int cpu = 0; cpu < drain->program->possible_cpus; cpu++) {
		is.response += of_cpu[cpu].response;
		is.other += of_cpu[cpu].other;
	}
	entry->count = is;
	entry->prefix = prefix;
	entry->used = 1;
	drain->prefix6_entries[drain->prefix6_count++] = (uint32_t)(entry - drain->next->prefix6);
}

/* Nothing is ever deleted, so a walk over the whole map meets each entry once. */
static int walk_prefixes6(struct drain *drain)
{
	int map = bpf_map__fd(drain->program->skeleton->maps.prefixes6);
	uint64_t keys[DRAIN_PREFIXES6_STEP];
	uint32_t place, count;
	int status = 0;

	for (void *from = NULL; status == 0; from = &place) {
		count = DRAIN_PREFIXES6_STEP;
		status = bpf_map_lookup_batch(
			map, from, &place, keys, drain->prefix6_values, &count, NULL);
		if (status && status != -ENOENT)
			return status;
		for (uint32_t i = 0; i < count; i++)
			read_prefix6(drain, keys[i],
				&drain->prefix6_values[i * drain->program->possible_cpus]);
	}
	return 0; /* -ENOENT: that was all */
}

static int read_prefixes6(struct drain *drain)
{
	const struct program *program = drain->program;
	uint64_t packets = 0;
	bool has_moved;
	int status = 0;

	for (size_t i = 0; i < program->table_count; i++)
		packets += READ_ONCE(program->tables[i].counts->totals.prefix6_packets);
	has_moved = packets != drain->was->prefix6_packets || drain->carried_prefix6;
	drain->next->prefix6_packets = packets;
	drain->prefix6_count = 0;
	if (has_moved)
		status = walk_prefixes6(drain);
	drain->carried_prefix6 = false;
	return status;
}

static void emit_prefixes6(struct drain *drain, struct minute *minute, struct allowance *left)
{
	static const struct tt_prefix_count none;
	size_t first = minute->prefix_count;

	for (uint32_t i = 0; i < drain->prefix6_count; i++) {
		uint32_t place = drain->prefix6_entries[i];
		struct tt_drained_prefix6 *entry = &drain->next->prefix6[place];
		const struct tt_drained_prefix6 *old = &drain->was->prefix6[place];
		struct prefix_count prefix = {.is_v6 = 1, .network = entry->prefix};
		struct tt_prefix_count is = entry->count;

		entry->count = take(minute, left, &prefix, old->used ? old->count : none, is);
		if (entry->count.response != is.response || entry->count.other != is.other)
			drain->carried_prefix6 = true;
	}
	qsort(minute->prefixes + first, minute->prefix_count - first, sizeof(*minute->prefixes),
		compare_prefixes);
}

/* -- All of it ----------------------------------------------------------------------------- */

void drain_sport53_catch_up(struct drain *drain)
{
	/* Each entry that the last walk wrote into next, whichever copy that is by now. */
	for (uint32_t i = 0; i < drain->prefix6_count; i++) {
		uint32_t place = drain->prefix6_entries[i];

		drain->next->prefix6[place] = drain->was->prefix6[place];
	}
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
	int status = read_countries(drain);

	if (status || !drain->was_prefixes)
		return status;
	each_page(drain, read_page, NULL);
	return read_prefixes6(drain);
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
