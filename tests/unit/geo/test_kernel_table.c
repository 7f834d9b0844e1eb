/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/kernel_table.h"

#include "tests/unit/geo/helpers.h"
#include "user/geo/private.h"

/* 192.0/16, 192.88/16, 198.51/16 and 203.0/16; those of unknown and of special addresses alone. */
#define SPECIAL_BLOCKS 6

static struct tt_geo *new_kernel_table(uint8_t garbage)
{
	struct tt_geo *table = malloc(sizeof(*table));

	assert_non_null(table);
	memset(table, garbage, sizeof(*table));
	return table;
}

static struct tt_geo *fill(const struct geo *geo, uint8_t garbage)
{
	struct tt_geo *table = new_kernel_table(garbage);
	struct geo_error error;

	if (geo_fill_kernel(geo, table, &error))
		fail_msg("%s", error.text);
	return table;
}

static country_id find(const char *code)
{
	country_id id = 0;

	assert_true(country_find(code, &id));
	return id;
}

/* The country with most of a /24, address by address. */
static country_id most_of(const struct geo *geo, uint32_t network)
{
	unsigned int held[COUNTRY_COUNT] = {0};
	country_id best = 0;

	for (uint32_t i = 0; i < 256; i++)
		held[geo_lookup4(geo, network | i)]++;
	for (unsigned int i = 1; i < COUNTRY_COUNT; i++)
		if (held[i] > held[best])
			best = (country_id)i;
	return best;
}

static void check_ipv4(const struct geo *geo, const struct tt_geo *table, uint32_t address)
{
	country_id expected = country_cell(most_of(geo, address & 0xffffff00));

	if (geo_kernel_lookup4(table, address) != expected)
		fail_msg("%08x: %s, expected %s", address,
			country_code(geo_kernel_lookup4(table, address)), country_code(expected));
}

/* Every step of the table, and the addresses beside it. stride > 1 takes a sample of IPv4. */
static void check_all(const struct geo *geo, const struct tt_geo *table, size_t stride)
{
	for (size_t i = 0; i < geo->v4.count; i += stride)
		for (int beside = -1; beside <= 1; beside++)
			check_ipv4(geo, table, (uint32_t)(geo->v4.start[i] + (uint64_t)beside));
	for (size_t i = 0; i < geo->v6.count; i++) {
		for (int beside = -1; beside <= 1; beside++) {
			uint64_t upper = geo->v6.start[i] + (uint64_t)beside;

			if (geo_kernel_lookup6(table, upper) !=
				country_cell(geo_lookup6(geo, upper)))
				fail_msg("%016llx differs", (unsigned long long)upper);
		}
	}
}

static void without_files_the_kernel_knows_special_addresses(void **state)
{
	struct geo *geo GEO_CLEANUP = NULL;
	struct tt_geo *table;

	(void)state;
	assert_int_equal(geo_load(NULL, 0, &geo, NULL), 0);
	table = fill(geo, 0xff);
	check_all(geo, table, 1);
	assert_int_equal(geo_kernel_lookup4(table, 0x0a000001), COUNTRY_XX);
	assert_int_equal(geo_kernel_lookup4(table, 0x08080808), COUNTRY_ZZ);
	assert_int_equal(geo_kernel_lookup6(table, 0), COUNTRY_XX);
	assert_int_equal(geo_kernel_lookup6(table, UINT64_MAX), COUNTRY_XX);
	assert_int_equal(table->boundary6[0], 0);
	assert_int_equal(table->index6[0], 0);
	assert_int_equal(table->index6[65536], geo_info(geo)->boundaries6);
	assert_int_equal(table->index6[65537], geo_info(geo)->boundaries6);
	assert_int_equal(geo_info(geo)->blocks, SPECIAL_BLOCKS);
	for (unsigned int i = 0; i < TT_CELLS; i++)
		assert_int_equal(table->block[TT_GEO_SAME][i], i);
	free(table);
}

static void a_shared_24_takes_the_country_that_holds_most(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text(
		/* 100 US, 99 + 57 CN: CN, in two parts */
		"5.0.0.0,5.0.0.98,CN\n5.0.0.99,5.0.0.198,US\n5.0.0.199,5.0.0.255,CN\n"
		/* a tie of 128: GB is before US */
		"5.0.1.0,5.0.1.127,US\n5.0.1.128,5.0.1.255,GB\n"
		/* 100 of JP, the rest unknown */
		"5.0.2.0,5.0.2.99,JP\n"
		/* half of it: ZZ has the lower id */
		"5.0.3.0,5.0.3.127,JP\n"
		"5.0.4.0,5.0.4.128,JP\n"
		/* 60 of TV and 60 of NU, both in XO, against 70 of FR and 66 of DE */
		"5.0.5.0,5.0.5.59,TV\n5.0.5.60,5.0.5.119,NU\n5.0.5.120,5.0.5.189,FR\n"
		"5.0.5.190,5.0.5.255,DE\n"
		/* a small country alone */
		"5.0.6.0,5.0.6.255,TV\n");
	struct tt_geo *table = fill(geo, 0);

	(void)state;
	assert_int_equal(geo_kernel_lookup4(table, 0x05000063), find("CN"));
	assert_int_equal(geo_kernel_lookup4(table, 0x05000101), find("GB"));
	assert_int_equal(geo_kernel_lookup4(table, 0x05000201), COUNTRY_ZZ);
	assert_int_equal(geo_kernel_lookup4(table, 0x05000301), COUNTRY_ZZ);
	assert_int_equal(geo_kernel_lookup4(table, 0x05000401), find("JP"));
	assert_int_equal(geo_kernel_lookup4(table, 0x05000501), find("FR"));
	assert_int_equal(geo_kernel_lookup4(table, 0x05000601), COUNTRY_XO);
	assert_int_equal(geo_lookup4(geo, 0x05000601), find("TV"));
	check_all(geo, table, 1);
	free(table);
}

static void equal_blocks_are_stored_once(void **state)
{
	char text[20000];
	char *end = text;
	struct geo *geo GEO_CLEANUP = NULL;
	struct tt_geo *table;

	(void)state;
	for (unsigned int i = 0; i < 256; i++)
		end += sprintf(end, "5.%u.0.0,5.%u.7.255,%s\n", i, i, i % 2 ? "JP" : "KR");
	geo = load_text(text);
	assert_int_equal(geo_info(geo)->blocks, SPECIAL_BLOCKS + 2);
	table = fill(geo, 0xff);
	check_all(geo, table, 1);
	assert_int_equal(table->root[0x0500], table->root[0x0502]);
	free(table);
}

static void ipv6_boundaries_between_small_countries_are_not_stored(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text("2400::,2400::ffff:ffff:ffff:ffff,TV\n"
						"2400:0:0:1::,2400:0:0:1:ffff:ffff:ffff:ffff,NU\n");
	struct tt_geo *table = fill(geo, 0xff);
	struct geo *empty GEO_CLEANUP = NULL;

	(void)state;
	assert_int_equal(geo_load(NULL, 0, &empty, NULL), 0);
	assert_int_equal(geo_info(geo)->boundaries6, geo_info(empty)->boundaries6 + 2);
	assert_int_equal(geo_info(geo)->steps6, geo_info(empty)->steps6 + 3);
	check_all(geo, table, 1);
	free(table);
}

/* A block for each of count /16s, no two alike. */
static char *distinct_blocks(unsigned int count)
{
	char *text = malloc((size_t)count * 80 + 1);
	char *end = text;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int network = 0x1000 + i; /* from 16.0.0.0 on */

		end += sprintf(end, "%u,%u,JP\n%u,%u,KR\n", network << 16,
			(network << 16) + (i % 250 << 8) + 255,
			(network << 16) + (i % 250 << 8) + 256,
			(network << 16) + (i % 250 << 8) + 256 + (i / 250 << 8) % 1280 + 255);
	}
	return text;
}

static void a_table_that_is_too_large_is_refused_with_numbers(void **state)
{
	struct geo *geo GEO_CLEANUP = NULL;
	struct tt_geo *table = new_kernel_table(0xa5);
	struct geo_error error;

	(void)state;
	assert_int_equal(geo_load(NULL, 0, &geo, NULL), 0);
	geo->boundaries6 = TT_GEO_BOUNDARIES6 + 1;
	assert_int_equal(geo_fill_kernel(geo, table, &error), -ENOSPC);
	assert_string_equal(error.text,
		"the country data need 6 blocks of 256 IPv4 /24s and 1048577 IPv6 boundaries; the "
		"kernel's table has 16383 and 1048576: use data with fewer ranges");
	geo->boundaries6 = TT_GEO_BOUNDARIES6;
	geo->blocks.count = TT_GEO_SAME + 1;
	assert_int_equal(geo_fill_kernel(geo, table, NULL), -ENOSPC);
	geo->blocks.count = SPECIAL_BLOCKS;
	for (size_t i = 0; i < sizeof(*table); i++)
		if (((uint8_t *)table)[i] != 0xa5)
			fail_msg("byte %zu was written", i);
	free(table);
}

static void a_thousand_blocks_are_told_apart(void **state)
{
	char *text = distinct_blocks(1000);
	struct geo *geo GEO_CLEANUP = load_text(text);
	struct tt_geo *table = fill(geo, 0x5a);

	(void)state;
	assert_int_equal(geo_info(geo)->blocks, SPECIAL_BLOCKS + 1000);
	check_all(geo, table, 1);
	free(table);
	free(text);
}

static void the_registries_of_2014_agree_at_every_boundary(void **state)
{
	static const char *const paths[] = {
		"../shared/data/geo-2014/delegated-afrinic-latest.gz",
		"../shared/data/geo-2014/delegated-apnic-latest.gz",
		"../shared/data/geo-2014/delegated-arin-latest.gz",
		"../shared/data/geo-2014/delegated-lacnic-latest.gz",
		"../shared/data/geo-2014/delegated-ripencc-latest.gz",
	};
	struct geo *geo GEO_CLEANUP = NULL;
	struct tt_geo *table;

	(void)state;
	if (access(paths[0], R_OK)) {
		fprintf(stderr, "SKIPPED: %s is not there\n", paths[0]);
		skip();
	}
	assert_int_equal(geo_load(paths, 5, &geo, NULL), 0);
	table = fill(geo, 0xff);
	check_all(geo, table, 7);
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_files_the_kernel_knows_special_addresses),
		cmocka_unit_test(a_shared_24_takes_the_country_that_holds_most),
		cmocka_unit_test(equal_blocks_are_stored_once),
		cmocka_unit_test(ipv6_boundaries_between_small_countries_are_not_stored),
		cmocka_unit_test(a_thousand_blocks_are_told_apart),
		cmocka_unit_test(a_table_that_is_too_large_is_refused_with_numbers),
		cmocka_unit_test(the_registries_of_2014_agree_at_every_boundary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
