/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lib/columns.h"
#include "user/output/top_view.h"

/* 2014-02-11T00:00:00Z */
#define FEB11 INT64_C(1392076800)

static char buffer[1 << 16];
static struct page page;
static struct top_view view;

static const char *draw(unsigned int width, unsigned int height, bool keys)
{
	const struct page_look look = {width, height, false, true};

	page_init(&page, buffer, sizeof(buffer), &look);
	top_page(&page, &view, keys);
	return page_finish(&page);
}

static series_key key_of(const char *text)
{
	series_key key;

	assert_true(series_parse(text, &key));
	return key;
}

/* A live sensor with two ports, one of them ten times its usual, and an incident. */
static int make_view(void **state)
{
	(void)state;
	view = top_view_blank();
	view.sensor = "観測点";
	view.state_dir = "/var/lib/teiten";
	strcpy(view.interface, "eth1");
	strcpy(view.mode, "xdp.frags");
	strcpy(view.verdict, "drop");
	view.is_attached = view.is_running = view.has_minute = true;
	view.arriving = 12.34;
	view.minute = FEB11 + 3540;
	view.now = FEB11 + 3600 + 61;
	view.from = FEB11;
	view.covered = 3600;
	view.packets = 1000;
	view.usual = 500;
	view.per_address_day = 93.75;
	view.ledger[TT_TCP_SYN].packets = 900;
	view.ledger[TT_UDP_OTHER].packets = 100;
	view.curve_count = 4;
	view.curve[0] = 0;
	view.curve[1] = NAN;
	view.curve[2] = 8;
	view.curve[3] = 16;
	view.port_count = view.ports_in_use = 2;
	view.ports[0] = (struct top_port){23, 900, 0.9, 40, 0, 0.4, 90, false};
	country_find("CN", &view.ports[0].country);
	view.ports[1] = (struct top_port){TT_ROW_UDP + 53, 100, 0.1, NAN, 0, NAN, 0, true};
	view.incident_count = view.incidents_open = 1;
	view.incidents[0] = (struct incident){
		.id = "i52fa2f74-0",
		.key = key_of("tcp/23@CN"),
		.kind = EVENT_SURGE,
		.severity = EVENT_WARNING,
		.opened = FEB11 + 1800,
		.peak = event_blank(),
	};
	view.incidents[0].peak.ratio = 10;
	return 0;
}

static void eighty_columns_tell_all_that_matters(void **state)
{
	(void)state;
	assert_string_equal(draw(80, 20, true),
		"teiten 観測点  running on eth1, xdp.frags, drop             2014-02-11 00:59 UTC\n"
		"1,000 packets in the last hour, 2.0x the usual, 12/s arriving\n"
		"▁ ▅█  16/min at most\n"
		"tcp_syn 90%  udp_other 10%\n"
		"\n"
		"port         packets  share  change    usual  sources  from\n"
		"23/tcp           900    90%     10x       90       40  CN 40%\n"
		"53/udp           100    10%     new        0        -\n"
		"\n\n\n\n\n\n\n"
		"\n"
		"1 open incident\n"
		"warning  23/tcp from CN surge              10x   30 min            i52fa2f74-0\n"
		"\n"
		"q quit  minute hour day                  teiten events ID: all about an "
		"incident\n");
}

static void a_small_terminal_keeps_the_first_ports(void **state)
{
	(void)state;
	view.incident_count = view.incidents_open = 1;
	assert_string_equal(draw(40, 9, true), "teiten  running on eth1, xdp.frags, drop\n"
					       "1,000 packets, last hour, 2.0x usual\n"
					       "port         packets  share  change\n"
					       "23/tcp           900    90%     10x\n"
					       "53/udp           100    10%     new\n"
					       "\n"
					       "1 open incident\n"
					       "warning  23/tcp from CN surge\n"
					       "q quit  minute hour day\n");
}

static void a_wide_terminal_has_the_ledger_beside_the_ports(void **state)
{
	(void)state;
	draw(110, 20, false);
	assert_non_null(strstr(buffer,
		"23/tcp           900    90%     10x       90       40  CN 40%               "
		"tcp_syn            900   90%\n"
		"53/udp           100    10%     new        0        -                       "
		"udp_other          100   10%\n"));
}

static void text_without_a_terminal_has_no_limits(void **state)
{
	(void)state;
	view.interface[0] = '\0';
	view.sources = 321;
	assert_string_equal(draw(PAGE_UNLIMITED, PAGE_UNLIMITED, false),
		"teiten 観測点  not live, ended 1 min ago  2014-02-11 00:59 UTC\n"
		"1,000 packets in the last hour, 2.0x the usual, about 321 sources, 94 a day and "
		"address, 12/s "
		"arriving\n"
		"▁ ▅█  16/min at most\n"
		"tcp_syn 90%  udp_other 10%\n"
		"\n"
		"port         packets  share  change    usual  sources  from\n"
		"23/tcp           900    90%     10x       90       40  CN 40%\n"
		"53/udp           100    10%     new        0        -\n"
		"\n"
		"1 open incident\n"
		"warning  23/tcp from CN surge              10x   30 min            i52fa2f74-0\n");
}

static void a_sensor_without_a_minute_says_so(void **state)
{
	(void)state;
	view = top_view_blank();
	assert_string_equal(draw(80, 7, true), "teiten  no minute yet\n"
					       "port         packets  share  change    usual  "
					       "sources  from\n"
					       "no packets to a port\n"
					       "\n\n"
					       "no open incident\n"
					       "q quit\n");
}

/* Whatever the size and the values: no line too wide, no line too many, nothing but text. */
static void no_value_breaks_a_page_of_any_size(void **state)
{
	static const unsigned int sizes[][2] = {{1, 1}, {2, 3}, {10, 5}, {20, 30}, {39, 11},
		{64, 18}, {103, 17}, {104, 18}, {300, 90}};

	(void)state;
	view.sensor = "\033]0;owned\a\033[2J観\xff\xe2\x80\xae";
	view.trouble = "the \033[31mhistory\n is gone";
	memcpy(view.interface, "\033[5m\033[6m\x9b\x07", 11);
	view.packets = UINT64_MAX;
	view.usual = 1e-300;
	view.arriving = 1e300;
	view.per_address_day = INFINITY;
	view.now = INT64_MAX / 2;
	view.minute = -5;
	view.ledger[TT_TCP_SYN].packets = UINT64_MAX;
	view.ports[0] = (struct top_port){TT_ROWS - 1, UINT64_MAX, 1e300, -1, 255, NAN, NAN, false};
	view.ports[0].country_share = 7;
	view.incidents[0].severity = EVENT_SEVERITIES;
	view.incidents[0].kind = EVENT_KINDS;
	view.incidents[0].key = UINT32_MAX;
	strcpy(view.incidents[0].id, "\033c");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned int lines = 0;

		for (const char *line = draw(sizes[i][0], sizes[i][1], true); *line; lines++) {
			size_t length = strcspn(line, "\n");

			assert_true(columns_of(line, length) <= sizes[i][0]);
			for (size_t k = 0; k < length; k++)
				assert_true((unsigned char)line[k] >= ' ' && line[k] != 0x7f);
			line += length + 1;
		}
		assert_true(lines <= sizes[i][1]);
		assert_null(strstr(buffer, "\xe2\x80\xae"));
		assert_null(strstr(buffer, "\xc2\x9b"));
	}
}

static void json_has_numbers_as_numbers_and_nothing_unknown(void **state)
{
	json_t *object;
	char *text;

	(void)state;
	view.ledger[TT_TCP_SYN].packets = UINT64_MAX;
	object = top_json(&view);
	text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
	assert_string_equal(text,
		"{\"name\":\"観測点\",\"state\":\"/var/lib/"
		"teiten\",\"sensor\":{\"interface\":\"eth1\","
		"\"attached\":true,\"running\":true,\"attach_mode\":\"xdp.frags\",\"verdict\":"
		"\"drop\","
		"\"arriving\":12.34},\"window\":\"hour\",\"from\":\"2014-02-11T00:00:00Z\","
		"\"last_minute\":\"2014-02-11T00:59:00Z\",\"covered_seconds\":3600,\"bytes\":0,"
		"\"usual\":500,\"ratio\":2,\"per_address_day\":93.75,\"packets\":1000,"
		"\"ledger\":{\"tcp_syn\":1.84467440737e19,\"udp_other\":100},"
		"\"ports\":[{\"proto\":\"tcp\",\"port\":23,\"packets\":900,\"share\":0.9,"
		"\"sources\":40,\"country\":\"CN\",\"country_share\":0.4,\"usual\":90,\"ratio\":10}"
		","
		"{\"proto\":\"udp\",\"port\":53,\"packets\":100,\"share\":0.1,\"usual\":0,"
		"\"new\":true}],"
		"\"incidents\":[{\"incident\":\"i52fa2f74-0\",\"severity\":\"warning\","
		"\"kind\":\"surge\",\"key\":\"tcp/23@CN\",\"opened\":\"2014-02-11T00:30:00Z\","
		"\"onset\":\"1970-01-01T00:00:00Z\",\"ratio\":10,\"events\":0}]}");
	free(text);
	json_decref(object);
	view = top_view_blank();
	view.sensor = "\033[2J";
	object = top_json(&view);
	text = json_dumps(object, JSON_COMPACT);
	assert_string_equal(text,
		"{\"name\":\"\\u001B[2J\",\"packets\":0,\"ledger\":{},\"ports\":[],"
		"\"incidents\":[]}");
	free(text);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(eighty_columns_tell_all_that_matters, make_view),
		cmocka_unit_test_setup(a_small_terminal_keeps_the_first_ports, make_view),
		cmocka_unit_test_setup(a_wide_terminal_has_the_ledger_beside_the_ports, make_view),
		cmocka_unit_test_setup(text_without_a_terminal_has_no_limits, make_view),
		cmocka_unit_test_setup(a_sensor_without_a_minute_says_so, make_view),
		cmocka_unit_test_setup(no_value_breaks_a_page_of_any_size, make_view),
		cmocka_unit_test_setup(json_has_numbers_as_numbers_and_nothing_unknown, make_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
