/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program counts a packet from source port 53 under its prefix, then under its country, then in
 * its row. The rows were read first and made the ledger, so prefixes and countries may hold a few
 * packets more: those of the last milliseconds. They are held back here, and drained with their
 * rows next time.
 */
#include "user/kernel/drain_sport53.h"

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

			/* Ahead of the table since the country data changed: see settle() in
			 * drain_cells.c. */
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

/* -- Prefixes ------------------------------------------------------------------------------ */

struct tt_prefix_count prefix_take(struct minute *minute, struct allowance *left,
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

/* Sum a prefix over CPUs (a value for each possible one) into next, where it is not what it was. */
static void read_prefix6(struct drain *drain, uint64_t prefix, const struct tt_prefix_count *of_cpu)
{
	const struct tt_drained_prefix6 *was = find_prefix6(drain->was, prefix);
	struct tt_prefix_count is = {0};
	struct tt_drained_prefix6 *entry;

	for (unsigned int cpu = 0; cpu < drain->program->possible_cpus; cpu++) {
		is.response += of_cpu[cpu].response;
		is.other += of_cpu[cpu].other;
	}
	if (was && was->used && was->count.response == is.response && was->count.other == is.other)
		return;
	entry = find_prefix6(drain->next, prefix);
	if (!entry || drain->prefix6_count == TT_PREFIXES6)
		return; /* twice the kernel's capacity: cannot be */
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

static int compare_keys(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * The prefixes of a table's packets since the last drain, added to those of other tables: how many
 * there are then, or -1 when the program remembers fewer, or has no more room for them here.
 */
static int recent_prefixes6(struct drain *drain, size_t table, uint64_t *keys, int count)
{
	const struct tt_totals *totals = &drain->program->tables[table].counts->totals;
	uint64_t from = drain->prefix6_seen[table], to = READ_ONCE(totals->prefix6_packets);

	if (to - from > (uint64_t)(DRAIN_PREFIXES6_STEP - count))
		return -1;
	DRAIN_ORDERED();
	for (uint64_t n = from; n < to; n++)
		keys[count++] = READ_ONCE(totals->prefix6_recent[n % TT_RECENT6]);
	DRAIN_ORDERED();
	drain->prefix6_seen[table] = to;
	/* One more may be under way. */
	return READ_ONCE(totals->prefix6_packets) - from < TT_RECENT6 ? count : -1;
}

/* Look up those that the program remembers. False: the whole map must be walked. */
static bool read_recent_prefixes6(struct drain *drain)
{
	int map = bpf_map__fd(drain->program->skeleton->maps.prefixes6), count = 0;
	uint64_t keys[DRAIN_PREFIXES6_STEP];

	for (size_t i = 0; count >= 0 && i < drain->program->table_count; i++)
		count = recent_prefixes6(drain, i, keys, count);
	if (count < 0)
		return false;
	qsort(keys, (size_t)count, sizeof(*keys), compare_keys);
	for (int i = 0; i < count; i++) {
		if (i > 0 && keys[i] == keys[i - 1])
			continue;
		if (bpf_map_lookup_elem(map, &keys[i], drain->prefix6_values) == 0)
			read_prefix6(drain, keys[i], drain->prefix6_values);
		else if (errno != ENOENT) /* it found the map full */
			return false;
	}
	return true;
}

/* Packets that come while it is read are read again next time. */
static int read_all_prefixes6(struct drain *drain)
{
	const struct program *program = drain->program;

	for (size_t i = 0; i < program->table_count; i++)
		drain->prefix6_seen[i] =
			READ_ONCE(program->tables[i].counts->totals.prefix6_packets);
	DRAIN_ORDERED();
	drain->prefix6_count = 0;
	return walk_prefixes6(drain);
}

static int read_prefixes6(struct drain *drain)
{
	bool is_known = !drain->carried_prefix6;

	drain->prefix6_count = 0;
	drain->carried_prefix6 = false;
	return is_known && read_recent_prefixes6(drain) ? 0 : read_all_prefixes6(drain);
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

		entry->count =
			prefix_take(minute, left, &prefix, old->used ? old->count : none, is);
		if (entry->count.response != is.response || entry->count.other != is.other)
			drain->carried_prefix6 = true;
	}
	qsort(minute->prefixes + first, minute->prefix_count - first, sizeof(*minute->prefixes),
		compare_prefixes);
}

/* -- All of it ----------------------------------------------------------------------------- */

void drain_sport53_catch_up(struct drain *drain)
{
	/* Each entry that was written into next last time, whichever copy that is by now. */
	for (uint32_t i = 0; i < drain->prefix6_count; i++) {
		uint32_t place = drain->prefix6_entries[i];

		drain->next->prefix6[place] = drain->was->prefix6[place];
	}
	if (!drain->was_prefixes)
		return;
	drain_prefixes_catch_up(drain);
}

int drain_sport53_read(struct drain *drain)
{
	int status = read_countries(drain);

	if (status || !drain->was_prefixes)
		return status;
	/* Now, that no packet is in a row that was read and in no page to visit. */
	drain_prefixes_visit(drain);
	drain_prefixes_read(drain);
	return read_prefixes6(drain);
}

void drain_sport53_emit(struct drain *drain, struct minute *minute)
{
	struct allowance left = {
		.response = minute->ledger[TT_UDP53_RESPONSE].packets,
		.other = minute->ledger[TT_UDP53_QUERY].packets +
			 minute->ledger[TT_UDP53_SHORT].packets,
	};

	emit_countries(drain, minute);
	if (drain->was_prefixes) {
		drain_prefixes_emit(drain, minute, &left);
		emit_prefixes6(drain, minute, &left);
	}
	/* Prefixes that are switched off, did not fit, or belong to frames without a table. */
	minute->prefixes_unlisted += left.response + left.other;
}
