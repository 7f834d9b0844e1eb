/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/state.h"

#include "user/detect/statistics.h"

#include <math.h>

/* Floors are given for a sensor with this many packets a minute. */
#define FLOOR_VOLUME 5000.
#define FLOOR_LEAST 5.f
/*
 * The five scales share the budget; a quarter of it is spent by design, since real counts have
 * longer tails than a negative binomial with known r; the hour has twice that, and the windows of
 * six hours and a day, whose false events were most of all, a third. Drops have an eighth, of which
 * they spend a third.
 */
#define RISE_SHARE (.25 / 5)
#define HOUR_SHARE 2.
#define LONG_WINDOW_SHARE (1. / 3)
#define DROP_SHARE (1. / 3 / 8)
/* Days that the usual volume follows. */
#define VOLUME_DAYS 8

/* -- Blocks of ten minutes ----------------------------------------------------------------- */

static void end_block(struct detect *detect)
{
	struct clock *clock = &detect->clock;
	struct exposure *exposure = &clock->exposure;

	if (clock->block == BLOCK_NONE)
		return;
	if (exposure->block >= COMMON_MIN_EXPOSED) {
		clock->common.factor = roll_common_factor(detect);
		/* Before, the rhythm of the day is not learned and passes for a common factor. */
		if (clock->hour >= clock->first_hour + LEARN_COMMON_HOURS)
			detect->common_turn += common_mode_block(
				&clock->common, clock->hour_factor[clock->hour % 24]);
	}
	exposure->hour += exposure->block * clock->common.factor;
	exposure->block = 0;
	clock->block = BLOCK_NONE;
}

/* -- Hours --------------------------------------------------------------------------------- */

static void note_volume(struct clock *clock)
{
	struct volume *volume = &clock->volume;

	if (clock->exposure.hour_raw >= 30 && volume->hours < 24)
		volume->hourly[volume->hours++] =
			(float)(volume->packets / clock->exposure.hour_raw);
	volume->packets = 0;
}

static void roll_open_episodes(struct detect *detect)
{
	if (detect->free_episode_count == EPISODES)
		return;
	for (uint32_t i = 0; i < EPISODES; i++)
		if (detect->episodes[i].is_used)
			roll_until(detect, detect_series(detect, detect->episodes[i].series),
				detect->clock.span + 1);
}

static void end_hour(struct detect *detect)
{
	struct clock *clock = &detect->clock;
	struct exposure *exposure = &clock->exposure;
	float exposed;

	end_block(detect);
	exposed = (float)(exposure->hour / 60);
	clock->spans[clock->span % SPANS] = (struct span){
		.hour = clock->hour,
		.exposed = exposed,
		.raw_exposed = (float)(exposure->hour_raw / 60),
		.minutes = (float)exposure->minutes,
		.decay = exp2f(-exposed / 72),
	};
	exposure->six += exposure->hour / 60;
	exposure->six_hours[clock->hour % 6] = exposed;
	exposure->day += exposure->hour / 1440;
	exposure->noon += exposure->hour / 1440;
	note_volume(clock);
	if (exposure->hour_raw >= 30)
		clock->hour_factor[clock->hour % 24] = (float)(exposure->hour / exposure->hour_raw);
	exposure->hour = exposure->hour_raw = exposure->minutes = 0;
	clock->totals[WINDOW_HOUR] = 0;
	roll_open_episodes(detect);
	incident_expire(detect->book, clock->minute);
	clock->hour_is_open = false;
	clock->span++;
}

static void open_hour(struct detect *detect, uint32_t hour)
{
	struct clock *clock = &detect->clock;

	clock->hour = hour;
	clock->hour_is_open = true;
	clock->six_is_open = clock->day_is_open = clock->noon_is_open = true;
	clock->block = BLOCK_NONE;
	clock_judge_hour(detect);
	roll_series(detect, 0);
}

void clock_advance(struct detect *detect, uint32_t minute)
{
	struct clock *clock = &detect->clock;
	uint32_t hour = minute / 60, block = minute % 60 / 10;

	clock->minute = minute;
	if (!clock->is_started) {
		clock->is_started = true;
		clock->first_hour = hour;
	}
	if (clock->hour_is_open && clock->hour != hour)
		end_hour(detect);
	if (!clock->hour_is_open) {
		boundary_end_windows(detect, hour);
		open_hour(detect, hour);
	}
	if (clock->block != block) {
		end_block(detect);
		clock->block = block;
		clock->totals[WINDOW_TEN] = 0;
		roll_series(detect, 0);
	}
	clock->totals[WINDOW_MINUTE] = 0;
}

void clock_finish(struct detect *detect)
{
	struct clock *clock = &detect->clock;

	if (clock->minute % 10 == 9)
		end_block(detect);
	if (clock->minute % 60 == 59) {
		end_hour(detect);
		boundary_end_windows(detect, clock->hour + 1);
	}
}

/* -- Exposure ------------------------------------------------------------------------------ */

void clock_expose(struct detect *detect, double exposed)
{
	struct exposure *exposure = &detect->clock.exposure;

	detect->exposure = exposed;
	exposure->block += exposed;
	exposure->hour_raw += exposed;
	exposure->minutes += exposed > 0;
}

/*
 * g as far as the open block tells. Its first minutes tell too little, unless very many series rise
 * at once: then a wrong g costs less than as many wrong events.
 */
static float running_factor(struct detect *detect)
{
	const struct clock *clock = &detect->clock;
	bool storm = detect->reached_count > COMMON_MIN_SERIES &&
		     detect->reached_count > detect->reference_count / 4;

	if (detect->reached_count == 0 || (clock->exposure.block < COMMON_MIN_EXPOSED && !storm))
		return clock->common.factor;
	return roll_common_factor(detect);
}

void clock_judge_minute(struct detect *detect)
{
	struct clock *clock = &detect->clock;
	const struct exposure *exposure = &clock->exposure;
	struct judgement *judgement = &detect->judgement;
	float *factor = judgement->factor;
	double g = running_factor(detect), common = fmax(1, g), hour;

	hour = exposure->hour + exposure->block * g + (59 - clock->minute % 60) * common;
	judgement->common = (float)g;
	factor[WINDOW_MINUTE] = (float)(fmax(1, detect->exposure) * common);
	factor[WINDOW_TEN] = (float)(fmax(1, exposure->block / 10) * common);
	factor[WINDOW_HOUR] = (float)fmax(1, hour / 60);
	factor[WINDOW_SIX] = (float)fmax(1, (exposure->six + hour / 60 + 5 - clock->hour % 6) / 6);
	factor[WINDOW_DAY] =
		(float)fmax(1, exposure->day + hour / 1440 + (23 - clock->hour % 24) / 24.);
	factor[WINDOW_NOON] =
		(float)fmax(1, exposure->noon + hour / 1440 + (23 - (clock->hour + 12) % 24) / 24.);
}

/* -- What series are judged by ------------------------------------------------------------- */

void clock_judge_day(struct detect *detect)
{
	struct clock *clock = &detect->clock;
	struct volume *volume = &clock->volume;
	double today, known = fmax(detect->table.count - 1, detect->parameters.series);

	if (volume->hours > 0) {
		today = median_of(volume->hourly, volume->hours);
		volume->usual += volume->usual > 0 ? (today - volume->usual) / VOLUME_DAYS : today;
		volume->hours = 0;
	}
	clock->alpha_series = fmax(known, 1);
	clock->volume_share = (float)fmin(1, fmax(volume->usual, 1e-3) / FLOOR_VOLUME);
}

void clock_judge_hour(struct detect *detect)
{
	const struct clock *clock = &detect->clock;
	struct judgement *judgement = &detect->judgement;
	uint32_t hours = clock->hour - clock->first_hour;
	double budget = detect->parameters.false_events_per_day / fmax(clock->alpha_series, 1);
	bool days = clock->days.day >= LEARN_DAYS && hours >= 24 * LEARN_DAYS;

	judgement->hour = clock->hour;
	judgement->any_armed = hours >= LEARN_HOURS;
	for (enum window window = 0; window < WINDOWS; window++) {
		const struct window_shape *shape = &window_shapes[window];
		/* Two windows of a day share one part of the budget. */
		double share = (window >= WINDOW_SIX           ? LONG_WINDOW_SHARE
				       : window == WINDOW_HOUR ? HOUR_SHARE
							       : 1) *
			       (shape->minutes == 1440 ? .5 : 1);

		judgement->alpha[window] = RISE_SHARE * budget * share * shape->minutes / 1440;
		judgement->floor[window] = fmaxf(FLOOR_LEAST,
			shape->floor * powf(clock->volume_share, shape->floor_exponent) *
				(float)detect->parameters.floor_scale);
		judgement->armed[window] = window == WINDOW_SIX  ? hours >= LEARN_SIX_HOURS
					   : window > WINDOW_SIX ? days
								 : hours >= LEARN_HOURS;
	}
	judgement->alpha_drop = DROP_SHARE * budget;
}
