/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "user/output/number.h"

static char text[NUMBER_MAX];

static void whole_numbers_have_every_digit(void **state)
{
	(void)state;
	assert_string_equal(number_whole(0, text), "0");
	assert_string_equal(number_whole(999, text), "999");
	assert_string_equal(number_whole(1000, text), "1,000");
	assert_string_equal(number_whole(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static void short_numbers_have_at_most_six_characters(void **state)
{
	static const struct {
		double number;
		const char *text;
	} cases[] = {
		{0, "0"},
		{0.0001, "<0.01"},
		{0.02, "0.02"},
		{0.3, "0.3"},
		{4.5, "4.5"},
		{7, "7"},
		{9.96, "10"},
		{999.7, "1,000"},
		{12345, "12,345"},
		{99999.4, "99,999"},
		{99999.6, "100k"},
		{999600, "1.0M"},
		{1234567, "1.2M"},
		{45e9, "45G"},
		{1.8446744073709552e19, "18E"},
		{NAN, "-"},
		{INFINITY, "-"},
		{-1183.2, "-1,183"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(number_short(cases[i].number, text), cases[i].text);
	for (double number = 1e-3; number < 1.8e19; number *= 1.07)
		assert_true(strlen(number_short(number, text)) <= 6);
	assert_string_equal(number_short(1e300, text), ">999E");
	assert_string_equal(number_short(-1e300, text), "<-999E");
}

static void shares_and_ratios_do_not_round_to_a_lie(void **state)
{
	(void)state;
	assert_string_equal(number_share(0, text), "0%");
	assert_string_equal(number_share(0.00001, text), "<0.1%");
	assert_string_equal(number_share(0.004, text), "0.4%");
	assert_string_equal(number_share(0.5, text), "50%");
	assert_string_equal(number_share(0.9996, text), "99.9%");
	assert_string_equal(number_share(1, text), "100%");
	assert_string_equal(number_share(NAN, text), "-");
	assert_string_equal(number_ratio(0, text), "0x");
	assert_string_equal(number_ratio(0.004, text), "<.01x");
	assert_string_equal(number_ratio(0.02, text), "0.02x");
	assert_string_equal(number_ratio(0.5, text), "0.5x");
	assert_string_equal(number_ratio(2.06, text), "2.1x");
	assert_string_equal(number_ratio(250.4, text), "250x");
	assert_string_equal(number_ratio(12345678, text), ">999x");
	assert_string_equal(number_ratio(INFINITY, text), "-");
}

static void sizes_and_times_have_their_units(void **state)
{
	(void)state;
	assert_string_equal(number_bytes(512, text), "512 B");
	assert_string_equal(number_bytes(1536, text), "1.5 KiB");
	assert_string_equal(number_bytes(23.4 * 1048576, text), "23 MiB");
	assert_string_equal(number_bytes(1023.9 * 1024, text), "1.0 MiB");
	assert_string_equal(number_duration(-5, text), "0 s");
	assert_string_equal(number_duration(59, text), "59 s");
	assert_string_equal(number_duration(180, text), "3 min");
	assert_string_equal(number_duration(7500, text), "2 h 5 min");
	assert_string_equal(number_duration(3 * 86400 + 4 * 3600, text), "3 d 4 h");
	assert_string_equal(number_duration(40 * 86400 + 4 * 3600, text), "40 d");
	assert_string_equal(number_duration(2 * 365 * 86400 + 30 * 86400, text), "2 y 30 d");
	assert_string_equal(number_age(7500, text), "2 h");
	assert_string_equal(number_age(INT64_MIN, text), "0 s");
	assert_true(strlen(number_duration(INT64_MAX, text)) < NUMBER_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_have_every_digit),
		cmocka_unit_test(short_numbers_have_at_most_six_characters),
		cmocka_unit_test(shares_and_ratios_do_not_round_to_a_lie),
		cmocka_unit_test(sizes_and_times_have_their_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
