/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "user/engine/tsv.h"

static void texts_come_back_as_they_were(void **state)
{
	static const char *const texts[] = {"", "plain", "a\tb\nc\\d", "\\N", "'; DROP TABLE x; --",
		"\\", "\xff\xfe", "caf\xc3\xa9"};
	char *fields[16], row[256];
	struct tsv tsv;

	(void)state;
	assert_int_equal(tsv_reserve(&tsv, sizeof(row)), 0);
	for (size_t i = 0; i < 8; i++)
		tsv_text(&tsv, texts[i]);
	assert_true(tsv_end_row(&tsv));
	assert_int_equal(tsv.data[tsv.used - 1], '\n');
	memcpy(row, tsv.data, tsv.used);
	row[tsv.used - 1] = '\0';
	assert_null(strchr(row, '\n'));
	assert_int_equal(tsv_split(row, fields, 16), 8);
	for (size_t i = 0; i < 8; i++)
		assert_string_equal(fields[i], texts[i]);
	tsv_release(&tsv);
}

static void numbers_are_written_whole(void **state)
{
	static const char expected[] =
		"0\t18446744073709551615\t-9223372036854775808\t7\t0.5\tnan\t"
		"nan\n";
	struct tsv tsv;

	(void)state;
	assert_int_equal(tsv_reserve(&tsv, 256), 0);
	tsv_unsigned(&tsv, 0);
	tsv_unsigned(&tsv, UINT64_MAX);
	tsv_signed(&tsv, INT64_MIN);
	tsv_signed(&tsv, 7);
	tsv_double(&tsv, .5);
	tsv_double(&tsv, NAN);
	tsv_double(&tsv, INFINITY);
	assert_true(tsv_end_row(&tsv));
	assert_int_equal(tsv.used, strlen(expected));
	assert_memory_equal(tsv.data, expected, tsv.used);
	tsv_release(&tsv);
}

static void a_row_that_does_not_fit_is_not_there(void **state)
{
	struct tsv tsv;

	(void)state;
	assert_int_equal(tsv_reserve(&tsv, 8), 0);
	tsv_text(&tsv, "abc");
	assert_true(tsv_end_row(&tsv));
	tsv_text(&tsv, "defgh");
	assert_false(tsv_end_row(&tsv));
	assert_int_equal(tsv.used, 4);
	assert_int_equal(tsv.rows, 1);
	tsv_text(&tsv, "def");
	assert_true(tsv_end_row(&tsv));
	assert_memory_equal(tsv.data, "abc\ndef\n", 8);
	tsv_clear(&tsv);
	tsv_text(&tsv, "defghij");
	assert_true(tsv_end_row(&tsv));
	tsv_release(&tsv);
}

static void too_many_fields_and_cut_escapes_are_refused(void **state)
{
	char three[] = "a\tb\tc", cut[] = "a\tb\\", empty[] = "";
	char *fields[2];

	(void)state;
	assert_int_equal(tsv_split(three, fields, 2), 0);
	assert_int_equal(tsv_split(cut, fields, 2), 0);
	assert_int_equal(tsv_split(empty, fields, 2), 1);
	assert_string_equal(fields[0], "");
}

static void a_literal_cannot_be_left(void **state)
{
	char out[64];

	(void)state;
	assert_int_equal(tsv_sql_literal("it's", out, sizeof(out)), 7);
	assert_string_equal(out, "'it\\'s'");
	tsv_sql_literal("\\'; DROP", out, sizeof(out));
	assert_string_equal(out, "'\\\\\\'; DROP'");
	tsv_sql_literal("\n\x01", out, sizeof(out));
	assert_string_equal(out, "'\\x0A\\x01'");
	assert_int_equal(tsv_sql_literal("long", out, 6), 0);
	assert_int_equal(tsv_sql_literal("", out, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come_back_as_they_were),
		cmocka_unit_test(numbers_are_written_whole),
		cmocka_unit_test(a_row_that_does_not_fit_is_not_there),
		cmocka_unit_test(too_many_fields_and_cut_escapes_are_refused),
		cmocka_unit_test(a_literal_cannot_be_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
