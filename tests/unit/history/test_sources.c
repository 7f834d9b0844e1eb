/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distinct sources: stored by hours, asked by hours, days of any zone, and as a whole. */
#include "world.h"

#include "user/history/history_store.h"
#include "user/model/sketch.h"

#include <math.h>
#include <sqlite3.h>

#define PORT 23u
#define COUNTRY 44

static struct minute minute;

static int reserve_minute(void **state)
{
	return minute_reserve(&minute) || world_open(state);
}

static int release_minute(void **state)
{
	minute_release(&minute);
	return world_close(state);
}

/* -- Minutes of known sources -------------------------------------------------------------- */

static void add_source(uint8_t *port, uint32_t source, bool is_sport53)
{
	uint64_t hash = (source + 1) * 0x9e3779b97f4a7c15u;
	uint32_t index, bits;
	uint8_t value;

	hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93u;
	index = (uint32_t)(hash >> (64 - TT_SOURCES_BITS));
	bits = (uint32_t)(hash >> 32 & 0x3fff) | 1u << 14;
	value = (uint8_t)(__builtin_ctz(bits) + 1);
	sketch_raise(minute.sources->total, index, value);
	sketch_raise(minute.sources->country[COUNTRY], index >> (TT_SOURCES_BITS - TT_COUNTRY_BITS),
		value);
	sketch_raise(port, index >> (TT_SOURCES_BITS - TT_SKETCH_BITS), value);
	sketch_raise(minute.lanes[0].sketch, index >> (TT_SOURCES_BITS - TT_LANE_BITS), value);
	if (!is_sport53)
		return;
	sketch_raise(minute.sources->sport53, index, value);
	sketch_raise(minute.sources->sport53_country[COUNTRY],
		index >> (TT_SOURCES_BITS - TT_COUNTRY_BITS), value);
}

/* A minute with sources from first to first + count - 1 at a row, every third from port 53. */
static void make_minute(int64_t start, uint32_t row, uint32_t first, uint32_t count)
{
	minute_clear(&minute);
	minute.start = start;
	minute.covered = 60;
	minute.mode = ATTACH_REPLAY;
	minute.has_sketches = true;
	memset(minute.sources, 0, sizeof(*minute.sources));
	memset(minute.port_sketches[0], 0, TT_SKETCH_BYTES);
	memset(&minute.lanes[0], 0, sizeof(minute.lanes[0]));
	for (uint32_t i = first; i < first + count; i++)
		add_source(minute.port_sketches[0], i, i % 3 == 0);
	if (count == 0)
		return;
	minute.port_count = 1;
	minute.ports[0] = (struct port_count){.row = row, .packets = count};
}

static void add_minute(
	struct history *history, int64_t start, uint32_t row, uint32_t first, uint32_t count)
{
	make_minute(start, row, first, count);
	add_alone(history, &minute);
}

/* -- Answers ------------------------------------------------------------------------------- */

static double sources_of(struct history *history, enum store_sources_kind kind, int64_t from,
	int64_t to, int expected)
{
	struct history_store store = history_store_of(history);
	struct store_sources_query query = {
		.kind = kind, .from = from, .to = to, .row = PORT, .country = COUNTRY};
	struct store_sources found = {0};

	assert_int_equal(store.store.sources(&store.store, &query, &found), expected);
	return found.estimate;
}

static void assert_near(double estimate, double exact, unsigned int registers)
{
	if (fabs(estimate / exact - 1) > 3.5 * 1.04 / sqrt(registers))
		fail_msg("%.0f estimated, %.0f exact", estimate, exact);
}

struct rows {
	unsigned int count;
	struct store_row row[64];
};

static int keep_row(void *context, const struct store_row *row)
{
	struct rows *rows = context;

	assert_true(rows->count < 64);
	rows->row[rows->count++] = *row;
	return 0;
}

/* Whether sources of some packets were unknown to the last question. */
static bool lacked;

static struct rows ask(struct history *history, enum store_bin bin, int64_t from, int64_t to)
{
	struct store_query query = store_query_all(TABLE_SOURCES, bin);
	struct store_answer answer;
	struct rows rows = {0};

	query.from = from;
	query.to = to;
	assert_int_equal(history_query(history, &query, keep_row, &rows, &answer), 0);
	assert_int_equal(answer.rows, rows.count);
	lacked = answer.lacks_sources;
	return rows;
}

/* -- Tests --------------------------------------------------------------------------------- */

static void minutes_join_to_their_hour_whoever_comes_twice(void **state)
{
	struct history *history = open_new();

	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		add_minute(history, FEB11 + 60 * i, PORT, 100 * i, 1000);
	assert_near(sources_of(history, SOURCES_TOTAL, FEB11, FEB11 + 3600, 0), 1900,
		TT_SOURCES_REGISTERS);
	assert_near(sources_of(history, SOURCES_PORT, FEB11, FEB11 + 3600, 0), 1900,
		TT_SKETCH_REGISTERS);
	assert_near(sources_of(history, SOURCES_COUNTRY, FEB11, FEB11 + 3600, 0), 1900,
		TT_COUNTRY_REGISTERS);
	assert_near(sources_of(history, SOURCES_SPORT53, FEB11, FEB11 + 3600, 0), 633,
		TT_COUNTRY_REGISTERS);
	history_close(history);
}

/* The first minute of a port comes without a lane, the others with one. */
static void a_lane_makes_its_port_exact(void **state)
{
	struct history *history = open_new();

	(void)state;
	add_minute(history, FEB11, PORT, 0, 20);
	for (unsigned int i = 1; i < 60; i++) {
		make_minute(FEB11 + 3600 * (i / 6) + 60 * (i % 6), PORT, 50 * i, 100);
		minute.lane_count = 1;
		minute.lanes[0].row = PORT;
		add_alone(history, &minute);
	}
	assert_near(sources_of(history, SOURCES_PORT, FEB11, FEB11 + 36000, 0), 3020,
		TT_LANE_REGISTERS);
	history_close(history);
	history = open_as(HISTORY_READ);
	assert_near(sources_of(history, SOURCES_PORT, FEB11 + 3600, FEB11 + 36000, 0), 2750,
		TT_LANE_REGISTERS);
	history_close(history);
}

static void what_is_stored_is_what_a_restart_goes_on_from(void **state)
{
	struct history *history = open_new();
	struct rows before, after;

	(void)state;
	add_minute(history, FEB11, PORT, 0, 500);
	before = ask(history, BIN_ALL, 0, INT64_MAX);
	history_close(history);
	history = open_new();
	after = ask(history, BIN_ALL, 0, INT64_MAX);
	assert_int_equal(before.count, 5);
	assert_memory_equal(&before, &after, sizeof(before));
	add_minute(history, FEB11 + 60, PORT, 250, 500);
	assert_near(sources_of(history, SOURCES_TOTAL, FEB11, FEB11 + 3600, 0), 750,
		TT_SOURCES_REGISTERS);
	history_close(history);
}

static void a_minute_that_is_rolled_back_leaves_no_source(void **state)
{
	struct history *history = open_new();
	struct rows before, after;

	(void)state;
	add_minute(history, FEB11, PORT, 0, 500);
	before = ask(history, BIN_ALL, 0, INT64_MAX);
	make_minute(FEB11 + 60, PORT, 1000, 500);
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_add_minute(history, &minute), 0);
	/* Within the transaction it is there. */
	after = ask(history, BIN_ALL, 0, INT64_MAX);
	assert_near((double)after.row[0].sources, 1000, TT_SOURCES_REGISTERS);
	assert_int_equal(history_rollback(history), 0);
	after = ask(history, BIN_ALL, 0, INT64_MAX);
	assert_memory_equal(&before, &after, sizeof(before));
	/* Nor does it come back with the next. */
	add_minute(history, FEB11 + 120, PORT, 0, 500);
	after = ask(history, BIN_ALL, 0, INT64_MAX);
	assert_memory_equal(&before, &after, sizeof(before));
	history_close(history);
}

static void days_of_any_zone_are_unions_of_their_hours(void **state)
{
	const int64_t jst[] = {FEB11 - 9 * 3600, FEB11 + 15 * 3600, FEB11 + 39 * 3600};
	struct store_query query = store_query_all(TABLE_SOURCES, BIN_GIVEN);
	struct history *history = open_new();
	struct store_answer answer;
	struct rows rows = {0};

	(void)state;
	/* 100 new sources an hour, and 50 that come each hour. */
	for (unsigned int hour = 0; hour < 24; hour++) {
		add_minute(history, FEB11 + 3600 * hour, PORT, 1000 + 100 * hour, 100);
		add_minute(history, FEB11 + 3600 * hour + 60, PORT, 0, 50);
	}
	query.borders = jst;
	query.border_count = 3;
	query.row = PORT;
	assert_int_equal(history_query(history, &query, keep_row, &rows, &answer), 0);
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.row[0].kind, SOURCES_PORT);
	assert_int_equal(rows.row[0].time, jst[0]);
	assert_near((double)rows.row[0].sources, 1550, TT_SKETCH_REGISTERS);
	assert_near((double)rows.row[1].sources, 950, TT_SKETCH_REGISTERS);
	assert_near(
		sources_of(history, SOURCES_TOTAL, jst[0], jst[1], 0), 1550, TT_SOURCES_REGISTERS);
	assert_near(
		sources_of(history, SOURCES_TOTAL, jst[1], jst[2], 0), 950, TT_SOURCES_REGISTERS);
	rows = ask(history, BIN_DAY, 0, INT64_MAX);
	assert_int_equal(rows.row[0].kind, SOURCES_TOTAL);
	assert_int_equal(rows.row[0].time, FEB11);
	assert_near((double)rows.row[0].sources, 2450, TT_SOURCES_REGISTERS);
	/* An hour that is cut is left out. */
	rows = ask(history, BIN_HOUR, FEB11 + 1, FEB11 + 2 * 3600 + 1);
	assert_int_equal(rows.row[0].time, FEB11 + 3600);
	assert_int_equal(rows.row[rows.count - 1].time, FEB11 + 3600);
	history_close(history);
}

static void late_and_merged_minutes_join_as_well(void **state)
{
	struct history *history = open_new();

	(void)state;
	add_minute(history, FEB11, PORT, 0, 300);
	add_minute(history, FEB11 + 7200, PORT, 0, 10);
	add_minute(history, FEB11, PORT, 300, 300);        /* the same label */
	add_minute(history, FEB11 + 60, 65536 + 53, 0, 5); /* an hour that is closed */
	assert_near(sources_of(history, SOURCES_PORT, FEB11, FEB11 + 3600, 0), 600,
		TT_SKETCH_REGISTERS);
	assert_near(sources_of(history, SOURCES_PORT, FEB11 + 7200, FEB11 + 10800, 0), 10,
		TT_SKETCH_REGISTERS);
	history_close(history);
}

static void unknown_is_not_zero(void **state)
{
	struct history *history = open_new();

	(void)state;
	sources_of(history, SOURCES_TOTAL, FEB11, FEB11 + 3600, -ENODATA);
	/* A minute without packets has no source. */
	add_minute(history, FEB11, PORT, 0, 0);
	assert_true(sources_of(history, SOURCES_TOTAL, FEB11, FEB11 + 3600, 0) == 0);
	assert_true(sources_of(history, SOURCES_PORT, FEB11, FEB11 + 3600, 0) == 0);
	/* One without sketches makes its hour unknown, closed or not. */
	make_minute(FEB11 + 3600, PORT, 0, 5);
	minute.has_sketches = false;
	add_alone(history, &minute);
	sources_of(history, SOURCES_TOTAL, FEB11, FEB11 + 7200, -ENODATA);
	add_minute(history, FEB11 + 7200, PORT, 0, 5);
	sources_of(history, SOURCES_TOTAL, FEB11, FEB11 + 7200, -ENODATA);
	sources_of(history, SOURCES_TOTAL, FEB11 + 7200, FEB11 + 10800, 0);
	history_close(history);
}

static void add_unknown(struct history *history, int64_t start)
{
	make_minute(start, PORT, 0, 5);
	minute.has_sketches = false;
	add_alone(history, &minute);
}

/* Switched off from 01:30 to 03:30 of a day: whole hours have no line, parts say "at least". */
static void what_is_known_of_a_part_is_a_lower_bound(void **state)
{
	struct history *history = open_new();
	struct rows rows;

	(void)state;
	add_minute(history, FEB11, PORT, 0, 100);
	add_minute(history, FEB11 + 3600, PORT, 0, 100);
	assert_true(ask(history, BIN_DAY, 0, INT64_MAX).row[0].error < .1 && !lacked);
	for (int64_t minute_of = 90; minute_of < 210; minute_of += 30)
		add_unknown(history, FEB11 + 60 * minute_of);
	add_minute(history, FEB11 + 211 * 60, PORT, 0, 100);
	add_minute(history, FEB11 + 4 * 3600, PORT, 0, 100);
	sources_of(history, SOURCES_TOTAL, FEB11, FEB11 + 3600, 0);
	for (int64_t hour = 1; hour <= 3; hour++)
		sources_of(history, SOURCES_TOTAL, FEB11 + 3600 * hour, FEB11 + 3600 * (hour + 1),
			-ENODATA);
	sources_of(history, SOURCES_PORT, FEB11 + 4 * 3600, FEB11 + 5 * 3600, 0);

	rows = ask(history, BIN_HOUR, 0, INT64_MAX);
	assert_true(lacked);
	for (unsigned int i = 0; i < rows.count; i++) {
		int64_t hour = (rows.row[i].time - FEB11) / 3600;

		assert_true(hour != 2 && isinf(rows.row[i].error) == (hour == 1 || hour == 3));
	}
	rows = ask(history, BIN_DAY, 0, INT64_MAX);
	assert_near((double)rows.row[0].sources, 100, TT_SOURCES_REGISTERS);
	assert_true(isinf(rows.row[0].error) && lacked);
	rows = ask(history, BIN_ALL, FEB11 + 4 * 3600, INT64_MAX);
	assert_true(rows.row[0].error < .1 && !lacked);
	/* What comes before the first that is known is not known. */
	rows = ask(history, BIN_ALL, FEB11 + 2 * 3600, FEB11 + 5 * 3600);
	assert_true(isinf(rows.row[0].error) && lacked);
	history_close(history);
}

static void sources_that_nobody_counted_are_no_number(void **state)
{
	struct history *history = open_new();

	(void)state;
	add_unknown(history, FEB11);
	assert_int_equal(ask(history, BIN_HOUR, 0, INT64_MAX).count, 0);
	assert_true(lacked);
	/* Rolled back, it says nothing of its hour. */
	make_minute(FEB11 + 3600, PORT, 0, 5);
	minute.has_sketches = false;
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_add_minute(history, &minute), 0);
	assert_int_equal(history_rollback(history), 0);
	add_minute(history, FEB11 + 3660, PORT, 0, 5);
	sources_of(history, SOURCES_TOTAL, FEB11 + 3600, FEB11 + 7200, 0);
	history_close(history);
}

static void a_database_without_sketches_is_read(void **state)
{
	struct history *history = open_new();
	struct rows rows;
	sqlite3 *db;

	(void)state;
	add_minute(history, FEB11, PORT, 0, 5);
	history_close(history);
	assert_int_equal(sqlite3_open(world_path("history.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE sources", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	history = open_as(HISTORY_READ);
	rows = ask(history, BIN_DAY, 0, INT64_MAX);
	assert_true(rows.count == 0 && lacked);
	sources_of(history, SOURCES_TOTAL, FEB11, FEB11 + 3600, -ENODATA);
	history_close(history);
	history = open_new();
	add_minute(history, FEB11 + 3600, PORT, 0, 5);
	sources_of(history, SOURCES_TOTAL, FEB11 + 3600, FEB11 + 7200, 0);
	history_close(history);
}

static void damage_is_moved_aside_and_told(void **state)
{
	struct history *history = open_new();
	sqlite3 *db;

	(void)state;
	add_minute(history, FEB11, PORT, 0, 500);
	history_close(history);
	assert_int_equal(sqlite3_open(world_path("history.db"), &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "UPDATE sources SET data = zeroblob(40) WHERE content = 0", NULL,
			NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	history = open_as(HISTORY_READ);
	ask(history, BIN_DAY, 0, INT64_MAX);
	assert_int_equal(history_damaged(history), 1);
	history_close(history);
	history = open_new();
	add_minute(history, FEB11 + 60, PORT, 500, 100);
	assert_int_equal(history_damaged(history), 1);
	assert_near(sources_of(history, SOURCES_TOTAL, FEB11, FEB11 + 3600, 0), 100,
		TT_SOURCES_REGISTERS);
	assert_near(sources_of(history, SOURCES_PORT, FEB11, FEB11 + 3600, 0), 600,
		TT_SKETCH_REGISTERS);
	history_close(history);
}

static void sketches_are_kept_as_long_as_hours(void **state)
{
	const struct history_retention retention = {1, 2, 0};
	struct history *history = open_new();
	bool more = true;

	(void)state;
	for (unsigned int hour = 0; hour < 96; hour++)
		add_minute(history, FEB11 + 3600 * hour, PORT, 10 * hour, 10);
	while (more) {
		assert_int_equal(history_begin(history), 0);
		assert_int_equal(history_expire(history, FEB11 + 96 * 3600, &retention, &more), 0);
		assert_int_equal(history_commit(history), 0);
	}
	sources_of(history, SOURCES_TOTAL, FEB11, FEB11 + 86400, -ENODATA);
	assert_near(sources_of(history, SOURCES_TOTAL, FEB11 + 3 * 86400, FEB11 + 4 * 86400, 0),
		240, TT_SOURCES_REGISTERS);
	assert_int_equal(ask(history, BIN_DAY, 0, FEB11 + 2 * 86400).count, 0);
	history_close(history);
}

static void the_salt_is_made_once(void **state)
{
	const uint64_t made[2] = {1, UINT64_MAX - 1};
	struct history *history = open_new();
	uint64_t salt[2];

	(void)state;
	assert_int_equal(history_get_salt(history, salt), -ENOENT);
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_set_salt(history, made), 0);
	assert_int_equal(history_commit(history), 0);
	history_close(history);
	history = open_as(HISTORY_READ);
	assert_int_equal(history_get_salt(history, salt), 0);
	assert_memory_equal(salt, made, sizeof(salt));
	history_close(history);
}

static void questions_out_of_range_are_refused(void **state)
{
	struct store_query query = store_query_all(TABLE_SOURCES, BIN_MINUTE);
	struct history *history = open_new();
	struct store_sources_query one = {.kind = SOURCES_PORT, .row = TT_ROWS, .to = 3600};
	struct history_store store = history_store_of(history);
	struct store_sources found;
	struct store_answer answer;
	struct rows rows = {0};

	(void)state;
	assert_int_equal(history_query(history, &query, keep_row, &rows, &answer), -EINVAL);
	assert_int_equal(store.store.sources(&store.store, &one, &found), -EINVAL);
	one = (struct store_sources_query){.kind = SOURCES_COUNTRY, .country = TT_CELLS};
	assert_int_equal(store.store.sources(&store.store, &one, &found), -EINVAL);
	history_close(history);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, reserve_minute, release_minute)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(minutes_join_to_their_hour_whoever_comes_twice),
		TEST(a_lane_makes_its_port_exact),
		TEST(what_is_stored_is_what_a_restart_goes_on_from),
		TEST(a_minute_that_is_rolled_back_leaves_no_source),
		TEST(days_of_any_zone_are_unions_of_their_hours),
		TEST(late_and_merged_minutes_join_as_well),
		TEST(unknown_is_not_zero),
		TEST(what_is_known_of_a_part_is_a_lower_bound),
		TEST(sources_that_nobody_counted_are_no_number),
		TEST(a_database_without_sketches_is_read),
		TEST(damage_is_moved_aside_and_told),
		TEST(sketches_are_kept_as_long_as_hours),
		TEST(the_salt_is_made_once),
		TEST(questions_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
