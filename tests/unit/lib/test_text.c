/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void numbers_are_the_whole_text_or_nothing(void **state)
{
	static const char *const bad[] = {"", " 1", "1 ", "+1", "-1", "0x10", "1e3", "1.0"};
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_parse_unsigned(bad[i], UINT64_MAX, &value), -EINVAL);
	assert_int_equal(text_parse_unsigned("18446744073709551616", UINT64_MAX, &value), -ERANGE);
	assert_int_equal(text_parse_unsigned("101", 100, &value), -ERANGE);
	assert_int_equal(value, 7);
	assert_int_equal(text_parse_unsigned("18446744073709551615", UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
}

static void decimals_are_finite(void **state)
{
	static const char *const bad[] = {"", "nan", "inf", "1e999", "0x1p3", " 1", "1x", "."};
	double value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_parse_double(bad[i], -1e300, 1e300, &value), -EINVAL);
	assert_int_equal(text_parse_double("2.5", 0, 2, &value), -ERANGE);
	assert_true(value == 7);
	assert_int_equal(text_parse_double("-2.5e1", -100, 0, &value), 0);
	assert_true(value == -25);
}

static void prefixes_have_no_host_bits(void **state)
{
	struct text_address address;
	unsigned int length;

	(void)state;
	assert_int_equal(text_parse_prefix("192.0.2.0/24", &address, &length), 0);
	assert_int_equal(length, 24);
	assert_int_equal(text_parse_prefix("192.0.2.1/24", &address, &length), -EINVAL);
	assert_int_equal(text_parse_prefix("192.0.2.0/33", &address, &length), -EINVAL);
	assert_int_equal(text_parse_prefix("192.0.2.0/", &address, &length), -EINVAL);
	assert_int_equal(text_parse_prefix("2001:db8::/32", &address, &length), 0);
	assert_true(address.is_v6);
	assert_int_equal(text_parse_prefix("2001:db8::1", &address, &length), 0);
	assert_int_equal(length, 128);
}

static void networks_are_their_upper_bits(void **state)
{
	char text[TEXT_NETWORK_MAX];

	(void)state;
	text_format_network(false, 0xc00002, 24, text);
	assert_string_equal(text, "192.0.2.0/24");
	text_format_network(false, 0, 24, text);
	assert_string_equal(text, "0.0.0.0/24");
	text_format_network(true, 0x20010db8ffff, 48, text);
	assert_string_equal(text, "2001:db8:ffff::/48");
	text_format_network(true, UINT64_MAX, 64, text);
	assert_string_equal(text, "ffff:ffff:ffff:ffff::/64");
}

static void times_are_rfc_3339(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {
		{"1970-01-01", 0},
		{"2014-02-11T00:00:00Z", 1392076800},
		{"2014-02-11T09:00:00+09:00", 1392076800},
		{"2014-02-10 23:59:59.999Z", 1392076799},
		{"2016-12-31T23:59:60Z", 1483228799},
		{"2000-02-29", 951782400},
	};
	static const char *const bad[] = {"", "2014", "2014-2-11", "2014-02-30", "2014-13-01",
		"2014-02-11T", "2014-02-11T00:00:00", "2014-02-11T24:00:00Z",
		"2014-02-11T00:60:00Z", "2014-02-11T00:00:61Z", "2014-02-11T00:00:00Zx",
		"2014-02-11T00:00:00+9:00", "1900-02-29"};
	int64_t seconds = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(text_parse_time(bad[i], &seconds), -EINVAL);
		assert_int_equal(seconds, 42);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(text_parse_time(good[i].text, &seconds), 0);
		assert_int_equal(seconds, good[i].seconds);
	}
}

static void times_survive_their_text(void **state)
{
	static const int64_t times[] = {0, 1392076800, 253402300799, -62167219200};
	char text[TEXT_TIME_MAX];
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		text_format_time(times[i], text);
		assert_int_equal(text_parse_time(text, &seconds), 0);
		assert_int_equal(seconds, times[i]);
	}
	text_format_time(253402300800, text);
	assert_string_equal(text, "?");
	text_format_time(INT64_MAX, text);
	assert_string_equal(text, "?");
}

static void servers_are_named_without_a_path(void **state)
{
	static const char *const good[] = {"http://h", "https://h:8443", "http://[::1]:8123/"};
	static const char *const bad[] = {"", "h", "ftp://h", "http://", "http:///x", "http://h/x",
		"http://h?x", "http://u@h", "http://h#", "http://h h", "http://h\\", "http://h\n",
		"http://h\x01"};
	char longest[1100] = "http://";

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_is_server_url(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_server_url(bad[i]));
	memset(longest + 7, 'h', 1016);
	assert_true(text_is_server_url(longest));
	longest[1023] = 'h';
	assert_false(text_is_server_url(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_whole_text_or_nothing),
		cmocka_unit_test(decimals_are_finite),
		cmocka_unit_test(prefixes_have_no_host_bits),
		cmocka_unit_test(networks_are_their_upper_bits),
		cmocka_unit_test(times_are_rfc_3339),
		cmocka_unit_test(times_survive_their_text),
		cmocka_unit_test(servers_are_named_without_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
