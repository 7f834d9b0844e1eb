/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/report/small_world.h"

/* A month in which seven packets got no country. */
static void packets_without_a_country_are_told_in_a_second_sentence(void **state)
{
	struct history *history = world_with(NULL, 0, 0, 0);
	struct files files = {0};

	(void)state;
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	assert_has_not(&files, ".en.html", "have no country");
	free_files(&files);

	minute_clear(&minute);
	minute.start = FEB11 + 1800;
	minute.unattributed = 7;
	add_alone(history, &minute);
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html", ". 7 packets of the month have no country.</dd>");
	free_files(&files);
	/* Japanese sentences have no space between them. */
	assert_int_equal(report(history, "UTC", LANGUAGE_JA, "", &files), 0);
	assert_has(&files, ".ja.html", "。当月の 7 件は国・地域が不明です。</dd>");
	free_files(&files);
	history_close(history);
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(packets_without_a_country_are_told_in_a_second_sentence),
	};

	assert_int_equal(minute_reserve(&minute), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
