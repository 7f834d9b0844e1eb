/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The series that have an open event: their rows are sampled at a rate of their own, and their
 * packets go to the file of their incident.
 *
 * One entry for each family (a port with its countries, source port 53 with its) of an incident;
 * an entry goes when all of its events have ended, or when nothing was heard of it for 26 hours (an
 * open event is told once a day). FOLLOW_MAX at a time, newcomers are refused and counted.
 */
#ifndef TEITEN_EVIDENCE_FOLLOW_H
#define TEITEN_EVIDENCE_FOLLOW_H

#include "user/evidence/window.h"
#include "user/model/event.h"
#include "user/model/sampling.h"

#define FOLLOW_MAX SAMPLING_MAX_ROWS
/* A file's packets: of the window at the event's opening, the newest; then so many a minute. */
#define FOLLOW_FIRST 500u
#define FOLLOW_MINUTE 50u

struct followed {
	char incident[EVENT_ID_MAX];
	series_key key; /* the family once a second series of it opened */
	int64_t onset;
	int64_t heard; /* when the last event of it was told */
	unsigned int open;
	bool is_new;      /* nothing was handed over yet */
	unsigned int fed; /* packets handed over */
	double packets;   /* of its row, this minute so far, estimate */
	double before;    /* of its row, the last minute */
};

struct follow {
	struct followed entries[FOLLOW_MAX];
	size_t count;
	uint64_t refused;
	uint64_t fed_to;             /* number of the first sample not yet looked at */
	uint64_t rows[TT_ROWS / 64]; /* a bit for each row that an entry has */
	bool has_sport53;
	uint32_t classes; /* bits, by enum tt_class */
	const struct seen *chosen[FOLLOW_FIRST];
	struct sampled_packet lent[FOLLOW_FIRST];
};

void follow_event(struct follow *follow, const struct event *event);

/* Whether packets of such a series go to files. */
bool follow_has_packets(series_key key);

/* A sample came: the estimate of its row grows. */
void follow_add(struct follow *follow, const struct seen *seen);

typedef void follow_visit(
	void *context, const char *incident, const struct sampled_packet *packets, size_t count);

/* Hand over each incident's new packets, at most `limit` in all of its time; by time. */
void follow_packets(struct follow *follow, struct window *window, unsigned int limit,
	follow_visit *visit, void *context);

#endif
