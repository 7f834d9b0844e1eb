/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void a_file_gets_no_colours(void **state)
{
	FILE *out = tmpfile();

	(void)state;
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_false(terminal_has_colours(out));
	fclose(out);
}

static void a_terminal_gets_colours_unless_refused(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	FILE *out;

	(void)state;
	if (master < 0 || grantpt(master) || unlockpt(master) ||
		!(out = fopen(ptsname(master), "w"))) {
		print_message("SKIP: there are no pseudo-terminals here\n");
		skip();
	}
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_true(terminal_has_colours(out));
	assert_int_equal(setenv("NO_COLOR", "", 1), 0);
	assert_true(terminal_has_colours(out));
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	assert_false(terminal_has_colours(out));
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_int_equal(setenv("TERM", "dumb", 1), 0);
	assert_false(terminal_has_colours(out));
	assert_int_equal(unsetenv("TERM"), 0);
	assert_false(terminal_has_colours(out));
	fclose(out);
	close(master);
}

static void the_locale_says_whether_unicode_is_understood(void **state)
{
	FILE *out = tmpfile();

	(void)state;
	assert_int_equal(setenv("LC_ALL", "C", 1), 0);
	assert_false(terminal_has_unicode());
	assert_int_equal(setenv("LC_ALL", "C.UTF-8", 1), 0);
	assert_true(terminal_has_unicode());
	assert_int_equal(setenv("LC_ALL", "no_such_locale", 1), 0);
	assert_false(terminal_has_unicode());
	assert_int_equal(terminal_look(out).width, PAGE_UNLIMITED);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_gets_no_colours),
		cmocka_unit_test(a_terminal_gets_colours_unless_refused),
		cmocka_unit_test(the_locale_says_whether_unicode_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
