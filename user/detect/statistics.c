/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/statistics.h"

#include <math.h>

/* Above this an argument's log-gamma loses digits that the difference of two still needs. */
#define STIRLING_FROM 1000.0

/* The remainder of Stirling's series, lgamma(z) - ((z - 1/2) ln z - z + ln(2 pi)/2). */
static double stirling_remainder(double z)
{
	double inverse = 1 / z, square = inverse * inverse;

	return inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260)));
}

/* ln Gamma(large + small) - ln Gamma(large), without the cancellation of two huge values. */
static double log_gamma_step(double large, double small)
{
	if (large < STIRLING_FROM)
		return lgamma(large + small) - lgamma(large);
	return (large - 0.5) * log1p(small / large) + small * log(large + small) - small +
	       stirling_remainder(large + small) - stirling_remainder(large);
}

/* ln of 1 / B(a, b). */
static double log_inverse_beta(double a, double b)
{
	double large = a > b ? a : b, small = a > b ? b : a;

	return log_gamma_step(large, small) - lgamma(small);
}

/*
 * The continued fraction of the incomplete beta function (NIST Handbook, 8.17.22) by Lentz's
 * method. Converges within some sqrt(a + b) steps when y < (a + 1)/(a + b + 2).
 */
static double beta_fraction(double a, double b, double y)
{
	const double tiny = 1e-290, enough = 1e-13;
	double c = 1, d = 1 - (a + b) * y / (a + 1), h;

	d = fabs(d) < tiny ? 1 / tiny : 1 / d;
	h = d;
	for (double m = 1; m < 100000; m++) {
		double even = m * (b - m) * y / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * y / ((a + 2 * m) * (a + 2 * m + 1));
		double change;

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		h *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		change = d * c;
		h *= change;
		if (fabs(change - 1) < enough)
			break;
	}
	return h;
}

/* ln I_y(a, b) where y lies left of the mean; ln y and ln(1 - y) come in with all their digits. */
static double log_beta_left(double a, double b, double y, double log_y, double log_rest)
{
	return a * log_y + b * log_rest + log_inverse_beta(a, b) - log(a) +
	       log(beta_fraction(a, b, y));
}

/* ln I_y(a, b) for y = mean/(mean + size), or its complement ln(1 - I_y(a, b)). */
static double log_tail(double a, double b, double mean, double size, int complement)
{
	double y = mean / (mean + size), rest = size / (mean + size);
	double log_y = -log1p(size / mean), log_rest = -log1p(mean / size);
	int left = y < (a + 1) / (a + b + 2);
	double value = left ? log_beta_left(a, b, y, log_y, log_rest)
			    : log_beta_left(b, a, rest, log_rest, log_y);

	if (value > 0)
		value = 0;
	return left == !complement ? value : log1p(-exp(value));
}

double negative_binomial_log10_upper(double x, double mean, double size)
{
	if (x <= 0)
		return 0;
	return log_tail(x, size, mean, size, 0) / M_LN10;
}

double negative_binomial_log10_lower(double x, double mean, double size)
{
	if (x < 0)
		return -INFINITY;
	return log_tail(floor(x) + 1, size, mean, size, 1) / M_LN10;
}

static void swap(float *a, float *b)
{
	float old = *a;

	*a = *b;
	*b = old;
}

/* Order values so that values[rank] is where sorting would put it, smaller ones before it. */
static void select_rank(float *values, size_t count, size_t rank)
{
	size_t low = 0, high = count - 1;

	while (low < high) {
		float pivot = values[low + (high - low) / 2];
		size_t i = low, j = high;

		for (;;) {
			while (values[i] < pivot)
				i++;
			while (pivot < values[j])
				j--;
			if (i >= j)
				break;
			swap(&values[i], &values[j]);
			i++;
			j--;
		}
		if (rank <= j && !(i == j && rank == j && values[j] == pivot))
			high = j;
		else if (rank > j)
			low = j + 1;
		else
			return;
	}
}

double median_of(float *values, size_t count)
{
	float upper, lower;

	if (count == 0)
		return NAN;
	select_rank(values, count, count / 2);
	upper = values[count / 2];
	if (count % 2)
		return upper;
	lower = values[0];
	for (size_t i = 1; i < count / 2; i++)
		if (values[i] > lower)
			lower = values[i];
	return ((double)lower + upper) / 2;
}
