/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/month.h"

#include "user/model/resolver.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DAY INT64_C(86400)

/* -- Room ---------------------------------------------------------------------------------- */

/* Zeroed address space of which only what is touched takes memory. */
static void *reserve(size_t size)
{
	void *space = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return space == MAP_FAILED ? NULL : space;
}

static void give_back(void *space, size_t size)
{
	if (space)
		munmap(space, size);
}

#define PORTS_SIZE ((size_t)TT_ROWS * sizeof(month_series))
#define CELLS_SIZE ((size_t)MONTH_ROWS * TT_CELLS * sizeof(month_series))
#define EVENTS_SIZE ((size_t)MONTH_EVENTS * sizeof(struct event))

static int make_room(struct month *month)
{
	month->ports = reserve(PORTS_SIZE);
	month->cells = reserve(CELLS_SIZE);
	month->events = reserve(EVENTS_SIZE);
	month->syn = calloc(TT_ROWS, sizeof(*month->syn));
	month->place = malloc(TT_ROWS);
	if (!month->ports || !month->cells || !month->events || !month->syn || !month->place)
		return -ENOMEM;
	memset(month->place, MONTH_ROWS, TT_ROWS);
	return 0;
}

void month_release(struct month *month)
{
	give_back(month->ports, PORTS_SIZE);
	give_back(month->cells, CELLS_SIZE);
	give_back(month->events, EVENTS_SIZE);
	free(month->syn);
	free(month->place);
	*month = (struct month){0};
}

/* -- The calendar -------------------------------------------------------------------------- */

static void add_days(struct month *month, int year, int number)
{
	for (int day = 1; day <= zone_days_in_month(year, number); day++)
		month->dates[month->count++] = (struct zone_date){year, number, day};
}

int month_prepare(struct month *month, int year, int number)
{
	struct zone_date before;
	int error;

	*month = (struct month){0};
	/* The month before must be within what a history can hold. */
	if (number < 1 || number > 12 || year < 1970 || year > 9998 || (year == 1970 && number < 3))
		return -EINVAL;
	error = make_room(month);
	if (error) {
		month_release(month);
		return error;
	}
	before = zone_add_months((struct zone_date){year, number, 1}, -1);
	month->year = year;
	month->month = number;
	month->year_before = before.year;
	month->month_before = before.month;
	add_days(month, before.year, before.month);
	month->first = month->count;
	add_days(month, year, number);
	return 0;
}

static int64_t floor_to(int64_t time, int64_t unit)
{
	return time - time % unit;
}

static void set_borders(struct month *month, enum month_borders kind)
{
	struct zone_date next =
		zone_add_months((struct zone_date){month->year, month->month, 1}, 1);

	month->borders_kind = kind;
	for (size_t i = 0; i <= month->count; i++) {
		int64_t start = zone_start_of(i < month->count ? month->dates[i] : next);

		if (kind == BORDERS_HOUR)
			start = floor_to(start, 3600);
		/* The day of UTC that has most in common with the zone's: to the nearest border. */
		if (kind == BORDERS_UTC)
			start = floor_to(start + DAY / 2, DAY);
		month->borders[i] = start;
	}
	for (size_t i = 0; i < month->count; i++)
		month->length[i] = (double)(month->borders[i + 1] - month->borders[i]);
}

/* -- Reading, one table after the other ---------------------------------------------------- */

struct reading {
	struct month *month;
	country_id own;
	size_t day; /* of the row before: rows come by time */
};

static size_t day_of(struct reading *reading, int64_t time)
{
	const struct month *month = reading->month;

	while (reading->day + 1 < month->count && time >= month->borders[reading->day + 1])
		reading->day++;
	return reading->day;
}

static int take_coverage(void *context, const struct store_row *row)
{
	struct reading *reading = context;
	struct month *month = reading->month;
	size_t day = day_of(reading, row->time);

	month->covered[day] = row->covered;
	month->addresses[day] = (double)row->addresses;
	if (day >= month->first)
		month->unattributed += row->unattributed;
	return 0;
}

static int take_ledger(void *context, const struct store_row *row)
{
	struct reading *reading = context;
	struct month *month = reading->month;
	size_t day = day_of(reading, row->time);

	month->ledger[row->class][day] = row->packets;
	month->total[day] = month_add(month->total[day], row->packets);
	return 0;
}

static int take_sport53(void *context, const struct store_row *row)
{
	struct reading *reading = context;
	size_t day = day_of(reading, row->time);

	reading->month->sport53[row->country][row->class][day] = row->packets;
	return 0;
}

static int take_port(void *context, const struct store_row *row)
{
	struct reading *reading = context;
	struct month *month = reading->month;
	size_t day = day_of(reading, row->time);

	month->ports[row->row][day] = row->packets;
	if (day >= month->first)
		month->syn[row->row] = month_add(month->syn[row->row], row->syn);
	if (row->row < TT_ROW_ICMP)
		month->fanout[row->row >= TT_ROW_UDP][day]++;
	return 0;
}

static int take_cell(void *context, const struct store_row *row)
{
	struct reading *reading = context;
	struct month *month = reading->month;
	size_t day = day_of(reading, row->time);

	month->countries[row->country][day] =
		month_add(month->countries[row->country][day], row->packets);
	if (month->place[row->row] < MONTH_ROWS)
		month->cells[month->place[row->row]][row->country][day] = row->packets;
	return 0;
}

/* Of the month alone: each port and country comes once. */
static int take_main_port(void *context, const struct store_row *row)
{
	struct reading *reading = context;
	struct month *month = reading->month;

	if (row->packets > month->main_port[row->country].packets) {
		month->main_port[row->country].packets = row->packets;
		month->main_port[row->country].row = row->row;
	}
	return 0;
}

static int take_prefix(void *context, const struct store_row *row)
{
	struct reading *reading = context;
	struct month *month = reading->month;
	uint64_t packets = row->response + row->other;
	size_t at = month->prefix_top;

	month->prefix_count++;
	month->prefixes_own += reading->own != COUNTRY_ZZ && row->country == reading->own;
	while (at > 0 && packets > month->prefixes[at - 1].response + month->prefixes[at - 1].other)
		at--;
	if (at == MONTH_PREFIXES)
		return 0;
	if (month->prefix_top < MONTH_PREFIXES)
		month->prefix_top++;
	memmove(&month->prefixes[at + 1], &month->prefixes[at],
		(month->prefix_top - at - 1) * sizeof(month->prefixes[0]));
	month->prefixes[at] = (struct month_prefix){
		row->is_v6, row->network, row->country, row->response, row->other};
	return 0;
}

static int take_network_day(void *context, const struct store_row *row)
{
	struct month *month = ((struct reading *)context)->month;
	uint64_t packets = row->response + row->other;

	month->network_days++;
	month->network_day_packets += packets;
	month->network_day_single += packets == 1;
	return 0;
}

static int take_resolver(void *context, const struct store_row *row)
{
	struct month *month = ((struct reading *)context)->month;

	month->resolvers++;
	month->resolvers_by_country[row->resolver->country]++;
	return 0;
}

static int take_event(void *context, const struct store_row *row)
{
	struct reading *reading = context;
	struct month *month = reading->month;

	if (month->event_count < MONTH_EVENTS)
		month->events[month->event_count++] = *row->event;
	else
		month->events_dropped++;
	return 0;
}

/* Ask about the days from first on; all of them as one bin when whole. */
static int ask(struct reading *reading, struct store *store, enum store_table table, size_t first,
	bool whole, int (*take)(void *context, const struct store_row *row))
{
	struct month *month = reading->month;
	struct store_query query = store_query_all(table, BIN_GIVEN);
	int64_t ends[2] = {month->borders[first], month->borders[month->count]};
	struct store_answer answer;
	int error;

	reading->day = first;
	query.borders = whole ? ends : month->borders + first;
	query.border_count = whole ? 2 : month->count - first + 1;
	error = store->rows(store, &query, take, reading, &answer);
	month->unkept = !error && answer.unkept_from != answer.unkept_to;
	return error;
}

/* Coverage tells whether days can be cut where the zone has its midnights. */
static int read_coverage(struct reading *reading, struct store *store)
{
	struct month *month = reading->month;
	int error = 0;

	for (unsigned int kind = BORDERS_EXACT; kind <= BORDERS_UTC && !error; kind++) {
		memset(month->covered, 0, sizeof(month->covered));
		month->unattributed = 0;
		set_borders(month, (enum month_borders)kind);
		error = ask(reading, store, TABLE_COVERAGE, 0, false, take_coverage);
		if (!month->unkept)
			break;
	}
	return error;
}

int month_read(struct month *month, struct store *store, country_id own)
{
	struct reading reading = {.month = month, .own = own};
	int error = read_coverage(&reading, store);

	if (!error)
		error = ask(&reading, store, TABLE_LEDGER, 0, false, take_ledger);
	if (!error)
		error = ask(&reading, store, TABLE_SPORT53, 0, false, take_sport53);
	if (!error)
		error = ask(&reading, store, TABLE_PORTS, 0, false, take_port);
	if (!error)
		error = ask(&reading, store, TABLE_PREFIXES, month->first, true, take_prefix);
	if (!error)
		error = ask(&reading, store, TABLE_PREFIXES, month->first, false, take_network_day);
	if (!error)
		error = ask(&reading, store, TABLE_RESOLVERS, month->first, true, take_resolver);
	if (!error)
		error = ask(&reading, store, TABLE_EVENTS, 0, false, take_event);
	return error;
}

bool month_choose_row(struct month *month, uint32_t row)
{
	if (month->place[row] < MONTH_ROWS)
		return true;
	if (month->row_count == MONTH_ROWS)
		return false;
	month->place[row] = (uint8_t)month->row_count++;
	return true;
}

int month_read_cells(struct month *month, struct store *store)
{
	struct reading reading = {.month = month};
	int error = ask(&reading, store, TABLE_CELLS, 0, false, take_cell);

	return error ? error
		     : ask(&reading, store, TABLE_CELLS, month->first, true, take_main_port);
}

/* -- Asking -------------------------------------------------------------------------------- */

uint64_t month_sum(const month_series series, size_t first, size_t end)
{
	uint64_t sum = 0;

	for (size_t i = first; i < end; i++)
		sum = month_add(sum, series[i]);
	return sum;
}

double month_covered_days(const struct month *month, size_t first, size_t end)
{
	double seconds = 0;

	for (size_t i = first; i < end; i++)
		seconds += month->covered[i];
	return seconds / (double)DAY;
}

double month_exposure(const struct month *month, size_t first, size_t end)
{
	double exposure = 0;

	for (size_t i = first; i < end; i++) {
		if (month->covered[i] > 0 && !(month->addresses[i] > 0))
			return NAN;
		exposure += month->addresses[i] * month->covered[i] / (double)DAY;
	}
	return exposure;
}

bool month_has_before(const struct month *month)
{
	return month_covered_days(month, 0, month->first) > 0;
}

bool month_has_data(const struct month *month)
{
	return month_covered_days(month, month->first, month->count) > 0;
}

const uint64_t *month_cell(const struct month *month, uint32_t row, country_id country)
{
	return month->place[row] < MONTH_ROWS ? month->cells[month->place[row]][country] : NULL;
}

struct month_sources month_sources_of(const struct month *month, struct store *store,
	const struct store_sources_query *whose, size_t first, size_t end, const uint64_t *packets)
{
	struct month_sources mean = {.estimate = NAN, .error = NAN};
	double sum = 0, error = 0;

	for (size_t i = first; i < end; i++) {
		struct store_sources_query query = *whose;
		struct store_sources found;

		query.from = floor_to(month->borders[i], 3600);
		query.to = floor_to(month->borders[i + 1], 3600);
		if (!(month->covered[i] > 0) || (packets && !packets[i]) ||
			store->sources(store, &query, &found))
			continue;
		sum += found.estimate;
		error = fmax(error, found.error);
		mean.days++;
	}
	if (mean.days) {
		mean.estimate = sum / mean.days;
		mean.error = error;
	}
	return mean;
}
