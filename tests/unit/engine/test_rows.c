/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "user/engine/event_row.h"
#include "user/engine/rows.h"
#include "user/model/port.h"

static struct tsv tsv;

static int set_up(void **state)
{
	(void)state;
	return tsv_reserve(&tsv, 65536);
}

static int tear_down(void **state)
{
	(void)state;
	tsv_release(&tsv);
	return 0;
}

/* 2014-02-11T00:00:00Z */
#define FEB11 INT64_C(1392076800)

static void each_table_has_its_version_last(void **state)
{
	country_id cn;
	struct store_row row = {.time = FEB11,
		.row = 23,
		.packets = 7,
		.bytes = 420,
		.syn = 5,
		.sources = 3,
		.response = 4,
		.other = 2,
		.network = 0xc00002,
		.covered = 59.5,
		.addresses = 257,
		.late = 1,
		.nic_drops = 9,
		.modes = 2};
	static const struct {
		enum store_table table;
		enum store_bin bin;
		const char *text;
	} cases[] = {
		{TABLE_CELLS, BIN_MINUTE, "minute\t1392076800\ttcp\t23\tCN\t7\n"},
		{TABLE_PORTS, BIN_HOUR, "hour\t1392076800\ttcp\t23\t3\t5\t420\t7\n"},
		{TABLE_SPORT53, BIN_DAY, "day\t1392076800\tCN\tquery\t7\n"},
		{TABLE_LEDGER, BIN_MINUTE, "minute\t1392076800\tnon_ip\t420\t7\n"},
		{TABLE_PREFIXES, BIN_MINUTE, "minute\t1392076800\t192.0.2.0/24\tCN\t4\t2\t6\n"},
		{TABLE_COVERAGE, BIN_MINUTE,
			"minute\t1392076800\t257\t1\t0\t0\t0\t9\t2\t59500000000\t59500000010\n"},
	};

	(void)state;
	assert_true(country_find("CN", &cn));
	row.country = cn;
	row.class = 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tsv_clear(&tsv);
		assert_true(rows_put(&tsv, cases[i].table, cases[i].bin, &row));
		assert_int_equal(tsv.used, strlen(cases[i].text));
		assert_memory_equal(tsv.data, cases[i].text, tsv.used);
	}
}

static struct event full_event(void)
{
	struct event event = event_blank();

	strcpy(event.id, "e52f9-1");
	strcpy(event.incident, "e52f9-0");
	event.phase = EVENT_UPDATE;
	event.kind = EVENT_SURGE;
	event.key = series_make(SERIES_CELL, 23, 40);
	event.face = series_make(SERIES_PORT, 23, 0);
	event.members = 3;
	event.scale = 60;
	event.time = FEB11;
	event.onset = FEB11 - 3600;
	event.observed = 24;
	event.expected = .3;
	event.log10p = -31.25;
	event.severity = EVENT_WARNING;
	event.reason = EVENT_REASON_NEW_NORMAL;
	event.top_country_count = 2;
	event.top_countries[0] = (struct event_country){40, 20, 20. / 24};
	event.top_countries[1] = (struct event_country){COUNTRY_ZZ, 4, 4. / 24};
	strcpy(event.geo_id, "a\tb'c\\d");
	return event;
}

/* The row as fields, without json and the mark of a whole row. */
static void split(char *row, char **fields)
{
	memcpy(row, tsv.data, tsv.used);
	row[tsv.used - 1] = '\0';
	assert_int_equal(tsv_split(row, fields, EVENT_ROW_FIELDS + 2), EVENT_ROW_FIELDS + 2);
	assert_string_equal(fields[EVENT_ROW_FIELDS + 1], "1");
	assert_int_equal(fields[EVENT_ROW_FIELDS][0], '{');
}

static void an_event_comes_back_as_it_was(void **state)
{
	struct event event = full_event(), read;
	struct store_row row = {.event = &event};
	char *fields[EVENT_ROW_FIELDS + 2], text[4096];

	(void)state;
	tsv_clear(&tsv);
	assert_true(rows_put(&tsv, TABLE_EVENTS, BIN_MINUTE, &row));
	split(text, fields);
	assert_int_equal(event_row_read(fields, &read), 0);
	assert_string_equal(read.id, event.id);
	assert_string_equal(read.geo_id, event.geo_id);
	assert_int_equal(read.phase, event.phase);
	assert_int_equal(read.key, event.key);
	assert_int_equal(read.face, event.face);
	assert_int_equal(read.onset, event.onset);
	assert_int_equal(read.reason, event.reason);
	assert_true(read.expected == event.expected && isnan(read.r) && isnan(read.sources));
	assert_int_equal(read.top_country_count, 2);
	assert_true(read.top_countries[0].share == event.top_countries[0].share);
	assert_int_equal(read.top_countries[1].packets, 4);
}

static void an_impossible_event_is_refused(void **state)
{
	static const struct {
		size_t field;
		const char *text;
	} cases[] = {{0, "-1"}, {1, ""}, {1, "an id that is far too long for one"}, {2, "opened"},
		{6, "tcp/70000"}, {8, "4294967296"}, {11, "1e999"}, {11, "x"}, {21, ""}, {30, "CN"},
		{30, "CN:1"}, {30, "QQ:1:1"}, {30, "CN:x:1"},
		{30, "CN:1:1,CN:1:1,CN:1:1,CN:1:1,CN:1:1,CN:1:1"}};
	struct event event = full_event(), read;
	struct store_row row = {.event = &event};

	(void)state;
	tsv_clear(&tsv);
	assert_true(rows_put(&tsv, TABLE_EVENTS, BIN_MINUTE, &row));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *fields[EVENT_ROW_FIELDS + 2], text[4096], wrong[64];

		split(text, fields);
		strcpy(wrong, cases[i].text);
		fields[cases[i].field] = wrong;
		assert_int_equal(event_row_read(fields, &read), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_table_has_its_version_last),
		cmocka_unit_test(an_event_comes_back_as_it_was),
		cmocka_unit_test(an_impossible_event_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
