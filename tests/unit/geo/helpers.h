/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of user/geo share. */
#ifndef TEITEN_TESTS_GEO_HELPERS_H
#define TEITEN_TESTS_GEO_HELPERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/geo/table.h"
#include "user/lib/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A table of one file that must load. */
static inline struct geo *load_bytes(const void *data, size_t size)
{
	struct geo *geo = NULL;
	struct geo_error error;

	if (geo_load_content("test", data, size, &geo, &error))
		fail_msg("%s", error.text);
	return geo;
}

static inline struct geo *load_text(const char *text)
{
	return load_bytes(text, strlen(text));
}

/* Content that must be refused with exactly this sentence. */
static inline void refuse_text(const char *text, const char *sentence)
{
	struct geo *geo = NULL;
	struct geo_error error = {""};

	assert_true(geo_load_content("test", text, strlen(text), &geo, &error) < 0);
	assert_null(geo);
	assert_string_equal(error.text, sentence);
}

/* The code of an address in text. */
static inline const char *country_of(const struct geo *geo, const char *text)
{
	struct text_address address;
	uint64_t key = 0;

	assert_int_equal(text_parse_address(text, &address), 0);
	for (unsigned int i = 0; i < (address.is_v6 ? 8u : 4u); i++)
		key = key << 8 | address.bytes[i];
	return country_code(
		address.is_v6 ? geo_lookup6(geo, key) : geo_lookup4(geo, (uint32_t)key));
}

#define assert_country(geo, address, code) assert_string_equal(country_of(geo, address), code)

/* A file with this content in a new directory; both go with remove_file(). */
static inline void make_file(char path[64], const void *data, size_t size)
{
	FILE *file;

	strcpy(path, "/tmp/teiten-geo-XXXXXX");
	assert_non_null(mkdtemp(path));
	strcat(path, "/data");
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static inline void remove_file(char path[64])
{
	unlink(path);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
}

#endif
