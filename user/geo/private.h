/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of a country table; for user/geo alone.
 */
#ifndef TEITEN_GEO_PRIVATE_H
#define TEITEN_GEO_PRIVATE_H

#include "user/geo/steps.h"
#include "user/geo/table.h"

/* The kernel's form of the IPv4 part, as bpf/contract.h describes it, without its limits. */
struct geo_blocks {
	uint32_t root[65536];
	uint8_t (*block)[256];
	size_t count;
	size_t capacity;
};

struct geo {
	struct geo_steps v4;
	struct geo_steps v6;
	struct geo_blocks blocks;
	size_t boundaries6; /* steps of v6 when cells are told apart, not countries */
	struct geo_file_info *files;
	struct geo_info info;
};

/* Derive blocks and boundaries6 from v4 and v6. Returns 0 or -ENOMEM. */
int geo_derive_kernel(struct geo *geo);

#endif
