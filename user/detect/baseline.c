/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/baseline.h"

#include "user/detect/packed.h"
#include "user/detect/statistics.h"

#include <math.h>

/* Half-lives: 72 exposed hours, 336 hours of the season, 14 days. */
#define HOUR_DECAY .99041937f
#define SEASON_DECAY .99793920f
#define DAY_DECAY .95169514f
/* Days that a mean with a half-life of 14 days remembers: 14/ln 2. */
#define DAY_MEMORY 20.2f

#define PRIOR_MINUTE .10f
#define PRIOR_HOUR .05f
#define PRIOR_DAY .03f
#define PRIOR_DAY_MOST .5f
#define PRIOR_DAY_FACTOR 1.9f
#define PRIOR_MIN_SERIES 30
#define PRIOR_WEIGHT 40.f
#define PRIOR_DAY_WEIGHT 7.f

#define SEASON_UNIT 16384.f

/* lesser() and larger() are calls, for NaN's sake, which cannot occur here. */
static inline float lesser(float a, float b)
{
	return a < b ? a : b;
}

static inline float larger(float a, float b)
{
	return a > b ? a : b;
}

/* low for a NaN, which a damaged state can bring. */
static inline float clip(float value, float low, float high)
{
	return lesser(larger(value, low), high);
}

void season_table_fill(struct season_table *table)
{
	for (int hour = 0; hour < 24; hour++) {
		double angle = 2 * M_PI * (hour + .5) / 24;

		table->phi[hour][0] = (float)cos(angle);
		table->phi[hour][1] = (float)sin(angle);
		table->phi[hour][2] = (float)cos(2 * angle);
		table->phi[hour][3] = (float)sin(2 * angle);
	}
}

float season_factor(const struct series *series, const struct season_table *table, uint32_t hour)
{
	const float *phi = table->phi[hour % 24];
	float sum = 0;

	for (int i = 0; i < SEASON_TERMS; i++)
		sum += phi[i] * series->season[i];
	return sum == 0 ? 1 : expf(clip(sum / SEASON_UNIT, -1.5f, 1.5f));
}

static float dispersion(float excess, float weight, float prior, float prior_weight)
{
	return clip((larger(excess, 0) + prior * prior_weight) / (weight + prior_weight), .002f, 3);
}

float baseline_minute_dispersion(const struct series *series)
{
	return dispersion(series->minute_excess, series->weight, PRIOR_MINUTE, PRIOR_WEIGHT);
}

float baseline_hour_dispersion(const struct series *series)
{
	return dispersion(series->hour_excess, series->weight, PRIOR_HOUR, PRIOR_WEIGHT);
}

bool baseline_hot_hour(float packets, float expected, float dispersion_of_hours)
{
	float variance = expected + dispersion_of_hours * expected * expected;

	return packets > 1.5f * expected + 3 * sqrtf(variance) + 5;
}

/* Variance of the hour's minutes; one enormous minute must not blind the series for days. */
static float minute_variance(const struct series *series, const struct span *span, float mean)
{
	float variance;

	if (span->minutes <= 2)
		return mean;
	variance = (series->sum_squares - series->sum_hour * mean) / (span->minutes - 1);
	return lesser(larger(variance, 0), mean + 9 * (mean + mean * mean));
}

/*
 * Judged and measured without g: else the common factor would swallow the rhythm of day and night
 * that many series share, and a night would never be learned.
 */
static void learn_season(
	struct series *series, const struct span *span, const float *phi, float mu, float k)
{
	float expected = mu * span->raw_exposed;
	float limit = 3 * sqrtf(expected + k * expected * expected);
	float step = clip(series->sum_hour - expected, -limit, limit) / (1 + k * expected) /
		     (series->information / 2 + 20);

	series->information = SEASON_DECAY * series->information + expected / (1 + k * expected);
	for (int i = 0; i < SEASON_TERMS; i++) {
		float moved = clip(series->season[i] + step * phi[i] * SEASON_UNIT, -32767, 32767);

		series->season[i] = (int16_t)(moved < 0 ? moved - .5f : moved + .5f);
	}
}

static void learn_dispersion(
	struct series *series, const struct span *span, float expected, float difference)
{
	float scale = larger(1, expected), mean = series->sum_hour / larger(span->minutes, 2);

	series->minute_excess = HOUR_DECAY * series->minute_excess +
				(minute_variance(series, span, mean) - mean) * 3600 / scale;
	series->hour_excess =
		HOUR_DECAY * series->hour_excess + (difference * difference - expected) / scale;
	series->weight = HOUR_DECAY * series->weight + expected * expected / scale;
}

void baseline_roll_hour(struct series *series, const struct span *span,
	const struct season_table *table, bool learn)
{
	float season = season_factor(series, table, span->hour);
	float mu = baseline_rate(series) * season;
	float expected = mu * span->exposed;
	float k = baseline_hour_dispersion(series);
	float deviation = sqrtf(expected + k * expected * expected);
	float y = lesser(series->sum_hour, expected + 4 * deviation + 5);

	if (!learn)
		return;
	series->packets = span->decay * series->packets + y;
	series->exposed = span->decay * series->exposed + span->exposed * season;
	if (span->raw_exposed > .5f)
		learn_season(series, span, table->phi[span->hour % 24], mu, k);
	if (span->exposed > .5f)
		learn_dispersion(series, span, expected, y - expected);
}

void baseline_roll_idle(struct series *series, uint32_t count, float exposed)
{
	float expected = baseline_rate(series) * exposed / count; /* of one hour */
	float decay = exp2f(-exposed / 72), slow = powf(HOUR_DECAY, count);
	float sum = (1 - slow) / (1 - HOUR_DECAY);

	series->packets *= decay;
	series->exposed =
		decay * series->exposed +
		(exposed > 0 ? (1 - decay) / (1 - exp2f(-exposed / count / 72)) * exposed / count
			     : 0);
	series->minute_excess *= slow;
	series->hour_excess = slow * series->hour_excess + sum * (expected * expected - expected);
	series->weight = slow * series->weight + sum * expected * expected;
	series->information = powf(SEASON_DECAY, count) * series->information + count * expected;
}

void baseline_rebase_hour(struct series *series, float rate)
{
	series->packets = rate * 24;
	series->exposed = 24;
}

void baseline_rebase_day(struct series *series, float rate)
{
	series->day_packets = rate * 3;
	series->day_exposed = 3;
}

static float day_dispersion(const struct series *series, const struct day_prior *prior)
{
	float days = clip((float)prior->day - 2, 1, DAY_MEMORY);
	float k = dispersion(series->day_excess, series->day_weight, prior->dispersion,
		PRIOR_WEIGHT + PRIOR_DAY_WEIGHT * series->day_weight / days);

	/* Hours that scatter let days scatter, however calm the few days seen so far were. */
	return larger(k, baseline_hour_dispersion(series) / 4);
}

void baseline_roll_day(
	struct series *series, float exposed, const struct day_prior *prior, bool learn)
{
	float expected = baseline_day_rate(series) * exposed;
	float k = day_dispersion(series, prior);
	float limit = expected + 4 * sqrtf(expected + k * expected * expected) + 5;
	float y = prior->day > 1 ? lesser(series->sum_day, limit) : series->sum_day;
	float difference = y - expected, scale = larger(1, expected);

	if (!learn)
		return;
	series->day_packets = DAY_DECAY * series->day_packets + y;
	series->day_exposed = DAY_DECAY * series->day_exposed + exposed;
	if (prior->day <= 2)
		return;
	series->day_excess =
		DAY_DECAY * series->day_excess + (difference * difference - expected) / scale;
	series->day_weight = DAY_DECAY * series->day_weight + expected * expected / scale;
}

void baseline_fix_day_dispersion(struct series *series, const struct day_prior *prior)
{
	series->day_dispersion = packed_nearest(day_dispersion(series, prior));
}

float baseline_day_prior(float *measured, size_t count)
{
	if (count < PRIOR_MIN_SERIES)
		return PRIOR_DAY;
	return clip(
		PRIOR_DAY_FACTOR * (float)median_of(measured, count), PRIOR_DAY, PRIOR_DAY_MOST);
}
