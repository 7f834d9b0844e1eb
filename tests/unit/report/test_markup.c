/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "user/report/markup.h"

#define FFFD "\xef\xbf\xbd"

static struct buffer out;

static int empty(void **state)
{
	(void)state;
	buffer_release(&out);
	return 0;
}

static void assert_escaped(const char *text, const char *expected)
{
	buffer_clear(&out);
	markup_text(&out, text);
	assert_string_equal(out.bytes ? out.bytes : "", expected);
}

static void what_could_end_an_element_becomes_a_reference(void **state)
{
	(void)state;
	assert_escaped("<script>alert('x' & \"y\")</script>",
		"&lt;script&gt;alert(&#39;x&#39; &amp; &quot;y&quot;)&lt;/script&gt;");
	assert_escaped("--><!]]>", "--&gt;&lt;!]]&gt;");
	assert_escaped("plain text", "plain text");
	assert_escaped("", "");
}

static void bytes_that_are_no_characters_are_replaced(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"\xe4\xb8\xad\xe5\x9b\xbd", "\xe4\xb8\xad\xe5\x9b\xbd"}, /* 中国 */
		{"\xf0\x9f\x8c\x90", "\xf0\x9f\x8c\x90"},                 /* beyond the BMP */
		{"a\x80z", "a" FFFD "z"},                                 /* a stray byte */
		{"\xc0\xbcscript", FFFD FFFD "script"},                   /* overlong < */
		{"\xe0\x80\xbc", FFFD FFFD FFFD},                         /* overlong < */
		{"\xed\xa0\x80", FFFD FFFD FFFD},                         /* a surrogate */
		{"\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD},                /* above U+10FFFF */
		{"\xf5", FFFD},                                           /* no lead byte */
		{"\xe4\xb8", FFFD FFFD},                                  /* cut short */
		{"\xe4<", FFFD "&lt;"},                                   /* cut by markup */
		{"\x01\x1f\x7f", FFFD FFFD FFFD},                         /* controls */
		{"\xc2\x85", FFFD},                                       /* a C1 control */
		{"\xc2\xa0", "\xc2\xa0"},                                 /* no-break space */
		{"\xef\xbf\xbe\xef\xbf\xbf", FFFD FFFD},                  /* no characters */
		{"tab\tline\n", "tab\tline\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_escaped(cases[i].text, cases[i].expected);
}

static void formats_escape_values_and_nothing_else(void **state)
{
	(void)state;
	markup(&out, "<a title=\"%s\">%u of %zu, %.1f %%, %d</a>", "\"<>", 7u, (size_t)1 << 40,
		2.25, -3);
	assert_string_equal(
		out.bytes, "<a title=\"&quot;&lt;&gt;\">7 of 1099511627776, 2.2 %, -3</a>");
}

static void csv_quotes_only_what_needs_it(void **state)
{
	static const char *const cases[][2] = {{"tcp/23", "tcp/23"}, {"a,b", "\"a,b\""},
		{"say \"hi\"", "\"say \"\"hi\"\"\""}, {"two\nlines", "\"two\nlines\""}, {"", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_clear(&out);
		csv_field(&out, cases[i][0]);
		assert_string_equal(out.bytes ? out.bytes : "", cases[i][1]);
	}
}

/* Whatever bytes come, what is written has none that could open markup, and is UTF-8. */
static void no_bytes_get_through(void **state)
{
	uint64_t seed = 1;
	char text[64];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i + 1 < sizeof(text); i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			text[i] = (char)(seed >> 56);
		}
		text[sizeof(text) - 1] = '\0';
		buffer_clear(&out);
		markup_text(&out, text);
		if (out.bytes && strpbrk(out.bytes, "<>\"'"))
			fail_msg("markup got through: %s", out.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_could_end_an_element_becomes_a_reference, empty),
		cmocka_unit_test_teardown(bytes_that_are_no_characters_are_replaced, empty),
		cmocka_unit_test_teardown(formats_escape_values_and_nothing_else, empty),
		cmocka_unit_test_teardown(csv_quotes_only_what_needs_it, empty),
		cmocka_unit_test_teardown(no_bytes_get_through, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
