/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "user/model/port.h"
#include "user/report/words.h"

/* Every {name} of one text is in the other, and no bracket is left open. */
static void assert_names_within(const char *text, const char *other)
{
	const char *open = text;

	while ((open = strchr(open, '{'))) {
		const char *close = strchr(open, '}');
		char name[32];

		assert_non_null(close);
		assert_true((size_t)(close - open) < sizeof(name) - 1);
		snprintf(name, sizeof(name), "%.*s", (int)(close - open + 1), open);
		if (!strstr(other, name))
			fail_msg("%s is in \"%s\" but not in \"%s\"", name, text, other);
		open = close;
	}
}

static void both_languages_take_the_same_values(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < WORDS; i++) {
		const char *en = word_text(LANGUAGE_EN, (enum word)i);
		const char *ja = word_text(LANGUAGE_JA, (enum word)i);

		assert_names_within(en, ja);
		assert_names_within(ja, en);
	}
}

static void every_country_has_its_name_beside_its_code(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++) {
		country_id country = (country_id)i;

		assert_string_equal(country_name_code(country), country_code(country));
		assert_true(strlen(country_name(LANGUAGE_EN, country)) > 2);
		assert_true(strlen(country_name(LANGUAGE_JA, country)) > 3);
	}
	assert_string_equal(country_name(LANGUAGE_EN, 255), "ZZ");
}

static void phrases_put_values_in_their_place(void **state)
{
	struct phrase_pool pool = {.language = LANGUAGE_EN};

	(void)state;
	assert_string_equal(
		phrase(&pool, WORD_OF_PORT_FROM, "port", "23/tcp", "country", "China", NULL),
		"Access to 23/tcp from China");
	/* A name without a value leaves nothing; a value that looks like a name stays. */
	assert_string_equal(phrase(&pool, WORD_OF_PORT_FROM, "port", "{country}", NULL),
		"Access to {country} from ");
	pool.language = LANGUAGE_JA;
	assert_string_equal(
		phrase(&pool, WORD_OF_PORT_FROM, "port", "23/tcp", "country", "中国", NULL),
		"中国を発信元とする宛先ポート 23/tcp に対するアクセス");
	assert_string_equal(phrase(&pool, WORD_OF_ICMP, "port", "8/icmp（ping）", NULL),
		"8/icmp（ping）のパケット");
	assert_int_equal(pool.error, 0);
	phrase_release(&pool);
}

static void dates_follow_the_language(void **state)
{
	const struct zone_date day = {2014, 2, 11};
	struct phrase_pool pool = {.language = LANGUAGE_EN};

	(void)state;
	assert_int_equal(zone_select("Asia/Tokyo"), 0);
	assert_string_equal(date_phrase(&pool, day, 2014), "February 11");
	assert_string_equal(date_phrase(&pool, day, 2015), "February 11, 2014");
	assert_string_equal(short_date_phrase(&pool, day), "Feb\u00a011");
	assert_string_equal(time_phrase(&pool, 1392127860, 2014), "February 11, 23:11");
	pool.language = LANGUAGE_JA;
	assert_string_equal(date_phrase(&pool, day, 2014), "2月11日");
	assert_string_equal(date_phrase(&pool, day, 2015), "2014年2月11日");
	assert_string_equal(short_date_phrase(&pool, day), "2/11");
	assert_string_equal(month_phrase(&pool, 2014, 2), "2014年2月");
	phrase_release(&pool);
}

static void known_ports_have_a_service(void **state)
{
	uint32_t telnet = port_row(PORT_TCP, 23);

	(void)state;
	assert_string_equal(service_name(LANGUAGE_EN, telnet), "Telnet");
	assert_non_null(strstr(service_note(LANGUAGE_JA, telnet), "Telnet"));
	assert_null(service_name(LANGUAGE_EN, port_row(PORT_TCP, 56338)));
	assert_string_equal(service_note(LANGUAGE_EN, port_row(PORT_TCP, 56338)), "");
	/* The row of a type is not that of the port of the same number. */
	assert_string_equal(service_name(LANGUAGE_EN, port_row(PORT_ICMP, 8)), "echo request");
	assert_null(service_name(LANGUAGE_EN, port_row(PORT_UDP, 8)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_languages_take_the_same_values),
		cmocka_unit_test(every_country_has_its_name_beside_its_code),
		cmocka_unit_test(phrases_put_values_in_their_place),
		cmocka_unit_test(dates_follow_the_language),
		cmocka_unit_test(known_ports_have_a_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
