/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/windows.h"

#include "user/detect/statistics.h"

#include <math.h>

const struct window_shape window_shapes[WINDOWS] = {
	[WINDOW_MINUTE] = {1, 4, 30, .15f},
	[WINDOW_TEN] = {10, 3, 40, .12f},
	[WINDOW_HOUR] = {60, 2, 60, .13f},
	[WINDOW_SIX] = {360, 1.8f, 80, .155f},
	[WINDOW_DAY] = {1440, 1.6f, 100, .2f},
	[WINDOW_NOON] = {1440, 1.6f, 100, .2f},
};

/* Deviations below which no tail reaches alpha: spares the exact test. */
#define MIN_DEVIATIONS 4.5f

static double threshold(double expected, double dispersion, double ratio, double floor)
{
	double limit =
		expected + MIN_DEVIATIONS * sqrt(expected + dispersion * expected * expected);

	return ceil(fmax(limit, fmax(ratio * expected, expected + floor)));
}

static float six_seasons(const struct series *series, const struct judgement *judgement)
{
	uint32_t start = judgement->hour - judgement->hour % 6;
	float sum = 0;

	for (uint32_t i = 0; i < 6; i++)
		sum += season_factor(series, &judgement->seasons, start + i);
	return sum;
}

/* What the hour's three windows are made of: computed once for all of them. */
struct hour_terms {
	float rate;    /* mu */
	float minutes; /* k1 */
	float hours;   /* kh + 1/(a + .3) */
};

static struct hour_terms hour_terms(const struct series *series, const struct judgement *judgement)
{
	return (struct hour_terms){
		.rate = baseline_rate(series) *
			season_factor(series, &judgement->seasons, judgement->hour),
		.minutes = baseline_minute_dispersion(series),
		.hours = baseline_hour_dispersion(series) + 1 / (series->packets + .3f),
	};
}

static void expect_hour(
	const struct hour_terms *terms, enum window window, float *expected, float *dispersion)
{
	*expected = terms->rate * (float)window_shapes[window].minutes / 60;
	*dispersion = terms->hours + (window == WINDOW_MINUTE       ? terms->minutes
					     : window == WINDOW_TEN ? terms->minutes / 2
								    : 0);
}

/* The expectation at factor 1, and 1/r, of a window longer than an hour. */
static void expect_long(
	const struct series *series, enum window window, float *expected, float *dispersion)
{
	if (window == WINDOW_SIX) {
		*expected = series->expected_six;
		*dispersion = packed_value(series->six_dispersion);
	} else if (window == WINDOW_NOON) {
		*expected = series->expected_noon;
		*dispersion = packed_value(series->noon_dispersion);
	} else {
		*expected = baseline_day_rate(series);
		*dispersion =
			packed_value(series->day_dispersion) + 1 / (series->day_packets + .3f);
	}
}

static uint16_t frozen(
	float expected, float dispersion, enum window window, const struct judgement *judgement)
{
	const struct window_shape *shape = &window_shapes[window];
	float limit =
		expected + MIN_DEVIATIONS * sqrtf(expected + dispersion * expected * expected);

	/* fmaxf() is a call. */
	if (limit < shape->ratio * expected)
		limit = shape->ratio * expected;
	if (limit < expected + judgement->floor[window])
		limit = expected + judgement->floor[window];
	return packed_below(limit);
}

void windows_freeze_hour(struct series *series, const struct judgement *judgement)
{
	struct hour_terms terms = hour_terms(series, judgement);
	float expected, dispersion;

	for (enum window window = WINDOW_MINUTE; window <= WINDOW_HOUR; window++) {
		expect_hour(&terms, window, &expected, &dispersion);
		series->threshold[window] = frozen(expected, dispersion, window, judgement);
	}
}

void window_freeze(struct series *series, enum window window, const struct judgement *judgement)
{
	float expected, dispersion;

	if (window == WINDOW_SIX) {
		dispersion = fmaxf(.75f * baseline_hour_dispersion(series),
			packed_value(series->day_dispersion));
		series->expected_six = baseline_rate(series) * six_seasons(series, judgement);
		series->six_dispersion = packed_nearest(dispersion + 1 / (series->packets + .3f));
	} else if (window == WINDOW_NOON) {
		series->expected_noon = baseline_day_rate(series);
		series->noon_dispersion = packed_nearest(
			packed_value(series->day_dispersion) + 1 / (series->day_packets + .3f));
	}
	expect_long(series, window, &expected, &dispersion);
	series->threshold[window] = frozen(expected, dispersion, window, judgement);
}

double window_count(const struct series *series, enum window window, uint32_t packets)
{
	switch (window) {
	case WINDOW_MINUTE:
		return packets;
	case WINDOW_TEN:
		return floorf(series->sum_ten);
	case WINDOW_HOUR:
		return floorf(series->sum_hour);
	case WINDOW_SIX:
		return floorf(series->sum_six);
	case WINDOW_DAY:
		return floorf(series->sum_day);
	case WINDOW_NOON:
	case WINDOWS:
		break;
	}
	return floorf(series->sum_noon);
}

void window_expect_whole(const struct series *series, enum window window,
	const struct judgement *judgement, struct crossing *crossing)
{
	struct hour_terms terms;
	float expected, dispersion;

	if (window <= WINDOW_HOUR) {
		terms = hour_terms(series, judgement);
		expect_hour(&terms, window, &expected, &dispersion);
	} else {
		expect_long(series, window, &expected, &dispersion);
	}
	crossing->window = window;
	crossing->expected = expected;
	crossing->size = 1 / (double)dispersion;
	crossing->log10p = crossing->log10p_lower = NAN;
}

void window_expect(const struct series *series, enum window window,
	const struct judgement *judgement, struct crossing *crossing)
{
	window_expect_whole(series, window, judgement, crossing);
	crossing->expected *= judgement->factor[window];
}

bool window_crosses(struct series *series, enum window window, uint32_t packets,
	const struct judgement *judgement, struct crossing *crossing, bool *candidate)
{
	*candidate = false;
	crossing->observed = window_count(series, window, packets);
	if (crossing->observed < packed_value(series->threshold[window]) ||
		!judgement->armed[window])
		return false;
	window_expect(series, window, judgement, crossing);
	if (crossing->observed < threshold(crossing->expected, 1 / crossing->size,
					 window_shapes[window].ratio, judgement->floor[window]))
		return false;
	*candidate = true;
	crossing->log10p = negative_binomial_log10_upper(
		crossing->observed, crossing->expected, crossing->size);
	if (crossing->log10p <= log10(judgement->alpha[window]))
		return true;
	series->threshold[window] = packed_above((float)crossing->observed);
	return false;
}
