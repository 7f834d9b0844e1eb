/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/sketch.h"

#include <math.h>
#include <pthread.h>
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

/* Eight registers of a byte each, below 16: two in a byte. */
static uint64_t pack(uint64_t registers)
{
	registers = (registers | registers >> 4) & UINT64_C(0x00ff00ff00ff00ff);
	registers = (registers | registers >> 8) & UINT64_C(0x0000ffff0000ffff);
	return (registers | registers >> 16) & UINT64_C(0x00000000ffffffff);
}

void sketch_join_bytes(uint8_t *into, const uint8_t *more, size_t registers)
{
	for (size_t i = 0; i < registers; i += 16) {
		uint64_t first, second, packed;

		memcpy(&first, more + i, 8);
		memcpy(&second, more + i + 8, 8);
		if ((first | second) == 0)
			continue;
		packed = pack(first & NIBBLES) | pack(second & NIBBLES) << 32;
		sketch_join(into + i / 2, (const uint8_t *)&packed, 8);
	}
}

/*
 * What the registers sum to, three sums in a word: of 2^(14 - value) for values from 1 to 14, how
 * many are 0, how many are 15. A sketch has 2^14 registers at most, so none reaches the next.
 */
#define ZEROS_AT 28
#define FULL_AT 44
#define OF_VALUE(k) (UINT64_C(1) << (TT_SKETCH_MAX - 1 - (k)))

static const uint64_t sums_of[16] = {UINT64_C(1) << ZEROS_AT, OF_VALUE(1), OF_VALUE(2), OF_VALUE(3),
	OF_VALUE(4), OF_VALUE(5), OF_VALUE(6), OF_VALUE(7), OF_VALUE(8), OF_VALUE(9), OF_VALUE(10),
	OF_VALUE(11), OF_VALUE(12), OF_VALUE(13), OF_VALUE(14), UINT64_C(1) << FULL_AT};

static uint64_t sum_registers(const uint8_t *sketch, unsigned int registers)
{
	uint64_t low = 0, high = 0;

	for (unsigned int i = 0; i < registers / 2; i++) {
		low += sums_of[sketch[i] & 15];
		high += sums_of[sketch[i] >> 4];
	}
	return low + high;
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

/* Of a row's sketch it is asked for every port and minute, and can be one of so many only. */
static double sigma_of_row[TT_SKETCH_REGISTERS + 1];
static pthread_once_t sigma_once = PTHREAD_ONCE_INIT;

static void fill_sigma(void)
{
	for (unsigned int zeros = 0; zeros <= TT_SKETCH_REGISTERS; zeros++)
		sigma_of_row[zeros] = sigma(zeros / (double)TT_SKETCH_REGISTERS);
}

static double sigma_of(uint64_t zeros, unsigned int registers)
{
	if (registers != TT_SKETCH_REGISTERS)
		return sigma((double)zeros / registers);
	pthread_once(&sigma_once, fill_sigma);
	return sigma_of_row[zeros];
}

double sketch_count(const uint8_t *sketch, unsigned int registers)
{
	const uint64_t sums = sum_registers(sketch, registers);
	const uint64_t zeros = sums >> ZEROS_AT & ((1u << (FULL_AT - ZEROS_AT)) - 1);
	const double m = registers;
	uint64_t full = sums >> FULL_AT, rest = sums & ((1u << ZEROS_AT) - 1);
	double z;

	if (full == registers) {
		full--;
		rest++;
	}
	/* sum over k of count[k] 2^-k, what is 15 by tau */
	z = (m * tau(1 - (double)full / m) + (double)rest) / (1 << (TT_SKETCH_MAX - 1));
	z += m * sigma_of(zeros, registers);
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
	double count;

	if (packets <= 1)
		return (uint32_t)packets;
	count = sketch_count(sketch, TT_SKETCH_REGISTERS);
	if (count < 1)
		count = 1;
	return packets < count ? (uint32_t)packets : (uint32_t)lround(count);
}
