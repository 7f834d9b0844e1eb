/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the history costs: bench_history [DIRECTORY], default a new one in /tmp, removed afterwards.
 *
 *   quiet   85,000 minutes of 2 packets, 60 a transaction, as a replay writes them
 *   busy    a day of minutes of 200,000 cells each, a transaction a minute, as the sensor does:
 *           the median, and the minutes that close an hour and the day
 *   query   by day over 59 days, and every minute's ports
 */
#include "user/history/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define START INT64_C(1388534400) /* 2014-01-01 */
#define QUIET_MINUTES 85000u
#define BUSY_MINUTES 1442
#define BUSY_CELLS 200000
/* Every port is hit from these many countries in the course of a day: 3.2 million cells. */
#define BUSY_COUNTRIES 24

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void check(struct history *history, int status, const char *what)
{
	if (status == 0)
		return;
	fprintf(stderr, "bench_history: %s: %s\n", what, history_message(history));
	exit(1);
}

static struct history *open_in(const char *directory, unsigned int flags)
{
	struct history_error error;
	struct history *history;

	if (history_open(directory, flags, &history, &error)) {
		fprintf(stderr, "bench_history: %s\n", error.text);
		exit(1);
	}
	return history;
}

static double megabytes(const char *directory)
{
	char path[512];
	struct stat file;

	snprintf(path, sizeof(path), "%s/history.db", directory);
	return stat(path, &file) ? 0 : (double)file.st_size / 1e6;
}

static void clean(const char *directory)
{
	static const char *const names[] = {"", "-wal", "-shm"};
	char path[512];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/history.db%s", directory, names[i]);
		unlink(path);
	}
}

static void quiet_minute(struct minute *minute, unsigned int i)
{
	minute_clear(minute);
	minute->start = START + 60 * (int64_t)i;
	minute->covered = 60;
	minute->addresses = 65536;
	minute->mode = ATTACH_REPLAY;
	minute->ledger[TT_TCP_SYN] = (struct tally){2, 108};
	minute->ports[0] = (struct port_count){23, 1, 1, 54, 1, {0}};
	minute->ports[1] = (struct port_count){80 + i % 300, 1, 1, 54, 1, {0}};
	minute->port_count = 2;
	minute->cells[0] = (struct cell_count){23, 1, 44};
	minute->cells[1] = (struct cell_count){80 + i % 300, 1, (country_id)(2 + i % 200)};
	minute->cell_count = 2;
}

static void bench_quiet(const char *directory, struct minute *minute)
{
	struct history *history = open_in(directory, HISTORY_WRITE | HISTORY_CREATE);
	double start = now();

	for (unsigned int i = 0; i < QUIET_MINUTES; i++) {
		quiet_minute(minute, i);
		if (i % 60 == 0)
			check(history, history_begin(history), "begin");
		check(history, history_add_minute(history, minute), "add");
		if (i % 60 == 59 || i == QUIET_MINUTES - 1)
			check(history, history_commit(history), "commit");
	}
	history_close(history);
	printf("quiet: %u minutes of 2 packets in %.2f s, %.1f MB\n", QUIET_MINUTES, now() - start,
		megabytes(directory));
}

static int count_row(void *context, const struct store_row *row)
{
	*(uint64_t *)context += row->packets;
	return 0;
}

static void bench_query(
	const char *directory, enum store_table table, enum store_bin bin, const char *name)
{
	struct history *history = open_in(directory, HISTORY_READ);
	struct store_query query = store_query_all(table, bin);
	struct store_answer answer;
	uint64_t packets = 0;
	double start = now();

	check(history, history_query(history, &query, count_row, &packets, &answer), "query");
	printf("query: %s: %llu rows, %llu packets in %.3f s\n", name,
		(unsigned long long)answer.rows, (unsigned long long)packets, now() - start);
	history_close(history);
}

/* Cells spread over all ports and BUSY_COUNTRIES, other ones in each minute. */
static void busy_minute(struct minute *minute, unsigned int i)
{
	uint32_t seed = i * 2654435761u + 1;
	uint64_t key = seed % 97;

	minute_clear(minute);
	minute->start = START + 60 * (int64_t)i;
	minute->covered = 60;
	minute->addresses = 65536;
	minute->mode = ATTACH_NATIVE;
	while (minute->cell_count < BUSY_CELLS && key < (uint64_t)TT_ROWS * BUSY_COUNTRIES) {
		uint32_t row = (uint32_t)(key / BUSY_COUNTRIES);

		if (!minute->port_count || minute->ports[minute->port_count - 1].row != row)
			minute->ports[minute->port_count++] =
				(struct port_count){row, 1 + seed % 30, 3, 180, 2, {0}};
		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		minute->cells[minute->cell_count++] = (struct cell_count){
			row, 1 + seed % 8, (country_id)(key % BUSY_COUNTRIES * 9)};
		key += 1 + (seed >> 8) % 30;
	}
}

static int ascending(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1
						       : *(const double *)a > *(const double *)b;
}

static void bench_busy(const char *directory, struct minute *minute)
{
	static double seconds[BUSY_MINUTES];
	struct history *history = open_in(directory, HISTORY_WRITE | HISTORY_CREATE);
	double hours[24] = {0}, day;

	for (unsigned int i = 0; i < BUSY_MINUTES; i++) {
		double start;

		busy_minute(minute, i);
		start = now();
		check(history, history_begin(history), "begin");
		check(history, history_add_minute(history, minute), "add");
		check(history, history_commit(history), "commit");
		seconds[i] = now() - start;
		if (i % 60 == 0)
			hours[i / 60 % 24] = seconds[i];
	}
	day = seconds[1440];
	hours[0] = 0;
	qsort(hours, 24, sizeof(hours[0]), ascending);
	qsort(seconds, BUSY_MINUTES, sizeof(seconds[0]), ascending);
	printf("busy: a minute of %zu cells: median %.0f ms, 99 %% %.0f ms; closing an hour "
	       "median %.0f ms, closing the day %.0f ms; %.0f MB a day\n",
		minute->cell_count, seconds[BUSY_MINUTES / 2] * 1e3,
		seconds[BUSY_MINUTES * 98 / 100] * 1e3, hours[12] * 1e3, day * 1e3,
		megabytes(directory));
	history_close(history);
}

int main(int argc, char **argv)
{
	char made[] = "/tmp/teiten-bench-XXXXXX";
	const char *directory = argc > 1 ? argv[1] : mkdtemp(made);
	static struct minute minute;

	if (!directory || minute_reserve(&minute))
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_quiet(directory, &minute);
	bench_query(directory, TABLE_PORTS, BIN_DAY, "ports by day");
	bench_query(directory, TABLE_CELLS, BIN_DAY, "cells by day");
	bench_query(directory, TABLE_CELLS, BIN_ALL, "cells in all");
	bench_query(directory, TABLE_PORTS, BIN_MINUTE, "ports by minute");
	clean(directory);
	bench_busy(directory, &minute);
	bench_query(directory, TABLE_PORTS, BIN_DAY, "busy ports by day");
	bench_query(directory, TABLE_CELLS, BIN_HOUR, "busy cells by hour");
	clean(directory);
	if (argc < 2) {
		char lock[64];

		snprintf(lock, sizeof(lock), "%s/history.lock", directory);
		unlink(lock);
		rmdir(directory);
	}
	return 0;
}
