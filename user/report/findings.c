/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/findings.h"

#include "user/report/episodes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An onset this long after the one before it in the same incident is marked too. */
#define ONSET_APART (INT64_C(3) * 86400)

/* One sender: it sent four fifths of so many samples at least. */
#define SINGLE_SAMPLES 10
#define SINGLE_SHARE 0.8
/* Without samples: at most one and a half sources in a minute, and so many packets from each. */
#define SINGLE_MOST 1.5
#define SINGLE_PACKETS 5.0

/* -- Findings ------------------------------------------------------------------------------ */

static int by_family(const void *a, const void *b)
{
	const struct episode *left = a, *right = b;

	if (left->family != right->family)
		return left->family < right->family ? -1 : 1;
	if (left->first->time != right->first->time)
		return left->first->time < right->first->time ? -1 : 1;
	return strcmp(left->first->id, right->first->id);
}

static bool is_drop(const struct episode *episode)
{
	return episode->first->kind == EVENT_DROP;
}

/* The kind that tells the story: what is new before what rose, that before what grew or fell. */
static unsigned int telling(enum event_kind kind)
{
	static const unsigned int order[EVENT_KINDS] = {
		[EVENT_NEW_PORT] = 6,
		[EVENT_SWEEP] = 5,
		[EVENT_COMMON_MODE] = 5,
		[EVENT_SPORT53] = 4,
		[EVENT_SURGE] = 3,
		[EVENT_GROWTH] = 2,
		[EVENT_DROP] = 1,
	};

	return kind < EVENT_KINDS ? order[kind] : 0;
}

static void add_onset(struct finding *finding, const struct event *open)
{
	finding->onset_all++;
	if (finding->onset_count < FINDING_ONSETS)
		finding->onsets[finding->onset_count++] =
			(struct finding_onset){.time = open->onset, .told = open->time};
}

static void add_incident(struct finding *finding, const char *id)
{
	size_t kept = finding->incidents < FINDING_IDS ? finding->incidents : FINDING_IDS;

	for (size_t i = 0; i < kept; i++)
		if (strcmp(finding->ids[i], id) == 0)
			return;
	if (finding->incidents < FINDING_IDS)
		memcpy(finding->ids[finding->incidents], id, EVENT_ID_MAX);
	finding->incidents++;
}

static void note_state(struct finding *finding, const struct episode *episode)
{
	const struct event *last = episode->last;

	if (last->phase != EVENT_END) {
		finding->state = FINDING_OPEN;
	} else if (finding->events == 0 ||
		   (finding->state != FINDING_OPEN && last->time >= finding->state_time)) {
		finding->state =
			last->reason == EVENT_REASON_ENDED ? FINDING_ENDED : FINDING_STAYED;
		finding->state_time = last->time;
	}
}

static void note_country(struct finding *finding, series_key key)
{
	enum series_kind kind = series_kind(key);
	bool cell = kind == SERIES_CELL || kind == SERIES_SPORT53_COUNTRY;

	if (!episode_names_a_port(key))
		return;
	if (!cell || (finding->told == TOLD_ONE && finding->country != series_country(key))) {
		finding->told = TOLD_MORE;
	} else if (finding->told == TOLD_NONE) {
		finding->told = TOLD_ONE;
		finding->country = series_country(key);
	}
}

static void add_episode(struct finding *finding, const struct episode *episode)
{
	const struct event *first = episode->first;
	const struct event *largest = episode->largest ? episode->largest : first;

	note_state(finding, episode);
	note_country(finding, first->key);
	if (finding->events == 0) {
		finding->opening = *first;
		finding->largest = *largest;
	}
	if (episode_is_larger(largest, &finding->largest))
		finding->largest = *largest;
	if (episode->sampled && episode_names_a_port(first->key) &&
		!(episode->sampled->evidence.samples <= finding->evidence.samples))
		finding->evidence = episode->sampled->evidence;
	if (episode->severity > finding->severity)
		finding->severity = episode->severity;
	finding->events += episode->events;
	add_incident(finding, episode->last->incident);
}

/* One onset for each incident, and for what begins in it days later. */
static void mark_onsets(struct finding *finding, const struct episode *episodes, size_t count)
{
	const struct episode *before = NULL;
	bool drop = finding->kind == EVENT_DROP;

	for (size_t i = 0; i < count; i++) {
		const struct episode *episode = &episodes[i];

		if (!episode->in_month || is_drop(episode) != drop)
			continue;
		if (before && strcmp(before->last->incident, episode->last->incident) == 0 &&
			episode->first->time - before->first->time < ONSET_APART)
			continue;
		if (before && episode->first->kind == EVENT_GROWTH)
			continue;
		before = episode;
		add_onset(finding, episode->first);
	}
}

static bool is_single(const struct finding *finding)
{
	const struct event_evidence *evidence = &finding->evidence;

	if (evidence->samples >= SINGLE_SAMPLES && isfinite(evidence->top_source.share))
		return evidence->top_source.share >= SINGLE_SHARE;
	return finding->largest.sources <= SINGLE_MOST &&
	       finding->largest.packets_per_source >= SINGLE_PACKETS;
}

static void make_finding(struct findings *findings, const struct episode *episodes, size_t count)
{
	struct finding *finding = &findings->list[findings->count];

	*finding = (struct finding){
		.family = episodes[0].family,
		.country_share = NAN,
		.kind = EVENT_DROP,
		.evidence = event_evidence_blank(),
	};
	for (size_t i = 0; i < count; i++)
		if (episodes[i].in_month &&
			telling(episodes[i].first->kind) > telling(finding->kind))
			finding->kind = episodes[i].first->kind;
	/* The fall of what had risen is the end of a rise, not a story of its own. */
	for (size_t i = 0; i < count; i++)
		if (episodes[i].in_month && is_drop(&episodes[i]) == finding_is_drop(finding))
			add_episode(finding, &episodes[i]);
	if (finding->events == 0)
		return;
	finding->single = is_single(finding);
	mark_onsets(finding, episodes, count);
	if (findings->count + 1 < FINDINGS_MAX)
		findings->count++;
	else
		findings->dropped++;
}

static void make_findings(struct findings *findings, struct folding *folding)
{
	struct episode *episodes = folding->episodes;
	size_t end;

	qsort(episodes, folding->episode_count, sizeof(*episodes), by_family);
	for (size_t start = 0; start < folding->episode_count; start = end) {
		for (end = start + 1; end < folding->episode_count; end++)
			if (episodes[end].family != episodes[start].family)
				break;
		make_finding(findings, episodes + start, end - start);
	}
}

/* Severity, then size as the events tell it: before series are read. */
static int by_weight(const void *a, const void *b)
{
	const struct finding *left = a, *right = b;
	double left_size = fabs(left->largest.excess), right_size = fabs(right->largest.excess);

	if (left->severity != right->severity)
		return left->severity > right->severity ? -1 : 1;
	if (isfinite(left_size) && isfinite(right_size) && left_size != right_size)
		return left_size > right_size ? -1 : 1;
	return left->family < right->family ? -1 : left->family > right->family;
}

static void count_events(struct findings *findings, const struct folding *folding)
{
	const struct month *month = folding->month;

	for (size_t i = 0; i < month->event_count; i++) {
		findings->events += month->events[i].time >= month->borders[month->first];
		if (month->events[i].geo_id[0])
			findings->geo = &month->events[i];
	}
	for (size_t i = 0; i < folding->episode_count; i++)
		findings->episodes += folding->episodes[i].in_month;
}

int findings_fold(struct findings *findings, struct month *month)
{
	size_t room = month->event_count ? month->event_count : 1;
	struct folding folding = {.month = month};

	*findings = (struct findings){0};
	findings->list = calloc(FINDINGS_MAX, sizeof(*findings->list));
	folding.order = calloc(room, sizeof(*folding.order));
	folding.episodes = calloc(room, sizeof(*folding.episodes));
	if (findings->list && folding.order && folding.episodes) {
		episodes_make(&folding);
		episodes_name_incidents(&folding);
		make_findings(findings, &folding);
		count_events(findings, &folding);
		qsort(findings->list, findings->count, sizeof(*findings->list), by_weight);
		for (size_t i = 0; i < findings->count; i++)
			if (finding_row(&findings->list[i]) != TT_ROW_NONE)
				month_choose_row(month, finding_row(&findings->list[i]));
	}
	free(folding.order);
	free(folding.episodes);
	if (folding.order && folding.episodes && findings->list)
		return 0;
	findings_release(findings);
	return -ENOMEM;
}

void findings_release(struct findings *findings)
{
	free(findings->list);
	*findings = (struct findings){0};
}

/* -- Asking -------------------------------------------------------------------------------- */

uint32_t finding_row(const struct finding *finding)
{
	uint32_t row = series_item(finding->family);

	return series_kind(finding->family) == SERIES_PORT && row < TT_ROWS ? row : TT_ROW_NONE;
}

bool finding_is_sport53(const struct finding *finding)
{
	return series_kind(finding->family) == SERIES_SPORT53;
}

bool finding_is_drop(const struct finding *finding)
{
	return finding->kind == EVENT_DROP;
}
