/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the pipeline share, and no one else includes.
 */
#ifndef TEITEN_PIPELINE_PRIVATE_H
#define TEITEN_PIPELINE_PRIVATE_H

#include "user/pipeline.h"

struct pipeline {
	struct pipeline_parameters parameters;
	struct minute minute;
	struct detect *detect;
	struct evidence *evidence;
	struct event_list events; /* decided, not yet published */
	size_t stored;            /* of them in the open transaction or committed */
	int64_t judged;           /* start of the last minute that the detector saw */
	bool is_open;             /* a transaction */
	bool is_continued;        /* the detector came from a snapshot */
	bool is_damaged;          /* there was one, and it could not be used */
	bool is_set_aside;        /* but is kept */
	unsigned int uncommitted; /* minutes in it */
	unsigned int unsaved;     /* minutes since the snapshot */
	struct pipeline_times times;
	uint64_t sink_failures[PIPELINE_MAX_SINKS];
};

/* -- pipeline.c: the minute, its stages, and the pipeline's life */

/* Roll back what is open and say why. Returns status. */
int pipeline_history_failed(struct pipeline *pipeline, int status, struct pipeline_error *error);

/* -- pipeline_samples.c: sampled packets, from the source to events and history */

/* Hand what the source has sampled to the evidence. */
void pipeline_take_samples(struct pipeline *pipeline);
/* Choose what the source samples from now on; last is the minute that was judged, or NULL. */
void pipeline_plan_samples(struct pipeline *pipeline, const struct minute *last);
/* Store what samples brought: within the transaction that is open. */
int pipeline_remember_samples(struct pipeline *pipeline);
/* Explain the events from a place of the list on by samples, and sample anew. */
void pipeline_explain(struct pipeline *pipeline, size_t from);

/* -- pipeline_snapshot.c: the detector's state in the history */

/* Within the transaction that is open. 0 or a negative errno. */
int pipeline_save_snapshot(struct pipeline *pipeline);
/*
 * Make the detector from its snapshot. -ENOENT: there is none that can be used; one that is damaged
 * is set aside, and pipeline->is_damaged says so.
 */
int pipeline_load_snapshot(struct pipeline *pipeline);
/* Tell the sinks that it was damaged. */
void pipeline_tell_damage(struct pipeline *pipeline);

/* -- pipeline_restore.c: the detector after a restart */

/* Bring it to the last minute stored: its snapshot, then the history's minutes. */
int pipeline_restore(struct pipeline *pipeline, struct pipeline_error *error);

#endif
