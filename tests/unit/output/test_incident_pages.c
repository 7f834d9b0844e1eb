/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "user/output/event_words.h"
#include "user/output/evidence_lines.h"
#include "user/output/incident_list.h"
#include "user/output/incident_page.h"

/* 2014-02-11T00:00:00Z */
#define FEB11 INT64_C(1392076800)

static char buffer[8192];
static struct page page;

static series_key key_of(const char *text)
{
	series_key key;

	assert_true(series_parse(text, &key));
	return key;
}

static void start(unsigned int width, bool colours)
{
	const struct page_look look = {width, PAGE_UNLIMITED, colours, true};

	page_init(&page, buffer, sizeof(buffer), &look);
}

static struct incident new_port(void)
{
	struct incident incident = {
		.id = "i52fa2f74-0",
		.prev = "i52f00000-0",
		.key = key_of("tcp/5000"),
		.kind = EVENT_NEW_PORT,
		.severity = EVENT_WARNING,
		.events = 2,
		.open = 1,
		.opened = FEB11 + 8460,
		.onset = FEB11 + 7200,
		.last = FEB11 + 93600,
		.peak = event_blank(),
	};

	incident.peak.observed = 445;
	incident.peak.expected = 33.5;
	incident.peak.ratio = 13.28;
	incident.peak.log10p = -153.08;
	incident.peak.scale = 1440;
	incident.peak.sources = 24;
	incident.peak.packets_per_source = 1.5;
	incident.peak.top_country_count = 2;
	country_find("CN", &incident.peak.top_countries[0].country);
	incident.peak.top_countries[0].share = 0.396;
	country_find("US", &incident.peak.top_countries[1].country);
	incident.peak.top_countries[1].share = 0.001;
	return incident;
}

static void keys_are_named_as_people_say_them(void **state)
{
	static const char *const names[][2] = {
		{"tcp/23", "23/tcp"},
		{"icmp/8", "8/icmp"},
		{"tcp/23@CN", "23/tcp from CN"},
		{"udp-src53", "source port 53/udp"},
		{"udp-src53@JP", "source port 53/udp from JP"},
		{"fanout/tcp", "tcp ports in use"},
		{"class/tcp_backscatter", "tcp_backscatter"},
		{"sweep", "many ports"},
		{"common_mode", "all series"},
	};
	char text[EVENT_WORDS_MAX];

	(void)state;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(event_words_key(key_of(names[i][0]), text), names[i][1]);
	assert_string_equal(event_words_key(UINT32_MAX, text), "?");
	assert_string_equal(
		event_words_what(key_of("tcp/5000"), EVENT_NEW_PORT, text), "5000/tcp new port");
	assert_string_equal(event_words_what(UINT32_MAX, EVENT_KINDS, text), "? ?");
}

static void an_incident_is_one_line(void **state)
{
	struct incident incident = new_port();

	(void)state;
	start(80, false);
	incident_list_head(&page);
	incident_list_line(&page, &incident);
	incident.open = 0;
	incident.key = key_of("udp-src53@CN");
	incident.kind = EVENT_SPORT53;
	incident.peak.ratio = 234398;
	incident_list_line(&page, &incident);
	assert_string_equal(page_finish(&page),
		"incident     since (UTC)       state   severity  what                      ratio\n"
		"i52fa2f74-0  2014-02-11 02:21  open    warning   5000/tcp new port           13x\n"
		"i52fa2f74-0  2014-02-11 02:21  23 h    warning   source port 53/udp from … "
		">999x\n");
}

static void a_narrow_page_has_when_and_what(void **state)
{
	struct incident incident = new_port();

	(void)state;
	start(40, false);
	incident_list_head(&page);
	incident_list_line(&page, &incident);
	incident.key = key_of("udp-src53@CN");
	incident_list_line(&page, &incident);
	assert_string_equal(page_finish(&page), "02-11 02:21 warning  5000/tcp new port\n"
						"02-11 02:21 warning  source port 53/udp…\n");
}

static void a_wide_page_has_the_numbers_too(void **state)
{
	struct incident incident = new_port();

	(void)state;
	start(PAGE_UNLIMITED, false);
	incident_list_head(&page);
	incident_list_line(&page, &incident);
	incident.peak = event_blank();
	incident_list_line(&page, &incident);
	assert_string_equal(page_finish(&page),
		"incident     since (UTC)       state   severity  what                             "
		"    ratio    seen   usual  from\n"
		"i52fa2f74-0  2014-02-11 02:21  open    warning   5000/tcp new port                "
		"      13x     445      34  CN 40%, US 0.1%\n"
		"i52fa2f74-0  2014-02-11 02:21  open    warning   5000/tcp new port                "
		"        -       -       -  -\n");
}

static void hostile_text_of_a_database_stays_text(void **state)
{
	struct incident incident = new_port();

	(void)state;
	strcpy(incident.id, "\033]0;x\a\xe2\x80\xae");
	incident.peak.top_countries[0].country = 255;
	incident.severity = EVENT_SEVERITIES;
	incident.kind = EVENT_KINDS;
	incident.peak.observed = 1e300;
	incident.peak.expected = -INFINITY;
	incident.opened = INT64_MIN;
	incident.last = INT64_MAX;
	start(110, true);
	incident_list_line(&page, &incident);
	assert_string_equal(page_finish(&page),
		"\033[2m?]0;x??\033[0m      ?                 \033[1mopen\033[0m    ?         "
		"5000/tcp ?"
		"                             13x   >999E       -\n");
}

static void all_about_an_incident(void **state)
{
	struct incident incident = new_port();
	struct event lines[2] = {incident.peak, incident.peak};
	struct incident_series series =
		incident_series_around(incident.onset, 1440, FEB11 + 86400, 12);

	(void)state;
	for (size_t i = 0; i < series.count; i++)
		series.values[i] = i == 3 ? NAN : i < 8 ? 0 : (double)i;
	strcpy(lines[0].id, "e52fa2f74-0");
	lines[0].time = FEB11 + 8460;
	lines[0].severity = EVENT_NOTICE;
	lines[0].key = key_of("tcp/5000");
	strcpy(lines[1].id, "e52fa2f75-0");
	lines[1].time = FEB11 + 8520;
	lines[1].phase = EVENT_END;
	lines[1].key = key_of("tcp/5000@CN");
	lines[1].scale = 0;
	lines[1].ratio = NAN;
	lines[1].observed = NAN;
	start(100, false);
	incident_page(&page, &incident, lines, 2, &series, PAGE_UNLIMITED);
	assert_string_equal(page_finish(&page),
		"5000/tcp new port, warning, open\n"
		"  incident       i52fa2f74-0, goes on from i52f00000-0\n"
		"  onset          2014-02-11 02:00 UTC, told at 2014-02-11 02:21\n"
		"  last told      2014-02-12 02:00 UTC, after 23 h 39 min\n"
		"  events         2, 1 of them open\n"
		"  seen           445 in a day, 13x the usual 34\n"
		"  by chance      1 in 10^154\n"
		"  that minute    about 24 sources, 1.5 packets each; CN 40%, US 0.1%\n"
		"\n"
		"  packets every 6 hours, 2014-02-09 00:00 to 2014-02-12 00:00, at most 11\n"
		"  ▁▁▁ ▁▁▁▁▇▇██\n"
		"          ^ onset\n"
		"\n"
		"  time (UTC)        phase   severity  what                       in ratio   seen\n"
		"  2014-02-11 02:21  open    notice    5000/tcp                   1d   13x    445  "
		"e52fa2f74-0\n"
		"  2014-02-11 02:22  end     info      5000/tcp from CN            -     -      -  "
		"e52fa2f75-0\n");
}

static void a_low_terminal_gets_the_last_lines(void **state)
{
	struct incident incident = new_port();
	struct event lines[9];
	struct incident_series none = {0};
	size_t shown = 0;

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		lines[i] = incident.peak;
		lines[i].key = key_of("tcp/5000");
		lines[i].observed = (double)i;
	}
	start(80, false);
	incident_page(&page, &incident, lines, 9, &none, 15);
	for (const char *c = page_finish(&page); (c = strchr(c, '\n')); c++)
		shown++;
	assert_int_equal(shown, 14);
	assert_non_null(strstr(buffer, "  6 earlier ones: --json has them all\n"));
	start(80, false);
	incident_page(&page, &incident, lines, 9, &none, 5);
	assert_non_null(strstr(page_finish(&page), "  7 earlier ones: --json has them all\n"));
}

static void evidence_has_a_line_for_each_part_that_is_known(void **state)
{
	struct event event = event_blank();
	struct event_evidence *evidence = &event.evidence;

	(void)state;
	start(80, false);
	evidence_lines(&page, &event);
	assert_string_equal(page_finish(&page), "");

	evidence->samples = 1000;
	evidence->top_prefix_count = 2;
	evidence->top_prefixes[0] =
		(struct event_origin){.bytes = {203, 0, 113}, .packets = 400, .share = 0.4};
	country_find("CN", &evidence->top_prefixes[0].country);
	evidence->top_prefixes[1] = (struct event_origin){
		.is_v6 = true, .bytes = {0x20, 1, 0xd, 0xb8}, .packets = 1, .share = 0.0001};
	evidence->top_source =
		(struct event_origin){.bytes = {203, 0, 113, 7}, .packets = 300, .share = 0.3};
	evidence->breadth = 0.996;
	evidence->mirai = 0.8;
	evidence->zmap = 0;
	evidence->masscan = 0.004;
	event.dns_response = 0.9;
	event.dns_query = 0.1;
	event.dns_short = 0;
	evidence->recursion_available = 0.75;
	snprintf(evidence->verdict_text, sizeof(evidence->verdict_text),
		"somebody looks for\033 reflectors: 1.1 packets a source, 4 %% of them at home");
	snprintf(evidence->pcap, sizeof(evidence->pcap), "pcap/i52fa2f74-0.pcap");
	start(80, false);
	evidence_lines(&page, &event);
	assert_string_equal(page_finish(&page),
		"  networks       203.0.113.0/24 CN 40%, 2001:db8::/48 ZZ <0.1%\n"
		"  busiest        203.0.113.7 ZZ 30%\n"
		"  touched        99.9% of the monitored addresses\n"
		"  tools          Mirai 80%, ZMap 0%, masscan 0.4% of the SYNs\n"
		"  DNS            responses 90%, queries 10%, too short 0%; recursion offered in\n"
		"                 75%\n"
		"  verdict        somebody looks for? reflectors: 1.1 packets a source, 4 % of\n"
		"                 them at home\n"
		"  samples        1,000 packets: pcap/i52fa2f74-0.pcap\n");
}

static void bins_end_now_and_begin_no_earlier_than_1970(void **state)
{
	struct incident_series series = incident_series_around(FEB11, 1, FEB11 + 90, 60);

	(void)state;
	assert_int_equal(series.step, 60);
	assert_int_equal(series.from, FEB11 - 40 * 60);
	assert_int_equal(series.count, 42);
	series = incident_series_around(3600, 10080, FEB11, 999);
	assert_int_equal(series.from, 0);
	assert_int_equal(series.count, INCIDENT_SERIES_MAX);
	series = incident_series_around(FEB11, 60, FEB11 - 90 * 86400, 60);
	assert_int_equal(series.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_named_as_people_say_them),
		cmocka_unit_test(an_incident_is_one_line),
		cmocka_unit_test(a_narrow_page_has_when_and_what),
		cmocka_unit_test(a_wide_page_has_the_numbers_too),
		cmocka_unit_test(hostile_text_of_a_database_stays_text),
		cmocka_unit_test(all_about_an_incident),
		cmocka_unit_test(a_low_terminal_gets_the_last_lines),
		cmocka_unit_test(evidence_has_a_line_for_each_part_that_is_known),
		cmocka_unit_test(bins_end_now_and_begin_no_earlier_than_1970),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
