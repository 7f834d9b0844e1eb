/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A counter of what was lost, looked at now and then: since when it grows, and whether it has
 * stopped. One condition for a flood, not one a minute.
 */
#ifndef TEITEN_MODEL_LOSS_H
#define TEITEN_MODEL_LOSS_H

#include <stdbool.h>
#include <stdint.h>

/* A loss is over when the counter has not grown for so long; half a minute less, as looks jitter.
 */
#define LOSS_QUIET_NS (570 * 1000000000ULL)

/* Begins as zero: nothing has been lost yet. */
struct loss {
	uint64_t total;
	uint64_t grown_ns; /* when it was last seen to have grown */
	bool holds;
};

/* The counter stands at total. What it gained since the last look; 0 when it began anew. */
uint64_t loss_gained(struct loss *loss, uint64_t total);

/* Whether the loss goes on, at now_ns of a clock that nobody sets, with what the look gained. */
bool loss_holds(struct loss *loss, uint64_t gained, uint64_t now_ns);

#endif
