/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sensor without a kernel: minutes whose counts wait until they are stored, sampled packets, and
 * every sink that the core library has. A test of calls that fail looks at what became of it all.
 */
#ifndef TEITEN_TESTS_UNIT_PIPELINE_FAILING_WORLD_H
#define TEITEN_TESTS_UNIT_PIPELINE_FAILING_WORLD_H

#include "tests/unit/evidence/frames.h"
#include "tests/unit/pipeline/failing_calls.h"
#include "user/history/query.h"
#include "user/model/port.h"
#include "user/output/event_log.h"
#include "user/output/incident_files.h"
#include "user/output/metrics.h"
#include "user/pipeline.h"

#include <setjmp.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#define MIDNIGHT INT64_C(1392076800) /* 2014-02-11 */
/* Minutes are numbered from midnight. */
#define QUIET_FROM (-2939)
#define LIVE_FROM (-59)
#define MINUTES_MAX 8 /* from FIRST_MINUTE on */
#define FIRST_MINUTE (-1)
#define TOLD_MAX 64
#define COUNTRY 9 /* of every packet */

struct counts {
	uint64_t syn;       /* of 23/tcp */
	uint64_t responses; /* from port 53, to 40000/udp */
	uint64_t sources;   /* bits: registers of the sketches that are raised */
};

struct made_source {
	struct source source; /* in front */
	uint64_t sequence;    /* of the last minute that was stored */
	struct counts waiting;
	struct counts given;  /* ever */
	unsigned int samples; /* of each kind, that wait to be taken */
	unsigned int samples_given;
	int64_t sampled_at;
};

/* What the sinks were told. */
struct told {
	struct sink sink; /* in front */
	struct event events[TOLD_MAX];
	unsigned int event_count;
	unsigned int minutes[MINUTES_MAX];
	uint64_t packets;
	struct metrics metrics;
};

struct log_told {
	struct sink sink; /* in front */
	struct event_log *log;
	unsigned int lines;
};

struct world {
	char directory[64];
	struct made_source source;
	struct history *history;
	struct pipeline *pipeline;
	struct told told;
	struct log_told log;
	struct incident_files incidents;
	int64_t covered_to;          /* the start of the next minute that is not stored */
	bool is_stored[MINUTES_MAX]; /* as the source was told */
	struct pipeline_error said;  /* by the last minute that failed */
};

/* -- The source ---------------------------------------------------------------------------- */

static void put_row(struct minute *minute, uint32_t row, uint64_t packets, uint64_t sources)
{
	uint8_t *sketch = minute->port_sketches[minute->port_count];

	memset(sketch, 0, TT_SKETCH_BYTES);
	for (uint32_t i = 0; i < TT_SKETCH_BYTES * 2; i++)
		if (sources >> i & 1)
			sketch_raise(sketch, i, 3);
	minute->ports[minute->port_count++] = (struct port_count){
		.row = row,
		.sources = sketch_row_sources(sketch, packets),
		.packets = packets,
		.bytes = packets * 60,
		.syn = port_protocol(row) == PORT_TCP ? packets : 0,
	};
	minute->cells[minute->cell_count++] = (struct cell_count){
		.row = row,
		.packets = (uint32_t)packets,
		.country = COUNTRY,
	};
}

static int drain_made(struct source *source, struct minute *minute, struct source_mark *mark)
{
	const struct made_source *made = (struct made_source *)source;
	const struct counts *waiting = &made->waiting;

	mark->birth[0] = 7;
	mark->sequence = made->sequence + 1;
	minute->has_sketches = true;
	memset(minute->sources, 0, sizeof(*minute->sources));
	for (uint32_t i = 0; i < 64; i++)
		if (waiting->sources >> i & 1)
			sketch_raise(minute->sources->total, i, 3);
	minute->ledger[TT_TCP_SYN] = (struct tally){waiting->syn, waiting->syn * 60};
	if (waiting->syn)
		put_row(minute, port_row(PORT_TCP, 23), waiting->syn, waiting->sources);
	if (!waiting->responses)
		return 0;
	put_row(minute, port_row(PORT_UDP, 40000), waiting->responses, waiting->sources);
	minute->ledger[TT_UDP53_RESPONSE] =
		(struct tally){waiting->responses, waiting->responses * 60};
	minute->sport53[COUNTRY][SPORT53_RESPONSE] = waiting->responses;
	minute->prefixes[minute->prefix_count++] = (struct prefix_count){
		.country = COUNTRY,
		.network = 0xc63364, /* 198.51.100.0/24 */
		.response = (uint32_t)waiting->responses,
	};
	return 0;
}

static void advance_made(struct source *source)
{
	struct made_source *made = (struct made_source *)source;

	made->sequence++;
	made->waiting = (struct counts){0};
}

static void hand_over_samples(struct source *source, sample_visit *visit, void *context)
{
	struct made_source *made = (struct made_source *)source;

	for (; made->samples > 0; made->samples--) {
		uint32_t from = 0xc6336400u + made->samples % 256;
		struct tt_sample syn = sample_syn(from, 0xc0000201u, 23, 5, 6);
		struct tt_sample dns = sample_dns(from, 0xc0000201u, 40000, 0x8180, 1, 60);

		visit(context, &syn, made->sampled_at * 1000000000);
		visit(context, &dns, made->sampled_at * 1000000000);
	}
}

static void take_plan(struct source *source, const struct sampling_plan *plan)
{
	(void)source;
	(void)plan;
}

/* -- Sinks --------------------------------------------------------------------------------- */

static int remember_event(struct sink *sink, const struct event *event)
{
	struct told *told = (struct told *)sink;

	assert_true(told->event_count < TOLD_MAX);
	told->events[told->event_count++] = *event;
	metrics_add_event(&told->metrics, event);
	return 0;
}

static int remember_minute(struct sink *sink, const struct minute *minute)
{
	struct told *told = (struct told *)sink;
	int64_t number = (minute->start - MIDNIGHT) / 60 - FIRST_MINUTE;

	if (number >= 0 && number < MINUTES_MAX)
		told->minutes[number]++;
	metrics_add_minute(&told->metrics, minute);
	return 0;
}

static int count_packets(
	struct sink *sink, const char *incident, const struct sampled_packet *packets, size_t count)
{
	(void)incident;
	(void)packets;
	((struct told *)sink)->packets += count;
	return 0;
}

static int log_event(struct sink *sink, const struct event *event)
{
	struct log_told *log = (struct log_told *)sink;

	log->lines++;
	return event_log_spike(log->log, "test", event);
}

static int log_minute(struct sink *sink, const struct minute *minute)
{
	struct log_told *log = (struct log_told *)sink;

	log->lines++;
	return event_log_stats(log->log, "test", minute);
}

/* -- Life ---------------------------------------------------------------------------------- */

static const char *path_in(const struct world *world, const char *name)
{
	static char path[192];

	snprintf(path, sizeof(path), "%s/%s", world->directory, name);
	return path;
}

static void make_world(struct world *world)
{
	*world = (struct world){
		.directory = "/tmp/teiten-failing-XXXXXX",
		.source.source = {.drain = drain_made,
			.advance = advance_made,
			.samples = hand_over_samples,
			.plan = take_plan},
		.told.sink = {.event = remember_event,
			.minute = remember_minute,
			.packets = count_packets},
		.log.sink = {.event = log_event, .minute = log_minute},
		.told.metrics = metrics_new(),
	};
	assert_non_null(mkdtemp(world->directory));
	incident_files_init(&world->incidents, world->directory,
		(struct incident_limits){.files = 10, .bytes = 1 << 20});
}

static void remove_world(const struct world *world)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", world->directory);
	assert_int_equal(system(command), 0);
}

/* LIVE: each minute is safe before the next, and what is old goes. */
enum pace { LEARNING, LIVE };

static void start_world(struct world *world, enum pace pace)
{
	struct pipeline_parameters parameters = {
		.source = &world->source.source,
		.detect = detect_defaults(),
		.evidence = {.background = 4, .names_files = true},
		.minutes_per_commit = pace == LIVE ? 1 : 1440,
		.expires = pace == LIVE,
		.retention.minute_days = 1,
		.sinks = {&world->log.sink, &world->told.sink, &world->incidents.sink},
	};
	struct history_error history_error;
	struct pipeline_error error;

	parameters.detect.capacity = 4096;
	assert_int_equal(event_log_open(path_in(world, "events.json"), &world->log.log), 0);
	assert_int_equal(history_open(world->directory, HISTORY_WRITE | HISTORY_CREATE,
				 &world->history, &history_error),
		0);
	parameters.history = world->history;
	assert_int_equal(pipeline_new(&parameters, &world->pipeline, &error), 0);
}

/* As it is when the process dies. */
static void stop_world(struct world *world)
{
	pipeline_free(world->pipeline);
	history_close(world->history);
	event_log_close(world->log.log);
}

/* The number of the minute after the last that is stored. */
static int64_t next_minute(const struct world *world)
{
	return (world->covered_to - MIDNIGHT) / 60;
}

/* So many packets are sampled in the minute that is under way. */
static void bring_samples(struct world *world, int64_t number, unsigned int count)
{
	world->source.sampled_at = MIDNIGHT + 60 * number;
	world->source.samples += count;
	world->source.samples_given += count;
}

/* The minute of that number, with what comes in it and what waits. */
static int pass(struct world *world, int64_t number, struct counts come)
{
	struct minute *minute = pipeline_next(world->pipeline);
	struct made_source *made = &world->source;
	uint64_t sequence = made->sequence;
	int64_t end = MIDNIGHT + 60 * number + 60;
	int status;

	minute->start = end - 60;
	minute->covered = (double)(end - world->covered_to);
	minute->addresses = 256;
	minute->mode = ATTACH_NATIVE;
	made->waiting.syn += come.syn;
	made->waiting.responses += come.responses;
	made->waiting.sources |= come.sources;
	made->given.syn += come.syn;
	made->given.responses += come.responses;
	status = pipeline_minute(world->pipeline, &world->said);
	if (made->sequence != sequence)
		world->covered_to = end;
	if (number >= FIRST_MINUTE)
		world->is_stored[number - FIRST_MINUTE] = made->sequence != sequence;
	return status;
}

#endif
