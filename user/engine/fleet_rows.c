/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/fleet_private.h"

#include "user/engine/event_row.h"
#include "user/engine/fleet_sql.h"
#include "user/engine/rows.h"
#include "user/lib/file.h"
#include "user/lib/text.h"
#include "user/model/port.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct asking {
	struct fleet *fleet;
	const struct store_query *query;
	bool by_sensor;
	int64_t first; /* BIN_ALL: what the rows' time is */
	int (*visit)(void *context, const char *sensor, const struct store_row *row);
	void *context;
	uint64_t rows;
	int stop; /* what the visit returned */
};

/* -- Fields to numbers --------------------------------------------------------------------- */

static bool read_count(const char *text, uint64_t *count)
{
	return text_parse_unsigned(text, UINT64_MAX, count) == 0;
}

static bool read_row(char **fields, uint32_t *row)
{
	enum port_protocol protocol;
	uint64_t port;

	if (!port_protocol_find(fields[0], &protocol) ||
		text_parse_unsigned(fields[1], 65535, &port))
		return false;
	*row = port_row(protocol, (uint32_t)port);
	return *row != TT_ROW_NONE;
}

static bool read_country(const char *text, country_id *country)
{
	return strlen(text) == 2 && country_find(text, country);
}

static bool read_name(const char *text, const char *(*name)(unsigned int), unsigned int count,
	unsigned int *value)
{
	for (unsigned int i = 0; i < count; i++) {
		if (strcmp(text, name(i)) == 0) {
			*value = i;
			return true;
		}
	}
	return false;
}

static const char *name_of_class(unsigned int class)
{
	return class_name((enum tt_class) class);
}

static bool read_prefix(const char *text, struct store_row *row)
{
	struct text_address address;
	unsigned int length;
	uint64_t bits = 0;

	if (text_parse_prefix(text, &address, &length) || length != (address.is_v6 ? 48 : 24))
		return false;
	for (unsigned int i = 0; i < 8; i++)
		bits = bits << 8 | (address.is_v6 || i < 4 ? address.bytes[i] : 0);
	row->is_v6 = address.is_v6;
	row->network = bits >> (address.is_v6 ? 16 : 40);
	return true;
}

/* From the sum over sensors: what model/store.h means by covered and addresses. */
static bool read_coverage(char **f, struct store_row *row)
{
	double covered, exposure, addresses;
	uint64_t known;

	if (text_parse_double(f[0], 0, 1e300, &covered) ||
		text_parse_double(f[1], 0, 1e300, &exposure) ||
		text_parse_double(f[2], 0, 1e18, &addresses) || !read_count(f[3], &known) ||
		!read_count(f[4], &row->late) || !read_count(f[5], &row->misdated) ||
		!read_count(f[6], &row->unattributed) ||
		!read_count(f[7], &row->prefixes_unlisted) || !read_count(f[8], &row->nic_drops) ||
		!read_count(f[9], &row->modes))
		return false;
	row->addresses = known ? (uint64_t)(addresses + .5) : 0;
	row->covered = row->addresses ? exposure / addresses : covered;
	return true;
}

static bool read_counts(enum store_table table, char **f, struct store_row *row)
{
	switch (table) {
	case TABLE_LEDGER:
		return read_name(f[0], name_of_class, TT_CLASSES, &row->class) &&
		       read_count(f[1], &row->packets) && read_count(f[2], &row->bytes);
	case TABLE_PORTS:
		return read_row(f, &row->row) && read_count(f[2], &row->packets) &&
		       read_count(f[3], &row->bytes) && read_count(f[4], &row->syn) &&
		       read_count(f[5], &row->sources);
	case TABLE_CELLS:
		return read_row(f, &row->row) && read_country(f[2], &row->country) &&
		       read_count(f[3], &row->packets);
	case TABLE_SPORT53:
		return read_country(f[0], &row->country) &&
		       read_name(f[1], rows_sport53_name, SPORT53_CLASSES, &row->class) &&
		       read_count(f[2], &row->packets);
	case TABLE_PREFIXES:
		return read_prefix(f[0], row) && read_country(f[1], &row->country) &&
		       read_count(f[2], &row->response) && read_count(f[3], &row->other);
	case TABLE_COVERAGE:
		return read_coverage(f, row);
	default:
		return false;
	}
}

static int take_row(void *context, char **fields)
{
	struct asking *asking = context;
	struct store_row row = {.country = COUNTRY_ZZ};
	char **rest = fields + 1 + asking->by_sensor;
	uint64_t time;

	if (!read_count(fields[0], &time) || !read_counts(asking->query->table, rest, &row))
		return -1;
	row.time = asking->query->bin == BIN_ALL ? asking->first : (int64_t)time;
	asking->rows++;
	asking->stop = asking->visit(asking->context, asking->by_sensor ? fields[1] : NULL, &row);
	return asking->stop;
}

static int take_event(void *context, char **fields)
{
	struct asking *asking = context;
	struct event event;
	struct store_row row = {.event = &event};

	if (event_row_read(fields + 1, &event))
		return -1;
	row.time = event.time - event.time % 60;
	asking->rows++;
	asking->stop = asking->visit(asking->context, fields[0], &row);
	return asking->stop;
}

static int take_life(void *context, char **fields)
{
	struct asking *asking = context;
	struct store_row row = {.country = STORE_ALL_COUNTRIES};
	uint64_t first, last, days;

	if (!read_row(fields, &row.row) ||
		(fields[2][0] && !read_country(fields[2], &row.country)) ||
		!read_count(fields[3], &first) || !read_count(fields[4], &last) ||
		!read_count(fields[5], &days) || days > UINT32_MAX)
		return -1;
	if ((int64_t)first < asking->query->from || (int64_t)first >= asking->query->to)
		return 0;
	row.time = (int64_t)first;
	row.last = (int64_t)last;
	row.active_days = (uint32_t)days;
	asking->rows++;
	asking->stop = asking->visit(asking->context, NULL, &row);
	return asking->stop;
}

/* -- Questions ----------------------------------------------------------------------------- */

static int check(struct fleet *fleet, const struct store_query *query)
{
	bool bad = query->table >= TABLES || query->bin >= BINS ||
		   (query->row >= TT_ROWS && query->row != TT_ROW_NONE) ||
		   query->country > STORE_ALL_COUNTRIES ||
		   (query->bin == BIN_GIVEN && query->border_count < 2);

	for (size_t i = 0; !bad && query->bin == BIN_GIVEN && i < query->border_count; i++)
		bad = query->borders[i] < 0 || query->borders[i] % 60 ||
		      (i && query->borders[i] <= query->borders[i - 1]);
	return bad ? fleet_say(fleet, -EINVAL, "there is no such table, bin, row or country") : 0;
}

static int64_t within(int64_t time)
{
	return time < 0 ? 0 : time > ROWS_TIME_LIMIT ? ROWS_TIME_LIMIT : time;
}

static struct fleet_question question_of(
	const struct fleet *fleet, const struct store_query *query, bool by_sensor)
{
	struct fleet_question question = {
		.query = query,
		.from = within(query->from),
		.to = within(query->to),
		.names = fleet->names,
		.name_count = fleet->name_count,
		.by_sensor = by_sensor,
		.is_partial = fleet->answering < fleet->registered,
	};

	if (query->bin == BIN_GIVEN) {
		question.from = within(query->borders[0]);
		question.to = within(query->borders[query->border_count - 1]);
	}
	/* Whole minutes: a record begins and ends on one. */
	question.from = (question.from + 59) / 60 * 60;
	question.to -= question.to % 60;
	return question;
}

static int ask_first(struct asking *asking, const struct fleet_question *question)
{
	CLEANUP_FREE char *sql = fleet_sql_first(question);
	uint64_t first = 0;
	int status = fleet_ask(asking->fleet, sql, 1, fleet_take_number, &first);

	asking->first = (int64_t)first;
	return status;
}

static int ask_rows(struct asking *asking, const struct fleet_question *question)
{
	const struct fleet_form *form = fleet_form(asking->query->table);
	CLEANUP_FREE char *sql = NULL;
	int status = asking->query->bin == BIN_ALL ? ask_first(asking, question) : 0;

	if (status)
		return status;
	sql = fleet_sql_rows(question);
	return fleet_ask(asking->fleet, sql,
		1 + asking->by_sensor + form->key_count + form->number_count, take_row, asking);
}

static int ask_events(struct asking *asking, const struct fleet_question *question)
{
	CLEANUP_FREE char *sql = fleet_sql_events(question);

	return fleet_ask(asking->fleet, sql, 1 + EVENT_ROW_FIELDS, take_event, asking);
}

static int ask_life(struct asking *asking, const struct fleet_question *question)
{
	CLEANUP_FREE char *sql = fleet_sql_life(question);

	return fleet_ask(asking->fleet, sql, 6, take_life, asking);
}

int fleet_rows(struct fleet *fleet, const struct store_query *query, bool by_sensor,
	int (*visit)(void *context, const char *sensor, const struct store_row *row), void *context,
	struct store_answer *answer)
{
	struct asking asking = {.fleet = fleet,
		.query = query,
		.by_sensor = by_sensor,
		.visit = visit,
		.context = context};
	struct fleet_question question;
	int status = check(fleet, query);

	*answer = (struct store_answer){0};
	if (status || query->table == TABLE_RESOLVERS || query->table == TABLE_SOURCE_PORTS)
		return status;
	question = question_of(fleet, query, by_sensor);
	if (question.from >= question.to)
		return 0;
	status = query->table == TABLE_EVENTS ? ask_events(&asking, &question)
		 : query->table == TABLE_LIFE ? ask_life(&asking, &question)
		 : fleet_form(query->table)
			 ? ask_rows(&asking, &question)
			 : fleet_say(fleet, -EINVAL, "the engine has no such table");
	answer->rows = asking.rows;
	if (asking.stop)
		return asking.stop;
	return status ? status : fleet_look_again(fleet);
}
