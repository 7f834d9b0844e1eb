/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/kernel_table.h"

#include "user/geo/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(TT_GEO_BLOCKS <= 65536, "a block's number fits into a root entry");

/* -- Blocks, at load time ------------------------------------------------------------------ */

/* Blocks by hash of their content; twice as many places as /16s. */
#define PLACES 131072u
#define PLACE_EMPTY UINT32_MAX

struct builder {
	const struct geo_steps *steps;
	size_t at; /* the step that holds the address next to be looked at */
	struct geo_blocks *blocks;
	uint32_t *place;
};

static uint32_t hash_block(const uint8_t *cells)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < 256; i += 8) {
		uint64_t word;

		memcpy(&word, cells + i, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return (uint32_t)(hash % PLACES);
}

/* The number of a block with these cells, new or old. */
static int store_block(struct builder *builder, const uint8_t *cells, uint32_t *number)
{
	struct geo_blocks *blocks = builder->blocks;
	uint32_t place = hash_block(cells);

	for (; builder->place[place] != PLACE_EMPTY; place = (place + 1) % PLACES) {
		if (memcmp(blocks->block[builder->place[place]], cells, 256) == 0) {
			*number = builder->place[place];
			return 0;
		}
	}
	if (blocks->count == blocks->capacity) {
		size_t capacity = blocks->capacity ? blocks->capacity * 2 : 64;
		void *block = realloc(blocks->block, capacity * sizeof(*blocks->block));

		if (!block)
			return -ENOMEM;
		blocks->block = block;
		blocks->capacity = capacity;
	}
	*number = (uint32_t)blocks->count++;
	memcpy(blocks->block[*number], cells, 256);
	builder->place[place] = *number;
	return 0;
}

/* The country with most addresses of first..last, which several steps share. */
static country_id weigh(struct builder *builder, uint64_t first, uint64_t last)
{
	const struct geo_steps *steps = builder->steps;
	uint32_t held[COUNTRY_COUNT] = {0};
	country_id best = steps->country[builder->at];

	while (first <= last) {
		uint64_t end = geo_steps_end(steps, builder->at);
		uint64_t stop = end < last ? end : last;

		held[steps->country[builder->at]] += (uint32_t)(stop - first + 1);
		first = stop + 1;
		builder->at += end == stop && builder->at + 1 < steps->count;
	}
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++)
		if (held[i] > held[best] || (i < best && held[i] == held[best]))
			best = (country_id)i;
	return best;
}

/* The country of first..last; the builder moves behind them. */
static country_id take(struct builder *builder, uint64_t first, uint64_t last)
{
	const struct geo_steps *steps = builder->steps;
	uint64_t end = geo_steps_end(steps, builder->at);
	country_id country = steps->country[builder->at];

	if (end < last)
		return weigh(builder, first, last);
	builder->at += end == last && builder->at + 1 < steps->count;
	return country;
}

static int build_root(struct builder *builder)
{
	const struct geo_steps *steps = builder->steps;

	for (uint64_t i = 0; i < 65536; i++) {
		uint64_t first = i << 16;
		uint8_t cells[256];

		if (geo_steps_end(steps, builder->at) >= first + 65535)
			memset(cells, country_cell(take(builder, first, first + 65535)), 256);
		else
			for (unsigned int j = 0; j < 256; j++)
				cells[j] = country_cell(
					take(builder, first + (j << 8), first + (j << 8) + 255));
		if (store_block(builder, cells, &builder->blocks->root[i]))
			return -ENOMEM;
	}
	return 0;
}

int geo_derive_kernel(struct geo *geo)
{
	struct builder builder = {.steps = &geo->v4, .blocks = &geo->blocks};
	int result;

	builder.place = malloc(PLACES * sizeof(*builder.place));
	if (!builder.place)
		return -ENOMEM;
	memset(builder.place, 0xff, PLACES * sizeof(*builder.place));
	result = build_root(&builder);
	free(builder.place);
	geo->boundaries6 = 1;
	for (size_t i = 1; i < geo->v6.count; i++)
		geo->boundaries6 +=
			country_cell(geo->v6.country[i]) != country_cell(geo->v6.country[i - 1]);
	return result;
}

/* -- Filling ------------------------------------------------------------------------------- */

static void fill_ipv6(const struct geo_steps *steps, struct tt_geo *out)
{
	uint32_t count = 0;
	uint32_t top = 0;

	for (size_t i = 0; i < steps->count; i++) {
		uint8_t cell = country_cell(steps->country[i]);

		if (i && cell == country_cell(steps->country[i - 1]))
			continue;
		for (; top <= steps->start[i] >> 48; top++)
			out->index6[top] = count;
		out->boundary6[count] = steps->start[i];
		out->cell6[count] = cell;
		count++;
	}
	for (; top < sizeof(out->index6) / sizeof(out->index6[0]); top++)
		out->index6[top] = count;
}

int geo_fill_kernel(const struct geo *geo, struct tt_geo *out, struct geo_error *error)
{
	const struct geo_blocks *blocks = &geo->blocks;

	if (blocks->count > TT_GEO_SAME || geo->boundaries6 > TT_GEO_BOUNDARIES6)
		return geo_fail(error, ENOSPC, NULL, 0,
			"the country data need %zu blocks of 256 IPv4 /24s and %zu IPv6 "
			"boundaries; the kernel's table has %u and %u: use data with fewer ranges",
			blocks->count, geo->boundaries6, TT_GEO_SAME, TT_GEO_BOUNDARIES6);
	for (size_t i = 0; i < 65536; i++)
		out->root[i] = (uint16_t)blocks->root[i];
	if (blocks->count)
		memcpy(out->block, blocks->block, blocks->count * sizeof(blocks->block[0]));
	for (unsigned int i = 0; i < TT_CELLS; i++)
		out->block[TT_GEO_SAME][i] = (uint8_t)i;
	fill_ipv6(&geo->v6, out);
	return 0;
}
