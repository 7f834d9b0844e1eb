/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/mmdb_record.h"

#include <errno.h>

/* Values in one map and below it, pointers not followed; published ones have at most 200. */
#define MAX_VALUES 4096
/* Values passed in all records together: bounds the time for records that share their parts. */
#define MAX_VALUES_READ (256u << 20)
#define MAX_NESTING 32

/* The head of one value, after the format's description: type, size, where its content is. */
struct value {
	unsigned int type;
	uint32_t size;    /* bytes, elements, pairs; or a pointer's target */
	uint32_t content; /* offset in the data section */
};

static bool read_bytes(const MMDB_s *database, uint32_t *at, unsigned int count, uint32_t *number)
{
	if (*at > database->data_section_size || database->data_section_size - *at < count)
		return false;
	*number = 0;
	for (; count; count--)
		*number = *number << 8 | database->data_section[(*at)++];
	return true;
}

static bool read_pointer(const MMDB_s *database, uint32_t control, struct value *value)
{
	static const uint32_t base[4] = {0, 2048, 526336, 0};
	unsigned int form = control >> 3 & 3;
	uint32_t number;

	if (!read_bytes(database, &value->content, form + 1, &number))
		return false;
	value->size = (form < 3 ? (control & 7) << 8 * (form + 1) | number : number) + base[form];
	return true;
}

static bool read_value(const MMDB_s *database, uint32_t at, struct value *value)
{
	static const uint32_t base[3] = {29, 285, 65821};
	uint32_t control, extended, number;

	if (!read_bytes(database, &at, 1, &control))
		return false;
	value->type = control >> 5;
	value->content = at;
	if (value->type == MMDB_DATA_TYPE_POINTER)
		return read_pointer(database, control, value);
	if (value->type == MMDB_DATA_TYPE_EXTENDED) {
		if (!read_bytes(database, &at, 1, &extended))
			return false;
		value->type = extended + 7;
	}
	value->size = control & 31;
	if (value->size >= 29) {
		unsigned int width = value->size - 28;

		if (!read_bytes(database, &at, width, &number))
			return false;
		value->size = number + base[width - 1];
	}
	value->content = at;
	return true;
}

/*
 * Whether a value and all in it lie within the data, in at most *budget values; pointers are not
 * followed, as the library does not when it skips. *end becomes the offset behind it. Recursion is
 * bounded by nesting.
 */
static bool check_value(
	const MMDB_s *database, uint32_t at, unsigned int nesting, uint32_t *budget, uint32_t *end)
{
	struct value value;
	uint32_t elements;

	if (nesting == MAX_NESTING || *budget == 0 || !read_value(database, at, &value))
		return false;
	--*budget;
	*end = value.content;
	switch (value.type) {
	case MMDB_DATA_TYPE_POINTER:
	case MMDB_DATA_TYPE_BOOLEAN:
		return true;
	case MMDB_DATA_TYPE_MAP:
	case MMDB_DATA_TYPE_ARRAY:
		if (value.size > *budget)
			return false;
		elements = value.type == MMDB_DATA_TYPE_MAP ? 2 * value.size : value.size;
		for (uint32_t i = 0; i < elements; i++)
			if (!check_value(database, *end, nesting + 1, budget, end))
				return false;
		return true;
	default:
		if (database->data_section_size - value.content < value.size)
			return false;
		*end = value.content + value.size;
		return true;
	}
}

static int fail_damaged(const struct geo_work *work, const char *what)
{
	return geo_fail(work->error, EINVAL, work->file, 0,
		"%s: the MMDB is damaged; fetch it again", what);
}

/*
 * The value of a key of the map at *entry. Returns 1; 0 when there is none; -EINVAL when what the
 * library would have to skip on its way is not sound.
 */
static int find_key(const struct geo_work *work, MMDB_entry_s *entry, const char *key,
	uint64_t *values, MMDB_entry_data_s *value)
{
	const char *path[] = {key, NULL};
	uint32_t budget = MAX_VALUES;
	uint32_t end;

	if (!check_value(entry->mmdb, entry->offset, 0, &budget, &end))
		return fail_damaged(work, "a record runs past the data or is absurdly large");
	*values += MAX_VALUES - budget;
	if (*values > MAX_VALUES_READ)
		return fail_damaged(work, "its records have too many parts");
	return MMDB_aget_value(entry, value, path) == MMDB_SUCCESS && value->has_data;
}

int geo_mmdb_country(
	const struct geo_work *work, MMDB_entry_s *entry, uint64_t *values, country_id *country)
{
	MMDB_entry_data_s value = {0};
	int found = find_key(work, entry, "country", values, &value);

	if (found > 0 && value.type == MMDB_DATA_TYPE_MAP) {
		MMDB_entry_s map = {.mmdb = entry->mmdb, .offset = value.offset};

		found = find_key(work, &map, "iso_code", values, &value);
	} else if (found > 0) {
		found = 0;
	}
	if (found == 0)
		found = find_key(work, entry, "country_code", values, &value);
	if (found < 0)
		return found;
	*country = COUNTRY_ZZ;
	if (found > 0 && value.type == MMDB_DATA_TYPE_UTF8_STRING)
		*country = geo_work_country(work, value.utf8_string, value.data_size);
	return 0;
}
