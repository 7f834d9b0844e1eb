/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expected tails: scipy 1.10.1, log10(scipy.special.betainc(x, r, M/(M + r))) and its complement
 * betainc(r, x + 1, r/(M + r)); those below 1e-300 by summing the probabilities with 60 decimal
 * digits.
 */
#include "user/detect/statistics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_near(double value, double wanted, double tolerance)
{
	if (!(fabs(value - wanted) <= tolerance))
		fail_msg("%.12g is not %.12g", value, wanted);
}

static void upper_tails_are_scipys(void **state)
{
	static const struct {
		double x, mean, size, log10p;
	} known[] = {
		{30, .3, .3, -10.341011870122403},
		{85, .042, .2257, -70.41799956458047},
		{250, 60, 5, -4.830671615886374},
		{1000, 500, 20, -3.657513979017896},
		{120, 100, 1e6, -1.5491855428971988},
		{3, 10, .5, -.21921835162767628},
		{200, 400, 8, -.023607546233286016},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_near(negative_binomial_log10_upper(known[i].x, known[i].mean, known[i].size),
			known[i].log10p, 1e-7);
}

static void lower_tails_are_scipys(void **state)
{
	(void)state;
	assert_near(negative_binomial_log10_lower(200, 400, 8), -1.2666307102943337, 1e-7);
	assert_near(negative_binomial_log10_lower(3, 10, .5), -.3417379310605272, 1e-7);
	assert_near(negative_binomial_log10_lower(120, 100, 1e6), -.009960943082573668, 1e-9);
	/* Nothing at all: (r/(M + r))^r. */
	assert_near(negative_binomial_log10_lower(0, 7, 3), 3 * log10(.3), 1e-12);
}

static void tails_far_below_the_smallest_double_are_exact(void **state)
{
	(void)state;
	assert_near(negative_binomial_log10_upper(3000, 100, 20), -203.30701086694068, 1e-6);
	assert_near(negative_binomial_log10_upper(20000, 10, 2), -1580.1019119384110, 1e-6);
	assert_near(negative_binomial_log10_upper(100000, 100, 10), -4109.2002265975114, 1e-5);
}

static void the_largest_counts_have_a_finite_tail(void **state)
{
	double hour = 60 * 4294967295.0;

	(void)state;
	assert_near(negative_binomial_log10_upper(4294967295.0, 1e6, 50), -93063.2187919, 1e-3);
	assert_true(isfinite(negative_binomial_log10_upper(hour, 1, .3)));
	assert_true(isfinite(negative_binomial_log10_upper(hour, 1e10, 1e6)));
	assert_true(negative_binomial_log10_upper(hour, hour, 100) > -1);
}

static void a_count_of_zero_is_certain_to_be_reached(void **state)
{
	(void)state;
	assert_true(negative_binomial_log10_upper(0, 5, 5) == 0);
	assert_true(isinf(negative_binomial_log10_lower(-1, 5, 5)));
}

static void upper_and_lower_tail_make_one(void **state)
{
	(void)state;
	for (double x = 0; x < 60; x++)
		assert_near(pow(10, negative_binomial_log10_lower(x, 20, 6)) +
				    pow(10, negative_binomial_log10_upper(x + 1, 20, 6)),
			1, 1e-9);
}

static void the_median_is_the_middle_or_the_mean_of_two(void **state)
{
	float odd[] = {5, 1, 4, 2, 3}, even[] = {4, 1, 3, 2}, equal[] = {7, 7, 7, 7};
	float one[] = {9};

	(void)state;
	assert_true(median_of(odd, 5) == 3);
	assert_true(median_of(even, 4) == 2.5);
	assert_true(median_of(equal, 4) == 7);
	assert_true(median_of(one, 1) == 9);
	assert_true(isnan(median_of(one, 0)));
}

static void the_median_is_that_of_a_sorted_array(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (size_t count = 1; count < 300; count++) {
		float values[300], sorted[300];
		double wanted;

		for (size_t i = 0; i < count; i++) {
			size_t j = i;

			seed = seed * 1664525 + 1013904223;
			values[i] = (float)(seed >> 24 & 31);
			for (; j > 0 && sorted[j - 1] > values[i]; j--)
				sorted[j] = sorted[j - 1];
			sorted[j] = values[i];
		}
		wanted = count % 2 ? sorted[count / 2]
				   : (sorted[count / 2] + sorted[count / 2 - 1]) / 2;
		assert_true(median_of(values, count) == wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(upper_tails_are_scipys),
		cmocka_unit_test(lower_tails_are_scipys),
		cmocka_unit_test(tails_far_below_the_smallest_double_are_exact),
		cmocka_unit_test(the_largest_counts_have_a_finite_tail),
		cmocka_unit_test(a_count_of_zero_is_certain_to_be_reached),
		cmocka_unit_test(upper_and_lower_tail_make_one),
		cmocka_unit_test(the_median_is_the_middle_or_the_mean_of_two),
		cmocka_unit_test(the_median_is_that_of_a_sorted_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
