/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/pipeline.h"

#include "user/history/query.h"

#include "user/model/health.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The detector's state goes to the history this often; a restart repeats at most so many minutes.
 */
#define MINUTES_PER_SNAPSHOT 60
#define SNAPSHOT_NAME "detector"
#define DAMAGED_SNAPSHOT_NAME "detector_damaged"

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

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int fail_history(struct pipeline *pipeline, int status, struct pipeline_error *error)
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

static country_id locate_source(const void *context, bool is_v6, uint64_t address)
{
	return is_v6 ? geo_lookup6(context, address) : geo_lookup4(context, (uint32_t)address);
}

static void gather_sample(void *context, const struct tt_sample *sample, int64_t time_ns)
{
	struct pipeline *pipeline = context;
	const struct geo *geo = pipeline->parameters.geo;

	evidence_add(pipeline->evidence, sample, time_ns,
		(struct evidence_places){geo ? locate_source : NULL, geo});
}

static void plan_samples(struct pipeline *pipeline, const struct minute *last)
{
	struct source *source = pipeline->parameters.source;
	struct sampling_plan plan;

	if (!source || !source->plan)
		return;
	evidence_plan(pipeline->evidence, last, &plan);
	source->plan(source, &plan);
}

static void gather(struct pipeline *pipeline)
{
	struct source *source = pipeline->parameters.source;

	if (source->samples)
		source->samples(source, gather_sample, pipeline);
}

void pipeline_gather(struct pipeline *pipeline)
{
	gather(pipeline);
	plan_samples(pipeline, NULL);
}

/* What samples brought: within the transaction that is open. */
static int remember_samples(struct pipeline *pipeline)
{
	struct history *history = pipeline->parameters.history;
	size_t resolver_count, port_count;
	const struct resolver *resolvers = evidence_resolvers(pipeline->evidence, &resolver_count);
	const struct source_port *ports = evidence_source_ports(pipeline->evidence, &port_count);
	int status = history_add_resolvers(history, resolvers, resolver_count);

	return status ? status : history_add_source_ports(history, ports, port_count);
}

/* With the mark, in one transaction: either both are there after a kill, or neither. */
static int remember(struct pipeline *pipeline, const struct history_mark *mark)
{
	struct history *history = pipeline->parameters.history;
	int status = begin(pipeline);

	if (!status)
		status = history_add_minute(history, &pipeline->minute);
	if (!status)
		status = remember_samples(pipeline);
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

static void hand_over_packets(
	void *context, const char *incident, const struct sampled_packet *packets, size_t count)
{
	struct pipeline *pipeline = context;

	for (unsigned int i = 0; i < PIPELINE_MAX_SINKS; i++) {
		struct sink *sink = pipeline->parameters.sinks[i];

		if (sink && sink->packets)
			sink->packets(sink, incident, packets, count);
	}
}

/* What sampled packets say about the new events, and more of them for those that are open. */
static void explain(struct pipeline *pipeline, size_t from)
{
	for (size_t i = from; i < pipeline->events.count; i++) {
		evidence_explain(
			pipeline->evidence, &pipeline->minute, &pipeline->events.events[i]);
		evidence_follow(pipeline->evidence, &pipeline->events.events[i]);
	}
	evidence_packets(pipeline->evidence, hand_over_packets, pipeline);
	plan_samples(pipeline, &pipeline->minute);
}

static void judge(struct pipeline *pipeline)
{
	size_t from = pipeline->events.count;

	detect_minute(pipeline->detect, &pipeline->minute, &pipeline->events);
	name_geo(pipeline, from);
	pipeline->judged = pipeline->minute.start;
	explain(pipeline, from);
}

/* The detector's state, behind the start of the minute that it has judged last. */
static int save_snapshot(struct pipeline *pipeline)
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
		status = save_snapshot(pipeline);
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

static void publish(struct pipeline *pipeline, bool minute)
{
	for (unsigned int i = 0; i < PIPELINE_MAX_SINKS; i++) {
		struct sink *sink = pipeline->parameters.sinks[i];

		if (!sink)
			continue;
		for (size_t e = 0; sink->event && e < pipeline->events.count; e++)
			pipeline->sink_failures[i] +=
				sink->event(sink, &pipeline->events.events[e]) != 0;
		if (minute && sink->minute)
			pipeline->sink_failures[i] += sink->minute(sink, &pipeline->minute) != 0;
	}
	pipeline->events.count = 0;
	pipeline->stored = 0;
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

	gather(pipeline);
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
		return fail_history(pipeline, status, error);
	pipeline->parameters.source->advance(pipeline->parameters.source);
	judge(pipeline);
	took(&since, &pipeline->times.detect);
	pipeline->uncommitted++;
	pipeline->unsaved++;
	if (is_full(pipeline)) {
		status = store_consequences(pipeline, pipeline->unsaved >= MINUTES_PER_SNAPSHOT);
		if (!status)
			status = commit(pipeline);
		took(&since, &pipeline->times.history);
		if (status)
			return fail_history(pipeline, status, error);
		publish(pipeline, true);
	}
	return 0;
}

int pipeline_finish(struct pipeline *pipeline, struct pipeline_error *error)
{
	int status;

	evidence_finish(pipeline->evidence);
	status = begin(pipeline);
	if (!status)
		status = remember_samples(pipeline);
	if (!status)
		status = store_consequences(pipeline, pipeline->unsaved > 0);
	if (!status)
		status = commit(pipeline);
	if (status)
		return fail_history(pipeline, status, error);
	publish(pipeline, false);
	return 0;
}

/* -- Start --------------------------------------------------------------------------------- */

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

static void tell_damage(struct pipeline *pipeline, bool is_kept)
{
	const char *name = health_text(HEALTH_DETECTOR_STATE)->name;
	const char *sentence = is_kept ? "the detector's saved state is damaged or of another "
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

/* The saved detector, or -ENOENT when there is none that can be used. */
static int load_snapshot(struct pipeline *pipeline)
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

/* The detector as of the last minute stored: its snapshot, then the history's minutes. */
static int restore(struct pipeline *pipeline, struct pipeline_error *error)
{
	struct history *history = pipeline->parameters.history;
	int status = load_snapshot(pipeline);

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
		tell_damage(pipeline, pipeline->is_set_aside);
	return status ? fail_history(pipeline, status, error) : 0;
}

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
		status = restore(fresh, error);
	if (status) {
		pipeline_free(fresh);
		return status;
	}
	plan_samples(fresh, NULL);
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
