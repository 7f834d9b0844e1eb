/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/history/world.h"

#include <math.h>

#include "user/history/history_store.h"
#include "user/model/usual.h"

#define HOUR 3600
#define DAY 86400

static struct minute minute;

/* A watched minute with packets of 23/tcp and of port 5000. */
static void add(struct history *history, int64_t start, uint64_t telnet, uint64_t other)
{
	minute_clear(&minute);
	minute.start = start;
	minute.covered = 60;
	minute.ledger[TT_TCP_SYN] = (struct tally){telnet + other, 60 * (telnet + other)};
	if (telnet)
		minute.ports[minute.port_count++] = (struct port_count){23, 1, telnet, 0, 0, {0}};
	if (other)
		minute.ports[minute.port_count++] = (struct port_count){5000, 1, other, 0, 0, {0}};
	assert_int_equal(history_add_minute(history, &minute), 0);
}

/* Hours of a day, watched, with as many packets of 23/tcp in each minute. */
static void add_day(struct history *history, int64_t day, unsigned int hours, uint64_t telnet)
{
	for (int64_t at = day; at < day + hours * HOUR; at += 60)
		add(history, at, telnet, 0);
}

static void assert_near(double number, double expected)
{
	if (fabs(number - expected) > 1e-6 * expected)
		fail_msg("%f is not %f", number, expected);
}

static void the_median_of_the_days_before_is_usual(void **state)
{
	struct history *history = open_new();
	struct history_store store = history_store_of(history);
	struct usual *usual = usual_new();
	static const uint64_t rates[] = {1, 9, 3, 2, 4};

	(void)state;
	assert_int_equal(history_begin(history), 0);
	for (unsigned int i = 0; i < 5; i++)
		add_day(history, FEB11 + i * DAY, 6, rates[i]);
	/* Five hours are no day. One packet on one day is not nothing. */
	add_day(history, FEB11 + 5 * DAY, 5, 100);
	add(history, FEB11 + 7 * HOUR, 0, 60);
	/* The window's own day does not count. */
	add_day(history, FEB11 + 6 * DAY, 2, 1000);
	assert_int_equal(history_commit(history), 0);

	assert_int_equal(usual_read(usual, &store.store, FEB11 + 6 * DAY + HOUR), 0);
	assert_near(usual_of_row(usual, 23, 3600), 3 * 60);
	assert_near(usual_of_row(usual, 23, 60), 3);
	/* Silent on four of five days: the mean, 60 in 361 minutes of one day. */
	assert_near(usual_of_row(usual, 5000, 60), 60. / 361 / 5);
	assert_true(usual_of_row(usual, 80, 60) == 0);
	assert_near(usual_of_all(usual, 60), 3);

	/* Eight days later nothing of that is left but the window's own day, which is too short. */
	assert_int_equal(usual_read(usual, &store.store, FEB11 + 14 * DAY), 0);
	assert_true(isnan(usual_of_row(usual, 23, 60)));
	usual_free(usual);
	history_close(history);
}

static void a_young_history_has_its_own_hours(void **state)
{
	struct history *history = open_new();
	struct history_store store = history_store_of(history);
	struct usual *usual = usual_new();

	(void)state;
	assert_true(isnan(usual_of_row(usual, 23, 60)));
	assert_int_equal(history_begin(history), 0);
	add_day(history, FEB11, 2, 5);
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(usual_read(usual, &store.store, FEB11 + 59 * 60), 0);
	assert_true(isnan(usual_of_row(usual, 23, 60)));
	assert_int_equal(usual_read(usual, &store.store, FEB11 + HOUR), 0);
	assert_near(usual_of_row(usual, 23, 60), 5);
	/* A window that moves on takes what came before it with it. */
	assert_int_equal(history_begin(history), 0);
	for (int64_t at = FEB11 + 2 * HOUR; at < FEB11 + 4 * HOUR; at += 60)
		add(history, at, 15, 0);
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(usual_read(usual, &store.store, FEB11 + 4 * HOUR), 0);
	assert_near(usual_of_row(usual, 23, 60), 10);
	usual_free(usual);
	usual_free(NULL);
	history_close(history);
}

static void sizes_are_those_of_the_records(void **state)
{
	struct history *history = open_new();
	struct history_sizes sizes;

	(void)state;
	assert_int_equal(history_sizes(history, 0, INT64_MAX, &sizes), 0);
	assert_int_equal(sizes.minutes + sizes.minute_bytes + sizes.hours + sizes.days, 0);
	assert_int_equal(history_begin(history), 0);
	add_day(history, FEB11, 24, 5);
	add_day(history, FEB11 + DAY, 1, 5);
	add(history, FEB11 + DAY + HOUR, 5, 0);
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(history_sizes(history, 0, INT64_MAX, &sizes), 0);
	assert_int_equal(sizes.minutes, 25 * 60 + 1);
	assert_int_equal(sizes.hours, 25);
	assert_int_equal(sizes.days, 1);
	assert_true(sizes.minute_bytes > sizes.minutes * 12);
	assert_true(sizes.hour_bytes > sizes.hours * 12 && sizes.day_bytes > 12);
	assert_int_equal(history_sizes(history, FEB11 + 60, FEB11 + 180, &sizes), 0);
	assert_int_equal(sizes.minutes, 2);
	assert_int_equal(sizes.hours + sizes.days, 0);
	history_close(history);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(the_median_of_the_days_before_is_usual),
		IN_A_WORLD(a_young_history_has_its_own_hours),
		IN_A_WORLD(sizes_are_those_of_the_records),
	};

	if (minute_reserve(&minute))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
