/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/query_private.h"

#include "user/history/collect.h"
#include "user/history/query_sources.h"

#include <errno.h>
#include <string.h>

/* Where a table's numbers are. */
static const struct {
	enum content content;
	unsigned int sections;
} places[TABLES] = {
	[TABLE_LEDGER] = {CONTENT_HEAD, BLOB_BIT(BLOB_LEDGER)},
	[TABLE_PORTS] = {CONTENT_PORTS, BLOB_BIT(BLOB_PORTS)},
	[TABLE_CELLS] = {CONTENT_CELLS, BLOB_BIT(BLOB_CELLS)},
	[TABLE_SPORT53] = {CONTENT_HEAD, BLOB_BIT(BLOB_SPORT53)},
	[TABLE_PREFIXES] = {CONTENT_PREFIXES, BLOB_BIT(BLOB_PREFIXES)},
	[TABLE_COVERAGE] = {CONTENT_HEAD, BLOB_BIT(BLOB_COVERAGE)},
};

static void rank_countries(country_id ranked[COUNTRY_COUNT])
{
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++) {
		unsigned int place = i;

		for (; place > 0 &&
			strcmp(country_code(ranked[place - 1]), country_code((country_id)i)) > 0;
			place--)
			ranked[place] = ranked[place - 1];
		ranked[place] = (country_id)i;
	}
}

int query_tell(struct asker *asker, struct store_row *row)
{
	row->time = asker->time;
	asker->answer->rows++;
	return asker->visit(asker->context, row);
}

/* -- Rows of a bin's sums, a function for each table --------------------------------------- */

bool query_wants_row(const struct asker *asker, size_t row)
{
	return asker->query->row == TT_ROW_NONE || asker->query->row == row;
}

/* -- Bins ---------------------------------------------------------------------------------- */

static int64_t bin_length(enum store_bin bin)
{
	return bin == BIN_MINUTE ? 60 : bin == BIN_HOUR ? HOUR_SECONDS : DAY_SECONDS;
}

/* Add the part of a bin that lies within the interval. */
static int collect_bin(struct collector *collector, enum store_bin bin, int64_t from, int64_t to)
{
	switch (bin) {
	case BIN_MINUTE:
		return collect_minutes(collector, from, to);
	case BIN_HOUR:
		return collect_within_hour(collector, from, to);
	default:
		return collect_within_day(collector, from, to);
	}
}

/* Answer bin by bin; BIN_ALL adds day after day and tells once. */
static int answer_bins(struct asker *asker, struct collector *collector, int64_t from, int64_t to)
{
	enum store_bin bin = asker->query->bin;
	int64_t length = bin_length(bin), first = from, at;
	int status = collect_kept_from(collector, bin, from, to, &from);

	if (!status && bin == BIN_ALL)
		status = collect_first(collector, from, &first);
	sums_clear(&asker->history->sums);
	while (!status && !(status = collect_next(collector, bin, from, &at)) && at < to) {
		int64_t start = floor_to(at, length);
		int64_t end = start + length < to ? start + length : to;

		status = collect_bin(collector, bin, start > from ? start : from, end);
		if (!status && bin != BIN_ALL) {
			status = query_tell_bin(asker, start);
			sums_clear(&asker->history->sums);
		}
		from = end;
	}
	return !status && bin == BIN_ALL ? query_tell_bin(asker, first) : status;
}

/* Bins between the query's borders, each day after day: days of UTC need not lie within them. */
static int answer_given(struct asker *asker, struct collector *collector)
{
	const struct store_query *query = asker->query;
	int status = 0;

	for (size_t i = 0; i + 1 < query->border_count && !status; i++) {
		int64_t from = query->borders[i], to = query->borders[i + 1], at;

		sums_clear(&asker->history->sums);
		while (!status && !(status = collect_next(collector, BIN_DAY, from, &at)) &&
			at < to) {
			int64_t end = floor_to(at, DAY_SECONDS) + DAY_SECONDS;

			end = end < to ? end : to;
			status = collect_within_day(collector, at, end);
			from = end;
		}
		if (!status)
			status = query_tell_bin(asker, query->borders[i]);
	}
	return status;
}

static int answer_events(struct asker *asker, int64_t from, int64_t to)
{
	sqlite3_stmt *range = statement(asker->history, STATEMENT_EVENT_RANGE);
	int status;

	if (!range)
		return -EIO;
	sqlite3_bind_int64(range, 1, from);
	sqlite3_bind_int64(range, 2, to);
	while ((status = next_row(asker->history, range)) > 0) {
		struct event event;

		if (event_of_row(asker->history, range, &event)) {
			asker->history->damaged++;
			continue;
		}
		asker->time = floor_to(event.time, 60);
		status = query_tell(asker, &(struct store_row){.event = &event});
		if (status)
			break;
	}
	sqlite3_reset(range);
	return status;
}

static int tell_source_port(void *context, const struct source_port *row)
{
	struct asker *asker = context;

	asker->time = row->start;
	return query_tell(asker, &(struct store_row){.source_port = row});
}

/* Distinct sources do not add up: there are no other spans than those kept. */
static int answer_source_ports(struct asker *asker, int64_t from, int64_t to)
{
	static const enum source_port_span spans[] = {
		[BIN_MINUTE] = SOURCE_PORT_MINUTE,
		[BIN_HOUR] = SOURCE_PORT_HOUR,
		[BIN_DAY] = SOURCE_PORT_DAY,
	};

	if (asker->query->bin > BIN_DAY)
		return say(asker->history, -EINVAL,
			"source ports are kept by minute, hour and day of UTC; ask for one of "
			"them");
	return source_ports_each(
		asker->history, spans[asker->query->bin], from, to, tell_source_port, asker);
}

static int tell_resolver(void *context, const struct resolver *resolver)
{
	struct asker *asker = context;

	asker->time = resolver->first;
	return query_tell(asker, &(struct store_row){.resolver = resolver});
}

static int answer(struct asker *asker)
{
	const struct store_query *query = asker->query;
	int64_t from = query->from > 0 ? query->from : 0;
	int64_t to = query->to < TIME_LIMIT ? query->to : TIME_LIMIT;
	struct collector collector = {
		.history = asker->history,
		.content = places[query->table].content,
		.sections = places[query->table].sections,
		.answer = asker->answer,
	};
	int status;

	if (query->bin == BIN_GIVEN) {
		from = query->borders[0];
		to = query->borders[query->border_count - 1];
	}
	if (from >= to)
		return 0;
	if (query->table == TABLE_RESOLVERS)
		return resolvers_each(asker->history, from, to, tell_resolver, asker);
	if (query->table == TABLE_SOURCE_PORTS)
		return answer_source_ports(asker, from, to);
	if (query->table == TABLE_EVENTS)
		return answer_events(asker, from, to);
	rank_countries(asker->ranked);
	if (query->table == TABLE_LIFE)
		return query_lives(asker);
	if (query->table == TABLE_SOURCES)
		return query_sources(asker->history, query, asker->ranked, asker->visit,
			asker->context, asker->answer);
	status = collect_prepare(&collector);
	if (status)
		return status;
	return query->bin == BIN_GIVEN ? answer_given(asker, &collector)
				       : answer_bins(asker, &collector, from, to);
}

static bool borders_are_valid(const struct store_query *query)
{
	if (query->bin != BIN_GIVEN)
		return true;
	if (query->border_count < 2)
		return false;
	for (size_t i = 0; i < query->border_count; i++)
		if (query->borders[i] % 60 || query->borders[i] < 0 ||
			query->borders[i] > TIME_LIMIT ||
			(i > 0 && query->borders[i] <= query->borders[i - 1]))
			return false;
	return true;
}

int history_query(struct history *history, const struct store_query *query,
	int (*visit)(void *context, const struct store_row *row), void *context,
	struct store_answer *answer_out)
{
	bool own = sqlite3_get_autocommit(history->db);
	struct store_answer found = {0};
	struct asker asker = {
		.query = query,
		.history = history,
		.visit = visit,
		.context = context,
		.answer = &found,
	};
	int status = 0;

	if (query->table >= TABLES || query->bin >= BINS ||
		(query->table == TABLE_SOURCES && query->bin == BIN_MINUTE) ||
		(query->row >= TT_ROWS && query->row != TT_ROW_NONE) ||
		query->country > STORE_ALL_COUNTRIES || !borders_are_valid(query))
		return say(history, -EINVAL, "there is no such table, bin, row, country or border");
	/* One snapshot for all statements: rollups and minutes must be of the same moment. */
	if (own && sqlite3_exec(history->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_error(history, sqlite3_errcode(history->db));
	status = answer(&asker);
	if (own)
		sqlite3_exec(history->db, "COMMIT", NULL, NULL, NULL);
	*answer_out = found;
	return status;
}
