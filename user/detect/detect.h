/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detector: a minute's counts in, events out. It knows no clock, no file and no log; time comes
 * with the minute, and the same minutes give the same events, to the byte, whatever the order of
 * the series and wherever it was saved and loaded in between.
 *
 *   detect_new -> detect_minute ... detect_minute -> detect_free
 *                    or detect_counts
 *   detect_save / detect_load at any minute's end
 *
 * Nothing is allocated after detect_new. How it decides: docs/design-detect.md; what events say:
 * docs/events.md.
 */
#ifndef TEITEN_DETECT_DETECT_H
#define TEITEN_DETECT_DETECT_H

#include "user/model/event.h"
#include "user/model/minute.h"

#include <stddef.h>
#include <stdint.h>

#define DETECT_DEFAULT_CAPACITY 262144u
#define DETECT_MAX_CAPACITY ((1u << 24) - 4)

struct detect_parameters {
	double false_events_per_day; /* B, 0.001 .. 1000 */
	double floor_scale;          /* multiplies the floors E, 0.01 .. 1000 */
	uint32_t capacity;           /* series, 1 .. DETECT_MAX_CAPACITY */
	uint32_t cells;  /* of them country cells of ports while the rest is free; 0 = 3/4 */
	uint32_t series; /* N at least: series that are known to come; 0 = none known */
};

/* B = 2, scale 1, 262,144 series, N from what is seen. */
struct detect_parameters detect_defaults(void);

/* Counters of what did not fit, and of what was left out. */
struct detect_health {
	uint32_t series;          /* in use */
	uint32_t open;            /* events */
	uint32_t incidents;       /* with at least one open event */
	uint64_t refused_series;  /* first packets of a series that found the table full */
	uint64_t pruned_series;   /* country cells that were idle when the table was nearly full */
	uint64_t refused_events;  /* EPISODES were open */
	uint64_t lone_events;     /* no room for their incident */
	uint64_t ignored_minutes; /* not after the last one */
};

/* Most events that one minute can bring. */
#define DETECT_MAX_EVENTS (65536u + 64)

/*
 * Where events go: the caller's array, appended to. Those beyond capacity are counted in lost;
 * DETECT_MAX_EVENTS free places are always enough for a minute.
 */
struct event_list {
	struct event *events;
	size_t capacity;
	size_t count;
	uint64_t lost;
};

struct detect;

/* Returns 0, -EINVAL (parameters) or -ENOMEM. Free with detect_free(); NULL is allowed there. */
int detect_new(const struct detect_parameters *parameters, struct detect **detect);
void detect_free(struct detect *detect);

/*
 * Judge a minute and append its events. Series: every port row; its country cells; source port 53,
 * in total and by country; fanout/tcp and fanout/udp, the ports hit; and the ledger's classes.
 * Exposure is covered/60. A minute that is not after the last one is ignored and counted; minutes
 * in between were not watched. A country cell that is new finds no
 * place when parameters->cells series are in use: ports come first.
 */
void detect_minute(struct detect *detect, const struct minute *minute, struct event_list *events);

struct series_count {
	series_key key;
	uint32_t packets;
};

/*
 * The same for counts of any series, each key at most once. Keys of kinds from SERIES_KINDS up are
 * series of the caller's own. exposure: observed part of the minute, 0 = not watched; what is not
 * a finite number from 0 to DETECT_MAX_EXPOSURE counts as that limit or as 0.
 */
#define DETECT_MAX_EXPOSURE 44640.
void detect_counts(struct detect *detect, int64_t minute_start, double exposure,
	const struct series_count *counts, size_t number, struct event_list *events);

struct detect_health detect_health(const struct detect *detect);

/*
 * The whole state as a block of memory, the caller's to free(). Returns 0 or -ENOMEM.
 */
int detect_save(const struct detect *detect, uint8_t **data, size_t *size);

/*
 * A detector that goes on exactly where detect_save() was called. Returns 0; -EBADMSG when data is
 * damaged, cut, of another version or made by another kind of machine; -ENOSPC when it holds more
 * series than parameters->capacity; or detect_new()'s errors.
 */
int detect_load(const struct detect_parameters *parameters, const uint8_t *data, size_t size,
	struct detect **detect);

#endif
