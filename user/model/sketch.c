/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/sketch.h"

#include <math.h>
#include <string.h>

#define NIBBLES UINT64_C(0x0f0f0f0f0f0f0f0f)
#define BITS_7 UINT64_C(0x8080808080808080)

/* The larger of each of eight bytes, all of them below 16. */
static uint64_t larger(uint64_t a, uint64_t b)
{
	uint64_t is_a = ((a | BITS_7) - b) >> 7 & (BITS_7 >> 7);

	is_a *= 0xff;
	return (a & is_a) | (b & ~is_a);
}

void sketch_join(uint8_t *into, const uint8_t *more, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += 8) {
		uint64_t a, b;

		memcpy(&b, more + i, 8);
		if (b == 0)
			continue; /* most words of most minutes */
		memcpy(&a, into + i, 8);
		a = larger(a & NIBBLES, b & NIBBLES) | larger(a >> 4 & NIBBLES, b >> 4 & NIBBLES)
							       << 4;
		memcpy(into + i, &a, 8);
	}
}

static void count_values(const uint8_t *sketch, unsigned int registers, unsigned int count[16])
{
	memset(count, 0, 16 * sizeof(*count));
	for (unsigned int i = 0; i < registers / 2; i++) {
		count[sketch[i] & 15]++;
		count[sketch[i] >> 4]++;
	}
}

/* x + sum over k of x^(2^k) 2^(k-1); of 1 it is infinite. */
static double sigma(double x)
{
	double y = 1, z = x, before;

	if (x >= 1)
		return INFINITY;
	do {
		before = z;
		x *= x;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

/* (1 - x - sum over k of (1 - x^(2^-k))^2 2^-k) / 3 */
static double tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x <= 0 || x >= 1)
		return 0;
	do {
		before = z;
		x = sqrt(x);
		y /= 2;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

double sketch_count(const uint8_t *sketch, unsigned int registers)
{
	const double m = registers;
	unsigned int count[16];
	double z;

	count_values(sketch, registers, count);
	if (count[TT_SKETCH_MAX] == registers) {
		count[TT_SKETCH_MAX]--;
		count[TT_SKETCH_MAX - 1]++;
	}
	z = m * tau(1 - count[TT_SKETCH_MAX] / m);
	for (unsigned int k = TT_SKETCH_MAX - 1; k > 0; k--)
		z = (z + count[k]) / 2;
	z += m * sigma(count[0] / m);
	return m * m / (2 * M_LN2 * z) / (1 + 1.079 / m);
}

bool sketch_is_full(const uint8_t *sketch, unsigned int registers)
{
	for (unsigned int i = 0; i < registers / 2; i++)
		if (sketch[i] != 0xff)
			return false;
	return true;
}

double sketch_error(double count, unsigned int registers)
{
	double load = count / (registers * (double)(1 << (TT_SKETCH_MAX - 1)));
	double error = 1.04 / sqrt(registers);
	double of_full = load > 0.9 ? sqrt(expm1(load)) / (load * sqrt(registers)) : 0;

	return of_full > error ? of_full : error;
}

double sketch_port_count(
	const uint8_t row[TT_SKETCH_BYTES], const uint8_t lane[SKETCH_LANE_BYTES], double *error)
{
	double in_lane = sketch_count(lane, TT_LANE_REGISTERS), beyond, of_lane, of_beyond;
	uint8_t folded[TT_SKETCH_BYTES] = {0};

	for (uint32_t i = 0; i < TT_LANE_REGISTERS; i++)
		sketch_raise(folded, i >> (TT_LANE_BITS - TT_SKETCH_BITS), sketch_value(lane, i));
	beyond = sketch_count(row, TT_SKETCH_REGISTERS) - sketch_count(folded, TT_SKETCH_REGISTERS);
	beyond = beyond > 0 ? beyond : 0;
	of_lane = in_lane * sketch_error(in_lane, TT_LANE_REGISTERS);
	/* Two counts of nested sets: what they share errs alike. */
	of_beyond = sqrt(beyond * (2 * in_lane + beyond)) *
		    sketch_error(in_lane + beyond, TT_SKETCH_REGISTERS);
	*error = in_lane + beyond > 0 ? hypot(of_lane, of_beyond) / (in_lane + beyond) : 0;
	return in_lane + beyond;
}

uint32_t sketch_row_sources(const uint8_t sketch[TT_SKETCH_BYTES], uint64_t packets)
{
	double count = sketch_count(sketch, TT_SKETCH_REGISTERS);

	if (count < 1)
		count = 1;
	return packets < count ? (uint32_t)packets : (uint32_t)lround(count);
}
