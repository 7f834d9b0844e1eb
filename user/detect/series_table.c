/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/series_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Record numbers, plus one, have 24 bits of an index entry. */
#define NUMBER_BITS 24
#define NUMBER_MASK ((1u << NUMBER_BITS) - 1)
#define MAX_CAPACITY (NUMBER_MASK - 1)

int series_table_new(struct series_table *table, uint32_t capacity)
{
	struct series_table fresh = {.capacity = capacity};

	if (capacity == 0 || capacity > MAX_CAPACITY)
		return -EINVAL;
	fresh.index_size = capacity + capacity / 4 + 1;
	fresh.series = calloc(capacity, sizeof(*fresh.series));
	fresh.index = calloc(fresh.index_size, sizeof(*fresh.index));
	if (!fresh.series || !fresh.index) {
		series_table_free(&fresh);
		return -ENOMEM;
	}
	*table = fresh;
	return 0;
}

void series_table_free(struct series_table *table)
{
	free(table->series);
	free(table->index);
	*table = (struct series_table){0};
}

/* Keys are nearly consecutive numbers: the multiplications spread them. */
static uint32_t mix(series_key key)
{
	uint32_t mixed = key * 0x9e3779b1u;

	mixed ^= mixed >> 15;
	mixed *= 0x85ebca6bu;
	return mixed ^ mixed >> 13;
}

static uint32_t home(const struct series_table *table, uint32_t mixed)
{
	return (uint32_t)((uint64_t)mixed * table->index_size >> 32);
}

static uint32_t next(const struct series_table *table, uint32_t slot)
{
	return slot + 1 == table->index_size ? 0 : slot + 1;
}

/* The low bits of the mixed key ride along: a wrong record is fetched once in 256 probes. */
static uint32_t entry(uint32_t mixed, uint32_t number)
{
	return mixed << NUMBER_BITS | (number + 1);
}

uint32_t series_table_find(const struct series_table *table, series_key key)
{
	uint32_t mixed = mix(key), slot = home(table, mixed);

	for (; table->index[slot]; slot = next(table, slot)) {
		uint32_t number = (table->index[slot] & NUMBER_MASK) - 1;

		if (table->index[slot] == entry(mixed, number) && table->series[number].key == key)
			return number;
	}
	return SERIES_NONE;
}

void series_table_prefetch_slot(const struct series_table *table, series_key key)
{
	__builtin_prefetch(&table->index[home(table, mix(key))]);
}

void series_table_prefetch_record(const struct series_table *table, series_key key)
{
	uint32_t mixed = mix(key), slot = home(table, mixed);

	for (; table->index[slot]; slot = next(table, slot)) {
		uint32_t number = (table->index[slot] & NUMBER_MASK) - 1;
		const char *record = (const char *)&table->series[number];

		if (table->index[slot] != entry(mixed, number))
			continue;
		__builtin_prefetch(record, 1);
		__builtin_prefetch(record + 64, 1);
		__builtin_prefetch(record + sizeof(struct series) - 1, 1);
		return;
	}
}

static void enter(struct series_table *table, uint32_t number)
{
	uint32_t mixed = mix(table->series[number].key), slot = home(table, mixed);

	while (table->index[slot])
		slot = next(table, slot);
	table->index[slot] = entry(mixed, number);
}

uint32_t series_table_add(struct series_table *table, series_key key, const struct series *blank)
{
	uint32_t number = table->count;

	if (number == table->capacity) {
		table->refused++;
		return SERIES_NONE;
	}
	table->series[number] = *blank;
	table->series[number].key = key;
	table->count++;
	enter(table, number);
	return number;
}

uint32_t series_table_prune(struct series_table *table,
	int (*drop)(const struct series *series, void *context),
	void (*moved)(const struct series *series, uint32_t number, void *context), void *context)
{
	uint32_t kept = 0, removed;

	for (uint32_t i = 0; i < table->count; i++) {
		if (drop(&table->series[i], context))
			continue;
		if (kept != i) {
			table->series[kept] = table->series[i];
			moved(&table->series[kept], kept, context);
		}
		kept++;
	}
	removed = table->count - kept;
	table->count = kept;
	if (removed)
		series_table_rebuild(table);
	return removed;
}

int series_table_rebuild(struct series_table *table)
{
	memset(table->index, 0, table->index_size * sizeof(*table->index));
	for (uint32_t i = 0; i < table->count; i++) {
		if (series_table_find(table, table->series[i].key) != SERIES_NONE)
			return -EEXIST;
		enter(table, i);
	}
	return 0;
}
