/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/query.h"

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

struct asker {
	const struct store_query *query;
	struct history *history;
	int (*visit)(void *context, const struct store_row *row);
	void *context;
	struct store_answer *answer;
	int64_t time;                     /* of the bin that is emitted */
	country_id ranked[COUNTRY_COUNT]; /* countries by their letters */
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

static int tell(struct asker *asker, struct store_row *row)
{
	row->time = asker->time;
	asker->answer->rows++;
	return asker->visit(asker->context, row);
}

/* -- Rows of a bin's sums, a function for each table --------------------------------------- */

static int tell_ledger(struct asker *asker)
{
	int stop = 0;

	for (unsigned int i = 0; i < TT_CLASSES && !stop; i++) {
		const struct tally *tally = &asker->history->sums.ledger[i];

		if (tally->packets)
			stop = tell(asker, &(struct store_row){
						   .class = i,
						   .packets = tally->packets,
						   .bytes = tally->bytes,
					   });
	}
	return stop;
}

static bool row_is_wanted(const struct asker *asker, size_t row)
{
	return asker->query->row == TT_ROW_NONE || asker->query->row == row;
}

static int tell_ports(struct asker *asker)
{
	const struct sums *sums = &asker->history->sums;
	int stop = 0;

	for (size_t row = bits_next(sums->row_bits, TT_ROWS, 0); row < TT_ROWS && !stop;
		row = bits_next(sums->row_bits, TT_ROWS, row + 1)) {
		const struct port_sum *port = &sums->port[row];

		if (port->packets && row_is_wanted(asker, row))
			stop = tell(asker, &(struct store_row){
						   .row = (uint32_t)row,
						   .packets = port->packets,
						   .bytes = port->bytes,
						   .syn = port->syn,
						   .sources = port->sources,
					   });
	}
	return stop;
}

static int tell_cells_of(struct asker *asker, size_t row)
{
	const uint64_t *packets = asker->history->sums.cells[row].packets;
	unsigned int only = asker->query->country;
	int stop = 0;

	for (unsigned int i = 0; i < COUNTRY_COUNT && !stop; i++) {
		country_id country = asker->ranked[i];

		if (country < TT_CELLS && packets[country] &&
			(only == STORE_ALL_COUNTRIES || only == country))
			stop = tell(asker, &(struct store_row){
						   .row = (uint32_t)row,
						   .country = country,
						   .packets = packets[country],
					   });
	}
	return stop;
}

static int tell_cells(struct asker *asker)
{
	const struct sums *sums = &asker->history->sums;
	int stop = 0;

	for (size_t row = bits_next(sums->cell_row_bits, TT_ROWS, 0); row < TT_ROWS && !stop;
		row = bits_next(sums->cell_row_bits, TT_ROWS, row + 1))
		if (row_is_wanted(asker, row))
			stop = tell_cells_of(asker, row);
	return stop;
}

static int tell_sport53(struct asker *asker)
{
	int stop = 0;

	for (unsigned int i = 0; i < COUNTRY_COUNT; i++) {
		country_id country = asker->ranked[i];
		const uint64_t *packets = asker->history->sums.sport53[country];

		for (unsigned int k = 0; k < SPORT53_CLASSES && !stop; k++)
			if (packets[k])
				stop = tell(asker, &(struct store_row){
							   .country = country,
							   .class = k,
							   .packets = packets[k],
						   });
	}
	return stop;
}

static int tell_prefix(void *context, const struct prefix_sum *prefix)
{
	if (prefix->response == 0 && prefix->other == 0)
		return 0;
	return tell(context, &(struct store_row){
				     .country = prefix->country,
				     .is_v6 = prefix->key >= PREFIX_KEY_V6,
				     .network = prefix->key & (PREFIX_KEY_V6 - 1),
				     .response = prefix->response,
				     .other = prefix->other,
			     });
}

static uint64_t mean_addresses(const struct coverage_sum *coverage)
{
	unsigned __int128 half = coverage->addressed / 2;

	if (!coverage->addressed)
		return coverage->addresses;
	return (uint64_t)((coverage->exposure + half) / coverage->addressed);
}

static int tell_coverage(struct asker *asker)
{
	const struct coverage_sum *coverage = &asker->history->sums.coverage;

	/* Every record has a mode; without one there is none. */
	if (!coverage->modes)
		return 0;
	return tell(asker, &(struct store_row){
				   .covered = (double)coverage->covered / 1e9,
				   .addresses = mean_addresses(coverage),
				   .late = coverage->late,
				   .misdated = coverage->misdated,
				   .unattributed = coverage->unattributed,
				   .prefixes_unlisted = coverage->prefixes_unlisted,
				   .nic_drops = coverage->nic_drops,
				   .modes = coverage->modes,
			   });
}

static int tell_bin(struct asker *asker, int64_t time)
{
	asker->time = time;
	switch (asker->query->table) {
	case TABLE_LEDGER:
		return tell_ledger(asker);
	case TABLE_PORTS:
		return tell_ports(asker);
	case TABLE_CELLS:
		return tell_cells(asker);
	case TABLE_SPORT53:
		return tell_sport53(asker);
	case TABLE_PREFIXES:
		return sums_each_prefix(&asker->history->sums, tell_prefix, asker);
	case TABLE_COVERAGE:
		return tell_coverage(asker);
	default:
		return 0;
	}
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
			status = tell_bin(asker, start);
			sums_clear(&asker->history->sums);
		}
		from = end;
	}
	return !status && bin == BIN_ALL ? tell_bin(asker, first) : status;
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
			status = tell_bin(asker, query->borders[i]);
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
		status = tell(asker, &(struct store_row){.event = &event});
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
	return tell(asker, &(struct store_row){.source_port = row});
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
	return tell(asker, &(struct store_row){.resolver = resolver});
}

/* The lives of a row, until they can be told by the letters of their countries. */
struct lives {
	struct asker *asker;
	uint32_t row; /* TT_ROW_NONE: none yet */
	bool there[STORE_ALL_COUNTRIES + 1];
	struct port_life life[STORE_ALL_COUNTRIES + 1];
};

static int tell_life(struct lives *lives, unsigned int country)
{
	const struct store_query *query = lives->asker->query;
	const struct port_life *life = &lives->life[country];

	if (!lives->there[country] || life->first_seen < query->from ||
		life->first_seen >= query->to ||
		(query->country != STORE_ALL_COUNTRIES && query->country != country))
		return 0;
	lives->asker->time = life->first_seen;
	return tell(lives->asker, &(struct store_row){
					  .row = lives->row,
					  .country = (country_id)country,
					  .last = life->last_seen,
					  .active_days = life->active_days,
				  });
}

static int tell_lives(struct lives *lives)
{
	int stop = tell_life(lives, STORE_ALL_COUNTRIES);

	for (unsigned int i = 0; i < COUNTRY_COUNT && !stop; i++)
		stop = tell_life(lives, lives->asker->ranked[i]);
	memset(lives->there, 0, sizeof(lives->there));
	return stop;
}

static int gather_life(
	void *context, uint32_t row, unsigned int country, const struct port_life *life)
{
	struct lives *lives = context;
	int stop = 0;

	if (!row_is_wanted(lives->asker, row))
		return 0;
	if (row != lives->row && lives->row != TT_ROW_NONE)
		stop = tell_lives(lives);
	lives->row = row;
	lives->there[country] = true;
	lives->life[country] = *life;
	return stop;
}

static int answer_lives(struct asker *asker)
{
	struct lives lives = {.asker = asker, .row = TT_ROW_NONE};
	int status = life_each(asker->history, asker->query->row, gather_life, &lives);

	return status || lives.row == TT_ROW_NONE ? status : tell_lives(&lives);
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
		return answer_lives(asker);
	if (query->table == TABLE_SOURCES)
		return query_sources(asker->history, query, asker->ranked, asker->visit,
			asker->context, asker->answer);
	collect_prepare(&collector);
	if (query->bin == BIN_GIVEN)
		return answer_given(asker, &collector);
	return answer_bins(asker, &collector, from, to);
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
