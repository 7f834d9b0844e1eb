/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tails of the negative binomial distribution and small order statistics.
 *
 * NB(mean M, size r) has variance M + M^2/r; r = infinity would be Poisson. Its upper tail is the
 * regularised incomplete beta function,
 *
 *   P(X >= x) = I_y(x, r),   y = M / (M + r)       (NIST Handbook, 8.17.5 and 26.5.26)
 *
 * Everything is computed and returned as a decimal logarithm, so that tails far below the smallest
 * double stay exact: log10 p is right within 1e-6 of its size for counts up to 2^43 and r from 0.3
 * to 1e6.
 */
#ifndef TEITEN_DETECT_STATISTICS_H
#define TEITEN_DETECT_STATISTICS_H

#include <stddef.h>

/*
 * log10 P(X >= x) and log10 P(X <= x) of NB(mean, size); x a count, mean > 0, size > 0. A count of
 * 0 or less has the upper tail 0 (p = 1); a negative count has the lower tail -infinity (p = 0).
 */
double negative_binomial_log10_upper(double x, double mean, double size);
double negative_binomial_log10_lower(double x, double mean, double size);

/*
 * The median of values[0 .. count - 1], the mean of the middle two when count is even; reorders
 * them. count 0 gives NaN. Linear time on average; values must not be NaN.
 */
double median_of(float *values, size_t count);

#endif
