/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers as a reader wants them, and the ticks of an axis.
 */
#ifndef TEITEN_REPORT_DIGITS_H
#define TEITEN_REPORT_DIGITS_H

#include <stddef.h>
#include <stdint.h>

#define DIGITS_MAX 40

/* 1,234,567 */
void digits_count(uint64_t value, char text[DIGITS_MAX]);

/*
 * About three digits: <0.001, 0.012, 1.23, 12.3, 123, 1,234; whole numbers without a point. NaN and
 * infinities are an en dash, the mark of what is not known.
 */
void digits_rate(double value, char text[DIGITS_MAX]);

/* A share as 12.3 % (with a no-break space); below 0.05 % "<0.1 %". */
void digits_share(double share, char text[DIGITS_MAX]);

/* What a rate changed to, from before: +12 %, -5.0 %, x3.4 from double on; NaN: an en dash. */
void digits_change(double before, double after, char text[DIGITS_MAX]);

/* How often a bar of an axis is marked: ticks at 0, step, 2 step ... top; count of steps 1 to 5. */
struct digits_ticks {
	double step;
	unsigned int count;
};

/*
 * Ticks whose top is at least maximum (>= 0): the step is 1, 2, 2.5 (from 25 on) or 5 times a power
 * of ten and at least 1, since what is drawn are counts.
 */
struct digits_ticks digits_ticks_for(double maximum);

/* Tick number i as a count; the top of counts near 2^64 is beyond it and becomes UINT64_MAX. */
uint64_t digits_tick(const struct digits_ticks *ticks, unsigned int i);

#endif
