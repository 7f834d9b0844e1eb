/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a series usually does: rate, season and dispersion, learned an hour and a day at a time.
 *
 *   m = (a + .3)/(b + 1 h)            packets per exposed hour
 *   s = exp(clip(c . phi, +-1.5))     season: a daily and a half-daily wave
 *   mu = m s                          expected packets of a fully exposed hour
 *   k = clip((max(v, 0) + k0 q0)/(q + q0), .002, 3)
 *                                     dispersion: measured v/q, shrunk to k0 with weight q0 = 40
 *
 * One record (struct series) in, the same record out. Formulas: docs/design-detect.md.
 */
#ifndef TEITEN_DETECT_BASELINE_H
#define TEITEN_DETECT_BASELINE_H

#include "user/detect/series_table.h"

#include <stdbool.h>
#include <stddef.h>

/* A clock hour that was watched at least in part. Hours without exposure have no span. */
struct span {
	uint32_t hour;     /* of the epoch */
	float exposed;     /* hours, scaled by the common factor g [Eh] */
	float raw_exposed; /* hours, without g */
	float minutes;     /* minutes with exposure */
	float decay;       /* 2^(-exposed/72) */
};

/* Below this exposure an hour teaches nothing (hours). */
#define SPAN_MIN_EXPOSED .02f

/* phi of each hour of the day, UTC. */
struct season_table {
	float phi[24][SEASON_TERMS];
};
void season_table_fill(struct season_table *table);

/* s at an hour of the day. */
float season_factor(const struct series *series, const struct season_table *table, uint32_t hour);

/* m; and md, packets per exposed day. */
static inline float baseline_rate(const struct series *series)
{
	return (series->packets + .3f) / (series->exposed + 1);
}
static inline float baseline_day_rate(const struct series *series)
{
	return (series->day_packets + .3f) / (series->day_exposed + .3f / 24);
}

/* k1 (minutes within an hour) and kh (hours). */
float baseline_minute_dispersion(const struct series *series);
float baseline_hour_dispersion(const struct series *series);

/* Whether the hour's count is far above M = mu Eh: more than 1.5 M + 3 sd + 5. */
bool baseline_hot_hour(float packets, float expected, float dispersion);

/*
 * The hour span ends: learn from sum_hour and sum_squares, unless learn is false (an event is open
 * and its level is not the normal yet). The sums are left alone.
 */
void baseline_roll_hour(struct series *series, const struct span *span,
	const struct season_table *table, bool learn);

/*
 * count >= 1 whole spans without a packet, together exposed hours long, for a series whose rate is
 * low (m < BASELINE_IDLE_RATE); waves cancel over a day, so the season only loses weight.
 */
#define BASELINE_IDLE_RATE .2f
void baseline_roll_idle(struct series *series, uint32_t count, float exposed);

/* The level of an event becomes the normal: rate packets per exposed hour, with a day's weight. */
void baseline_rebase_hour(struct series *series, float rate);
/* The same for days, with three days' weight. */
void baseline_rebase_day(struct series *series, float rate);

/*
 * The day ends: learn from sum_day, exposed days long (> .2), unless learn is false. Then fix kd
 * for the next day.
 */
struct day_prior {
	uint32_t day;     /* days that ended so far, this one included */
	float dispersion; /* k0 of days */
};
void baseline_roll_day(
	struct series *series, float exposed, const struct day_prior *prior, bool learn);
void baseline_fix_day_dispersion(struct series *series, const struct day_prior *prior);

/*
 * k0 of days from the whole sensor: series shrink to what scatter is usual here. measured[] are the
 * count ratios vd/qd of busy series (reordered); 1.9 of their median, within .03 and .5; the lower
 * limit when there are few.
 */
#define BASELINE_BUSY_DAY 300.f /* packets a day */
float baseline_day_prior(float *measured, size_t count);

#endif
