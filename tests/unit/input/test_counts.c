/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/counts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define TEXT "# 1388534400 60 2\nK 1 tcp/23\nK 0 tcp/23@CN\n"

/* "TCS1", start 1388534400, step 60, two names. */
#define HEADER "TCS1\x80\x5a\xc3\x52\x3c\0\0\0\2\0\0\0\6\0tcp/23\t\0tcp/23@CN"
/* Minute 7, exposure .5, id 0: 3, id 1: 258. */
#define MINUTE "\7\0\0\0\0\0\0\x3f\2\0\0\0\0\0\0\0\3\0\0\0\1\0\0\0\2\1\0\0"

/* Read a whole stream; returns its minutes, or the error, which must mention what. */
static int read_all(const char *bytes, size_t size, const char *what, struct counts_minute *last)
{
	FILE *file = fmemopen((void *)(uintptr_t)bytes, size ? size : 1, "r");
	struct counts_reader *reader;
	struct counts_minute minute;
	int minutes = 0, got;

	assert_non_null(file);
	if (size == 0)
		getc(file);
	got = counts_open(file, &reader);
	while (got == 0) {
		got = counts_next(reader, &minute);
		if (got == 0)
			break;
		if (got < 0)
			continue;
		minutes++;
		if (last)
			*last = minute;
		got = 0;
	}
	if (what && !strstr(counts_error(reader), what))
		fail_msg("'%s' does not mention '%s'", counts_error(reader), what);
	if (!what)
		assert_string_equal(counts_error(reader), "");
	counts_close(reader);
	fclose(file);
	return got < 0 ? got : minutes;
}

static void refuse(const char *bytes, size_t size, const char *what)
{
	assert_int_equal(read_all(bytes, size, what, NULL), -EBADMSG);
}
#define REFUSE(literal, what) refuse(literal, sizeof(literal) - 1, what)

static void both_forms_say_the_same(void **state)
{
	static const char binary[] = HEADER MINUTE;
	static const char text[] = TEXT "M 7 0.5 2\n0 3\n1 258\n";
	struct counts_minute minute = {0};

	(void)state;
	assert_int_equal(read_all(binary, sizeof(binary) - 1, NULL, &minute), 1);
	assert_int_equal(minute.index, 7);
	assert_int_equal(minute.start, 1388534400 + 7 * 60);
	assert_true(minute.exposure == .5);
	assert_int_equal(minute.entry_count, 2);
	minute = (struct counts_minute){0};
	assert_int_equal(read_all(text, sizeof(text) - 1, NULL, &minute), 1);
	assert_int_equal(minute.start, 1388534400 + 7 * 60);
	assert_true(minute.exposure == .5);
}

static void counts_and_names_arrive_whole(void **state)
{
	static const char bytes[] = HEADER MINUTE MINUTE;
	FILE *file = fmemopen((void *)(uintptr_t)bytes, sizeof(bytes) - 1, "r");
	struct counts_reader *reader;
	struct counts_minute minute;

	(void)state;
	assert_int_equal(counts_open(file, &reader), 0);
	assert_int_equal(counts_name_count(reader), 2);
	assert_string_equal(counts_name(reader, 0), "tcp/23");
	assert_string_equal(counts_name(reader, 1), "tcp/23@CN");
	assert_int_equal(counts_next(reader, &minute), 1);
	assert_int_equal(minute.entries[0].count, 3);
	assert_int_equal(minute.entries[1].name, 1);
	assert_int_equal(minute.entries[1].count, 258);
	assert_int_equal(counts_next(reader, &minute), 1);
	assert_int_equal(counts_next(reader, &minute), 0);
	counts_close(reader);
	fclose(file);
}

static void every_cut_but_a_minutes_end_is_told(void **state)
{
	static const char bytes[] = HEADER MINUTE;
	const size_t header = sizeof(HEADER) - 1, whole = sizeof(bytes) - 1;

	(void)state;
	for (size_t size = 1; size < whole; size++)
		if (size != header)
			refuse(bytes, size, "the stream ends within a record");
	assert_int_equal(read_all(bytes, header, NULL, NULL), 0);
	assert_int_equal(read_all(bytes, whole, NULL, NULL), 1);
}

static void the_error_says_where(void **state)
{
	(void)state;
	REFUSE(HEADER "\7\0\0\0", "byte 39: ");
	REFUSE(TEXT "M 0 1 1\n0 1 1\n", "line 5: ");
}

static void an_empty_or_foreign_stream_is_refused(void **state)
{
	(void)state;
	refuse("", 0, "the stream ends");
	REFUSE("TCS2aaaabbbbcccc", "not a counts stream");
	REFUSE("# 0 61 0\n", "step is 61 s");
	REFUSE("# 0 60 4294967295\n", "more than 1048576");
	REFUSE("# 0 60\n", "expected '# start step names'");
	REFUSE("TCS1\0\0\0\0\x3c\0\0\0\xff\xff\xff\xff", "more than 1048576");
}

static void names_must_be_printable_short_and_different(void **state)
{
	static const char spaced[] = "# 0 60 1\nK 0 caf\xc3\xa9 bar\n";

	(void)state;
	REFUSE("TCS1\0\0\0\0\x3c\0\0\0\1\0\0\0\0\0", "empty");
	REFUSE("TCS1\0\0\0\0\x3c\0\0\0\1\0\0\0\3\0a\0b", "printable");
	REFUSE("TCS1\0\0\0\0\x3c\0\0\0\1\0\0\0\2\0\xc0\x80", "printable");
	REFUSE("TCS1\0\0\0\0\x3c\0\0\0\1\0\0\0\1\0\x1b", "printable");
	REFUSE("# 0 60 2\nK 0 a\nK 0 b\n", "two names");
	REFUSE("# 0 60 2\nK 0 a\nK 1 a\n", "given twice");
	REFUSE("# 0 60 1\nK 1 a\n", "expected 'K id name'");
	assert_int_equal(read_all(spaced, sizeof(spaced) - 1, NULL, NULL), 0);
}

static void exposure_must_be_a_sane_number(void **state)
{
	(void)state;
	REFUSE(HEADER "\0\0\0\0\0\0\xc0\x7f\0\0\0\0", "exposure nan");
	REFUSE(HEADER "\0\0\0\0\0\0\x80\x7f\0\0\0\0", "exposure inf");
	REFUSE(HEADER "\0\0\0\0\0\0\x80\xbf\0\0\0\0", "exposure -1");
	REFUSE(TEXT "M 0 nan 0\n", "exposure 0 to");
	REFUSE(TEXT "M 0 -1 0\n", "exposure 0 to");
	REFUSE(TEXT "M 0 1e9 0\n", "exposure 0 to");
}

static void ids_must_exist_and_ascend(void **state)
{
	(void)state;
	REFUSE(TEXT "M 0 1 1\n2 5\n", "id 2 of 2 names");
	REFUSE(TEXT "M 0 1 2\n1 5\n0 5\n", "ids must ascend");
	REFUSE(TEXT "M 0 1 2\n1 5\n1 5\n", "ids must ascend");
	REFUSE(TEXT "M 0 1 3\n0 1\n1 1\n", "3 counts for 2 names");
	REFUSE(TEXT "M 0 1 1\n0 4294967296\n", "expected 'id count'");
	REFUSE(HEADER "\0\0\0\0\0\0\x80\x3f\xff\xff\xff\xff", "4294967295 counts");
}

static void a_minute_beyond_the_clock_is_refused(void **state)
{
	(void)state;
	REFUSE(TEXT "M 4294967295 1 0\n", "too far ahead");
	REFUSE(TEXT "M 4294967296 1 0\n", "expected 'M minute");
}

static void minutes_that_repeat_or_go_back_are_passed_on(void **state)
{
	static const char text[] = TEXT "M 7 1 0\nM 7 1 0\nM 3 1 0\n";
	struct counts_minute last;

	(void)state;
	assert_int_equal(read_all(text, sizeof(text) - 1, NULL, &last), 3);
	assert_int_equal(last.index, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_say_the_same),
		cmocka_unit_test(counts_and_names_arrive_whole),
		cmocka_unit_test(every_cut_but_a_minutes_end_is_told),
		cmocka_unit_test(the_error_says_where),
		cmocka_unit_test(an_empty_or_foreign_stream_is_refused),
		cmocka_unit_test(names_must_be_printable_short_and_different),
		cmocka_unit_test(exposure_must_be_a_sane_number),
		cmocka_unit_test(ids_must_exist_and_ascend),
		cmocka_unit_test(a_minute_beyond_the_clock_is_refused),
		cmocka_unit_test(minutes_that_repeat_or_go_back_are_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
