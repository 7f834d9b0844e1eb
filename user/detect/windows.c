/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/windows.h"

#include "user/detect/statistics.h"

#include <math.h>

const struct window_shape window_shapes[WINDOWS] = {
	[WINDOW_MINUTE] = {1, 4, 30},
	[WINDOW_TEN] = {10, 3, 40},
	[WINDOW_HOUR] = {60, 2, 60},
	[WINDOW_SIX] = {360, 1.8f, 80},
	[WINDOW_DAY] = {1440, 1.6f, 100},
	[WINDOW_NOON] = {1440, 1.6f, 100},
};

/* Deviations below which no tail reaches alpha: spares the exact test. */
#define MIN_DEVIATIONS 4.5

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

/* The expectation at factor 1, and 1/r. */
static void expect_whole(const struct series *series, enum window window,
	const struct judgement *judgement, double *expected, double *dispersion)
{
	double rate = 0, uncertain = 0;

	if (window <= WINDOW_HOUR) {
		rate = (double)baseline_rate(series) *
		       season_factor(series, &judgement->seasons, judgement->hour);
		uncertain = baseline_hour_dispersion(series) + 1 / ((double)series->packets + .3);
	}
	switch (window) {
	case WINDOW_MINUTE:
		*expected = rate / 60;
		*dispersion = uncertain + baseline_minute_dispersion(series);
		return;
	case WINDOW_TEN:
		*expected = rate / 6;
		*dispersion = uncertain + .5 * baseline_minute_dispersion(series);
		return;
	case WINDOW_HOUR:
		*expected = rate;
		*dispersion = uncertain;
		return;
	case WINDOW_SIX:
		*expected = series->expected_six;
		*dispersion = packed_value(series->six_dispersion);
		return;
	case WINDOW_NOON:
		*expected = series->expected_noon;
		*dispersion = packed_value(series->noon_dispersion);
		return;
	case WINDOW_DAY:
	case WINDOWS:
		break;
	}
	*expected = baseline_day_rate(series);
	*dispersion = packed_value(series->day_dispersion) + 1 / ((double)series->day_packets + .3);
}

void window_freeze(struct series *series, enum window window, const struct judgement *judgement)
{
	double expected, dispersion;

	if (window == WINDOW_SIX) {
		float hours = .75f * baseline_hour_dispersion(series);

		series->expected_six = baseline_rate(series) * six_seasons(series, judgement);
		series->six_dispersion =
			packed_nearest(fmaxf(hours, packed_value(series->day_dispersion)) +
				       1 / (series->packets + .3f));
	} else if (window == WINDOW_NOON) {
		series->expected_noon = baseline_day_rate(series);
		series->noon_dispersion = packed_nearest(
			packed_value(series->day_dispersion) + 1 / (series->day_packets + .3f));
	}
	expect_whole(series, window, judgement, &expected, &dispersion);
	series->threshold[window] = packed_below((float)threshold(
		expected, dispersion, window_shapes[window].ratio, judgement->floor[window]));
}

void windows_freeze(struct series *series, const struct judgement *judgement, bool every)
{
	for (enum window window = 0; window < WINDOWS; window++)
		if (every || window_starts(window, judgement->hour))
			window_freeze(series, window, judgement);
}

double window_count(const struct series *series, enum window window, uint32_t packets)
{
	switch (window) {
	case WINDOW_MINUTE:
		return packets;
	case WINDOW_TEN:
		return floor(series->sum_ten);
	case WINDOW_HOUR:
		return floor(series->sum_hour);
	case WINDOW_SIX:
		return floor(series->sum_six);
	case WINDOW_DAY:
		return floor(series->sum_day);
	case WINDOW_NOON:
	case WINDOWS:
		break;
	}
	return floor(series->sum_noon);
}

void window_expect_whole(const struct series *series, enum window window,
	const struct judgement *judgement, struct crossing *crossing)
{
	double expected, dispersion;

	expect_whole(series, window, judgement, &expected, &dispersion);
	crossing->window = window;
	crossing->expected = expected;
	crossing->size = 1 / dispersion;
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
