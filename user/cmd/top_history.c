/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/top_history.h"

#include "user/model/usual.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the visits of one reading fill. */
struct filling {
	struct top_view *view;
	size_t limit;
	uint64_t *best; /* by row: packets of the country that sent most */
	country_id *best_country;
	double curve_covered[TOP_CURVE_MAX];
	double exposure; /* addresses x seconds */
};

static int add_class(void *context, const struct store_row *row)
{
	struct filling *filling = context;

	filling->view->ledger[row->class].packets += row->packets;
	filling->view->ledger[row->class].bytes += row->bytes;
	filling->view->packets += row->packets;
	filling->view->bytes += row->bytes;
	return 0;
}

static int add_coverage(void *context, const struct store_row *row)
{
	struct filling *filling = context;

	filling->view->covered += row->covered;
	filling->exposure += row->covered * (double)row->addresses;
	return 0;
}

/* Keep the first ports by packets, by number where they are equal. */
static int add_port(void *context, const struct store_row *row)
{
	struct filling *filling = context;
	struct top_view *view = filling->view;
	size_t place = view->port_count;

	view->ports_in_use++;
	while (place && view->ports[place - 1].packets < row->packets)
		place--;
	if (place == filling->limit)
		return 0;
	if (view->port_count < filling->limit)
		view->port_count++;
	memmove(&view->ports[place + 1], &view->ports[place],
		(view->port_count - place - 1) * sizeof(view->ports[0]));
	view->ports[place] = (struct top_port){
		.row = row->row,
		.packets = row->packets,
		.share = NAN,
		.sources = row->sources ? (double)row->sources : NAN,
		.country_share = NAN,
		.usual = NAN,
	};
	return 0;
}

static int add_cell(void *context, const struct store_row *row)
{
	struct filling *filling = context;

	if (row->packets > filling->best[row->row]) {
		filling->best[row->row] = row->packets;
		filling->best_country[row->row] = row->country;
	}
	return 0;
}

static int curve_bin(const struct top_view *view, int64_t time)
{
	int64_t end = view->minute + 60;
	int64_t first = end - (int64_t)view->curve_count * view->curve_step;

	return time < first || time >= end ? -1 : (int)((time - first) / view->curve_step);
}

static int add_curve(void *context, const struct store_row *row)
{
	struct filling *filling = context;
	int bin = curve_bin(filling->view, row->time);

	if (bin >= 0)
		filling->view->curve[bin] += (double)row->packets;
	return 0;
}

static int add_curve_coverage(void *context, const struct store_row *row)
{
	struct filling *filling = context;
	int bin = curve_bin(filling->view, row->time);

	if (bin >= 0)
		filling->curve_covered[bin] += row->covered;
	return 0;
}

/* The last hour by minutes, the last day by twenty minutes. */
static int read_curve(struct store *store, struct filling *filling)
{
	struct top_view *view = filling->view;
	struct store_query query = store_query_all(TABLE_LEDGER, BIN_MINUTE);
	struct store_answer answer;
	int error;

	view->curve_step = view->window == TOP_DAY ? 1200 : 60;
	view->curve_count = view->window == TOP_DAY ? 72 : 60;
	memset(view->curve, 0, sizeof(view->curve));
	query.from = view->minute + 60 - (int64_t)view->curve_count * view->curve_step;
	query.to = view->minute + 60;
	error = store->rows(store, &query, add_curve, filling, &answer);
	query.table = TABLE_COVERAGE;
	if (!error)
		error = store->rows(store, &query, add_curve_coverage, filling, &answer);
	for (size_t i = 0; i < view->curve_count; i++)
		view->curve[i] = filling->curve_covered[i] > 0
					 ? view->curve[i] * 60 / filling->curve_covered[i]
					 : NAN;
	return error;
}

static int read_tables(struct store *store, struct filling *filling)
{
	static const struct {
		enum store_table table;
		int (*visit)(void *context, const struct store_row *row);
	} tables[] = {
		{TABLE_LEDGER, add_class},
		{TABLE_COVERAGE, add_coverage},
		{TABLE_PORTS, add_port},
		{TABLE_CELLS, add_cell},
	};
	const struct top_view *view = filling->view;
	struct store_answer answer;
	int error = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !error; i++) {
		struct store_query query = store_query_all(tables[i].table, BIN_ALL);

		query.from = view->from;
		query.to = view->minute + 60;
		error = store->rows(store, &query, tables[i].visit, filling, &answer);
	}
	return error ? error : read_curve(store, filling);
}

/* Ports whose sources of a day are put together; each takes the sketches of 24 hours. */
#define PORTS_WITH_SOURCES 60

/* Distinct sources of the last 24 whole hours, where the history knows them. */
static int read_sources(struct store *store, struct top_view *view)
{
	int64_t end = view->minute + 60 - (view->minute + 60) % 3600;
	struct store_sources_query query = {
		.kind = SOURCES_TOTAL,
		.from = end - 86400,
		.to = end,
		.row = TT_ROW_NONE,
		.country = STORE_ALL_COUNTRIES,
	};
	struct store_sources found;
	int error = view->window == TOP_DAY ? store->sources(store, &query, &found) : -ENODATA;

	if (error)
		return error == -ENODATA ? 0 : error;
	view->sources = found.estimate;
	query.kind = SOURCES_PORT;
	for (size_t i = 0; i < view->port_count && i < PORTS_WITH_SOURCES; i++) {
		query.row = view->ports[i].row;
		error = store->sources(store, &query, &found);
		if (error && error != -ENODATA)
			return error;
		view->ports[i].sources = error ? NAN : found.estimate;
	}
	return 0;
}

/* What follows from the counts of the window and the days before it. */
static void judge(const struct top_reader *reader, struct filling *filling)
{
	struct top_view *view = filling->view;

	view->usual = usual_of_all(reader->usual, view->covered);
	if (filling->exposure > 0)
		view->per_address_day = (double)view->packets * 86400 / filling->exposure;
	for (size_t i = 0; i < view->port_count; i++) {
		struct top_port *port = &view->ports[i];

		port->share = (double)port->packets / (double)view->packets;
		port->usual = usual_of_row(reader->usual, port->row, view->covered);
		port->is_new = port->usual == 0;
		if (filling->best[port->row]) {
			port->country = filling->best_country[port->row];
			port->country_share =
				(double)filling->best[port->row] / (double)port->packets;
		}
	}
}

static int more_severe(const void *left, const void *right)
{
	const struct incident *a = left, *b = right;

	if (a->severity != b->severity)
		return a->severity < b->severity ? 1 : -1;
	return a->opened < b->opened ? 1 : -1;
}

int top_show_incidents(struct incidents *incidents, struct top_view *view)
{
	size_t count = 0;
	const struct incident *list = incidents_list(incidents, &count);
	struct incident *open = list ? calloc(count + 1, sizeof(*open)) : NULL;

	view->incidents_open = view->incident_count = 0;
	if (!open)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (list[i].open)
			open[view->incidents_open++] = list[i];
	qsort(open, view->incidents_open, sizeof(*open), more_severe);
	while (view->incident_count < view->incidents_open &&
		view->incident_count < TOP_INCIDENTS_MAX) {
		view->incidents[view->incident_count] = open[view->incident_count];
		view->incident_count++;
	}
	free(open);
	return 0;
}

/* All answers from one state of the history, whatever is written meanwhile. */
static int read_held(struct top_reader *reader, struct filling *filling)
{
	struct store *store = &reader->store.store;
	int error = store->hold(store);

	if (error)
		return error;
	error = usual_read(reader->usual, store, filling->view->from);
	if (!error)
		error = read_tables(store, filling);
	if (!error)
		error = read_sources(store, filling->view);
	if (!error)
		error = event_reader_read(&reader->events);
	store->release(store);
	return error;
}

void top_read_history(struct top_reader *reader, struct top_view *view)
{
	struct filling filling = {
		.view = view,
		.limit = reader->port_limit,
		.best = calloc(TT_ROWS, sizeof(*filling.best)),
		.best_country = calloc(TT_ROWS, sizeof(*filling.best_country)),
	};
	int error = -ENOMEM;

	if (filling.best && filling.best_country)
		error = read_held(reader, &filling);
	if (!error)
		judge(reader, &filling);
	if (!error)
		error = top_show_incidents(reader->events.incidents, view);
	if (error) {
		snprintf(reader->trouble, sizeof(reader->trouble), "%s",
			error == -ENOMEM ? "out of memory"
					 : reader->store.store.message(&reader->store.store));
		view->trouble = reader->trouble;
	}
	free(filling.best);
	free(filling.best_country);
}
