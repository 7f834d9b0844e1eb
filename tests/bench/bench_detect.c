/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the detector costs: bench_detect [SERIES], default 262,144.
 *
 *   busy   all series, and 100,000 of them, in every minute of four days and a bit: the median
 *          minute, and the worst of each kind (hour, six hours, day)
 *   quiet  85,000 minutes of 2 packets to random ports
 *   state  bytes a series; size and time of a snapshot
 */
#include "user/detect/detect.h"
#include "user/detect/series_table.h"
#include "user/model/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define START INT64_C(1388534400) /* 2014-01-01 */
#define BUSY_MINUTES (3 * 1440 + 121)
#define QUIET_MINUTES 85000
#define SOME_SERIES 100000u

/* Processor time: the machine may be shared. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static uint32_t random_number(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static struct event_list events;

static struct detect *new_detect(uint32_t capacity)
{
	struct detect_parameters parameters = detect_defaults();
	struct detect *detect;

	parameters.capacity = capacity;
	parameters.cells = capacity;
	if (detect_new(&parameters, &detect)) {
		fprintf(stderr, "bench_detect: no memory\n");
		exit(1);
	}
	return detect;
}

static void print_snapshot(const struct detect *detect)
{
	double start = now();
	uint8_t *data;
	size_t size;

	if (detect_save(detect, &data, &size))
		return;
	printf("snapshot  %.1f MB in %.0f ms\n", (double)size / 1e6, (now() - start) * 1e3);
	free(data);
}

/* Ports first, then cells of 32 countries each. */
static series_key key_of(uint32_t number)
{
	if (number < TT_ROWS)
		return series_make(SERIES_PORT, number, 0);
	number -= TT_ROWS;
	return series_make(SERIES_CELL, number / 32, (country_id)(2 + number % 32));
}

static void busy(uint32_t series, uint32_t active)
{
	struct series_count *counts = calloc(active, sizeof(*counts));
	double *took = calloc(BUSY_MINUTES, sizeof(*took)), worst[4] = {0}, median;
	struct detect *detect = new_detect(series);
	size_t told = 0;

	if (!counts || !took)
		exit(1);
	for (uint32_t minute = 0; minute < BUSY_MINUTES; minute++) {
		int kind = (minute + 1) % 1440 == 0 || minute % 1440 == 0 ? 3
			   : (minute + 1) % 360 == 0 || minute % 360 == 0 ? 2
			   : (minute + 1) % 60 == 0 || minute % 60 == 0   ? 1
									  : 0;
		double start;

		for (uint32_t i = 0; i < active; i++) {
			uint32_t number = (uint32_t)((uint64_t)i * series / active);

			counts[i] = (struct series_count){key_of(number), 1 + random_number() % 4};
		}
		start = now();
		detect_counts(detect, START + minute * 60, 1, counts, active, &events);
		took[minute] = now() - start;
		told += events.count;
		events.count = 0;
		if (minute >= 1440 && took[minute] > worst[kind])
			worst[kind] = took[minute];
	}
	qsort(took, BUSY_MINUTES, sizeof(*took), compare);
	median = took[BUSY_MINUTES / 2];
	printf("%u of %u  minute %.2f ms (%.1f ns a series), worst %.1f; hour %.1f, six hours "
	       "%.1f, "
	       "day %.1f ms; %zu events\n",
		active, series, median * 1e3, median * 1e9 / active, worst[0] * 1e3, worst[1] * 1e3,
		worst[2] * 1e3, worst[3] * 1e3, told);
	if (active == series)
		print_snapshot(detect);
	detect_free(detect);
	free(counts);
	free(took);
}

static void quiet(void)
{
	struct detect *detect = new_detect(DETECT_DEFAULT_CAPACITY);
	double start = now();

	for (uint32_t minute = 0; minute < QUIET_MINUTES; minute++) {
		struct series_count counts[2] = {
			{series_make(SERIES_PORT, random_number() % TT_ROWS, 0), 1},
			{series_make(SERIES_PORT, 23, 0), 1},
		};

		detect_counts(detect, START + minute * 60, 1, counts, 2, &events);
		events.count = 0;
	}
	printf("quiet     85,000 minutes in %.2f s, %u series\n", now() - start,
		detect_health(detect).series);
	detect_free(detect);
}

int main(int argc, char **argv)
{
	long series = argc > 1 ? atol(argv[1]) : DETECT_DEFAULT_CAPACITY;

	events.capacity = DETECT_MAX_EVENTS;
	events.events = calloc(events.capacity, sizeof(*events.events));
	if (!events.events || series < (long)SOME_SERIES)
		return 1;
	printf("state     %zu bytes a series, and %d of the index\n", sizeof(struct series),
		SERIES_INDEX_BYTES);
	busy((uint32_t)series, (uint32_t)series);
	busy((uint32_t)series, SOME_SERIES);
	quiet();
	free(events.events);
	return 0;
}
