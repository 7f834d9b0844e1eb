/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sampled packets of a loaded program (program_parameters.samples): what is sampled, and taking
 * what was. Without system calls: rings and plan are mapped memory.
 */
#ifndef TEITEN_KERNEL_SAMPLES_H
#define TEITEN_KERNEL_SAMPLES_H

#include "user/kernel/program.h"
#include "user/model/sampling.h"

#include <stdbool.h>

/*
 * Sample by this plan from now on. Rows that an earlier plan armed, of this process or of one
 * before it, are armed no longer unless they are in this one.
 */
void samples_plan(struct program *program, const struct sampling_plan *plan);

/*
 * Take every sample that waits, CPU by CPU, each in order of time. clock_ns is what to add to a
 * sample's time: Unix less CLOCK_BOOTTIME when live, 0 in a replay. visit NULL: drop them.
 */
void samples_take(struct program *program, int64_t clock_ns, sample_visit *visit, void *context);

/* Whether a ring is at least half full: time to take them. */
bool samples_are_many(const struct program *program);

/* Summed over CPUs. While programs run, a packet under way may be selected and not yet the rest. */
struct sampling_counts samples_counts(const struct program *program);

#endif
