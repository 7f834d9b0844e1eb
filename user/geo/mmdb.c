/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MMDB: a binary tree over the bits of the address whose leaves point to records. The country is
 * at country.iso_code or at country_code.
 *
 * libmaxminddb maps the file it is given, and whoever then truncates that file kills the program
 * with SIGBUS; so it gets an anonymous copy that nobody else can reach.
 */
#include "user/geo/parse.h"

#include <errno.h>
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/*
 * A walk visits each node of a tree once, or a few times where a writer shared equal branches. In a
 * damaged tree whose branches join again there could be 2^128 ways.
 */
#define MAX_VISITS(nodes) (4 * (uint64_t)(nodes) + 4096)
/* Values in one map and below it, pointers not followed; published ones have at most 200. */
#define MAX_VALUES 4096
/* Values passed in all records together: bounds the time for records that share their parts. */
#define MAX_VALUES_READ (256u << 20)
#define MAX_NESTING 32

/* Countries already read, by place of the record: neighbours share records. */
#define CACHE_SIZE 16384u
#define CACHE_EMPTY UINT32_MAX

struct cached {
	uint32_t offset;
	country_id country;
};

struct walk {
	struct geo_work *work;
	MMDB_s database;
	struct cached *cache;
	uint64_t visits;
	uint64_t values;
	uint64_t answered; /* records with a country that is known */
	uint8_t path[16];  /* bits of the address down to the node */
};

static int fail_damaged(const struct walk *walk, const char *what)
{
	return geo_fail(walk->work->error, EINVAL, walk->work->file, 0,
		"%s: the MMDB is damaged; fetch it again", what);
}

/* -- Records ----------------------------------------------------------------------------------- */

/*
 * The head of one value, after the format's description: type, size, and where its content is.
 * The library looks for a key by skipping all values before it, and trusts their sizes.
 */
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

/*
 * The value of a key of the map at *entry. Returns 1; 0 when there is none; -EINVAL when what the
 * library would have to skip on its way is not sound.
 */
static int find_key(
	struct walk *walk, MMDB_entry_s *entry, const char *key, MMDB_entry_data_s *value)
{
	const char *path[] = {key, NULL};
	uint32_t budget = MAX_VALUES;
	uint32_t end;

	if (!check_value(&walk->database, entry->offset, 0, &budget, &end))
		return fail_damaged(walk, "a record runs past the data or is absurdly large");
	walk->values += MAX_VALUES - budget;
	if (walk->values > MAX_VALUES_READ)
		return fail_damaged(walk, "its records have too many parts");
	return MMDB_aget_value(entry, value, path) == MMDB_SUCCESS && value->has_data;
}

static int read_country(struct walk *walk, MMDB_entry_s *entry, country_id *country)
{
	MMDB_entry_data_s value;
	int found = find_key(walk, entry, "country", &value);

	*country = COUNTRY_ZZ;
	if (found < 0)
		return found;
	if (found && value.type == MMDB_DATA_TYPE_MAP) {
		MMDB_entry_s map = {.mmdb = entry->mmdb, .offset = value.offset};

		found = find_key(walk, &map, "iso_code", &value);
	} else {
		found = find_key(walk, entry, "country_code", &value);
	}
	if (found > 0 && value.type == MMDB_DATA_TYPE_UTF8_STRING)
		*country = geo_work_country(walk->work, value.utf8_string, value.data_size);
	return found < 0 ? found : 0;
}

static int read_record(struct walk *walk, MMDB_entry_s *entry, country_id *country)
{
	struct cached *cached = &walk->cache[entry->offset % CACHE_SIZE];

	if (cached->offset != entry->offset) {
		int result = read_country(walk, entry, &cached->country);

		if (result)
			return result;
		cached->offset = entry->offset;
		walk->answered += cached->country != COUNTRY_ZZ;
	}
	*country = cached->country;
	return 0;
}

/* -- The tree ---------------------------------------------------------------------------------- */

static uint64_t path_half(const struct walk *walk, unsigned int half)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < 8; i++)
		number = number << 8 | walk->path[8 * half + i];
	return number;
}

/* The addresses below a node: IPv4 from depth 96 on, under ::/96. */
static struct geo_range covered(const struct walk *walk, unsigned int depth, bool is_v6)
{
	struct geo_range range = {.last_low = UINT64_MAX};

	if (!is_v6) {
		range.first = path_half(walk, 1) & UINT32_MAX;
		range.last = range.first | (depth < 128 ? UINT32_MAX >> (depth - 96) : 0);
		return range;
	}
	range.first = path_half(walk, 0);
	range.first_low = path_half(walk, 1);
	range.last = range.first | (depth < 64 ? UINT64_MAX >> depth : 0);
	if (depth > 64)
		range.last_low = range.first_low | (depth < 128 ? UINT64_MAX >> (depth - 64) : 0);
	return range;
}

/* Neighbours of one country become one range: a tree cuts them at powers of two. */
static int add(struct walk *walk, const struct geo_range *range, bool is_v6)
{
	struct geo_parsed *parsed = walk->work->parsed;
	struct geo_ranges *ranges = is_v6 ? &parsed->v6 : &parsed->v4;
	struct geo_range *before = ranges->count ? &ranges->list[ranges->count - 1] : NULL;

	if (before && before->country == range->country &&
		((before->last_low == UINT64_MAX && range->first_low == 0 &&
			 before->last + 1 == range->first) ||
			(before->last == range->first && before->last_low + 1 == range->first_low &&
				range->first_low))) {
		before->last = range->last;
		before->last_low = range->last_low;
		return 0;
	}
	parsed->unknown += range->country == COUNTRY_ZZ;
	return geo_work_add(walk->work, is_v6, range);
}

/*
 * IPv4 hung into the IPv6 tree a second time: mapped (::ffff:0:0/96), translated (64:ff9b::/96),
 * 6to4 (2002::/16), Teredo (2001::/32).
 */
static bool is_alias(const struct walk *walk, unsigned int depth)
{
	uint64_t upper = path_half(walk, 0);
	uint64_t lower = path_half(walk, 1);

	if (depth == 96)
		return (upper == 0 && lower == UINT64_C(0xffff00000000)) ||
		       (upper == UINT64_C(0x0064ff9b00000000) && lower == 0);
	return (depth == 16 && upper == UINT64_C(0x2002) << 48) ||
	       (depth == 32 && upper == UINT64_C(0x20010000) << 32);
}

static bool is_ipv4_root(const struct walk *walk, unsigned int depth)
{
	return depth == 96 && path_half(walk, 0) == 0 && path_half(walk, 1) == 0;
}

static int visit(struct walk *walk, uint64_t node, unsigned int depth, bool is_v6);

static int follow(struct walk *walk, uint64_t record, unsigned int type, MMDB_entry_s *entry,
	unsigned int depth, bool is_v6)
{
	struct geo_range range;
	int result;

	switch (type) {
	case MMDB_RECORD_TYPE_EMPTY:
		return 0;
	case MMDB_RECORD_TYPE_SEARCH_NODE:
		if (depth == 128)
			return fail_damaged(walk, "a branch is deeper than an address has bits");
		return visit(walk, record, depth, is_v6);
	case MMDB_RECORD_TYPE_DATA:
		/* Above the root of IPv4, a leaf that holds :: holds all of IPv4. */
		if (is_v6 && depth < 96 && path_half(walk, 0) == 0 && path_half(walk, 1) == 0) {
			range = (struct geo_range){.last = UINT32_MAX, .last_low = UINT64_MAX};
			if ((result = read_record(walk, entry, &range.country)) ||
				(result = add(walk, &range, false)))
				return result;
		}
		range = covered(walk, depth, is_v6 && !is_ipv4_root(walk, depth));
		if ((result = read_record(walk, entry, &range.country)))
			return result;
		return add(walk, &range, is_v6 && !is_ipv4_root(walk, depth));
	}
	return fail_damaged(walk, "a branch leads out of the tree");
}

static int visit(struct walk *walk, uint64_t node, unsigned int depth, bool is_v6)
{
	uint8_t bit = (uint8_t)(0x80u >> depth % 8);
	MMDB_search_node_s branches;
	int result;

	if (is_v6 && is_alias(walk, depth))
		return 0;
	if (is_v6 && is_ipv4_root(walk, depth))
		is_v6 = false;
	if (++walk->visits > MAX_VISITS(walk->database.metadata.node_count))
		return fail_damaged(walk, "its branches join again and again");
	if (MMDB_read_node(&walk->database, (uint32_t)node, &branches) != MMDB_SUCCESS)
		return fail_damaged(walk, "a node cannot be read");
	result = follow(walk, branches.left_record, branches.left_record_type,
		&branches.left_record_entry, depth + 1, is_v6);
	if (result)
		return result;
	walk->path[depth / 8] |= bit;
	result = follow(walk, branches.right_record, branches.right_record_type,
		&branches.right_record_entry, depth + 1, is_v6);
	walk->path[depth / 8] &= (uint8_t)~bit;
	return result;
}

static int walk_tree(struct walk *walk)
{
	unsigned int version = walk->database.metadata.ip_version;
	int result;

	if (version != 4 && version != 6)
		return fail_damaged(walk, "it is neither for IPv4 nor for IPv6");
	walk->cache = malloc(CACHE_SIZE * sizeof(*walk->cache));
	if (!walk->cache)
		return geo_fail(walk->work->error, ENOMEM, walk->work->file, 0,
			"not enough memory to read the MMDB");
	for (uint32_t i = 0; i < CACHE_SIZE; i++)
		walk->cache[i] = (struct cached){.offset = CACHE_EMPTY};
	result = visit(walk, 0, version == 4 ? 96 : 0, version == 6);
	free(walk->cache);
	if (result == 0 && walk->answered == 0)
		return geo_fail(walk->work->error, EINVAL, walk->work->file, 0,
			"no record of this MMDB (type '%.60s') has a country at country.iso_code "
			"or country_code; use a country or city database",
			walk->database.metadata.database_type
				? walk->database.metadata.database_type
				: "");
	return result;
}

/* -- The file ---------------------------------------------------------------------------------- */

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t written = write(fd, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		data += written;
		size -= (size_t)written;
	}
	return 0;
}

static int open_copy(struct geo_work *work, const char *data, size_t size, MMDB_s *database)
{
	char path[64];
	int fd = memfd_create("teiten-mmdb", MFD_CLOEXEC);
	int status;

	if (fd < 0)
		return geo_fail(work->error, errno, work->file, 0,
			"no anonymous file for a copy of the MMDB: %s", strerror(errno));
	status = write_all(fd, data, size);
	if (status) {
		close(fd);
		return geo_fail(work->error, -status, work->file, 0,
			"not enough memory for a copy of the MMDB: %s", strerror(-status));
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	status = MMDB_open(path, MMDB_MODE_MMAP, database);
	close(fd);
	if (status != MMDB_SUCCESS)
		return geo_fail(work->error, EINVAL, work->file, 0, "the MMDB cannot be read: %s",
			MMDB_strerror(status));
	return 0;
}

static void read_date(struct geo_work *work, uint64_t build_epoch)
{
	time_t seconds = (time_t)build_epoch;
	struct tm tm;

	/* Past the year 9999 gmtime_r would still answer; such a number is damage. */
	if (build_epoch > UINT64_C(253402300799) || !gmtime_r(&seconds, &tm))
		return;
	geo_work_date(work, (unsigned int)tm.tm_year + 1900, (unsigned int)tm.tm_mon + 1,
		(unsigned int)tm.tm_mday);
}

int geo_parse_mmdb(struct geo_work *work, const char *data, size_t size)
{
	struct walk walk = {.work = work};
	int result = open_copy(work, data, size, &walk.database);

	if (result)
		return result;
	work->parsed->format = GEO_MMDB;
	read_date(work, walk.database.metadata.build_epoch);
	result = walk_tree(&walk);
	MMDB_close(&walk.database);
	return result;
}
