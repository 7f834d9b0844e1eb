/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/model/loss.h"

#define SECOND 1000000000ULL
#define MINUTE (60 * SECOND)

/* A look at a counter: whether the loss goes on. */
static bool look(struct loss *loss, uint64_t total, uint64_t now_ns)
{
	uint64_t gained = loss_gained(loss, total);

	return loss_holds(loss, gained, now_ns);
}

static void what_never_grew_is_no_loss(void **state)
{
	struct loss loss = {0};

	(void)state;
	for (uint64_t minute = 0; minute < 30; minute++)
		assert_false(look(&loss, 0, minute * MINUTE));
}

static void it_begins_when_it_grows_and_ends_ten_minutes_later(void **state)
{
	struct loss loss = {0};

	(void)state;
	assert_true(look(&loss, 5, 100 * MINUTE));
	for (uint64_t minute = 101; minute < 110; minute++)
		assert_true(look(&loss, 5, minute * MINUTE));
	assert_false(look(&loss, 5, 110 * MINUTE));
	assert_false(look(&loss, 5, 111 * MINUTE));
	assert_true(look(&loss, 6, 112 * MINUTE));
}

static void a_minute_that_comes_early_is_the_tenth_all_the_same(void **state)
{
	struct loss loss = {0};

	(void)state;
	assert_true(look(&loss, 1, 3 * SECOND)); /* a late drain, then one in time */
	assert_false(look(&loss, 1, 10 * MINUTE));
}

static void more_looks_are_not_more_minutes(void **state)
{
	struct loss loss = {0};

	(void)state;
	assert_true(look(&loss, 5, 7 * MINUTE));
	for (unsigned int i = 0; i < 100; i++) /* configuration, loaded again and again */
		assert_true(look(&loss, 5, 8 * MINUTE + i * SECOND));
}

static void each_growth_counts_anew(void **state)
{
	struct loss loss = {0};

	(void)state;
	assert_true(look(&loss, 1, 0));
	assert_true(look(&loss, 2, 9 * MINUTE));
	assert_true(look(&loss, 2, 18 * MINUTE));
	assert_false(look(&loss, 2, 19 * MINUTE));
}

static void a_counter_that_begins_anew_has_lost_nothing(void **state)
{
	struct loss loss = {0};

	(void)state;
	assert_int_equal(loss_gained(&loss, 1000), 1000);
	assert_int_equal(loss_gained(&loss, 3), 0);
	assert_int_equal(loss_gained(&loss, 4), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_never_grew_is_no_loss),
		cmocka_unit_test(it_begins_when_it_grows_and_ends_ten_minutes_later),
		cmocka_unit_test(a_minute_that_comes_early_is_the_tenth_all_the_same),
		cmocka_unit_test(more_looks_are_not_more_minutes),
		cmocka_unit_test(each_growth_counts_anew),
		cmocka_unit_test(a_counter_that_begins_anew_has_lost_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
