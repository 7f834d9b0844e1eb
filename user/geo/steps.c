/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/steps.h"

#include <errno.h>
#include <stdlib.h>

static int grow(struct geo_steps *steps)
{
	size_t capacity = steps->capacity ? steps->capacity * 2 : 64;
	uint64_t *start = realloc(steps->start, capacity * sizeof(*start));
	country_id *country;

	if (!start)
		return -ENOMEM;
	steps->start = start;
	country = realloc(steps->country, capacity * sizeof(*country));
	if (!country)
		return -ENOMEM;
	steps->country = country;
	steps->capacity = capacity;
	return 0;
}

int geo_steps_append(struct geo_steps *steps, uint64_t start, country_id country)
{
	if (steps->count && steps->country[steps->count - 1] == country)
		return 0;
	if (steps->count == steps->capacity && grow(steps))
		return -ENOMEM;
	steps->start[steps->count] = start;
	steps->country[steps->count] = country;
	steps->count++;
	return 0;
}

size_t geo_steps_find(const struct geo_steps *steps, uint64_t key)
{
	size_t low = 0;
	size_t high = steps->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (steps->start[middle] <= key)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int geo_steps_overlay(struct geo_steps *under, const struct geo_steps *over)
{
	struct geo_steps merged = {.last = under->last};
	size_t u = 0, o = 0;
	uint64_t key = 0;

	for (;;) {
		country_id country = over->country[o];
		uint64_t u_end = geo_steps_end(under, u);
		uint64_t o_end = geo_steps_end(over, o);
		uint64_t end = u_end < o_end ? u_end : o_end;

		if (country == GEO_SILENT)
			country = under->country[u];
		if (geo_steps_append(&merged, key, country)) {
			geo_steps_release(&merged);
			return -ENOMEM;
		}
		if (end == under->last)
			break;
		u += u_end == end;
		o += o_end == end;
		key = end + 1;
	}
	geo_steps_release(under);
	*under = merged;
	return 0;
}

void geo_steps_release(struct geo_steps *steps)
{
	free(steps->start);
	free(steps->country);
	*steps = (struct geo_steps){.last = steps->last};
}
