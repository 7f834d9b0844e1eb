/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A map from every address of a family to a country, as steps:
 *
 *   start[0] = 0      start[1]          start[2]             ... last
 *   |-- country[0] --|-- country[1] ---|-- country[2] ----------|
 *
 * Keys are IPv4 addresses, or the upper 64 bits of IPv6 addresses. Starts ascend, neighbours
 * differ, and a key's country is that of the last step at or before it, so every key has one.
 */
#ifndef TEITEN_GEO_STEPS_H
#define TEITEN_GEO_STEPS_H

#include "user/model/country.h"

#include <stddef.h>
#include <stdint.h>

/* In the steps of one file: it says nothing of these addresses. Never a country. */
#define GEO_SILENT ((country_id)COUNTRY_COUNT)

struct geo_steps {
	uint64_t *start;
	country_id *country;
	size_t count;
	size_t capacity;
	uint64_t last; /* of the keys: UINT32_MAX or UINT64_MAX */
};

/*
 * Add a step behind the others; the first starts at 0, a further one above the last. A step of
 * the country before it is not stored. Returns 0 or -ENOMEM (steps unchanged).
 */
int geo_steps_append(struct geo_steps *steps, uint64_t start, country_id country);

/* The number of the step that holds key. steps->count > 0. */
size_t geo_steps_find(const struct geo_steps *steps, uint64_t key);

/* The last key of step i. */
static inline uint64_t geo_steps_end(const struct geo_steps *steps, size_t i)
{
	return i + 1 < steps->count ? steps->start[i + 1] - 1 : steps->last;
}

/*
 * Lay over upon *under: where over is not silent, it wins. The result replaces *under. Both have
 * steps and the same last key. Returns 0 or -ENOMEM (*under unchanged).
 */
int geo_steps_overlay(struct geo_steps *under, const struct geo_steps *over);

void geo_steps_release(struct geo_steps *steps);

#endif
