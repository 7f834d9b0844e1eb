/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/evidence/resolvers.h"

#include <stdlib.h>
#include <string.h>

struct resolvers {
	size_t capacity;
	size_t count;
	/* Open addressing, linear probing, twice as many places as entries: number + 1, 0 = free.
	 */
	uint32_t *index;
	size_t places;
	struct resolver list[];
};

struct resolvers *resolvers_new(size_t capacity)
{
	struct resolvers *fresh = calloc(1, sizeof(*fresh) + capacity * sizeof(struct resolver));

	if (!fresh)
		return NULL;
	fresh->capacity = capacity;
	fresh->places = 2 * capacity;
	fresh->index = calloc(fresh->places, sizeof(fresh->index[0]));
	if (fresh->index)
		return fresh;
	free(fresh);
	return NULL;
}

void resolvers_free(struct resolvers *resolvers)
{
	if (resolvers)
		free(resolvers->index);
	free(resolvers);
}

bool resolvers_is_candidate(const struct seen *seen)
{
	uint16_t flags = seen->parts.dns_flags;

	return seen->sample.class == TT_UDP53_RESPONSE && seen->parts.has_dns && (flags & DNS_QR) &&
	       !(flags & DNS_OPCODE) && (flags & DNS_RA) && (flags & DNS_RCODE) != 5;
}

static struct resolver new_entry(const struct seen *seen)
{
	struct address128 source = seen->parts.source;
	struct resolver fresh = {
		.is_v6 = seen->parts.is_v6,
		.country = seen->country,
		.first = seen->time_ns / 1000000000,
	};
	unsigned int first = fresh.is_v6 ? 0 : 12;

	for (unsigned int i = first; i < 16; i++)
		fresh.address[i - first] = (uint8_t)(i < 8 ? source.high >> (56 - 8 * i)
							   : source.low >> (120 - 8 * i));
	return fresh;
}

/* Sources choose their addresses, but a crowded table costs time alone, and bounded. */
static size_t place_of(const struct resolvers *resolvers, const struct resolver *entry)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (unsigned int i = 0; i < 16; i++)
		hash = (hash ^ entry->address[i]) * 0x100000001b3ULL;
	return (size_t)((hash ^ hash >> 32) % resolvers->places);
}

static bool is_same(const struct resolver *a, const struct resolver *b)
{
	return a->is_v6 == b->is_v6 && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* The entry of that source, made when there is room; NULL otherwise. */
static struct resolver *find(struct resolvers *resolvers, const struct resolver *fresh)
{
	size_t place = place_of(resolvers, fresh);

	while (resolvers->index[place]) {
		struct resolver *entry = &resolvers->list[resolvers->index[place] - 1];

		if (is_same(entry, fresh))
			return entry;
		place = (place + 1) % resolvers->places;
	}
	if (resolvers->count == resolvers->capacity)
		return NULL;
	resolvers->list[resolvers->count] = *fresh;
	resolvers->index[place] = (uint32_t)++resolvers->count;
	return &resolvers->list[resolvers->count - 1];
}

bool resolvers_add(struct resolvers *resolvers, const struct seen *seen)
{
	struct resolver fresh = new_entry(seen), *entry = find(resolvers, &fresh);

	if (!entry)
		return false;
	entry->packets++;
	if (fresh.first < entry->first)
		entry->first = fresh.first;
	if (fresh.first >= entry->last) {
		entry->last = fresh.first;
		entry->rcode = seen->parts.dns_flags & DNS_RCODE;
	}
	if (seen->parts.payload > entry->max_length)
		entry->max_length = seen->parts.payload;
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct resolver *x = a, *y = b;

	if (x->is_v6 != y->is_v6)
		return x->is_v6 ? 1 : -1;
	return memcmp(x->address, y->address, sizeof(x->address));
}

const struct resolver *resolvers_list(struct resolvers *resolvers, size_t *count)
{
	/* The index is of the order before. */
	memset(resolvers->index, 0, resolvers->places * sizeof(resolvers->index[0]));
	qsort(resolvers->list, resolvers->count, sizeof(resolvers->list[0]), by_address);
	for (size_t i = 0; i < resolvers->count; i++) {
		size_t place = place_of(resolvers, &resolvers->list[i]);

		while (resolvers->index[place])
			place = (place + 1) % resolvers->places;
		resolvers->index[place] = (uint32_t)i + 1;
	}
	*count = resolvers->count;
	return resolvers->list;
}

void resolvers_clear(struct resolvers *resolvers)
{
	if (resolvers->count == 0)
		return;
	memset(resolvers->index, 0, resolvers->places * sizeof(resolvers->index[0]));
	memset(resolvers->list, 0, resolvers->count * sizeof(resolvers->list[0]));
	resolvers->count = 0;
}
