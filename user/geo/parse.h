/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file's content -> its ranges. The format is found in the content, not in the name:
 *
 *   MMDB       the metadata marker within the last 128 KiB       user/geo/mmdb.c
 *   registry   text, '|' in the first line that is no comment    user/geo/registry.c
 *   list       text, ',' in it                                   user/geo/list.c
 */
#ifndef TEITEN_GEO_PARSE_H
#define TEITEN_GEO_PARSE_H

#include "user/geo/ranges.h"

#include <stdbool.h>

enum geo_format {
	GEO_REGISTRY,
	GEO_REGISTRY_EXTENDED,
	GEO_LIST,
	GEO_MMDB,
	GEO_FORMATS,
};

/* "delegated", "delegated-extended", "start,end,CC", "MMDB"; static. */
const char *geo_format_name(enum geo_format format);

/* YYYY-MM-DD and a NUL; the empty text when no date is known. */
#define GEO_DATE_MAX 11

struct geo_parsed {
	enum geo_format format;
	char date[GEO_DATE_MAX]; /* from the file's own header */
	struct geo_ranges v4, v6;
	uint64_t skipped;  /* lines: comments, headers, summaries, AS numbers, empty ones */
	uint64_t reserved; /* ranges that a registry has not given to anybody: ZZ */
	uint64_t unknown; /* other ranges whose code is no country (A1, A2, ??, none, QQ ...): ZZ */
};

/*
 * Parse size bytes at data (a NUL behind them; the text is cut up in place) and judge the whole:
 * ranges are sorted and disjoint, and their number, codes and anchors are plausible. file names
 * the content in messages. Returns 0; or, with a sentence and *parsed untouched, -EINVAL when the
 * content is not to be trusted, -E2BIG beyond GEO_MAX_RANGES, -ENOMEM.
 */
int geo_parse(const char *file, char *data, size_t size, struct geo_parsed *parsed,
	struct geo_error *error);

void geo_parsed_release(struct geo_parsed *parsed);

/* -- For the parsers of the formats -------------------------------------------------------- */

/* Two letters of any case -> id, without a search. */
struct geo_codes {
	country_id id[26 * 26];
	bool known[26 * 26];
};

/* What a parser works with. */
struct geo_work {
	const char *file;
	struct geo_codes codes;
	struct geo_parsed *parsed;
	struct geo_error *error;
};

/*
 * The country of a code of any length; COUNTRY_ZZ when it is none. XX and XO are none either: they
 * are this program's own.
 */
country_id geo_work_country(const struct geo_work *work, const char *code, size_t length);

/* Add a range; a failure is told in work->error. */
int geo_work_add(struct geo_work *work, bool is_v6, const struct geo_range *range);

/* Keep the newer one of the date known and this one; a text that is no date is ignored. */
void geo_work_date(struct geo_work *work, unsigned int year, unsigned int month, unsigned int day);

/* Longest line of a text file (bytes); more is an error: no format has such lines. */
#define GEO_MAX_LINE 4096

struct geo_lines {
	char *next;
	char *end;
	uint32_t number; /* of the line last given, from 1 */
};

/*
 * The next line: *line is NUL-terminated, without its end and without space around it. Returns 1;
 * 0 at the end; -EINVAL with a sentence for bytes that are no text, a line that is too long and a
 * last line without its end.
 */
int geo_lines_next(struct geo_lines *lines, struct geo_work *work, char **line);

/* Cut line at each separator, at most maximum fields; returns their number (maximum + 1 if more).
 */
size_t geo_line_split(char *line, char separator, char **field, size_t maximum);

int geo_parse_registry(struct geo_work *work, char *data, size_t size);
int geo_parse_list(struct geo_work *work, char *data, size_t size);
/* data stays as it is. */
int geo_parse_mmdb(struct geo_work *work, const char *data, size_t size);

#endif
