/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/packet_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOON 1391256000 /* 2014-02-01T12:00:00Z */
#define MINUTE 60
#define HOUR 3600
#define DAY 86400

/* One packet, nothing behind it that could agree with a leap. */
static struct packet_step step(struct packet_clock *clock, int64_t seconds)
{
	return packet_clock_step(clock, seconds, NULL);
}

static struct packet_step step_before(
	struct packet_clock *clock, int64_t seconds, int64_t following)
{
	return packet_clock_step(clock, seconds, &following);
}

static int64_t minute_of(const struct packet_clock *clock)
{
	int64_t start = -1;

	packet_clock_minute(clock, &start);
	return start;
}

/* A clock with one packet at noon. */
static struct packet_clock at_noon(void)
{
	struct packet_clock clock = packet_clock_new(PACKET_CLOCK_GAP);
	struct packet_step first = step(&clock, NOON);

	assert_int_equal(first.date, PACKET_IN_TIME);
	assert_false(first.closes);
	assert_int_equal(minute_of(&clock), NOON);
	return clock;
}

static void assert_moved(const struct packet_step *moved, uint64_t empty, uint64_t gap)
{
	assert_int_equal(moved->date, PACKET_IN_TIME);
	assert_true(moved->closes);
	assert_int_equal(moved->empty_minutes, empty);
	assert_int_equal(moved->gap_minutes, gap);
}

static void assert_stayed(const struct packet_step *stayed, enum packet_date date)
{
	assert_int_equal(stayed->date, date);
	assert_false(stayed->closes);
	assert_int_equal(stayed->empty_minutes, 0);
	assert_int_equal(stayed->gap_minutes, 0);
}

static void packets_of_one_minute_are_counted_in_it(void **state)
{
	struct packet_clock clock = at_noon();
	struct packet_step last = step(&clock, NOON + 59);
	struct packet_minute minute;

	(void)state;
	assert_stayed(&last, PACKET_IN_TIME);
	assert_true(packet_clock_finish(&clock, &minute));
	assert_int_equal(minute.start, NOON);
	assert_int_equal(minute.packets, 2);
	assert_int_equal(minute.late, 0);
	assert_int_equal(minute.misdated, 0);
}

static void a_packet_of_the_next_minute_closes_the_current_one(void **state)
{
	struct packet_clock clock = at_noon();
	struct packet_step next;

	(void)state;
	step(&clock, NOON + 1);
	next = step(&clock, NOON + MINUTE);
	assert_moved(&next, 0, 0);
	assert_int_equal(next.closed.start, NOON);
	assert_int_equal(next.closed.packets, 2);
	assert_int_equal(minute_of(&clock), NOON + MINUTE);
	assert_int_equal(clock.current.packets, 1);
}

static void a_minute_starts_at_a_multiple_of_sixty(void **state)
{
	struct packet_clock clock = packet_clock_new(PACKET_CLOCK_GAP);

	(void)state;
	step(&clock, NOON + 59);
	assert_int_equal(minute_of(&clock), NOON);
}

static void a_jump_of_the_limit_is_covered_and_one_minute_more_is_a_gap(void **state)
{
	struct packet_clock clock = at_noon();
	struct packet_step moved = step(&clock, NOON + 60 * MINUTE);

	(void)state;
	assert_moved(&moved, 59, 0);
	clock = at_noon();
	moved = step(&clock, NOON + 61 * MINUTE);
	assert_moved(&moved, 0, 60);
	assert_int_equal(minute_of(&clock), NOON + 61 * MINUTE);
}

static void the_limit_of_a_jump_can_be_set(void **state)
{
	struct packet_clock clock = packet_clock_new(5);
	struct packet_step moved;

	(void)state;
	step(&clock, NOON);
	moved = step(&clock, NOON + 5 * MINUTE);
	assert_moved(&moved, 4, 0);
	moved = step(&clock, NOON + 11 * MINUTE);
	assert_moved(&moved, 0, 5);
}

static void with_no_limit_at_all_the_next_minute_is_no_gap(void **state)
{
	struct packet_clock clock = packet_clock_new(0);
	struct packet_step moved;

	(void)state;
	step(&clock, NOON);
	moved = step(&clock, NOON + MINUTE);
	assert_moved(&moved, 0, 0);
	moved = step(&clock, NOON + 3 * MINUTE);
	assert_moved(&moved, 0, 1);
}

static void an_older_packet_is_counted_in_the_current_minute_as_late(void **state)
{
	struct packet_clock clock = at_noon();
	struct packet_step late = step(&clock, NOON - 1);
	struct packet_minute minute;

	(void)state;
	assert_stayed(&late, PACKET_LATE);
	late = step(&clock, 0);
	assert_stayed(&late, PACKET_LATE);
	assert_true(packet_clock_finish(&clock, &minute));
	assert_int_equal(minute.start, NOON);
	assert_int_equal(minute.packets, 3);
	assert_int_equal(minute.late, 2);
	assert_int_equal(minute.misdated, 0);
}

static void disorder_within_the_minute_is_not_late(void **state)
{
	struct packet_clock clock = packet_clock_new(PACKET_CLOCK_GAP);
	struct packet_step earlier;

	(void)state;
	step(&clock, NOON + 59);
	earlier = step(&clock, NOON);
	assert_stayed(&earlier, PACKET_IN_TIME);
}

static void late_counts_start_again_with_each_minute(void **state)
{
	struct packet_clock clock = at_noon();
	struct packet_step moved;

	(void)state;
	step(&clock, NOON - 1);
	moved = step(&clock, NOON + MINUTE);
	assert_int_equal(moved.closed.late, 1);
	assert_int_equal(clock.current.late, 0);
}

static void a_time_outside_1970_to_9999_is_misdated(void **state)
{
	static const int64_t absurd[] = {-1, INT64_MIN, PACKET_CLOCK_LATEST + 1, INT64_MAX};
	struct packet_clock clock = at_noon();
	struct packet_minute minute;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct packet_step misdated = step_before(&clock, absurd[i], absurd[i]);

		assert_false(packet_clock_leaps(&clock, absurd[i]));
		assert_stayed(&misdated, PACKET_MISDATED);
	}
	assert_true(packet_clock_finish(&clock, &minute));
	assert_int_equal(minute.packets, 5);
	assert_int_equal(minute.misdated, 4);
	assert_int_equal(minute.late, 0);
}

static void twenty_four_hours_ahead_need_no_agreement(void **state)
{
	struct packet_clock clock = at_noon();
	struct packet_step moved;

	(void)state;
	assert_false(packet_clock_leaps(&clock, NOON + DAY));
	moved = step(&clock, NOON + DAY);
	assert_moved(&moved, 0, 1439);
}

static void one_second_more_moves_only_when_the_next_packet_agrees(void **state)
{
	struct packet_clock clock = at_noon();
	struct packet_step leap;

	(void)state;
	assert_true(packet_clock_leaps(&clock, NOON + DAY + 1));
	leap = step_before(&clock, NOON + DAY + 1, NOON + DAY + 2);
	assert_moved(&leap, 0, 1439);
	assert_int_equal(minute_of(&clock), NOON + DAY);

	clock = at_noon();
	leap = step_before(&clock, NOON + DAY + 1, NOON + 1);
	assert_stayed(&leap, PACKET_MISDATED);
	assert_int_equal(minute_of(&clock), NOON);
	assert_int_equal(clock.current.misdated, 1);
}

static void the_last_packet_of_all_cannot_leap(void **state)
{
	struct packet_clock clock = at_noon();
	struct packet_step leap = step(&clock, NOON + 2 * DAY);

	(void)state;
	assert_stayed(&leap, PACKET_MISDATED);
}

/* {time of the packet behind the leap to noon + 10 days, whether it agrees}. */
static void agreement_is_within_24_hours_and_nearer_than_the_last_packet(void **state)
{
	static const struct {
		int64_t leap;
		int64_t following;
		bool agrees;
	} cases[] = {
		{NOON + 10 * DAY, NOON + 11 * DAY, true},
		{NOON + 10 * DAY, NOON + 11 * DAY + 1, false},
		{NOON + 10 * DAY, NOON + 9 * DAY, true},
		{NOON + 10 * DAY, NOON + 9 * DAY - 1, false},
		{NOON + 10 * DAY, NOON, false},
		/* Within 24 hours of both: the nearer one counts, and the last one when equal. */
		{NOON + 26 * HOUR, NOON + 13 * HOUR + 1, true},
		{NOON + 26 * HOUR, NOON + 13 * HOUR, false},
		{NOON + 26 * HOUR, NOON + 2 * HOUR, false},
		/* An absurd time agrees with nothing, not even with an absurd one. */
		{PACKET_CLOCK_LATEST, PACKET_CLOCK_LATEST + 1, false},
		{PACKET_CLOCK_LATEST, PACKET_CLOCK_LATEST, true},
		{NOON + 10 * DAY, INT64_MIN, false},
		{NOON + 10 * DAY, INT64_MAX, false},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct packet_clock clock = at_noon();
		struct packet_step leap = step_before(&clock, cases[i].leap, cases[i].following);

		assert_int_equal(leap.date, cases[i].agrees ? PACKET_IN_TIME : PACKET_MISDATED);
	}
}

static void a_late_or_misdated_packet_is_not_what_a_leap_is_measured_from(void **state)
{
	struct packet_clock clock = at_noon();

	(void)state;
	step(&clock, NOON - 5 * DAY);
	step_before(&clock, NOON + 5 * DAY, NOON);
	assert_false(packet_clock_leaps(&clock, NOON + DAY));
	assert_true(packet_clock_leaps(&clock, NOON + DAY + 1));
	assert_true(packet_clock_leaps(&clock, NOON + 5 * DAY));
}

static void a_leap_is_measured_from_the_last_packet_not_from_the_latest(void **state)
{
	struct packet_clock clock = packet_clock_new(PACKET_CLOCK_GAP);

	(void)state;
	step(&clock, NOON + 59);
	step(&clock, NOON + 2);
	assert_false(packet_clock_leaps(&clock, NOON + 2 + DAY));
	assert_true(packet_clock_leaps(&clock, NOON + 3 + DAY));
}

static void two_wild_packets_that_differ_do_not_move_the_clock(void **state)
{
	struct packet_clock clock = at_noon();
	struct packet_step first = step_before(&clock, NOON + 300 * DAY, NOON + 900 * DAY);
	struct packet_step second = step_before(&clock, NOON + 900 * DAY, NOON + 1);
	struct packet_step third = step(&clock, NOON + 1);

	(void)state;
	assert_stayed(&first, PACKET_MISDATED);
	assert_stayed(&second, PACKET_MISDATED);
	assert_stayed(&third, PACKET_IN_TIME);
}

static void a_leap_of_eight_thousand_years_is_one_number(void **state)
{
	struct packet_clock clock = packet_clock_new(PACKET_CLOCK_GAP);
	struct packet_step leap;

	(void)state;
	step(&clock, 0);
	leap = step_before(&clock, PACKET_CLOCK_LATEST, PACKET_CLOCK_LATEST);
	assert_moved(&leap, 0, PACKET_CLOCK_LATEST / MINUTE - 1);
}

static void absurd_packets_at_the_start_are_counted_in_the_first_minute(void **state)
{
	struct packet_clock clock = packet_clock_new(PACKET_CLOCK_GAP);
	struct packet_step first = step(&clock, -5);
	struct packet_minute minute;
	int64_t start = 7;

	(void)state;
	assert_stayed(&first, PACKET_MISDATED);
	assert_false(packet_clock_minute(&clock, &start));
	assert_int_equal(start, 7);
	first = step(&clock, NOON + 5);
	assert_stayed(&first, PACKET_IN_TIME);
	assert_true(packet_clock_finish(&clock, &minute));
	assert_int_equal(minute.start, NOON);
	assert_int_equal(minute.packets, 2);
	assert_int_equal(minute.misdated, 1);
}

static void without_any_date_there_is_no_minute(void **state)
{
	struct packet_clock clock = packet_clock_new(PACKET_CLOCK_GAP);
	struct packet_minute minute;

	(void)state;
	assert_false(packet_clock_finish(&clock, &minute));
	step(&clock, -1);
	step(&clock, INT64_MAX);
	assert_false(packet_clock_finish(&clock, &minute));
	assert_int_equal(clock.current.packets, 2);
}

static void a_finished_clock_has_nothing_more_to_finish(void **state)
{
	struct packet_clock clock = at_noon();
	struct packet_minute minute;
	int64_t start;

	(void)state;
	assert_true(packet_clock_finish(&clock, &minute));
	assert_false(packet_clock_finish(&clock, &minute));
	assert_false(packet_clock_minute(&clock, &start));
}

static void behind_a_stored_minute_the_next_one_closes_nothing(void **state)
{
	struct packet_clock clock = packet_clock_after(PACKET_CLOCK_GAP, NOON);
	struct packet_step next = step(&clock, NOON + 3 * MINUTE);

	(void)state;
	assert_int_equal(next.date, PACKET_IN_TIME);
	assert_false(next.closes);
	assert_int_equal(next.empty_minutes, 2);
	assert_int_equal(next.gap_minutes, 0);
	assert_int_equal(minute_of(&clock), NOON + 3 * MINUTE);
}

static void packets_of_a_stored_minute_are_late_in_the_minute_after_it(void **state)
{
	struct packet_clock clock = packet_clock_after(PACKET_CLOCK_GAP, NOON);
	struct packet_step late = step(&clock, NOON + 59);
	struct packet_minute minute;

	(void)state;
	assert_stayed(&late, PACKET_LATE);
	assert_int_equal(minute_of(&clock), NOON + MINUTE);
	late = step(&clock, NOON + MINUTE);
	assert_stayed(&late, PACKET_IN_TIME);
	assert_true(packet_clock_finish(&clock, &minute));
	assert_int_equal(minute.start, NOON + MINUTE);
	assert_int_equal(minute.packets, 2);
	assert_int_equal(minute.late, 1);
}

static void a_leap_is_measured_from_the_end_of_the_stored_minute(void **state)
{
	struct packet_clock clock = packet_clock_after(PACKET_CLOCK_GAP, NOON);

	(void)state;
	assert_false(packet_clock_leaps(&clock, NOON + 59 + DAY));
	assert_true(packet_clock_leaps(&clock, NOON + 60 + DAY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_one_minute_are_counted_in_it),
		cmocka_unit_test(a_packet_of_the_next_minute_closes_the_current_one),
		cmocka_unit_test(a_minute_starts_at_a_multiple_of_sixty),
		cmocka_unit_test(a_jump_of_the_limit_is_covered_and_one_minute_more_is_a_gap),
		cmocka_unit_test(the_limit_of_a_jump_can_be_set),
		cmocka_unit_test(with_no_limit_at_all_the_next_minute_is_no_gap),
		cmocka_unit_test(an_older_packet_is_counted_in_the_current_minute_as_late),
		cmocka_unit_test(disorder_within_the_minute_is_not_late),
		cmocka_unit_test(late_counts_start_again_with_each_minute),
		cmocka_unit_test(a_time_outside_1970_to_9999_is_misdated),
		cmocka_unit_test(twenty_four_hours_ahead_need_no_agreement),
		cmocka_unit_test(one_second_more_moves_only_when_the_next_packet_agrees),
		cmocka_unit_test(the_last_packet_of_all_cannot_leap),
		cmocka_unit_test(agreement_is_within_24_hours_and_nearer_than_the_last_packet),
		cmocka_unit_test(a_late_or_misdated_packet_is_not_what_a_leap_is_measured_from),
		cmocka_unit_test(a_leap_is_measured_from_the_last_packet_not_from_the_latest),
		cmocka_unit_test(two_wild_packets_that_differ_do_not_move_the_clock),
		cmocka_unit_test(a_leap_of_eight_thousand_years_is_one_number),
		cmocka_unit_test(absurd_packets_at_the_start_are_counted_in_the_first_minute),
		cmocka_unit_test(without_any_date_there_is_no_minute),
		cmocka_unit_test(a_finished_clock_has_nothing_more_to_finish),
		cmocka_unit_test(behind_a_stored_minute_the_next_one_closes_nothing),
		cmocka_unit_test(packets_of_a_stored_minute_are_late_in_the_minute_after_it),
		cmocka_unit_test(a_leap_is_measured_from_the_end_of_the_stored_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
