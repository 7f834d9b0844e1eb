/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/engine/backoff.h"
#include "user/engine/cursor.h"

static char path[64];

static int set_up(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/teiten-cursor-%d", (int)getpid());
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void write_text(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void marks_are_kept(void **state)
{
	struct cursor cursor = {1392076800, 1392073200, 1391990400, 1392076740, 17}, read;

	(void)state;
	assert_int_equal(cursor_load(path, &read), -ENOENT);
	assert_int_equal(read.minute, 0);
	assert_int_equal(cursor_save(path, &cursor), 0);
	assert_int_equal(cursor_load(path, &read), 0);
	assert_memory_equal(&read, &cursor, sizeof(cursor));
}

static void a_damaged_file_is_the_beginning(void **state)
{
	static const char *const texts[] = {"", "teiten push 1\n",
		"teiten push 2\nminute 1\nhour 1\nday 1\nevent 1\nrevised 1\n",
		"teiten push 1\nminute 1\nhour 1\nday 1\nevent 1\nrevised 1",
		"teiten push 1\nminute -1\nhour 1\nday 1\nevent 1\nrevised 1\n",
		"teiten push 1\nhour 1\nminute 1\nday 1\nevent 1\nrevised 1\n",
		"teiten push 1\nminute 99999999999999999999\nhour 1\nday 1\nevent 1\nrevised 1\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct cursor read = {.minute = 5};

		write_text(texts[i]);
		assert_int_equal(cursor_load(path, &read), -EBADMSG);
		assert_int_equal(read.minute, 0);
	}
}

static void going_back_is_to_whole_bins_and_never_forward(void **state)
{
	struct cursor cursor = {1392076800, 1392073200, 1391990400, 60, 17};

	(void)state;
	cursor_rewind(&cursor, 1392000125);
	assert_int_equal(cursor.minute, 1392000120);
	assert_int_equal(cursor.hour, 1391997600);
	assert_int_equal(cursor.day, 1391990400);
	assert_int_equal(cursor.event, 60);
	assert_int_equal(cursor.revised, 17);
	cursor_rewind(&cursor, -5);
	assert_int_equal(cursor.minute, 0);
}

static void waiting_doubles_up_to_a_limit_and_is_never_the_same(void **state)
{
	struct backoff one = {.random = 1}, other = {.random = 2};
	unsigned int equal = 0;

	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		uint32_t longest = i < 9 ? BACKOFF_FIRST_MS << i : BACKOFF_LIMIT_MS;
		uint32_t first = backoff_failed(&one), second = backoff_failed(&other);

		assert_in_range(first, longest / 2, longest);
		assert_in_range(second, longest / 2, longest);
		equal += first == second;
	}
	assert_in_range(equal, 0, 2);
	backoff_succeeded(&one);
	assert_in_range(backoff_failed(&one), BACKOFF_FIRST_MS / 2, BACKOFF_FIRST_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_are_kept),
		cmocka_unit_test(a_damaged_file_is_the_beginning),
		cmocka_unit_test(going_back_is_to_whole_bins_and_never_forward),
		cmocka_unit_test(waiting_doubles_up_to_a_limit_and_is_never_the_same),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
