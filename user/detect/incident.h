/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Incidents: events that are one story to an operator.
 *
 * A port and its countries, or source port 53 and its countries, are one incident when they overlap
 * or follow within 60 minutes; an event begins where its window does, growth a week before. Eight
 * families that open at the hour scale or finer within ten minutes are a sweep: one incident for
 * all of them and for those that follow within ten minutes, for two hours. An incident takes no new
 * members after seven days.
 *
 * A total (a ledger class, the ports hit) that opens while an incident of a port or of source port
 * 53 that it sums over is under way, or has ended within 60 minutes, is part of it.
 *
 *   id of an incident = minute and number of its first event
 *   face = the country that explains at least 80 % of the port's excess, else the port; or "sweep"
 *
 * Bounded: INCIDENTS at a time; beyond that an event stands alone (counted).
 */
#ifndef TEITEN_DETECT_INCIDENT_H
#define TEITEN_DETECT_INCIDENT_H

#include "user/model/series.h"

#include <stdbool.h>
#include <stdint.h>

#define INCIDENTS 16384u
#define INCIDENT_INDEX (2 * INCIDENTS)
#define INCIDENT_NONE UINT16_MAX
#define SWEEP_FAMILIES 8

struct incident {
	series_key family;
	uint32_t opened; /* minutes of the epoch */
	uint32_t last;   /* when a member last opened or ended */
	uint32_t id_minute;
	uint32_t id_number;
	uint32_t members; /* ever */
	uint32_t open_members;
	series_key child; /* the country with the largest excess */
	double child_excess;
	double parent_excess;
	uint16_t merged; /* the sweep that took it over, or INCIDENT_NONE */
	bool is_used;
	bool is_sweep;
};

/* Incidents that opened singly within the last ten minutes, oldest first. */
struct recent_incidents {
	uint16_t number[SWEEP_FAMILIES];
	uint32_t minute[SWEEP_FAMILIES];
	uint32_t count;
	uint16_t sweep; /* the running sweep, or INCIDENT_NONE */
};

struct incident_book {
	struct incident incidents[INCIDENTS];
	uint16_t index[INCIDENT_INDEX]; /* family -> number + 1; open addressing */
	uint16_t free[INCIDENTS];
	uint32_t free_count;
	struct recent_incidents recent;
	uint64_t refused;
};

/* An event that opens. */
struct incident_member {
	series_key key;
	uint32_t minute; /* of the epoch */
	uint32_t onset;  /* the same: where its window begins */
	bool is_fine;    /* a rise at the hour scale or finer: may be part of a sweep */
};

/* An empty book; *book is large, the caller's allocation. */
void incident_book_clear(struct incident_book *book);

/* The incident that stands for number now: itself, or the sweep that took it over. */
uint16_t incident_current(const struct incident_book *book, uint16_t number);

/*
 * A member of a series' family opens. is_fine: at the hour scale or finer. Returns the number of
 * its incident or INCIDENT_NONE when the book is full; *sweep_begins is set when this member made a
 * sweep of the recent incidents.
 */
uint16_t incident_join(struct incident_book *book, const struct incident_member *member,
	uint32_t id_number, bool *sweep_begins);

/* The member's excess as far as known: the face follows from it. */
void incident_excess(struct incident_book *book, uint16_t number, series_key key, double excess);

/* A member ends. */
void incident_leave(struct incident_book *book, uint16_t number, uint32_t minute);

/* Incidents with an open member; what a sweep took over counts as the sweep. */
uint32_t incident_open_count(const struct incident_book *book);

/* The key that stands for the incident. */
series_key incident_face(const struct incident_book *book, uint16_t number);

/* Once an hour: forget incidents without open members that nobody can join any more. */
void incident_expire(struct incident_book *book, uint32_t minute);

/* Free list and index anew from incidents[]. Returns 0 or -EINVAL when they contradict. */
int incident_book_rebuild(struct incident_book *book);

#endif
