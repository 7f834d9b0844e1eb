/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "user/report/digits.h"

#define NB "\xc2\xa0"
#define DASH "\xe2\x80\x93"
#define MINUS "\xe2\x88\x92"
#define TIMES "\xc3\x97"

static void numbers_read_as_people_write_them(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rates[] = {{0, "0"}, {NAN, DASH}, {INFINITY, DASH}, {4.7e-5, "<0.001"},
		{0.0017, "0.0017"}, {0.05, "0.05"}, {0.1, "0.10"}, {2.05, "2.05"}, {9.99, "9.99"},
		{9.996, "10.0"}, {12.34, "12.3"}, {24, "24"}, {99.94, "99.9"}, {99.96, "100"},
		{1234.5, "1,235"}, {1e18, "1,000,000,000,000,000,000"}};
	char text[DIGITS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		digits_rate(rates[i].value, text);
		assert_string_equal(text, rates[i].text);
	}
	digits_count(UINT64_MAX, text);
	assert_string_equal(text, "18,446,744,073,709,551,615");
	digits_count(999, text);
	assert_string_equal(text, "999");
	digits_count(1000, text);
	assert_string_equal(text, "1,000");
}

static void shares_and_changes_say_what_is_not_known(void **state)
{
	static const struct {
		double before, after;
		const char *text;
	} changes[] = {{100, 121, "+21" NB "%"}, {100, 95, MINUS "5" NB "%"}, {10, 48, TIMES "4.8"},
		{1, 250, TIMES "250"}, {0, 5, DASH}, {NAN, 5, DASH}, {5, NAN, DASH},
		{5, 0, MINUS "100" NB "%"}, {5, 5, "+0" NB "%"}};
	static const struct {
		double share;
		const char *text;
	} shares[] = {{0, "0" NB "%"}, {1, "100" NB "%"}, {0.0001, "<0.1" NB "%"},
		{0.99999, ">99.9" NB "%"}, {0.4356, "43.6" NB "%"}, {NAN, DASH}};
	char text[DIGITS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		digits_change(changes[i].before, changes[i].after, text);
		assert_string_equal(text, changes[i].text);
	}
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		digits_share(shares[i].share, text);
		assert_string_equal(text, shares[i].text);
	}
}

static void ticks_cover_the_maximum_in_round_steps(void **state)
{
	static const struct {
		double maximum, step;
		unsigned int count;
	} cases[] = {{0, 1, 1}, {1, 1, 1}, {3, 1, 3}, {5, 1, 5}, {6, 2, 3}, {10, 2, 5}, {11, 5, 3},
		{26, 10, 3}, {110, 25, 5}, {460, 100, 5}, {1250, 250, 5}, {21000, 5000, 5},
		{25001, 10000, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct digits_ticks ticks = digits_ticks_for(cases[i].maximum);

		assert_true(ticks.step == cases[i].step);
		assert_int_equal(ticks.count, cases[i].count);
	}
	for (double maximum = 0; maximum < 1.8e19; maximum = maximum * 1.07 + 1) {
		struct digits_ticks ticks = digits_ticks_for(floor(maximum));

		assert_true(ticks.count >= 1 && ticks.count <= 5);
		assert_true(ticks.step * ticks.count >= floor(maximum));
		assert_true(ticks.step == floor(ticks.step));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_read_as_people_write_them),
		cmocka_unit_test(shares_and_changes_say_what_is_not_known),
		cmocka_unit_test(ticks_cover_the_maximum_in_round_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
