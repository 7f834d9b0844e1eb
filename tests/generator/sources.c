/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/sources.h"

#include "user/lib/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(struct source_list *list, uint64_t start, uint64_t end, const char country[2])
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 1024;
		struct source_range *range = reallocarray(list->range, capacity, sizeof(*range));

		if (!range)
			return -ENOMEM;
		list->range = range;
		list->capacity = capacity;
	}
	list->range[list->count++] = (struct source_range){
		.start = start, .end = end, .country = {country[0], country[1]}};
	return 0;
}

static int by_country(const void *one, const void *other)
{
	const struct source_range *a = one, *b = other;
	int order = memcmp(a->country, b->country, 2);

	/* A complete order: qsort of equal elements differs between C libraries. */
	return order ? order : (a->start > b->start) - (a->start < b->start);
}

static void index_list(struct source_list *list)
{
	uint64_t before = 0;

	if (!list->count)
		return;
	qsort(list->range, list->count, sizeof(*list->range), by_country);
	for (size_t i = 0; i < list->count; i++) {
		struct source_range *range = &list->range[i];

		if (i && memcmp(range->country, range[-1].country, 2) != 0)
			before = 0;
		range->before = before;
		before += range->end - range->start + 1;
	}
}

int sources_builtin(struct sources *sources)
{
	/* Large networks that one country's operator has held for many years. */
	static const struct {
		uint32_t start, end;
		char country[3];
	} networks[] = {
		{0x3ad00000, 0x3adfffff, "CN"}, /* 58.208.0.0/12 */
		{0x24600000, 0x246fffff, "CN"}, /* 36.96.0.0/12 */
		{0x49000000, 0x49ffffff, "US"}, /* 73.0.0.0/8 */
		{0x5f180000, 0x5f1bffff, "RU"}, /* 95.24.0.0/14 */
		{0x3c400000, 0x3c4fffff, "JP"}, /* 60.64.0.0/12 */
		{0xafc00000, 0xafcfffff, "KR"}, /* 175.192.0.0/12 */
		{0x72200000, 0x722fffff, "TW"}, /* 114.32.0.0/12 */
		{0x71a00000, 0x71afffff, "VN"}, /* 113.160.0.0/12 */
		{0x75c00000, 0x75cfffff, "IN"}, /* 117.192.0.0/12 */
		{0xb1200000, 0xb123ffff, "BR"}, /* 177.32.0.0/14 */
		{0x57900000, 0x579fffff, "DE"}, /* 87.144.0.0/12 */
		{0x56800000, 0x568fffff, "GB"}, /* 86.128.0.0/12 */
		{0xb0800000, 0xb08fffff, "FR"}, /* 176.128.0.0/12 */
		{0x4da00000, 0x4dafffff, "NL"}, /* 77.160.0.0/12 */
	};
	static const struct {
		uint64_t start, end;
		char country[3];
	} networks6[] = {
		{0x240e000000000000, 0x240e0fffffffffff, "CN"}, /* 240e::/20 */
		{0x2601000000000000, 0x26010fffffffffff, "US"}, /* 2601::/20 */
		{0x2003000000000000, 0x200300ffffffffff, "DE"}, /* 2003::/24 */
	};
	int error = 0;

	*sources = (struct sources){0};
	for (size_t i = 0; !error && i < sizeof(networks) / sizeof(networks[0]); i++)
		error = add(
			&sources->ipv4, networks[i].start, networks[i].end, networks[i].country);
	for (size_t i = 0; !error && i < sizeof(networks6) / sizeof(networks6[0]); i++)
		error = add(
			&sources->ipv6, networks6[i].start, networks6[i].end, networks6[i].country);
	index_list(&sources->ipv4);
	index_list(&sources->ipv6);
	if (error)
		sources_release(sources);
	return error;
}

/* One end of a range: IPv4 as number or dotted, IPv6 as its upper 64 bits. */
static int parse_end(const char *text, bool *is_v6, uint64_t *value)
{
	struct text_address address;

	*is_v6 = false;
	if (!text_parse_unsigned(text, UINT32_MAX, value))
		return 0;
	if (text_parse_address(text, &address))
		return -EINVAL;
	*is_v6 = address.is_v6;
	*value = 0;
	for (unsigned int i = 0; i < (address.is_v6 ? 8 : 4); i++)
		*value = *value << 8 | address.bytes[i];
	return 0;
}

static int add_line(struct sources *sources, char *line)
{
	char *rest = line;
	const char *first = strsep(&rest, ","), *last = strsep(&rest, ",");
	uint64_t start, end;
	bool is_v6, is_v6_too;

	if (!last || !rest || parse_end(first, &is_v6, &start) ||
		parse_end(last, &is_v6_too, &end) || is_v6 != is_v6_too || start > end ||
		strlen(rest) != 2)
		return -EINVAL;
	if (strcmp(rest, "??") == 0)
		return 0;
	return add(is_v6 ? &sources->ipv6 : &sources->ipv4, start, end, rest);
}

static int read_one(struct sources *sources, const char *path)
{
	FILE *in = fopen(path, "re");
	unsigned int number = 0;
	char line[256];
	int error = 0;

	if (!in) {
		error = -errno;
		fprintf(stderr, "darknet-generator: %s: %s\n", path, strerror(-error));
		return error;
	}
	while (!error && fgets(line, sizeof(line), in)) {
		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		error = add_line(sources, line);
	}
	fclose(in);
	if (error)
		fprintf(stderr, "darknet-generator: %s:%u: %s\n", path, number,
			error == -EINVAL ? "not a line start,end,CC" : strerror(-error));
	return error;
}

int sources_read(char *const paths[], size_t count, struct sources *sources)
{
	int error = 0;

	*sources = (struct sources){0};
	for (size_t i = 0; !error && i < count; i++)
		error = read_one(sources, paths[i]);
	if (!error && !sources->ipv4.count) {
		fputs("darknet-generator: the country data has no IPv4 ranges\n", stderr);
		error = -ENODATA;
	}
	index_list(&sources->ipv4);
	index_list(&sources->ipv6);
	if (error)
		sources_release(sources);
	return error;
}

static void print_end(uint64_t value, bool is_v6, bool is_end, FILE *out)
{
	struct text_address address = {.is_v6 = is_v6};
	char text[TEXT_ADDRESS_MAX];

	for (unsigned int i = 0, bytes = is_v6 ? 8 : 4; i < bytes; i++)
		address.bytes[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
	if (is_v6 && is_end)
		memset(address.bytes + 8, 0xff, 8);
	text_format_address(&address, text);
	fprintf(out, "%s,", text);
}

void sources_print(const struct sources *sources, FILE *out)
{
	for (unsigned int is_v6 = 0; is_v6 < 2; is_v6++) {
		const struct source_list *list = is_v6 ? &sources->ipv6 : &sources->ipv4;

		for (size_t i = 0; i < list->count; i++) {
			print_end(list->range[i].start, is_v6, false, out);
			print_end(list->range[i].end, is_v6, true, out);
			fprintf(out, "%.2s\n", list->range[i].country);
		}
	}
}

void sources_release(struct sources *sources)
{
	free(sources->ipv4.range);
	free(sources->ipv6.range);
	*sources = (struct sources){0};
}

/* The first range at or after the country's first in the order of by_country(). */
static size_t first_of(const struct source_list *list, const char country[2])
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (memcmp(list->range[middle].country, country, 2) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_of(const struct source_list *list, size_t i, const char country[2])
{
	return i < list->count && memcmp(list->range[i].country, country, 2) == 0;
}

bool sources_have(const struct sources *sources, const char country[2])
{
	return is_of(&sources->ipv4, first_of(&sources->ipv4, country), country);
}

uint32_t sources_pick4(const struct sources *sources, struct random *random, char country[2])
{
	const struct source_list *list = &sources->ipv4;
	size_t low = first_of(list, country), high;
	uint64_t wanted;

	if (!is_of(list, low, country)) {
		low = random_below(random, list->count);
		memcpy(country, list->range[low].country, 2);
		low = first_of(list, country);
	}
	/* The country's last range, by the order: the first of the next code, less one. */
	high = first_of(list, (char[2]){country[0], (char)(country[1] + 1)}) - 1;
	wanted = random_below(random,
		list->range[high].before + list->range[high].end - list->range[high].start + 1);
	while (low < high) {
		size_t middle = (low + high + 1) / 2;

		if (list->range[middle].before <= wanted)
			low = middle;
		else
			high = middle - 1;
	}
	return (uint32_t)(list->range[low].start + (wanted - list->range[low].before));
}

uint64_t sources_pick6(const struct sources *sources, struct random *random)
{
	const struct source_list *list = &sources->ipv6;
	const struct source_range *range;

	if (!list->count)
		return 0x240e000000000000 | random_below(random, 1ull << 44);
	range = &list->range[random_below(random, list->count)];
	if (range->end - range->start == UINT64_MAX)
		return random_next(random);
	return range->start + random_below(random, range->end - range->start + 1);
}
