/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/geo/helpers.h"
#include "tests/unit/geo/mmdb_writer.h"

/* libmaxminddb 1.7 loses some memory when it refuses damaged metadata. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb";
}

static struct geo *load_writer(struct mmdb_writer *writer)
{
	size_t size;
	uint8_t *file = mmdb_finish(writer, &size);
	struct geo *geo = load_bytes(file, size);

	free(file);
	free(writer);
	return geo;
}

static void refuse_writer(struct mmdb_writer *writer, const char *sentence)
{
	struct geo *geo = NULL;
	struct geo_error error = {""};
	size_t size;
	uint8_t *file = mmdb_finish(writer, &size);

	assert_true(geo_load_content("test", file, size, &geo, &error) < 0);
	assert_null(geo);
	assert_string_equal(error.text, sentence);
	free(file);
	free(writer);
}

/* Both families and both ends, with IPv4 hung in again where published databases do so. */
static struct mmdb_writer *nested_database(unsigned int record_size)
{
	struct mmdb_writer *writer = mmdb_writer_new(6, record_size);
	uint32_t japan = mmdb_nested_record(writer, "JP");
	uint32_t china = mmdb_nested_record(writer, "CN");
	uint32_t nowhere = mmdb_flat_record(writer, "continent", "AS");

	mmdb_insert(writer, "1.0.0.0/24", japan);
	mmdb_insert(writer, "1.0.1.0/24", japan);
	mmdb_insert(writer, "1.0.2.0/23", china);
	mmdb_insert(writer, "223.255.255.255/32", china);
	mmdb_insert(writer, "2.0.0.0/24", nowhere);
	mmdb_insert(writer, "2001:200::/32", japan);
	mmdb_insert(writer, "2400::/12", china);
	mmdb_insert(writer, "2a00::7:0:0:0:1/128", japan);
	mmdb_alias(writer, "::ffff:0:0/96", "0.0.0.0/0");
	mmdb_alias(writer, "2002::/16", "0.0.0.0/0");
	mmdb_alias(writer, "2001::/32", "0.0.0.0/0");
	return writer;
}

static void the_nested_schema_is_read_at_every_record_size(void **state)
{
	static const unsigned int sizes[] = {24, 28, 32};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct geo *geo GEO_CLEANUP = load_writer(nested_database(sizes[i]));
		const struct geo_info *info = geo_info(geo);

		assert_country(geo, "1.0.0.0", "JP");
		assert_country(geo, "1.0.1.255", "JP");
		assert_country(geo, "1.0.2.0", "CN");
		assert_country(geo, "1.0.3.255", "CN");
		assert_country(geo, "1.0.4.0", "ZZ");
		assert_country(geo, "223.255.255.254", "ZZ");
		assert_country(geo, "223.255.255.255", "CN");
		assert_country(geo, "2.0.0.1", "ZZ");
		assert_country(geo, "2001:200::", "JP");
		assert_country(geo, "2001:201::", "ZZ");
		assert_country(geo, "240f:ffff:ffff:ffff::", "CN");
		assert_country(geo, "2410::", "ZZ");
		assert_country(geo, "2a00:0:0:7::", "JP");
		assert_country(geo, "2002:100::", "XX");
		assert_int_equal(info->files[0].format, GEO_MMDB);
		assert_int_equal(info->files[0].ranges4, 4);
		assert_int_equal(info->files[0].ranges6, 3);
		assert_int_equal(info->files[0].unknown, 1);
		assert_string_equal(info->date, "2014-02-28");
	}
}

static void the_flat_schema_is_read(void **state)
{
	struct mmdb_writer *writer = mmdb_writer_new(4, 24);
	struct geo *geo GEO_CLEANUP = NULL;

	(void)state;
	mmdb_insert(writer, "5.0.0.0/8", mmdb_flat_record(writer, "country_code", "KR"));
	mmdb_insert(writer, "5.128.0.0/9", mmdb_flat_record(writer, "country_code", "jp"));
	mmdb_insert(writer, "128.0.0.0/1", mmdb_flat_record(writer, "country_code", "US"));
	geo = load_writer(writer);
	assert_country(geo, "5.0.0.0", "KR");
	assert_country(geo, "5.127.255.255", "KR");
	assert_country(geo, "5.128.0.0", "JP");
	assert_country(geo, "6.0.0.0", "ZZ");
	assert_country(geo, "128.0.0.0", "US");
	assert_country(geo, "223.255.255.255", "US");
	assert_country(geo, "224.0.0.0", "XX");
	assert_country(geo, "2400::", "ZZ");
}

static void a_country_behind_a_pointer_is_followed(void **state)
{
	struct mmdb_writer *writer = mmdb_writer_new(6, 28);
	uint32_t target = mmdb_flat_record(writer, "iso_code", "BR");
	struct geo *geo GEO_CLEANUP = NULL;

	(void)state;
	mmdb_insert(writer, "5.0.0.0/24", mmdb_pointing_record(writer, target));
	geo = load_writer(writer);
	assert_country(geo, "5.0.0.255", "BR");
}

static void the_flat_code_serves_where_the_nested_one_is_missing(void **state)
{
	struct mmdb_writer *writer = mmdb_writer_new(4, 24);
	struct geo *geo GEO_CLEANUP = NULL;
	uint32_t text = writer->size, map;

	(void)state;
	/* {"country": "Japan", "country_code": "JP"} */
	mmdb_put_map(writer, 2);
	mmdb_put_string(writer, "country");
	mmdb_put_string(writer, "Japan");
	mmdb_put_string(writer, "country_code");
	mmdb_put_string(writer, "JP");
	map = writer->size;
	/* {"country": {}, "country_code": "KR"} */
	mmdb_put_map(writer, 2);
	mmdb_put_string(writer, "country");
	mmdb_put_map(writer, 0);
	mmdb_put_string(writer, "country_code");
	mmdb_put_string(writer, "KR");
	mmdb_insert(writer, "5.0.0.0/24", text);
	mmdb_insert(writer, "5.0.1.0/24", map);
	mmdb_insert(writer, "5.0.2.0/24", mmdb_flat_record(writer, "country_code", "KOR"));
	geo = load_writer(writer);
	assert_country(geo, "5.0.0.1", "JP");
	assert_country(geo, "5.0.1.1", "KR");
	assert_country(geo, "5.0.2.1", "ZZ");
}

static void a_leaf_above_all_of_ipv4_holds_it(void **state)
{
	struct mmdb_writer *writer = mmdb_writer_new(6, 24);
	struct geo *geo GEO_CLEANUP = NULL;

	(void)state;
	mmdb_insert(writer, "::/1", mmdb_nested_record(writer, "JP"));
	geo = load_writer(writer);
	assert_country(geo, "8.8.8.8", "JP");
	assert_country(geo, "2400::", "JP");
	assert_country(geo, "8000::", "ZZ");
}

static void another_schema_is_an_error(void **state)
{
	struct mmdb_writer *writer = mmdb_writer_new(6, 24);

	(void)state;
	writer->type = "Test-ASN";
	mmdb_insert(writer, "5.0.0.0/8", mmdb_flat_record(writer, "organization", "JP"));
	mmdb_insert(writer, "6.0.0.0/8", mmdb_flat_record(writer, "country", "JP"));
	refuse_writer(writer,
		"test: no record of this MMDB (type 'Test-ASN') has a country at country.iso_code "
		"or country_code; use a country or city database");
}

static void a_tree_that_joins_again_is_refused_in_bounded_time(void **state)
{
	struct mmdb_writer *writer = mmdb_writer_new(6, 24);
	uint32_t japan = mmdb_nested_record(writer, "JP");
	uint32_t korea = mmdb_nested_record(writer, "KR");

	(void)state;
	/* A ladder: both branches of each node lead to the next, 2^40 ways down. */
	for (uint32_t i = 0; i < 40; i++) {
		writer->node[i][0] = (struct mmdb_branch){MMDB_BRANCH_NODE, i + 1};
		writer->node[i][1] = (struct mmdb_branch){MMDB_BRANCH_NODE, i + 1};
	}
	writer->nodes = 41;
	writer->node[40][0] = (struct mmdb_branch){MMDB_BRANCH_DATA, japan};
	writer->node[40][1] = (struct mmdb_branch){MMDB_BRANCH_DATA, korea};
	refuse_writer(writer,
		"test: its branches join again and again: the MMDB is damaged; fetch it again");
}

static void a_loop_is_refused(void **state)
{
	struct mmdb_writer *writer = mmdb_writer_new(4, 24);

	(void)state;
	mmdb_nested_record(writer, "JP");
	writer->node[0][0] = (struct mmdb_branch){MMDB_BRANCH_NODE, 1};
	writer->node[1][0] = (struct mmdb_branch){MMDB_BRANCH_NODE, 1};
	writer->nodes = 2;
	refuse_writer(writer, "test: a branch is deeper than an address has bits: the MMDB is "
			      "damaged; fetch it again");
}

static void an_absurd_record_is_refused(void **state)
{
	struct mmdb_writer *writer = mmdb_writer_new(4, 24);
	uint32_t offset = writer->size;

	(void)state;
	/* A map that claims 65,821 + 0xffffff pairs. */
	mmdb_put(writer, 7 << 5 | 31);
	mmdb_put(writer, 0xff);
	mmdb_put(writer, 0xff);
	mmdb_put(writer, 0xff);
	mmdb_insert(writer, "5.0.0.0/8", offset);
	refuse_writer(writer, "test: a record runs past the data or is absurdly large: the MMDB is "
			      "damaged; fetch it again");
}

/* Every /8 alternates between two countries. */
static void a_shuffled_table_of_the_world_is_refused(void **state)
{
	struct mmdb_writer *writer = mmdb_writer_new(4, 24);
	uint32_t records[2] = {mmdb_nested_record(writer, "CN"), mmdb_nested_record(writer, "JP")};

	(void)state;
	for (unsigned int i = 1; i < 224; i++) {
		char prefix[32];

		snprintf(prefix, sizeof(prefix), "%u.0.0.0/8", i);
		mmdb_insert(writer, prefix, records[i % 2]);
	}
	refuse_writer(writer, "test: covers most of the Internet, but only 2 of 10 well-known "
			      "networks are in their country: damaged, or not by country of "
			      "allocation");
}

/* Each prefix of the file is refused: the metadata are at its end. */
static void every_truncation_is_refused(void **state)
{
	struct mmdb_writer *writer = nested_database(24);
	size_t size;
	uint8_t *file = mmdb_finish(writer, &size);

	(void)state;
	for (size_t cut = 0; cut < size; cut += cut + 300 < size ? 37 : 1) {
		struct geo *geo = NULL;
		struct geo_error error;

		assert_true(geo_load_content("test", file, cut, &geo, &error) < 0);
		assert_null(geo);
		assert_memory_equal(error.text, "test", 4);
	}
	free(file);
	free(writer);
}

/* One flipped bit gives an error or a table; a table answers everywhere. */
static void every_flipped_bit_is_survived(void **state)
{
	struct mmdb_writer *writer = nested_database(24);
	size_t size;
	uint8_t *file = mmdb_finish(writer, &size);
	unsigned int refused = 0, loaded = 0;

	(void)state;
	for (size_t bit = 0; bit < size * 8; bit += bit + 3200 < size * 8 ? 29 : 1) {
		struct geo *geo GEO_CLEANUP = NULL;
		struct geo_error error;

		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (geo_load_content("test", file, size, &geo, &error)) {
			refused++;
		} else {
			loaded++;
			assert_true(geo_lookup4(geo, 0x01000000) < COUNTRY_COUNT);
			assert_true(geo_lookup6(geo, UINT64_MAX) == COUNTRY_XX);
		}
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(refused > 0 && loaded > 0);
	free(file);
	free(writer);
}

/* The library maps its file; ours is a private copy. */
static void a_file_cut_after_loading_changes_nothing(void **state)
{
	struct mmdb_writer *writer = nested_database(24);
	const char *paths[1];
	struct geo *geo GEO_CLEANUP = NULL;
	size_t size;
	uint8_t *file = mmdb_finish(writer, &size);
	char path[64];

	(void)state;
	make_file(path, file, size);
	paths[0] = path;
	assert_int_equal(geo_load(paths, 1, &geo, NULL), 0);
	assert_int_equal(truncate(path, 0), 0);
	assert_country(geo, "1.0.0.1", "JP");
	remove_file(path);
	free(file);
	free(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nested_schema_is_read_at_every_record_size),
		cmocka_unit_test(the_flat_schema_is_read),
		cmocka_unit_test(a_country_behind_a_pointer_is_followed),
		cmocka_unit_test(the_flat_code_serves_where_the_nested_one_is_missing),
		cmocka_unit_test(a_leaf_above_all_of_ipv4_holds_it),
		cmocka_unit_test(another_schema_is_an_error),
		cmocka_unit_test(a_tree_that_joins_again_is_refused_in_bounded_time),
		cmocka_unit_test(a_loop_is_refused),
		cmocka_unit_test(an_absurd_record_is_refused),
		cmocka_unit_test(a_shuffled_table_of_the_world_is_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_bit_is_survived),
		cmocka_unit_test(a_file_cut_after_loading_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
