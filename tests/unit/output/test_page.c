/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "user/lib/columns.h"
#include "user/output/page.h"

static char buffer[4096];
static struct page page;

static void start(unsigned int width, unsigned int height, bool colours)
{
	const struct page_look look = {width, height, colours, true};

	page_init(&page, buffer, sizeof(buffer), &look);
}

static void columns_line_up_and_nothing_trails(void **state)
{
	(void)state;
	start(PAGE_UNLIMITED, PAGE_UNLIMITED, false);
	page_text(&page, STYLE_BOLD, "観測点");
	page_to(&page, 8);
	page_right(&page, STYLE_PLAIN, 14, "4,321");
	page_to(&page, 40);
	page_line(&page);
	page_text(&page, STYLE_PLAIN, "23/tcp");
	page_to(&page, 8);
	page_right(&page, STYLE_PLAIN, 14, "12,345,678");
	page_to(&page, 3);
	page_text(&page, STYLE_PLAIN, "x");
	assert_string_equal(page_finish(&page), "観測点   4,321\n"
						"23/tcp   12,345,678 x\n");
}

static void colours_enclose_each_text_and_none_come_from_it(void **state)
{
	(void)state;
	start(12, 9, true);
	page_text(&page, STYLE_RED, "\033[2Ja");
	page_to(&page, 7);
	page_text(&page, STYLE_PLAIN, "b");
	page_text(&page, STYLE_YELLOW, "cdefghij");
	assert_string_equal(page_finish(&page), "\033[1;31m?[2Ja\033[0m  b\033[33mcdef\033[0m\n");
}

static void width_and_height_are_never_exceeded(void **state)
{
	(void)state;
	start(5, 2, false);
	page_text(&page, STYLE_PLAIN, "観測点");
	page_line(&page);
	page_cut(&page, STYLE_PLAIN, 9, "abcdefgh");
	page_line(&page);
	assert_int_equal(page_left(&page), 0);
	page_text(&page, STYLE_PLAIN, "too late");
	assert_string_equal(page_finish(&page), "観測\nabcd…\n");
	start(5, 0, false);
	page_text(&page, STYLE_PLAIN, "none");
	assert_string_equal(page_finish(&page), "");
}

static void a_full_buffer_ends_at_a_whole_line(void **state)
{
	char small[48];
	const struct page_look look = {PAGE_UNLIMITED, PAGE_UNLIMITED, true, true};

	(void)state;
	page_init(&page, small, sizeof(small), &look);
	for (int i = 0; i < 20; i++) {
		page_text(&page, STYLE_DIM, "0123456789");
		page_line(&page);
	}
	assert_string_equal(
		page_finish(&page), "\033[2m0123456789\033[0m\n\033[2m0123456789\033[0m\n");
}

static void sparklines_tell_zero_from_a_gap(void **state)
{
	const double values[] = {0, NAN, 1, 50, 100, INFINITY, 1e-9};
	const struct page_look ascii = {20, 9, false, false};

	(void)state;
	start(20, 9, false);
	page_sparkline(&page, STYLE_PLAIN, values, 7);
	assert_string_equal(page_finish(&page), "▁ ▂▅█ ▂\n");
	page_init(&page, buffer, sizeof(buffer), &ascii);
	page_sparkline(&page, STYLE_PLAIN, values, 7);
	page_cut(&page, STYLE_PLAIN, 4, "観測点のはなし");
	assert_string_equal(page_finish(&page), "_ .=# .??..\n");
	start(3, 9, false);
	page_sparkline(&page, STYLE_PLAIN, values, 7);
	assert_string_equal(page_finish(&page), "▁ ▂\n");
}

static void sentences_break_between_words(void **state)
{
	(void)state;
	start(20, 9, false);
	page_text(&page, STYLE_PLAIN, "! ");
	page_wrap(&page, STYLE_PLAIN, 2, "the last minute stored is 400 s old");
	page_wrap(&page, STYLE_PLAIN, 0, "averyveryverylongwordindeed it is");
	assert_string_equal(page_finish(&page), "! the last minute\n"
						"  stored is 400 s\n"
						"  old\n"
						"averyveryverylongwor\n"
						"it is\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_line_up_and_nothing_trails),
		cmocka_unit_test(colours_enclose_each_text_and_none_come_from_it),
		cmocka_unit_test(width_and_height_are_never_exceeded),
		cmocka_unit_test(a_full_buffer_ends_at_a_whole_line),
		cmocka_unit_test(sparklines_tell_zero_from_a_gap),
		cmocka_unit_test(sentences_break_between_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
