/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/incident_series.h"

#include "user/model/port.h"

#include <errno.h>
#include <math.h>
#include <string.h>

struct reading {
	struct incident_series *series;
	series_key key;
	double covered[INCIDENT_SERIES_MAX];
	double count[INCIDENT_SERIES_MAX];
};

/* The bin of a row, or NULL. */
static double *bin_of(double *bins, const struct reading *reading, int64_t time)
{
	int64_t bin = (time - reading->series->from) / reading->series->step;

	return time < reading->series->from || bin >= (int64_t)reading->series->count ? NULL
										      : &bins[bin];
}

static int add_covered(void *context, const struct store_row *row)
{
	struct reading *reading = context;
	double *bin = bin_of(reading->covered, reading, row->time);

	if (bin)
		*bin += row->covered;
	return 0;
}

static bool is_counted(const struct reading *reading, const struct store_row *row)
{
	uint32_t item = series_item(reading->key);

	switch (series_kind(reading->key)) {
	case SERIES_SPORT53_COUNTRY:
		return row->country == series_country(reading->key);
	case SERIES_FANOUT:
		return (uint32_t)port_protocol(row->row) == item;
	case SERIES_CLASS:
		return row->class == item;
	default:
		return true;
	}
}

static int add_count(void *context, const struct store_row *row)
{
	struct reading *reading = context;
	double *bin = bin_of(reading->count, reading, row->time);

	if (bin && is_counted(reading, row))
		*bin += series_kind(reading->key) == SERIES_FANOUT ? 1 : (double)row->packets;
	return 0;
}

/* Where a key's counts are; the whole sensor's for a sweep and the common factor. */
static struct store_query query_of(series_key key)
{
	struct store_query query = store_query_all(TABLE_LEDGER, BIN_GIVEN);

	switch (series_kind(key)) {
	case SERIES_PORT:
		query.table = TABLE_PORTS;
		query.row = series_item(key);
		break;
	case SERIES_CELL:
		query.table = TABLE_CELLS;
		query.row = series_item(key);
		query.country = series_country(key);
		break;
	case SERIES_SPORT53:
	case SERIES_SPORT53_COUNTRY:
		query.table = TABLE_SPORT53;
		break;
	case SERIES_FANOUT:
		query.table = TABLE_PORTS;
		break;
	default:
		break;
	}
	return query;
}

static int read_once(struct store *store, struct reading *reading, bool *whole)
{
	struct incident_series *series = reading->series;
	int64_t borders[INCIDENT_SERIES_MAX + 1];
	struct store_query query = query_of(reading->key);
	struct store_answer answer;
	int error;

	memset(reading->covered, 0, sizeof(reading->covered));
	memset(reading->count, 0, sizeof(reading->count));
	for (size_t i = 0; i <= series->count; i++)
		borders[i] = series->from + (int64_t)i * series->step;
	query.borders = borders;
	query.border_count = series->count + 1;
	error = store->rows(store, &query, add_count, reading, &answer);
	*whole = answer.unkept_from == answer.unkept_to;
	query.table = TABLE_COVERAGE;
	query.row = TT_ROW_NONE;
	query.country = STORE_ALL_COUNTRIES;
	return error ? error : store->rows(store, &query, add_covered, reading, &answer);
}

int incident_series_read(struct store *store, const struct incident *incident, int64_t now,
	unsigned int columns, struct incident_series *series)
{
	uint32_t scale = incident->peak.scale ? incident->peak.scale : 60;
	struct reading reading = {.series = series, .key = incident->key};
	bool is_fanout = series_kind(incident->key) == SERIES_FANOUT;
	bool whole = true;
	int error = 0;

	do {
		scale = whole ? scale : scale < 60 ? 60 : 10080;
		*series = incident_series_around(incident->onset, scale, now, columns);
		if (series->count)
			error = read_once(store, &reading, &whole);
	} while (!error && !whole && series->step < 86400);
	if (is_fanout)
		series->counted = "ports";
	for (size_t i = 0; i < series->count && !error; i++)
		if (reading.covered[i] > 0)
			series->values[i] = is_fanout ? reading.count[i]
						      : reading.count[i] * (double)series->step /
								reading.covered[i];
	return error;
}
