/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/ranges.h"

#include "user/lib/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int geo_ranges_add(struct geo_ranges *ranges, const struct geo_range *range)
{
	if (ranges->count == GEO_MAX_RANGES)
		return -E2BIG;
	if (ranges->count == ranges->capacity) {
		size_t capacity = ranges->capacity ? ranges->capacity * 2 : 256;
		struct geo_range *list = realloc(ranges->list, capacity * sizeof(*list));

		if (!list)
			return -ENOMEM;
		ranges->list = list;
		ranges->capacity = capacity;
	}
	if (ranges->count && range->first < ranges->list[ranges->count - 1].first)
		ranges->unsorted = true;
	ranges->list[ranges->count++] = *range;
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct geo_range *left = a, *right = b;

	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	if (left->first_low != right->first_low)
		return left->first_low < right->first_low ? -1 : 1;
	return (left->line > right->line) - (left->line < right->line);
}

static bool overlap(const struct geo_range *left, const struct geo_range *right)
{
	return right->first < left->last ||
	       (right->first == left->last && right->first_low <= left->last_low);
}

static void format_first(const struct geo_range *range, bool is_v6, char text[TEXT_ADDRESS_MAX])
{
	struct text_address address = {.is_v6 = is_v6};
	unsigned int half = is_v6 ? 8 : 4;

	for (unsigned int i = 0; i < half; i++) {
		address.bytes[i] = (uint8_t)(range->first >> 8 * (half - 1 - i));
		if (is_v6)
			address.bytes[8 + i] = (uint8_t)(range->first_low >> 8 * (7 - i));
	}
	text_format_address(&address, text);
}

int geo_ranges_sort(
	struct geo_ranges *ranges, const char *file, bool is_v6, struct geo_error *error)
{
	/* Published lists are sorted by address but for IPv6 ranges within one /64. */
	bool unsorted = ranges->unsorted;

	for (size_t i = 1; i < ranges->count && !unsorted; i++)
		unsorted = by_first(&ranges->list[i - 1], &ranges->list[i]) > 0;
	if (unsorted)
		qsort(ranges->list, ranges->count, sizeof(*ranges->list), by_first);
	ranges->unsorted = false;
	for (size_t i = 1; i < ranges->count; i++) {
		const struct geo_range *left = &ranges->list[i - 1];
		const struct geo_range *right = &ranges->list[i];
		bool in_order = left->line < right->line;
		char text[TEXT_ADDRESS_MAX];

		if (!overlap(left, right))
			continue;
		format_first(right, is_v6, text);
		return geo_fail(error, EINVAL, file, in_order ? right->line : left->line,
			"this range and the one of line %u both hold %s; a file may list an "
			"address once (put corrections into a file of their own, given later)",
			in_order ? left->line : right->line, text);
	}
	return 0;
}

/* How many of a key's 2^64 addresses a range holds that shares the key with another one. */
static uint64_t share_of(const struct geo_range *range, uint64_t key)
{
	uint64_t low = range->first == key ? range->first_low : 0;
	uint64_t high = range->last == key ? range->last_low : UINT64_MAX;

	return high - low + 1;
}

/* The country with most of a key, among the ranges from list[0] on that touch it. */
static country_id settle(const struct geo_range *list, size_t count, uint64_t key)
{
	uint64_t held[COUNTRY_COUNT] = {0};
	country_id best = list[0].country;

	for (size_t i = 0; i < count && list[i].first <= key; i++) {
		uint64_t share = share_of(&list[i], key);
		country_id country = list[i].country;

		held[country] =
			UINT64_MAX - held[country] < share ? UINT64_MAX : held[country] + share;
	}
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++)
		if (held[i] > held[best] || (held[i] == held[best] && held[i] > 0 && i < best))
			best = (country_id)i;
	return best;
}

struct pen {
	struct geo_steps *steps;
	uint64_t next; /* the first key not yet drawn */
	bool full;     /* the last key is drawn */
};

static int draw(struct pen *pen, uint64_t first, uint64_t last, country_id country)
{
	int result = 0;

	if (first > pen->next)
		result = geo_steps_append(pen->steps, pen->next, GEO_SILENT);
	if (result == 0)
		result = geo_steps_append(pen->steps, first, country);
	pen->full = last == pen->steps->last;
	pen->next = last + 1;
	return result;
}

int geo_ranges_to_steps(const struct geo_ranges *ranges, struct geo_steps *steps)
{
	struct pen pen = {.steps = steps};
	int result = 0;

	for (size_t i = 0; i < ranges->count && !pen.full && result == 0; i++) {
		const struct geo_range *range = &ranges->list[i];
		uint64_t first = range->first > pen.next ? range->first : pen.next;
		bool shared = i + 1 < ranges->count && range[1].first == range->last;

		if (range->last < first)
			continue; /* its only key is settled */
		if (!shared) {
			result = draw(&pen, first, range->last, range->country);
			continue;
		}
		if (first < range->last)
			result = draw(&pen, first, range->last - 1, range->country);
		if (result == 0)
			result = draw(&pen, range->last, range->last,
				settle(range, ranges->count - i, range->last));
	}
	if (result == 0 && !pen.full)
		result = geo_steps_append(steps, pen.next, GEO_SILENT);
	return result;
}

void geo_ranges_release(struct geo_ranges *ranges)
{
	free(ranges->list);
	*ranges = (struct geo_ranges){0};
}
