/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/geo/helpers.h"

static void without_files_only_special_addresses_are_known(void **state)
{
	struct geo *geo GEO_CLEANUP = NULL;

	(void)state;
	assert_int_equal(geo_load(NULL, 0, &geo, NULL), 0);
	assert_country(geo, "8.8.8.8", "ZZ");
	assert_country(geo, "10.0.0.1", "XX");
	assert_country(geo, "2400::", "ZZ");
	assert_country(geo, "fe80::1", "XX");
	assert_string_equal(geo_info(geo)->id, "");
	assert_string_equal(geo_info(geo)->date, "");
	assert_int_equal(geo_info(geo)->file_count, 0);
}

/* The first and last address of each entry, and its neighbours. */
static void special_addresses_win_over_every_file(void **state)
{
	static const char *const special[] = {"0.0.0.0", "0.255.255.255", "10.0.0.0",
		"10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.0", "127.255.255.255",
		"169.254.0.0", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0",
		"192.0.0.9", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.0",
		"192.88.99.255", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
		"198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255", "224.0.0.0",
		"239.255.255.255", "240.0.0.0", "255.255.255.255", "::", "::1", "::ffff:8.8.8.8",
		"64:ff9b:1::", "64:ff9b:1:ffff:ffff::", "100::", "100::ffff",
		"100:0:0:1::", "2001::", "2001:0:ffff::", "2001:1::1",
		"2001:2::", "2001:4:111:ffff::", "2001:4:113::", "2001:10::", "2001:1f:ffff:ffff::",
		"2001:40::", "2001:1ff:ffff:ffff::", "2001:db8::", "2001:db8:ffff:ffff:ffff::",
		"2002::", "2002:ffff:ffff:ffff::", "3fff::", "3fff:fff:ffff:ffff::", "5f00::",
		"5f00:ffff:ffff:ffff::", "fc00::", "fdff:ffff:ffff:ffff::", "fe80::",
		"febf:ffff:ffff:ffff::", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
	static const char *const ordinary[] = {"1.0.0.0", "9.255.255.255", "11.0.0.0",
		"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
		"169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
		"192.0.1.255", "192.0.3.0", "192.31.196.1", "192.52.193.1", "192.88.98.255",
		"192.88.100.0", "192.167.255.255", "192.169.0.0", "192.175.48.1", "198.17.255.255",
		"198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
		"223.255.255.255", "0:0:0:1::", "64:ff9b::1",
		"64:ff9b:0:ffff:ffff::", "64:ff9b:2::", "ff:ffff:ffff:ffff::", "100:0:0:2::",
		"2000:ffff:ffff:ffff::", "2001:3::", "2001:3:ffff:ffff::", "2001:4:112::",
		"2001:4:112:ffff::", "2001:20::", "2001:3f:ffff:ffff::", "2001:200::",
		"2001:db7:ffff:ffff::", "2001:db9::", "2003::", "3ffe:ffff:ffff:ffff::",
		"3fff:1000::", "5eff:ffff:ffff:ffff::", "5f01::", "fbff:ffff:ffff:ffff::", "fe00::",
		"fe7f:ffff:ffff:ffff::", "fec0::", "feff:ffff:ffff:ffff::"};
	struct geo *geo GEO_CLEANUP =
		load_text("0,4294967295,JP\n::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,JP\n");

	(void)state;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (strcmp(country_of(geo, special[i]), "XX") != 0)
			fail_msg("%s is special", special[i]);
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++)
		if (strcmp(country_of(geo, ordinary[i]), "JP") != 0)
			fail_msg("%s is ordinary", ordinary[i]);
	/* 5 * 2^24 + 2^22 + 2^20 + 2 * 2^16 ... as in the registry, and 2^29 from 224 on. */
	assert_int_equal(geo_info(geo)->addresses4[COUNTRY_XX], 592708864);
}

struct files {
	char path[3][64];
	const char *list[3];
	size_t count;
};

static void add_file(struct files *files, const char *text)
{
	make_file(files->path[files->count], text, strlen(text));
	files->list[files->count] = files->path[files->count];
	files->count++;
}

static void remove_files(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		remove_file(files->path[i]);
}

static void the_later_file_wins_where_it_speaks(void **state)
{
	struct files files = {0};
	struct geo *geo GEO_CLEANUP = NULL;

	(void)state;
	add_file(&files, "5.0.0.0,5.0.255.255,DE\n2400::,2400:ffff::,CN\n");
	add_file(&files, "# Date: 2014-02-01\n5.0.1.0,5.0.1.255,FR\n5.0.3.0,5.0.3.255,??\n");
	add_file(&files, "x|JP|ipv4|5.0.1.128|256|20120101|allocated\n");
	assert_int_equal(geo_load(files.list, 3, &geo, NULL), 0);
	assert_country(geo, "5.0.0.255", "DE");
	assert_country(geo, "5.0.1.0", "FR");
	assert_country(geo, "5.0.1.127", "FR");
	assert_country(geo, "5.0.1.128", "JP");
	assert_country(geo, "5.0.2.127", "JP");
	assert_country(geo, "5.0.2.128", "DE");
	assert_country(geo, "5.0.3.0", "ZZ");
	assert_country(geo, "5.0.4.0", "DE");
	assert_country(geo, "2400:8000::", "CN");
	assert_string_equal(geo_info(geo)->date, "2014-02-01");
	assert_int_equal(geo_info(geo)->file_count, 3);
	assert_string_equal(geo_info(geo)->files[2].path, files.path[2]);
	remove_files(&files);
}

static void one_bad_file_leaves_nothing_loaded(void **state)
{
	struct files files = {0};
	struct geo *geo = NULL;
	struct geo_error error;
	char expected[256];

	(void)state;
	add_file(&files, "5.0.0.0,5.0.255.255,DE\n");
	add_file(&files, "5.0.0.0,5.0.255.255,DEU\n");
	assert_int_equal(geo_load(files.list, 2, &geo, &error), -EINVAL);
	assert_null(geo);
	snprintf(expected, sizeof(expected), "%s:1: 'DEU' is no two-letter country code",
		files.path[1]);
	assert_string_equal(error.text, expected);
	remove_files(&files);
}

static void the_sum_of_addresses_is_all_of_them(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text("5.0.0.0,5.0.0.7,DE\n2400::,2400::ffff,CN\n");
	const struct geo_info *info = geo_info(geo);
	uint64_t sum4 = 0, sum6 = 0;
	country_id germany = 0, china = 0;

	(void)state;
	assert_true(country_find("DE", &germany) && country_find("CN", &china));
	assert_int_equal(info->addresses4[germany], 8);
	assert_int_equal(info->networks6[china], 1);
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++) {
		sum4 += info->addresses4[i];
		sum6 += info->networks6[i];
	}
	assert_int_equal(sum4, UINT64_C(1) << 32);
	assert_int_equal(sum6, 0); /* 2^64, modulo 2^64 */
}

static const char *id_of(const char *first, const char *second, char id[GEO_ID_MAX])
{
	struct files files = {0};
	struct geo *geo GEO_CLEANUP = NULL;

	add_file(&files, first);
	if (second)
		add_file(&files, second);
	assert_int_equal(geo_load(files.list, files.count, &geo, NULL), 0);
	strcpy(id, geo_info(geo)->id);
	remove_files(&files);
	return id;
}

static void the_id_depends_on_content_and_order_alone(void **state)
{
	static const char a[] = "5.0.0.0,5.0.0.7,DE\n", b[] = "6.0.0.0,6.0.0.7,US\n";
	char id[6][GEO_ID_MAX];

	(void)state;
	id_of(a, NULL, id[0]);
	id_of(a, NULL, id[1]);
	id_of(a, b, id[2]);
	id_of(b, a, id[3]);
	id_of(b, NULL, id[4]);
	id_of("5.0.0.0,5.0.0.7,DE\n6.0.0.0,6.0.0.7,US\n", NULL, id[5]);
	assert_string_equal(id[0], id[1]);
	assert_int_equal(strlen(id[0]), 16);
	for (unsigned int i = 1; i < 6; i++)
		for (unsigned int j = i + 1; j < 6; j++)
			assert_string_not_equal(id[i], id[j]);
	/* FNV-1a of FNV-1a, so that stored ids stay comparable between versions. */
	assert_string_equal(id[0], "ea28313f6ed3297e");
}

static void too_many_files_are_refused(void **state)
{
	const char *paths[GEO_MAX_FILES + 1] = {0};
	struct geo *geo = NULL;
	struct geo_error error;

	(void)state;
	assert_int_equal(geo_load(paths, GEO_MAX_FILES + 1, &geo, &error), -E2BIG);
	assert_string_equal(error.text, "65 country files; at most 64 are taken");
}

/* -- Real data, where they lie beside the repository --------------------------------------- */

static const char *const registries[] = {
	"../shared/data/geo-2014/delegated-afrinic-latest.gz",
	"../shared/data/geo-2014/delegated-apnic-latest.gz",
	"../shared/data/geo-2014/delegated-arin-latest.gz",
	"../shared/data/geo-2014/delegated-lacnic-latest.gz",
	"../shared/data/geo-2014/delegated-ripencc-latest.gz",
};

static void the_registries_of_2014_load_whole(void **state)
{
	struct geo *geo GEO_CLEANUP = NULL;
	struct geo_error error;
	uint64_t ranges4 = 0, ranges6 = 0;

	(void)state;
	if (access(registries[0], R_OK)) {
		fprintf(stderr, "SKIPPED: %s is not there\n", registries[0]);
		skip();
	}
	if (geo_load(registries, 5, &geo, &error))
		fail_msg("%s", error.text);
	for (size_t i = 0; i < 5; i++) {
		ranges4 += geo_info(geo)->files[i].ranges4;
		ranges6 += geo_info(geo)->files[i].ranges6;
		assert_int_equal(geo_info(geo)->files[i].unknown, 0);
		assert_true(geo_info(geo)->files[i].compressed);
	}
	assert_int_equal(ranges4, 2500 + 22743 + 46593 + 7803 + 49991);
	assert_int_equal(ranges6, 429 + 3253 + 3563 + 2190 + 8323);
	assert_string_equal(geo_info(geo)->date, "2014-06-30");
	assert_country(geo, "133.11.0.1", "JP");
	assert_country(geo, "240e:800::1", "CN");
	assert_country(geo, "8.8.8.8", "US");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_files_only_special_addresses_are_known),
		cmocka_unit_test(special_addresses_win_over_every_file),
		cmocka_unit_test(the_later_file_wins_where_it_speaks),
		cmocka_unit_test(one_bad_file_leaves_nothing_loaded),
		cmocka_unit_test(the_sum_of_addresses_is_all_of_them),
		cmocka_unit_test(the_id_depends_on_content_and_order_alone),
		cmocka_unit_test(too_many_files_are_refused),
		cmocka_unit_test(the_registries_of_2014_load_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
