/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Incidents out of event lines: what the detector tells of one story, put together. Lines are added
 * in the order in which they were told; an event's last line says which incident it belongs to,
 * since a sweep may take over what began by itself.
 */
#ifndef TEITEN_MODEL_INCIDENTS_H
#define TEITEN_MODEL_INCIDENTS_H

#include "user/model/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Events (not lines) that are kept; 1.5 KB each. */
#define INCIDENTS_MAX_EVENTS 131072u

struct incident {
	char id[EVENT_ID_MAX];
	char prev[EVENT_ID_MAX];      /* the one that its first event follows; empty if none */
	series_key key;               /* its face: the series that stands for it */
	enum event_kind kind;         /* of the event of that series */
	enum event_severity severity; /* the highest told of any event */
	enum event_reason reason;     /* why the last event ended; none while one is open */
	unsigned int events;
	unsigned int open; /* of them */
	int64_t opened;    /* when the first event was told */
	int64_t onset;     /* start of the first window that crossed */
	int64_t last;      /* of the last line */
	size_t first;      /* see incidents_key() */
	double excess;     /* the largest of the face's; NaN when unknown */
	struct event peak; /* the face's line (open or update) with the largest excess */
};

struct incidents;

/* Returns NULL when memory runs out. */
struct incidents *incidents_new(void);
void incidents_free(struct incidents *incidents); /* NULL is allowed */

/* 0; -ENOMEM; -E2BIG: INCIDENTS_MAX_EVENTS are kept already, the line is not taken. */
int incidents_add(struct incidents *incidents, const struct event *line);

/*
 * All incidents so far by the time they opened, *count of them; the list belongs to incidents and
 * is valid until the next call. NULL when memory runs out.
 */
const struct incident *incidents_list(struct incidents *incidents, size_t *count);

/* The key of event i (< incident->events) of an incident of the list; in the order they opened. */
series_key incidents_key(
	const struct incidents *incidents, const struct incident *incident, unsigned int i);

/* The incident that an event's last line names; NULL when the event is not known. */
const char *incidents_of_event(const struct incidents *incidents, const char *event_id);

#endif
