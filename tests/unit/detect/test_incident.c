/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/incident.h"

#include "user/model/port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define NOW 23000000u

static struct incident_book *book;

static int empty_book(void **state)
{
	(void)state;
	incident_book_clear(book);
	return 0;
}

static int take_book(void **state)
{
	(void)state;
	book = malloc(sizeof(*book));
	return book ? 0 : -1;
}

static int drop_book(void **state)
{
	(void)state;
	free(book);
	return 0;
}

static series_key port(uint32_t row)
{
	return series_make(SERIES_PORT, row, 0);
}

static series_key cell(uint32_t row, country_id country)
{
	return series_make(SERIES_CELL, row, country);
}

static uint16_t join(series_key key, uint32_t minute, bool *begins)
{
	struct incident_member member = {key, minute, minute, true};
	bool ignored;

	return incident_join(book, &member, 0, begins ? begins : &ignored);
}

static void a_port_and_its_country_are_one_incident(void **state)
{
	uint16_t first = join(port(23), NOW, NULL);

	(void)state;
	assert_int_equal(join(cell(23, 40), NOW + 3, NULL), first);
	assert_int_not_equal(join(port(24), NOW + 3, NULL), first);
	assert_int_equal(book->incidents[first].members, 2);
}

static void an_incident_takes_members_for_sixty_minutes_after_its_last(void **state)
{
	uint16_t first = join(port(23), NOW, NULL);

	(void)state;
	incident_leave(book, first, NOW + 100);
	assert_int_equal(join(cell(23, 40), NOW + 160, NULL), first);
	incident_leave(book, first, NOW + 200);
	assert_int_not_equal(join(cell(23, 41), NOW + 261, NULL), first);
}

static void a_window_that_began_before_the_end_overlaps(void **state)
{
	struct incident_member day = {cell(23, 40), NOW + 900, NOW + 100, false};
	uint16_t first = join(port(23), NOW, NULL);
	bool begins;

	(void)state;
	incident_leave(book, first, NOW + 150);
	assert_int_equal(incident_join(book, &day, 1, &begins), first);
}

static void nobody_joins_after_seven_days(void **state)
{
	uint16_t first = join(port(23), NOW, NULL);

	(void)state;
	assert_int_equal(join(cell(23, 40), NOW + 10079, NULL), first);
	assert_int_not_equal(join(cell(23, 41), NOW + 10080, NULL), first);
}

static void the_face_is_the_country_from_eighty_percent(void **state)
{
	uint16_t number = join(port(23), NOW, NULL);

	(void)state;
	join(cell(23, 40), NOW, NULL);
	incident_excess(book, number, port(23), 100);
	incident_excess(book, number, cell(23, 40), 79);
	assert_int_equal(incident_face(book, number), port(23));
	incident_excess(book, number, cell(23, 40), 80);
	assert_int_equal(incident_face(book, number), cell(23, 40));
}

static void eight_families_in_ten_minutes_are_a_sweep(void **state)
{
	uint16_t numbers[9];
	bool begins = false;

	(void)state;
	for (uint32_t i = 0; i < 7; i++) {
		numbers[i] = join(port(i), NOW + i, &begins);
		assert_false(begins);
	}
	numbers[7] = join(port(7), NOW + 10, &begins);
	assert_true(begins);
	numbers[8] = join(port(8), NOW + 20, &begins);
	assert_false(begins);
	for (uint32_t i = 0; i < 9; i++)
		assert_int_equal(incident_current(book, numbers[i]), numbers[0]);
	assert_int_equal(incident_face(book, numbers[0]), series_make(SERIES_SWEEP, 0, 0));
	assert_int_equal(book->incidents[numbers[0]].members, 9);
	/* Eleven minutes without one more end it. */
	assert_int_not_equal(incident_current(book, join(port(9), NOW + 31, &begins)), numbers[0]);
}

static void seven_families_and_an_old_one_are_no_sweep(void **state)
{
	bool begins;

	(void)state;
	join(port(0), NOW, NULL);
	for (uint32_t i = 1; i < 8; i++) {
		join(port(i), NOW + 11, &begins);
		assert_false(begins);
	}
}

static void ledger_classes_are_no_part_of_a_sweep(void **state)
{
	bool begins;

	(void)state;
	for (uint32_t i = 0; i < 7; i++)
		join(port(i), NOW, NULL);
	join(series_make(SERIES_CLASS, 7, 0), NOW, &begins);
	assert_false(begins);
}

static void a_total_is_part_of_what_it_sums_over(void **state)
{
	series_key syn = series_make(SERIES_CLASS, TT_TCP_SYN, 0);
	series_key udp = series_make(SERIES_CLASS, TT_UDP_OTHER, 0);
	uint16_t first = join(port(23), NOW, NULL);

	(void)state;
	incident_excess(book, first, port(23), 100);
	assert_int_equal(join(syn, NOW, NULL), first);
	incident_excess(book, first, syn, 1000);
	assert_int_equal(incident_face(book, first), port(23));
	assert_int_not_equal(join(udp, NOW, NULL), first);
	assert_int_equal(join(series_make(SERIES_FANOUT, PORT_TCP, 0), NOW + 5, NULL), first);
}

static void what_is_over_is_forgotten_after_a_week(void **state)
{
	uint16_t first = join(port(23), NOW, NULL);

	(void)state;
	incident_leave(book, first, NOW);
	incident_expire(book, NOW + 10080);
	assert_true(book->incidents[first].is_used);
	incident_expire(book, NOW + 10081);
	assert_false(book->incidents[first].is_used);
	assert_int_equal(book->free_count, INCIDENTS);
}

static void a_full_book_refuses_and_counts(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < INCIDENTS; i++)
		assert_int_not_equal(join(port(i), NOW + 20 * i, NULL), INCIDENT_NONE);
	assert_int_equal(join(port(70000), NOW + 20 * INCIDENTS, NULL), INCIDENT_NONE);
	assert_int_equal(book->refused, 1);
	/* A family that has one still joins it. */
	assert_int_not_equal(
		join(cell(INCIDENTS - 1, 40), NOW + 20 * INCIDENTS, NULL), INCIDENT_NONE);
}

static void a_book_that_contradicts_itself_is_refused(void **state)
{
	uint16_t number = join(port(23), NOW, NULL);

	(void)state;
	assert_int_equal(incident_book_rebuild(book), 0);
	book->incidents[number].merged = number;
	assert_true(incident_book_rebuild(book) < 0);
	book->incidents[number].merged = INCIDENT_NONE;
	book->recent.count = SWEEP_FAMILIES;
	assert_true(incident_book_rebuild(book) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_port_and_its_country_are_one_incident, empty_book),
		cmocka_unit_test_setup(
			an_incident_takes_members_for_sixty_minutes_after_its_last, empty_book),
		cmocka_unit_test_setup(a_window_that_began_before_the_end_overlaps, empty_book),
		cmocka_unit_test_setup(nobody_joins_after_seven_days, empty_book),
		cmocka_unit_test_setup(the_face_is_the_country_from_eighty_percent, empty_book),
		cmocka_unit_test_setup(eight_families_in_ten_minutes_are_a_sweep, empty_book),
		cmocka_unit_test_setup(seven_families_and_an_old_one_are_no_sweep, empty_book),
		cmocka_unit_test_setup(ledger_classes_are_no_part_of_a_sweep, empty_book),
		cmocka_unit_test_setup(a_total_is_part_of_what_it_sums_over, empty_book),
		cmocka_unit_test_setup(what_is_over_is_forgotten_after_a_week, empty_book),
		cmocka_unit_test_setup(a_full_book_refuses_and_counts, empty_book),
		cmocka_unit_test_setup(a_book_that_contradicts_itself_is_refused, empty_book),
	};

	return cmocka_run_group_tests(tests, take_book, drop_book);
}
