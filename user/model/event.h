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

#include <stdbool.h>
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

#define EVENT_TOP_PREFIXES 10
#define EVENT_RCODES 16

/* What sampled packets say about a source, or a prefix of sources: /24 of IPv4, /48 of IPv6. */
struct event_origin {
	bool is_v6;
	uint8_t bytes[16]; /* network order; IPv4 in the first four; host bits of a prefix zero */
	country_id country;
	double packets; /* estimate */
	double share;   /* of the packets that the samples stand for */
};

/* What packets that nobody asked for are. */
enum event_verdict {
	EVENT_VERDICT_NONE,    /* not asked, or nothing to tell by */
	EVENT_VERDICT_PROBING, /* answers to forged queries: somebody looks for reflectors */
	EVENT_VERDICT_RESIDUE, /* what is left of an attack that reflects */
	EVENT_VERDICT_BACKSCATTER,
	EVENT_VERDICT_UNCLEAR,
	EVENT_VERDICTS,
};

/*
 * What sampled packets of the series say, from the onset on as far as samples reach back: estimates
 * all of them, unless every packet was sampled. Shares are 0 to 1.
 */
struct event_evidence {
	double samples; /* packets looked at */
	int64_t since;  /* Unix seconds: the oldest of them; 0 = none */
	double packets; /* that they stand for */
	struct event_origin top_prefixes[EVENT_TOP_PREFIXES];
	unsigned int top_prefix_count;
	struct event_origin top_source; /* packets NaN: unknown */
	double concentration;           /* the largest share of one source or prefix */
	double breadth;                 /* share of the monitored addresses that were touched */
	double mirai, zmap, masscan;    /* shares of the SYNs */
	double recursion_available;     /* shares of the DNS responses */
	double answering;               /* RCODE 0 with answers */
	double rcodes[EVENT_RCODES];
	double own_country; /* share of the sources of the sensor's own country */
	enum event_verdict verdict;
	char verdict_text[192]; /* a sentence with the figures; empty if none */
	char pcap[48];          /* file of the incident's packets in the state directory */
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
	struct event_evidence evidence;
};

/* "reflector_probing", "attack_residue", "backscatter", "unclear"; "" for none; static. */
const char *event_verdict_name(enum event_verdict verdict);

/* Evidence of which nothing is known: numbers NaN, texts empty. */
struct event_evidence event_evidence_blank(void);

/* An event with every unknown number NaN, texts empty and the rest zero. */
struct event event_blank(void);

#endif
