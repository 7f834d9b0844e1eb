/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The N-th call of a kind fails, for each N that two minutes of a sensor make: the first after a
 * start, and the next, in which an event opens. With one of them a day begins, or with the second
 * the detector's state is saved, too. What then must be true is in look_at_live() and
 * look_at_history(). Of calls that come in hundreds some are tried; with EVERY_CALL=1 in the
 * environment every one.
 */
#include "tests/unit/pipeline/failing_checks.h"
#include "user/lib/file.h"

#include <dirent.h>
#include <sqlite3.h>

/* Of pages that wait in the WAL: with those of a minute's snapshot there are 1000, and SQLite moves
 * them over. */
#define WAITING_BYTES (400 * 4084)

#define FAILING_MINUTES 2

static const struct counts quiet = {.syn = 5, .responses = 2, .sources = 0x3};
static const struct counts burst = {.syn = 900, .responses = 40, .sources = 0xffff};

/* Two quiet days that a detector has learned, and an hour of single minutes. */
static struct world saved; /* and the hour and the day: its detector's state is saved */
static struct world due;   /* but for the last minute; the state is saved in the second from now */

#define ENDS 3
#define SEED 7u /* of the choice in between */

/* -- The base, and a world that begins with it --------------------------------------------- */

static void copy_file(const struct world *from, const struct world *to, const char *name)
{
	FILE *in = fopen(path_in(from, name), "re"), *out = fopen(path_in(to, name), "we");
	char bytes[65536];
	size_t size;

	assert_true(in && out);
	while ((size = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, size, out), size);
	fclose(in);
	fclose(out);
}

/* As world is, in a directory of its own. */
static void copy_world(const struct world *world, struct world *copy)
{
	make_world(copy);
	copy_file(world, copy, "history.db");
	copy_file(world, copy, "history.db-wal");
	copy->source = world->source;
	copy->covered_to = world->covered_to;
}

static void learn(struct world *world)
{
	struct pipeline_error error;

	make_world(world);
	world->covered_to = MIDNIGHT + 60 * QUIET_FROM;
	start_world(world, LEARNING);
	for (int64_t n = QUIET_FROM; n < LIVE_FROM; n++)
		assert_int_equal(pass(world, n, quiet), 0);
	assert_int_equal(pipeline_finish(world->pipeline, &error), 0);
	stop_world(world);
	start_world(world, LIVE);
	for (int64_t n = LIVE_FROM; n < FIRST_MINUTE; n++)
		assert_int_equal(pass(world, n, quiet), 0);
	assert_int_equal(world->told.event_count, 0);
}

static int make_bases(void **state)
{
	static struct world learned;
	static uint8_t padding[WAITING_BYTES];
	struct pipeline_error error;

	(void)state;
	learn(&learned);
	stop_world(&learned);
	copy_world(&learned, &saved);
	start_world(&saved, LIVE);
	assert_int_equal(pass(&saved, FIRST_MINUTE, quiet), 0);
	assert_int_equal(pipeline_finish(saved.pipeline, &error), 0);
	stop_world(&saved);
	start_world(&learned, LIVE);
	assert_int_equal(history_begin(learned.history), 0);
	assert_int_equal(
		history_put_snapshot(learned.history, "padding", padding, sizeof(padding)), 0);
	assert_int_equal(history_commit(learned.history), 0);
	copy_world(&learned, &due); /* closing would move the pages over */
	stop_world(&learned);
	remove_world(&learned);
	return 0;
}

static int remove_bases(void **state)
{
	(void)state;
	remove_world(&saved);
	remove_world(&due);
	return 0;
}

/* -- One trial ----------------------------------------------------------------------------- */

/* The two minutes. Returns whether the last of them wrote its metrics. */
static bool cycle(struct world *world)
{
	const int64_t first = next_minute(world);
	bool has_metrics = false;

	for (int i = 0; i < FAILING_MINUTES; i++) {
		event_log_reopen(world->log.log);
		bring_samples(world, first + i, 12);
		pipeline_gather(world->pipeline);
		world->said.text[0] = '\0';
		if (pass(world, first + i, i ? burst : quiet) && !world->said.text[0])
			fail_msg("a failure without a word");
		has_metrics = metrics_write(&world->told.metrics, "test", "0",
				      path_in(world, "metrics")) == 0;
	}
	return has_metrics;
}

static void look_at_metrics(const struct world *world)
{
	char *text = metrics_to_text(&world->told.metrics, "test", "0"), *written;
	size_t size;

	MUST(file_read_all(path_in(world, "metrics"), 1 << 20, &written, &size) == 0, "metrics: ");
	MUST(strcmp(text, written) == 0, "metrics: ");
	free(text);
	free(written);
}

static unsigned int descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* Returns whether the call came and was refused. */
static bool try_call(void)
{
	static struct world world;
	size_t bytes = allocated_bytes();
	unsigned int open_before = descriptors();
	int64_t first;
	bool has_metrics;

	copy_world(trial->base, &world);
	start_world(&world, LIVE);
	first = next_minute(&world);
	failing = (struct failing){.kind = trial->kind,
		.error = trial->error,
		.at = call,
		.is_lasting = trial->is_lasting};
	has_metrics = cycle(&world);
	failing.at = 0;
	if (has_metrics)
		look_at_metrics(&world);
	MUST(pass(&world, first + 2, quiet) == 0, "the next minute: %s ", world.said.text);
	MUST(pass(&world, first + 3, quiet) == 0, "the one after: %s ", world.said.text);
	look_at_live(&world);
	look_at_history(&world);
	if (call % 16 == 0) {
		/* Killed, and started again. */
		stop_world(&world);
		start_world(&world, LIVE);
		MUST(pass(&world, first + 4, quiet) == 0, "after a restart: %s ", world.said.text);
		look_at_history(&world);
	}
	stop_world(&world);
	remove_world(&world);
	MUST(descriptors() == open_before, "descriptors: ");
	MUST(allocated_bytes() == bytes, "%zd bytes leak: ", (ssize_t)(allocated_bytes() - bytes));
	return failing.refused > 0;
}

static unsigned int calls_made(void)
{
	call = UINT32_MAX;
	assert_false(try_call());
	return failing.calls;
}

static bool is_tried(unsigned int calls)
{
	return call <= ENDS || call + ENDS > calls || (call + SEED) % trial->spread == 0;
}

/* Each call in turn; of many the first, the last, and some in between. */
static void try_each(const struct trial *tried)
{
	const bool every = getenv("EVERY_CALL");
	unsigned int calls, tries = 0;

	trial = tried;
	calls = calls_made();
	for (call = 1; call <= calls; call++) {
		if (!every && !is_tried(calls))
			continue;
		tries++;
		try_call();
		MUST(failing.refused > 0, "it did not come: ");
	}
	print_message("# %s%s: %u of %u calls\n", trial->name,
		trial->is_lasting ? " and all after it" : "", tries, calls);
	assert_true(calls > 0);
}

static void without_a_failure_all_is_as_it_must_be(void **state)
{
	(void)state;
	trial = &(struct trial){.name = "nothing", .base = &saved};
	call = 0;
	assert_false(try_call());
	trial = &(struct trial){.name = "nothing", .base = &due};
	assert_false(try_call());
}

static void a_file_that_does_not_open(void **state)
{
	(void)state;
	try_each(&(struct trial){"open", &saved, FAILING_OPEN, EMFILE, false, 1});
	try_each(&(struct trial){"open", &saved, FAILING_OPEN, EMFILE, true, 6});
	try_each(&(struct trial){"rename", &saved, FAILING_RENAME, EIO, false, 1});
	try_each(&(struct trial){"rename", &saved, FAILING_RENAME, ENOSPC, true, 1});
}

static void a_read_that_fails(void **state)
{
	(void)state;
	try_each(&(struct trial){"read", &saved, FAILING_READ, EIO, false, 6});
	try_each(&(struct trial){"read", &saved, FAILING_READ, EIO, true, 16});
}

static void a_write_that_fails(void **state)
{
	(void)state;
	try_each(&(struct trial){"write", &saved, FAILING_WRITE, ENOSPC, false, 20});
	try_each(&(struct trial){"write", &saved, FAILING_WRITE, EIO, true, 70});
	try_each(&(struct trial){"write", &due, FAILING_WRITE, EIO, false, 900});
}

static void a_sync_or_a_cut_that_fails(void **state)
{
	(void)state;
	try_each(&(struct trial){"sync", &due, FAILING_SYNC, EIO, false, 1});
	try_each(&(struct trial){"sync", &due, FAILING_SYNC, EIO, true, 1});
	try_each(&(struct trial){"truncate", &due, FAILING_TRUNCATE, EIO, false, 1});
	try_each(&(struct trial){"truncate", &due, FAILING_TRUNCATE, EIO, true, 5});
}

static void memory_that_runs_out(void **state)
{
	(void)state;
	try_each(&(struct trial){"memory", &saved, FAILING_MEMORY, ENOMEM, false, 200});
	try_each(&(struct trial){"memory", &saved, FAILING_MEMORY, ENOMEM, true, 700});
	try_each(&(struct trial){"memory", &due, FAILING_MEMORY, ENOMEM, false, 1000});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_failure_all_is_as_it_must_be),
		cmocka_unit_test(a_file_that_does_not_open),
		cmocka_unit_test(a_read_that_fails),
		cmocka_unit_test(a_write_that_fails),
		cmocka_unit_test(a_sync_or_a_cut_that_fails),
		cmocka_unit_test(memory_that_runs_out),
	};

	/* Each piece of memory of SQLite's is asked for by itself. */
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	return cmocka_run_group_tests(tests, make_bases, remove_bases);
}
