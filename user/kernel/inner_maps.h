/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps within maps: each CPU's counters and prefixes, and the two country tables. libbpf makes
 * only templates of them.
 */
#ifndef TEITEN_KERNEL_INNER_MAPS_H
#define TEITEN_KERNEL_INNER_MAPS_H

#include "user/kernel/program.h"

#include <stdint.h>

/* BTF ids of the templates: libbpf forgets the templates when it loads. */
struct inner_types {
	uint32_t counts, cells, prefixes, sources, geo; /* value types */
	uint32_t key;
};

void inner_types_remember(const struct sensor *skeleton, struct inner_types *types);

/*
 * Open what the slots hold, make what they lack, map everything into *program (tables, geo,
 * geo_fd). What is made for a CPU is pinned in the pin directory, as counts_<cpu> and
 * prefixes_<cpu>: so a start without CAP_SYS_ADMIN can open it. Slots of CPUs that are not to have
 * a table stay as they are.
 */
int inner_maps_open(
	struct program *program, const struct inner_types *types, struct kernel_error *error);

#endif
