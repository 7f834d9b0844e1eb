/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The country table in the form that the XDP program searches (struct tt_geo, bpf/contract.h): its
 * cells are those of the kernel's rows, country_cell().
 *
 * A /24 that several countries share takes the one that holds most of its addresses, addresses
 * without a country (ZZ) counted like a country of their own; ties go to the lower id. IPv6 is as
 * exact as geo_lookup6(). Equal blocks are stored once.
 */
#ifndef TEITEN_GEO_KERNEL_TABLE_H
#define TEITEN_GEO_KERNEL_TABLE_H

#include "bpf/contract.h"
#include "user/geo/error.h"
#include "user/geo/table.h"

/*
 * Fill *out, whatever it held before. Every part that a lookup can reach is written; blocks and
 * boundaries behind the last one are left as they were, and no lookup reads them. The last block of
 * all, TT_GEO_SAME, is written as the program wants it.
 *
 * boundary6[0] is always 0, so that every address has a boundary at or before it.
 *
 * Returns 0, or -ENOSPC with the numbers in *error (which may be NULL) and *out untouched when the
 * table needs more than TT_GEO_SAME or TT_GEO_BOUNDARIES6. Allocates nothing, and is a copy of
 * some megabytes: the work was done when the table was loaded.
 */
int geo_fill_kernel(const struct geo *geo, struct tt_geo *out, struct geo_error *error);

/* -- The kernel's lookup in plain C, for tests and for replays without a kernel ------------ */

/* The cell of an IPv4 address in host order. */
static inline country_id geo_kernel_lookup4(const struct tt_geo *geo, uint32_t address)
{
	return geo->block[geo->root[address >> 16]][address >> 8 & 255];
}

/* The cell of an IPv6 address by its upper 64 bits. */
static inline country_id geo_kernel_lookup6(const struct tt_geo *geo, uint64_t upper64)
{
	uint32_t top = (uint32_t)(upper64 >> 48);
	uint32_t low = geo->index6[top];
	uint32_t high = geo->index6[top + 1];

	/* Find the first boundary above the address; the one before it holds. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (geo->boundary6[middle] <= upper64)
			low = middle + 1;
		else
			high = middle;
	}
	return geo->cell6[low - 1];
}

#endif
