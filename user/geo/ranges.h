/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address ranges that one file lists, as they stand in it.
 */
#ifndef TEITEN_GEO_RANGES_H
#define TEITEN_GEO_RANGES_H

#include "user/geo/error.h"
#include "user/geo/steps.h"

#include <stdbool.h>

/* Ranges of one family in one file: four times what the largest country lists have. 160 MiB. */
#define GEO_MAX_RANGES ((size_t)4 << 20)

/*
 * First and last address. IPv6: upper and lower 64 bits. IPv4: the address is the upper half, the
 * lower one is 0 in the first and UINT64_MAX in the last address.
 */
struct geo_range {
	uint64_t first, first_low;
	uint64_t last, last_low;
	uint32_t line; /* of the file, from 1; 0 = the file has no lines */
	country_id country;
};

struct geo_ranges {
	struct geo_range *list;
	size_t count;
	size_t capacity;
	bool unsorted;
};

/* Returns 0, -ENOMEM, or -E2BIG when there are GEO_MAX_RANGES (nothing is added then). */
int geo_ranges_add(struct geo_ranges *ranges, const struct geo_range *range);

/* Sort by address; -EINVAL when two ranges share an address (the sentence names both lines). */
int geo_ranges_sort(
	struct geo_ranges *ranges, const char *file, bool is_v6, struct geo_error *error);

/*
 * Sorted ranges without overlap -> steps, GEO_SILENT between them; *steps is empty before, but
 * for its last key. The unit is the key: an IPv6 /64 that several ranges share goes to the country
 * that has most of what is listed in it (ties: the lower id). Returns 0 or -ENOMEM.
 */
int geo_ranges_to_steps(const struct geo_ranges *ranges, struct geo_steps *steps);

void geo_ranges_release(struct geo_ranges *ranges);

#endif
