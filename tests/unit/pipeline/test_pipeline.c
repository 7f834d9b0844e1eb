/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole minute without a kernel: a source made of numbers, a real history, a sink that counts.
 */
#include "user/pipeline.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define START 1392076800 /* 2014-02-11T00:00:00Z */

struct numbers {
	struct source source; /* in front */
	uint32_t packets;     /* of 23/tcp in the next minute */
	uint64_t sequence, advanced;
	struct sampling_plan plan;
};

struct counting_sink {
	struct sink sink; /* in front */
	bool is_broken;
	unsigned int opens, minutes, damages;
	char last_id[EVENT_ID_MAX];
};

struct world {
	char directory[64];
	struct history *history;
	struct pipeline *pipeline;
	struct numbers numbers;
	struct counting_sink told;
};

static int give(struct source *source, struct minute *minute, struct source_mark *mark)
{
	struct numbers *numbers = (struct numbers *)source;

	mark->birth[0] = 7;
	mark->sequence = ++numbers->sequence;
	if (!numbers->packets)
		return 0;
	minute->ledger[TT_TCP_SYN] = (struct tally){numbers->packets, numbers->packets * 60u};
	minute->ports[0] = (struct port_count){
		.row = 23,
		.sources = numbers->packets / 2 + 1,
		.packets = numbers->packets,
		.bytes = numbers->packets * 60u,
		.syn = numbers->packets,
	};
	minute->cells[0] =
		(struct cell_count){.row = 23, .packets = numbers->packets, .country = 9};
	minute->port_count = minute->cell_count = 1;
	return 0;
}

static void advance(struct source *source)
{
	((struct numbers *)source)->advanced++;
}

static void take_plan(struct source *source, const struct sampling_plan *plan)
{
	((struct numbers *)source)->plan = *plan;
}

static int tell_event(struct sink *sink, const struct event *event)
{
	struct counting_sink *told = (struct counting_sink *)sink;

	told->opens += event->phase == EVENT_OPEN && event->key == series_make(SERIES_PORT, 23, 0);
	snprintf(told->last_id, sizeof(told->last_id), "%s", event->id);
	return 0;
}

static int tell_minute(struct sink *sink, const struct minute *minute)
{
	(void)minute;
	((struct counting_sink *)sink)->minutes++;
	return ((struct counting_sink *)sink)->is_broken ? -ENOSPC : 0;
}

static int tell_health(
	struct sink *sink, int64_t time, const char *name, bool begins, const char *sentence)
{
	(void)time;
	(void)sentence;
	((struct counting_sink *)sink)->damages += begins && strcmp(name, "detector_state") == 0;
	return 0;
}

static void open_pipeline(struct world *world, unsigned int minutes_per_commit)
{
	struct pipeline_parameters parameters = {
		.source = &world->numbers.source,
		.detect = detect_defaults(),
		.minutes_per_commit = minutes_per_commit,
		.sinks = {&world->told.sink},
	};
	struct history_error history_error;
	struct pipeline_error error;

	assert_int_equal(history_open(world->directory, HISTORY_WRITE | HISTORY_CREATE,
				 &world->history, &history_error),
		0);
	parameters.history = world->history;
	assert_int_equal(pipeline_new(&parameters, &world->pipeline, &error), 0);
}

static void close_pipeline(struct world *world)
{
	pipeline_free(world->pipeline);
	history_close(world->history);
	world->pipeline = NULL;
	world->history = NULL;
}

static int make_world(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	snprintf(world->directory, sizeof(world->directory), "/tmp/teiten-pipeline-XXXXXX");
	if (!mkdtemp(world->directory))
		return -1;
	world->numbers.source =
		(struct source){.drain = give, .advance = advance, .plan = take_plan};
	world->told.sink = (struct sink){
		.event = tell_event,
		.minute = tell_minute,
		.health = tell_health,
	};
	*state = world;
	return 0;
}

static int end_world(void **state)
{
	struct world *world = *state;
	char command[128];

	close_pipeline(world);
	snprintf(command, sizeof(command), "rm -r %s", world->directory);
	free(world);
	return system(command);
}

/* Minute number n with so many packets of 23/tcp. */
static void pass(struct world *world, int64_t n, uint32_t packets)
{
	struct minute *minute = pipeline_next(world->pipeline);
	struct pipeline_error error;

	minute->start = START + 60 * n;
	minute->covered = 60;
	minute->mode = ATTACH_REPLAY;
	world->numbers.packets = packets;
	assert_int_equal(pipeline_minute(world->pipeline, &error), 0);
}

/* Two quiet days of five packets a minute. */
static void pass_quiet_days(struct world *world)
{
	for (int64_t n = 0; n < 2880; n++)
		pass(world, n, 5);
}

static void a_live_minute_is_stored_marked_and_told(void **state)
{
	struct world *world = *state;
	struct history_mark mark;
	int64_t last;
	bool any;

	open_pipeline(world, 1);
	pass(world, 0, 5);
	assert_int_equal(world->numbers.advanced, 1);
	assert_int_equal(world->told.minutes, 1);
	close_pipeline(world);
	open_pipeline(world, 1);
	assert_int_equal(history_last_minute(world->history, &last, &any), 0);
	assert_true(any);
	assert_int_equal(last, START);
	assert_int_equal(history_get_mark(world->history, &mark), 0);
	assert_int_equal(mark.birth[0], 7);
	assert_int_equal(mark.sequence, 1);
}

static void a_burst_opens_one_event_and_is_told_once(void **state)
{
	struct world *world = *state;

	open_pipeline(world, 1440);
	pass_quiet_days(world);
	assert_int_equal(world->told.opens, 0);
	pass(world, 2880, 900);
	pass(world, 2881, 5);
	assert_int_equal(pipeline_finish(world->pipeline, &(struct pipeline_error){{0}}), 0);
	assert_int_equal(world->told.opens, 1);
}

/* Killed without a word: the detector learns from snapshot and history what it knew. */
static void a_killed_process_goes_on_with_what_it_had_learned(void **state)
{
	struct world *world = *state;

	open_pipeline(world, 1440);
	pass_quiet_days(world);
	assert_int_equal(pipeline_finish(world->pipeline, &(struct pipeline_error){{0}}), 0);
	close_pipeline(world);
	open_pipeline(world, 1);
	for (int64_t n = 2880; n < 2900; n++)
		pass(world, n, 5);
	close_pipeline(world);
	open_pipeline(world, 1);
	pass(world, 2900, 900);
	assert_int_equal(world->told.opens, 1);
}

/* The history holds the minute, not yet what follows from it: found again at the start. */
static void an_event_that_died_with_the_process_is_told_at_the_next_start(void **state)
{
	struct world *world = *state;
	struct minute minute;

	open_pipeline(world, 1440);
	pass_quiet_days(world);
	assert_int_equal(pipeline_finish(world->pipeline, &(struct pipeline_error){{0}}), 0);
	assert_int_equal(minute_reserve(&minute), 0);
	minute.start = START + 60 * 2880;
	minute.covered = 60;
	world->numbers.packets = 900;
	give(&world->numbers.source, &minute, &(struct source_mark){{0}, 0});
	assert_int_equal(history_begin(world->history), 0);
	assert_int_equal(history_add_minute(world->history, &minute), 0);
	assert_int_equal(history_commit(world->history), 0);
	minute_release(&minute);
	close_pipeline(world);
	open_pipeline(world, 1);
	assert_int_equal(world->told.opens, 0);
	assert_int_equal(world->numbers.plan.row_count, 1); /* and followed from now on */
	pass(world, 2881, 5);
	assert_int_equal(world->told.opens, 1);
	close_pipeline(world);
	open_pipeline(world, 1);
	pass(world, 2882, 5);
	assert_int_equal(world->told.opens, 1);
}

static bool is_sampled_more(const struct world *world)
{
	return world->numbers.plan.row_count == 1 && world->numbers.plan.rows[0].row == 23;
}

static void the_port_of_an_open_event_is_sampled_more_also_after_a_restart(void **state)
{
	struct world *world = *state;

	open_pipeline(world, 1440);
	pass_quiet_days(world);
	assert_int_equal(pipeline_finish(world->pipeline, &(struct pipeline_error){{0}}), 0);
	close_pipeline(world);
	open_pipeline(world, 1);
	assert_int_equal(world->numbers.plan.row_count, 0);
	pass(world, 2880, 900);
	assert_true(is_sampled_more(world));
	close_pipeline(world);
	memset(&world->numbers.plan, 0, sizeof(world->numbers.plan));
	open_pipeline(world, 1);
	assert_true(is_sampled_more(world));
	for (int64_t n = 2881; n < 2881 + 360; n++)
		pass(world, n, 5);
	assert_int_equal(world->numbers.plan.row_count, 0);
	close_pipeline(world);
	open_pipeline(world, 1);
	assert_int_equal(world->numbers.plan.row_count, 0);
}

static void a_damaged_snapshot_is_set_aside_told_and_learned_anew(void **state)
{
	struct world *world = *state;
	void *aside;
	size_t size;

	open_pipeline(world, 1440);
	pass_quiet_days(world);
	pass(world, 2880, 900);
	assert_int_equal(pipeline_finish(world->pipeline, &(struct pipeline_error){{0}}), 0);
	assert_int_equal(world->told.opens, 1);
	assert_int_equal(history_begin(world->history), 0);
	assert_int_equal(
		history_put_snapshot(world->history, "detector", "garbage garbage", 15), 0);
	assert_int_equal(history_commit(world->history), 0);
	close_pipeline(world);
	open_pipeline(world, 1);
	assert_int_equal(world->told.damages, 1);
	assert_int_equal(
		history_get_snapshot(world->history, "detector_damaged", &aside, &size), 0);
	assert_int_equal(size, 15);
	assert_memory_equal(aside, "garbage garbage", 15);
	free(aside);
	pass(world, 2881, 5);
	assert_int_equal(world->told.opens, 1);
}

static void a_sink_that_fails_is_told_on_and_counted(void **state)
{
	struct world *world = *state;

	open_pipeline(world, 1);
	pass(world, 0, 5);
	assert_int_equal(pipeline_sink_failures(world->pipeline, 0), 0);
	world->told.is_broken = true;
	pass(world, 1, 5);
	pass(world, 2, 5);
	world->told.is_broken = false;
	pass(world, 3, 5);
	assert_int_equal(pipeline_sink_failures(world->pipeline, 0), 2);
	assert_int_equal(world->told.minutes, 4);
}

static void stages_take_time_and_the_minute_no_longer(void **state)
{
	struct world *world = *state;
	struct pipeline_times times;

	open_pipeline(world, 1);
	pass(world, 0, 5);
	times = pipeline_times(world->pipeline);
	assert_true(times.drain >= 0 && times.history > 0 && times.detect > 0);
	assert_true(times.drain + times.history + times.detect < 3600);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, end_world)
	const struct CMUnitTest tests[] = {
		TEST(a_live_minute_is_stored_marked_and_told),
		TEST(a_burst_opens_one_event_and_is_told_once),
		TEST(a_killed_process_goes_on_with_what_it_had_learned),
		TEST(an_event_that_died_with_the_process_is_told_at_the_next_start),
		TEST(the_port_of_an_open_event_is_sampled_more_also_after_a_restart),
		TEST(a_damaged_snapshot_is_set_aside_told_and_learned_anew),
		TEST(a_sink_that_fails_is_told_on_and_counted),
		TEST(stages_take_time_and_the_minute_no_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
