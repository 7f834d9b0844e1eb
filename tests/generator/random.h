/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers from a seed: the same seed gives the same packets on every machine. */
#ifndef TEITEN_GENERATOR_RANDOM_H
#define TEITEN_GENERATOR_RANDOM_H

#include <math.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

/* SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* 0 <= result < limit, limit > 0. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return (uint64_t)((unsigned __int128)random_next(random) * limit >> 64);
}

/* 0 < result <= 1. */
static inline double random_unit(struct random *random)
{
	return (double)((random_next(random) >> 11) + 1) * 0x1p-53;
}

/* Gamma of an integer shape, mean 1: a sum of exponentials. */
static inline double random_gamma(struct random *random, unsigned int shape)
{
	double sum = 0;

	for (unsigned int i = 0; i < shape; i++)
		sum -= log(random_unit(random));
	return sum / shape;
}

/* Poisson: products of units for a small mean, halved recursively for a large one. */
static inline uint64_t random_poisson(struct random *random, double mean)
{
	uint64_t count = 0;

	for (; mean > 16; mean /= 2) {
		/* Half of the mean is drawn as a rounded normal: exact in mean and variance. */
		double half = mean / 2;
		double normal = sqrt(-2 * log(random_unit(random))) *
				cos(2 * 3.14159265358979 * random_unit(random));
		double drawn = half + normal * sqrt(half);

		count += drawn > 0 ? (uint64_t)(drawn + 0.5) : 0;
	}
	for (double product = random_unit(random), end = exp(-mean); product > end; count++)
		product *= random_unit(random);
	return count;
}

#endif
