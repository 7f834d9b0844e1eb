/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stories: a small darknet whose 40 busy ports get two packets every minute, and what happens to
 * one more port. Minutes are counted from the start, a midnight.
 */
#include "user/detect/detect.h"
#include "user/model/port.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define START INT64_C(1388534400) /* Wednesday 2014-01-01 */
#define DAY 1440
#define BUSY 40
#define MAX_TOLD 4096

/* What a story adds in a minute: counts appended at *n. */
typedef void (*story)(uint32_t minute, struct series_count *counts, size_t *n, double *exposure);

struct told {
	struct event event;
	uint32_t minute;
};

static struct detect *detect;
static struct event_list events;
static struct told told[MAX_TOLD];
static size_t told_count;
static uint32_t busy_factor = 1;

static int new_detect(void **state)
{
	struct detect_parameters parameters = detect_defaults();

	(void)state;
	parameters.capacity = 512;
	parameters.cells = 512;
	told_count = 0;
	busy_factor = 1;
	events.capacity = DETECT_MAX_EVENTS;
	events.events = calloc(events.capacity, sizeof(*events.events));
	return events.events ? detect_new(&parameters, &detect) : -1;
}

static int free_detect(void **state)
{
	(void)state;
	detect_free(detect);
	free(events.events);
	return 0;
}

static series_key tcp(uint32_t port)
{
	return series_make(SERIES_PORT, port_row(PORT_TCP, port), 0);
}

static series_key tcp_from(uint32_t port, const char *code)
{
	country_id country = COUNTRY_ZZ;

	assert_true(country_find(code, &country));
	return series_make(SERIES_CELL, port_row(PORT_TCP, port), country);
}

static void add(struct series_count *counts, size_t *n, series_key key, uint32_t packets)
{
	if (packets)
		counts[(*n)++] = (struct series_count){key, packets};
}

static void play_minute(uint32_t minute, story tell)
{
	struct series_count counts[BUSY + 256];
	double exposure = 1;
	size_t n = 0;

	for (uint32_t i = 0; i < BUSY; i++)
		add(counts, &n, tcp(1000 + i), 2 * busy_factor);
	if (tell)
		tell(minute, counts, &n, &exposure);
	events.count = 0;
	detect_counts(detect, START + (int64_t)minute * 60, exposure, counts, n, &events);
	for (size_t i = 0; i < events.count && told_count < MAX_TOLD; i++)
		told[told_count++] = (struct told){events.events[i], minute};
}

static void play(uint32_t from, uint32_t to, story tell)
{
	for (uint32_t minute = from; minute < to; minute++)
		play_minute(minute, tell);
}

static void assert_told(size_t number, uint32_t minute, enum event_phase phase, series_key key,
	enum event_kind kind, uint32_t scale)
{
	const struct event *event = &told[number].event;
	char text[SERIES_TEXT_MAX];

	assert_true(number < told_count);
	series_format(event->key, text);
	if (told[number].minute != minute || event->phase != phase || event->key != key ||
		event->kind != kind || event->scale != scale)
		fail_msg("event %zu: minute %u %s %s %s scale %u", number, told[number].minute,
			event_phase_name(event->phase), text, event_kind_name(event->kind),
			event->scale);
	assert_int_equal(event->time, START + (int64_t)minute * 60);
}

/* -- A rise -------------------------------------------------------------------------------- */

#define BURST (2 * DAY + 600)

static void burst(uint32_t minute, struct series_count *counts, size_t *n, double *exposure)
{
	(void)exposure;
	if (minute == BURST)
		add(counts, n, tcp(5000), 200);
}

static void a_burst_is_told_in_its_minute_and_ends_after_two_quiet_hours(void **state)
{
	const struct event *open = &told[0].event;

	(void)state;
	play(0, BURST + 600, burst);
	assert_int_equal(told_count, 2);
	assert_told(0, BURST, EVENT_OPEN, tcp(5000), EVENT_NEW_PORT, 1);
	assert_true(open->observed == 200);
	assert_int_equal(open->onset, START + BURST * 60);
	assert_true(open->expected > 0 && open->expected < .01);
	assert_true(open->exposure == 1 && open->g == 1);
	assert_true(isnan(open->sources));
	/* Its own hour, 10:00 to 10:59, is not quiet; those to 12:59 are. */
	assert_told(1, BURST + 179, EVENT_END, tcp(5000), EVENT_NEW_PORT, 0);
	assert_int_equal(told[1].event.reason, EVENT_REASON_ENDED);
	assert_string_equal(told[1].event.id, open->id);
	assert_string_equal(told[1].event.incident, open->incident);
	assert_string_equal(open->id, "e52c68a20-0");
	assert_string_equal(open->incident, "i52c68a20-0");
}

static void early_burst(uint32_t minute, struct series_count *counts, size_t *n, double *exposure)
{
	(void)exposure;
	if (minute == DAY - 1 || minute == DAY + 30)
		add(counts, n, tcp(5000 + minute), 200);
}

static void nothing_is_told_in_the_first_day(void **state)
{
	(void)state;
	play(0, DAY + 31, early_burst);
	assert_int_equal(told_count, 1);
	assert_told(0, DAY + 30, EVENT_OPEN, tcp(5000 + DAY + 30), EVENT_NEW_PORT, 1);
}

/* Three packets a minute until a midnight; from then on thirty. */
#define STEP (6 * DAY)

static void step(uint32_t minute, struct series_count *counts, size_t *n, double *exposure)
{
	(void)exposure;
	add(counts, n, tcp(8080), minute < STEP ? 3 : 30);
	if (minute == STEP + 5 * DAY)
		add(counts, n, tcp(8080), 0);
	if (minute >= STEP + 5 * DAY)
		counts[*n - 1].packets = 300;
}

static void a_level_that_stays_becomes_the_new_normal_and_a_later_one_names_it(void **state)
{
	size_t end = 0, second = 0;

	(void)state;
	play(0, STEP + 5 * DAY + 10, step);
	assert_told(0, STEP, EVENT_OPEN, tcp(8080), EVENT_SURGE, 1);
	for (size_t i = 1; i < told_count; i++) {
		if (told[i].event.phase == EVENT_END)
			end = i;
		if (told[i].event.phase == EVENT_OPEN)
			second = i;
	}
	assert_told(end, STEP + 3 * DAY + 59, EVENT_END, tcp(8080), EVENT_SURGE, 0);
	assert_int_equal(told[end].event.reason, EVENT_REASON_NEW_NORMAL);
	assert_true(second > end);
	assert_int_equal(told[second].minute, STEP + 5 * DAY);
	assert_string_equal(told[second].event.prev, told[0].event.incident);
	assert_string_equal(told[0].event.prev, "");
}

static void updates_come_for_coarser_windows_and_daily(void **state)
{
	(void)state;
	play(0, STEP + 3 * DAY, step);
	assert_told(0, STEP, EVENT_OPEN, tcp(8080), EVENT_SURGE, 1);
	for (size_t i = 1; i < told_count; i++) {
		assert_int_equal(told[i].event.phase, EVENT_UPDATE);
		assert_string_equal(told[i].event.id, told[0].event.id);
	}
	/* An hour, six hours and the days join; the excess doubles now and then; then once a day.
	 */
	assert_in_range(told_count, 5, 16);
}

/* -- Incidents ----------------------------------------------------------------------------- */

static void country(uint32_t minute, struct series_count *counts, size_t *n, double *exposure)
{
	uint32_t more = minute >= BURST && minute < BURST + 30 ? 90 : 0;

	(void)exposure;
	add(counts, n, tcp(23), 6 + more);
	add(counts, n, tcp_from(23, "CN"), 3 + more);
	add(counts, n, tcp_from(23, "US"), 2);
}

static void a_port_and_the_country_that_explains_it_are_one_incident(void **state)
{
	(void)state;
	play(0, BURST + 1, country);
	assert_int_equal(told_count, 2);
	assert_told(0, BURST, EVENT_OPEN, tcp(23), EVENT_SURGE, 1);
	assert_told(1, BURST, EVENT_OPEN, tcp_from(23, "CN"), EVENT_SURGE, 1);
	assert_string_equal(told[0].event.incident, told[1].event.incident);
	assert_int_equal(told[0].event.face, tcp_from(23, "CN"));
	assert_int_equal(told[0].event.members, 2);
}

static void sweep(uint32_t minute, struct series_count *counts, size_t *n, double *exposure)
{
	(void)exposure;
	for (uint32_t i = 0; i < 12; i++)
		if (minute == BURST + i / 4)
			add(counts, n, tcp(7000 + i), 100);
}

static void many_ports_at_once_are_one_sweep(void **state)
{
	series_key whole = series_make(SERIES_SWEEP, 0, 0);
	size_t sweeps = 0, ends = 0, later = 0;

	(void)state;
	play(0, BURST + 300, sweep);
	for (size_t i = 0; i < told_count; i++) {
		const struct event *event = &told[i].event;

		sweeps += event->key == whole && event->phase == EVENT_OPEN;
		ends += event->phase == EVENT_END;
		if (told[i].minute > BURST && event->key != whole) {
			assert_int_equal(event->face, whole);
			later++;
		}
		assert_string_equal(
			event->incident, told[told[i].minute == BURST ? i : 0].event.incident);
	}
	assert_int_equal(sweeps, 1);
	/* Eight more opens, an update of each of the first four, twelve ends. */
	assert_int_equal(later, 8 + 4 - (told[0].event.face == whole) + 12 - 0);
	assert_int_equal(ends, 13);
	assert_int_equal(detect_health(detect).open, 0);
}

/* -- Falls, and what is common to all ------------------------------------------------------ */

#define FALL (5 * DAY + 360)

static void fall(uint32_t minute, struct series_count *counts, size_t *n, double *exposure)
{
	(void)exposure;
	add(counts, n, tcp(443), minute < FALL ? 5 : 0);
}

static void a_fall_to_nothing_is_told_at_the_end_of_six_hours(void **state)
{
	const struct event *open = &told[0].event;

	(void)state;
	play(0, FALL + 360, fall);
	assert_int_equal(told_count, 1);
	assert_told(0, FALL + 359, EVENT_OPEN, tcp(443), EVENT_DROP, 360);
	assert_true(open->observed == 0);
	assert_true(fabs(open->expected - 1800) < 60);
	assert_true(open->log10p == 0);
	assert_true(open->log10p_lower < -5);
	assert_true(open->excess < -1700);
}

static void a_darknet_that_doubles_is_one_event(void **state)
{
	(void)state;
	play(0, 5 * DAY + 100, NULL);
	busy_factor = 2;
	play(5 * DAY + 100, 6 * DAY, NULL);
	assert_int_equal(told_count, 1);
	/* Blocks of ten minutes from 01:40; the third ends at 02:09. */
	assert_told(0, 5 * DAY + 129, EVENT_OPEN, series_make(SERIES_COMMON_MODE, 0, 0),
		EVENT_COMMON_MODE, 10);
	assert_true(fabs(told[0].event.g - 2) < .1);
}

/* -- Time ---------------------------------------------------------------------------------- */

static void a_minute_that_is_not_after_the_last_is_ignored(void **state)
{
	(void)state;
	play(0, BURST, NULL);
	play_minute(BURST - 1, burst);
	play(BURST, BURST + 1, burst);
	play_minute(BURST, burst);
	play_minute(BURST - 7, burst);
	assert_int_equal(told_count, 1);
	assert_true(told[0].event.observed == 200);
	assert_int_equal(detect_health(detect).ignored_minutes, 3);
}

static void times_before_1970_or_beyond_the_clock_are_ignored(void **state)
{
	(void)state;
	detect_counts(detect, -60, 1, NULL, 0, &events);
	detect_counts(detect, INT64_MAX, 1, NULL, 0, &events);
	detect_counts(detect, START, 1, NULL, 0, &events);
	assert_int_equal(detect_health(detect).ignored_minutes, 2);
}

static void years_of_silence_cost_nothing_and_tell_nothing(void **state)
{
	(void)state;
	play(0, 3 * DAY, NULL);
	play(20000 * DAY, 20000 * DAY + 60, NULL);
	assert_int_equal(told_count, 0);
}

static void unwatched(uint32_t minute, struct series_count *counts, size_t *n, double *exposure)
{
	(void)counts;
	if (minute >= FALL) {
		*exposure = 0;
		*n = 0;
	}
}

static void minutes_that_were_not_watched_are_no_fall(void **state)
{
	(void)state;
	play(0, FALL + DAY, unwatched);
	assert_int_equal(told_count, 0);
}

static void absurd(uint32_t minute, struct series_count *counts, size_t *n, double *exposure)
{
	static const double exposures[] = {NAN, -1, INFINITY, 1e300, 0};

	add(counts, n, tcp(minute % 100), UINT32_MAX);
	add(counts, n, (series_key)(minute * 2654435761u), UINT32_MAX);
	*exposure = exposures[minute % 5];
}

static void absurd_counts_and_exposures_do_no_harm(void **state)
{
	(void)state;
	play(0, 3 * DAY, absurd);
	for (size_t i = 0; i < told_count; i++)
		assert_false(isnan(told[i].event.observed) && told[i].event.phase == EVENT_OPEN &&
			     told[i].event.r > 0);
}

/* -- Capacity ------------------------------------------------------------------------------ */

static void new_series_beyond_capacity_are_counted_and_change_nothing(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 600; i++) {
		struct series_count count = {tcp(i), 1};

		detect_counts(detect, START + i * 60, 1, &count, 1, &events);
	}
	assert_int_equal(detect_health(detect).series, 512);
	assert_int_equal(detect_health(detect).refused_series, 88);
}

static void country_cells_leave_room_for_ports(void **state)
{
	struct detect_parameters parameters = detect_defaults();
	struct series_count count = {0, 1};
	struct detect *small;

	(void)state;
	parameters.capacity = 100;
	assert_int_equal(detect_new(&parameters, &small), 0);
	for (uint32_t i = 0; i < 200; i++) {
		count.key = series_make(SERIES_CELL, i, 40);
		detect_counts(small, START + i * 60, 1, &count, 1, &events);
	}
	assert_int_equal(detect_health(small).series, 75);
	assert_int_equal(detect_health(small).refused_series, 125);
	for (uint32_t i = 0; i < 25; i++) {
		count.key = tcp(i);
		detect_counts(small, START + (200 + i) * 60, 1, &count, 1, &events);
	}
	assert_int_equal(detect_health(small).series, 100);
	detect_free(small);
}

static void parameters_out_of_range_are_refused(void **state)
{
	struct detect_parameters parameters = detect_defaults();
	struct detect *none;

	(void)state;
	parameters.false_events_per_day = NAN;
	assert_int_equal(detect_new(&parameters, &none), -EINVAL);
	parameters = detect_defaults();
	parameters.floor_scale = 0;
	assert_int_equal(detect_new(&parameters, &none), -EINVAL);
	parameters = detect_defaults();
	parameters.capacity = 0;
	assert_int_equal(detect_new(&parameters, &none), -EINVAL);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, new_detect, free_detect)
	const struct CMUnitTest tests[] = {
		STORY(a_burst_is_told_in_its_minute_and_ends_after_two_quiet_hours),
		STORY(nothing_is_told_in_the_first_day),
		STORY(a_level_that_stays_becomes_the_new_normal_and_a_later_one_names_it),
		STORY(updates_come_for_coarser_windows_and_daily),
		STORY(a_port_and_the_country_that_explains_it_are_one_incident),
		STORY(many_ports_at_once_are_one_sweep),
		STORY(a_fall_to_nothing_is_told_at_the_end_of_six_hours),
		STORY(a_darknet_that_doubles_is_one_event),
		STORY(a_minute_that_is_not_after_the_last_is_ignored),
		STORY(times_before_1970_or_beyond_the_clock_are_ignored),
		STORY(years_of_silence_cost_nothing_and_tell_nothing),
		STORY(minutes_that_were_not_watched_are_no_fall),
		STORY(absurd_counts_and_exposures_do_no_harm),
		STORY(new_series_beyond_capacity_are_counted_and_change_nothing),
		STORY(country_cells_leave_room_for_ports),
		STORY(parameters_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
