/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/pipeline_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The detector's state goes to the history this often; a restart repeats at most so many minutes.
 */
#define MINUTES_PER_SNAPSHOT 60

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int pipeline_history_failed(struct pipeline *pipeline, int status, struct pipeline_error *error)
{
	snprintf(error->text, sizeof(error->text), "history: %s",
		history_message(pipeline->parameters.history));
	if (pipeline->is_open)
		history_rollback(pipeline->parameters.history);
	pipeline->is_open = false;
	pipeline->uncommitted = 0;
	/* Added again with the next minute; one that is there already stays as it is. */
	pipeline->stored = 0;
	return status;
}

static int begin(struct pipeline *pipeline)
{
	int status = pipeline->is_open ? 0 : history_begin(pipeline->parameters.history);

	if (!status)
		pipeline->is_open = true;
	return status;
}

/* -- The stages ---------------------------------------------------------------------------- */

static int drain(struct pipeline *pipeline, struct history_mark *mark)
{
	struct source *source = pipeline->parameters.source;
	struct source_mark place = {0};
	int status = source->drain(source, &pipeline->minute, &place);

	memcpy(mark->birth, place.birth, sizeof(mark->birth));
	mark->sequence = place.sequence;
	return status;
}

/* Ports were located by the kernel; prefixes are looked up exactly. */
static void locate(struct pipeline *pipeline)
{
	const struct geo *geo = pipeline->parameters.geo;
	struct minute *minute = &pipeline->minute;

	for (size_t i = 0; geo && i < minute->prefix_count; i++) {
		struct prefix_count *prefix = &minute->prefixes[i];

		prefix->country = prefix->is_v6 ? geo_lookup6(geo, prefix->network << 16)
						: geo_lookup4(geo, (uint32_t)prefix->network << 8);
	}
}

/* With the mark, in one transaction: either both are there after a kill, or neither. */
static int remember(struct pipeline *pipeline, const struct history_mark *mark)
{
	struct history *history = pipeline->parameters.history;
	int status = begin(pipeline);

	if (!status)
		status = history_add_minute(history, &pipeline->minute);
	if (!status)
		status = pipeline_remember_samples(pipeline);
	if (!status)
		status = history_set_mark(history, mark);
	if (!status && pipeline->parameters.minutes_per_commit == 1) {
		status = history_commit(history);
		pipeline->is_open = false;
	}
	if (!status)
		evidence_stored(pipeline->evidence);
	return status;
}

/* Evidence that the detector cannot know: which country data the minute was counted with. */
static void name_geo(struct pipeline *pipeline, size_t from)
{
	const struct geo_info *info =
		pipeline->parameters.geo ? geo_info(pipeline->parameters.geo) : NULL;

	for (size_t i = from; info && i < pipeline->events.count; i++) {
		struct event *event = &pipeline->events.events[i];

		snprintf(event->geo_id, sizeof(event->geo_id), "%s", info->id);
		snprintf(event->geo_date, sizeof(event->geo_date), "%s", info->date);
	}
}

static void judge(struct pipeline *pipeline)
{
	size_t from = pipeline->events.count;

	detect_minute(pipeline->detect, &pipeline->minute, &pipeline->events);
	name_geo(pipeline, from);
	pipeline->judged = pipeline->minute.start;
	pipeline_explain(pipeline, from);
}

/* What follows from the minute: events, the snapshot when it is due, retention. */
static int store_consequences(struct pipeline *pipeline, bool snapshot)
{
	struct history *history = pipeline->parameters.history;
	int status = 0;

	if (pipeline->stored == pipeline->events.count && !snapshot &&
		!pipeline->parameters.expires)
		return 0;
	status = begin(pipeline);
	for (size_t i = pipeline->stored; !status && i < pipeline->events.count; i++)
		status = history_add_event(history, &pipeline->events.events[i]);
	if (!status)
		pipeline->stored = pipeline->events.count;
	if (!status && snapshot)
		status = pipeline_save_snapshot(pipeline);
	if (!status && pipeline->parameters.expires)
		status = history_expire(
			history, pipeline->minute.start, &pipeline->parameters.retention, NULL);
	return status;
}

static int commit(struct pipeline *pipeline)
{
	int status;

	if (!pipeline->is_open)
		return 0;
	status = history_commit(pipeline->parameters.history);
	pipeline->is_open = false;
	pipeline->uncommitted = 0;
	return status;
}

static void publish_events(struct pipeline *pipeline)
{
	for (unsigned int i = 0; i < PIPELINE_MAX_SINKS; i++) {
		struct sink *sink = pipeline->parameters.sinks[i];

		for (size_t e = 0; sink && sink->event && e < pipeline->events.count; e++)
			pipeline->sink_failures[i] +=
				sink->event(sink, &pipeline->events.events[e]) != 0;
	}
	pipeline->events.count = 0;
	pipeline->stored = 0;
}

static void publish_minute(struct pipeline *pipeline)
{
	for (unsigned int i = 0; i < PIPELINE_MAX_SINKS; i++) {
		struct sink *sink = pipeline->parameters.sinks[i];

		if (sink && sink->minute)
			pipeline->sink_failures[i] += sink->minute(sink, &pipeline->minute) != 0;
	}
}

/* -- The minute ---------------------------------------------------------------------------- */

struct minute *pipeline_next(struct pipeline *pipeline)
{
	minute_clear(&pipeline->minute);
	return &pipeline->minute;
}

static bool is_full(const struct pipeline *pipeline)
{
	return pipeline->uncommitted >= pipeline->parameters.minutes_per_commit ||
	       pipeline->events.count + DETECT_MAX_EVENTS > pipeline->events.capacity;
}

/* Add the time since *since to a stage; the next one begins. */
static void took(double *since, double *stage)
{
	double now = seconds_now();

	*stage += now - *since;
	*since = now;
}

int pipeline_minute(struct pipeline *pipeline, struct pipeline_error *error)
{
	double since = seconds_now();
	struct history_mark mark;
	int status;

	pipeline_take_samples(pipeline);
	status = drain(pipeline, &mark);
	pipeline->times = (struct pipeline_times){0};
	took(&since, &pipeline->times.drain);
	if (status) {
		snprintf(error->text, sizeof(error->text), "drain: %s", strerror(-status));
		return status;
	}
	locate(pipeline);
	status = remember(pipeline, &mark);
	took(&since, &pipeline->times.history);
	if (status)
		return pipeline_history_failed(pipeline, status, error);
	pipeline->parameters.source->advance(pipeline->parameters.source);
	judge(pipeline);
	took(&since, &pipeline->times.detect);
	pipeline->uncommitted++;
	pipeline->unsaved++;
	if (!is_full(pipeline))
		return 0;
	status = store_consequences(pipeline, pipeline->unsaved >= MINUTES_PER_SNAPSHOT);
	if (!status)
		status = commit(pipeline);
	took(&since, &pipeline->times.history);
	if (status)
		status = pipeline_history_failed(pipeline, status, error);
	else
		publish_events(pipeline);
	/* One that was committed alone is stored, whatever became of its events. */
	if (!status || pipeline->parameters.minutes_per_commit == 1)
		publish_minute(pipeline);
	return status;
}

int pipeline_finish(struct pipeline *pipeline, struct pipeline_error *error)
{
	int status;

	evidence_finish(pipeline->evidence);
	status = begin(pipeline);
	if (!status)
		status = pipeline_remember_samples(pipeline);
	if (!status)
		status = store_consequences(pipeline, pipeline->unsaved > 0);
	if (!status)
		status = commit(pipeline);
	if (status)
		return pipeline_history_failed(pipeline, status, error);
	publish_events(pipeline);
	return 0;
}

/* -- Start --------------------------------------------------------------------------------- */

int pipeline_new(const struct pipeline_parameters *parameters, struct pipeline **pipeline,
	struct pipeline_error *error)
{
	struct pipeline *fresh = calloc(1, sizeof(*fresh));
	int status = -ENOMEM;

	snprintf(error->text, sizeof(error->text), "out of memory");
	if (!fresh)
		return status;
	fresh->parameters = *parameters;
	fresh->events.capacity = DETECT_MAX_EVENTS * 2;
	fresh->events.events = calloc(fresh->events.capacity, sizeof(*fresh->events.events));
	if (fresh->events.events)
		status = minute_reserve(&fresh->minute);
	if (!status)
		status = evidence_new(&parameters->evidence, &fresh->evidence);
	if (!status)
		status = pipeline_restore(fresh, error);
	if (status) {
		pipeline_free(fresh);
		return status;
	}
	pipeline_plan_samples(fresh, NULL);
	*pipeline = fresh;
	return 0;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	if (pipeline->is_open)
		history_rollback(pipeline->parameters.history);
	detect_free(pipeline->detect);
	evidence_free(pipeline->evidence);
	minute_release(&pipeline->minute);
	free(pipeline->events.events);
	free(pipeline);
}

struct geo *pipeline_set_geo(struct pipeline *pipeline, struct geo *geo)
{
	struct geo *old = pipeline->parameters.geo;

	pipeline->parameters.geo = geo;
	return old;
}

int pipeline_reconfigure(struct pipeline *pipeline, struct detect_parameters detect,
	struct history_retention retention)
{
	struct detect *fresh;
	uint8_t *data;
	size_t size;
	int status = detect_save(pipeline->detect, &data, &size);

	if (status)
		return status;
	status = detect_load(&detect, data, size, &fresh);
	free(data);
	if (status)
		return status;
	detect_free(pipeline->detect);
	pipeline->detect = fresh;
	pipeline->parameters.detect = detect;
	pipeline->parameters.retention = retention;
	return 0;
}

struct pipeline_times pipeline_times(const struct pipeline *pipeline)
{
	return pipeline->times;
}

uint64_t pipeline_sink_failures(const struct pipeline *pipeline, unsigned int place)
{
	return pipeline->sink_failures[place];
}

struct detect_health pipeline_detect_health(const struct pipeline *pipeline)
{
	return detect_health(pipeline->detect);
}

struct evidence_health pipeline_evidence_health(const struct pipeline *pipeline)
{
	return evidence_health(pipeline->evidence);
}
