/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/fleet_sql.h"

#include "user/engine/event_row.h"
#include "user/engine/rows.h"
#include "user/engine/tsv.h"
#include "user/lib/buffer.h"
#include "user/model/port.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* cell_of_NAME: where the name begins in _table. */
static int name_at(const char *table)
{
	return (int)strlen(table) + 5;
}

#define PREFIX_ORDER                                                                               \
	"position(prefix, ':') > 0, IPv4StringToNum(splitByChar('/', prefix)[1]), "                \
	"IPv6StringToNum(splitByChar('/', prefix)[1])"

const struct fleet_form *fleet_form(enum store_table table)
{
	static const struct fleet_form forms[TABLES] = {
		[TABLE_LEDGER] = {"class", "sum(packets), sum(bytes)", "class", 1, 2},
		[TABLE_PORTS] = {"proto, port", "sum(packets), sum(bytes), sum(syn), max(sources)",
			"proto, port", 2, 4},
		[TABLE_CELLS] = {"proto, port, country", "sum(packets)", "proto, port, country", 3,
			1},
		[TABLE_SPORT53] = {"country, class", "sum(packets)", "country, class", 2, 1},
		[TABLE_PREFIXES] = {"prefix", "any(country), sum(response), sum(other)",
			PREFIX_ORDER, 1, 3},
		[TABLE_COVERAGE] = {"", "", "", 0, 10},
	};

	return table < TABLES && forms[table].number_count ? &forms[table] : NULL;
}

/* -- Parts --------------------------------------------------------------------------------- */

static void put_names(struct buffer *out, const struct fleet_question *question, const char *table)
{
	for (size_t i = 0; i < question->name_count; i++)
		buffer_format(out, "%s'%s_of_%s'", i ? ", " : " AND _table IN (", table,
			question->names[i]);
	if (question->name_count)
		buffer_text(out, ")");
}

/* Borders that are equally far from each other are an arithmetic matter, and so much faster. */
static bool are_even(const struct store_query *query)
{
	for (size_t i = 2; i < query->border_count; i++)
		if (query->borders[i] - query->borders[i - 1] !=
			query->borders[1] - query->borders[0])
			return false;
	return true;
}

/* The bin that a time (seconds, text) lies in, as a number of SQL. */
static void put_bin(struct buffer *out, const struct store_query *query, const char *time)
{
	switch (query->bin) {
	case BIN_MINUTE:
		buffer_text(out, time);
		return;
	case BIN_HOUR:
		buffer_format(out, "intDiv(%s, 3600) * 3600", time);
		return;
	case BIN_DAY:
		buffer_format(out, "intDiv(%s, 86400) * 86400", time);
		return;
	case BIN_ALL:
		buffer_text(out, "toUInt32(0)");
		return;
	default:
		break;
	}
	if (are_even(query)) {
		int64_t first = query->borders[0], step = query->borders[1] - first;

		buffer_format(out, "intDiv(%s - %" PRId64 ", %" PRId64 ") * %" PRId64 " + %" PRId64,
			time, first, step, step, first);
		return;
	}
	buffer_text(out, "[");
	for (size_t i = 0; i < query->border_count; i++)
		buffer_format(out, "%s%" PRId64, i ? ", " : "", query->borders[i]);
	buffer_format(out, "][arrayCount(b -> b <= %s, [", time);
	for (size_t i = 0; i < query->border_count; i++)
		buffer_format(out, "%s%" PRId64, i ? ", " : "", query->borders[i]);
	buffer_text(out, "])]");
}

static const struct {
	const char *name;
	int length;
} kinds[] = {{"day", 86400}, {"hour", 3600}, {"minute", 60}};

/* A record of this kind lies within the interval, and within one bin of the question. */
static void put_usable(struct buffer *out, const struct fleet_question *question, size_t kind)
{
	char last[64];

	buffer_format(out,
		"bin = '%s' AND start >= toDateTime(%" PRId64
		", 'UTC') AND start <= toDateTime(%" PRId64 ", 'UTC')",
		kinds[kind].name, question->from, question->to - kinds[kind].length);
	if (kinds[kind].length == 60)
		return;
	snprintf(last, sizeof(last), "(toUInt32(start) + %d)", kinds[kind].length - 60);
	buffer_text(out, " AND ");
	put_bin(out, question->query, "toUInt32(start)");
	buffer_text(out, " = ");
	put_bin(out, question->query, last);
}

/*
 * A sensor's record as one number, which a set finds in half the time of a name and a time. The
 * hash of a table's name is computed once a block; names are the operator's, so nobody looks for
 * two that collide.
 */
static void put_record(struct buffer *out, const char *table, const char *start)
{
	buffer_format(out, "cityHash64(substring(_table, %d)) + %s", name_at(table), start);
}

/* The whole records of a kind that each sensor has. */
static void put_whole(struct buffer *out, const struct fleet_question *question, size_t kind)
{
	buffer_text(out, "(SELECT ");
	put_record(out, "coverage", "toUInt32(start)");
	buffer_text(out, " FROM teiten.coverage WHERE ");
	put_usable(out, question, kind);
	put_names(out, question, "coverage");
	buffer_text(out, ")");
}

/* Records longer than the bins cannot be used: their sets would be empty. */
static bool can_be_used(const struct fleet_question *question, size_t kind)
{
	return kind == 2 || (question->query->bin != BIN_MINUTE &&
				    !(kind == 0 && question->query->bin == BIN_HOUR));
}

/*
 * Which rows count: whole days, hours of no whole day, minutes of neither. start of the day and the
 * hour are made of numbers: the server's time zone has no say.
 */
static void put_choice(struct buffer *out, const struct fleet_question *question, const char *table)
{
	for (size_t kind = 0; kind < 3; kind++) {
		if (!can_be_used(question, kind))
			continue;
		buffer_text(out, "(");
		put_usable(out, question, kind);
		buffer_text(out, " AND ");
		put_record(out, table, "toUInt32(start)");
		buffer_text(out, " IN ");
		put_whole(out, question, kind);
		for (size_t longer = 0; longer < kind; longer++) {
			char start[64];

			if (!can_be_used(question, longer))
				continue;
			snprintf(start, sizeof(start), "intDiv(toUInt32(start), %d) * %d",
				kinds[longer].length, kinds[longer].length);
			buffer_text(out, " AND ");
			put_record(out, table, start);
			buffer_text(out, " NOT IN ");
			put_whole(out, question, longer);
		}
		buffer_text(out, kind == 2 ? ")" : ") OR ");
	}
}

static void put_end(struct buffer *out, const struct fleet_question *question)
{
	buffer_format(out, " SETTINGS skip_unavailable_shards = %d FORMAT TabSeparated",
		question->is_partial);
}

static void put_from(struct buffer *out, const struct fleet_question *question, const char *table)
{
	buffer_format(out, " FROM teiten.%s_all FINAL WHERE (", table);
	put_choice(out, question, table);
	buffer_text(out, ")");
	put_names(out, question, table);
}

static void put_row_choice(struct buffer *out, const struct store_query *query)
{
	if (query->row != TT_ROW_NONE)
		buffer_format(out, " AND proto = '%s' AND port = %u",
			port_protocol_name(port_protocol(query->row)), port_number(query->row));
	if (query->table == TABLE_CELLS && query->country != STORE_ALL_COUNTRIES)
		buffer_format(out, " AND country = '%s'", country_code((country_id)query->country));
}

/* -- Whole questions ----------------------------------------------------------------------- */

/* The caller's; NULL: no memory. */
static char *finish(struct buffer *text)
{
	if (!text->error)
		return text->bytes;
	buffer_release(text);
	return NULL;
}

/* The ledger's order is that of the classes, which SQL does not know. */
static void put_order(struct buffer *out, enum store_table table, const struct fleet_form *form)
{
	if (table != TABLE_LEDGER) {
		buffer_text(out, form->order);
		return;
	}
	buffer_text(out, "indexOf([");
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		buffer_format(out, "%s'%s'", i ? ", " : "", class_name((enum tt_class)i));
	buffer_text(out, "], class)");
}

static void put_counts(struct buffer *out, const struct fleet_question *question)
{
	const struct fleet_form *form = fleet_form(question->query->table);
	const char *table = rows_table_name(question->query->table);
	const char *sensor = question->by_sensor ? ", sensor" : "";

	buffer_text(out, "SELECT toUInt32(");
	put_bin(out, question->query, "toUInt32(start)");
	buffer_text(out, ") AS t");
	if (question->by_sensor)
		buffer_format(out, ", substring(_table, %d) AS sensor", name_at(table));
	buffer_format(out, ", %s, %s", form->keys, form->numbers);
	put_from(out, question, table);
	if (question->query->table == TABLE_PORTS || question->query->table == TABLE_CELLS)
		put_row_choice(out, question->query);
	buffer_format(out, " GROUP BY t%s, %s ORDER BY t%s, ", sensor, form->keys, sensor);
	put_order(out, question->query->table, form);
}

/*
 * Exposure is summed for each sensor first. Its addresses are the mean over its covered time where
 * they are known.
 */
static void put_coverage(struct buffer *out, const struct fleet_question *question)
{
	const char *sensor = question->by_sensor ? ", sensor" : "";

	buffer_format(out,
		"SELECT t%s, sum(c) / 1e9, sum(x) / 1e9, sum(if(c > 0, x / c, a)), "
		"toUInt8(min(a) > 0), sum(late_), sum(misdated_), sum(unattributed_), "
		"sum(unlisted_), sum(drops_), groupBitOr(modes_) FROM (SELECT toUInt32(",
		sensor);
	put_bin(out, question->query, "toUInt32(start)");
	buffer_format(out,
		") AS t, substring(_table, %d) AS sensor, toFloat64(sum(covered_ns)) AS c, "
		"sum(toFloat64(covered_ns) * addresses) AS x, toFloat64(max(addresses)) AS a, "
		"sum(late) AS "
		"late_, sum(misdated) AS misdated_, sum(unattributed) AS unattributed_, "
		"sum(prefixes_unlisted) AS unlisted_, sum(nic_drops) AS drops_, groupBitOr(modes) "
		"AS modes_",
		name_at("coverage"));
	put_from(out, question, "coverage");
	buffer_format(out, " GROUP BY t, sensor) GROUP BY t%s ORDER BY t%s", sensor, sensor);
}

char *fleet_sql_rows(const struct fleet_question *question)
{
	struct buffer text = {0};

	if (question->query->table == TABLE_COVERAGE)
		put_coverage(&text, question);
	else
		put_counts(&text, question);
	put_end(&text, question);
	return finish(&text);
}

char *fleet_sql_first(const struct fleet_question *question)
{
	struct buffer text = {0};

	buffer_text(&text, "SELECT toUInt32(min(start))");
	put_from(&text, question, "coverage");
	put_end(&text, question);
	return finish(&text);
}

char *fleet_sql_events(const struct fleet_question *question)
{
	struct buffer text = {0};

	buffer_format(&text,
		"SELECT substring(_table, %d) AS sensor, %s FROM teiten.event_all FINAL WHERE "
		"time >= toDateTime(%" PRId64 ", 'UTC') AND time < toDateTime(%" PRId64
		", 'UTC') AND whole = 1",
		name_at("event"), event_row_columns, question->from, question->to);
	put_names(&text, question, "event");
	buffer_text(&text, " ORDER BY time, sensor, id, phase");
	put_end(&text, question);
	return finish(&text);
}

static void put_life(struct buffer *out, const struct fleet_question *question, bool by_country)
{
	const char *table = by_country ? "cell" : "port";
	struct store_query query = *question->query;

	query.table = by_country ? TABLE_CELLS : TABLE_PORTS;
	/* Of the first and the last day the finest record that is kept tells most. */
	buffer_format(out,
		"SELECT proto, port, %s AS c, toUInt32(min(start)) AS first_, "
		"toUInt32(max(start)) AS last_, "
		"uniqExact(intDiv(toUInt32(start), 86400)) AS days, "
		"minIf(toUInt32(start), bin = 'minute') AS m1, "
		"minIf(toUInt32(start), bin = 'hour') AS h1 FROM teiten.%s_all WHERE packets > 0",
		by_country ? "toString(country)" : "''", table);
	put_names(out, question, table);
	put_row_choice(out, &query);
	buffer_text(out, " GROUP BY proto, port, c");
}

char *fleet_sql_life(const struct fleet_question *question)
{
	const bool one = question->query->country != STORE_ALL_COUNTRIES;
	struct buffer text = {0};

	buffer_text(&text, "SELECT proto, port, c, "
			   "if(m1 > 0 AND intDiv(m1, 86400) = intDiv(first_, 86400), m1, "
			   "if(h1 > 0 AND intDiv(h1, 86400) = intDiv(first_, 86400), h1, first_)), "
			   "last_, days "
			   "FROM (");
	if (!one)
		put_life(&text, question, false);
	if (!one)
		buffer_text(&text, " UNION ALL ");
	put_life(&text, question, true);
	buffer_text(&text, ") ORDER BY proto, port, c");
	put_end(&text, question);
	return finish(&text);
}
