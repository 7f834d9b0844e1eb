/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/table.h"

#include "user/geo/content.h"
#include "user/geo/private.h"
#include "user/geo/special.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* FNV-1a, 64 bits: an identity, no protection against forgery. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	return hash;
}

static int fail_memory(struct geo_error *error, const char *file)
{
	return geo_fail(error, ENOMEM, file, 0, "not enough memory for the country table");
}

static int start_table(struct geo **geo, size_t files)
{
	struct geo *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->v4.last = UINT32_MAX;
	table->v6.last = UINT64_MAX;
	table->files = calloc(files ? files : 1, sizeof(*table->files));
	if (!table->files || geo_steps_append(&table->v4, 0, COUNTRY_ZZ) ||
		geo_steps_append(&table->v6, 0, COUNTRY_ZZ)) {
		geo_free(table);
		return -ENOMEM;
	}
	*geo = table;
	return 0;
}

static int lay_ranges(struct geo_steps *steps, const struct geo_ranges *ranges)
{
	struct geo_steps over = {.last = steps->last};
	int result = geo_ranges_to_steps(ranges, &over);

	if (result == 0)
		result = geo_steps_overlay(steps, &over);
	geo_steps_release(&over);
	return result;
}

static int describe(
	struct geo *geo, const char *file, bool compressed, const struct geo_parsed *parsed)
{
	struct geo_file_info *info = &geo->files[geo->info.file_count];
	char *path = strdup(file);

	if (!path)
		return -ENOMEM;
	*info = (struct geo_file_info){
		.path = path,
		.format = parsed->format,
		.compressed = compressed,
		.ranges4 = parsed->v4.count,
		.ranges6 = parsed->v6.count,
		.skipped = parsed->skipped,
		.reserved = parsed->reserved,
		.unknown = parsed->unknown,
	};
	memcpy(info->date, parsed->date, sizeof(info->date));
	if (strcmp(info->date, geo->info.date) > 0)
		memcpy(geo->info.date, info->date, sizeof(info->date));
	geo->info.file_count++;
	return 0;
}

/* Takes the content. */
static int add_content(struct geo *geo, const char *file, struct geo_content *content,
	uint64_t *hash, struct geo_error *error)
{
	uint64_t own = hash_bytes(FNV_BASIS, content->data, content->size);
	bool compressed = content->compressed;
	struct geo_parsed parsed;
	int result = geo_parse(file, content->data, content->size, &parsed, error);

	geo_content_release(content);
	if (result)
		return result;
	/* A hash of hashes: moving a line from one file to the next is another identity. */
	*hash = hash_bytes(*hash, &own, sizeof(own));
	if (lay_ranges(&geo->v4, &parsed.v4) || lay_ranges(&geo->v6, &parsed.v6) ||
		describe(geo, file, compressed, &parsed))
		result = fail_memory(error, file);
	geo_parsed_release(&parsed);
	return result;
}

static int lay_special(struct geo *geo)
{
	struct geo_steps v4 = {.last = UINT32_MAX};
	struct geo_steps v6 = {.last = UINT64_MAX};
	int result = -ENOMEM;

	if (geo_special_steps4(&v4) == 0 && geo_special_steps6(&v6) == 0 &&
		geo_steps_overlay(&geo->v4, &v4) == 0)
		result = geo_steps_overlay(&geo->v6, &v6);
	geo_steps_release(&v4);
	geo_steps_release(&v6);
	return result;
}

static void count_addresses(const struct geo_steps *steps, uint64_t *counts)
{
	for (size_t i = 0; i < steps->count; i++)
		counts[steps->country[i]] += geo_steps_end(steps, i) - steps->start[i] + 1;
}

static int finish_table(struct geo *geo, uint64_t hash)
{
	struct geo_info *info = &geo->info;

	if (lay_special(geo) || geo_derive_kernel(geo))
		return -ENOMEM;
	if (info->file_count)
		snprintf(info->id, sizeof(info->id), "%016" PRIx64, hash);
	info->files = geo->files;
	info->steps4 = geo->v4.count;
	info->steps6 = geo->v6.count;
	info->blocks = geo->blocks.count;
	info->boundaries6 = geo->boundaries6;
	count_addresses(&geo->v4, info->addresses4);
	count_addresses(&geo->v6, info->networks6);
	return 0;
}

int geo_load(const char *const *paths, size_t count, struct geo **geo, struct geo_error *error)
{
	struct geo *table GEO_CLEANUP = NULL;
	uint64_t hash = FNV_BASIS;

	if (count > GEO_MAX_FILES)
		return geo_fail(error, E2BIG, NULL, 0, "%zu country files; at most %d are taken",
			count, GEO_MAX_FILES);
	if (start_table(&table, count))
		return fail_memory(error, NULL);
	for (size_t i = 0; i < count; i++) {
		struct geo_content content;
		int result = geo_content_read(paths[i], &content, error);

		if (result == 0)
			result = add_content(table, paths[i], &content, &hash, error);
		if (result)
			return result;
	}
	if (finish_table(table, hash))
		return fail_memory(error, NULL);
	*geo = table;
	table = NULL;
	return 0;
}

int geo_load_content(
	const char *file, const void *data, size_t size, struct geo **geo, struct geo_error *error)
{
	struct geo *table GEO_CLEANUP = NULL;
	struct geo_content content;
	uint64_t hash = FNV_BASIS;
	int result;

	if (start_table(&table, 1))
		return fail_memory(error, file);
	result = geo_content_copy(file, data, size, &content, error);
	if (result == 0)
		result = add_content(table, file, &content, &hash, error);
	if (result)
		return result;
	if (finish_table(table, hash))
		return fail_memory(error, file);
	*geo = table;
	table = NULL;
	return 0;
}

void geo_free(struct geo *geo)
{
	if (!geo)
		return;
	for (size_t i = 0; i < geo->info.file_count; i++)
		free((char *)geo->files[i].path);
	free(geo->files);
	free(geo->blocks.block);
	geo_steps_release(&geo->v4);
	geo_steps_release(&geo->v6);
	free(geo);
}

country_id geo_lookup4(const struct geo *geo, uint32_t address)
{
	return geo->v4.country[geo_steps_find(&geo->v4, address)];
}

country_id geo_lookup6(const struct geo *geo, uint64_t upper64)
{
	return geo->v6.country[geo_steps_find(&geo->v6, upper64)];
}

const struct geo_info *geo_info(const struct geo *geo)
{
	return &geo->info;
}
