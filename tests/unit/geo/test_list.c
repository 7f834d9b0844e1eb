/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/geo/helpers.h"

static void addresses_are_read_dotted_as_numbers_and_in_quotes(void **state)
{
	struct geo *geo GEO_CLEANUP =
		load_text("# a comment\n"
			  "1.0.0.0,1.0.0.255,AU\n"
			  "\n"
			  "16777472,16778239,CN\r\n"
			  "\"1.0.4.0\",\"1.0.7.255\",\"jp\"\n"
			  " 2001:200:: , 2001:200:ffff:ffff:ffff:ffff:ffff:ffff , KR\n");
	const struct geo_info *info = geo_info(geo);

	(void)state;
	assert_country(geo, "0.255.255.255", "XX");
	assert_country(geo, "1.0.0.0", "AU");
	assert_country(geo, "1.0.0.255", "AU");
	assert_country(geo, "1.0.1.0", "CN");
	assert_country(geo, "1.0.3.255", "CN");
	assert_country(geo, "1.0.4.0", "JP");
	assert_country(geo, "1.0.7.255", "JP");
	assert_country(geo, "1.0.8.0", "ZZ");
	assert_country(geo, "2001:1ff:ffff:ffff::", "XX");
	assert_country(geo, "2001:200::", "KR");
	assert_country(geo, "2001:200:ffff:ffff::", "KR");
	assert_country(geo, "2001:201::", "ZZ");
	assert_int_equal(info->files[0].format, GEO_LIST);
	assert_int_equal(info->files[0].ranges4, 3);
	assert_int_equal(info->files[0].ranges6, 1);
	assert_int_equal(info->files[0].skipped, 2);
	assert_int_equal(info->files[0].unknown, 0);
}

static void pseudo_codes_are_kept_or_unknown(void **state)
{
	static const struct {
		const char *address, *code;
	} expected[] = {
		{"5.0.0.1", "EU"},
		{"5.0.1.1", "AP"},
		{"5.0.2.1", "ZZ"},
		{"5.0.3.1", "ZZ"},
		{"5.0.4.1", "ZZ"},
		{"5.0.5.1", "ZZ"},
		{"5.0.6.1", "ZZ"},
		{"5.0.7.1", "ZZ"},
		{"5.0.8.1", "ZZ"},
		{"5.0.9.1", "TV"},
	};
	struct geo *geo GEO_CLEANUP = load_text("5.0.0.0,5.0.0.255,EU\n5.0.1.0,5.0.1.255,AP\n"
						"5.0.2.0,5.0.2.255,A1\n5.0.3.0,5.0.3.255,A2\n"
						"5.0.4.0,5.0.4.255,??\n5.0.5.0,5.0.5.255,ZZ\n"
						"5.0.6.0,5.0.6.255,QQ\n5.0.7.0,5.0.7.255,XX\n"
						"5.0.8.0,5.0.8.255,XO\n5.0.9.0,5.0.9.255,TV\n");

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_country(geo, expected[i].address, expected[i].code);
	assert_int_equal(geo_info(geo)->files[0].unknown, 7);
}

static void the_order_of_lines_does_not_matter(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text("9.0.0.0,9.0.0.255,JP\n"
						"2001:300::,2001:300::ffff,US\n"
						"8.0.0.0,8.0.0.255,CN\n"
						"2001:200::,2001:200::ffff,DE\n");

	(void)state;
	assert_country(geo, "8.0.0.7", "CN");
	assert_country(geo, "9.0.0.7", "JP");
	assert_country(geo, "2001:200::1", "DE");
	assert_country(geo, "2001:300::1", "US");
}

static void overlap_in_one_file_is_an_error(void **state)
{
	(void)state;
	refuse_text("5.0.1.0,5.0.2.255,JP\n5.0.0.0,5.0.1.0,CN\n",
		"test:2: this range and the one of line 1 both hold 5.0.1.0; a file may list an "
		"address once (put corrections into a file of their own, given later)");
	refuse_text("2001:200::,2001:200::5,JP\n2001:200::5,2001:200::9,JP\n",
		"test:2: this range and the one of line 1 both hold 2001:200::5; a file may list "
		"an address once (put corrections into a file of their own, given later)");
	refuse_text("5.0.0.0,5.0.0.255,JP\n5.0.0.0,5.0.0.255,JP\n",
		"test:2: this range and the one of line 1 both hold 5.0.0.0; a file may list an "
		"address once (put corrections into a file of their own, given later)");
}

static void a_shared_64_goes_to_the_country_with_most_of_it(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text(
		/* US has 4 + 3, BR 5 of what is listed */
		"2001:506::,2001:506:0:9::3,US\n2001:506:0:9::4,2001:506:0:9::8,BR\n"
		"2001:506:0:9::9,2001:506:0:9::b,US\n"
		/* a tie: GB is before JP */
		"2001:600::,2001:600::7,JP\n2001:600::8,2001:600::f,GB\n"
		/* single addresses tie as well */
		"2001:700::1,2001:700::1,SE\n2001:700::2,2001:700::2,NO\n"
		/* alone, a single address has its /64 */
		"2001:800::1,2001:800::1,FI\n");

	(void)state;
	assert_country(geo, "2001:506:0:8::", "US");
	assert_country(geo, "2001:506:0:9::4", "US");
	assert_country(geo, "2001:506:0:a::", "ZZ");
	assert_country(geo, "2001:600::1", "GB");
	assert_country(geo, "2001:700::1", "NO");
	assert_country(geo, "2001:800::ff", "FI");
	assert_country(geo, "2001:800:0:1::", "ZZ");
}

static void a_range_ends_where_a_shared_64_begins(void **state)
{
	struct geo *geo GEO_CLEANUP =
		load_text("2001:600::,2001:600:0:2::f,JP\n"
			  "2001:600:0:2::10,2001:600:0:4::f,CN\n"
			  "2001:600:0:4::10,2001:600:0:5:ffff:ffff:ffff:ffff,KR\n");

	(void)state;
	assert_country(geo, "2001:600:0:1::", "JP");
	assert_country(geo, "2001:600:0:2::", "CN");
	assert_country(geo, "2001:600:0:3::", "CN");
	assert_country(geo, "2001:600:0:4::", "KR");
	assert_country(geo, "2001:600:0:5::", "KR");
	assert_country(geo, "2001:600:0:6::", "ZZ");
}

static void the_first_and_the_last_address_may_be_listed(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text("0,4294967295,JP\n"
						"::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,JP\n");

	(void)state;
	assert_country(geo, "1.0.0.0", "JP");
	assert_country(geo, "223.255.255.255", "JP");
	assert_country(geo, "255.255.255.255", "XX");
	assert_country(geo, "4000::", "JP");
	assert_country(geo, "::", "XX");
	assert_country(geo, "ffff::", "XX");
}

static void dates_are_read_from_comments(void **state)
{
	static const struct {
		const char *comment, *date;
	} cases[] = {
		{"# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n", "2026-06-25"},
		{"# Generated: 5 Feb 2014 00:00:00 GMT\n", "2014-02-05"},
		{"# Date: 2014-02-28\n# Date: 2013-01-01\n", "2014-02-28"},
		{"# Generated: Thu, 31 Feb 2026\n", ""},
		{"# Generated: never\n", ""},
		{"# Generated:\n", ""},
		{"# Date: 2014-\n", ""},
		{"# Date: 0000-00-00\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct geo *geo GEO_CLEANUP = NULL;
		char text[200];

		snprintf(text, sizeof(text), "%s5.0.0.0,5.0.0.255,JP\n", cases[i].comment);
		geo = load_text(text);
		assert_string_equal(geo_info(geo)->date, cases[i].date);
	}
}

static void damaged_lines_are_told_by_number(void **state)
{
	(void)state;
	refuse_text("5.0.0.0,5.0.0.255,JP\n5.0.1.0,5.0.1.25",
		"test:2: the last line has no line end: the file is truncated (add a line end if "
		"it is whole)");
	refuse_text("5.0.0.9,5.0.0.8,JP\n",
		"test:1: '5.0.0.8' is below the first address of its range");
	refuse_text("2001:200::1,2001:200::,JP\n",
		"test:1: '2001:200::' is below the first address of its range");
	refuse_text("5.0.0.0,4294967296,JP\n",
		"test:1: '4294967296' is beyond 4294967295, the last IPv4 address");
	refuse_text("5.0.0.0,99999999999999999999999,JP\n",
		"test:1: '99999999999999999999999' is beyond 4294967295, the last IPv4 address");
	refuse_text("5.0.0.0,5.0.0.256,JP\n",
		"test:1: '5.0.0.256' is no address (nor an IPv4 address as a number)");
	refuse_text("5.0.0.0,2001:200::,JP\n",
		"test:1: '2001:200::' is of another family than the first address");
	refuse_text("5.0.0.0,5.0.0.255,Japan\n", "test:1: 'Japan' is no two-letter country code");
	refuse_text("5.0.0.0,5.0.0.255,\n", "test:1: '' is no two-letter country code");
	refuse_text("5.0.0.0,5.0.0.255\n",
		"test:1: the line has fewer fields than first address, last address, country code");
	refuse_text("5.0.0.0,5.0.0.255,JP,Japan\n",
		"test:1: the line has more fields than first address, last address, country code");
	refuse_text("\x1b[1m,\xff,JP\n",
		"test:1: '?[1m' is no address (nor an IPv4 address as a number)");
}

static void content_without_ranges_is_refused(void **state)
{
	struct geo *geo = NULL;
	struct geo_error error;
	char line[5000];

	(void)state;
	refuse_text("", "test: the file is empty");
	refuse_text("hello\n",
		"test: is neither registry statistics nor start,end,CC lines nor a whole MMDB; use "
		"one of these, or fetch it again if it was one");
	refuse_text("# only comments\n",
		"test: is neither registry statistics nor start,end,CC lines nor a whole MMDB; use "
		"one of these, or fetch it again if it was one");
	memset(line, ',', sizeof(line));
	assert_int_equal(geo_load_content("test", line, sizeof(line), &geo, &error), -EINVAL);
	assert_string_equal(
		error.text, "test:1: the line is longer than 4096 bytes: no country data");
	assert_int_equal(geo_load_content("test", "5.0.0.0,\0,\n", 11, &geo, &error), -EINVAL);
	assert_string_equal(error.text, "test:1: holds a zero byte: no text, the file is damaged");
}

/* count lines, of which unknown have a code that is none. */
static char *many_lines(unsigned int count, unsigned int unknown)
{
	char *text = calloc(count, 40);
	char *end = text;

	for (unsigned int i = 0; i < count; i++)
		end += sprintf(end, "5.0.%u.0,5.0.%u.255,%s\n", i, i, i < unknown ? "QQ" : "JP");
	return text;
}

static void a_list_that_knows_less_than_half_is_refused(void **state)
{
	char *text = many_lines(100, 51);
	struct geo *geo;

	(void)state;
	refuse_text(text, "test: 51 of its 100 ranges have no known country: damaged, or another "
			  "kind of data");
	free(text);
	text = many_lines(100, 50);
	geo = load_text(text);
	assert_int_equal(geo_info(geo)->files[0].unknown, 50);
	assert_int_equal(geo_info(geo)->files[0].ranges4, 100);
	geo_free(geo);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_dotted_as_numbers_and_in_quotes),
		cmocka_unit_test(pseudo_codes_are_kept_or_unknown),
		cmocka_unit_test(the_order_of_lines_does_not_matter),
		cmocka_unit_test(overlap_in_one_file_is_an_error),
		cmocka_unit_test(a_shared_64_goes_to_the_country_with_most_of_it),
		cmocka_unit_test(a_range_ends_where_a_shared_64_begins),
		cmocka_unit_test(the_first_and_the_last_address_may_be_listed),
		cmocka_unit_test(dates_are_read_from_comments),
		cmocka_unit_test(damaged_lines_are_told_by_number),
		cmocka_unit_test(content_without_ranges_is_refused),
		cmocka_unit_test(a_list_that_knows_less_than_half_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
