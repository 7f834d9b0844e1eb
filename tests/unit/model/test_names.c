/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/country.h"
#include "user/model/minute.h"
#include "user/model/port.h"
#include "user/model/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void every_country_is_found_by_its_code(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++) {
		country_id id = 0;

		assert_true(country_find(country_code((country_id)i), &id));
		assert_int_equal(id, i);
	}
}

static void country_numbers_that_are_stored_do_not_move(void **state)
{
	(void)state;
	assert_string_equal(country_code(0), "ZZ");
	assert_string_equal(country_code(1), "XX");
	assert_string_equal(country_code(2), "AD");
	assert_string_equal(country_code(COUNTRY_XO), "XO");
	assert_string_equal(country_code(254), "WF");
	assert_string_equal(country_code(255), "ZZ");
	assert_int_equal(country_cell(222), 222);
	assert_int_equal(country_cell(224), COUNTRY_XO);
}

static void a_code_that_is_no_country_is_not_found(void **state)
{
	country_id id = 7;

	(void)state;
	assert_false(country_find("QQ", &id));
	assert_false(country_find("??", &id));
	assert_int_equal(id, 7);
	assert_true(country_find("cn", &id));
	assert_string_equal(country_code(id), "CN");
}

static void rows_and_ports_are_two_ways_to_say_the_same(void **state)
{
	(void)state;
	for (uint32_t row = 0; row < TT_ROWS; row++)
		assert_int_equal(port_row(port_protocol(row), port_number(row)), row);
	assert_int_equal(port_row(PORT_ICMP, 256), TT_ROW_NONE);
	assert_int_equal(port_row(PORT_TCP, 65536), TT_ROW_NONE);
	assert_int_equal(port_row(PORT_PROTOCOLS, 0), TT_ROW_NONE);
}

static void each_class_with_rows_is_some_rows_slot(void **state)
{
	bool seen[TT_CLASSES + 1] = {false};

	(void)state;
	for (uint32_t row = 0; row < TT_ROWS; row++)
		for (unsigned int slot = 0; slot < TT_SLOTS; slot++)
			seen[port_slot_class(row, slot)] = true;
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		assert_int_equal(seen[i], class_has_rows((enum tt_class)i));
}

static void every_key_survives_its_text(void **state)
{
	static const char *const texts[] = {"tcp/23", "udp/0", "tcp/65535", "icmp/8", "icmp6/135",
		"tcp/23@CN", "udp/53@ZZ", "udp-src53", "udp-src53@JP", "fanout/tcp", "fanout/udp",
		"class/tcp_syn", "class/other_l4", "common_mode", "sweep"};
	char text[SERIES_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		series_key key = 0;

		assert_true(series_parse(texts[i], &key));
		series_format(key, text);
		assert_string_equal(text, texts[i]);
	}
}

static void texts_that_are_no_key_are_refused(void **state)
{
	static const char *const texts[] = {"", "tcp", "tcp/", "tcp/65536", "icmp/256", "tcp/-1",
		"tcp/ 1", "sctp/1", "tcp/23@", "tcp/23@C", "tcp/23@CHN", "tcp/23@QQ", "class/none",
		"fanout/sctp", "udp-src53@", "class/tcp_syn@CN",
		"tcp/00000000000000000000000000000023"};
	series_key key = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_false(series_parse(texts[i], &key));
		assert_int_equal(key, 42);
	}
}

static void families_join_a_port_and_its_countries(void **state)
{
	series_key cell, port;

	(void)state;
	assert_true(series_parse("tcp/23@CN", &cell));
	assert_true(series_parse("tcp/23", &port));
	assert_int_equal(series_family(cell), port);
	assert_int_equal(series_family(port), port);
}

/* -- Minute -------------------------------------------------------------------------------- */

static void a_minute_that_does_not_add_up_is_named(void **state)
{
	struct minute minute;

	(void)state;
	assert_int_equal(minute_reserve(&minute), 0);
	minute.ports[0] = (struct port_count){.row = 23, .packets = 5, .bytes = 300, .syn = 5};
	minute.cells[0] = (struct cell_count){.row = 23, .packets = 5, .country = 9};
	minute.port_count = minute.cell_count = 1;
	minute.ledger[TT_TCP_SYN] = (struct tally){5, 300};
	assert_null(minute_verify(&minute));
	minute.cells[0].packets = 4;
	assert_non_null(minute_verify(&minute));
	minute.unattributed = 1;
	assert_null(minute_verify(&minute));
	minute.ledger[TT_TCP_SYN].packets = 4;
	assert_non_null(minute_verify(&minute));
	minute.ledger[TT_TCP_SYN].packets = 5;
	minute.ledger[TT_UDP53_QUERY].packets = 2;
	assert_non_null(minute_verify(&minute));
	minute.sport53[9][SPORT53_QUERY] = 2;
	assert_non_null(minute_verify(&minute));
	minute.prefixes[0] = (struct prefix_count){.network = 1, .other = 2};
	minute.prefix_count = 1;
	assert_null(minute_verify(&minute));
	minute_release(&minute);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_country_is_found_by_its_code),
		cmocka_unit_test(country_numbers_that_are_stored_do_not_move),
		cmocka_unit_test(a_code_that_is_no_country_is_not_found),
		cmocka_unit_test(rows_and_ports_are_two_ways_to_say_the_same),
		cmocka_unit_test(each_class_with_rows_is_some_rows_slot),
		cmocka_unit_test(every_key_survives_its_text),
		cmocka_unit_test(texts_that_are_no_key_are_refused),
		cmocka_unit_test(families_join_a_port_and_its_countries),
		cmocka_unit_test(a_minute_that_does_not_add_up_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
