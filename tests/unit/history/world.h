/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests of the history share: a directory of their own, minutes made from a seed, and sums
 * kept beside the history to compare with.
 */
#ifndef TEITEN_TESTS_HISTORY_WORLD_H
#define TEITEN_TESTS_HISTORY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/history/query.h"
#include "user/model/port.h"

/* 2014-02-11T00:00:00Z */
#define FEB11 INT64_C(1392076800)

__attribute__((unused)) static char world_dir[64];

__attribute__((unused)) static int world_open(void **state)
{
	(void)state;
	strcpy(world_dir, "/tmp/teiten-history-XXXXXX");
	return mkdtemp(world_dir) ? 0 : -1;
}

__attribute__((unused)) static int world_close(void **state)
{
	DIR *directory = opendir(world_dir);
	struct dirent *entry;
	char path[512];

	(void)state;
	while (directory && (entry = readdir(directory))) {
		snprintf(path, sizeof(path), "%s/%s", world_dir, entry->d_name);
		unlink(path);
	}
	closedir(directory);
	return rmdir(world_dir);
}

__attribute__((unused)) static const char *world_path(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", world_dir, name);
	return path;
}

__attribute__((unused)) static struct history *open_as(unsigned int flags)
{
	struct history *history = NULL;
	struct history_error error;
	int status = history_open(world_dir, flags, &history, &error);

	if (status)
		print_error("open: %d %s\n", status, error.text);
	assert_int_equal(status, 0);
	assert_string_equal(error.text, "");
	return history;
}

__attribute__((unused)) static struct history *open_new(void)
{
	return open_as(HISTORY_WRITE | HISTORY_CREATE);
}

/* One minute in a transaction of its own. */
__attribute__((unused)) static void add_alone(struct history *history, const struct minute *minute)
{
	assert_int_equal(history_begin(history), 0);
	if (history_add_minute(history, minute))
		fail_msg("add: %s", history_message(history));
	assert_int_equal(history_commit(history), 0);
}

/* xorshift64*: the same minutes in every run. */
__attribute__((unused)) static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1du;
}

/* A valid minute with a few ports, cells and prefixes; all of it from the seed. */
__attribute__((unused)) static void random_minute(
	struct minute *minute, int64_t start, uint64_t *seed)
{
	uint32_t row = (uint32_t)(next_random(seed) % 3000);

	minute_clear(minute);
	minute->start = start;
	minute->covered = (double)(next_random(seed) % 60000000001) / 1e9;
	minute->addresses = next_random(seed) % 3 ? 65536 : 0;
	minute->late = next_random(seed) % 5;
	minute->mode = (enum attach_mode)(next_random(seed) % ATTACH_MODES);
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		if (next_random(seed) % 2)
			minute->ledger[i] = (struct tally){
				next_random(seed) % 1000, next_random(seed) % 100000};
	for (unsigned int i = 0; i < 6; i++)
		minute->sport53[next_random(seed) % COUNTRY_COUNT][next_random(seed) % 3] +=
			next_random(seed) % 100;
	while (row < TT_ROWS) {
		uint32_t country = (uint32_t)(next_random(seed) % 60);

		minute->ports[minute->port_count++] = (struct port_count){row,
			(uint32_t)(next_random(seed) % 50), 1 + next_random(seed) % 100,
			next_random(seed) % 9000, next_random(seed) % 10, {0}};
		for (; country < TT_CELLS; country += 1 + (uint32_t)(next_random(seed) % 200))
			minute->cells[minute->cell_count++] = (struct cell_count){
				row, 1 + (uint32_t)(next_random(seed) % 9), (country_id)country};
		row += 1 + (uint32_t)(next_random(seed) % 20000);
	}
	for (uint64_t network = next_random(seed) % 3000000; network < TT_PREFIXES4;
		network += 1 + next_random(seed) % 3000000)
		minute->prefixes[minute->prefix_count++] = (struct prefix_count){0,
			(country_id)(network % COUNTRY_COUNT), network,
			(uint32_t)(next_random(seed) % 9), (uint32_t)(next_random(seed) % 9)};
	for (uint64_t i = 0; i < next_random(seed) % 4; i++)
		minute->prefixes[minute->prefix_count++] = (struct prefix_count){
			1, 44, 0x20010db80000 + i * 7 + 1, (uint32_t)(next_random(seed) % 9), 1};
}

/* Every number of both minutes is the same. */
__attribute__((unused)) static void assert_same_minute(
	const struct minute *a, const struct minute *b)
{
	assert_int_equal(a->start, b->start);
	assert_true(a->covered == b->covered);
	assert_int_equal(a->addresses, b->addresses);
	assert_int_equal(a->late, b->late);
	assert_int_equal(a->misdated, b->misdated);
	assert_int_equal(a->unattributed, b->unattributed);
	assert_int_equal(a->prefixes_unlisted, b->prefixes_unlisted);
	assert_int_equal(a->nic_drops, b->nic_drops);
	assert_int_equal(a->mode, b->mode);
	assert_memory_equal(a->ledger, b->ledger, sizeof(a->ledger));
	assert_memory_equal(a->sport53, b->sport53, sizeof(a->sport53));
	assert_int_equal(a->port_count, b->port_count);
	assert_int_equal(a->cell_count, b->cell_count);
	assert_int_equal(a->prefix_count, b->prefix_count);
	for (size_t i = 0; i < a->port_count; i++)
		assert_memory_equal(&a->ports[i], &b->ports[i], sizeof(a->ports[i]));
	for (size_t i = 0; i < a->cell_count; i++)
		assert_true(a->cells[i].row == b->cells[i].row &&
			    a->cells[i].packets == b->cells[i].packets &&
			    a->cells[i].country == b->cells[i].country);
	for (size_t i = 0; i < a->prefix_count; i++)
		assert_true(a->prefixes[i].is_v6 == b->prefixes[i].is_v6 &&
			    a->prefixes[i].country == b->prefixes[i].country &&
			    a->prefixes[i].network == b->prefixes[i].network &&
			    a->prefixes[i].response == b->prefixes[i].response &&
			    a->prefixes[i].other == b->prefixes[i].other);
}

/* A digest of every row of an answer: equal answers have equal digests. */
struct digest {
	uint64_t hash;
	uint64_t rows;
	uint64_t packets;
};

__attribute__((unused)) static int digest_row(void *context, const struct store_row *row)
{
	struct digest *digest = context;
	uint64_t covered = (uint64_t)(row->covered * 1e9 + 0.5);
	const uint64_t values[] = {(uint64_t)row->time, row->row, row->country, row->class,
		row->is_v6, row->network, row->packets, row->bytes, row->syn, row->sources,
		row->response, row->other, covered, row->addresses, row->late, row->misdated,
		row->unattributed, row->prefixes_unlisted, row->nic_drops, row->modes};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		digest->hash = (digest->hash ^ values[i]) * 0x100000001b3u + (digest->hash >> 40);
	digest->rows++;
	digest->packets += row->packets + row->response + row->other;
	return 0;
}

__attribute__((unused)) static struct digest digest_of(struct history *history,
	enum store_table table, enum store_bin bin, int64_t from, int64_t to)
{
	struct store_query query = store_query_all(table, bin);
	struct store_answer answer;
	struct digest digest = {0};

	query.from = from;
	query.to = to;
	assert_int_equal(history_query(history, &query, digest_row, &digest, &answer), 0);
	assert_int_equal(answer.unkept_from, answer.unkept_to);
	assert_int_equal(answer.rows, digest.rows);
	return digest;
}

#endif
