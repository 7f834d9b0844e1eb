/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The common factor g: what moves all series at once is the sensor (its address space, its path),
 * not a spike. g is the median of observed over expected of the busy series, ten minutes at a time;
 * between .8 and 1.25 it counts as 1.
 *
 * Its event: a rise is told after COMMON_RISE_BLOCKS blocks of ten minutes, a fall after
 * COMMON_FALL_BLOCKS, since a path that loses half its packets for some hours changes nothing about
 * the sensor; both end after COMMON_CALM_BLOCKS blocks at 1. What was much the same at this hour
 * yesterday, within COMMON_SAME, is a rhythm that the seasons have not learned yet: it opens
 * nothing.
 */
#ifndef TEITEN_DETECT_COMMON_MODE_H
#define TEITEN_DETECT_COMMON_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMON_MIN_SERIES 30
#define COMMON_MIN_RATE 90.f   /* packets an hour: busy */
#define COMMON_MIN_EXPOSED 3.f /* minutes of a block */

#define COMMON_RISE_BLOCKS 3
#define COMMON_FALL_BLOCKS 30
#define COMMON_CALM_BLOCKS 30
#define COMMON_SAME 1.3f

struct common_mode {
	float factor;  /* g of the running block; 1 = nothing common */
	bool is_open;  /* an event is open */
	uint8_t rises; /* consecutive blocks above 1, */
	uint8_t falls; /* below 1, */
	uint8_t calms; /* at 1; each stops at 255 */
};

/*
 * g from the ratios observed/expected of count busy series (reordered): their median when there are
 * COMMON_MIN_SERIES and it leaves .8 .. 1.25, else 1.
 */
float common_factor(float *ratios, size_t count);

/* The block ends with common->factor; yesterday is g of this hour then, 1 if unknown. Returns +1
 * when the event opens, -1 when it ends, else 0. */
int common_mode_block(struct common_mode *common, float yesterday);

#endif
