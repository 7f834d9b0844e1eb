/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/pipeline_private.h"

#include "user/history/query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int relearn_minute(void *context, const struct minute *minute)
{
	struct pipeline *pipeline = context;

	detect_minute(pipeline->detect, minute, &pipeline->events);
	pipeline->judged = minute->start;
	pipeline->unsaved++;
	/* Without a snapshot these are old tales, told in their time. */
	if (!pipeline->is_continued)
		pipeline->events.count = 0;
	return 0;
}

/* Of the events found again, keep those that the history does not have. */
static int drop_known_events(struct pipeline *pipeline)
{
	size_t kept = 0;

	for (size_t i = 0; i < pipeline->events.count; i++) {
		bool has = false;
		int status = history_has_event(
			pipeline->parameters.history, &pipeline->events.events[i], &has);

		if (status)
			return status;
		if (!has)
			pipeline->events.events[kept++] = pipeline->events.events[i];
	}
	pipeline->events.count = kept;
	return 0;
}

static int follow_stored(void *context, const struct store_row *row)
{
	struct pipeline *pipeline = context;

	evidence_follow(pipeline->evidence, row->event);
	return 0;
}

/* Series whose events are open, from what was told of them: the last day is enough. */
static int follow_again(struct pipeline *pipeline)
{
	struct store_query query = store_query_all(TABLE_EVENTS, BIN_MINUTE);
	struct store_answer answer;
	int status;

	query.from = pipeline->judged - EVIDENCE_FORGET_SECONDS;
	status = history_query(
		pipeline->parameters.history, &query, follow_stored, pipeline, &answer);
	/* And those that died with the process. */
	for (size_t i = 0; !status && i < pipeline->events.count; i++)
		evidence_follow(pipeline->evidence, &pipeline->events.events[i]);
	return status;
}

int pipeline_restore(struct pipeline *pipeline, struct pipeline_error *error)
{
	struct history *history = pipeline->parameters.history;
	int status = pipeline_load_snapshot(pipeline);

	pipeline->is_continued = status == 0;
	if (status == -ENOENT) {
		pipeline->judged = INT64_MIN;
		status = detect_new(&pipeline->parameters.detect, &pipeline->detect);
	}
	if (status) {
		snprintf(error->text, sizeof(error->text), "detector: %s", strerror(-status));
		return status;
	}
	status = history_each_minute(history,
		pipeline->is_continued ? pipeline->judged + 60 : INT64_MIN, INT64_MAX,
		relearn_minute, pipeline);
	/* What was decided when the process died, and is not stored, is told with the next minute.
	 */
	if (!status)
		status = drop_known_events(pipeline);
	if (!status && pipeline->judged > EVIDENCE_FORGET_SECONDS)
		status = follow_again(pipeline);
	if (!status && pipeline->is_damaged)
		pipeline_tell_damage(pipeline);
	return status ? pipeline_history_failed(pipeline, status, error) : 0;
}
