/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/query_output.h"

#include "user/lib/text.h"
#include "user/lib/zone.h"
#include "user/model/port.h"

#include <math.h>
#include <stdio.h>
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
	char text[TEXT_NETWORK_MAX];

	text_format_network(row->is_v6, row->network, row->is_v6 ? 48 : 24, text);
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
