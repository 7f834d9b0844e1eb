/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/query.h"

#include "user/cmd/cmd.h"
#include "user/cmd/options.h"
#include "user/cmd/setup.h"
#include "user/history/query.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/lib/zone.h"
#include "user/model/port.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	struct table_column columns[QUERY_MAX_COLUMNS - 1];
} tables[] = {
	[TABLE_LEDGER] = {"ledger",
		{{"time", 20}, {"class", 16}, {"packets", -12}, {"bytes", -14}}},
	[TABLE_PORTS] = {"ports", {{"time", 20}, {"proto", 5}, {"port", -5}, {"packets", -12},
					  {"bytes", -14}, {"syn", -12}}},
	[TABLE_CELLS] = {"cells",
		{{"time", 20}, {"proto", 5}, {"port", -5}, {"country", 7}, {"packets", -12}}},
	[TABLE_SPORT53] = {"sport53",
		{{"time", 20}, {"country", 7}, {"class", 8}, {"packets", -12}}},
	[TABLE_PREFIXES] = {"prefixes",
		{{"time", 20}, {"prefix", 20}, {"country", 7}, {"response", -12}, {"other", -12}}},
	[TABLE_COVERAGE] = {"coverage", {{"time", 20}, {"covered_seconds", -15}, {"addresses", -10},
						{"late", -8}, {"attach_mode", 11}}},
	[TABLE_EVENTS] = {"events",
		{{"time", 20}, {"id", 14}, {"incident", 14}, {"phase", 6}, {"kind", 11},
			{"key", 14}, {"country", 7}, {"scale", -5}, {"severity", 8},
			{"observed", -10}, {"expected", -10}, {"log10p", -10}}},
	[TABLE_LIFE] = {"life", {{"first", 20}, {"last", 20}, {"active_days", -11}, {"proto", 5},
					{"port", -5}, {"country", 7}}},
	[TABLE_SOURCES] = {"sources", {{"time", 20}, {"kind", 7}, {"proto", 5}, {"port", -5},
					      {"country", 7}, {"sources", -12}, {"error", -7}}},
	[TABLE_RESOLVERS] = {"resolvers",
		{{"source", 15}, {"country", 7}, {"first", 20}, {"last", 20}, {"packets", -12},
			{"rcode", -5}, {"ra", 2}, {"max_length", -10}}},
	[TABLE_SOURCE_PORTS] = {"sourceports",
		{{"time", 20}, {"proto", 5}, {"port", -5}, {"samples", -8}, {"packets", -12},
			{"sources", -9}, {"packets_per_source", -18}, {"own_country", -11},
			{"response", -8}, {"query", -8}, {"short", -8},
			{"recursion_available", -19}, {"answering", -9}, {"noerror", -8},
			{"servfail", -8}, {"nxdomain", -8}, {"refused", -8}, {"verdict", 17}}},
};
_Static_assert(sizeof(tables) / sizeof(tables[0]) == TABLES, "columns for each table");

static const char *const bin_names[] = {"minute", "hour", "day", "all"};
_Static_assert(sizeof(bin_names) / sizeof(bin_names[0]) == BIN_GIVEN, "a name for each bin");

static const char *const sport53_names[] = {"response", "query", "short"};
_Static_assert(
	sizeof(sport53_names) / sizeof(sport53_names[0]) == SPORT53_CLASSES, "a name for each");

static const char *const source_kinds[] = {
	[SOURCES_TOTAL] = "total",
	[SOURCES_PORT] = "port",
	[SOURCES_COUNTRY] = "country",
	[SOURCES_SPORT53] = "sport53",
};

struct options {
	bool have_table;
	bool have_bin;
	const char *zone;
	int64_t *borders; /* of days of the zone */
	struct common_options common;
	enum table_format format;
	struct store_query query;
};

/* -- Command line -------------------------------------------------------------------------- */

enum { KEY_BIN = OPTION_OWN, KEY_FORMAT, KEY_TZ };

static const struct argp_option argp_options[] = {
	OPTIONS_STATE_TO_READ,
	OPTIONS_FROM("the first record"),
	OPTIONS_TO("the last record"),
	{"bin", KEY_BIN, "BIN", 0, "minute (default; of sources day), hour, day or all, in UTC", 0},
	{"tz", KEY_TZ, "ZONE", 0, "days are those of this time zone", 0},
	{"format", KEY_FORMAT, "FORMAT", 0, "table (default), csv or json", 0},
	{0},
};

static int find_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

void query_parse_table(struct argp_state *state, const char *name, enum store_table *table)
{
	for (unsigned int i = 0; i < TABLES; i++) {
		if (strcmp(tables[i].name, name) == 0) {
			*table = (enum store_table)i;
			return;
		}
	}
	argp_error(state,
		"there is no table '%s'; it is one of ledger, ports, cells, sport53, prefixes, "
		"coverage, events, life, sources, resolvers, sourceports",
		name);
}

void query_parse_bin(struct argp_state *state, const char *name, enum store_bin *bin)
{
	int found = find_name(bin_names, BIN_GIVEN, name);

	if (found < 0)
		argp_error(state, "--bin '%s' is not one of minute, hour, day, all", name);
	*bin = (enum store_bin)found;
}

static void parse_table(struct argp_state *state, struct options *options, const char *name)
{
	if (options->have_table)
		argp_error(state, "one table at a time: '%s' is too many", name);
	query_parse_table(state, name, &options->query.table);
	options->have_table = true;
}

/* Sources are kept by hours; a zone has days. */
static void parse_bins(struct argp_state *state, struct options *options)
{
	struct store_query *query = &options->query;
	bool has_bins = query->table != TABLE_EVENTS && query->table != TABLE_LIFE &&
			query->table != TABLE_RESOLVERS && query->table != TABLE_SOURCE_PORTS;
	int error;

	if (!options->have_bin && (query->table == TABLE_SOURCES || options->zone))
		query->bin = BIN_DAY;
	if (query->table == TABLE_SOURCES && query->bin == BIN_MINUTE)
		argp_error(state, "sources are kept by hours: --bin hour, day or all");
	if (!options->zone)
		return;
	if (!has_bins || query->bin != BIN_DAY)
		argp_error(state, "--tz is for tables in bins of days");
	error = zone_select(options->zone);
	if (error)
		argp_error(state, "--tz '%s' is not a time zone of this system (" ZONE_FILES ")",
			options->zone);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPTION_FROM:
		options_time(state, "from", argument, &options->query.from);
		return 0;
	case OPTION_TO:
		options_time(state, "to", argument, &options->query.to);
		return 0;
	case KEY_BIN:
		query_parse_bin(state, argument, &options->query.bin);
		options->have_bin = true;
		return 0;
	case KEY_TZ:
		options->zone = argument;
		return 0;
	case KEY_FORMAT:
		if (table_format_find(argument, &options->format))
			argp_error(state, "--format '%s' is not one of table, csv, json", argument);
		return 0;
	case ARGP_KEY_ARG:
		parse_table(state, options, argument);
		return 0;
	case ARGP_KEY_END:
		if (!options->have_table)
			argp_error(state, "which table? for example: teiten query ports");
		if (options->query.from > options->query.to)
			argp_error(state, "--from is after --to");
		parse_bins(state, options);
		return 0;
	default:
		return options_parse(key, argument, state, &options->common);
	}
}

/* -- Rows ---------------------------------------------------------------------------------- */

static void put_time(struct query_output *answer, int64_t time)
{
	char text[ZONE_TIME_MAX];

	if (!answer->has_zone) {
		table_time(&answer->out, time);
		return;
	}
	zone_format_time(time, text);
	table_string(&answer->out, text);
}

static void put_port(struct table *out, uint32_t row)
{
	table_string(out, port_protocol_name(port_protocol(row)));
	table_unsigned(out, port_number(row));
}

static void put_prefix(struct table *out, const struct store_row *row)
{
	struct text_address address = {.is_v6 = row->is_v6};
	char text[TEXT_ADDRESS_MAX + 8];
	/* The network's bits at the upper end of 64. */
	uint64_t bits = row->network << (row->is_v6 ? 16 : 40);

	for (unsigned int i = 0; i < 8; i++)
		address.bytes[i] = (uint8_t)(bits >> (56 - 8 * i));
	text_format_address(&address, text);
	snprintf(text + strlen(text), 8, "/%u", row->is_v6 ? 48u : 24u);
	table_string(out, text);
	table_string(out, country_code(row->country));
	table_unsigned(out, row->response);
	table_unsigned(out, row->other);
}

/* The mode; of a bin that saw several, all of them: "frags+generic". */
static void put_modes(struct table *out, uint64_t modes)
{
	char text[64] = "";

	for (unsigned int i = 0; i < ATTACH_MODES; i++)
		if (modes >> i & 1)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				text[0] ? "+" : "", attach_mode_name((enum attach_mode)i));
	table_string(out, text);
}

static void put_coverage(struct table *out, const struct store_row *row)
{
	table_double(out, row->covered);
	/* Zero means that nobody said how many addresses are monitored. */
	if (row->addresses)
		table_unsigned(out, row->addresses);
	else
		table_nothing(out);
	table_unsigned(out, row->late);
	put_modes(out, row->modes);
}

static void put_life(struct table *out, const struct store_row *row)
{
	table_time(out, row->last);
	table_unsigned(out, row->active_days);
	put_port(out, row->row);
	/* A port as a whole has no country. */
	if (row->country == STORE_ALL_COUNTRIES)
		table_nothing(out);
	else
		table_string(out, country_code(row->country));
}

static void put_sources(struct table *out, const struct store_row *row)
{
	table_string(out, source_kinds[row->kind]);
	if (row->row == TT_ROW_NONE) {
		table_nothing(out);
		table_nothing(out);
	} else {
		put_port(out, row->row);
	}
	if (row->country == STORE_ALL_COUNTRIES)
		table_nothing(out);
	else
		table_string(out, country_code(row->country));
	table_unsigned(out, row->sources);
	/* Infinite, of a lower bound, is nothing. */
	table_double(out, round(row->error * 1e4) / 1e4);
}

static void put_event(struct table *out, const struct event *event)
{
	char key[SERIES_TEXT_MAX];
	enum series_kind kind = series_kind(event->key);

	series_format(event->key, key);
	table_string(out, event->id);
	if (event->incident[0])
		table_string(out, event->incident);
	else
		table_nothing(out);
	table_string(out, event_phase_name(event->phase));
	table_string(out, event_kind_name(event->kind));
	table_string(out, key);
	if (kind == SERIES_CELL || kind == SERIES_SPORT53_COUNTRY)
		table_string(out, country_code(series_country(event->key)));
	else
		table_nothing(out);
	if (event->scale)
		table_string(out, event_scale_name(event->scale));
	else
		table_nothing(out);
	table_string(out, event_severity_name(event->severity));
	table_double(out, event->observed);
	table_double(out, event->expected);
	table_double(out, event->log10p);
}

static void put_resolver(struct table *out, const struct resolver *resolver)
{
	struct text_address address = {.is_v6 = resolver->is_v6};
	char text[TEXT_ADDRESS_MAX];

	memcpy(address.bytes, resolver->address, sizeof(address.bytes));
	text_format_address(&address, text);
	table_string(out, text);
	table_string(out, country_code(resolver->country));
	table_time(out, resolver->first);
	table_time(out, resolver->last);
	table_unsigned(out, resolver->packets);
	table_unsigned(out, resolver->rcode);
	table_unsigned(out, 1); /* a candidate has it, by definition */
	table_unsigned(out, resolver->max_length);
}

static void put_source_port(struct table *out, const struct source_port *row)
{
	const double shares[] = {row->own_country, row->response, row->query, row->short_,
		row->recursion_available, row->answering, row->noerror, row->servfail,
		row->nxdomain, row->refused};

	table_string(out, row->is_tcp ? "tcp" : "udp");
	table_unsigned(out, row->port);
	table_unsigned(out, row->samples);
	table_double(out, row->packets);
	table_double(out, row->sources);
	table_double(out, row->packets / row->sources);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		table_double(out, shares[i]);
	if (row->verdict == EVENT_VERDICT_NONE)
		table_nothing(out);
	else
		table_string(out, event_verdict_name(row->verdict));
}

int query_output_start(
	struct query_output *output, enum store_table table, enum table_format format)
{
	size_t from = 0, count = 0;

	output->table = table;
	for (; from < QUERY_MAX_COLUMNS - 1 && tables[table].columns[from].name; from++) {
		output->columns[count++] = tables[table].columns[from];
		if (from == 0 && output->has_sensor)
			output->columns[count++] = (struct table_column){"sensor", 16};
	}
	return table_start(&output->out, STDOUT_FILENO, format, output->columns, count);
}

int query_put_row(void *context, const struct store_row *row)
{
	struct query_output *answer = context;
	struct table *out = &answer->out;

	if (answer->table != TABLE_RESOLVERS)
		put_time(answer, row->time);
	if (answer->has_sensor)
		table_string(out, answer->sensor);
	switch (answer->table) {
	case TABLE_LEDGER:
		table_string(out, class_name((enum tt_class)row->class));
		table_unsigned(out, row->packets);
		table_unsigned(out, row->bytes);
		break;
	case TABLE_PORTS:
		put_port(out, row->row);
		table_unsigned(out, row->packets);
		table_unsigned(out, row->bytes);
		table_unsigned(out, row->syn);
		break;
	case TABLE_CELLS:
		put_port(out, row->row);
		table_string(out, country_code(row->country));
		table_unsigned(out, row->packets);
		break;
	case TABLE_SPORT53:
		table_string(out, country_code(row->country));
		table_string(out, sport53_names[row->class]);
		table_unsigned(out, row->packets);
		break;
	case TABLE_PREFIXES:
		put_prefix(out, row);
		break;
	case TABLE_COVERAGE:
		put_coverage(out, row);
		break;
	case TABLE_EVENTS:
		put_event(out, row->event);
		break;
	case TABLE_SOURCES:
		put_sources(out, row);
		break;
	case TABLE_LIFE:
		put_life(out, row);
		break;
	case TABLE_SOURCE_PORTS:
		put_source_port(out, row->source_port);
		break;
	case TABLE_RESOLVERS:
		put_resolver(out, row->resolver);
		break;
	default:
		break;
	}
	table_end_row(out);
	return table_error(out);
}

/* -- The whole answer ---------------------------------------------------------------------- */

static void explain_unkept(const struct store_answer *answer)
{
	char from[TEXT_TIME_MAX], to[TEXT_TIME_MAX];

	if (answer->unkept_from == answer->unkept_to)
		return;
	text_format_time(answer->unkept_from, from);
	text_format_time(answer->unkept_to, to);
	log_warning("from %s to %s the history is kept in coarser bins only, and that part is left "
		    "out; ask with --bin day or whole hours",
		from, to);
}

static int keep_time(void *context, const struct store_row *row)
{
	*(int64_t *)context = row->time;
	return 0;
}

/* The time that has records, within what is asked about: false when there is none. */
static int find_time(struct history *history, const struct store_query *asked, int64_t *from,
	int64_t *to, bool *any)
{
	struct store_query query = store_query_all(TABLE_COVERAGE, BIN_ALL);
	struct store_answer answer;
	int64_t last;
	int status = history_last_minute(history, &last, any);

	if (status || !*any)
		return status;
	*from = last;
	status = history_query(history, &query, keep_time, from, &answer);
	*from = *from > asked->from ? *from : asked->from;
	*to = last + 60 < asked->to ? last + 60 : asked->to;
	*any = *from < *to;
	return status;
}

/* Bins for the days of the zone that have records, cut where the query is. */
static int give_days(struct history *history, struct options *options)
{
	struct store_query *query = &options->query;
	int64_t from, to, at;
	size_t count = 0;
	bool any = false;
	int status = find_time(history, query, &from, &to, &any);

	if (status || !any)
		return status;
	options->borders = calloc((size_t)((to - from) / 82800) + 4, sizeof(int64_t));
	if (!options->borders)
		return -ENOMEM;
	for (at = zone_start_of(zone_date_of(from)); at < to;
		at = zone_start_of(zone_date_of(at + 26 * 3600)))
		options->borders[count++] = at > query->from ? at : query->from;
	options->borders[count++] = at < query->to ? at : query->to;
	query->bin = BIN_GIVEN;
	query->borders = options->borders;
	query->border_count = count;
	return 0;
}

static int print_answer(struct history *history, struct options *options)
{
	static struct query_output answer;
	struct store_answer summary = {0};
	int status, written;

	status = options->zone ? give_days(history, options) : 0;
	answer.has_zone = options->zone != NULL;
	if (!status)
		status = query_output_start(&answer, options->query.table, options->format);
	if (!status)
		status = history_query(history, &options->query, query_put_row, &answer, &summary);
	written = table_finish(&answer.out);
	if (written) {
		log_error("standard output: %s", strerror(-written));
		return CMD_FAILED;
	}
	if (status) {
		log_error("the answer is not whole: %s", history_message(history));
		return CMD_FAILED;
	}
	explain_unkept(&summary);
	if (history_damaged(history)) {
		log_error("%llu damaged records are left out of the answer",
			(unsigned long long)history_damaged(history));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

int cmd_query(int argc, char **argv)
{
	static const struct argp parser = {
		.options = argp_options,
		.parser = parse_option,
		.args_doc = "TABLE",
		.doc = "Print what the history holds.\v"
		       "TABLE is one of ledger, ports, cells, sport53, prefixes, coverage, "
		       "events, life, sources, resolvers, sourceports. The last one is kept by "
		       "minute, hour and day: it takes no --bin all.",
	};
	struct options options = {
		.common.state_dir = OPTIONS_STATE_DIR,
		.query = store_query_all(TABLE_LEDGER, BIN_MINUTE),
	};
	struct history *history;
	int status;

	argp_err_exit_status = CMD_USAGE;
	/* A reader that leaves early is a failed write, said and counted like any other. */
	signal(SIGPIPE, SIG_IGN);
	if (argp_parse(&parser, argc, argv, 0, NULL, &options))
		return CMD_USAGE;
	if (setup_history_to_read(options.common.state_dir, &history) != CMD_DONE)
		return CMD_FAILED;
	status = print_answer(history, &options);
	free(options.borders);
	history_close(history);
	return status;
}
