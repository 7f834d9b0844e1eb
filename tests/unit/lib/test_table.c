/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/lib/table.h"

static const struct table_column columns[] = {
	{"time", 20}, {"name", 6}, {"count", -7}, {"ratio", -6}};

static struct table table;
static char output[4096];

/* Two rows of every kind of value, as text. */
static const char *print(enum table_format format, unsigned int rows)
{
	FILE *file = tmpfile();
	ssize_t size;

	assert_non_null(file);
	assert_int_equal(table_start(&table, fileno(file), format, columns, 4), 0);
	if (rows > 0) {
		table_time(&table, 1392076800);
		table_string(&table, "a");
		table_unsigned(&table, UINT64_MAX);
		table_double(&table, -0.5);
		table_end_row(&table);
	}
	if (rows > 1) {
		table_time(&table, 1392076860);
		table_string(&table, "x,\"y\"\n\\\x1b");
		table_nothing(&table);
		table_double(&table, NAN);
		table_end_row(&table);
	}
	assert_int_equal(table_finish(&table), 0);
	size = pread(fileno(file), output, sizeof(output) - 1, 0);
	assert_true(size >= 0);
	output[size] = '\0';
	fclose(file);
	return output;
}

static void csv_quotes_only_what_needs_it(void **state)
{
	(void)state;
	assert_string_equal(print(TABLE_CSV, 2),
		"time,name,count,ratio\n"
		"2014-02-11T00:00:00Z,a,18446744073709551615,-0.5\n"
		"2014-02-11T00:01:00Z,\"x,\"\"y\"\"\n\\\x1b\",,\n");
	assert_string_equal(print(TABLE_CSV, 0), "time,name,count,ratio\n");
}

static void json_is_one_array_without_unknown_values(void **state)
{
	(void)state;
	assert_string_equal(print(TABLE_JSON, 2),
		"[\n{\"time\":\"2014-02-11T00:00:00Z\",\"name\":\"a\","
		"\"count\":18446744073709551615,\"ratio\":-0.5},\n"
		"{\"time\":\"2014-02-11T00:01:00Z\",\"name\":\"x,\\\"y\\\"\\u000a\\\\\\u001b\"}\n"
		"]\n");
	assert_string_equal(print(TABLE_JSON, 0), "[]\n");
}

static void text_is_aligned_and_drives_no_terminal(void **state)
{
	(void)state;
	assert_string_equal(print(TABLE_TEXT, 2),
		"time                  name      count   ratio\n"
		"2014-02-11T00:00:00Z  a       18446744073709551615    -0.5\n"
		"2014-02-11T00:01:00Z  x,\"y\"?\\?                 \n");
}

static void japanese_is_aligned_by_its_columns(void **state)
{
	FILE *file = tmpfile();
	static const char *const names[] = {"観測", "ab", "\xe2\x80\xae観\xff"};
	ssize_t size;

	(void)state;
	assert_non_null(file);
	assert_int_equal(table_start(&table, fileno(file), TABLE_TEXT, columns + 1, 2), 0);
	for (size_t i = 0; i < 3; i++) {
		table_string(&table, names[i]);
		table_unsigned(&table, 7);
		table_end_row(&table);
	}
	assert_int_equal(table_finish(&table), 0);
	size = pread(fileno(file), output, sizeof(output) - 1, 0);
	assert_true(size >= 0);
	output[size] = '\0';
	assert_string_equal(output, "name      count\n"
				    "観測          7\n"
				    "ab            7\n"
				    "?観?          7\n");
	fclose(file);
}

static void long_output_is_whole(void **state)
{
	FILE *file = tmpfile();
	const struct table_column one[] = {{"n", 0}};
	char line[32];
	unsigned int count = 0;

	(void)state;
	assert_non_null(file);
	assert_int_equal(table_start(&table, fileno(file), TABLE_CSV, one, 1), 0);
	for (unsigned int i = 0; i < 100000; i++) {
		table_unsigned(&table, i);
		table_end_row(&table);
	}
	assert_int_equal(table_finish(&table), 0);
	rewind(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "n\n");
	while (fgets(line, sizeof(line), file)) {
		char expected[32];

		snprintf(expected, sizeof(expected), "%u\n", count++);
		assert_string_equal(line, expected);
	}
	assert_int_equal(count, 100000);
	fclose(file);
}

static void a_failed_write_is_told(void **state)
{
	int full = open("/dev/full", O_WRONLY), ends[2];

	(void)state;
	assert_true(full >= 0);
	assert_int_equal(table_start(&table, full, TABLE_CSV, columns, 4), 0);
	assert_int_equal(table_finish(&table), -ENOSPC);
	close(full);

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(table_start(&table, ends[1], TABLE_JSON, columns, 4), 0);
	for (unsigned int i = 0; i < 100000; i++) {
		table_unsigned(&table, i);
		table_end_row(&table);
	}
	assert_int_equal(table_error(&table), -EPIPE);
	assert_int_equal(table_finish(&table), -EPIPE);
	close(ends[1]);
}

static void formats_have_names(void **state)
{
	enum table_format format = TABLE_TEXT;

	(void)state;
	assert_int_equal(table_format_find("json", &format), 0);
	assert_int_equal(format, TABLE_JSON);
	assert_int_equal(table_format_find("xml", &format), -EINVAL);
	assert_int_equal(format, TABLE_JSON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_quotes_only_what_needs_it),
		cmocka_unit_test(json_is_one_array_without_unknown_values),
		cmocka_unit_test(text_is_aligned_and_drives_no_terminal),
		cmocka_unit_test(japanese_is_aligned_by_its_columns),
		cmocka_unit_test(long_output_is_whole),
		cmocka_unit_test(a_failed_write_is_told),
		cmocka_unit_test(formats_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
