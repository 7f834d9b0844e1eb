/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loaded sensor: program and maps, made anew or taken over from pins, with every table mapped
 * into this process. Needs root. Attaching is attach.h, reading is drain.h.
 */
#ifndef TEITEN_KERNEL_PROGRAM_H
#define TEITEN_KERNEL_PROGRAM_H

#include "bpf/contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sensor; /* libbpf's skeleton */

/* What went wrong, in a sentence for the operator. */
struct kernel_error {
	char text[512];
};

/* Write *error; returns code, so that `return kernel_fail(error, -EINVAL, ...)` reads well. */
int kernel_fail(struct kernel_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct program_parameters {
	enum tt_verdict verdict;
	bool countries;
	bool prefixes;
	bool sources; /* estimate distinct sources */
	bool frags;   /* load for multi-buffer frames */
	bool replay;  /* count what a test run had to cut off */
	bool samples; /* sample packets (user/kernel/samples.h) */
	const struct tt_target *targets;
	size_t target_count;       /* at most TT_MAX_TARGETS */
	const char *pin_directory; /* take maps over from here where they exist; NULL: never */
	/*
	 * Of the hashes in sketches: sketches join only under the same salt, and who knows it can
	 * choose sources that collide.
	 */
	uint64_t salt[2];
	int only_cpu; /* make a table for this CPU alone; -1: for every online CPU */
};

struct cpu_table {
	unsigned int cpu;
	const struct tt_counts *counts;
	const struct tt_cells *cells;       /* NULL when countries are off */
	const struct tt_prefixes *prefixes; /* NULL when prefixes are off */
	struct tt_cpu_sources *sources;     /* the half that rests is zeroed by drain_sources.c */
};

struct program {
	struct sensor *skeleton;
	int fd; /* of the XDP program */
	struct program_parameters parameters;
	struct tt_control *control;
	struct cpu_table *tables;
	size_t table_count;
	unsigned int possible_cpus;
	struct tt_orphans *orphans; /* room for one a possible CPU: a read of the per-CPU array */
	/* Country tables: [geo_active] is in use, the other is spare; never written while in use.
	 */
	struct tt_geo *geo[2];
	int geo_fd[2];
	unsigned int geo_active;
	uint64_t geo_swaps; /* begun since it was loaded */
	/* The two copies of what was drained; rows and cells side by side, by [row][copy]. Cells
	 * and prefixes are NULL when they are off. */
	struct tt_drained *drained[2];
	struct tt_drained_rows *drained_rows;
	struct tt_drained_cells *drained_cells;
	struct tt_prefixes *drained_prefixes[2];
	struct tt_last_minute *last_minute;
	struct tt_lanes *lanes;
	struct tt_sampler *samplers; /* one for each possible CPU */
	struct tt_sampling *sampling;
	struct tt_birth birth;
	bool is_taken_over;   /* the maps were pinned: their counts go on */
	bool keeps_cells;     /* and with them parameters.countries, against the caller's */
	bool leaves_prefixes; /* pinned tables of prefixes stay, though they are switched off */
	bool is_pinned;       /* by this process */
	bool is_final;        /* nothing can be loaded any more: privileges have been dropped */
	/* Of the maps that go on: sketches hold sources under another salt, or lack some. */
	bool are_sketches_mixed;
};

/*
 * Load. On failure *program is untouched and *error says what to do: -EPERM (not root), -ENOMEM
 * (with the amount), -EOPNOTSUPP (the kernel lacks a feature), others as libbpf returned them.
 */
int program_load(const struct program_parameters *parameters, struct program **program,
	struct kernel_error *error);

/*
 * Load the same program once more over the same maps, with or without multi-buffer support: the
 * attach ladder's next rung. -EPERM once the program is final.
 */
int program_reload(struct program *program, bool frags, struct kernel_error *error);

/* Unmap and close. Pinned maps and links live on. NULL is fine. */
void program_free(struct program *program);

/*
 * Pin every map below directory, mode 0640, those already there excepted. Once is enough: a second
 * call does nothing.
 */
int program_pin(struct program *program, const char *directory, struct kernel_error *error);

/* Memory that program_load() takes: one CPU's tables, and what exists once (bytes). */
size_t program_memory_per_cpu(const struct program_parameters *parameters);
size_t program_memory_shared(const struct program_parameters *parameters);

/* -ENOMEM, with a sentence that says how much the tables of the CPUs that are online take. */
int program_memory_fail(const struct program_parameters *parameters, struct kernel_error *error);

/* CPUs that are online now; at least 1. */
unsigned int program_online_cpus(void);

/*
 * Put the spare country table, filled by the caller through program_spare_geo(), into use. Waits
 * until no running program uses the old one, which becomes the spare.
 */
struct tt_geo *program_spare_geo(struct program *program);
int program_swap_geo(struct program *program);

/* Wait until every program that runs now has ended (8 to 25 ms). */
int program_wait(struct program *program);

/* The sketches of both halves are of sources counted by this salt from an epoch's beginning on. */
void program_keep_sources(struct program *program);

#endif
