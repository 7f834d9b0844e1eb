/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/evidence/follow.h"

#include "user/evidence/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_row(series_key key)
{
	enum series_kind kind = series_kind(key);

	return (kind == SERIES_PORT || kind == SERIES_CELL) && series_item(key) < TT_ROWS;
}

static bool is_sport53(series_key key)
{
	return series_kind(key) == SERIES_SPORT53 || series_kind(key) == SERIES_SPORT53_COUNTRY;
}

bool follow_has_packets(series_key key)
{
	return has_row(key) || is_sport53(key) || series_kind(key) == SERIES_CLASS;
}

/* What is followed, at a glance. */
static void summarize(struct follow *follow)
{
	memset(follow->rows, 0, sizeof(follow->rows));
	follow->has_sport53 = false;
	follow->classes = 0;
	for (size_t i = 0; i < follow->count; i++) {
		series_key key = follow->entries[i].key;

		if (has_row(key))
			follow->rows[series_item(key) / 64] |= 1ULL << series_item(key) % 64;
		else if (is_sport53(key))
			follow->has_sport53 = true;
		else
			follow->classes |= 1u << series_item(key) % 32;
	}
}

static void forget(struct follow *follow, size_t index)
{
	follow->entries[index] = follow->entries[--follow->count];
}

static void forget_silent(struct follow *follow, int64_t now)
{
	for (size_t i = follow->count; i > 0; i--)
		if (now - follow->entries[i - 1].heard > EVIDENCE_FORGET_SECONDS)
			forget(follow, i - 1);
}

static struct followed *find(struct follow *follow, const struct event *event)
{
	for (size_t i = 0; i < follow->count; i++) {
		struct followed *entry = &follow->entries[i];

		if (series_family(entry->key) == series_family(event->key) &&
			strcmp(entry->incident, event->incident) == 0)
			return entry;
	}
	return NULL;
}

static struct followed *add(struct follow *follow, const struct event *event)
{
	struct followed *entry;

	if (follow->count == FOLLOW_MAX) {
		follow->refused++;
		return NULL;
	}
	entry = &follow->entries[follow->count++];
	*entry = (struct followed){.key = event->key, .onset = event->onset, .is_new = true};
	snprintf(entry->incident, sizeof(entry->incident), "%s", event->incident);
	return entry;
}

void follow_event(struct follow *follow, const struct event *event)
{
	struct followed *entry = find(follow, event);

	if (!follow_has_packets(event->key) || !event->incident[0])
		return;
	if (event->phase == EVENT_END) {
		if (entry && (entry->open <= 1 || entry->open-- == 0))
			forget(follow, (size_t)(entry - follow->entries));
	} else {
		if (!entry)
			forget_silent(follow, event->time);
		entry = entry ? entry : add(follow, event);
		if (!entry)
			return;
		entry->heard = event->time;
		entry->open += event->phase == EVENT_OPEN || entry->open == 0;
		if (entry->key != event->key)
			entry->key = series_family(event->key);
	}
	summarize(follow);
}

static bool is_followed(const struct follow *follow, const struct seen *seen)
{
	uint32_t row = seen->sample.row;

	return (row < TT_ROWS && follow->rows[row / 64] >> row % 64 & 1) ||
	       (follow->has_sport53 && seen_is_sport53(seen)) ||
	       follow->classes >> (seen->sample.class % 32) & 1;
}

void follow_add(struct follow *follow, const struct seen *seen)
{
	if (!is_followed(follow, seen))
		return;
	for (size_t i = 0; i < follow->count; i++)
		if (has_row(follow->entries[i].key) &&
			series_item(follow->entries[i].key) == seen->sample.row)
			follow->entries[i].packets += seen_weight(seen);
}

/* -- Packets for files --------------------------------------------------------------------- */

static unsigned int fed_of(const struct follow *follow, const char *incident)
{
	unsigned int fed = 0;

	for (size_t i = 0; i < follow->count; i++)
		if (strcmp(follow->entries[i].incident, incident) == 0)
			fed += follow->entries[i].fed;
	return fed;
}

static int by_number(const void *a, const void *b)
{
	const struct seen *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static int by_time(const void *a, const void *b)
{
	const struct seen *const *x = a, *const *y = b;

	if ((*x)->time_ns != (*y)->time_ns)
		return (*x)->time_ns < (*y)->time_ns ? -1 : 1;
	return by_number(a, b);
}

/* What the window has of a series that has just opened: the newest. */
static size_t choose_first(
	struct follow *follow, struct window *window, const struct followed *entry, size_t limit)
{
	size_t count, kept;
	const struct seen *const *list =
		window_select(window, entry->key, entry->onset * 1000000000, INT64_MAX, &count);

	limit = limit < FOLLOW_FIRST ? limit : FOLLOW_FIRST;
	qsort((void *)(uintptr_t)list, count, sizeof(list[0]), by_number);
	kept = count < limit ? count : limit;
	memcpy(follow->chosen, list + (count - kept), kept * sizeof(list[0]));
	return kept;
}

/* What came since the last time: the first. */
static size_t choose_next(
	struct follow *follow, struct window *window, const struct followed *entry, size_t limit)
{
	uint64_t from = follow->fed_to, oldest = window_forgotten(window);
	size_t kept = 0;

	limit = limit < FOLLOW_MINUTE ? limit : FOLLOW_MINUTE;
	for (uint64_t n = from > oldest ? from : oldest; kept < limit; n++) {
		const struct seen *seen = window_at(window, n);

		if (!seen)
			break;
		if (is_followed(follow, seen) && window_matches(seen, entry->key))
			follow->chosen[kept++] = seen;
	}
	return kept;
}

void follow_packets(struct follow *follow, struct window *window, unsigned int limit,
	follow_visit *visit, void *context)
{
	for (size_t i = 0; i < follow->count; i++) {
		struct followed *entry = &follow->entries[i];
		unsigned int fed = fed_of(follow, entry->incident);
		size_t left = fed < limit ? limit - fed : 0, count;

		if (left == 0)
			continue;
		count = entry->is_new ? choose_first(follow, window, entry, left)
				      : choose_next(follow, window, entry, left);
		entry->is_new = false;
		if (count == 0)
			continue;
		qsort(follow->chosen, count, sizeof(follow->chosen[0]), by_time);
		for (size_t n = 0; n < count; n++)
			follow->lent[n] = (struct sampled_packet){
				follow->chosen[n]->time_ns, &follow->chosen[n]->sample};
		visit(context, entry->incident, follow->lent, count);
		entry->fed += (unsigned int)count;
	}
	follow->fed_to = window_added(window);
}
