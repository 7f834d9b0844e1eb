/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/episode.h"

#include "user/detect/statistics.h"

#include <math.h>

/* Bursts of one minute up to this multiple of the remembered one are known of the series, */
#define BURST_FACTOR 2
/* unless there are as many in an hour. */
#define BURSTS_AN_HOUR 5

#define TELL_FACTOR 2
#define TELL_MINUTES 1440u
#define QUIET_HOURS 2
#define REBASE_HOURS 24
#define REBASE_DAYS 3
/* In thirds of a doubling: a close adds one doubling, a day takes a third. */
#define BACKOFF_STEP 3
#define BACKOFF_MAX 15

#define DAY_WINDOWS (1u << WINDOW_DAY | 1u << WINDOW_NOON)

/* -- Closing ------------------------------------------------------------------------------- */

static float less(float sum, double excess)
{
	return fmaxf(0, sum - (float)excess);
}

/*
 * What was told is taken out of the running sums, or the coarser windows would tell it again. A
 * level that became normal is not: the windows that run go on against the new level.
 */
static void settle(struct series *series, const struct episode *episode, enum event_reason reason)
{
	bool is_normal = reason == EVENT_REASON_NEW_NORMAL;

	if (is_normal)
		series->flags |= SERIES_FREEZE_HOUR | SERIES_FREEZE_SIX;
	else
		series->sum_six = less(series->sum_six, episode->excess_six);
	if (is_normal && episode->is_taken_up)
		return;
	series->sum_day = less(series->sum_day, episode->excess_day);
	series->sum_noon = less(series->sum_noon, episode->excess_noon);
}

/* Later events of the series must wait, the longer the more there were; the first close is free. */
static void back_off(struct series *series, const struct episode *episode, uint32_t hour)
{
	uint32_t doublings;

	if (episode->peak_excess > packed_value(series->peak))
		series->peak = packed_nearest((float)episode->peak_excess);
	series->backoff = (uint8_t)(series->backoff + BACKOFF_STEP);
	if (series->backoff > BACKOFF_MAX)
		series->backoff = BACKOFF_MAX;
	series->flags &= (uint8_t)~SERIES_BLOCKED;
	if (series->backoff <= BACKOFF_STEP)
		return;
	doublings = series->backoff;
	series->flags |= SERIES_BLOCKED;
	series->blocked_until =
		(uint16_t)(hour + 1 + (uint32_t)lrint(exp2(doublings / (double)BACKOFF_STEP)));
}

static bool is_blocked(struct series *series, uint32_t hour, double excess)
{
	if (!(series->flags & SERIES_BLOCKED))
		return false;
	if ((int16_t)(series->blocked_until - (uint16_t)hour) <= 0) {
		series->flags &= (uint8_t)~SERIES_BLOCKED;
		return false;
	}
	return excess < 2 * packed_value(series->peak);
}

/*
 * Whether a rise within an hour is small and no larger than what the series is known for:
 * somebody's weekly scan. Like the memory of bursts, but of told events; what is seen again is
 * remembered.
 */
static bool is_habit(
	const struct detect *detect, struct series *series, const struct crossing *crossing)
{
	double excess = crossing->observed - crossing->expected;

	if (window_shapes[crossing->window].minutes > 60 ||
		excess >= 2 * (double)detect->judgement.floor[crossing->window] ||
		excess > 2 * packed_value(series->peak))
		return false;
	if (excess > packed_value(series->peak))
		series->peak = packed_nearest((float)excess);
	return true;
}

/* -- A minute ------------------------------------------------------------------------------ */

static bool is_known_burst(struct series *series, const struct crossing *crossing, bool crosses)
{
	float excess = (float)(crossing->observed - crossing->expected);

	if (excess > packed_value(series->burst_pending))
		series->burst_pending = packed_nearest(excess);
	if (!crosses || excess > BURST_FACTOR * packed_value(series->burst) ||
		series->bursts >= BURSTS_AN_HOUR)
		return false;
	series->bursts++;
	series->sum_ten = less(series->sum_ten, excess);
	series->sum_hour = less(series->sum_hour, excess);
	series->sum_six = less(series->sum_six, excess);
	series->sum_day = less(series->sum_day, excess);
	series->sum_noon = less(series->sum_noon, excess);
	return true;
}

static enum event_kind kind_of(const struct detect *detect, const struct series *series)
{
	uint32_t today = detect->clock.hour / 24;
	uint32_t age = (uint16_t)(today - series->first_day);
	uint32_t days = detect->clock.days.day < 28 ? detect->clock.days.day : 28;
	uint32_t above = series->days_above & 0xfffffff;
	bool is_young = age < 28 && days > age;

	switch (series_kind(series->key)) {
	case SERIES_SPORT53:
	case SERIES_SPORT53_COUNTRY:
		return EVENT_SPORT53;
	case SERIES_CELL:
	case SERIES_FANOUT:
	case SERIES_CLASS:
		return EVENT_SURGE;
	default:
		break;
	}
	if (is_young || (uint32_t)__builtin_popcount(above) * 10 <= days)
		return EVENT_NEW_PORT;
	return EVENT_SURGE;
}

static void open_rise(struct detect *detect, uint32_t number, const struct crossing *crossing)
{
	struct series *series = detect_series(detect, number);
	double excess = crossing->observed - crossing->expected;
	struct episode *episode;

	if (is_blocked(series, detect->clock.hour, excess) || is_habit(detect, series, crossing))
		return;
	if (series->episode != EPISODE_NONE)
		close_episode(detect, number, EVENT_REASON_ENDED);
	episode = open_episode(detect, number, kind_of(detect, series));
	if (!episode)
		return;
	episode->joined = (uint8_t)(1u << crossing->window);
	/* What no hour shows does not end with quiet hours. */
	episode->six_is_hot = crossing->window == WINDOW_SIX;
	episode->day_is_hot = crossing->window > WINDOW_SIX;
	episode->told_excess = episode->peak_excess = excess;
	notify_crossing(detect, number, EVENT_OPEN, crossing);
}

/*
 * A window crossed while the event is open. Returns whether that is worth an update: a coarser
 * window joins, the excess doubled, or a rise after a quiet hour.
 */
static bool extend_rise(
	struct detect *detect, struct episode *episode, const struct crossing *crossing)
{
	double excess = crossing->observed - crossing->expected;
	uint32_t scale = window_shapes[crossing->window].minutes;
	bool tell = false;

	if (scale <= 60 && episode->quiet > 0 && episode->rose_hour != detect->clock.hour) {
		episode->rose_hour = detect->clock.hour;
		episode->told_excess = excess;
		tell = true;
	}
	if (!(episode->joined & 1u << crossing->window)) {
		for (enum window window = crossing->window; window < WINDOWS; window++)
			if (window_shapes[window].minutes >= scale &&
				(episode->joined & 1u << window))
				scale = 0; /* as coarse a window joined before */
		episode->joined |= (uint8_t)(1u << crossing->window);
		tell |= scale > 0;
	}
	if (excess > TELL_FACTOR * episode->told_excess)
		tell = true;
	if (tell && excess > episode->told_excess)
		episode->told_excess = excess;
	if (excess > episode->peak_excess)
		episode->peak_excess = excess;
	return tell && episode->opened != detect->clock.minute;
}

/* Windows that the event has already: only a doubled excess or a renewed rise needs the test. */
static bool is_old_news(const struct detect *detect, struct series *series, enum window window,
	const struct episode *episode, double count)
{
	struct crossing crossing;
	double excess;

	if (!(episode->joined & 1u << window) || (window <= WINDOW_HOUR && episode->quiet > 0 &&
							 episode->rose_hour != detect->clock.hour))
		return false;
	window_expect(series, window, &detect->judgement, &crossing);
	excess = count - crossing.expected;
	return excess <= TELL_FACTOR * episode->told_excess;
}

void lifecycle_judge(struct detect *detect, uint32_t number, uint64_t packets)
{
	struct series *series = detect_series(detect, number);
	struct crossing crossing, told;
	bool tell = false;

	for (enum window window = 0; window < WINDOWS; window++) {
		bool is_open = series->episode != EPISODE_NONE &&
			       detect->episodes[series->episode].kind != EVENT_DROP;
		struct episode *episode = is_open ? &detect->episodes[series->episode] : NULL;
		bool candidate, crosses;

		if (episode && is_old_news(detect, series, window, episode,
				       window_count(series, window, packets)))
			continue;
		crosses = window_crosses(
			series, window, packets, &detect->judgement, &crossing, &candidate);
		if (window == WINDOW_MINUTE && candidate && !episode &&
			is_known_burst(series, &crossing, crosses))
			continue;
		if (!crosses)
			continue;
		if (!episode) {
			open_rise(detect, number, &crossing);
		} else if (extend_rise(detect, episode, &crossing)) {
			told = crossing;
			tell = true;
		}
	}
	if (tell)
		notify_crossing(detect, number, EVENT_UPDATE, &told);
}

/* Whether a window of six hours or a day is no longer far above what was expected. */
static bool is_calm(double count, double expected, double size)
{
	return count < 1.3 * expected + 2 * sqrt(expected + expected * expected / size);
}

/* -- The end of an hour -------------------------------------------------------------------- */

/* The coarsest window that joined, as it stands. */
static void tell_again(struct detect *detect, uint32_t number, struct episode *episode)
{
	struct series *series = detect_series(detect, number);
	struct crossing crossing;
	enum window window = WINDOW_NOON;

	while (window > WINDOW_HOUR && !(episode->joined & 1u << window))
		window--;
	window_expect(series, window, &detect->judgement, &crossing);
	crossing.observed = window_count(series, window, 0);
	crossing.log10p =
		negative_binomial_log10_upper(crossing.observed, crossing.expected, crossing.size);
	notify_crossing(detect, number, EVENT_UPDATE, &crossing);
}

/* Count the hour for the event; whether the event ends with it, and why. */
static enum event_reason end_of_hour(
	struct detect *detect, struct series *series, const struct span *span)
{
	struct episode *episode = &detect->episodes[series->episode];
	float season = season_factor(series, &detect->judgement.seasons, span->hour);
	float expected = baseline_rate(series) * season * span->exposed;
	double excess = fmax(0, series->sum_hour - expected);
	bool is_days;

	episode->packets += series->sum_hour;
	episode->exposed += span->exposed * season;
	episode->excess_six += excess;
	episode->excess_day += excess;
	episode->excess_noon += excess;
	if (baseline_hot_hour(series->sum_hour, expected, baseline_hour_dispersion(series)))
		episode->quiet = 0;
	else if (episode->quiet < UINT8_MAX)
		episode->quiet++;
	if (episode->is_taken_up)
		return EVENT_REASON_NEW_NORMAL;
	if (episode->quiet >= QUIET_HOURS && !episode->six_is_hot && !episode->day_is_hot)
		return EVENT_REASON_ENDED;
	if (episode->exposed >= REBASE_HOURS && !episode->is_rebased) {
		baseline_rebase_hour(series, (float)(episode->packets / episode->exposed));
		episode->is_rebased = true;
	}
	/* What a day window crossed is the day's to judge, at midnight. */
	is_days =
		episode->day_is_hot || ((episode->joined & DAY_WINDOWS) && !episode->saw_midnight);
	return episode->is_rebased && !is_days ? EVENT_REASON_NEW_NORMAL : EVENT_REASON_NONE;
}

static void roll_rise(struct detect *detect, uint32_t number, const struct span *span)
{
	struct series *series = detect_series(detect, number);
	struct episode *episode = &detect->episodes[series->episode];
	enum event_reason reason = end_of_hour(detect, series, span);

	if (reason != EVENT_REASON_NONE) {
		settle(series, episode, reason);
		back_off(series, episode, span->hour);
		close_episode(detect, number, reason);
		return;
	}
	if (episode->is_rebased)
		baseline_roll_hour(series, span, &detect->judgement.seasons, true);
	if (detect->clock.minute - episode->told >= TELL_MINUTES)
		tell_again(detect, number, episode);
}

void lifecycle_roll_hour(struct detect *detect, uint32_t number, const struct span *span)
{
	struct series *series = detect_series(detect, number);

	if (span->exposed <= SPAN_MIN_EXPOSED)
		return;
	/* A fall is learned at once: it cannot hide anything from the upper tail. */
	if (detect->episodes[series->episode].kind == EVENT_DROP)
		baseline_roll_hour(series, span, &detect->judgement.seasons, true);
	else
		roll_rise(detect, number, span);
}

void lifecycle_end_six(struct detect *detect, uint32_t number, double expected, double size)
{
	struct series *series = detect_series(detect, number);
	struct episode *episode = &detect->episodes[series->episode];

	if (is_calm(series->sum_six, expected, size))
		episode->six_is_hot = false;
	episode->excess_six = 0;
}

/* -- The end of a day ---------------------------------------------------------------------- */

bool lifecycle_roll_day(struct detect *detect, uint32_t number, float exposed)
{
	struct series *series = detect_series(detect, number);
	struct episode *episode = &detect->episodes[series->episode];
	float expected = baseline_day_rate(series) * exposed;
	bool is_cool, is_done;

	if (episode->kind == EVENT_DROP || !(episode->joined & DAY_WINDOWS))
		return true;
	episode->saw_midnight = true;
	episode->frozen_days++;
	episode->day_is_hot = true;
	episode->day_packets += series->sum_day;
	episode->day_exposed += exposed;
	is_done = episode->frozen_days >= REBASE_DAYS;
	is_cool = is_calm(series->sum_day, expected, 1 / packed_value(series->day_dispersion));
	if (is_done) {
		baseline_rebase_day(series, (float)(episode->day_packets / episode->day_exposed));
		series->flags |= SERIES_FREEZE_NOON;
		episode->is_taken_up = true;
		/* Growth would find the same rise once more. */
		growth_silence(series, detect->clock.hour / 24);
	}
	if (is_done || is_cool) {
		episode->frozen_days = 0;
		episode->day_is_hot = false;
		episode->day_packets = episode->day_exposed = 0;
	}
	return false;
}
