/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The minute: drain, locate, remember, detect, explain, publish. The live sensor and a replay run
 * the same.
 *
 * What a kill leaves behind at any moment: a minute is in the history whole, with the mark that
 * says which counts it holds, or not at all; events are found again from the history's minutes when
 * the detector's snapshot is older than they are.
 */
#ifndef TEITEN_PIPELINE_H
#define TEITEN_PIPELINE_H

#include "user/detect/detect.h"
#include "user/evidence/evidence.h"
#include "user/geo/table.h"
#include "user/history/history.h"
#include "user/model/minute.h"
#include "user/model/sink.h"
#include "user/model/source.h"

#include <stdbool.h>
#include <stdint.h>

#define PIPELINE_MAX_SINKS 5

struct pipeline_parameters {
	struct source *source;
	struct history *history;
	struct geo *geo; /* borrowed; pipeline_set_geo() changes it */
	struct detect_parameters detect;
	struct evidence_parameters evidence;
	struct history_retention retention;
	struct sink *sinks[PIPELINE_MAX_SINKS]; /* NULL entries are skipped */
	/*
	 * Minutes in one transaction. 1 (live): each minute is safe before the next begins. More
	 * (replay): they are safe together, and events are published then.
	 */
	unsigned int minutes_per_commit;
	/* Let retention drop what is too old: live only, a replay keeps what it reads. */
	bool expires;
};

struct pipeline_error {
	char text[512];
};

struct pipeline;

/*
 * Make a pipeline and bring its detector to where the history ends: its snapshot, then the minutes
 * after it. Returns 0, or with a sentence a negative errno. Everything in parameters but geo must
 * outlive the pipeline.
 */
int pipeline_new(const struct pipeline_parameters *parameters, struct pipeline **pipeline,
	struct pipeline_error *error);

/* What is not committed is lost: pipeline_finish() first. NULL is allowed. */
void pipeline_free(struct pipeline *pipeline);

/* The minute to label and to set the coverage of, cleared: for the next pipeline_minute(). */
struct minute *pipeline_next(struct pipeline *pipeline);

/*
 * Take what the source has sampled, before it finds no more room, and choose anew what it samples:
 * about once a second. pipeline_minute() does so by itself, once.
 */
void pipeline_gather(struct pipeline *pipeline);

/*
 * Carry pipeline_next()'s minute through. On failure its counts come again with the next minute
 * (live); but when the source has advanced, the minute is stored and only its events are to come.
 * *error says why. Returns 0 or a negative errno.
 */
int pipeline_minute(struct pipeline *pipeline, struct pipeline_error *error);

/* Commit what is open, with the detector's snapshot, and publish its events. */
int pipeline_finish(struct pipeline *pipeline, struct pipeline_error *error);

/* Use another country table from the next minute on; returns the old one, the caller's to free. */
struct geo *pipeline_set_geo(struct pipeline *pipeline, struct geo *geo);

/*
 * Other parameters for detector and retention from the next minute on. The detector keeps its
 * state; on failure (-ENOMEM, -EINVAL) the old parameters stay.
 */
int pipeline_reconfigure(struct pipeline *pipeline, struct detect_parameters detect,
	struct history_retention retention);

/* Seconds that the stages of the last minute took; of those it did not reach, 0. */
struct pipeline_times {
	double drain;
	double history;
	double detect;
};
struct pipeline_times pipeline_times(const struct pipeline *pipeline);

/* Calls of the sink (its place in parameters) that failed since the pipeline was made. */
uint64_t pipeline_sink_failures(const struct pipeline *pipeline, unsigned int place);

/* The detector's counters, for health. */
struct detect_health pipeline_detect_health(const struct pipeline *pipeline);

/* Those of the evidence. */
struct evidence_health pipeline_evidence_health(const struct pipeline *pipeline);

#endif
