/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/geo/helpers.h"

#include "user/geo/content.h"

#include <sys/stat.h>
#include <zlib.h>

#define LINE "5.0.0.0,5.0.0.255,JP\n"

/* One gzip member. */
static uint8_t *compress_bytes(const void *data, size_t size, size_t *compressed)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size};
	size_t room = compressBound(size) + 64;
	uint8_t *out = malloc(room);

	assert_non_null(out);
	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, 0), Z_OK);
	stream.next_out = out;
	stream.avail_out = (uInt)room;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	*compressed = stream.total_out;
	deflateEnd(&stream);
	return out;
}

static void compressed_and_plain_content_are_the_same_data(void **state)
{
	size_t size;
	uint8_t *compressed = compress_bytes(LINE, strlen(LINE), &size);
	struct geo *plain GEO_CLEANUP = load_text(LINE);
	struct geo *gzip GEO_CLEANUP = load_bytes(compressed, size);

	(void)state;
	assert_country(gzip, "5.0.0.1", "JP");
	assert_string_equal(geo_info(gzip)->id, geo_info(plain)->id);
	assert_true(geo_info(gzip)->files[0].compressed);
	assert_false(geo_info(plain)->files[0].compressed);
	free(compressed);
}

static void joined_compressed_files_are_read_whole(void **state)
{
	static const char second[] = "6.0.0.0,6.0.0.255,US\n";
	size_t sizes[2];
	uint8_t *parts[2] = {compress_bytes(LINE, strlen(LINE), &sizes[0]),
		compress_bytes(second, strlen(second), &sizes[1])};
	uint8_t *both = malloc(sizes[0] + sizes[1]);
	struct geo *geo GEO_CLEANUP = NULL;

	(void)state;
	memcpy(both, parts[0], sizes[0]);
	memcpy(both + sizes[0], parts[1], sizes[1]);
	geo = load_bytes(both, sizes[0] + sizes[1]);
	assert_country(geo, "5.0.0.1", "JP");
	assert_country(geo, "6.0.0.1", "US");
	free(parts[0]);
	free(parts[1]);
	free(both);
}

static void every_cut_of_compressed_data_is_refused(void **state)
{
	size_t size;
	uint8_t *compressed = compress_bytes(LINE, strlen(LINE), &size);

	(void)state;
	for (size_t cut = 3; cut < size; cut++) {
		struct geo *geo = NULL;
		struct geo_error error;

		assert_int_equal(geo_load_content("test", compressed, cut, &geo, &error), -EINVAL);
		assert_string_equal(
			error.text, "test: the compressed data end early: the file is truncated");
	}
	free(compressed);
}

static void damaged_compressed_data_are_refused(void **state)
{
	struct geo *geo = NULL;
	struct geo_error error;
	size_t size;
	uint8_t *compressed = compress_bytes(LINE, strlen(LINE), &size);

	(void)state;
	compressed[size - 6] ^= 1; /* the checksum */
	assert_int_equal(geo_load_content("test", compressed, size, &geo, &error), -EINVAL);
	assert_string_equal(
		error.text, "test: the compressed data are damaged (incorrect data check)");
	free(compressed);
}

/* 65 members of 8 MiB of zeros. */
static void data_that_expand_without_end_are_refused(void **state)
{
	size_t whole = (size_t)8 << 20, size;
	uint8_t *zeros = calloc(1, whole);
	uint8_t *member = compress_bytes(zeros, whole, &size);
	uint8_t *bomb = malloc(65 * size);
	struct geo *geo = NULL;
	struct geo_error error;

	(void)state;
	for (size_t i = 0; i < 65; i++)
		memcpy(bomb + i * size, member, size);
	assert_int_equal(geo_load_content("test", bomb, 65 * size, &geo, &error), -EFBIG);
	assert_string_equal(error.text, "test: holds more than 512 MiB: no country data");
	free(zeros);
	free(member);
	free(bomb);
}

static void a_missing_file_is_named_with_the_reason(void **state)
{
	const char *path = "/nonexistent/geoip";
	struct geo *geo = NULL;
	struct geo_error error;

	(void)state;
	assert_int_equal(geo_load(&path, 1, &geo, &error), -ENOENT);
	assert_string_equal(
		error.text, "/nonexistent/geoip: cannot be opened: No such file or directory");
	assert_null(geo);
}

/* A named pipe without a writer must not stop the program, a directory is no file. */
static void what_is_no_regular_file_is_refused_at_once(void **state)
{
	struct geo *geo = NULL;
	struct geo_error error;
	const char *path;
	char pipe[64], expected[128];

	(void)state;
	make_file(pipe, "", 0);
	assert_int_equal(unlink(pipe), 0);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	path = pipe;
	assert_int_equal(geo_load(&path, 1, &geo, &error), -EINVAL);
	snprintf(expected, sizeof(expected), "%s: is not a regular file", pipe);
	assert_string_equal(error.text, expected);
	path = "/";
	assert_int_equal(geo_load(&path, 1, &geo, &error), -EINVAL);
	assert_string_equal(error.text, "/: is a directory; name the files in it");
	remove_file(pipe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compressed_and_plain_content_are_the_same_data),
		cmocka_unit_test(joined_compressed_files_are_read_whole),
		cmocka_unit_test(every_cut_of_compressed_data_is_refused),
		cmocka_unit_test(damaged_compressed_data_are_refused),
		cmocka_unit_test(data_that_expand_without_end_are_refused),
		cmocka_unit_test(a_missing_file_is_named_with_the_reason),
		cmocka_unit_test(what_is_no_regular_file_is_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
