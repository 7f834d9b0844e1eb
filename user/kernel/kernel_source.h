/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loaded program as a source of minutes: live, and under a replay. */
#ifndef TEITEN_KERNEL_KERNEL_SOURCE_H
#define TEITEN_KERNEL_KERNEL_SOURCE_H

#include "user/kernel/drain.h"
#include "user/model/source.h"

struct kernel_source {
	struct source source; /* in front */
	struct program *program;
	struct drain *drain;
	struct tally short_eth; /* frames too short to run (replay); added to the next minute */
	uint64_t
		drained_ns; /* set by the caller before each minute: when it ends, CLOCK_BOOTTIME */
};

/* Fill in *kernel_source; program and drain are borrowed. */
void kernel_source_init(
	struct kernel_source *kernel_source, struct program *program, struct drain *drain);

/* CLOCK_BOOTTIME in nanoseconds: it goes on while the machine sleeps, and outlives the process. */
uint64_t kernel_source_now(void);

#endif
