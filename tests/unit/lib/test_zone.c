/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "user/lib/text.h"
#include "user/lib/zone.h"

static int64_t at(const char *text)
{
	int64_t time = -1;

	assert_int_equal(text_parse_time(text, &time), 0);
	return time;
}

static void days_begin_at_the_zones_midnight(void **state)
{
	static const struct {
		const char *zone;
		struct zone_date date;
		const char *start;
	} cases[] = {
		{"UTC", {2014, 2, 1}, "2014-02-01T00:00:00Z"},
		{"Asia/Tokyo", {2014, 2, 1}, "2014-01-31T15:00:00Z"},
		{"Asia/Tokyo", {2014, 3, 1}, "2014-02-28T15:00:00Z"},
		{"Asia/Kolkata", {2014, 2, 1}, "2014-01-31T18:30:00Z"},
		{"Asia/Kathmandu", {2014, 2, 1}, "2014-01-31T18:15:00Z"},
		{"America/New_York", {2014, 2, 1}, "2014-02-01T05:00:00Z"},
		{"Pacific/Kiritimati", {2014, 2, 1}, "2014-01-31T10:00:00Z"},
		/* Summer time began on this day at two, on the next it holds from midnight. */
		{"America/New_York", {2014, 3, 9}, "2014-03-09T05:00:00Z"},
		{"America/New_York", {2014, 3, 10}, "2014-03-10T04:00:00Z"},
		/* Midnight did not exist: the clock went from 00:00 to 01:00. */
		{"America/Sao_Paulo", {2013, 10, 20}, "2013-10-20T03:00:00Z"},
		/* Midnight came twice: the first is the start. */
		{"America/Sao_Paulo", {2014, 2, 16}, "2014-02-16T03:00:00Z"},
		/* 30 December 2011 was left out there: a date that never was begins with the next.
		 */
		{"Pacific/Apia", {2011, 12, 31}, "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", {2011, 12, 30}, "2011-12-30T10:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(zone_select(cases[i].zone), 0);
		assert_int_equal(zone_start_of(cases[i].date), at(cases[i].start));
	}
}

static void a_start_and_its_date_belong_together(void **state)
{
	static const char *const zones[] = {
		"UTC", "Asia/Tokyo", "America/Sao_Paulo", "Australia/Lord_Howe"};

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		assert_int_equal(zone_select(zones[i]), 0);
		for (int year = 2013; year < 2016; year++) {
			for (int month = 1; month <= 12; month++) {
				for (int day = 1; day <= zone_days_in_month(year, month); day++) {
					int64_t start =
						zone_start_of((struct zone_date){year, month, day});

					assert_int_equal(start % 60, 0);
					assert_int_equal(zone_date_of(start).day, day);
					assert_int_not_equal(zone_date_of(start - 60).day, day);
				}
			}
		}
	}
}

static void times_are_written_with_their_offset(void **state)
{
	char text[ZONE_TIME_MAX];

	(void)state;
	assert_int_equal(zone_select("Asia/Tokyo"), 0);
	zone_format_time(1392076800, text);
	assert_string_equal(text, "2014-02-11T09:00:00+09:00");
	assert_int_equal(zone_select("America/St_Johns"), 0);
	zone_format_time(1392076800, text);
	assert_string_equal(text, "2014-02-10T20:30:00-03:30");
	assert_int_equal(zone_select("UTC"), 0);
	zone_format_time(1392076800, text);
	assert_string_equal(text, "2014-02-11T00:00:00Z");
}

static void months_are_counted_over_years(void **state)
{
	struct zone_date date = zone_add_months((struct zone_date){2014, 1, 1}, -1);

	(void)state;
	assert_int_equal(date.year, 2013);
	assert_int_equal(date.month, 12);
	date = zone_add_months((struct zone_date){2013, 12, 1}, 1);
	assert_int_equal(date.year, 2014);
	assert_int_equal(date.month, 1);
	assert_int_equal(zone_days_in_month(2014, 2), 28);
	assert_int_equal(zone_days_in_month(2016, 2), 29);
	assert_int_equal(zone_days_in_month(2100, 2), 28);
	assert_int_equal(zone_days_in_month(2000, 2), 29);
}

static void what_is_no_zone_is_refused(void **state)
{
	static const char *const wrong[] = {"", "/etc/passwd", "../passwd", "Asia/../../passwd",
		"Asia", "zone.tab", "Mars/Olympus", "a b", ":UTC"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_true(zone_select(wrong[i]) < 0);
	assert_int_equal(zone_select("Mars/Olympus"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_begin_at_the_zones_midnight),
		cmocka_unit_test(a_start_and_its_date_belong_together),
		cmocka_unit_test(times_are_written_with_their_offset),
		cmocka_unit_test(months_are_counted_over_years),
		cmocka_unit_test(what_is_no_zone_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
