/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/geo_print.h"

#include "bpf/contract.h"
#include "user/lib/log.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Countries that `info` lists without --all. */
#define TOP_COUNTRIES 20

struct ranked {
	country_id country;
	uint64_t addresses4;
	uint64_t networks6;
};

static int by_addresses(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	if (left->addresses4 != right->addresses4)
		return left->addresses4 > right->addresses4 ? -1 : 1;
	if (left->networks6 != right->networks6)
		return left->networks6 > right->networks6 ? -1 : 1;
	return (left->country > right->country) - (left->country < right->country);
}

/* Those that have addresses, most first; returns their number. */
static size_t rank(const struct geo_info *info, struct ranked ranked[COUNTRY_COUNT])
{
	size_t count = 0;

	for (unsigned int i = 0; i < COUNTRY_COUNT; i++)
		if (info->addresses4[i] || info->networks6[i])
			ranked[count++] = (struct ranked){
				.country = (country_id)i,
				.addresses4 = info->addresses4[i],
				.networks6 = info->networks6[i],
			};
	qsort(ranked, count, sizeof(ranked[0]), by_addresses);
	return count;
}

static void print_file(const struct geo_file_info *file)
{
	printf("file       %s\n", file->path);
	printf("           %s%s%s%s; %" PRIu64 " IPv4 and %" PRIu64 " IPv6 ranges\n",
		geo_format_name(file->format), file->compressed ? ", gzip" : "",
		file->date[0] ? " of " : ", no date", file->date, file->ranges4, file->ranges6);
	printf("           %" PRIu64 " lines without a range, %" PRIu64
	       " ranges not allocated, %" PRIu64 " without a country\n",
		file->skipped, file->reserved, file->unknown);
}

static void print_countries(const struct geo_info *info, bool all)
{
	struct ranked ranked[COUNTRY_COUNT];
	size_t count = rank(info, ranked);

	printf("\ncountry  IPv4 addresses    share          IPv6 /64s\n");
	for (size_t i = 0; i < count && (all || i < TOP_COUNTRIES); i++)
		printf("%-7s %15" PRIu64 "  %5.2f %%  %17" PRIu64 "\n",
			country_code(ranked[i].country), ranked[i].addresses4,
			(double)ranked[i].addresses4 * 100 / 4294967296.0, ranked[i].networks6);
	if (!all && count > TOP_COUNTRIES)
		printf("and %zu more (--all)\n", count - TOP_COUNTRIES);
}

void geo_print_text(const struct geo_info *info, bool all)
{
	printf("data       %s%s%s\n", info->id[0] ? info->id : "(no file)",
		info->date[0] ? " of " : "", info->date);
	for (size_t i = 0; i < info->file_count; i++)
		print_file(&info->files[i]);
	printf("merged     %zu IPv4 and %zu IPv6 ranges\n", info->steps4, info->steps6);
	printf("kernel     %zu of %u blocks of IPv4 /24s, %zu of %u IPv6 boundaries\n",
		info->blocks, TT_GEO_SAME, info->boundaries6, TT_GEO_BOUNDARIES6);
	if (info->blocks > TT_GEO_SAME || info->boundaries6 > TT_GEO_BOUNDARIES6)
		printf("           these data do not fit into the kernel's table\n");
	printf("XO         the kernel counts together:");
	for (unsigned int i = COUNTRY_XO + 1; i < COUNTRY_COUNT; i++)
		printf(" %s", country_code((country_id)i));
	printf("\n");
	print_countries(info, all);
}

/* A path as JSON text; its bytes that are not UTF-8 become '?'. */
static json_t *json_path(const char *path)
{
	json_t *json = json_string(path);
	char *copy;

	if (json || !(copy = strdup(path)))
		return json;
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c > 0x7f)
			*c = '?';
	json = json_string(copy);
	free(copy);
	return json;
}

static json_t *json_files(const struct geo_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->file_count; i++) {
		const struct geo_file_info *file = &info->files[i];
		json_t *item = json_pack("{s:o, s:s, s:b, s:I, s:I, s:I, s:I, s:I}", "path",
			json_path(file->path), "format", geo_format_name(file->format), "gzip",
			file->compressed, "ranges4", (json_int_t)file->ranges4, "ranges6",
			(json_int_t)file->ranges6, "skipped", (json_int_t)file->skipped, "reserved",
			(json_int_t)file->reserved, "unknown", (json_int_t)file->unknown);

		if (file->date[0])
			json_object_set_new(item, "date", json_string(file->date));
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *json_countries(const struct geo_info *info)
{
	struct ranked ranked[COUNTRY_COUNT];
	size_t count = rank(info, ranked);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *item =
			json_pack("{s:s, s:s, s:I}", "country", country_code(ranked[i].country),
				"cell", country_code(country_cell(ranked[i].country)), "addresses4",
				(json_int_t)ranked[i].addresses4);

		/* JSON readers keep 63 bits; only what nobody has (ZZ) is larger. */
		if (ranked[i].networks6 <= INT64_MAX)
			json_object_set_new(
				item, "networks6", json_integer((json_int_t)ranked[i].networks6));
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *json_folded(void)
{
	json_t *list = json_array();

	for (unsigned int i = COUNTRY_XO + 1; i < COUNTRY_COUNT; i++)
		json_array_append_new(list, json_string(country_code((country_id)i)));
	return list;
}

int geo_print_json(const struct geo_info *info)
{
	json_t *json = json_pack("{s:o, s:{s:I, s:I}, s:{s:I, s:i, s:I, s:i}, s:o, s:o}", "files",
		json_files(info), "merged", "ranges4", (json_int_t)info->steps4, "ranges6",
		(json_int_t)info->steps6, "kernel", "blocks", (json_int_t)info->blocks,
		"blocks_max", (int)TT_GEO_SAME, "boundaries6", (json_int_t)info->boundaries6,
		"boundaries6_max", (int)TT_GEO_BOUNDARIES6, "countries", json_countries(info), "XO",
		json_folded());
	int failed;

	if (!json) {
		log_error("not enough memory for the output");
		return -ENOMEM;
	}
	if (info->id[0])
		json_object_set_new(json, "id", json_string(info->id));
	if (info->date[0])
		json_object_set_new(json, "date", json_string(info->date));
	failed = json_dumpf(json, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	json_decref(json);
	return failed || printf("\n") < 0 ? -EIO : 0;
}
