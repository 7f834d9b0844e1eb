/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics: a Prometheus text file for node_exporter's textfile collector, replaced in one step.
 *
 *   teiten_frames_total{sensor="tokyo",class="tcp_syn"} 1234
 *   teiten_events_total{sensor="tokyo",kind="surge",phase="open",severity="notice"} 2
 *   teiten_degraded{sensor="tokyo",condition="history"} 0
 *
 * Every line names its sensor, so that the files of two can lie in one directory. Counters start at
 * zero with the process, as Prometheus expects. The number of lines is bounded: classes, kinds,
 * phases, severities, modes, conditions and METRICS_TOP_PORTS ports are the only other labels; no
 * label holds an address or any text from a packet. What is not known has no line. Ages are given
 * as the time of the data (time() - metric is the age): a file that is no longer written cannot
 * look fresh.
 */
#ifndef TEITEN_OUTPUT_METRICS_H
#define TEITEN_OUTPUT_METRICS_H

#include "user/model/event.h"
#include "user/model/health.h"
#include "user/model/minute.h"

#include <stdbool.h>
#include <stdint.h>

#define METRICS_TOP_PORTS 20

/* What the sensor depends on, each with the time of its newest content. */
enum metrics_data {
	METRICS_DATA_COUNTRY, /* the country table's data */
	METRICS_DATA_HISTORY, /* the last committed minute */
	METRICS_DATA_KINDS,
};

/* Where a write can fail. */
enum metrics_sink {
	METRICS_SINK_EVENT_LOG,
	METRICS_SINK_HISTORY,
	METRICS_SINK_EVENT_MAP,
	METRICS_SINK_METRICS,
	METRICS_SINKS,
};

/* Numbers that the caller sets before each writing; NaN = not known. */
enum metrics_number {
	METRICS_LAG,        /* seconds from the last minute's end until it was stored and told */
	METRICS_TIME_DRAIN, /* seconds of the last minute's stages */
	METRICS_TIME_HISTORY,
	METRICS_TIME_DETECT,
	METRICS_UNCLOSED,  /* minutes whose ledger did not close, since the process began */
	METRICS_UNWRITTEN, /* minutes in a row that the history could not take */
	METRICS_OPEN_EVENTS,
	METRICS_OPEN_INCIDENTS,
	METRICS_SERIES,          /* that the detector follows */
	METRICS_DATABASE,        /* bytes */
	METRICS_WAL,             /* bytes */
	METRICS_FREE,            /* bytes of the state's file system */
	METRICS_TABLES,          /* bytes of the kernel's tables */
	METRICS_RESIDENT,        /* bytes of the process */
	METRICS_FDS,             /* open file descriptors */
	METRICS_SAMPLES_WRITTEN, /* packets sampled since the counters began */
	METRICS_SAMPLES_LOST,    /* chosen, and lost because the ring was full */
	METRICS_SAMPLES_FORGOTTEN,
	METRICS_DROPPED_SERIES, /* what found a table of the evidence full, since the start */
	METRICS_DROPPED_RESOLVERS,
	METRICS_DROPPED_PORTS,
	METRICS_DROPPED_PACKETS, /* of incidents, that could not be written */
	METRICS_DROPPED_FILES,
	METRICS_NUMBERS,
};

struct metrics {
	struct tally frames[TT_CLASSES];
	uint64_t unattributed;
	uint64_t prefixes_unlisted;
	uint64_t late;
	uint64_t misdated;
	uint64_t nic_drops;
	double covered; /* seconds */
	uint64_t events[EVENT_KINDS][EVENT_PHASES][EVENT_SEVERITIES];
	uint64_t failures[METRICS_SINKS];

	/* Of the last minute; has_minute is false before the first. */
	bool has_minute;
	int64_t minute_start;
	double minute_covered;
	uint64_t addresses; /* 0 = not configured */
	enum attach_mode mode;
	struct port_count top[METRICS_TOP_PORTS]; /* most packets first, then the lower row */
	unsigned int top_count;

	double numbers[METRICS_NUMBERS];
	bool degraded[HEALTH_CONDITIONS];
	/* Unix seconds; 0 = not known. */
	int64_t data_time[METRICS_DATA_KINDS];
};

/* Nothing counted, nothing known. */
struct metrics metrics_new(void);

/* Add what was seen in a minute, and take its top ports. Allocates nothing. */
void metrics_add_minute(struct metrics *metrics, const struct minute *minute);
void metrics_add_event(struct metrics *metrics, const struct event *event);
void metrics_add_failures(struct metrics *metrics, enum metrics_sink sink, uint64_t count);

/* time: Unix seconds; 0 or less = not known. */
void metrics_set_data_time(struct metrics *metrics, enum metrics_data data, int64_t time);

/*
 * The text. sensor: the value of the label sensor; bytes outside printable ASCII become "?".
 * version: the program's. malloc'd, for free(); NULL when memory runs out.
 */
char *metrics_to_text(const struct metrics *metrics, const char *sensor, const char *version);

/* Replace the file at path (mode 0644) by the text. Returns 0 or -errno; the old file stays. */
int metrics_write(
	const struct metrics *metrics, const char *sensor, const char *version, const char *path);

#endif
