/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/event_table.h"

#include "user/output/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD                                                                                       \
	"time (UTC)        phase   severity  what                                over      seen  " \
	"expected    ratio  from\n"

static series_key key_of(const char *text)
{
	series_key key;

	assert_true(series_parse(text, &key));
	return key;
}

static void assert_printed(
	const struct event *events, size_t count, bool colours, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	event_table_print(out, events, count, colours);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void keys_are_named_as_people_say_them(void **state)
{
	static const char *const names[][2] = {
		{"tcp/23", "23/tcp"},
		{"icmp/8", "8/icmp"},
		{"tcp/23@CN", "23/tcp from CN"},
		{"udp-src53", "source port 53/udp"},
		{"udp-src53@JP", "source port 53/udp from JP"},
		{"fanout/tcp", "fanout/tcp"},
		{"class/tcp_backscatter", "class/tcp_backscatter"},
		{"sweep", "sweep"},
	};
	char name[EVENT_TABLE_NAME_MAX];

	(void)state;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		event_table_name(key_of(names[i][0]), name);
		assert_string_equal(name, names[i][1]);
	}
	event_table_name(UINT32_MAX, name);
	assert_string_equal(name, "?");
}

static void an_event_is_one_line(void **state)
{
	struct event event = event_blank();

	(void)state;
	event.kind = EVENT_NEW_PORT;
	event.key = key_of("tcp/5000");
	event.time = 1392077220;
	event.scale = 60;
	event.severity = EVENT_WARNING;
	event.reason = EVENT_REASON_ENDED;
	event.observed = 24;
	event.expected = 0.3;
	event.ratio = 80;
	event.top_country_count = 2;
	country_find("CN", &event.top_countries[0].country);
	event.top_countries[0].share = 0.396;
	country_find("US", &event.top_countries[1].country);
	event.top_countries[1].share = 0.12;
	assert_printed(&event, 1, false,
		HEAD "2014-02-11 00:07  open    warning   5000/tcp new_port                     "
		     "1h        24      0.30      80x  CN 40%, US 12%  (ended)\n");
	assert_printed(&event, 1, true,
		HEAD "2014-02-11 00:07  open    \033[33mwarning \033[0m  5000/tcp new_port"
		     "                     1h        24      0.30      80x  CN 40%, US 12%  "
		     "(ended)\n");
}

static void what_is_not_known_is_a_dash(void **state)
{
	struct event event = event_blank();

	(void)state;
	event.key = key_of("sweep");
	event.kind = EVENT_SWEEP;
	assert_printed(&event, 1, true,
		HEAD "1970-01-01 00:00  open    info      sweep sweep                            "
		     "-         -         -        -  -\n");
}

static void without_events_nothing_is_printed(void **state)
{
	(void)state;
	assert_printed(NULL, 0, true, "");
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_named_as_people_say_them),
		cmocka_unit_test(an_event_is_one_line),
		cmocka_unit_test(what_is_not_known_is_a_dash),
		cmocka_unit_test(without_events_nothing_is_printed),
		cmocka_unit_test(a_file_gets_no_colours),
		cmocka_unit_test(a_terminal_gets_colours_unless_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
