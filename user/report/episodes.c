/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/episodes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- Episodes ------------------------------------------------------------------------------ */

static int by_id(const void *a, const void *b)
{
	const struct event *left = *(const struct event *const *)a;
	const struct event *right = *(const struct event *const *)b;
	int order = strcmp(left->id, right->id);

	/* Events lie in memory in the order in which they were stored. */
	return order ? order : left < right ? -1 : left > right;
}

bool episode_is_larger(const struct event *event, const struct event *than)
{
	if (event->phase == EVENT_END)
		return false;
	return !than || (isfinite(event->sources) && !isfinite(than->sources)) ||
	       (isfinite(event->sources) == isfinite(than->sources) &&
		       fabs(event->excess) > fabs(than->excess));
}

static void add_event(struct episode *episode, const struct event *event)
{
	episode->events++;
	episode->last = event;
	if (event->severity > episode->severity)
		episode->severity = event->severity;
	if (episode_is_larger(event, episode->largest))
		episode->largest = event;
	if (event->evidence.samples > 0 &&
		(!episode->sampled || event->evidence.samples > episode->sampled->evidence.samples))
		episode->sampled = event;
}

void episodes_make(struct folding *folding)
{
	const struct month *month = folding->month;
	struct episode *episode = NULL;

	for (size_t i = 0; i < month->event_count; i++)
		folding->order[i] = &month->events[i];
	qsort(folding->order, month->event_count, sizeof(*folding->order), by_id);
	for (size_t i = 0; i < month->event_count; i++) {
		const struct event *event = folding->order[i];

		if (!episode || strcmp(episode->first->id, event->id) != 0) {
			episode = &folding->episodes[folding->episode_count++];
			*episode = (struct episode){
				.first = event,
				.in_month = event->phase == EVENT_OPEN &&
					    event->time >= month->borders[month->first],
			};
		}
		add_event(episode, event);
	}
}

/* -- What an incident is about ------------------------------------------------------------- */

static int by_incident(const void *a, const void *b)
{
	const struct episode *left = a, *right = b;
	int order = strcmp(left->last->incident, right->last->incident);

	if (order)
		return order;
	if (left->first->time != right->first->time)
		return left->first->time < right->first->time ? -1 : 1;
	return strcmp(left->first->id, right->first->id);
}

bool episode_names_a_port(series_key key)
{
	enum series_kind kind = series_kind(key);

	return kind == SERIES_PORT || kind == SERIES_CELL || kind == SERIES_SPORT53 ||
	       kind == SERIES_SPORT53_COUNTRY;
}

static double excess_of(const struct episode *episode)
{
	double excess = episode->largest ? fabs(episode->largest->excess) : 0;

	return isfinite(excess) ? excess : 0;
}

/* A sweep or the common factor is the story; else the face's port; else the largest port. */
static series_key family_of(const struct episode *episodes, size_t count)
{
	const struct event *last = episodes[count - 1].last;
	const struct episode *best = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct episode *episode = &episodes[i];
		enum event_kind kind = episode->first->kind;

		if (kind == EVENT_SWEEP || kind == EVENT_COMMON_MODE)
			return series_family(episode->first->key);
		if (episode->last->time > last->time)
			last = episode->last;
		if (!best ||
			episode_names_a_port(episode->first->key) >
				episode_names_a_port(best->first->key) ||
			(episode_names_a_port(episode->first->key) ==
					episode_names_a_port(best->first->key) &&
				excess_of(episode) > excess_of(best)))
			best = episode;
	}
	if (last->members && episode_names_a_port(last->face))
		return series_family(last->face);
	return series_family(best->first->key);
}

void episodes_name_incidents(struct folding *folding)
{
	struct episode *episodes = folding->episodes;
	size_t end;

	qsort(episodes, folding->episode_count, sizeof(*episodes), by_incident);
	for (size_t start = 0; start < folding->episode_count; start = end) {
		series_key family;

		for (end = start + 1; end < folding->episode_count; end++)
			if (strcmp(episodes[end].last->incident, episodes[start].last->incident) !=
				0)
				break;
		family = family_of(episodes + start, end - start);
		for (size_t i = start; i < end; i++)
			episodes[i].family = family;
	}
}
