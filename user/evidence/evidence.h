/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence: what sampled packets say about the series that have an event, and which packets to
 * sample. Values from values: no clock, no file.
 *
 *   evidence_add()      every sample, as it comes
 *   evidence_explain()  fill the evidence of an event that was just decided
 *   evidence_follow()   remember that its series is open: sampled more often from now on
 *   evidence_packets()  what the incidents' packet files get in this minute
 *   evidence_plan()     which packets to sample from now on
 *
 * Everything is bounded: the window of samples (evidence/window.h), EVIDENCE_FOLLOWED series
 * followed at a time, EVIDENCE_CANDIDATES resolvers a minute; what finds no room is counted.
 */
#ifndef TEITEN_EVIDENCE_EVIDENCE_H
#define TEITEN_EVIDENCE_EVIDENCE_H

#include "user/evidence/window.h"
#include "user/model/event.h"
#include "user/model/minute.h"
#include "user/model/resolver.h"
#include "user/model/sampling.h"
#include "user/model/source_port.h"

struct evidence_parameters {
	uint8_t background;     /* one packet in 2^this at least is sampled; TT_SHIFT_MAX at most */
	country_id own_country; /* COUNTRY_ZZ: not configured */
	bool names_files;       /* incidents get packet files: events name them */
};

/* Where a source is: IPv4 address, or upper half of an IPv6 address, host order. */
struct evidence_places {
	country_id (*locate)(const void *context, bool is_v6, uint64_t address);
	const void *context;
};

/*
 * Samples of a class, or of a followed row, that a minute may bring. A rate is 1 until there is
 * more than that, then as high as keeps to it, and never below the background.
 */
#define EVIDENCE_BUDGET 1024u
#define EVIDENCE_BUDGET_ROW 2048u
#define EVIDENCE_BUDGET_RESPONSES 4096u

#define EVIDENCE_FOLLOWED SAMPLING_MAX_ROWS
#define EVIDENCE_CANDIDATES 8192u
/* An open event is told once a day: one that was not for so long is over. */
#define EVIDENCE_FORGET_SECONDS (26 * 3600)
/* Packets that the file of an incident may hold. */
#define EVIDENCE_INCIDENT_PACKETS 1000u

struct evidence_health {
	uint64_t samples;    /* taken */
	uint64_t forgotten;  /* of them those that gave way to newer ones */
	uint64_t unfollowed; /* series that found EVIDENCE_FOLLOWED others open */
	uint64_t unlisted;   /* answers of resolvers beyond EVIDENCE_CANDIDATES a minute */
	uint64_t unported;   /* source ports that gave way (evidence/source_ports.h) */
};

struct evidence;

/* Returns 0 or -ENOMEM. 30 MB of address space, taken as it is used. */
int evidence_new(const struct evidence_parameters *parameters, struct evidence **evidence);
void evidence_free(struct evidence *evidence);

void evidence_add(struct evidence *evidence, const struct tt_sample *sample, int64_t time_ns,
	struct evidence_places places);

/*
 * minute: the one that was judged. Sources of a port, or of its cell, stay as they are, unknown
 * ones too: they are counted, of the minute. Those of other series are estimated, since the onset.
 */
void evidence_explain(struct evidence *evidence, const struct minute *minute, struct event *event);

void evidence_follow(struct evidence *evidence, const struct event *event);

/* Packets of an incident that were not handed over before, by time. The list is the visitor's
 * during the call. */
typedef void evidence_packets_visit(
	void *context, const char *incident, const struct sampled_packet *packets, size_t count);

/* Once a minute, after evidence_follow(): the new packets of each incident that is followed. */
void evidence_packets(struct evidence *evidence, evidence_packets_visit *visit, void *context);

/* The plan from now on. last: the minute that has just ended, NULL within one. */
void evidence_plan(
	struct evidence *evidence, const struct minute *last, struct sampling_plan *plan);

/*
 * What waits to be stored, until evidence_stored(): open-resolver candidates, ascending by address;
 * source ports of the spans that have ended.
 */
const struct resolver *evidence_resolvers(struct evidence *evidence, size_t *count);
const struct source_port *evidence_source_ports(struct evidence *evidence, size_t *count);
void evidence_stored(struct evidence *evidence);

/* The end: the hour and the day that are under way are told as they are. */
void evidence_finish(struct evidence *evidence);

struct evidence_health evidence_health(const struct evidence *evidence);

#endif
