/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "user/model/sketch.h"

#define SIZES 3

static const unsigned int bits_of[SIZES] = {TT_SKETCH_BITS, TT_COUNTRY_BITS, TT_SOURCES_BITS};

/* Sketches of each size that sensors have, of the same sources. */
struct world {
	uint8_t sketch[SIZES][SKETCH_SENSOR_BYTES];
	uint64_t seed;
	uint64_t factor;
};

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1du;
}

/* What the program does with a source (bpf/count.h). */
static void add(struct world *world, uint64_t source)
{
	uint64_t hash = (source ^ world->seed) * (world->factor | 1);
	uint32_t bits;

	hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93u;
	bits = (uint32_t)(hash >> 32 & 0x3fff) | 1u << 14;
	for (unsigned int i = 0; i < SIZES; i++)
		sketch_raise(world->sketch[i], (uint32_t)(hash >> (64 - bits_of[i])),
			(uint8_t)(__builtin_ctz(bits) + 1));
}

/* A set of sources of which every one is another. */
enum shape { RANDOM, CONSECUTIVE, NETWORKS, STEPS, SHAPES };

static uint64_t source_of(enum shape shape, uint32_t base, uint32_t n)
{
	switch (shape) {
	case CONSECUTIVE:
		return (uint32_t)(base + n);
	case NETWORKS: /* whole /24s, far from each other */
		return (uint32_t)(base + (n >> 8) * 0x9e3779u * 256 + (n & 0xff));
	case STEPS: /* one address of each /24 */
		return (uint32_t)(base + (n << 8) + (n >> 24));
	default: /* a permutation of 32 bits */
		n = (n ^ base) * 0x9e3779b1u;
		n = (n ^ n >> 15) * 0x85ebca6bu;
		return n ^ n >> 13;
	}
}

struct errors {
	double squares[SIZES];
	double sum[SIZES];
};

/* Sets that grow to the last of the counts, measured at each of them. */
static void measure(enum shape shape, unsigned int sets, const uint32_t *counts, size_t count,
	struct errors *errors)
{
	uint64_t seed = 7 + shape;

	memset(errors, 0, count * sizeof(*errors));
	for (unsigned int set = 0; set < sets; set++) {
		static struct world world;
		uint32_t base = (uint32_t)next_random(&seed), n = 0;

		memset(&world, 0, sizeof(world));
		world.seed = next_random(&seed);
		world.factor = next_random(&seed);
		for (size_t i = 0; i < count; i++) {
			for (; n < counts[i]; n++)
				add(&world, source_of(shape, base, n));
			for (unsigned int k = 0; k < SIZES; k++) {
				double error =
					sketch_count(world.sketch[k], 1u << bits_of[k]) / n - 1;

				errors[i].squares[k] += error * error;
				errors[i].sum[k] += error;
			}
		}
	}
}

/*
 * The root mean square of many sets has an error itself, 1 / sqrt(2 sets), so has the mean; three
 * and a half of the second are allowed, five of the first, whose tail is longer.
 */
static void expect_stated(
	unsigned int sets, const uint32_t *counts, size_t count, const struct errors *errors)
{
	for (size_t i = 0; i < count; i++) {
		for (unsigned int k = 0; k < SIZES; k++) {
			double stated = sketch_error(counts[i], 1u << bits_of[k]);
			double rms = sqrt(errors[i].squares[k] / sets);
			double bias = fabs(errors[i].sum[k] / sets);

			if (rms > stated * (1 + 5 / sqrt(2.0 * sets)) ||
				bias > 0.01 + 3.5 * stated / sqrt(sets))
				fail_msg("%u registers, %u sources: rms %.4f, bias %.4f, "
					 "stated %.4f",
					1u << bits_of[k], counts[i], rms, bias, stated);
		}
	}
}

static void errors_are_the_stated_ones_from_one_source_to_a_million(void **state)
{
	static const uint32_t few[] = {1, 2, 3, 5, 10, 30, 100, 300, 1000, 3000};
	static const uint32_t many[] = {10000, 30000, 100000, 300000, 1000000};
	struct errors errors[10];

	(void)state;
	measure(RANDOM, 1000, few, 10, errors);
	expect_stated(1000, few, 10, errors);
	measure(RANDOM, 30, many, 5, errors);
	expect_stated(30, many, 5, errors);
}

/* Sources are neighbours more often than not: a hash must not see that. */
static void neighbours_count_like_any_other_sources(void **state)
{
	static const uint32_t counts[] = {10, 100, 1000, 10000};
	struct errors errors[4];

	(void)state;
	for (enum shape shape = CONSECUTIVE; shape < SHAPES; shape++) {
		measure(shape, 300, counts, 4, errors);
		expect_stated(300, counts, 4, errors);
	}
}

static void joined_sketches_are_those_of_the_union(void **state)
{
	static struct world a, b, all;
	uint64_t seed = 3;

	(void)state;
	a.factor = b.factor = all.factor = next_random(&seed);
	for (unsigned int i = 0; i < 30000; i++) {
		uint64_t source = next_random(&seed) >> 40;

		add(i % 3 ? &a : &b, source);
		add(&all, source);
	}
	for (unsigned int k = 0; k < SIZES; k++) {
		size_t bytes = (1u << bits_of[k]) / 2;

		sketch_join(a.sketch[k], b.sketch[k], bytes);
		assert_memory_equal(a.sketch[k], all.sketch[k], bytes);
		sketch_join(a.sketch[k], b.sketch[k], bytes);
		assert_memory_equal(a.sketch[k], all.sketch[k], bytes);
	}
}

/* Each pair of values in each nibble of a word. */
static void joining_takes_the_larger_of_each_register(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < 16; a++) {
		for (unsigned int b = 0; b < 16; b++) {
			for (uint32_t i = 0; i < 16; i++) {
				uint8_t into[8] = {0}, more[8] = {0};

				sketch_raise(into, i, (uint8_t)a);
				sketch_raise(more, i, (uint8_t)b);
				sketch_join(into, more, 8);
				assert_int_equal(sketch_value(into, i), a > b ? a : b);
			}
		}
	}
}

/* As the program keeps larger sketches: what it has in a byte is in a nibble here. */
static void registers_of_a_byte_join_like_those_of_a_nibble(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (unsigned int round = 0; round < 2000; round++) {
		uint8_t bytes[64] = {0}, into[32] = {0}, more[32] = {0}, expected[32];

		for (uint32_t i = 0; i < 64; i++) {
			sketch_raise(into, i, (uint8_t)(next_random(&seed) >> 60));
			if (next_random(&seed) >> 62 != 0)
				continue; /* most are zero, and some words of them */
			bytes[i] = (uint8_t)(next_random(&seed) >> 60);
			sketch_raise(more, i, bytes[i]);
		}
		memcpy(expected, into, sizeof(into));
		sketch_join(expected, more, sizeof(more));
		sketch_join_bytes(into, bytes, sizeof(bytes));
		assert_memory_equal(into, expected, sizeof(into));
	}
}

static void an_empty_sketch_has_no_source_and_a_full_one_says_so(void **state)
{
	uint8_t sketch[SKETCH_SENSOR_BYTES] = {0};
	double bound;

	(void)state;
	assert_true(sketch_count(sketch, TT_SOURCES_REGISTERS) == 0);
	assert_false(sketch_is_full(sketch, TT_SOURCES_REGISTERS));
	memset(sketch, 0xff, sizeof(sketch));
	assert_true(sketch_is_full(sketch, TT_SOURCES_REGISTERS));
	bound = sketch_count(sketch, TT_SOURCES_REGISTERS);
	assert_true(isfinite(bound) && bound > 1e9);
	sketch[0] = 0xfe;
	assert_false(sketch_is_full(sketch, TT_SOURCES_REGISTERS));
	assert_true(sketch_count(sketch, TT_SOURCES_REGISTERS) == bound);
}

static void a_rows_estimate_never_exceeds_its_packets(void **state)
{
	uint8_t sketch[TT_SKETCH_BYTES];

	(void)state;
	memset(sketch, 0xff, sizeof(sketch));
	assert_int_equal(sketch_row_sources(sketch, 3), 3);
	assert_int_equal(sketch_row_sources(sketch, 0), 0);
	memset(sketch, 0, sizeof(sketch));
	assert_int_equal(sketch_row_sources(sketch, 9), 1);
}

/* A lane that came late: what it missed is told by the row's sketch, with its own error. */
static void a_port_is_what_its_lane_has_and_what_its_row_has_beyond(void **state)
{
	uint64_t seed = 11;
	double squares = 0, stated = 0, error = 0;

	(void)state;
	for (unsigned int set = 0; set < 200; set++) {
		uint8_t row[TT_SKETCH_BYTES] = {0}, lane[SKETCH_LANE_BYTES] = {0},
			none[SKETCH_LANE_BYTES] = {0};

		for (unsigned int n = 0; n < 3000; n++) {
			uint64_t hash = next_random(&seed);
			uint8_t value = (uint8_t)(__builtin_ctz((hash & 0x3fff) | 1u << 14) + 1);

			sketch_raise(row, (uint32_t)(hash >> (64 - TT_SKETCH_BITS)), value);
			if (n >= 300)
				sketch_raise(lane, (uint32_t)(hash >> (64 - TT_LANE_BITS)), value);
		}
		squares += pow(sketch_port_count(row, lane, &error) / 3000 - 1, 2);
		stated += error * error;
		assert_true(sketch_port_count(row, none, &error) ==
			    sketch_count(row, TT_SKETCH_REGISTERS));
		assert_true(fabs(error - 0.13) < 1e-9);
	}
	/* 6.4 % by the formula, were the number beyond the lane known. */
	assert_true(sqrt(stated / 200) > 0.05 && sqrt(stated / 200) < 0.08);
	assert_true(sqrt(squares / 200) < 0.08);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_are_the_stated_ones_from_one_source_to_a_million),
		cmocka_unit_test(neighbours_count_like_any_other_sources),
		cmocka_unit_test(joined_sketches_are_those_of_the_union),
		cmocka_unit_test(joining_takes_the_larger_of_each_register),
		cmocka_unit_test(registers_of_a_byte_join_like_those_of_a_nibble),
		cmocka_unit_test(an_empty_sketch_has_no_source_and_a_full_one_says_so),
		cmocka_unit_test(a_rows_estimate_never_exceeds_its_packets),
		cmocka_unit_test(a_port_is_what_its_lane_has_and_what_its_row_has_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
