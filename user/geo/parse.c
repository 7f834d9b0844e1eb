/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/parse.h"

#include "user/lib/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MMDB_MARKER "\xab\xcd\xefMaxMind.com"
#define MMDB_MARKER_RANGE ((size_t)128 << 10)

const char *geo_format_name(enum geo_format format)
{
	static const char *const names[] = {
		[GEO_REGISTRY] = "delegated",
		[GEO_REGISTRY_EXTENDED] = "delegated-extended",
		[GEO_LIST] = "start,end,CC",
		[GEO_MMDB] = "MMDB",
	};
	_Static_assert(sizeof(names) / sizeof(names[0]) == GEO_FORMATS, "a name for each format");

	return format < GEO_FORMATS ? names[format] : "?";
}

static int letter(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

static void index_codes(struct geo_codes *codes)
{
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++) {
		const char *code = country_code((country_id)i);
		int place = letter(code[0]) * 26 + letter(code[1]);

		codes->id[place] = (country_id)i;
		codes->known[place] = true;
	}
}

country_id geo_work_country(const struct geo_work *work, const char *code, size_t length)
{
	int first = length == 2 ? letter(code[0]) : -1;
	int second = length == 2 ? letter(code[1]) : -1;
	country_id id;

	if (first < 0 || second < 0 || !work->codes.known[first * 26 + second])
		return COUNTRY_ZZ;
	id = work->codes.id[first * 26 + second];
	return id == COUNTRY_XX || id == COUNTRY_XO ? COUNTRY_ZZ : id;
}

int geo_work_add(struct geo_work *work, bool is_v6, const struct geo_range *range)
{
	int result = geo_ranges_add(is_v6 ? &work->parsed->v6 : &work->parsed->v4, range);

	if (result == -E2BIG)
		return geo_fail(work->error, E2BIG, work->file, range->line,
			"more than %zu ranges of one family: no country data", GEO_MAX_RANGES);
	if (result)
		return geo_fail(work->error, -result, work->file, range->line,
			"not enough memory for its ranges");
	return 0;
}

void geo_work_date(struct geo_work *work, unsigned int year, unsigned int month, unsigned int day)
{
	char date[40];
	int64_t seconds;

	snprintf(date, sizeof(date), "%04u-%02u-%02u", year, month, day);
	/* Before 1983 there were no registries: a zero or a damaged field, not a date. */
	if (year < 1983 || year > 9999 || text_parse_time(date, &seconds))
		return;
	if (strcmp(date, work->parsed->date) > 0)
		memcpy(work->parsed->date, date, GEO_DATE_MAX);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

int geo_lines_next(struct geo_lines *lines, struct geo_work *work, char **line)
{
	size_t left = (size_t)(lines->end - lines->next);
	char *start = lines->next;
	char *stop;

	if (left == 0)
		return 0;
	lines->number++;
	stop = memchr(start, '\n', left < GEO_MAX_LINE ? left : GEO_MAX_LINE);
	if (!stop && left >= GEO_MAX_LINE)
		return geo_fail(work->error, EINVAL, work->file, lines->number,
			"the line is longer than %d bytes: no country data", GEO_MAX_LINE);
	if (!stop)
		return geo_fail(work->error, EINVAL, work->file, lines->number,
			"the last line has no line end: the file is truncated (add a line end "
			"if it is whole)");
	if (memchr(start, '\0', (size_t)(stop - start)))
		return geo_fail(work->error, EINVAL, work->file, lines->number,
			"holds a zero byte: no text, the file is damaged");
	lines->next = stop + 1;
	while (stop > start && is_space(stop[-1]))
		stop--;
	*stop = '\0';
	while (is_space(*start))
		start++;
	*line = start;
	return 1;
}

size_t geo_line_split(char *line, char separator, char **field, size_t maximum)
{
	size_t count = 0;

	for (;;) {
		char *stop = strchr(line, separator);

		if (count == maximum)
			return maximum + 1;
		field[count++] = line;
		if (!stop)
			return count;
		*stop = '\0';
		line = stop + 1;
	}
}

static bool has_mmdb_marker(const char *data, size_t size)
{
	size_t range = size < MMDB_MARKER_RANGE ? size : MMDB_MARKER_RANGE;

	return memmem(data + size - range, range, MMDB_MARKER, sizeof(MMDB_MARKER) - 1) != NULL;
}

/* The separator of the first line that says something; 0 when there is none. */
static char find_separator(const char *data, size_t size)
{
	const char *end = data + size;

	while (data < end) {
		const char *stop = memchr(data, '\n', (size_t)(end - data));

		stop = stop ? stop : end;
		while (data < stop && is_space(*data))
			data++;
		if (data < stop && *data != '#') {
			if (memchr(data, '|', (size_t)(stop - data)))
				return '|';
			return memchr(data, ',', (size_t)(stop - data)) ? ',' : 0;
		}
		data = stop < end ? stop + 1 : end;
	}
	return 0;
}

static int parse_format(struct geo_work *work, char *data, size_t size)
{
	/* A byte order mark, which some editors put in front of text. */
	size_t mark = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	if (size == 0)
		return geo_fail(work->error, EINVAL, work->file, 0, "the file is empty");
	if (has_mmdb_marker(data, size))
		return geo_parse_mmdb(work, data, size);
	switch (find_separator(data + mark, size - mark)) {
	case '|':
		return geo_parse_registry(work, data + mark, size - mark);
	case ',':
		return geo_parse_list(work, data + mark, size - mark);
	}
	return geo_fail(work->error, EINVAL, work->file, 0,
		"is neither registry statistics nor start,end,CC lines nor a whole MMDB; use one "
		"of "
		"these, or fetch it again if it was one");
}

/* -- Is the whole plausible? --------------------------------------------------------------- */

/* Below this many ranges a share says nothing: a few lines by hand may be all special cases. */
#define JUDGED_RANGES 100

static int judge_codes(const struct geo_work *work)
{
	const struct geo_parsed *parsed = work->parsed;
	uint64_t ranges = parsed->v4.count + parsed->v6.count;

	if (ranges == 0)
		return geo_fail(work->error, EINVAL, work->file, 0,
			"lists no address range: truncated, or no country data");
	if (ranges >= JUDGED_RANGES && parsed->unknown > ranges / 2)
		return geo_fail(work->error, EINVAL, work->file, 0,
			"%llu of its %llu ranges have no known country: damaged, or another kind "
			"of data",
			(unsigned long long)parsed->unknown, (unsigned long long)ranges);
	return 0;
}

/*
 * Networks that one institution of the country has held since the 1980s and 1990s (universities,
 * ministries, car makers). A table of the world that is shifted or shuffled misses most of them.
 */
static const struct {
	uint32_t address;
	char code[3];
} anchors[] = {
	{0x06000001, "US"}, /* 6.0.0.0/8 */
	{0x19000001, "GB"}, /* 25.0.0.0/8 */
	{0x35000001, "DE"}, /* 53.0.0.0/8 */
	{0x81840001, "CH"}, /* 129.132.0.0/16 */
	{0x82d80001, "NZ"}, /* 130.216.0.0/16 */
	{0x850b0001, "JP"}, /* 133.11.0.0/16 */
	{0x89840001, "SG"}, /* 137.132.0.0/16 */
	{0xa3980001, "KR"}, /* 163.152.0.0/16 */
	{0xc8a00001, "BR"}, /* 200.160.0.0/16 */
	{0xca700001, "CN"}, /* 202.112.0.0/16 */
};
#define ANCHORS (sizeof(anchors) / sizeof(anchors[0]))

static country_id find_listed(const struct geo_ranges *ranges, uint32_t address)
{
	size_t low = 0;
	size_t high = ranges->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges->list[middle].last < address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == ranges->count || ranges->list[low].first > address)
		return GEO_SILENT;
	return ranges->list[low].country;
}

/*
 * Damage to text breaks a line or the count of them, but an MMDB with a wrong branch still answers.
 * Only one that speaks of most of the Internet in detail can be asked about all of it.
 */
static int judge_anchors(const struct geo_work *work)
{
	const struct geo_ranges *ranges = &work->parsed->v4;
	uint64_t addresses = 0;
	unsigned int hits = 0;

	for (size_t i = 0; i < ranges->count; i++)
		if (ranges->list[i].country != COUNTRY_ZZ)
			addresses += ranges->list[i].last - ranges->list[i].first + 1;
	if (work->parsed->format != GEO_MMDB || ranges->count < JUDGED_RANGES ||
		addresses <= UINT32_MAX / 2)
		return 0;
	for (size_t i = 0; i < ANCHORS; i++) {
		country_id listed = find_listed(ranges, anchors[i].address);

		hits += listed < COUNTRY_COUNT &&
			memcmp(country_code(listed), anchors[i].code, 2) == 0;
	}
	if (hits >= ANCHORS / 2)
		return 0;
	return geo_fail(work->error, EINVAL, work->file, 0,
		"covers most of the Internet, but only %u of %zu well-known networks are in their "
		"country: damaged, or not by country of allocation",
		hits, ANCHORS);
}

int geo_parse(const char *file, char *data, size_t size, struct geo_parsed *parsed,
	struct geo_error *error)
{
	struct geo_parsed mine = {0};
	struct geo_work work = {.file = file, .parsed = &mine, .error = error};
	int result;

	index_codes(&work.codes);
	result = parse_format(&work, data, size);
	if (result == 0)
		result = judge_codes(&work);
	if (result == 0)
		result = geo_ranges_sort(&mine.v4, file, false, error);
	if (result == 0)
		result = geo_ranges_sort(&mine.v6, file, true, error);
	if (result == 0)
		result = judge_anchors(&work);
	if (result) {
		geo_parsed_release(&mine);
		return result;
	}
	*parsed = mine;
	return 0;
}

void geo_parsed_release(struct geo_parsed *parsed)
{
	geo_ranges_release(&parsed->v4);
	geo_ranges_release(&parsed->v6);
}
