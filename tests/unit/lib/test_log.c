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

#include "user/lib/log.h"

static char output[4096];

/* What is written to standard error while a message is told. */
static const char *said(enum log_level level, const char *text)
{
	FILE *file = tmpfile();
	int before = dup(STDERR_FILENO);
	ssize_t size;

	assert_non_null(file);
	fflush(stderr);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	errno = ENOENT;
	log_message(level, "%s", text);
	assert_int_equal(errno, ENOENT);
	fflush(stderr);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	size = pread(fileno(file), output, sizeof(output) - 1, 0);
	assert_true(size >= 0);
	output[size] = '\0';
	fclose(file);
	return output;
}

static void a_message_is_one_line_that_drives_no_terminal(void **state)
{
	char longest[3000];

	(void)state;
	assert_string_equal(
		said(LOG_LEVEL_ERROR, "観測: \033[2J\nno"), "teiten: error: 観測: ?[2J?no\n");
	assert_string_equal(said(LOG_LEVEL_INFO, "eth1: detached"), "teiten: eth1: detached\n");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(strlen(said(LOG_LEVEL_INFO, longest)), strlen("teiten: ") + 1023 + 1);
}

static void a_warning_says_that_it_is_one(void **state)
{
	(void)state;
	assert_string_equal(said(LOG_LEVEL_WARNING, "x"), "teiten: warning: x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_one_line_that_drives_no_terminal),
		cmocka_unit_test(a_warning_says_that_it_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
