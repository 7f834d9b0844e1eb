/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/state.h"

#include "user/detect/statistics.h"

#include <math.h>
#include <string.h>

/* Exposure that windows need to be judged for a drop (hours, days), and a day to teach. */
#define MIN_SIX_EXPOSED 2
#define MIN_DROP_DAY .5
#define MIN_DAY_EXPOSED .2f

/* A day of the half-lives of 7 and 30 days. */
#define PEAK_DECAY .90572366f
#define BURST_DECAY .97715997f

/* Share of the 6-hour window's expectation that its exposed hours carry. */
static double six_share(const struct detect *detect, const struct series *series)
{
	const struct exposure *exposure = &detect->clock.exposure;
	uint32_t start = detect->clock.hour - detect->clock.hour % 6;
	double seen = 0, whole = 0;
	bool is_even = true;

	for (uint32_t i = 1; i < 6; i++)
		is_even &= exposure->six_hours[i] == exposure->six_hours[0];
	/* As a rule: spares six exponentials a series. */
	if (is_even)
		return exposure->six_hours[0];
	for (uint32_t i = 0; i < 6; i++) {
		double season = season_factor(series, &detect->judgement.seasons, start + i);

		seen += season * exposure->six_hours[i];
		whole += season;
	}
	return seen / whole;
}

static void end_six(struct detect *detect, uint32_t number)
{
	struct series *series = detect_series(detect, number);
	const struct judgement *judgement = &detect->judgement;
	double expected, size;

	if (series->flags & SERIES_FREEZE_SIX)
		window_freeze(series, WINDOW_SIX, judgement);
	if (detect->clock.exposure.six > MIN_SIX_EXPOSED &&
		(series->episode != EPISODE_NONE ||
			series->expected_six > judgement->floor[WINDOW_SIX])) {
		expected = series->expected_six * six_share(detect, series);
		size = 1 / packed_value(series->six_dispersion);
		if (series->episode != EPISODE_NONE)
			lifecycle_end_six(detect, number, expected, size);
		if (judgement->hour >= detect->clock.first_hour + LEARN_DROP_HOURS)
			lifecycle_drop(detect, number, WINDOW_SIX, expected, size);
	} else if (series->episode != EPISODE_NONE) {
		detect->episodes[series->episode].excess_six = 0;
	}
	series->sum_six = 0;
	series->flags |= SERIES_FREEZE_SIX;
}

/* A fall below what a day was expected to bring, scaled to the part that was watched. */
static void end_day_window(struct detect *detect, uint32_t number, enum window window)
{
	struct series *series = detect_series(detect, number);
	double exposed =
		window == WINDOW_DAY ? detect->clock.exposure.day : detect->clock.exposure.noon;
	struct crossing crossing;

	if (exposed <= MIN_DROP_DAY || !detect->judgement.armed[window])
		return;
	window_expect_whole(series, window, &detect->judgement, &crossing);
	if (series->episode == EPISODE_NONE && crossing.expected < detect->judgement.floor[window])
		return;
	lifecycle_drop(detect, number, window, crossing.expected * exposed, crossing.size);
}

static void end_noon(struct detect *detect, uint32_t number)
{
	struct series *series = detect_series(detect, number);

	end_day_window(detect, number, WINDOW_NOON);
	series->sum_noon = 0;
	if (series->episode != EPISODE_NONE)
		detect->episodes[series->episode].excess_noon = 0;
	window_freeze(series, WINDOW_NOON, &detect->judgement);
	series->flags &= (uint8_t)~SERIES_FREEZE_NOON;
}

static void learn_day(struct detect *detect, uint32_t number, float common)
{
	struct series *series = detect_series(detect, number);
	float exposed = (float)detect->clock.exposure.day;
	uint32_t day = detect->clock.hour / 24;
	bool learn = series->episode == EPISODE_NONE || lifecycle_roll_day(detect, number, exposed);
	struct growth_verdict verdict;

	if (growth_day(series, &detect->clock.growth, exposed, common, day, &verdict))
		lifecycle_growth(detect, number, &verdict);
	baseline_roll_day(series, exposed, &detect->clock.days, learn);
	series->days_above =
		series->days_above << 1 | (series->sum_day >= detect->judgement.floor[WINDOW_DAY]);
}

static void end_day(struct detect *detect, uint32_t number, float common)
{
	struct series *series = detect_series(detect, number);

	end_day_window(detect, number, WINDOW_DAY);
	if (detect->clock.exposure.day > MIN_DAY_EXPOSED)
		learn_day(detect, number, common);
	baseline_fix_day_dispersion(series, &detect->clock.days);
	if (series->backoff > 0)
		series->backoff--;
	series->peak = packed_nearest(packed_value(series->peak) * PEAK_DECAY);
	series->burst = packed_nearest(packed_value(series->burst) * BURST_DECAY);
	series->sum_day = 0;
	if (series->episode != EPISODE_NONE)
		detect->episodes[series->episode].excess_day = 0;
	window_freeze(series, WINDOW_DAY, &detect->judgement);
	series->flags &= (uint8_t)~SERIES_FREEZE_DAY;
}

/* What the whole sensor grew by, which is no growth of any series; .8 .. 1.25. */
static float common_growth(struct detect *detect)
{
	float exposed = (float)detect->clock.exposure.day;
	uint32_t count = 0;

	if (exposed <= MIN_DAY_EXPOSED)
		return 1;
	for (uint32_t i = 0; i < detect->table.count && count < MAX_RATIOS; i++) {
		const struct series *series = detect_series(detect, i);
		float reference = growth_reference(series, &detect->clock.growth);

		if (growth_is_judged(reference))
			detect->ratios[count++] = series->sum_day / (reference * exposed);
	}
	return count < COMMON_MIN_SERIES
		       ? 1
		       : fminf(fmaxf((float)median_of(detect->ratios, count), .8f), 1.25f);
}

/* What scatter of days is usual: series that are busy and have no event. */
static float common_dispersion(struct detect *detect)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < detect->table.count && count < MAX_RATIOS; i++) {
		const struct series *series = detect_series(detect, i);

		if (series->day_weight > 0 && series->episode == EPISODE_NONE &&
			baseline_day_rate(series) >= BASELINE_BUSY_DAY)
			detect->ratios[count++] = series->day_excess / series->day_weight;
	}
	return baseline_day_prior(detect->ratios, count);
}

static void end_windows_of_all(struct detect *detect, bool six, bool day, bool noon)
{
	float common = day ? common_growth(detect) : 1;

	for (uint32_t i = 0; i < detect->table.count; i++) {
		roll_until(detect, detect_series(detect, i), detect->clock.span);
		if (six)
			end_six(detect, i);
		if (day)
			end_day(detect, i, common);
		if (noon)
			end_noon(detect, i);
	}
}

/* -- Making room --------------------------------------------------------------------------- */

/* Packets of the decayed past below which a country cell is as good as never seen. */
#define IDLE_PACKETS .02f

static int is_idle_cell(const struct series *series, void *context)
{
	(void)context;
	return series_kind(series->key) == SERIES_CELL && series->packets < IDLE_PACKETS &&
	       series->episode == EPISODE_NONE && !(series->flags & SERIES_GREW);
}

static void note_move(const struct series *series, uint32_t number, void *context)
{
	struct detect *detect = context;

	if (series->episode != EPISODE_NONE)
		detect->episodes[series->episode].series = number;
}

/* Once a day: cells that anybody can make by forging sources must not fill the table for good. */
static void prune(struct detect *detect)
{
	if (detect->table.count < detect->parameters.cells - detect->parameters.cells / 8)
		return;
	detect->clock.pruned_series +=
		series_table_prune(&detect->table, is_idle_cell, note_move, detect);
}

void boundary_end_windows(struct detect *detect, uint32_t hour)
{
	struct clock *clock = &detect->clock;
	bool six = clock->six_is_open && hour / 6 != clock->hour / 6;
	bool day = clock->day_is_open && hour / 24 != clock->hour / 24;
	bool noon = clock->noon_is_open && (hour + 12) / 24 != (clock->hour + 12) / 24;

	if (!six && !day && !noon)
		return;
	if (day) {
		clock->days.day++;
		clock->days.dispersion = common_dispersion(detect);
		clock_judge_day(detect);
		clock_judge_hour(detect);
	}
	end_windows_of_all(detect, six, day, noon);
	if (day) {
		prune(detect);
		roll_references(detect);
	}
	if (six) {
		clock->exposure.six = 0;
		memset(clock->exposure.six_hours, 0, sizeof(clock->exposure.six_hours));
		clock->totals[WINDOW_SIX] = 0;
		clock->six_is_open = false;
	}
	if (day) {
		if (clock->exposure.day > MIN_DAY_EXPOSED)
			growth_days_push(&clock->growth, (float)clock->exposure.day);
		clock->exposure.day = 0;
		clock->totals[WINDOW_DAY] = 0;
		clock->day_is_open = false;
	}
	if (noon) {
		clock->exposure.noon = 0;
		clock->totals[WINDOW_NOON] = 0;
		clock->noon_is_open = false;
	}
}
