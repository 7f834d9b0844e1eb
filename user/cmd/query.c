/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/query_output.h"

#include "user/cmd/cmd.h"
#include "user/cmd/options.h"
#include "user/cmd/setup.h"
#include "user/history/query.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/lib/zone.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

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

static void explain_lack(const struct store_answer *answer)
{
	if (answer->lacks_sources)
		log_warning("distinct sources of a part of that time are not known: it was counted "
			    "with [counting] sources = no or just after, or began with another "
			    "history, or there is no history of them. Where a "
			    "bin holds such a part, there are at least so many as it says, and it "
			    "has no error; where it is all unknown there is no line");
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
	explain_lack(&summary);
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
