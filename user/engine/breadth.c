/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/breadth.h"

#include "user/engine/fleet_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct summing {
	struct fleet *fleet;
	struct breadth *breadth;
	series_key key;
	bool is_before;
};

bool breadth_applies(series_key key)
{
	switch (series_kind(key)) {
	case SERIES_PORT:
	case SERIES_CELL:
	case SERIES_SPORT53:
	case SERIES_SPORT53_COUNTRY:
	case SERIES_CLASS:
		return true;
	default:
		return false;
	}
}

static struct breadth_sensor *place_of(struct summing *summing, const char *name)
{
	const struct fleet_sensor *sensor = fleet_find(summing->fleet, name);

	return sensor ? &summing->breadth->sensors[sensor - summing->fleet->sensors] : NULL;
}

static bool is_of_series(series_key key, const struct store_row *row)
{
	switch (series_kind(key)) {
	case SERIES_SPORT53_COUNTRY:
		return row->country == series_country(key);
	case SERIES_CLASS:
		return row->class == series_item(key);
	default:
		return true;
	}
}

static int add_packets(void *context, const char *sensor, const struct store_row *row)
{
	struct summing *summing = context;
	struct breadth_sensor *place = place_of(summing, sensor);

	if (place && is_of_series(summing->key, row))
		*(summing->is_before ? &place->packets_before : &place->packets) += row->packets;
	return 0;
}

static int add_covered(void *context, const char *sensor, const struct store_row *row)
{
	struct summing *summing = context;
	struct breadth_sensor *place = place_of(summing, sensor);

	if (place)
		*(summing->is_before ? &place->covered_before : &place->covered) += row->covered;
	return 0;
}

static struct store_query query_of(series_key key)
{
	struct store_query query = store_query_all(TABLE_SPORT53, BIN_ALL);

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
	case SERIES_CLASS:
		query.table = TABLE_LEDGER;
		break;
	default:
		break;
	}
	return query;
}

static int sum(struct summing *summing, int64_t from, int64_t to)
{
	struct store_query query = query_of(summing->key);
	struct store_query coverage = store_query_all(TABLE_COVERAGE, BIN_ALL);
	struct store_answer answer;
	int status;

	query.from = coverage.from = from;
	query.to = coverage.to = to;
	status = fleet_rows(summing->fleet, &query, true, add_packets, summing, &answer);
	return status ? status
		      : fleet_rows(summing->fleet, &coverage, true, add_covered, summing, &answer);
}

static bool has_risen(const struct breadth_sensor *place)
{
	double expected = place->covered_before > 0 ? (double)place->packets_before *
							      place->covered / place->covered_before
						    : 0;

	return place->packets >= BREADTH_LEAST &&
	       (double)place->packets > BREADTH_FACTOR * expected;
}

static int compare(const void *a, const void *b)
{
	const struct breadth_sensor *one = a, *other = b;

	if (one->packets != other->packets)
		return one->packets > other->packets ? -1 : 1;
	return one->sensor < other->sensor ? -1 : one->sensor > other->sensor;
}

static void conclude(struct breadth *breadth)
{
	size_t kept = 0;

	for (size_t i = 0; i < breadth->count; i++) {
		struct breadth_sensor *place = &breadth->sensors[i];

		if (!place->sensor->is_here) {
			breadth->missing++;
			continue;
		}
		place->has_risen = has_risen(place);
		breadth->watching += place->covered > 0;
		breadth->seen += place->packets > 0;
		breadth->risen += place->has_risen;
		breadth->packets += place->packets;
		breadth->sensors[kept++] = *place;
	}
	breadth->count = kept;
	qsort(breadth->sensors, kept, sizeof(*breadth->sensors), compare);
	breadth->top_share =
		breadth->packets ? (double)breadth->sensors[0].packets / (double)breadth->packets
				 : NAN;
	breadth->is_one_only = breadth->watching > 1 && (breadth->risen == 1 || breadth->seen == 1);
}

int breadth_find(
	struct fleet *fleet, series_key key, int64_t from, int64_t to, struct breadth *breadth)
{
	struct summing summing = {.fleet = fleet, .breadth = breadth, .key = key};
	int status;

	*breadth = (struct breadth){.count = fleet->sensor_count};
	breadth->sensors = calloc(fleet->sensor_count + 1, sizeof(*breadth->sensors));
	if (!breadth->sensors)
		return fleet_say(fleet, -ENOMEM, "out of memory");
	for (size_t i = 0; i < fleet->sensor_count; i++)
		breadth->sensors[i].sensor = &fleet->sensors[i];
	status = sum(&summing, from, to);
	summing.is_before = true;
	if (!status)
		status = sum(&summing, from > BREADTH_BASE ? from - BREADTH_BASE : 0, from);
	if (status)
		breadth_release(breadth);
	else
		conclude(breadth);
	return status;
}

void breadth_release(struct breadth *breadth)
{
	free(breadth->sensors);
	*breadth = (struct breadth){0};
}
