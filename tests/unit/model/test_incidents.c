/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "user/model/incidents.h"

#define NOON INT64_C(1392120000)

static series_key key_of(const char *text)
{
	series_key key;

	assert_true(series_parse(text, &key));
	return key;
}

static struct event line(const char *id, const char *incident, const char *key, const char *face,
	enum event_phase phase, int64_t time, double excess)
{
	struct event event = event_blank();

	snprintf(event.id, sizeof(event.id), "%s", id);
	snprintf(event.incident, sizeof(event.incident), "%s", incident);
	event.key = key_of(key);
	event.face = key_of(face);
	event.phase = phase;
	event.kind = EVENT_SURGE;
	event.time = time;
	event.onset = phase == EVENT_END ? NOON : time - 600;
	event.excess = excess;
	event.observed = phase == EVENT_END ? NAN : excess + 1;
	return event;
}

static void add(struct incidents *incidents, struct event event)
{
	assert_int_equal(incidents_add(incidents, &event), 0);
}

static void lines_of_one_story_are_one_incident(void **state)
{
	struct incidents *incidents = incidents_new();
	const struct incident *list;
	struct event warning;
	size_t count;

	(void)state;
	add(incidents, line("e1-0", "i1", "tcp/23", "tcp/23", EVENT_OPEN, NOON, 20));
	add(incidents, line("e1-1", "i1", "tcp/23@CN", "tcp/23@CN", EVENT_OPEN, NOON + 60, 18));
	warning = line("e1-1", "i1", "tcp/23@CN", "tcp/23@CN", EVENT_UPDATE, NOON + 120, 90);
	warning.severity = EVENT_WARNING;
	add(incidents, warning);
	add(incidents, line("e1-0", "i1", "tcp/23", "tcp/23@CN", EVENT_UPDATE, NOON + 120, 95));
	list = incidents_list(incidents, &count);
	assert_int_equal(count, 1);
	assert_string_equal(list[0].id, "i1");
	assert_int_equal(list[0].key, key_of("tcp/23@CN"));
	assert_int_equal(list[0].severity, EVENT_WARNING);
	assert_int_equal(list[0].events, 2);
	assert_int_equal(list[0].open, 2);
	assert_int_equal(list[0].opened, NOON);
	assert_int_equal(list[0].onset, NOON - 600);
	assert_int_equal(list[0].last, NOON + 120);
	assert_true(list[0].peak.observed == 91);
	assert_int_equal(incidents_key(incidents, &list[0], 0), key_of("tcp/23"));
	assert_int_equal(incidents_key(incidents, &list[0], 1), key_of("tcp/23@CN"));

	add(incidents, line("e1-0", "i1", "tcp/23", "tcp/23@CN", EVENT_END, NOON + 7200, 99));
	list = incidents_list(incidents, &count);
	assert_int_equal(list[0].open, 1);
	assert_int_equal(list[0].reason, EVENT_REASON_NONE);
	warning = line("e1-1", "i1", "tcp/23@CN", "tcp/23@CN", EVENT_END, NOON + 7260, 120);
	warning.reason = EVENT_REASON_ENDED;
	add(incidents, warning);
	list = incidents_list(incidents, &count);
	assert_int_equal(list[0].open, 0);
	assert_int_equal(list[0].reason, EVENT_REASON_ENDED);
	assert_int_equal(list[0].last, NOON + 7260);
	/* An end has no numbers of a window: the peak stays, the excess is the largest. */
	assert_true(list[0].peak.observed == 91);
	assert_true(list[0].excess == 120);
	incidents_free(incidents);
}

/* Two ports rise by themselves; then a sweep takes both over. */
static void the_last_line_says_whose_an_event_is(void **state)
{
	struct incidents *incidents = incidents_new();
	const struct incident *list;
	struct event sweep;
	size_t count;

	(void)state;
	add(incidents, line("e1-0", "i1", "tcp/1", "tcp/1", EVENT_OPEN, NOON, 20));
	add(incidents, line("e2-0", "i2", "tcp/2", "tcp/2", EVENT_OPEN, NOON + 60, 20));
	incidents_list(incidents, &count);
	assert_int_equal(count, 2);
	add(incidents, line("e1-0", "i1", "tcp/1", "sweep", EVENT_UPDATE, NOON + 120, 30));
	add(incidents, line("e2-0", "i1", "tcp/2", "sweep", EVENT_UPDATE, NOON + 120, 40));
	sweep = line("e3-0", "i1", "sweep", "sweep", EVENT_OPEN, NOON + 120, NAN);
	sweep.kind = EVENT_SWEEP;
	add(incidents, sweep);
	list = incidents_list(incidents, &count);
	assert_int_equal(count, 1);
	assert_int_equal(list[0].kind, EVENT_SWEEP);
	assert_int_equal(list[0].key, key_of("sweep"));
	assert_int_equal(list[0].events, 3);
	assert_true(isnan(list[0].excess));
	assert_string_equal(incidents_of_event(incidents, "e2-0"), "i1");
	assert_null(incidents_of_event(incidents, "e9-0"));
	incidents_free(incidents);
}

/* A slow growth belongs to the incident: its onset is no window's start. */
static void a_growth_does_not_date_what_it_joins(void **state)
{
	struct incidents *incidents = incidents_new();
	struct event growth = line("e1-0", "i1", "tcp/1", "tcp/1", EVENT_OPEN, NOON, 20);
	const struct incident *list;
	size_t count;

	(void)state;
	growth.kind = EVENT_GROWTH;
	growth.onset = NOON - 7 * 86400;
	add(incidents, growth);
	list = incidents_list(incidents, &count);
	assert_int_equal(list[0].onset, NOON - 7 * 86400);
	add(incidents, line("e1-1", "i1", "tcp/2", "tcp/1", EVENT_OPEN, NOON + 60, 20));
	list = incidents_list(incidents, &count);
	assert_int_equal(list[0].onset, NOON + 60 - 600);
	incidents_free(incidents);
}

static void very_many_events_stay_apart(void **state)
{
	struct incidents *incidents = incidents_new();
	const struct incident *list;
	char id[EVENT_ID_MAX], incident[EVENT_ID_MAX];
	size_t count;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(id, sizeof(id), "e%x-%d", i, i % 7);
		snprintf(incident, sizeof(incident), "i%x", i % 2500);
		add(incidents, line(id, incident, "tcp/80", "tcp/80", EVENT_OPEN, NOON + i, i));
	}
	list = incidents_list(incidents, &count);
	assert_int_equal(count, 2500);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(list[i].opened, NOON + (int64_t)i);
		assert_int_equal(list[i].events, 2);
		assert_true(list[i].excess == (double)i + 2500);
	}
	incidents_free(incidents);
}

static void nothing_is_no_failure(void **state)
{
	struct incidents *incidents = incidents_new();
	struct event lone = line("e1-0", "", "tcp/80", "tcp/80", EVENT_OPEN, NOON, 5);
	const struct incident *list;
	size_t count = 9;

	(void)state;
	assert_non_null(incidents_list(incidents, &count));
	assert_int_equal(count, 0);
	/* What has no incident is one by itself. */
	add(incidents, lone);
	list = incidents_list(incidents, &count);
	assert_int_equal(count, 1);
	assert_string_equal(list[0].id, "e1-0");
	incidents_free(incidents);
	incidents_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_one_story_are_one_incident),
		cmocka_unit_test(the_last_line_says_whose_an_event_is),
		cmocka_unit_test(a_growth_does_not_date_what_it_joins),
		cmocka_unit_test(very_many_events_stay_apart),
		cmocka_unit_test(nothing_is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
