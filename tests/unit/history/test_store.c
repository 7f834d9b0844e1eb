/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/history/world.h"

#include "user/history/history_store.h"

#define DAYS 6
#define MAX_BORDERS 64

static struct minute minute;

/* Minutes now and then over six days. */
static struct history *world_of_minutes(void)
{
	struct history *history = open_new();
	uint64_t seed = 21;

	assert_int_equal(history_begin(history), 0);
	for (int64_t at = FEB11; at < FEB11 + DAYS * 86400;
		at += 60 * (int64_t)(1 + next_random(&seed) % 60)) {
		random_minute(&minute, at, &seed);
		assert_int_equal(history_add_minute(history, &minute), 0);
	}
	assert_int_equal(history_commit(history), 0);
	return history;
}

/* Each row counted by itself, under the bin that holds its time. */
struct by_bin {
	const struct store_query *given;
	uint64_t sums[MAX_BORDERS];
};

/* Bytes are left out: random minutes have classes with bytes and no packets, whose row is none. */
static uint64_t worth(const struct store_row *row)
{
	uint64_t key = 1 + row->row * 31 + row->country * 7 + row->class * 3 + row->network % 1009;

	return key * (row->packets + 5 * row->syn + 11 * row->response + 13 * row->other +
			     17 * row->late + (uint64_t)(row->covered * 1e9 + .5));
}

static int add_to_bin(void *context, const struct store_row *row)
{
	struct by_bin *by_bin = context;
	const int64_t *borders = by_bin->given->borders;

	for (size_t i = 0; i + 1 < by_bin->given->border_count; i++)
		if (row->time >= borders[i] && row->time < borders[i + 1])
			by_bin->sums[i] += worth(row);
	return 0;
}

static void assert_bins(struct store *store, const int64_t *borders, size_t count)
{
	for (unsigned int table = 0; table < TABLE_EVENTS; table++) {
		struct store_query given = store_query_all((enum store_table)table, BIN_GIVEN);
		struct store_query minutes = store_query_all((enum store_table)table, BIN_MINUTE);
		struct by_bin got = {.given = &given}, expected = {.given = &given};
		struct store_answer answer;

		given.borders = borders;
		given.border_count = count;
		assert_int_equal(store->rows(store, &given, add_to_bin, &got, &answer), 0);
		assert_int_equal(answer.unkept_from, answer.unkept_to);
		assert_int_equal(store->rows(store, &minutes, add_to_bin, &expected, &answer), 0);
		for (size_t i = 0; i + 1 < count; i++)
			assert_int_equal(got.sums[i], expected.sums[i]);
		assert_true(expected.sums[count / 2] != 0);
	}
}

static size_t days_from(int64_t first, int64_t borders[MAX_BORDERS])
{
	size_t count = 0;

	for (int64_t at = first; at < FEB11 + (DAYS + 2) * 86400; at += 86400)
		borders[count++] = at;
	return count;
}

static void days_of_any_zone_are_the_sums_of_their_minutes(void **state)
{
	static const int64_t offsets[] = {0, 9 * 3600, -8 * 3600, 5 * 3600 + 1800, -(3600 + 60)};
	static const int64_t uneven[] = {FEB11 + 60, FEB11 + 120, FEB11 + 7260, FEB11 + 7320,
		FEB11 + 86400 + 3600, FEB11 + 86400 + 7200, FEB11 + 4 * 86400 + 1860};
	struct history *history = world_of_minutes();
	struct history_store store = history_store_of(history);

	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		int64_t borders[MAX_BORDERS];
		size_t count = days_from(FEB11 - 86400 - offsets[i], borders);

		assert_bins(&store.store, borders, count);
	}
	assert_bins(&store.store, uneven, sizeof(uneven) / sizeof(uneven[0]));
	history_close(history);
}

static void a_border_that_is_not_kept_is_said_and_left_out(void **state)
{
	const struct history_retention keep = {1, 0, 0};
	struct history *history = world_of_minutes();
	struct history_store store = history_store_of(history);
	struct store_query query = store_query_all(TABLE_PORTS, BIN_GIVEN);
	struct store_answer answer;
	struct digest digest = {0};
	int64_t borders[MAX_BORDERS];
	bool more = true;

	(void)state;
	while (more) {
		assert_int_equal(history_begin(history), 0);
		assert_int_equal(history_expire(history, FEB11 + DAYS * 86400, &keep, &more), 0);
		assert_int_equal(history_commit(history), 0);
	}
	query.borders = borders;
	query.border_count = days_from(FEB11 - 9 * 3600, borders);
	assert_int_equal(store.store.rows(&store.store, &query, digest_row, &digest, &answer), 0);
	assert_int_equal(answer.unkept_from, answer.unkept_to);
	query.border_count = days_from(FEB11 + 86400 - 1800, borders);
	assert_int_equal(store.store.rows(&store.store, &query, digest_row, &digest, &answer), 0);
	assert_int_equal(answer.unkept_from, FEB11 + 86400 - 1800);
	history_close(history);
}

static void wrong_borders_are_refused(void **state)
{
	static const int64_t wrong[][2] = {
		{FEB11, FEB11}, {FEB11 + 60, FEB11}, {FEB11, FEB11 + 61}, {-60, FEB11}};
	struct history *history = open_new();
	struct history_store store = history_store_of(history);
	struct store_query query = store_query_all(TABLE_PORTS, BIN_GIVEN);
	struct store_answer answer;
	struct digest digest = {0};

	(void)state;
	for (size_t i = 0; i <= sizeof(wrong) / sizeof(wrong[0]); i++) {
		query.borders = i ? wrong[i - 1] : NULL;
		query.border_count = i ? 2 : 0;
		assert_int_equal(
			store.store.rows(&store.store, &query, digest_row, &digest, &answer),
			-EINVAL);
		assert_true(strstr(store.store.message(&store.store), "border") != NULL);
	}
	history_close(history);
}

static void what_is_held_does_not_move(void **state)
{
	struct history *writer = world_of_minutes();
	struct history *history = open_as(HISTORY_READ);
	struct history_store store = history_store_of(history);
	struct digest before, held, after;
	uint64_t seed = 5;

	(void)state;
	before = digest_of(history, TABLE_LEDGER, BIN_DAY, 0, INT64_MAX);
	assert_int_equal(store.store.hold(&store.store), 0);
	random_minute(&minute, FEB11 + DAYS * 86400 + 60, &seed);
	add_alone(writer, &minute);
	held = digest_of(history, TABLE_LEDGER, BIN_DAY, 0, INT64_MAX);
	store.store.release(&store.store);
	after = digest_of(history, TABLE_LEDGER, BIN_DAY, 0, INT64_MAX);
	assert_int_equal(held.hash, before.hash);
	assert_true(after.hash != before.hash);
	history_close(history);
	history_close(writer);
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(days_of_any_zone_are_the_sums_of_their_minutes),
		IN_A_WORLD(a_border_that_is_not_kept_is_said_and_left_out),
		IN_A_WORLD(wrong_borders_are_refused),
		IN_A_WORLD(what_is_held_does_not_move),
	};

	assert_int_equal(minute_reserve(&minute), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
