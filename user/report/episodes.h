/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of one id, and what the incident is about that they belong to: the first half of folding a
 * month (findings.h).
 */
#ifndef TEITEN_REPORT_EPISODES_H
#define TEITEN_REPORT_EPISODES_H

#include "user/report/month.h"

/* The events of one id. */
struct episode {
	const struct event *first;   /* its open, or the first that is there */
	const struct event *last;    /* for incident and face: the last one counts */
	const struct event *largest; /* by excess, among those that are no end */
	const struct event *sampled; /* with most samples; NULL: none has any */
	enum event_severity severity;
	size_t events;
	bool in_month; /* it opened in the month */
	series_key family;
};

struct folding {
	struct month *month;
	const struct event **order; /* events by id, then by time */
	struct episode *episodes;
	size_t episode_count;
};

/* List the episodes of the month's events: folding->order and episodes have room for each event. */
void episodes_make(struct folding *folding);
/* Give the episodes of an incident its family; sorts them by incident. */
void episodes_name_incidents(struct folding *folding);

/* Whether an event tells more of the size of a rise than another; than may be NULL. */
bool episode_is_larger(const struct event *event, const struct event *than);
/* Whether the series is of a port, or of source port 53. */
bool episode_names_a_port(series_key key);

#endif
