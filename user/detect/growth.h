/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slow growth over weeks: a cumulative sum of the daily log-likelihood ratio of two negative
 * binomials with means rho M and M (Hawkins and Olwell, Cumulative Sum Charts, 1998, ch. 6).
 *
 *   S = max(0, S + y ln rho - (y + r) ln((r + rho M)/(r + M))),   rho = 1.5
 *   M = slow E clip(median over series of y/(slow E), .8, 1.25)
 *   1/r = 4 max(kd, .02) + 1/(a + 1)
 *
 * slow is the mean of the days, half-life 21 days, fed 7 days late so that growth does not raise
 * its own reference; y is the day's count, at most 2.5 M + 10; E the day's exposure in days.
 */
#ifndef TEITEN_DETECT_GROWTH_H
#define TEITEN_DETECT_GROWTH_H

#include "user/detect/series_table.h"

#include <stdbool.h>

/* Exposures of the last days, the same for all series: what divides the delayed sums. */
struct growth_days {
	float exposed[GROWTH_DELAY_DAYS]; /* newest first; a day too short to count is left out */
	float mean_exposed;               /* decayed like growth_mean */
	uint32_t days;                    /* that were fed to the mean */
};

/* What growth was told by: the day's count and its expectation. */
struct growth_verdict {
	double observed;
	double expected;
	double size;
};

/* slow, packets per exposed day; 0 while nothing is known. */
float growth_reference(const struct series *series, const struct growth_days *days);

/* Whether the series is busy enough to be judged and to take part in the median (200 a week). */
bool growth_is_judged(float reference);

/*
 * The day ends with sum_day packets over exposed days; common is the clipped median above. day is
 * the day of the epoch. Returns true and fills *verdict when growth is to be told; the series is
 * then quiet for 28 days.
 */
bool growth_day(struct series *series, const struct growth_days *days, float exposed, float common,
	uint32_t day, struct growth_verdict *verdict);

/* The series' level was told on this day of the epoch: no growth for 28 days. */
void growth_silence(struct series *series, uint32_t day);

/* After all series: the day moves into the delay line. */
void growth_days_push(struct growth_days *days, float exposed);

#endif
