/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/query_sources.h"

#include "user/history/internal.h"
#include "user/model/sketch.h"

#include <errno.h>
#include <math.h>

/* -- Hours --------------------------------------------------------------------------------- */

int64_t sources_hour(int64_t time)
{
	return floor_to(time + HOUR_SECONDS / 2, HOUR_SECONDS);
}

/* The statement, ready for contents first to last of hours from <= start < to. */
static sqlite3_stmt *range(
	struct history *history, int64_t from, int64_t to, unsigned int first, unsigned int last)
{
	sqlite3_stmt *ready = statement(history, STATEMENT_SOURCES_RANGE);

	if (ready) {
		sqlite3_bind_int64(ready, 1, from);
		sqlite3_bind_int64(ready, 2, to);
		sqlite3_bind_int(ready, 3, (int)first);
		sqlite3_bind_int(ready, 4, (int)last);
	}
	return ready;
}

/* Join hours to history->asked; *found says whether there was one. */
static int join(struct history *history, int64_t from, int64_t to, unsigned int first,
	unsigned int last, bool *found)
{
	sqlite3_stmt *ready = range(history, from, to, first, last);
	int status;

	if (!ready)
		return -EIO;
	while ((status = next_row(history, ready)) > 0) {
		struct piece piece = piece_of(ready, 1);
		int content = sqlite3_column_int(ready, 0);

		*found = true;
		if (sketches_read(&history->asked, (unsigned int)content, &history->reader,
			    piece.data, piece.size))
			history->damaged++;
	}
	return status;
}

/* What the writer has not stored yet of its open transaction is stored first. */
static int prepare(struct history *history)
{
	int status = 0;

	if (!history->asked.sources)
		status = sketches_reserve(&history->asked);
	if (status)
		return say(history, status, "not enough memory for the sketches of an interval");
	if (history->writable && !sqlite3_get_autocommit(history->db))
		status = hour_sketches_flush(history);
	sketches_clear(&history->asked);
	return status;
}

/* Whether there are records of hours whose sources are not known, all or some of them. */
static int find_lack(struct history *history, int64_t from, int64_t to, bool *lacks)
{
	sqlite3_stmt *ready = statement(history, STATEMENT_SOURCES_UNKNOWN);
	int64_t open_hour = NO_TIME;
	int status = ready ? meta_time(history, "open_hour", NO_TIME, &open_hour) : -EIO;

	if (status)
		return status;
	sqlite3_bind_int64(ready, 1, from);
	sqlite3_bind_int64(ready, 2, to);
	sqlite3_bind_int64(ready, 3, open_hour);
	sqlite3_bind_int(ready, 4, SKETCHES_LACK);
	status = next_row(history, ready);
	if (status < 0)
		return status;
	*lacks = status == 0 || sqlite3_column_int64(ready, 0) != 0;
	sqlite3_reset(ready);
	return 0;
}

/* The first hour at or above from that has sketches, or the mark that they lack; TIME_LIMIT when
 * there is none. */
static int next_hour(struct history *history, int64_t from, int64_t *next)
{
	sqlite3_stmt *ready = statement(history, STATEMENT_SOURCES_NEXT);
	int status;

	if (!ready)
		return -EIO;
	sqlite3_bind_int64(ready, 1, from);
	status = next_row(history, ready);
	if (status < 0)
		return status;
	*next = TIME_LIMIT;
	if (status > 0 && sqlite3_column_type(ready, 0) == SQLITE_INTEGER)
		*next = sqlite3_column_int64(ready, 0);
	sqlite3_reset(ready);
	return 0;
}

/* -- Rows ---------------------------------------------------------------------------------- */

struct teller {
	struct history *history;
	const struct store_query *query;
	int (*visit)(void *context, const struct store_row *row);
	void *context;
	struct store_answer *answer;
	const country_id *ranked;
	int64_t time;
	bool is_partial; /* the bin lacks sources of some of its packets */
};

static void measure(const uint8_t *sketch, unsigned int registers, struct store_sources *found)
{
	found->estimate = sketch_count(sketch, registers);
	found->error = sketch_is_full(sketch, registers) ? INFINITY
							 : sketch_error(found->estimate, registers);
}

/* A port's, with its lane where it has one. */
static void measure_port(const struct sketches *asked, uint32_t row, struct store_sources *found)
{
	measure(asked->port[row], TT_SKETCH_REGISTERS, found);
	if (bits_test(asked->lane_bits, row) &&
		!sketch_is_full(asked->lane[row], TT_LANE_REGISTERS))
		found->estimate =
			sketch_port_count(asked->port[row], asked->lane[row], &found->error);
}

/* A row of what was measured; one without a source is left out. */
static int tell_measured(
	struct teller *teller, struct store_row *row, const struct store_sources *found)
{
	if (found->estimate <= 0)
		return 0;
	row->time = teller->time;
	row->sources = found->estimate < 1 ? 1 : (uint64_t)llround(found->estimate);
	row->error = teller->is_partial ? INFINITY : found->error;
	teller->answer->rows++;
	return teller->visit(teller->context, row);
}

static int tell(
	struct teller *teller, struct store_row *row, const uint8_t *sketch, unsigned int registers)
{
	struct store_sources found;

	measure(sketch, registers, &found);
	return tell_measured(teller, row, &found);
}

static int tell_countries(struct teller *teller, enum store_sources_kind kind,
	const uint8_t sketch[TT_CELLS][SKETCH_COUNTRY_BYTES])
{
	unsigned int only = teller->query->country;
	int stop = 0;

	for (unsigned int i = 0; i < COUNTRY_COUNT && !stop; i++) {
		country_id country = teller->ranked[i];

		if (country < TT_CELLS && (only == STORE_ALL_COUNTRIES || only == country))
			stop = tell(teller,
				&(struct store_row){
					.kind = kind, .row = TT_ROW_NONE, .country = country},
				sketch[country], TT_COUNTRY_REGISTERS);
	}
	return stop;
}

static int tell_one(struct teller *teller, enum store_sources_kind kind, uint32_t row,
	const uint8_t *sketch, unsigned int registers)
{
	return tell(teller,
		&(struct store_row){.kind = kind, .row = row, .country = STORE_ALL_COUNTRIES},
		sketch, registers);
}

static int tell_port(struct teller *teller, uint32_t row)
{
	struct store_sources found;

	measure_port(&teller->history->asked, row, &found);
	return tell_measured(teller,
		&(struct store_row){
			.kind = SOURCES_PORT, .row = row, .country = STORE_ALL_COUNTRIES},
		&found);
}

static int tell_ports(struct teller *teller)
{
	const struct sketches *asked = &teller->history->asked;
	uint32_t only = teller->query->row;
	int stop = 0;

	for (size_t row = bits_next(asked->row_bits, TT_ROWS, 0); row < TT_ROWS && !stop;
		row = bits_next(asked->row_bits, TT_ROWS, row + 1))
		if (only == TT_ROW_NONE || only == row)
			stop = tell_port(teller, (uint32_t)row);
	return stop;
}

static int tell_all(struct teller *teller)
{
	const struct source_sketches *sources = teller->history->asked.sources;
	const struct store_query *query = teller->query;
	int stop = 0;

	if (query->row == TT_ROW_NONE && query->country == STORE_ALL_COUNTRIES)
		stop = tell_one(
			teller, SOURCES_TOTAL, TT_ROW_NONE, sources->total, TT_SOURCES_REGISTERS);
	if (!stop && query->row == TT_ROW_NONE)
		stop = tell_countries(teller, SOURCES_COUNTRY, sources->country);
	if (!stop && query->row == TT_ROW_NONE && query->country == STORE_ALL_COUNTRIES)
		stop = tell_one(teller, SOURCES_SPORT53, TT_ROW_NONE, sources->sport53,
			TT_SOURCES_REGISTERS);
	if (!stop && query->row == TT_ROW_NONE)
		stop = tell_countries(teller, SOURCES_SPORT53, sources->sport53_country);
	if (!stop && query->country == STORE_ALL_COUNTRIES)
		stop = tell_ports(teller);
	return stop;
}

/* -- Bins ---------------------------------------------------------------------------------- */

/* One bin, of whole hours. */
static int tell_bin(struct teller *teller, int64_t from, int64_t to, int64_t label)
{
	uint32_t row = teller->query->row;
	unsigned int first = row == TT_ROW_NONE ? 0 : sketches_content_of(row);
	unsigned int last = row == TT_ROW_NONE ? SKETCHES_CONTENTS - 1 : first;
	bool found = false;
	int status;

	sketches_clear(&teller->history->asked);
	status = join(teller->history, from, to, first, last, &found);
	teller->time = label;
	teller->is_partial = false;
	if (!status && found && teller->answer->lacks_sources)
		status = find_lack(teller->history, from, to, &teller->is_partial);
	return status || !found ? status : tell_all(teller);
}

static int tell_given(struct teller *teller)
{
	const struct store_query *query = teller->query;
	int status = find_lack(teller->history, sources_hour(query->borders[0]),
		sources_hour(query->borders[query->border_count - 1]),
		&teller->answer->lacks_sources);

	for (size_t i = 0; i + 1 < query->border_count && !status; i++)
		status = tell_bin(teller, sources_hour(query->borders[i]),
			sources_hour(query->borders[i + 1]), query->borders[i]);
	return status;
}

int query_sources(struct history *history, const struct store_query *query,
	const country_id ranked[COUNTRY_COUNT],
	int (*visit)(void *context, const struct store_row *row), void *context,
	struct store_answer *answer)
{
	struct teller teller = {history, query, visit, context, answer, ranked, 0, false};
	int64_t length = query->bin == BIN_HOUR ? HOUR_SECONDS : DAY_SECONDS;
	int64_t from = query->from > 0 ? query->from : 0;
	int64_t to = query->to < TIME_LIMIT ? query->to : TIME_LIMIT, next = 0;
	int status = history->has_sources ? prepare(history) : 0;

	answer->lacks_sources = !history->has_sources;
	if (status || !history->has_sources)
		return status;
	if (query->bin == BIN_GIVEN)
		return tell_given(&teller);
	from = floor_to(from + HOUR_SECONDS - 1, HOUR_SECONDS);
	to = floor_to(to, HOUR_SECONDS);
	status = find_lack(history, from, to, &answer->lacks_sources);
	while (!status && !(status = next_hour(history, from, &next)) && next < to) {
		int64_t start = floor_to(next, length), end = start + length;

		if (query->bin == BIN_ALL)
			return tell_bin(&teller, from, to, next);
		end = end < to ? end : to;
		status = tell_bin(&teller, start > from ? start : from, end, start);
		from = end;
	}
	return status;
}

/* -- One number ---------------------------------------------------------------------------- */

/* Whether all of the interval is kept, and sources of all its packets are known. */
static int is_known(struct history *history, int64_t from, int64_t to, bool *known)
{
	int64_t kept_from = NO_TIME;
	bool lacks = true;
	int status = meta_time(history, "hours_from", NO_TIME, &kept_from);

	if (!status && from >= kept_from)
		status = find_lack(history, from, to, &lacks);
	*known = !lacks;
	return status;
}

int query_one_source(struct history *history, const struct store_sources_query *query,
	struct store_sources *found)
{
	const bool is_port = query->kind == SOURCES_PORT;
	unsigned int content =
		is_port && query->row < TT_ROWS ? sketches_content_of(query->row) : 0;
	int64_t from = sources_hour(query->from), to = sources_hour(query->to);
	bool any = false, known = false;
	const struct source_sketches *of;
	int status = 0;

	if ((is_port && query->row >= TT_ROWS) ||
		(query->kind == SOURCES_COUNTRY && query->country >= TT_CELLS) ||
		(query->kind == SOURCES_SPORT53 && query->country >= TT_CELLS &&
			query->country != STORE_ALL_COUNTRIES))
		return say(history, -EINVAL, "there is no such row or country");
	if (history->has_sources)
		status = prepare(history);
	if (!status && history->has_sources)
		status = is_known(history, from, to, &known);
	if (!status && known)
		status = join(history, from, to, 0, 0, &any);
	if (!status && known && content)
		status = join(history, from, to, content, content, &any);
	if (status)
		return status;
	if (!any)
		return say(history, -ENODATA, "distinct sources of that time are not known");
	of = history->asked.sources;
	switch (query->kind) {
	case SOURCES_PORT:
		measure_port(&history->asked, query->row, found);
		break;
	case SOURCES_COUNTRY:
		measure(of->country[query->country], TT_COUNTRY_REGISTERS, found);
		break;
	case SOURCES_SPORT53:
		if (query->country < TT_CELLS)
			measure(of->sport53_country[query->country], TT_COUNTRY_REGISTERS, found);
		else
			measure(of->sport53, TT_SOURCES_REGISTERS, found);
		break;
	default:
		measure(of->total, TT_SOURCES_REGISTERS, found);
		break;
	}
	return 0;
}
