/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The minute carried through: restarts between minutes, and what a failing store must not lose. */
#include "user/pipeline.h"

#include "user/model/port.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define START INT64_C(1391990400) /* 2014-02-10 */
#define MINUTES 200

/* A source of its own making: (minute * 7 + 3) % 50 packets to 23/tcp. */
struct made_source {
	struct source source; /* in front */
	uint64_t sequence;
};

static int drain(struct source *source, struct minute *minute, struct source_mark *mark)
{
	struct made_source *made = (struct made_source *)source;
	uint64_t packets = ((uint64_t)(minute->start - START) / 60 * 7 + 3) % 50;

	mark->sequence = made->sequence + 1;
	if (packets == 0)
		return 0;
	minute->ports[minute->port_count++] = (struct port_count){.row = port_row(PORT_TCP, 23),
		.sources = 1,
		.packets = packets,
		.bytes = packets * 60,
		.syn = packets};
	minute->cells[minute->cell_count++] =
		(struct cell_count){.row = port_row(PORT_TCP, 23), .packets = (uint32_t)packets};
	minute->ledger[TT_TCP_SYN] = (struct tally){packets, packets * 60};
	return 0;
}

static void advance(struct source *source)
{
	((struct made_source *)source)->sequence++;
}

struct world {
	char dir[64];
	struct made_source source;
	struct history *history;
	struct pipeline *pipeline;
};

static void start(struct world *world)
{
	struct pipeline_parameters parameters = {
		.source = &world->source.source,
		.detect = detect_defaults(),
		.minutes_per_commit = 1,
	};
	struct history_error history_error;
	struct pipeline_error error;

	parameters.detect.capacity = 4096;
	assert_int_equal(history_open(world->dir, HISTORY_WRITE | HISTORY_CREATE, &world->history,
				 &history_error),
		0);
	parameters.history = world->history;
	assert_int_equal(pipeline_new(&parameters, &world->pipeline, &error), 0);
}

static void make_world(struct world *world)
{
	*world = (struct world){
		.dir = "/tmp/teiten-pipeline-XXXXXX",
		.source.source = {.drain = drain, .advance = advance},
	};
	assert_non_null(mkdtemp(world->dir));
	start(world);
}

static void stop(struct world *world)
{
	pipeline_free(world->pipeline);
	history_close(world->history);
}

static void remove_world(struct world *world)
{
	char command[128];

	stop(world);
	snprintf(command, sizeof(command), "rm -r %s", world->dir);
	assert_int_equal(system(command), 0);
}

static void run_minutes(struct world *world, int from, int to)
{
	struct pipeline_error error;

	for (int i = from; i < to; i++) {
		struct minute *minute = pipeline_next(world->pipeline);

		minute->start = START + i * 60;
		minute->covered = 60;
		minute->mode = ATTACH_REPLAY;
		assert_int_equal(pipeline_minute(world->pipeline, &error), 0);
	}
}

static void finish(struct world *world)
{
	struct pipeline_error error;

	assert_int_equal(pipeline_finish(world->pipeline, &error), 0);
}

static int64_t snapshot_minute(struct world *world)
{
	int64_t minute;
	void *data;
	size_t size;

	assert_int_equal(history_get_snapshot(world->history, "detector", &data, &size), 0);
	assert_true(size > sizeof(minute)); /* the state is behind it */
	memcpy(&minute, data, sizeof(minute));
	free(data);
	return minute;
}

static void assert_same_detector(struct world *a, struct world *b)
{
	void *data_a, *data_b;
	size_t size_a, size_b;

	assert_int_equal(history_get_snapshot(a->history, "detector", &data_a, &size_a), 0);
	assert_int_equal(history_get_snapshot(b->history, "detector", &data_b, &size_b), 0);
	assert_int_equal(size_a, size_b);
	assert_memory_equal(data_a, data_b, size_a);
	free(data_a);
	free(data_b);
}

/* -- Restarts ------------------------------------------------------------------------------ */

static void the_snapshot_says_which_minute_it_has_seen(void **state)
{
	struct world world;

	(void)state;
	make_world(&world);
	run_minutes(&world, 0, 70);
	assert_int_equal(snapshot_minute(&world), START + 59 * 60);
	finish(&world);
	assert_int_equal(snapshot_minute(&world), START + 69 * 60);
	remove_world(&world);
}

static void a_restart_goes_on_where_the_detector_stood(void **state)
{
	struct world whole, stopped, killed;

	(void)state;
	make_world(&whole);
	run_minutes(&whole, 0, MINUTES);
	finish(&whole);

	make_world(&stopped);
	run_minutes(&stopped, 0, 77);
	finish(&stopped);
	stop(&stopped);
	start(&stopped);
	run_minutes(&stopped, 77, MINUTES);
	finish(&stopped);
	assert_same_detector(&whole, &stopped);

	/* The snapshot has seen 60 minutes, the history has 100. */
	make_world(&killed);
	run_minutes(&killed, 0, 100);
	stop(&killed);
	start(&killed);
	run_minutes(&killed, 100, MINUTES);
	finish(&killed);
	assert_same_detector(&whole, &killed);

	remove_world(&whole);
	remove_world(&stopped);
	remove_world(&killed);
}

static void a_damaged_snapshot_is_learnt_anew_from_the_first_minute(void **state)
{
	struct world whole, damaged;

	(void)state;
	make_world(&whole);
	run_minutes(&whole, 0, MINUTES);
	finish(&whole);

	make_world(&damaged);
	run_minutes(&damaged, 0, 77);
	finish(&damaged);
	assert_int_equal(history_begin(damaged.history), 0);
	assert_int_equal(history_put_snapshot(damaged.history, "detector", "junk", 4), 0);
	assert_int_equal(history_commit(damaged.history), 0);
	stop(&damaged);
	start(&damaged);
	run_minutes(&damaged, 77, MINUTES);
	finish(&damaged);
	assert_same_detector(&whole, &damaged);

	remove_world(&whole);
	remove_world(&damaged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_snapshot_says_which_minute_it_has_seen),
		cmocka_unit_test(a_restart_goes_on_where_the_detector_stood),
		cmocka_unit_test(a_damaged_snapshot_is_learnt_anew_from_the_first_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
