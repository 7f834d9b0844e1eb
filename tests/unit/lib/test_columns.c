/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "user/lib/columns.h"

static char out[64];

static const char *clean(const char *text, size_t limit)
{
	columns_clean(text, strlen(text), limit, true, out, sizeof(out));
	return out;
}

static void japanese_takes_two_columns_a_character(void **state)
{
	(void)state;
	assert_int_equal(columns_of("観測", strlen("観測")), 4);
	assert_int_equal(columns_of("ｶﾅ", strlen("ｶﾅ")), 2);
	assert_int_equal(columns_of("23/tcp", 6), 6);
	assert_int_equal(columns_of("é", strlen("é")), 1);
	assert_int_equal(columns_of("e\xcc\x81", 3), 1);
}

static void a_character_that_does_not_fit_whole_ends_the_text(void **state)
{
	(void)state;
	assert_string_equal(clean("観測点", 5), "観測");
	assert_string_equal(clean("観測点", 6), "観測点");
	assert_int_equal(columns_clean("観測点", 9, 99, true, out, 7), 4);
	assert_string_equal(out, "観測");
	assert_int_equal(columns_clean("abc", 3, 99, true, out, 1), 0);
	assert_string_equal(out, "");
}

static void nothing_that_drives_a_terminal_is_left(void **state)
{
	static const char *const hostile[][2] = {
		{"\033]0;gone\a", "?]0;gone?"}, {"\033[2J\033[H", "?[2J?[H"},
		{"a\tb\r\nc\bd\x7f", "a?b??c?d?"},
		{"\xc2\x9b"
		 "31m",
			"?31m"},                          /* CSI as one character */
		{"\x9b\xff\xfe", "???"},                  /* raw bytes */
		{"\xc0\xafx", "??x"},                     /* not the shortest form */
		{"\xed\xa0\x80", "???"},                  /* half of a surrogate pair */
		{"\xf4\x90\x80\x80", "????"},             /* beyond Unicode */
		{"\xe6\x97", "??"},                       /* cut */
		{"\xe2\x80\xaeoxe\xe2\x80\xac", "?oxe?"}, /* right to left */
		{"a\xe2\x80\x8b\xef\xbb\xbf"
		 "b",
			"a??b"},     /* invisible */
		{"\xcc\x81x", "?x"}, /* an accent upon what is before */
		{"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81", "a\xcc\x81\xcc\x81\xcc\x81?"},
		{"\xf3\xa0\x81\x81", "?"}, /* a tag */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		assert_string_equal(clean(hostile[i][0], 60), hostile[i][1]);
		assert_int_equal(columns_of(hostile[i][0], strlen(hostile[i][0])),
			columns_of(hostile[i][1], strlen(hostile[i][1])));
	}
}

static void an_ascii_terminal_gets_ascii(void **state)
{
	(void)state;
	assert_int_equal(columns_clean("観a\033", 5, 9, false, out, sizeof(out)), 3);
	assert_string_equal(out, "?a?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(japanese_takes_two_columns_a_character),
		cmocka_unit_test(a_character_that_does_not_fit_whole_ends_the_text),
		cmocka_unit_test(nothing_that_drives_a_terminal_is_left),
		cmocka_unit_test(an_ascii_terminal_gets_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
