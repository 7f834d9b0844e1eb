/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening and closing an episode, and the notices of it that tell.c turns into events at the end of
 * the minute.
 */
#ifndef TEITEN_DETECT_EPISODE_H
#define TEITEN_DETECT_EPISODE_H

#include "user/detect/state.h"

/* Tell of a series' open episode: the window that crossed, as it stands in this minute. */
void notify_crossing(struct detect *detect, uint32_t number, enum event_phase phase,
	const struct crossing *crossing);

/* Open an episode for a series that has none; NULL when EPISODES are open (counted). */
struct episode *open_episode(struct detect *detect, uint32_t number, enum event_kind kind);

/* End a series' episode and tell it. Its place is free for others once the minute was told. */
void close_episode(struct detect *detect, uint32_t number, enum event_reason reason);

#endif
