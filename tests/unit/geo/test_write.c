/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/write.h"

#include "tests/unit/geo/helpers.h"
#include "user/geo/private.h"

#include <dirent.h>

static void the_written_lines_are_these(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text("# Date: 2014-02-28\n"
						"5.0.1.0,5.0.1.255,JP\n5.0.0.0,5.0.0.255,JP\n"
						"5.0.2.0,5.0.2.0,TV\n9.255.255.0,11.0.0.0,US\n"
						"5.0.3.0,5.0.3.255,??\n"
						"2400::,2400:0:0:1::1,CN\n");
	char path[64], text[1024];
	FILE *file;
	size_t size;

	(void)state;
	make_file(path, "", 0);
	assert_int_equal(geo_write(geo, path, NULL), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	assert_string_equal(text,
		"# First address, last address, country code; written by teiten geo build.\n"
		"# Date: 2014-02-28\n"
		"# Source: test (start,end,CC, 2014-02-28)\n"
		"5.0.0.0,5.0.1.255,JP\n"
		"5.0.2.0,5.0.2.0,TV\n"
		"9.255.255.0,9.255.255.255,US\n"
		"11.0.0.0,11.0.0.0,US\n"
		"2400::,2400::1:ffff:ffff:ffff:ffff,CN\n");
	remove_file(path);
}

static void assert_same_steps(const struct geo_steps *a, const struct geo_steps *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->start, b->start, a->count * sizeof(*a->start));
	assert_memory_equal(a->country, b->country, a->count);
}

static void a_written_table_loads_again_and_answers_alike(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text("1.0.0.0,223.255.255.254,JP\n"
						"2400::5,2400::9,CN\n2400::a,2400:0:0:7::,KR\n"
						"2401::,2402::,TV\n");
	struct geo *again GEO_CLEANUP = NULL;
	const char *list[1];
	char path[64];

	(void)state;
	make_file(path, "", 0);
	list[0] = path;
	assert_int_equal(geo_write(geo, path, NULL), 0);
	assert_int_equal(geo_load(list, 1, &again, NULL), 0);
	assert_same_steps(&geo->v4, &again->v4);
	assert_same_steps(&geo->v6, &again->v6);
	remove_file(path);
}

static void a_source_name_cannot_add_lines(void **state)
{
	struct geo *geo GEO_CLEANUP = NULL;
	struct geo *again GEO_CLEANUP = NULL;
	const char *list[1];
	char path[64];

	(void)state;
	assert_int_equal(
		geo_load_content("a\n5.0.0.0,5.0.0.9,US", "6.0.0.0,6.0.0.9,JP\n", 19, &geo, NULL),
		0);
	make_file(path, "", 0);
	list[0] = path;
	assert_int_equal(geo_write(geo, path, NULL), 0);
	assert_int_equal(geo_load(list, 1, &again, NULL), 0);
	assert_country(again, "5.0.0.1", "ZZ");
	assert_country(again, "6.0.0.1", "JP");
	remove_file(path);
}

/* Nothing is left aside, and what was there stays. */
static void a_table_without_countries_is_not_written(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text("5.0.0.0,5.0.0.255,??\n");
	struct geo_error error;
	char path[64], expected[160];
	unsigned int entries = 0;
	DIR *directory;

	(void)state;
	make_file(path, "old", 3);
	assert_int_equal(geo_write(geo, path, &error), -ENODATA);
	snprintf(expected, sizeof(expected),
		"%s: not written: no address has a country in these files", path);
	assert_string_equal(error.text, expected);
	*strrchr(path, '/') = '\0';
	directory = opendir(path);
	assert_non_null(directory);
	while (readdir(directory))
		entries++;
	closedir(directory);
	assert_int_equal(entries, 3); /* ., .., data */
	strcat(path, "/data");
	remove_file(path);
}

static void a_place_that_cannot_be_written_is_named(void **state)
{
	struct geo *geo GEO_CLEANUP = load_text("5.0.0.0,5.0.0.255,JP\n");
	struct geo_error error;

	(void)state;
	assert_int_equal(geo_write(geo, "/nonexistent/out", &error), -ENOENT);
	assert_string_equal(
		error.text, "/nonexistent/out: cannot be written: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_written_lines_are_these),
		cmocka_unit_test(a_written_table_loads_again_and_answers_alike),
		cmocka_unit_test(a_source_name_cannot_add_lines),
		cmocka_unit_test(a_table_without_countries_is_not_written),
		cmocka_unit_test(a_place_that_cannot_be_written_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
