/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/evidence/frames.h"
#include "user/evidence/dissect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SOURCE 0xc6336407u      /* 198.51.100.7 */
#define DESTINATION 0xc0000205u /* 192.0.2.5 */

static void a_syn_has_addresses_and_ports(void **state)
{
	struct tt_sample sample = sample_syn(SOURCE, DESTINATION, 23, 1, 1);
	struct dissected seen = dissect(&sample);

	(void)state;
	assert_true(seen.has_addresses && seen.has_ports && !seen.is_v6 && !seen.has_dns);
	assert_int_equal(seen.source.high, 0);
	assert_int_equal(seen.source.low, 0xffff00000000 | SOURCE);
	assert_int_equal(seen.destination.low, 0xffff00000000 | DESTINATION);
	assert_int_equal(seen.source_port, 40000);
	assert_int_equal(seen.destination_port, 23);
	assert_int_equal(seen.marks, 0);
}

static void marks_are_exact(void **state)
{
	struct tt_sample mirai = sample_syn(SOURCE, DESTINATION, 23, DESTINATION, 1);
	struct tt_sample zmap = sample_syn(SOURCE, DESTINATION, 80, 7, 54321);
	struct tt_sample masscan = sample_syn(
		SOURCE, DESTINATION, 443, 0x12345678, (DESTINATION ^ 443 ^ 0x12345678) & 0xffff);
	struct tt_sample near = sample_syn(SOURCE, DESTINATION, 443, DESTINATION + 1, 54320);

	(void)state;
	assert_int_equal(dissect(&mirai).marks, MARK_MIRAI);
	assert_int_equal(dissect(&zmap).marks, MARK_ZMAP);
	assert_int_equal(dissect(&masscan).marks, MARK_MASSCAN);
	assert_int_equal(dissect(&near).marks, 0);
	/* The same bytes in a packet that is no SYN are no mark. */
	mirai.class = TT_TCP_OTHER;
	assert_int_equal(dissect(&mirai).marks, 0);
}

static void dns_is_read_where_its_header_is(void **state)
{
	struct tt_sample sample = sample_dns(SOURCE, DESTINATION, 4000, 0x8183, 2, 300);
	struct dissected seen = dissect(&sample);

	(void)state;
	assert_true(seen.has_dns);
	assert_int_equal(seen.dns_flags, 0x8183);
	assert_int_equal(seen.dns_answers, 2);
	assert_int_equal(seen.payload, 300);
	sample = sample_dns(SOURCE, DESTINATION, 4000, 0, 0, 11);
	seen = dissect(&sample);
	assert_false(seen.has_dns);
	assert_int_equal(seen.payload, 11);
}

/* What an IPv4 length leaves out is padding, whatever UDP claims. */
static void lengths_that_lie_are_not_believed(void **state)
{
	struct tt_sample sample = sample_dns(SOURCE, DESTINATION, 4000, 0x8180, 1, 60);
	struct dissected seen;

	(void)state;
	put16(sample.bytes + 16, 20 + 8 + 12);
	put16(sample.bytes + 38, 65535);
	seen = dissect(&sample);
	assert_true(seen.has_dns);
	assert_int_equal(seen.payload, 12);
	put16(sample.bytes + 16, 20 + 8 + 5);
	seen = dissect(&sample);
	assert_false(seen.has_dns);
	assert_int_equal(seen.payload, 5);
	put16(sample.bytes + 16, 65535); /* more than there is */
	seen = dissect(&sample);
	assert_int_equal(seen.payload, 60);
}

static void a_cut_frame_tells_what_it_has(void **state)
{
	struct tt_sample whole = sample_dns(SOURCE, DESTINATION, 4000, 0x8180, 1, 60);

	(void)state;
	for (unsigned int captured = 0; captured <= whole.captured; captured++) {
		struct tt_sample sample = whole;
		struct dissected seen;

		sample.captured = (uint16_t)captured;
		memset(sample.bytes + captured, 0xff, sizeof(sample.bytes) - captured);
		seen = dissect(&sample);
		assert_int_equal(seen.has_addresses, captured >= 34);
		assert_int_equal(seen.has_ports, captured >= 38);
		assert_int_equal(seen.has_dns, captured >= 54);
		if (seen.has_dns)
			assert_int_equal(seen.dns_flags, 0x8180);
	}
}

static void later_fragments_have_no_ports(void **state)
{
	struct tt_sample sample = sample_dns(SOURCE, DESTINATION, 4000, 0x8180, 1, 60);

	(void)state;
	put16(sample.bytes + 20, 1);
	assert_true(dissect(&sample).has_addresses);
	assert_false(dissect(&sample).has_ports);
	assert_false(dissect(&sample).has_dns);
}

/* Any bytes at all: nothing beyond them is read (the sanitizers watch). */
static void noise_is_survived(void **state)
{
	static const uint16_t types[] = {0x0800, 0x86dd, 0x8100, 0x88a8};
	unsigned int parts = 0;

	(void)state;
	srandom(20140211);
	for (unsigned int i = 0; i < 200000; i++) {
		struct tt_sample *sample = malloc(sizeof(*sample));
		struct dissected seen;

		assert_non_null(sample);
		for (size_t at = 0; at < sizeof(*sample); at++)
			((uint8_t *)sample)[at] = (uint8_t)random();
		put16(sample->bytes + 12, types[i % 4]);
		if (i % 3)
			sample->bytes[14] = i % 2 ? 0x45 : 0x60;
		seen = dissect(sample);
		parts += seen.has_ports;
		free(sample);
	}
	assert_true(parts > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_syn_has_addresses_and_ports),
		cmocka_unit_test(marks_are_exact),
		cmocka_unit_test(dns_is_read_where_its_header_is),
		cmocka_unit_test(lengths_that_lie_are_not_believed),
		cmocka_unit_test(a_cut_frame_tells_what_it_has),
		cmocka_unit_test(later_fragments_have_no_ports),
		cmocka_unit_test(noise_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
