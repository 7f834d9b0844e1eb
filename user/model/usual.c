/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/usual.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY INT64_C(86400)
/* Shorter days would show the hours of a day and not its level (seconds). */
#define LEAST_OF_A_DAY 21600
#define LEAST_OF_TODAY 3600

struct usual {
	bool is_read;
	int64_t read_for;           /* from of the window */
	int64_t first;              /* start of bin 0 */
	double covered[USUAL_DAYS]; /* seconds */
	double all[USUAL_DAYS];     /* packets */
	float (*ports)[USUAL_DAYS]; /* packets, by row */
	bool is_used[USUAL_DAYS];   /* watched for long enough */
};

struct usual *usual_new(void)
{
	struct usual *usual = calloc(1, sizeof(*usual));

	if (!usual)
		return NULL;
	usual->ports = calloc(TT_ROWS, sizeof(*usual->ports));
	if (usual->ports)
		return usual;
	free(usual);
	return NULL;
}

void usual_free(struct usual *usual)
{
	if (usual)
		free(usual->ports);
	free(usual);
}

/* The bin of a time, -1 outside. */
static int bin_of(const struct usual *usual, int64_t time)
{
	int64_t bin = (time - usual->first) / DAY;

	return time < usual->first || bin >= USUAL_DAYS ? -1 : (int)bin;
}

static int add_covered(void *context, const struct store_row *row)
{
	struct usual *usual = context;
	int bin = bin_of(usual, row->time);

	if (bin >= 0)
		usual->covered[bin] += row->covered;
	return 0;
}

static int add_frames(void *context, const struct store_row *row)
{
	struct usual *usual = context;
	int bin = bin_of(usual, row->time);

	if (bin >= 0)
		usual->all[bin] += (double)row->packets;
	return 0;
}

static int add_port(void *context, const struct store_row *row)
{
	struct usual *usual = context;
	int bin = bin_of(usual, row->time);

	if (bin >= 0)
		usual->ports[row->row][bin] += (float)row->packets;
	return 0;
}

static int read_bins(struct usual *usual, struct store *store, int64_t from, int64_t to)
{
	struct store_query query = store_query_all(TABLE_COVERAGE, BIN_DAY);
	struct store_answer answer;
	int error;

	memset(usual->covered, 0, sizeof(usual->covered));
	memset(usual->all, 0, sizeof(usual->all));
	memset(usual->ports, 0, TT_ROWS * sizeof(*usual->ports));
	usual->first = from - from % DAY;
	query.from = from;
	query.to = to;
	error = store->rows(store, &query, add_covered, usual, &answer);
	query.table = TABLE_LEDGER;
	if (!error)
		error = store->rows(store, &query, add_frames, usual, &answer);
	query.table = TABLE_PORTS;
	return error ? error : store->rows(store, &query, add_port, usual, &answer);
}

/* Use what was watched for long enough; whether anything was. */
static bool use(struct usual *usual, double least)
{
	bool any = false;

	for (unsigned int i = 0; i < USUAL_DAYS; i++) {
		usual->is_used[i] = usual->covered[i] >= least;
		any |= usual->is_used[i];
	}
	return any;
}

int usual_read(struct usual *usual, struct store *store, int64_t from)
{
	int64_t midnight = from - from % DAY, before = USUAL_DAYS * DAY;
	/* The days before a window change at midnight; the rest of its own day with each minute. */
	bool is_same = usual->is_read && usual->read_for - usual->read_for % DAY == midnight;
	int error;

	if (is_same && (usual->first < midnight || usual->read_for == from))
		return 0;
	usual->is_read = false;
	error = read_bins(usual, store, midnight > before ? midnight - before : 0, midnight);
	if (!error && !use(usual, LEAST_OF_A_DAY)) {
		error = read_bins(usual, store, midnight, from);
		use(usual, LEAST_OF_TODAY);
	}
	usual->is_read = !error;
	usual->read_for = from;
	return error;
}

static int by_size(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

/* Median of count rates, or the mean where that is zero. */
static double middle(double *rates, unsigned int count)
{
	double sum = 0, median;

	if (!count)
		return NAN;
	qsort(rates, count, sizeof(*rates), by_size);
	median = (rates[(count - 1) / 2] + rates[count / 2]) / 2;
	for (unsigned int i = 0; i < count; i++)
		sum += rates[i];
	return median > 0 ? median : sum / count;
}

double usual_of_row(const struct usual *usual, uint32_t row, double seconds)
{
	double rates[USUAL_DAYS];
	unsigned int count = 0;

	for (unsigned int i = 0; i < USUAL_DAYS && usual->is_read; i++)
		if (usual->is_used[i])
			rates[count++] = (double)usual->ports[row][i] / usual->covered[i];
	return middle(rates, count) * seconds;
}

double usual_of_all(const struct usual *usual, double seconds)
{
	double rates[USUAL_DAYS];
	unsigned int count = 0;

	for (unsigned int i = 0; i < USUAL_DAYS && usual->is_read; i++)
		if (usual->is_used[i])
			rates[count++] = usual->all[i] / usual->covered[i];
	return middle(rates, count) * seconds;
}
