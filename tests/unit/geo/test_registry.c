/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/geo/helpers.h"

static void records_give_addresses_to_countries(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text("# conditions of use\n"
						"2|apnic|20140104|6|19850701|20140103|+1000\n"
						"apnic|*|asn|*|1|summary\n"
						"apnic|*|ipv4|*|3|summary\n"
						"apnic|*|ipv6|*|2|summary\n"
						"apnic|JP|asn|173|1|20020801|allocated\n"
						"apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated\n"
						"apnic|CN|ipv4|1.0.32.0|768|20110412|assigned\n"
						"apnic|AP|ipv4|1.1.1.0|1|20110412|assigned\n"
						"apnic|JP|ipv6|2001:200::|35|19990813|allocated\n"
						"apnic|KR|ipv6|2001:220::|128|19990813|assigned\n");
	const struct geo_info *info = geo_info(geo);

	(void)state;
	assert_country(geo, "1.0.15.255", "ZZ");
	assert_country(geo, "1.0.16.0", "JP");
	assert_country(geo, "1.0.31.255", "JP");
	assert_country(geo, "1.0.32.0", "CN");
	assert_country(geo, "1.0.34.255", "CN");
	assert_country(geo, "1.0.35.0", "ZZ");
	assert_country(geo, "1.1.1.0", "AP");
	assert_country(geo, "1.1.1.1", "ZZ");
	assert_country(geo, "2001:200:1fff:ffff::", "JP");
	assert_country(geo, "2001:200:2000::", "ZZ");
	assert_country(geo, "2001:220::", "KR");
	assert_int_equal(info->files[0].format, GEO_REGISTRY);
	assert_int_equal(info->files[0].ranges4, 3);
	assert_int_equal(info->files[0].ranges6, 2);
	assert_int_equal(info->files[0].skipped, 6);
	assert_string_equal(info->date, "2014-01-04");
}

static void what_a_registry_keeps_is_unknown(void **state)
{
	struct geo *geo GEO_CLEANUP =
		load_text("2.3|ripencc|1388789999|3|19830705|20140103|+0100\n"
			  "ripencc||ipv4|5.0.0.0|256||available|\n"
			  "ripencc|ZZ|ipv4|5.0.1.0|256||reserved|\n"
			  "ripencc|DE|ipv4|5.0.2.0|256|20120101|allocated|8d5ab28b-aa|e-stats\n");
	const struct geo_info *info = geo_info(geo);

	(void)state;
	assert_country(geo, "5.0.0.0", "ZZ");
	assert_country(geo, "5.0.1.0", "ZZ");
	assert_country(geo, "5.0.2.0", "DE");
	assert_int_equal(info->files[0].format, GEO_REGISTRY_EXTENDED);
	assert_int_equal(info->files[0].reserved, 2);
	assert_int_equal(info->files[0].unknown, 0);
	assert_string_equal(info->date, "2014-01-03");
}

static void a_record_without_a_country_is_unknown_and_counted(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text("x|QQ|ipv4|5.0.0.0|256|20120101|allocated\n"
						"x||ipv4|5.0.1.0|256|20120101|assigned\n"
						"x|EU|ipv4|5.0.2.0|256|20120101|assigned\n");

	(void)state;
	assert_country(geo, "5.0.0.1", "ZZ");
	assert_country(geo, "5.0.1.1", "ZZ");
	assert_country(geo, "5.0.2.1", "EU");
	assert_int_equal(geo_info(geo)->files[0].unknown, 2);
	assert_string_equal(geo_info(geo)->date, "");
}

static void a_file_with_fewer_records_than_declared_is_truncated(void **state)
{
	(void)state;
	refuse_text("2|apnic|20140104|3|19850701|20140103|+1000\n"
		    "apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated\n"
		    "apnic|JP|asn|173|1|20020801|allocated\n",
		"test:3: the file has 2 records and declares 3: it is truncated or joined; fetch "
		"it "
		"again");
	refuse_text("apnic|*|ipv4|*|2|summary\n"
		    "apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated\n",
		"test:2: the file has 1 ipv4 records and declares 2: it is truncated or joined; "
		"fetch it again");
	refuse_text("apnic|*|ipv6|*|0|summary\n"
		    "apnic|JP|ipv6|2001:200::|35|19990813|allocated\n",
		"test:2: the file has 1 ipv6 records and declares 0: it is truncated or joined; "
		"fetch it again");
}

static void damaged_records_are_told_by_line(void **state)
{
	(void)state;
	refuse_text("apnic|JP|ipv4|1.0.16.0|0|20110412|allocated\n",
		"test:1: '0' is no number of IPv4 addresses: the line is damaged, or the format is "
		"another one");
	refuse_text("apnic|JP|ipv4|255.255.255.0|257|20110412|allocated\n",
		"test:1: 257 addresses from 255.255.255.0 on run past 255.255.255.255");
	refuse_text("apnic|JP|ipv4|1.0.16|256|20110412|allocated\n",
		"test:1: '1.0.16' is no IPv4 address: the line is damaged, or the format is "
		"another "
		"one");
	refuse_text("apnic|JP|ipv6|2001:200::|129|20110412|allocated\n",
		"test:1: '129' is no IPv6 prefix length (1 to 128): the line is damaged, or the "
		"format is another one");
	refuse_text("apnic|JP|ipv6|2001:200::1|32|20110412|allocated\n",
		"test:1: '2001:200::1/32' is no IPv6 prefix with its host bits zero: the line is "
		"damaged, or the format is another one");
	refuse_text("apnic|JP|ipv4|1.0.16.0|4096|20110412|alloc\n",
		"test:1: 'alloc' is no status (allocated, assigned, reserved, available): the line "
		"is damaged, or the format is another one");
	refuse_text("apnic|JP|ipv5|1.0.16.0|4096|20110412|allocated\n",
		"test:1: 'ipv5' is no type of record (asn, ipv4, ipv6): the line is damaged, or "
		"the "
		"format is another one");
	refuse_text("apnic|JP|ipv4|1.0.16.0|40\n",
		"test:1: the line has 5 fields where a record has 7 or more");
	refuse_text("2|apnic|20140104|0|19850701|20140103|+1000\n"
		    "2|arin|20140104|0|19850701|20140103|+1000\n",
		"test:2: a second version line: give joined files one by one, with --geo each");
	refuse_text("apnic|JP|asn|173|1|20020801|allocated\n",
		"test: lists no address range: truncated, or no country data");
	refuse_text("a|JP|ipv4|5.0.0.0|512|20110412|allocated\n"
		    "a|JP|ipv4|5.0.1.0|256|20110412|allocated\n",
		"test:2: this range and the one of line 1 both hold 5.0.1.0; a file may list an "
		"address once (put corrections into a file of their own, given later)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_give_addresses_to_countries),
		cmocka_unit_test(what_a_registry_keeps_is_unknown),
		cmocka_unit_test(a_record_without_a_country_is_unknown_and_counted),
		cmocka_unit_test(a_file_with_fewer_records_than_declared_is_truncated),
		cmocka_unit_test(damaged_records_are_told_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
