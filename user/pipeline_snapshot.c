/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/pipeline_private.h"

#include "user/model/health.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_NAME "detector"
#define DAMAGED_SNAPSHOT_NAME "detector_damaged"

/* The detector's state, behind the start of the minute that it has judged last. */
int pipeline_save_snapshot(struct pipeline *pipeline)
{
	const int64_t judged = pipeline->judged;
	uint8_t *state, *snapshot;
	size_t size;
	int status = detect_save(pipeline->detect, &state, &size);

	if (status)
		return status;
	snapshot = malloc(sizeof(judged) + size);
	if (snapshot) {
		memcpy(snapshot, &judged, sizeof(judged));
		memcpy(snapshot + sizeof(judged), state, size);
		status = history_put_snapshot(pipeline->parameters.history, SNAPSHOT_NAME, snapshot,
			sizeof(judged) + size);
	} else {
		status = -ENOMEM;
	}
	free(snapshot);
	free(state);
	if (!status)
		pipeline->unsaved = 0;
	return status;
}

/* Keep what cannot be read for whoever wants to know why; the next snapshot takes its place. */
static int set_aside(struct pipeline *pipeline, const void *data, size_t size)
{
	struct history *history = pipeline->parameters.history;
	int status = history_begin(history);

	if (!status)
		status = history_put_snapshot(history, DAMAGED_SNAPSHOT_NAME, data, size);
	if (!status)
		return history_commit(history);
	history_rollback(history);
	return status;
}

int pipeline_load_snapshot(struct pipeline *pipeline)
{
	void *data = NULL;
	size_t size = 0;
	int status =
		history_get_snapshot(pipeline->parameters.history, SNAPSHOT_NAME, &data, &size);

	if (status)
		return status;
	status = -EBADMSG;
	if (size >= sizeof(pipeline->judged)) {
		memcpy(&pipeline->judged, data, sizeof(pipeline->judged));
		status = detect_load(&pipeline->parameters.detect,
			(const uint8_t *)data + sizeof(pipeline->judged),
			size - sizeof(pipeline->judged), &pipeline->detect);
	}
	/* Damaged, of another version, too large: the history teaches it anew. */
	if (status == -EBADMSG || status == -ENOSPC) {
		pipeline->is_damaged = true;
		pipeline->is_set_aside = set_aside(pipeline, data, size) == 0;
		status = -ENOENT;
	}
	free(data);
	return status;
}

void pipeline_tell_damage(struct pipeline *pipeline)
{
	const char *name = health_text(HEALTH_DETECTOR_STATE)->name;
	const char *sentence = pipeline->is_set_aside
				       ? "the detector's saved state is damaged or of another "
					 "version: set aside, and "
					 "learned anew from the history"
				       : "the detector's saved state is damaged or of another "
					 "version: learned anew from "
					 "the history; it could not be set aside";

	for (unsigned int i = 0; i < PIPELINE_MAX_SINKS; i++) {
		struct sink *sink = pipeline->parameters.sinks[i];

		if (!sink || !sink->health)
			continue;
		pipeline->sink_failures[i] +=
			sink->health(sink, pipeline->judged, name, true, sentence) != 0;
		pipeline->sink_failures[i] +=
			sink->health(sink, pipeline->judged, name, false, "") != 0;
	}
}
