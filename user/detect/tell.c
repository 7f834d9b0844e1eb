/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/state.h"

#include "user/detect/evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of the sensor's packets in the window: that much more is critical. */
#define CRITICAL_SHARE .1
#define WARNING_RATIO 10
#define WARNING_SOURCES 30
#define INFO_FLOORS 3
#define ONE_SOURCE_SHARE .8

/* -- Identities ---------------------------------------------------------------------------- */

static void format_id(char text[EVENT_ID_MAX], char letter, uint32_t minute, uint32_t number)
{
	snprintf(text, EVENT_ID_MAX, "%c%llx-%x", letter, (unsigned long long)minute * 60, number);
}

/* Events of a minute are numbered as they open. */
static uint32_t next_number(struct clock *clock)
{
	if (clock->numbered != clock->minute) {
		clock->numbered = clock->minute;
		clock->next_number = 0;
	}
	return clock->next_number++;
}

static struct predecessor *predecessor_place(struct detect *detect, series_key key)
{
	return &detect->predecessors[(key * 0x9e3779b1u) >> 20];
}
_Static_assert(PREDECESSORS == 1u << 12, "the shift above gives 12 bits");

/* -- Order --------------------------------------------------------------------------------- */

static bool is_before(const struct detect *detect, uint32_t a, uint32_t b)
{
	const struct notice *left = &detect->notices[a], *right = &detect->notices[b];

	return left->key != right->key ? left->key < right->key : a < b;
}

static void sift(const struct detect *detect, uint32_t *order, uint32_t root, uint32_t count)
{
	uint32_t value = order[root];

	for (;;) {
		uint32_t child = 2 * root + 1;

		if (child >= count)
			break;
		if (child + 1 < count && is_before(detect, order[child], order[child + 1]))
			child++;
		if (!is_before(detect, value, order[child]))
			break;
		order[root] = order[child];
		root = child;
	}
	order[root] = value;
}

/* By key, and as they came within one. A heap sort: qsort() may allocate. */
static void sort_notices(struct detect *detect)
{
	uint32_t *order = detect->notice_order, count = detect->notice_count;

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	for (uint32_t i = count / 2; i-- > 0;)
		sift(detect, order, i, count);
	for (uint32_t end = count; end-- > 1;) {
		uint32_t last = order[end];

		order[end] = order[0];
		order[0] = last;
		sift(detect, order, 0, end);
	}
}

/* -- Events -------------------------------------------------------------------------------- */

static void append(struct event_list *events, const struct event *event)
{
	if (events->count == events->capacity)
		events->lost++;
	else
		events->events[events->count++] = *event;
}

static void set_incident(struct detect *detect, struct event *event, uint16_t number)
{
	const struct incident *incident;

	if (number == INCIDENT_NONE) {
		memcpy(event->incident, event->id, sizeof(event->id));
		event->incident[0] = 'i';
		event->face = series_family(event->key);
		return;
	}
	incident = &detect->book->incidents[incident_current(detect->book, number)];
	format_id(event->incident, 'i', incident->id_minute, incident->id_number);
	event->face = incident_face(detect->book, incident_current(detect->book, number));
	event->members = incident->members;
}

/*
 * Whether one source is known to have sent 80 % of the window: this minute has one only, and most
 * of the window's packets. What earlier minutes had is not known here.
 */
static bool is_one_source(const struct event *event)
{
	return event->sources <= 1 &&
	       event->packets_per_source >= ONE_SOURCE_SHARE * event->observed;
}

static enum event_severity severity(
	const struct detect *detect, const struct notice *notice, const struct event *event)
{
	double floor = detect->judgement.floor[notice->crossing.window];

	if (isnan(event->observed))
		return EVENT_NOTICE;
	if (fabs(event->excess) < INFO_FLOORS * floor || is_one_source(event))
		return EVENT_INFO;
	if (notice->total > 0 && event->excess >= CRITICAL_SHARE * notice->total)
		return EVENT_CRITICAL;
	if (event->ratio >= WARNING_RATIO ||
		(event->scale >= 60 && event->sources >= WARNING_SOURCES))
		return EVENT_WARNING;
	return EVENT_NOTICE;
}

static void fill_numbers(struct event *event, const struct notice *notice)
{
	const struct crossing *crossing = &notice->crossing;

	event->observed = crossing->observed;
	event->expected = crossing->expected;
	event->r = crossing->size;
	event->ratio = crossing->observed / crossing->expected;
	event->excess = crossing->observed - crossing->expected;
	event->log10p = crossing->log10p;
	event->exposure = notice->exposure;
	event->g = notice->common;
	event->season = notice->season;
}

static void tell(struct detect *detect, const struct notice *notice, struct event_list *events)
{
	struct episode *episode = &detect->episodes[notice->episode];
	struct event event = event_blank();

	format_id(event.id, 'e', episode->opened, episode->number);
	event.phase = (enum event_phase)notice->phase;
	event.kind = (enum event_kind)episode->kind;
	event.key = notice->key;
	event.time = (int64_t)detect->clock.minute * 60;
	event.onset = (int64_t)notice->onset * 60;
	event.reason = (enum event_reason)notice->reason;
	event.scale = notice->scale;
	set_incident(detect, &event, episode->incident);
	if (notice->phase == EVENT_OPEN) {
		const struct predecessor *before = predecessor_place(detect, notice->key);

		if (before->minute && before->key == notice->key)
			format_id(event.prev, 'i', before->minute, before->number);
	}
	if (notice->phase != EVENT_END) {
		fill_numbers(&event, notice);
		if (event.kind == EVENT_DROP)
			event.log10p_lower = notice->crossing.log10p_lower;
		if (detect->evidence)
			evidence_fill(&event, detect->evidence);
		/* A new port is one that many ask for: novelty needs distinct sources. */
		if (notice->phase == EVENT_OPEN && event.kind == EVENT_NEW_PORT &&
			is_one_source(&event))
			event.kind = episode->kind = EVENT_SURGE;
	} else {
		event.excess = episode->peak_excess;
	}
	event.severity = severity(detect, notice, &event);
	append(events, &event);
}

/* -- Sweeps -------------------------------------------------------------------------------- */

static void tell_sweep(struct detect *detect, struct event_list *events, enum event_phase phase)
{
	struct clock *clock = &detect->clock;
	struct event event = event_blank();

	format_id(event.id, 'e', clock->sweep_minute, clock->sweep_number);
	event.phase = phase;
	event.kind = EVENT_SWEEP;
	event.key = series_make(SERIES_SWEEP, 0, 0);
	event.time = (int64_t)clock->minute * 60;
	event.onset = (int64_t)detect->book->incidents[clock->sweep_incident].opened * 60;
	event.scale = window_shapes[WINDOW_TEN].minutes;
	event.reason = phase == EVENT_END ? EVENT_REASON_ENDED : EVENT_REASON_NONE;
	set_incident(detect, &event, clock->sweep_incident);
	event.severity = EVENT_NOTICE;
	append(events, &event);
}

static void end_sweep(struct detect *detect, struct event_list *events)
{
	if (detect->clock.sweep_incident == INCIDENT_NONE)
		return;
	tell_sweep(detect, events, EVENT_END);
	detect->clock.sweep_incident = INCIDENT_NONE;
}

/* Events told before the sweep was known for one get an update with their new incident. */
static void retell_members(struct detect *detect, uint16_t sweep)
{
	for (uint32_t i = 0; i < EPISODES; i++) {
		const struct episode *episode = &detect->episodes[i];

		if (!episode->is_used || episode->opened == detect->clock.minute ||
			incident_current(detect->book, episode->incident) != sweep ||
			detect->notice_count == NOTICES)
			continue;
		detect->notices[detect->notice_count++] = (struct notice){
			.key = detect_series(detect, episode->series)->key,
			.episode = (uint16_t)i,
			.phase = EVENT_UPDATE,
			.scale = window_shapes[WINDOW_TEN].minutes,
			.onset = episode->opened,
			.crossing = {WINDOW_TEN, NAN, NAN, NAN, NAN, NAN},
			.common = detect->judgement.common,
			.exposure = NAN,
			.season = NAN,
		};
	}
}

/* -- The minute ---------------------------------------------------------------------------- */

/* Give the minute's new events their numbers and incidents. Returns a sweep that began, if any. */
static uint16_t join_incidents(struct detect *detect)
{
	uint16_t sweep = INCIDENT_NONE;

	for (uint32_t i = 0; i < detect->notice_count; i++) {
		const struct notice *notice = &detect->notices[detect->notice_order[i]];
		struct episode *episode = &detect->episodes[notice->episode];
		struct incident_member member = {
			.key = notice->key,
			.minute = detect->clock.minute,
			.onset = notice->onset,
			.is_fine = notice->scale <= 60 && episode->kind != EVENT_DROP,
		};
		bool begins = false;

		if (notice->phase == EVENT_OPEN) {
			episode->number = next_number(&detect->clock);
			episode->incident =
				incident_join(detect->book, &member, episode->number, &begins);
		}
		if (begins)
			sweep = episode->incident;
		if (notice->phase != EVENT_END)
			incident_excess(detect->book,
				incident_current(detect->book, episode->incident), notice->key,
				fabs(episode->peak_excess));
	}
	return sweep;
}

static void free_ended(struct detect *detect)
{
	for (uint32_t i = 0; i < detect->notice_count; i++) {
		const struct notice *notice = &detect->notices[detect->notice_order[i]];
		const struct episode *episode = &detect->episodes[notice->episode];
		struct predecessor *place;

		if (notice->phase != EVENT_END)
			continue;
		detect->free_episodes[detect->free_episode_count++] = notice->episode;
		if (notice->reason != EVENT_REASON_NEW_NORMAL || episode->incident == INCIDENT_NONE)
			continue;
		place = predecessor_place(detect, notice->key);
		place->key = notice->key;
		place->minute = detect->book->incidents[episode->incident].id_minute;
		place->number = detect->book->incidents[episode->incident].id_number;
	}
}

void tell_notices(struct detect *detect, struct event_list *events)
{
	struct clock *clock = &detect->clock;
	uint16_t sweep;

	sort_notices(detect);
	sweep = join_incidents(detect);
	if (sweep != INCIDENT_NONE) {
		end_sweep(detect, events);
		clock->sweep_incident = sweep;
		clock->sweep_minute = clock->minute;
		clock->sweep_number = next_number(clock);
		retell_members(detect, sweep);
		sort_notices(detect);
		tell_sweep(detect, events, EVENT_OPEN);
	}
	for (uint32_t i = 0; i < detect->notice_count; i++) {
		const struct notice *notice = &detect->notices[detect->notice_order[i]];

		tell(detect, notice, events);
		if (notice->phase == EVENT_END)
			incident_leave(detect->book, detect->episodes[notice->episode].incident,
				clock->minute);
	}
	free_ended(detect);
	detect->notice_count = 0;
	if (clock->sweep_incident != INCIDENT_NONE &&
		detect->book->incidents[clock->sweep_incident].open_members == 0)
		end_sweep(detect, events);
}

void tell_common_mode(struct detect *detect, struct event_list *events, enum event_phase phase)
{
	struct clock *clock = &detect->clock;
	struct event event = event_blank();

	if (phase == EVENT_OPEN) {
		clock->common_minute = clock->minute;
		clock->common_number = next_number(clock);
	}
	format_id(event.id, 'e', clock->common_minute, clock->common_number);
	format_id(event.incident, 'i', clock->common_minute, clock->common_number);
	event.phase = phase;
	event.kind = EVENT_COMMON_MODE;
	event.key = event.face = series_make(SERIES_COMMON_MODE, 0, 0);
	event.time = (int64_t)clock->minute * 60;
	event.onset = (int64_t)clock->common_minute * 60;
	event.scale = window_shapes[WINDOW_TEN].minutes;
	event.g = clock->common.factor;
	event.reason = phase == EVENT_END ? EVENT_REASON_ENDED : EVENT_REASON_NONE;
	event.severity = EVENT_NOTICE;
	append(events, &event);
}
