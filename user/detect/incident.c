/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/incident.h"

#include "user/model/port.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define JOIN_MINUTES 60u
#define MAX_AGE_MINUTES (7u * 1440)
#define SWEEP_MINUTES 10u
#define SWEEP_MAX_MINUTES 120u

static uint32_t home(series_key family)
{
	return (uint32_t)((uint64_t)(family * 0x9e3779b1u) * INCIDENT_INDEX >> 32);
}

static uint32_t find_slot(const struct incident_book *book, series_key family)
{
	uint32_t slot = home(family);

	while (book->index[slot] && book->incidents[book->index[slot] - 1].family != family)
		slot = (slot + 1) % INCIDENT_INDEX;
	return slot;
}

void incident_book_clear(struct incident_book *book)
{
	memset(book, 0, sizeof(*book));
	book->recent.sweep = INCIDENT_NONE;
	incident_book_rebuild(book);
}

uint16_t incident_current(const struct incident_book *book, uint16_t number)
{
	if (number == INCIDENT_NONE || book->incidents[number].merged == INCIDENT_NONE)
		return number;
	return book->incidents[number].merged;
}

static bool is_joinable(const struct incident *incident, const struct incident_member *member)
{
	return member->minute - incident->opened < MAX_AGE_MINUTES &&
	       (incident->open_members > 0 || member->onset <= incident->last + JOIN_MINUTES);
}

static bool sweep_goes_on(const struct incident_book *book, uint32_t minute)
{
	const struct incident *sweep;

	if (book->recent.sweep == INCIDENT_NONE)
		return false;
	sweep = &book->incidents[book->recent.sweep];
	return minute - sweep->last <= SWEEP_MINUTES && minute - sweep->opened <= SWEEP_MAX_MINUTES;
}

static uint16_t open_incident(
	struct incident_book *book, series_key family, uint32_t minute, uint32_t id_number)
{
	uint32_t slot = find_slot(book, family);
	uint16_t number;

	if (book->free_count == 0) {
		book->refused++;
		return INCIDENT_NONE;
	}
	number = book->free[--book->free_count];
	book->incidents[number] = (struct incident){
		.family = family,
		.opened = minute,
		.last = minute,
		.id_minute = minute,
		.id_number = id_number,
		.merged = INCIDENT_NONE,
		.is_used = true,
	};
	/* An older incident of the family is found no more; its members keep its number. */
	book->index[slot] = (uint16_t)(number + 1);
	return number;
}

/* Hand members and excess of one incident to another that stands for it from now on. */
static void merge(struct incident_book *book, uint16_t from, uint16_t into)
{
	struct incident *source = &book->incidents[from], *target = &book->incidents[into];

	target->members += source->members;
	target->open_members += source->open_members;
	source->open_members = 0;
	source->merged = into;
}

static void forget_old(struct recent_incidents *recent, uint32_t minute)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < recent->count; i++) {
		if (minute - recent->minute[i] > SWEEP_MINUTES)
			continue;
		recent->number[kept] = recent->number[i];
		recent->minute[kept++] = recent->minute[i];
	}
	recent->count = kept;
}

static bool note_single(struct incident_book *book, uint16_t number, uint32_t minute)
{
	struct recent_incidents *recent = &book->recent;
	uint16_t sweep;

	forget_old(recent, minute);
	recent->number[recent->count] = number;
	recent->minute[recent->count++] = minute;
	if (recent->count < SWEEP_FAMILIES)
		return false;
	sweep = recent->number[0];
	book->incidents[sweep].is_sweep = true;
	book->incidents[sweep].last = minute;
	for (uint32_t i = 1; i < recent->count; i++)
		merge(book, recent->number[i], sweep);
	recent->count = 0;
	recent->sweep = sweep;
	return true;
}

/* A series that sums over others: it rises because they do. */
static bool is_total(series_key key)
{
	enum series_kind kind = series_kind(key);

	return kind == SERIES_FANOUT || kind == SERIES_CLASS;
}

/* Whether a total sums over the packets of a port, or of source port 53. */
static bool sums_over(series_key total, series_key family)
{
	uint32_t item = series_item(total), row = series_item(family);

	if (series_kind(family) == SERIES_SPORT53)
		return series_kind(total) == SERIES_FANOUT
			       ? item == PORT_UDP
			       : item >= TT_UDP53_RESPONSE && item <= TT_UDP53_SHORT;
	if (series_kind(family) != SERIES_PORT || row >= TT_ROWS)
		return false;
	if (series_kind(total) == SERIES_FANOUT)
		return port_protocol(row) == item;
	for (unsigned int slot = 0; slot < TT_SLOTS; slot++)
		if (port_slot_class(row, slot) == item)
			return true;
	return false;
}

static double excess_of(const struct incident *incident)
{
	return fmax(incident->parent_excess, incident->child_excess);
}

/* The largest incident under way that a total sums over, or INCIDENT_NONE. */
static uint16_t find_cause(const struct incident_book *book, const struct incident_member *member)
{
	uint16_t cause = INCIDENT_NONE;

	for (uint16_t i = 0; i < INCIDENTS; i++) {
		const struct incident *incident = &book->incidents[i];

		if (!incident->is_used || incident->merged != INCIDENT_NONE ||
			!is_joinable(incident, member) ||
			!(incident->is_sweep || sums_over(member->key, incident->family)))
			continue;
		if (cause == INCIDENT_NONE ||
			excess_of(incident) > excess_of(&book->incidents[cause]))
			cause = i;
	}
	return cause;
}

uint16_t incident_join(struct incident_book *book, const struct incident_member *member,
	uint32_t id_number, bool *sweep_begins)
{
	series_key family = series_family(member->key);
	uint32_t slot = find_slot(book, family), minute = member->minute;
	bool is_new = true, in_sweep = member->is_fine && !is_total(member->key);
	uint16_t number = INCIDENT_NONE;
	struct incident *incident;

	*sweep_begins = false;
	if (book->index[slot]) {
		number = incident_current(book, (uint16_t)(book->index[slot] - 1));
		is_new = !is_joinable(&book->incidents[number], member);
	}
	if (is_new && is_total(member->key)) {
		number = find_cause(book, member);
		is_new = number == INCIDENT_NONE;
	}
	if (is_new) {
		number = open_incident(book, family, minute, id_number);
		if (number == INCIDENT_NONE)
			return number;
		book->incidents[number].members = 1;
		book->incidents[number].open_members = 1;
		if (in_sweep && sweep_goes_on(book, minute)) {
			merge(book, number, book->recent.sweep);
			book->incidents[book->recent.sweep].last = minute;
		} else if (in_sweep) {
			*sweep_begins = note_single(book, number, minute);
		}
		return incident_current(book, number);
	}
	incident = &book->incidents[number];
	incident->members++;
	incident->open_members++;
	incident->last = minute;
	return number;
}

void incident_excess(struct incident_book *book, uint16_t number, series_key key, double excess)
{
	struct incident *incident;

	if (number == INCIDENT_NONE)
		return;
	incident = &book->incidents[number];
	if (is_total(key) && incident->family != key)
		return; /* a guest: the incident is about what it sums over */
	if (series_family(key) == key) {
		if (excess > incident->parent_excess)
			incident->parent_excess = excess;
	} else if (excess > incident->child_excess || incident->child == key) {
		incident->child = key;
		if (excess > incident->child_excess)
			incident->child_excess = excess;
	}
}

void incident_leave(struct incident_book *book, uint16_t number, uint32_t minute)
{
	struct incident *incident;

	if (number == INCIDENT_NONE)
		return;
	incident = &book->incidents[incident_current(book, number)];
	if (incident->open_members > 0)
		incident->open_members--;
	incident->last = minute;
}

uint32_t incident_open_count(const struct incident_book *book)
{
	bool counted[INCIDENTS] = {false};
	uint32_t count = 0;

	for (uint16_t i = 0; i < INCIDENTS; i++) {
		uint16_t current;

		if (!book->incidents[i].is_used || !book->incidents[i].open_members)
			continue;
		current = incident_current(book, i);
		count += !counted[current];
		counted[current] = true;
	}
	return count;
}

series_key incident_face(const struct incident_book *book, uint16_t number)
{
	const struct incident *incident = &book->incidents[number];

	if (incident->is_sweep)
		return series_make(SERIES_SWEEP, 0, 0);
	if (incident->child_excess > 0 && incident->child_excess >= .8 * incident->parent_excess)
		return incident->child;
	return incident->family;
}

static bool is_over(const struct incident *incident, uint32_t minute)
{
	/* Growth may still join for a week. */
	return incident->open_members == 0 && minute - incident->last > MAX_AGE_MINUTES;
}

void incident_expire(struct incident_book *book, uint32_t minute)
{
	for (uint32_t i = 0; i < INCIDENTS; i++) {
		struct incident *incident = &book->incidents[i];
		uint16_t merged = incident->merged;

		/* What was merged goes with its sweep; the sweep may come earlier in the array. */
		if (!incident->is_used || merged != INCIDENT_NONE || !is_over(incident, minute))
			continue;
		incident->is_used = false;
		if (book->recent.sweep == i)
			book->recent.sweep = INCIDENT_NONE;
	}
	for (uint32_t i = 0; i < INCIDENTS; i++) {
		struct incident *incident = &book->incidents[i];

		if (incident->is_used && incident->merged != INCIDENT_NONE &&
			!book->incidents[incident->merged].is_used)
			incident->is_used = false;
	}
	forget_old(&book->recent, minute);
	incident_book_rebuild(book);
}

static bool is_sound(const struct incident_book *book, const struct incident *incident)
{
	const struct incident *sweep;

	if (incident->merged == INCIDENT_NONE)
		return true;
	if (incident->merged >= INCIDENTS)
		return false;
	sweep = &book->incidents[incident->merged];
	return sweep->is_used && sweep->merged == INCIDENT_NONE;
}

int incident_book_rebuild(struct incident_book *book)
{
	struct recent_incidents *recent = &book->recent;

	if (recent->count >= SWEEP_FAMILIES ||
		(recent->sweep != INCIDENT_NONE &&
			(recent->sweep >= INCIDENTS || !book->incidents[recent->sweep].is_used)))
		return -EINVAL;
	for (uint32_t i = 0; i < recent->count; i++)
		if (recent->number[i] >= INCIDENTS || !book->incidents[recent->number[i]].is_used)
			return -EINVAL;
	memset(book->index, 0, sizeof(book->index));
	book->free_count = 0;
	for (uint32_t i = INCIDENTS; i-- > 0;) {
		const struct incident *incident = &book->incidents[i];
		uint32_t slot;

		if (!incident->is_used) {
			book->free[book->free_count++] = (uint16_t)i;
			continue;
		}
		if (!is_sound(book, incident))
			return -EINVAL;
		slot = find_slot(book, incident->family);
		/* Of two incidents of one family the younger is the one to join. */
		if (!book->index[slot] ||
			book->incidents[book->index[slot] - 1].opened < incident->opened)
			book->index[slot] = (uint16_t)(i + 1);
	}
	return 0;
}
