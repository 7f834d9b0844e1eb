/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sums of an interval from the coarsest pieces that lie within it: days, hours, minutes.
 */
#ifndef TEITEN_HISTORY_COLLECT_H
#define TEITEN_HISTORY_COLLECT_H

#include "user/history/internal.h"
#include "user/history/query.h"

struct collector {
	struct history *history;
	unsigned int content;  /* enum content of what is asked about */
	unsigned int sections; /* of a minute's blob */
	int64_t open_hour;
	int64_t open_day;
	int64_t minutes_from; /* older minutes have been dropped; NO_TIME = none were */
	int64_t hours_from;
	struct store_answer *answer;
};

/* Read what the collector has to know; within a transaction. 0 or a negative errno. */
int collect_prepare(struct collector *collector);

/* The earliest time at or above from that may have data for bins of a kind; TIME_LIMIT if none. */
int collect_next(struct collector *collector, enum store_bin bin, int64_t from, int64_t *next);
/* The start of the first minute at or above from, or of the hour or day that is left of it. */
int collect_first(struct collector *collector, int64_t from, int64_t *first);

/*
 * Add [from, to) to history->sums. The interval lies within one day, hour or minute; what cannot
 * be cut fine enough is noted in the answer.
 */
int collect_within_day(struct collector *collector, int64_t from, int64_t to);
int collect_within_hour(struct collector *collector, int64_t from, int64_t to);
int collect_minutes(struct collector *collector, int64_t from, int64_t to);

/* Where bins of a kind begin to be kept, from at least; what is before is noted in the answer. */
int collect_kept_from(
	struct collector *collector, enum store_bin bin, int64_t from, int64_t to, int64_t *kept);

#endif
