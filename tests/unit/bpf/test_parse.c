/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's own parser, compiled for the host, under sanitizers: the kernel tests' frames. */
#include "tests/kernel/frame_cases.h"
#include "tests/kernel/frame_text.c" /* the tests share one builder; this is its only user here */
#include "tests/unit/bpf/host_parser.h"
#include "user/model/port.h"
#include "user/model/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/*
 * Parse a copy that ends with its allocation, so that a byte too many is seen, and begins two bytes
 * into it, as drivers align IP headers. linear: the size of the first buffer.
 */
static struct packet parse(const uint8_t *bytes, size_t length, size_t linear)
{
	uint8_t *room = malloc(length + 2), *copy = room + 2;
	struct packet packet;

	assert_non_null(room);
	memcpy(copy, bytes, length);
	packet = host_parse(copy, length, linear);
	free(room);
	return packet;
}

static void every_frame_case_parses_on_the_host_too(void **state)
{
	static uint8_t bytes[FRAME_TEXT_MAX];
	char row[SERIES_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < FRAME_CASES; i++) {
		size_t length = frame_from_text(frame_cases[i].frame, bytes);
		struct packet packet = parse(bytes, length, 3500);

		print_message("%s\n", frame_cases[i].claim);
		assert_string_equal(class_name((enum tt_class)packet.class), frame_cases[i].class);
		assert_int_equal(packet.is_neighbour, frame_cases[i].passes);
		if (!frame_cases[i].row) {
			assert_int_equal(packet.row, TT_ROW_NONE);
			continue;
		}
		series_format(series_make(SERIES_PORT, packet.row, 0), row);
		assert_string_equal(row, frame_cases[i].row);
		assert_int_equal(port_slot_class(packet.row, packet.slot), packet.class);
	}
}

static void every_cut_of_every_frame_ends_in_one_class(void **state)
{
	static uint8_t bytes[FRAME_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < FRAME_CASES; i++) {
		size_t length = frame_from_text(frame_cases[i].frame, bytes);

		for (size_t cut = 0; cut < length && cut < 400; cut++) {
			struct packet packet = parse(bytes, cut, cut);

			assert_in_range(packet.class, 0, TT_CLASSES - 1);
			if (packet.row == TT_ROW_NONE)
				continue;
			assert_in_range(packet.row, 0, TT_ROWS - 1);
			assert_int_equal(port_slot_class(packet.row, packet.slot), packet.class);
		}
	}
}

/* Where the first buffer ends is the driver's affair: the answer is the same. */
static void the_first_buffers_size_changes_nothing_behind_the_fixed_headers(void **state)
{
	static uint8_t bytes[FRAME_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < FRAME_CASES; i++) {
		size_t length = frame_from_text(frame_cases[i].frame, bytes);
		struct packet whole = parse(bytes, length, length);

		for (size_t linear = 128; linear < length && linear < 700; linear++) {
			struct packet packet = parse(bytes, length, linear);

			assert_int_equal(packet.class, whole.class);
			assert_int_equal(packet.row, whole.row);
		}
	}
}

static void random_bytes_end_in_one_class(void **state)
{
	static const uint8_t types[][2] = {{8, 0}, {0x86, 0xdd}, {0x81, 0}, {0x88, 0xa8}, {8, 6}};
	uint8_t bytes[160];

	(void)state;
	srandom(1);
	for (unsigned int i = 0; i < 400000; i++) {
		size_t length = (size_t)random() % (sizeof(bytes) + 1);
		struct packet packet;

		for (size_t b = 0; b < sizeof(bytes); b++)
			bytes[b] = (uint8_t)random();
		memcpy(bytes + 12, types[i % 5], 2);
		if (i % 2)
			bytes[14] = (uint8_t)(i % 5 == 1 ? 0x60 : 0x45);
		packet = parse(bytes, length, length);
		assert_in_range(packet.class, 0, TT_CLASSES - 1);
		if (packet.row != TT_ROW_NONE)
			assert_int_equal(port_slot_class(packet.row, packet.slot), packet.class);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_case_parses_on_the_host_too),
		cmocka_unit_test(every_cut_of_every_frame_ends_in_one_class),
		cmocka_unit_test(the_first_buffers_size_changes_nothing_behind_the_fixed_headers),
		cmocka_unit_test(random_bytes_end_in_one_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
