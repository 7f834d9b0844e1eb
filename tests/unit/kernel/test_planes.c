/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters in planes, eight at a time, against one after the other. */
#include "user/kernel/planes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* cmocka wants the headers above first. */
#include <cmocka.h>

#define COUNT 1024 /* as many as a page of prefixes has */

static uint64_t state = 7;

static uint8_t next_byte(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint8_t)(state >> 56);
}

/* Every pair of bytes, in every place of a word. */
static void words_are_eight_bytes_side_by_side(void **unused)
{
	(void)unused;
	for (unsigned int place = 0; place < 8; place++)
		for (unsigned int pair = 0; pair < 65536; pair++) {
			uint8_t a[8], b[8], x = (uint8_t)pair, y = (uint8_t)(pair >> 8), out[8];
			uint64_t sum, difference, less;

			memset(a, next_byte(), sizeof(a));
			memset(b, next_byte(), sizeof(b));
			a[place] = x;
			b[place] = y;
			sum = planes_word_add(planes_word(a), planes_word(b));
			difference = planes_word_subtract(planes_word(a), planes_word(b));
			less = planes_word_less(planes_word(a), planes_word(b));
			for (unsigned int i = 0; i < 8; i++) {
				memcpy(out, &sum, 8);
				assert_int_equal(out[i], (uint8_t)(a[i] + b[i]));
				memcpy(out, &difference, 8);
				assert_int_equal(out[i], (uint8_t)(a[i] - b[i]));
				memcpy(out, &less, 8);
				assert_int_equal(out[i], a[i] < b[i] ? 0x80 : 0);
			}
		}
}

/* Also of the largest there can be. */
static void sums_and_gains_are_those_of_the_bytes(void **unused)
{
	uint8_t was[COUNT], is[COUNT], sum[COUNT];

	(void)unused;
	for (unsigned int round = 0; round < 200; round++) {
		uint32_t total = 0, gained = 0;

		for (unsigned int i = 0; i < COUNT; i++) {
			was[i] = round ? next_byte() : 0;
			is[i] = round ? next_byte() : 0xff;
			sum[i] = was[i];
			total += is[i];
			gained += (uint8_t)(is[i] - was[i]);
		}
		assert_int_equal(planes_sum_low(is, COUNT), total);
		assert_int_equal(planes_gained_low(was, is, COUNT), gained);
		planes_add_low(sum, is, COUNT);
		for (unsigned int i = 0; i < COUNT; i++)
			assert_int_equal(sum[i], (uint8_t)(was[i] + is[i]));
	}
}

/* Counters gain less than 256 each, some of them; then the copies are made alike again. */
static void what_is_stored_low_is_the_counter_and_no_other_word_is_written(void **unused)
{
	static uint8_t copy[2][TT_PLANES][COUNT];
	uint64_t values[COUNT] = {0};

	(void)unused;
	memset(copy, 0, sizeof(copy));
	for (unsigned int round = 0; round < 3000; round++) {
		uint8_t(*was)[COUNT] = copy[round % 2], (*next)[COUNT] = copy[!(round % 2)];
		uint64_t changed[COUNT / 512] = {0};
		uint8_t is[COUNT];
		bool wraps = false;

		for (unsigned int i = 0; i < COUNT; i++) {
			uint8_t gain = next_byte() < 40 ? next_byte() : 0;

			wraps |= (uint8_t)values[i] + gain > 255;
			values[i] += gain;
			is[i] = (uint8_t)values[i];
		}
		assert_int_equal(
			planes_store_low(was[0], next[0], COUNT, is, COUNT, changed), wraps);
		for (unsigned int i = 0; i < COUNT; i++)
			assert_int_equal(planes_get(&next[0][i], COUNT), values[i]);
		for (unsigned int i = 0; i < COUNT; i += 8)
			assert_int_equal(changed[i / 512] >> i / 8 % 64 & 1,
				memcmp(&was[0][i], &next[0][i], 8) != 0);
		for (unsigned int word = 0; word < COUNT / 512; word++)
			planes_copy_low(next[0] + 512 * word, was[0] + 512 * word, changed[word]);
		for (unsigned int plane = 1; wraps && plane < TT_PLANES; plane++)
			memcpy(was[plane], next[plane], COUNT);
		assert_memory_equal(was, next, sizeof(copy[0]));
	}
}

static void one_more_goes_on_above(void **unused)
{
	uint8_t counter[TT_PLANES] = {0xff, 0xff, 7, 0};

	(void)unused;
	assert_true(planes_count(counter, 1));
	assert_int_equal(planes_get(counter, 1), 0x080000);
	assert_false(planes_count(counter, 1));
	assert_int_equal(planes_get(counter, 1), 0x080001);
	memset(counter, 0xff, sizeof(counter));
	assert_true(planes_count(counter, 1));
	assert_int_equal(planes_get(counter, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_eight_bytes_side_by_side),
		cmocka_unit_test(sums_and_gains_are_those_of_the_bytes),
		cmocka_unit_test(what_is_stored_low_is_the_counter_and_no_other_word_is_written),
		cmocka_unit_test(one_more_goes_on_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
