/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events: what the sensor tells people. A spike event is a plain value, complete in itself: every
 * sink writes it from these fields alone, and its probability can be recomputed from them,
 * p = I_{M/(M+r)}(x, r) with x = observed, M = expected (docs/events.md).
 *
 * Numbers that are not known are NaN and are left out of every output; never zero.
 */
#ifndef TEITEN_MODEL_EVENT_H
#define TEITEN_MODEL_EVENT_H

#include "user/model/series.h"

#include <stdint.h>

enum event_phase { EVENT_OPEN, EVENT_UPDATE, EVENT_END, EVENT_PHASES };

enum event_kind {
	EVENT_NEW_PORT,
	EVENT_SURGE,
	EVENT_GROWTH,
	EVENT_DROP,
	EVENT_SPORT53,
	EVENT_SWEEP,
	EVENT_COMMON_MODE,
	EVENT_KINDS,
};

enum event_severity { EVENT_INFO, EVENT_NOTICE, EVENT_WARNING, EVENT_CRITICAL, EVENT_SEVERITIES };

enum event_reason {
	EVENT_REASON_NONE,
	EVENT_REASON_ENDED,      /* two quiet hours */
	EVENT_REASON_NEW_NORMAL, /* the level stayed and is the baseline now */
	EVENT_REASON_TREND,      /* a trend is reported once, it has no end of its own */
	EVENT_REASONS,
};

/* Names as in the event log; static. */
const char *event_phase_name(enum event_phase phase);
const char *event_kind_name(enum event_kind kind);
const char *event_severity_name(enum event_severity severity);
const char *event_reason_name(enum event_reason reason);

/* "1m", "10m", "1h", "6h", "1d", "1w" for 1, 10, 60, 360, 1440, 10080 minutes; "?" otherwise. */
const char *event_scale_name(uint32_t minutes);

/* e<time in hex>-<sequence in hex>: unique within a sensor's history, equal in every rerun. */
#define EVENT_ID_MAX 24
#define EVENT_TOP_COUNTRIES 5

struct event_country {
	country_id country;
	uint64_t packets;
	double share; /* of the series' packets in the minute of the event */
};

struct event {
	char id[EVENT_ID_MAX];
	char incident[EVENT_ID_MAX];
	char prev[EVENT_ID_MAX]; /* the incident that this one follows; empty if none */
	enum event_phase phase;
	enum event_kind kind;
	series_key key;
	series_key face;     /* the incident's key as known so far */
	uint32_t members;    /* events of the incident so far; 1 = this one alone */
	uint32_t scale;      /* minutes */
	int64_t time;        /* Unix seconds: the minute just read */
	int64_t onset;       /* Unix seconds: start of the window that crossed */
	double observed;     /* x, packets in the window so far */
	double expected;     /* M, packets in the full window */
	double r;            /* size of the negative binomial */
	double ratio;        /* x / M */
	double excess;       /* x - M */
	double log10p;       /* upper tail, P(X >= x), whatever the kind */
	double log10p_lower; /* lower tail, P(X <= x); of a drop only */
	double exposure;     /* minutes of the window observed so far */
	double g;            /* common-mode factor */
	double season;       /* seasonal factor of the hour */
	enum event_severity severity;
	enum event_reason reason;

	double sources; /* distinct sources of the series' row in this minute, estimate */
	double packets_per_source;
	struct event_country top_countries[EVENT_TOP_COUNTRIES];
	unsigned int top_country_count;
	double dns_response, dns_query, dns_short; /* shares; source port 53 only */
	char geo_id[64];                           /* identity of the country data; empty if none */
	char geo_date[16];
};

/* An event with every unknown number NaN, texts empty and the rest zero. */
struct event event_blank(void);

#endif
