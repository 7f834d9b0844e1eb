/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A short eventful stream: bursts, a rise, a sweep, a country, a fall, a missed drain and an outage
 * over four days and a half, on 60 ports of pseudo-random counts.
 */
#include "user/detect/state.h"
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
#include <zlib.h>
#include <cmocka.h>

#define START INT64_C(1388534400)
#define DAY 1440u
#define MINUTES (4 * DAY + 600)
#define PORTS 60
#define MAX_LINES 2000
#define LINE 320

struct lines {
	char line[MAX_LINES][LINE];
	size_t count;
};

static struct event_list events;

static struct detect *fresh(void)
{
	struct detect_parameters parameters = detect_defaults();
	struct detect *detect;

	parameters.capacity = 256;
	assert_int_equal(detect_new(&parameters, &detect), 0);
	return detect;
}

static uint32_t noise(uint32_t minute, uint32_t port)
{
	uint32_t value = minute * 2654435761u ^ port * 2246822519u;

	value ^= value >> 15;
	value *= 2246822519u;
	return (value ^ value >> 13) >> 24;
}

static uint32_t count_of(uint32_t minute, uint32_t port)
{
	uint32_t day = minute / DAY, hour = minute / 60 % 24;
	uint32_t packets = noise(minute, port) % (2 + port % 5);

	if (port < 3 && hour == 3 * port + 2 && minute % 60 == 17)
		packets += 120; /* bursts at a time of each day */
	if (port == 7 && minute > 2 * DAY + 700)
		packets += 20; /* a rise that stays */
	if (port >= 20 && port < 32 && minute >= 3 * DAY + 500 && minute < 3 * DAY + 520)
		packets += 60; /* a sweep */
	if (port == 40 && day >= 4)
		packets = 0; /* a fall */
	return packets;
}

static double exposure_of(uint32_t minute)
{
	if (minute >= 3 * DAY + 100 && minute < 3 * DAY + 160)
		return 0;
	return minute == 3 * DAY + 900 ? 0 : minute == 3 * DAY + 901 ? 2 : 1;
}

static void write_lines(struct lines *lines)
{
	for (size_t i = 0; i < events.count; i++) {
		const struct event *event = &events.events[i];

		assert_true(lines->count < MAX_LINES);
		snprintf(lines->line[lines->count++], LINE,
			"%s %s %s %d %d %x %x %u %lld %lld %a %a %a %a %a %a %a %d %d %u",
			event->id, event->incident, event->prev, event->phase, event->kind,
			event->key, event->face, event->scale, (long long)event->time,
			(long long)event->onset, event->observed, event->expected, event->r,
			event->log10p, event->exposure, event->g, event->season, event->severity,
			event->reason, event->members);
	}
	events.count = 0;
}

/* The ports in ascending or descending order. */
static void judge(struct detect *detect, uint32_t minute, bool backwards)
{
	struct series_count counts[PORTS];
	size_t n = 0;

	for (uint32_t i = 0; i < PORTS; i++) {
		uint32_t port = backwards ? PORTS - 1 - i : i;
		uint32_t packets = exposure_of(minute) == 0 ? 0 : count_of(minute, port);

		if (packets)
			counts[n++] = (struct series_count){
				series_make(SERIES_PORT, port_row(PORT_TCP, port), 0), packets};
	}
	detect_counts(
		detect, START + (int64_t)minute * 60, exposure_of(minute), counts, n, &events);
}

static struct detect *restart(struct detect *detect)
{
	struct detect_parameters parameters = detect_defaults();
	struct detect *loaded;
	uint8_t *data;
	size_t size;

	parameters.capacity = 256;
	assert_int_equal(detect_save(detect, &data, &size), 0);
	assert_int_equal(detect_load(&parameters, data, size, &loaded), 0);
	free(data);
	detect_free(detect);
	return loaded;
}

/* Play all; restart before each minute from .. to - 1 that is a multiple of step. */
static struct lines *play(uint32_t from, uint32_t to, uint32_t step, bool backwards)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	struct detect *detect = fresh();

	assert_non_null(lines);
	for (uint32_t minute = 0; minute < MINUTES; minute++) {
		if (minute >= from && minute < to && minute % step == 0)
			detect = restart(detect);
		judge(detect, minute, backwards);
		write_lines(lines);
	}
	detect_free(detect);
	return lines;
}

static void assert_same(struct lines *left, struct lines *right)
{
	assert_int_equal(left->count, right->count);
	for (size_t i = 0; i < left->count; i++)
		assert_string_equal(left->line[i], right->line[i]);
	free(left);
	free(right);
}

static int take_events(void **state)
{
	(void)state;
	events.capacity = DETECT_MAX_EVENTS;
	events.events = calloc(events.capacity, sizeof(*events.events));
	return events.events ? 0 : -1;
}

static int drop_events(void **state)
{
	(void)state;
	free(events.events);
	return 0;
}

static void the_stream_is_eventful(void **state)
{
	struct lines *lines = play(0, 0, 1, false);

	(void)state;
	assert_true(lines->count > 60);
	free(lines);
}

static void a_restart_at_every_minute_of_an_eventful_half_day_changes_nothing(void **state)
{
	(void)state;
	assert_same(play(0, 0, 1, false), play(3 * DAY + 80, 3 * DAY + 800, 1, false));
}

static void restarts_all_along_change_nothing(void **state)
{
	(void)state;
	assert_same(play(0, 0, 1, false), play(0, MINUTES, 37, false));
}

static void the_order_of_series_changes_nothing(void **state)
{
	(void)state;
	assert_same(play(0, 0, 1, false), play(0, 0, 1, true));
}

/* -- Damage -------------------------------------------------------------------------------- */

static void saved(uint8_t **data, size_t *size)
{
	struct detect *detect = fresh();

	for (uint32_t minute = 0; minute < 3 * DAY + 515; minute++)
		judge(detect, minute, false);
	events.count = 0;
	assert_int_equal(detect_save(detect, data, size), 0);
	detect_free(detect);
}

static int load(const uint8_t *data, size_t size, uint32_t capacity)
{
	struct detect_parameters parameters = detect_defaults();
	struct detect *detect;
	int error;

	parameters.capacity = capacity;
	error = detect_load(&parameters, data, size, &detect);
	if (!error)
		detect_free(detect);
	return error;
}

static void a_cut_snapshot_is_refused(void **state)
{
	uint8_t *data;
	size_t size;

	(void)state;
	saved(&data, &size);
	assert_int_equal(load(data, size, 256), 0);
	for (size_t cut = 0; cut < size; cut += cut < 200 ? 1 : 99991)
		assert_int_equal(load(data, cut, 256), -EBADMSG);
	assert_int_equal(load(data, size - 1, 256), -EBADMSG);
	free(data);
}

static void a_changed_bit_is_noticed(void **state)
{
	uint8_t *data;
	size_t size;

	(void)state;
	saved(&data, &size);
	for (size_t at = 0; at < size; at += at < 100 ? 1 : 99991) {
		data[at] ^= 4;
		assert_int_equal(load(data, size, 256), -EBADMSG);
		data[at] ^= 4;
	}
	free(data);
}

static void more_series_than_capacity_are_refused(void **state)
{
	uint8_t *data;
	size_t size;

	(void)state;
	saved(&data, &size);
	assert_int_equal(load(data, size, PORTS - 1), -ENOSPC);
	assert_int_equal(load(data, size, PORTS), 0);
	free(data);
}

/* Somebody who can write the file can also write its checksum. */
static void a_forged_snapshot_is_refused_or_does_no_harm(void **state)
{
	uint8_t *data, *forged;
	size_t size, loaded = 0;

	(void)state;
	saved(&data, &size);
	forged = malloc(size);
	assert_non_null(forged);
	for (uint32_t round = 0; round < 60; round++) {
		struct detect_parameters parameters = detect_defaults();
		struct detect *detect;
		uint32_t sum;

		memcpy(forged, data, size);
		for (uint32_t i = 0; i < 20; i++) {
			uint32_t at = noise(round * 20 + i, 1) << 16 |
				      noise(round * 20 + i, 2) << 8 | noise(round * 20 + i, 3);

			/* Half of the changes in the clock and the series, which come first. */
			at = 60 + at % (i % 2 ? 12000 : (uint32_t)size - 64);
			forged[at] = (uint8_t)noise(at, round);
		}
		sum = (uint32_t)crc32_z(0, forged, size - sizeof(sum));
		memcpy(forged + size - sizeof(sum), &sum, sizeof(sum));
		parameters.capacity = 256;
		if (detect_load(&parameters, forged, size, &detect))
			continue;
		loaded++;
		for (uint32_t minute = 3 * DAY + 515; minute < 4 * DAY + 10; minute++)
			judge(detect, minute, false);
		events.count = 0;
		detect_free(detect);
	}
	assert_true(loaded < 60);
	free(forged);
	free(data);
}

/* The checksum made good; what loads goes on for an hour and a day's end. */
static void load_forged(uint8_t *data, size_t size)
{
	struct detect_parameters parameters = detect_defaults();
	uint32_t sum = (uint32_t)crc32_z(0, data, size - sizeof(sum));
	struct detect *detect;

	memcpy(data + size - sizeof(sum), &sum, sizeof(sum));
	parameters.capacity = 256;
	if (detect_load(&parameters, data, size, &detect))
		return;
	for (uint32_t minute = 3 * DAY + 515; minute < 3 * DAY + 580; minute++)
		judge(detect, minute, false);
	judge(detect, 4 * DAY + 1, false);
	events.count = 0;
	detect_free(detect);
}

static void numbers_that_are_none_do_no_harm(void **state)
{
	const uint32_t nan_bits = 0xffc00000;
	uint8_t *data, *forged;
	size_t size;

	(void)state;
	saved(&data, &size);
	forged = malloc(size);
	assert_non_null(forged);
	for (size_t first = 0; first < 38; first++) {
		size_t end = 56 + sizeof(struct clock) + sizeof(struct judgement) +
			     PORTS * sizeof(struct series);

		memcpy(forged, data, size);
		/* One word of each series at a time, and whatever of the clock is as far apart. */
		for (size_t at = end - 4 * first - 4; at >= 56 + sizeof(struct series);
			at -= sizeof(struct series))
			memcpy(forged + at, &nan_bits, sizeof(nan_bits));
		load_forged(forged, size);
	}
	free(forged);
	free(data);
}

static void flags_that_are_neither_do_no_harm(void **state)
{
	uint8_t *data, *forged;
	size_t size, episodes;

	(void)state;
	saved(&data, &size);
	forged = malloc(size);
	assert_non_null(forged);
	episodes = size - 4 - PREDECESSORS * sizeof(struct predecessor) -
		   sizeof(struct incident_book) - EPISODES * sizeof(struct episode);
	for (size_t at = 0; at < sizeof(struct episode); at++) {
		memcpy(forged, data, size);
		for (unsigned int i = 0; i < 8; i++)
			forged[episodes + i * sizeof(struct episode) + at] = 2;
		load_forged(forged, size);
	}
	free(forged);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stream_is_eventful),
		cmocka_unit_test(a_restart_at_every_minute_of_an_eventful_half_day_changes_nothing),
		cmocka_unit_test(restarts_all_along_change_nothing),
		cmocka_unit_test(the_order_of_series_changes_nothing),
		cmocka_unit_test(a_cut_snapshot_is_refused),
		cmocka_unit_test(a_changed_bit_is_noticed),
		cmocka_unit_test(more_series_than_capacity_are_refused),
		cmocka_unit_test(a_forged_snapshot_is_refused_or_does_no_harm),
		cmocka_unit_test(numbers_that_are_none_do_no_harm),
		cmocka_unit_test(flags_that_are_neither_do_no_harm),
	};

	return cmocka_run_group_tests(tests, take_events, drop_events);
}
