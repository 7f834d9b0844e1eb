/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growth and falls: what is judged when a long window ends, not while it runs. */
#include "user/detect/episode.h"

#include "user/detect/statistics.h"

#include <math.h>

void lifecycle_growth(struct detect *detect, uint32_t number, const struct growth_verdict *verdict)
{
	struct series *series = detect_series(detect, number);
	struct crossing crossing = {
		.window = WINDOW_DAY,
		.observed = verdict->observed,
		.expected = verdict->expected,
		.size = verdict->size,
		.log10p = negative_binomial_log10_upper(
			verdict->observed, verdict->expected, verdict->size),
	};
	bool was_open = series->episode != EPISODE_NONE;

	if (was_open && detect->episodes[series->episode].kind == EVENT_DROP)
		return;
	if (!was_open && !open_episode(detect, number, EVENT_GROWTH))
		return;
	notify_crossing(detect, number, was_open ? EVENT_UPDATE : EVENT_OPEN, &crossing);
	detect->notices[detect->notice_count - 1].scale = GROWTH_SCALE;
	detect->notices[detect->notice_count - 1].onset = detect->clock.minute - GROWTH_SCALE;
	if (!was_open) {
		detect->episodes[series->episode].peak_excess =
			verdict->observed - verdict->expected;
		close_episode(detect, number, EVENT_REASON_TREND);
	}
}

/* -- Falls --------------------------------------------------------------------------------- */

#define DROP_BELOW .5
#define DROP_OVER .7

void lifecycle_drop(
	struct detect *detect, uint32_t number, enum window window, double expected, double size)
{
	struct series *series = detect_series(detect, number);
	double count = window_count(series, window, 0), tail;
	struct crossing crossing = {window, count, expected, size, NAN, NAN};
	bool is_six = window == WINDOW_SIX;
	struct episode *episode;

	if (series->episode != EPISODE_NONE) {
		episode = &detect->episodes[series->episode];
		/* A day that began before the fall does not end what its last six hours told. */
		if (episode->kind == EVENT_DROP && count > DROP_OVER * expected &&
			is_six == ((episode->joined & 1u << WINDOW_SIX) != 0))
			close_episode(detect, number, EVENT_REASON_ENDED);
		return;
	}
	if (count >= DROP_BELOW * expected || expected - count < detect->judgement.floor[window])
		return;
	tail = negative_binomial_log10_lower(count, expected, size);
	if (tail > log10(detect->judgement.alpha_drop))
		return;
	episode = open_episode(detect, number, EVENT_DROP);
	if (!episode)
		return;
	episode->joined = (uint8_t)(1u << window);
	episode->peak_excess = count - expected;
	crossing.log10p = negative_binomial_log10_upper(count, expected, size);
	crossing.log10p_lower = tail;
	notify_crossing(detect, number, EVENT_OPEN, &crossing);
}
