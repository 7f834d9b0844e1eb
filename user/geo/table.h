/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The country of every address, from files of allocation or location data.
 *
 *   files --> ranges of each --> laid over one another, later ones on top --> special-purpose
 *             (user/geo/parse.h)                                              addresses on top
 *
 * A table never changes once it is loaded. What no file speaks of is COUNTRY_ZZ, and so is what the
 * topmost file that speaks of it calls unknown, reserved or not yet given to anybody. Special-
 * purpose addresses are COUNTRY_XX whatever the files say; user/geo/special.h lists them and their
 * source.
 *
 * IPv4 addresses are kept one by one; IPv6 by /64: one that several countries of a file share goes
 * to the country that has most of what the file lists in it (ties: the lower id).
 */
#ifndef TEITEN_GEO_TABLE_H
#define TEITEN_GEO_TABLE_H

#include "user/geo/error.h"
#include "user/geo/parse.h"
#include "user/model/country.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct geo;

/* More files than anybody has registries; a longer list is a mistake. */
#define GEO_MAX_FILES 64

/*
 * Load files; where they disagree the later one wins. With count 0 (paths may be NULL then) only
 * special-purpose addresses are known. Returns 0 and a table that the caller frees; or, with a
 * sentence in *error (which may be NULL) and *geo untouched, -EINVAL when a file is not to be
 * trusted, -EFBIG or -E2BIG when it is larger than country data are, -ENOMEM, or the errno of
 * opening and reading it. Nothing is ever loaded by half.
 */
int geo_load(const char *const *paths, size_t count, struct geo **geo, struct geo_error *error);

/* One file's content that is in memory already; file names it in messages and in geo_info(). */
int geo_load_content(
	const char *file, const void *data, size_t size, struct geo **geo, struct geo_error *error);

/* NULL is allowed. */
void geo_free(struct geo *geo);

static inline void geo_cleanup(struct geo **geo)
{
	geo_free(*geo);
}
/* struct geo *geo GEO_CLEANUP = NULL; */
#define GEO_CLEANUP __attribute__((cleanup(geo_cleanup)))

/* The exact country (it may lie within XO: see country_cell()). address in host order. */
country_id geo_lookup4(const struct geo *geo, uint32_t address);
/* upper64: the first eight bytes of the address, as a number. */
country_id geo_lookup6(const struct geo *geo, uint64_t upper64);

struct geo_file_info {
	const char *path;
	enum geo_format format;
	bool compressed;
	char date[GEO_DATE_MAX]; /* from the file's own header; empty if it has none */
	uint64_t ranges4;        /* as the file lists them (of an MMDB: neighbours joined) */
	uint64_t ranges6;
	uint64_t skipped;  /* lines that are no ranges: comments, headers, AS numbers, empty ones */
	uint64_t reserved; /* ranges that a registry has not given to anybody */
	uint64_t unknown;  /* ranges whose code is no country: A1, A2, ??, ZZ, QQ, none */
};

#define GEO_ID_MAX 17

struct geo_info {
	/* 16 hexadecimal digits that depend on the content of the files (expanded) and on their
	 * order, not on their names; empty without files. */
	char id[GEO_ID_MAX];
	/* The newest of the files' dates, YYYY-MM-DD; empty when none has one. */
	char date[GEO_DATE_MAX];
	const struct geo_file_info *files;
	size_t file_count;
	size_t steps4, steps6;              /* ranges of the table that have one country each */
	uint64_t addresses4[COUNTRY_COUNT]; /* they sum to 2^32 */
	uint64_t networks6[COUNTRY_COUNT];  /* /64s; they sum to 2^64 */
	size_t blocks;                      /* at most TT_GEO_SAME fit the kernel */
	size_t boundaries6;                 /* at most TT_GEO_BOUNDARIES6 */
};

/* Valid as long as the table. */
const struct geo_info *geo_info(const struct geo *geo);

#endif
