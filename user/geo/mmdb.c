/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MMDB: a binary tree over the bits of the address whose leaves point to records. The country is
 * at country.iso_code or at country_code.
 *
 * libmaxminddb maps the file it is given, and whoever then truncates that file kills the program
 * with SIGBUS; so it gets an anonymous copy that nobody else can reach.
 */
#include "user/geo/mmdb_record.h"
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
	uint64_t values;   /* passed in all records so far */
	uint64_t answered; /* records with a country that is known */
	uint8_t path[16];  /* bits of the address down to the node */
};

static int fail_damaged(const struct walk *walk, const char *what)
{
	return geo_fail(walk->work->error, EINVAL, walk->work->file, 0,
		"%s: the MMDB is damaged; fetch it again", what);
}

/* -- The tree ------------------------------------------------------------------------------ */

static int read_record(struct walk *walk, MMDB_entry_s *entry, country_id *country)
{
	struct cached *cached = &walk->cache[entry->offset % CACHE_SIZE];

	if (cached->offset != entry->offset) {
		int result = geo_mmdb_country(walk->work, entry, &walk->values, &cached->country);

		if (result)
			return result;
		cached->offset = entry->offset;
		walk->answered += cached->country != COUNTRY_ZZ;
	}
	*country = cached->country;
	return 0;
}

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

/* -- The file ------------------------------------------------------------------------------ */

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
