/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/history/world.h"

#include <sqlite3.h>

#define HOUR INT64_C(3600)

static struct minute minute;

static void add_port(struct history *history, int64_t start)
{
	minute_clear(&minute);
	minute.start = start;
	minute.ports[0] = (struct port_count){5000, 1, 4, 240, 4, {0}};
	minute.port_count = 1;
	add_alone(history, &minute);
}

/* The one number that a statement answers. */
static int64_t number_of(const char *text)
{
	sqlite3_stmt *ready = NULL;
	sqlite3 *db;
	int64_t number;

	assert_int_equal(sqlite3_open(world_path("history.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &ready, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(ready), SQLITE_ROW);
	number = sqlite3_column_int64(ready, 0);
	sqlite3_finalize(ready);
	sqlite3_close(db);
	return number;
}

static struct port_life life_of(struct history *history)
{
	struct port_life life = {0};

	assert_int_equal(history_port_life(history, 5000, STORE_ALL_COUNTRIES, &life), 0);
	return life;
}

static void a_damaged_chunk_is_kept_aside_and_its_ports_are_new(void **state)
{
	struct history *history = open_new();

	(void)state;
	/* What an hour saw is added to the lives when the next one begins. */
	add_port(history, FEB11);
	add_port(history, FEB11 + HOUR);
	assert_int_equal(life_of(history).first_seen, FEB11);
	history_close(history);
	assert_true(number_of("UPDATE life SET data = substr(data, 1, length(data) - 1)"
			      " RETURNING length(data)") > 0);

	history = open_as(HISTORY_WRITE);
	add_port(history, FEB11 + 2 * HOUR);
	assert_int_equal(history_damaged(history), 1);
	assert_int_equal(life_of(history).first_seen, FEB11 + HOUR);
	assert_int_equal(life_of(history).last_seen, FEB11 + 2 * HOUR);
	/* The new chunk is a good one. */
	add_port(history, FEB11 + 3 * HOUR);
	assert_int_equal(history_damaged(history), 1);
	history_close(history);
	assert_int_equal(number_of("SELECT count(*) FROM damaged WHERE place = 'life'"), 1);
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(a_damaged_chunk_is_kept_aside_and_its_ports_are_new),
	};

	assert_int_equal(minute_reserve(&minute), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
