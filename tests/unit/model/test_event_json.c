/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/event_json.h"

#include "user/model/port.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOON 1391256000 /* 2014-02-01T12:00:00Z */

static series_key key_of(const char *text)
{
	series_key key;

	assert_true(series_parse(text, &key));
	return key;
}

/* Every field that an event can have. */
static struct event full_event(void)
{
	struct event event = event_blank();

	strcpy(event.id, "e52ece140-1");
	strcpy(event.incident, "e52ece140-0");
	strcpy(event.prev, "e52e00000-7");
	event.phase = EVENT_OPEN;
	event.kind = EVENT_SURGE;
	event.key = key_of("tcp/23@CN");
	event.scale = 60;
	event.time = NOON;
	event.onset = NOON - 3600;
	event.observed = 240;
	event.expected = 31.25;
	event.r = 4.5;
	event.ratio = 7.68;
	event.excess = 208.75;
	event.log10p = -12.125;
	event.exposure = 60;
	event.g = 1;
	event.season = 0.875;
	event.severity = EVENT_WARNING;
	event.reason = EVENT_REASON_ENDED;
	event.sources = 17;
	event.packets_per_source = 14.117647058823529;
	event.top_country_count = 1;
	country_find("CN", &event.top_countries[0].country);
	event.top_countries[0].packets = 240;
	event.top_countries[0].share = 1;
	event.dns_response = 0.5;
	event.dns_query = 0.25;
	event.dns_short = 0.25;
	strcpy(event.geo_id, "apnic");
	strcpy(event.geo_date, "2014-01-04");
	return event;
}

static void every_field_is_written_in_the_order_of_the_contract(void **state)
{
	struct event event = full_event();
	char *line = event_to_json(&event, "darknet1");

	(void)state;
	assert_string_equal(line,
		"{\"timestamp\":\"2014-02-01T12:00:00Z\",\"event_type\":\"spike\","
		"\"sensor\":\"darknet1\",\"spike\":{"
		"\"id\":\"e52ece140-1\",\"incident\":\"e52ece140-0\",\"prev\":\"e52e00000-7\","
		"\"phase\":\"open\",\"kind\":\"surge\",\"key\":\"tcp/23@CN\",\"proto\":\"tcp\","
		"\"port\":23,\"country\":\"CN\",\"scale\":\"1h\","
		"\"onset\":\"2014-02-01T11:00:00Z\",\"observed\":240,\"expected\":31.25,"
		"\"r\":4.5,\"ratio\":7.68,\"excess\":208.75,\"log10p\":-12.125,\"exposure\":60,"
		"\"g\":1,\"season\":0.875,\"severity\":\"warning\",\"reason\":\"ended\","
		"\"sources\":17,\"packets_per_source\":14.1176470588,"
		"\"top_countries\":[{\"country\":\"CN\",\"packets\":240,\"share\":1}],"
		"\"dns\":{\"response\":0.5,\"query\":0.25,\"short\":0.25},"
		"\"geo\":{\"id\":\"apnic\",\"date\":\"2014-01-04\"}}}");
	free(line);
}

static void what_has_no_data_is_left_out(void **state)
{
	struct event event = event_blank();
	char *line;

	(void)state;
	event.key = key_of("udp-src53");
	event.kind = EVENT_SPORT53;
	event.observed = 0;
	event.expected = INFINITY;
	line = event_to_json(&event, "s");
	assert_string_equal(line,
		"{\"timestamp\":\"1970-01-01T00:00:00Z\",\"event_type\":\"spike\","
		"\"sensor\":\"s\",\"spike\":{\"phase\":\"open\",\"kind\":\"sport53\","
		"\"key\":\"udp-src53\",\"proto\":\"udp\",\"onset\":\"1970-01-01T00:00:00Z\","
		"\"observed\":0,\"severity\":\"info\"}}");
	free(line);
}

static void each_kind_of_key_has_its_own_parts(void **state)
{
	static const struct {
		const char *key;
		const char *parts;
	} cases[] = {
		{"tcp/23", "\"key\":\"tcp/23\",\"proto\":\"tcp\",\"port\":23,\"onset\""},
		{"icmp/8", "\"key\":\"icmp/8\",\"proto\":\"icmp\",\"port\":8,\"onset\""},
		{"udp-src53@JP",
			"\"key\":\"udp-src53@JP\",\"proto\":\"udp\",\"country\":\"JP\",\"onset\""},
		{"fanout/udp", "\"key\":\"fanout/udp\",\"proto\":\"udp\",\"onset\""},
		{"class/tcp_syn", "\"key\":\"class/tcp_syn\",\"onset\""},
		{"common_mode", "\"key\":\"common_mode\",\"onset\""},
		{"sweep", "\"key\":\"sweep\",\"onset\""},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event event = event_blank();
		char *line;

		event.key = key_of(cases[i].key);
		line = event_to_json(&event, "s");
		assert_non_null(strstr(line, cases[i].parts));
		free(line);
	}
}

static void a_key_out_of_range_is_written_without_parts(void **state)
{
	struct event event = event_blank();
	char *line;

	(void)state;
	event.key = UINT32_MAX;
	line = event_to_json(&event, "s");
	assert_non_null(strstr(line, "\"key\":\"?\",\"onset\""));
	free(line);
}

static void hostile_text_stays_one_line_of_valid_json(void **state)
{
	struct event event = event_blank();
	char *line = event_to_json(&event, "a\"b\\\n\xff\xe3\x83\x80");

	(void)state;
	assert_non_null(strstr(line, "\"sensor\":\"a\\\"b\\\\\\n????\""));
	assert_null(strchr(line, '\n'));
	free(line);
	line = event_to_json(&event, "\xe3\x83\x80"); /* U+30C0, as it is */
	assert_non_null(strstr(line, "\"sensor\":\"\xe3\x83\x80\""));
	free(line);
}

static void whole_numbers_beyond_2_to_the_53_are_not_called_whole(void **state)
{
	json_t *object = json_object();
	char *text;

	(void)state;
	assert_int_equal(event_json_number(object, "a", 9007199254740991.0), 0);
	assert_int_equal(event_json_number(object, "b", 1e300), 0);
	assert_int_equal(event_json_number(object, "c", -0.5), 0);
	assert_int_equal(event_json_number(object, "d", NAN), 0);
	assert_int_equal(event_json_number(object, "e", -INFINITY), 0);
	text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
	assert_string_equal(text, "{\"a\":9007199254740991,\"b\":1e300,\"c\":-0.5}");
	free(text);
	json_decref(object);
}

/* Every allocation of a line fails once: NULL each time, and nothing leaks. */
static unsigned int allocations_left;

static void *failing_malloc(size_t size)
{
	return allocations_left && allocations_left-- ? malloc(size) : NULL;
}

static void without_memory_there_is_no_line_and_no_leak(void **state)
{
	struct event event = full_event();
	unsigned int allowed = 0;
	char *line = NULL;

	(void)state;
	json_set_alloc_funcs(failing_malloc, free);
	for (; !line && allowed < 10000; allowed++) {
		allocations_left = allowed;
		line = event_to_json(&event, "darknet1");
	}
	json_set_alloc_funcs(malloc, free);
	assert_non_null(line);
	assert_true(allowed > 50);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_written_in_the_order_of_the_contract),
		cmocka_unit_test(what_has_no_data_is_left_out),
		cmocka_unit_test(each_kind_of_key_has_its_own_parts),
		cmocka_unit_test(a_key_out_of_range_is_written_without_parts),
		cmocka_unit_test(hostile_text_stays_one_line_of_valid_json),
		cmocka_unit_test(whole_numbers_beyond_2_to_the_53_are_not_called_whole),
		cmocka_unit_test(without_memory_there_is_no_line_and_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
