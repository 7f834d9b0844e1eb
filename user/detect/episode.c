/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/episode.h"

#include <math.h>

/* -- Notices ------------------------------------------------------------------------------- */

static struct notice *notify(struct detect *detect, uint32_t number, enum event_phase phase)
{
	const struct series *series = detect_series(detect, number);
	struct notice *notice = &detect->notices[detect->notice_count++];

	*notice = (struct notice){
		.key = series->key,
		.episode = series->episode,
		.phase = (uint8_t)phase,
	};
	return notice;
}

/* First minute of the running window. */
static uint32_t window_start(const struct detect *detect, enum window window)
{
	uint32_t minute = detect->clock.minute, hour = detect->clock.hour;

	switch (window) {
	case WINDOW_MINUTE:
		return minute;
	case WINDOW_TEN:
		return minute - minute % 10;
	case WINDOW_HOUR:
		return hour * 60;
	case WINDOW_SIX:
		return (hour - hour % 6) * 60;
	case WINDOW_NOON:
		return (hour - (hour + 12) % 24) * 60;
	case WINDOW_DAY:
	case WINDOWS:
		break;
	}
	return (hour - hour % 24) * 60;
}

/* Minutes of the running window that were watched; from six hours up scaled by g. */
static double window_exposure(const struct detect *detect, enum window window)
{
	const struct exposure *exposure = &detect->clock.exposure;
	double hour = exposure->hour + exposure->block * detect->clock.common.factor;

	switch (window) {
	case WINDOW_MINUTE:
		return detect->exposure;
	case WINDOW_TEN:
		return exposure->block;
	case WINDOW_HOUR:
		return exposure->hour_raw;
	case WINDOW_SIX:
		return exposure->six * 60 + hour;
	case WINDOW_NOON:
		return exposure->noon * 1440 + hour;
	case WINDOW_DAY:
	case WINDOWS:
		break;
	}
	return exposure->day * 1440 + hour;
}

void notify_crossing(struct detect *detect, uint32_t number, enum event_phase phase,
	const struct crossing *crossing)
{
	struct notice *notice = notify(detect, number, phase);

	notice->crossing = *crossing;
	notice->scale = window_shapes[crossing->window].minutes;
	notice->onset = window_start(detect, crossing->window);
	notice->exposure = window_exposure(detect, crossing->window);
	notice->common = detect->judgement.common;
	notice->season = season_factor(
		detect_series(detect, number), &detect->judgement.seasons, detect->clock.hour);
	notice->total = detect->clock.totals[crossing->window];
	detect->episodes[notice->episode].told = detect->clock.minute;
}

/* -- Opening and closing ------------------------------------------------------------------- */

struct episode *open_episode(struct detect *detect, uint32_t number, enum event_kind kind)
{
	struct series *series = detect_series(detect, number);
	struct episode *episode;

	if (detect->free_episode_count == 0) {
		detect->clock.refused_episodes++;
		return NULL;
	}
	series->episode = detect->free_episodes[--detect->free_episode_count];
	episode = &detect->episodes[series->episode];
	*episode = (struct episode){
		.series = number,
		.opened = detect->clock.minute,
		.told = detect->clock.minute,
		.incident = INCIDENT_NONE,
		.kind = (uint16_t)kind,
		.is_used = true,
	};
	return episode;
}

/* Its place in the pool is free for others only after the minute's notices were told. */
void close_episode(struct detect *detect, uint32_t number, enum event_reason reason)
{
	struct series *series = detect_series(detect, number);
	struct episode *episode = &detect->episodes[series->episode];
	struct notice *notice = notify(detect, number, EVENT_END);

	notice->reason = (uint8_t)reason;
	notice->onset = episode->opened;
	notice->crossing = (struct crossing){.observed = NAN, .expected = NAN, .size = NAN};
	episode->is_used = false;
	series->episode = EPISODE_NONE;
}
