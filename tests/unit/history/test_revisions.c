/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/history/world.h"

#include <sqlite3.h>

static struct minute minute;

static void add(struct history *history, int64_t start)
{
	uint64_t seed = 3;

	assert_int_equal(history_begin(history), 0);
	random_minute(&minute, start, &seed);
	assert_int_equal(history_add_minute(history, &minute), 0);
	assert_int_equal(history_commit(history), 0);
}

struct seen {
	uint64_t numbers[8];
	int64_t starts[8];
	size_t count;
};

static int see(void *context, uint64_t number, int64_t start)
{
	struct seen *seen = context;

	seen->numbers[seen->count] = number;
	seen->starts[seen->count++] = start;
	return 0;
}

static void only_minutes_that_were_not_the_latest_are_revisions(void **state)
{
	struct history *history = open_new();
	struct seen seen = {0}, rest = {0}, anew = {0};

	(void)state;
	add(history, FEB11);
	add(history, FEB11 + 60);
	add(history, FEB11 + 60);
	add(history, FEB11 + 180);
	add(history, FEB11 - 600);
	add(history, FEB11 + 120);
	assert_int_equal(history_each_revision(history, 0, see, &seen), 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.starts[0], FEB11 + 60);
	assert_int_equal(seen.starts[1], FEB11 - 600);
	assert_int_equal(seen.starts[2], FEB11 + 120);
	assert_int_equal(history_each_revision(history, seen.numbers[1], see, &rest), 0);
	assert_int_equal(rest.count, 1);
	assert_int_equal(rest.starts[0], FEB11 + 120);
	/* A number that this history never had: it is another one. */
	assert_int_equal(history_each_revision(history, 99, see, &anew), 0);
	assert_int_equal(anew.count, 3);
	history_close(history);
}

static void a_revision_that_is_rolled_back_is_none(void **state)
{
	struct history *history = open_new();
	struct seen seen = {0};
	uint64_t seed = 3;

	(void)state;
	add(history, FEB11);
	assert_int_equal(history_begin(history), 0);
	random_minute(&minute, FEB11, &seed);
	assert_int_equal(history_add_minute(history, &minute), 0);
	assert_int_equal(history_rollback(history), 0);
	assert_int_equal(history_each_revision(history, 0, see, &seen), 0);
	assert_int_equal(seen.count, 0);
	history_close(history);
}

/* A database of an older program has no such table; a reader must not need one. */
static void a_history_without_the_table_has_none(void **state)
{
	struct history *history = open_new();
	struct history_error error;
	struct seen seen = {0};
	sqlite3 *db;

	(void)state;
	add(history, FEB11);
	history_close(history);
	assert_int_equal(sqlite3_open(world_path("history.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE revision", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(history_open(world_dir, HISTORY_READ, &history, &error), 0);
	assert_int_equal(history_each_revision(history, 0, see, &seen), 0);
	history_close(history);
	assert_int_equal(history_open(world_dir, HISTORY_WRITE, &history, &error), 0);
	add(history, FEB11);
	assert_int_equal(history_each_revision(history, 0, see, &seen), 0);
	assert_int_equal(seen.count, 1);
	history_close(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_minutes_that_were_not_the_latest_are_revisions,
			world_open, world_close),
		cmocka_unit_test_setup_teardown(
			a_revision_that_is_rolled_back_is_none, world_open, world_close),
		cmocka_unit_test_setup_teardown(
			a_history_without_the_table_has_none, world_open, world_close),
	};

	assert_int_equal(minute_reserve(&minute), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
