/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a country file: registry statistics, lists, MMDB, gzip'd or not. What loads must
 * answer for every address, fill the kernel's table alike, and be sorted.
 */
#include "user/geo/kernel_table.h"
#include "user/geo/private.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct geo_steps *steps)
{
	if (steps->count == 0 || steps->start[0] != 0)
		abort();
	for (size_t i = 0; i < steps->count; i++) {
		if (steps->country[i] >= COUNTRY_COUNT)
			abort();
		if (i && (steps->start[i] <= steps->start[i - 1] ||
				 steps->country[i] == steps->country[i - 1]))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tt_geo kernel;
	struct geo *geo GEO_CLEANUP = NULL;
	struct geo_error error;

	if (geo_load_content("fuzz", data, size, &geo, &error))
		return 0;
	check(&geo->v4);
	check(&geo->v6);
	if (geo_fill_kernel(geo, &kernel, &error))
		return 0;
	for (size_t i = 0; i < geo->v6.count; i++)
		for (int beside = -1; beside <= 1; beside++) {
			uint64_t upper = geo->v6.start[i] + (uint64_t)beside;

			if (geo_kernel_lookup6(&kernel, upper) !=
				country_cell(geo_lookup6(geo, upper)))
				abort();
		}
	for (size_t i = 0; i < geo->v4.count; i++)
		if (geo_kernel_lookup4(&kernel, (uint32_t)geo->v4.start[i]) >= TT_CELLS)
			abort();
	return 0;
}
