/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of program share, and no one else includes.
 */
#ifndef TEITEN_KERNEL_PROGRAM_PRIVATE_H
#define TEITEN_KERNEL_PROGRAM_PRIVATE_H

#include "user/kernel/program.h"

struct bpf_map;

/* -- program_tables.c: the maps' values in this process */

/* Map what every CPU shares, and the samplers, which are off. On failure what was mapped stays. */
int program_map_tables(struct program *program);
/* Unmap every table, those of the CPUs and countries too. */
void program_unmap_tables(struct program *program);

/* -- program_pins.c: counters that outlive the process */

/* Maps that hold this run's constants are never shared or pinned. */
bool program_is_constant_map(const struct bpf_map *map);
/*
 * Counters that are taken over keep their choice of cells: cells that missed packets would never
 * again sum to their row.
 */
void program_keep_cells(struct program *program);
/* Take over every map that is pinned. Returns how many were, or a negative errno. */
int program_reuse_pins(struct sensor *skeleton, const char *directory, struct kernel_error *error);

#endif
