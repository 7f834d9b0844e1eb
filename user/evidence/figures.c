/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/evidence/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A source, or a prefix, and its packets. */
struct origin {
	struct address128 address;
	double packets;
	country_id country;
};

struct figures {
	struct origin origins[WINDOW_SAMPLES];
	struct address128 destinations[WINDOW_SAMPLES];
};

struct figures *figures_new(void)
{
	return calloc(1, sizeof(struct figures));
}

void figures_free(struct figures *figures)
{
	free(figures);
}

double figures_distinct(double distinct, double samples, double packets, double limit)
{
	double low = distinct, high = fmin(packets, limit);

	if (samples >= packets || distinct < 1 || high <= low)
		return fmin(distinct, limit);
	/* All different: nothing bounds it from above but the packets. */
	for (unsigned int i = 0; i < 60; i++) {
		double k = low + (high - low) / 2;

		if (-k * expm1(samples * log1p(-1 / fmax(k, 1 + 1e-9))) < distinct)
			low = k;
		else
			high = k;
	}
	return low;
}

/* -- Sources and prefixes ------------------------------------------------------------------ */

static int compare(const struct address128 *a, const struct address128 *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

static int by_address(const void *a, const void *b)
{
	return compare(&((const struct origin *)a)->address, &((const struct origin *)b)->address);
}

static int address_order(const void *a, const void *b)
{
	return compare(a, b);
}

static bool is_mapped4(const struct address128 *address)
{
	return address->high == 0 && address->low >> 32 == 0xffff;
}

/* The /24, or the /48. */
static struct address128 prefix_of(const struct address128 *address)
{
	if (is_mapped4(address))
		return (struct address128){.low = address->low & ~0xffULL};
	return (struct address128){.high = address->high & ~0xffffULL};
}

/* Add up what has the same address; sorted before and after. Returns how many are left. */
static size_t merge(struct origin *origins, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept && compare(&origins[kept - 1].address, &origins[i].address) == 0)
			origins[kept - 1].packets += origins[i].packets;
		else
			origins[kept++] = origins[i];
	}
	return kept;
}

static void write64(uint8_t *bytes, uint64_t number)
{
	for (unsigned int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> (56 - 8 * i));
}

static struct event_origin describe(const struct origin *origin, double total)
{
	struct event_origin told = {
		.is_v6 = !is_mapped4(&origin->address),
		.country = origin->country,
		.packets = origin->packets,
		.share = origin->packets / total,
	};

	if (told.is_v6) {
		write64(told.bytes, origin->address.high);
		write64(told.bytes + 8, origin->address.low);
	} else {
		uint8_t low[8];

		write64(low, origin->address.low);
		memcpy(told.bytes, low + 4, 4);
	}
	return told;
}

/* Of equals the lower address. */
static void rank(struct event_evidence *evidence, const struct origin *origin, double total)
{
	unsigned int place = evidence->top_prefix_count;

	while (place > 0 && evidence->top_prefixes[place - 1].packets < origin->packets)
		place--;
	if (place == EVENT_TOP_PREFIXES)
		return;
	if (evidence->top_prefix_count < EVENT_TOP_PREFIXES)
		evidence->top_prefix_count++;
	for (unsigned int i = evidence->top_prefix_count - 1; i > place; i--)
		evidence->top_prefixes[i] = evidence->top_prefixes[i - 1];
	evidence->top_prefixes[place] = describe(origin, total);
}

/* Returns the number of distinct sources seen. */
static size_t fill_origins(
	struct figures *figures, size_t count, country_id own, struct event_evidence *evidence)
{
	struct origin *origins = figures->origins;
	const struct origin *top = origins;
	double total = 0;
	size_t sources, domestic = 0, prefixes;

	qsort(origins, count, sizeof(origins[0]), by_address);
	sources = merge(origins, count);
	for (size_t i = 0; i < sources; i++) {
		total += origins[i].packets;
		domestic += origins[i].country == own;
		if (origins[i].packets > top->packets)
			top = &origins[i];
	}
	if (total <= 0)
		return 0;
	evidence->top_source = describe(top, total);
	if (own != COUNTRY_ZZ)
		evidence->own_country = (double)domestic / (double)sources;
	for (size_t i = 0; i < sources; i++)
		origins[i].address = prefix_of(&origins[i].address);
	prefixes = merge(origins, sources);
	for (size_t i = 0; i < prefixes; i++)
		rank(evidence, &origins[i], total);
	evidence->concentration = fmax(evidence->top_source.share, evidence->top_prefixes[0].share);
	return sources;
}

/* -- Destinations -------------------------------------------------------------------------- */

static size_t distinct_destinations(struct figures *figures, size_t count)
{
	struct address128 *list = figures->destinations;
	size_t kept = 0;

	qsort(list, count, sizeof(list[0]), address_order);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || compare(&list[i - 1], &list[i]) != 0)
			kept++;
	return kept;
}

/* -- What packets bear --------------------------------------------------------------------- */

struct bearings {
	double syns, mirai, zmap, masscan;
	double responses, recursion, answering, rcode[EVENT_RCODES];
};

static void add_dns(struct bearings *sum, const struct seen *seen, double weight)
{
	const struct dissected *parts = &seen->parts;
	unsigned int rcode = parts->dns_flags & DNS_RCODE;

	if (seen->sample.class != TT_UDP53_RESPONSE || !parts->has_dns)
		return;
	sum->responses += weight;
	sum->rcode[rcode] += weight;
	if (parts->dns_flags & DNS_RA)
		sum->recursion += weight;
	if (rcode == 0 && parts->dns_answers)
		sum->answering += weight;
}

static void add_bearings(struct bearings *sum, const struct seen *seen, double weight)
{
	add_dns(sum, seen, weight);
	/* The marks are of IPv4: others cannot bear them. */
	if (seen->sample.class != TT_TCP_SYN || seen->parts.is_v6)
		return;
	sum->syns += weight;
	sum->mirai += seen->parts.marks & MARK_MIRAI ? weight : 0;
	sum->zmap += seen->parts.marks & MARK_ZMAP ? weight : 0;
	sum->masscan += seen->parts.marks & MARK_MASSCAN ? weight : 0;
}

static void tell_bearings(const struct bearings *sum, struct event_evidence *evidence)
{
	if (sum->syns > 0) {
		evidence->mirai = sum->mirai / sum->syns;
		evidence->zmap = sum->zmap / sum->syns;
		evidence->masscan = sum->masscan / sum->syns;
	}
	if (sum->responses <= 0)
		return;
	evidence->recursion_available = sum->recursion / sum->responses;
	evidence->answering = sum->answering / sum->responses;
	for (unsigned int i = 0; i < EVENT_RCODES; i++)
		if (sum->rcode[i] > 0)
			evidence->rcodes[i] = sum->rcode[i] / sum->responses;
}

/* -- All of it ----------------------------------------------------------------------------- */

void figures_fill(struct figures *figures, const struct seen *const *seen, size_t count,
	uint64_t addresses, country_id own, struct event_evidence *evidence, double *sources)
{
	struct bearings bearings = {0};
	double packets = 0, distinct;
	int64_t oldest = INT64_MAX;
	size_t known = 0;

	for (size_t i = 0; i < count && known < WINDOW_SAMPLES; i++) {
		const struct dissected *parts = &seen[i]->parts;
		double weight = seen_weight(seen[i]);

		if (!parts->has_addresses)
			continue;
		packets += weight;
		oldest = seen[i]->time_ns < oldest ? seen[i]->time_ns : oldest;
		add_bearings(&bearings, seen[i], weight);
		figures->origins[known] = (struct origin){parts->source, weight, seen[i]->country};
		/* Of IPv6 the monitored /64. */
		figures->destinations[known] = parts->destination;
		if (parts->is_v6)
			figures->destinations[known].low = 0;
		known++;
	}
	if (known == 0)
		return;
	evidence->samples = (double)known;
	evidence->packets = packets;
	evidence->since = oldest / 1000000000;
	tell_bearings(&bearings, evidence);
	distinct = (double)fill_origins(figures, known, own, evidence);
	*sources = figures_distinct(distinct, (double)known, packets, INFINITY);
	if (addresses == 0)
		return;
	distinct = (double)distinct_destinations(figures, known);
	evidence->breadth = figures_distinct(distinct, (double)known, packets, (double)addresses) /
			    (double)addresses;
}
