/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/fleet.h"

#include "user/cmd/cmd.h"
#include "user/cmd/engine_setup.h"
#include "user/cmd/query_output.h"
#include "user/cmd/setup.h"
#include "user/lib/log.h"
#include "user/lib/text.h"

#include <argp.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* -- What all of them do ------------------------------------------------------------------- */

error_t fleet_parse(
	int key, char *argument, struct argp_state *state, struct fleet_options *options)
{
	switch (key) {
	case OPTION_SENSOR:
		if (!engine_name_is_valid(argument))
			argp_error(state, "--sensor '%s' is no name of the engine's", argument);
		if (options->name_count == FLEET_MAX_NAMES)
			argp_error(state, "at most %d --sensor", FLEET_MAX_NAMES);
		options->names[options->name_count++] = argument;
		return 0;
	case OPTION_FROM:
		options_time(state, "from", argument, &options->from);
		return 0;
	case OPTION_TO:
		options_time(state, "to", argument, &options->to);
		return 0;
	case ARGP_KEY_END:
		if (options->from > options->to)
			argp_error(state, "--from is after --to");
		return 0;
	default:
		return options_parse(key, argument, state, &options->common);
	}
}

/* Not only how many: who reads a figure must know whose it is not. */
static void warn_of_missing(const struct fleet *fleet)
{
	size_t count, missing = fleet_missing(fleet), named = 0, used = 0;
	const struct fleet_sensor *sensors = fleet_sensors(fleet, &count);
	char names[512] = "";

	for (size_t i = 0; i < count && named < 8; i++)
		if (!sensors[i].is_here)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
				named++ ? ", " : "", sensors[i].name);
	if (missing)
		log_warning("PARTIAL: %zu of %zu sensors are missing from this answer, their node "
			    "of the engine does not answer: %s%s",
			missing, count, names, missing > named ? " ..." : "");
}

int fleet_begin(const struct fleet_options *options, struct fleet_open *open)
{
	int status;

	*open = (struct fleet_open){0};
	signal(SIGPIPE, SIG_IGN);
	if (setup_config(&options->common, &open->config))
		return CMD_USAGE;
	status = engine_setup(&open->config, "fleet", open->config.fleet_url,
		open->config.fleet_user, open->config.fleet_password_file, &open->server);
	if (status)
		return status;
	if (fleet_open(open->server, options->names, options->name_count, &open->fleet)) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	if (fleet_look_closely(open->fleet))
		return fleet_failed(open);
	warn_of_missing(open->fleet);
	return CMD_DONE;
}

int fleet_end(struct fleet_open *open, int status)
{
	if (!status && fleet_missing(open->fleet))
		status = CMD_FAILED;
	fleet_close(open->fleet);
	server_close(open->server);
	config_release(&open->config);
	return status;
}

int fleet_failed(const struct fleet_open *open)
{
	log_error("engine %s (%s): %s", open->config.fleet_url,
		server_state_name(fleet_state(open->fleet)), fleet_message(open->fleet));
	return CMD_FAILED;
}

/* -- sensors ------------------------------------------------------------------------------- */

struct sensors_options {
	struct fleet_options fleet;
	enum table_format format;
};

enum { KEY_FORMAT = OPTION_OWN, KEY_BIN, KEY_BY_SENSOR };

static error_t parse_sensors(int key, char *argument, struct argp_state *state)
{
	struct sensors_options *options = state->input;

	if (key != KEY_FORMAT)
		return fleet_parse(key, argument, state, &options->fleet);
	if (table_format_find(argument, &options->format))
		argp_error(state, "--format '%s' is not one of table, csv, json", argument);
	return 0;
}

static void put_known(struct table *out, bool is_known, uint64_t number)
{
	if (is_known)
		table_unsigned(out, number);
	else
		table_nothing(out);
}

static void put_sensor(struct table *out, const struct fleet_sensor *sensor, int64_t last)
{
	bool is_known = sensor->is_here && sensor->last;

	table_string(out, sensor->name);
	table_unsigned(out, sensor->shard);
	table_string(out, !sensor->is_here ? "no answer" : sensor->last ? "here" : "nothing yet");
	if (is_known)
		table_time(out, sensor->last);
	else
		table_nothing(out);
	put_known(out, is_known, is_known ? (uint64_t)(last - sensor->last) / 60 : 0);
	put_known(out, is_known && sensor->addresses, sensor->addresses);
	if (is_known)
		table_double(out, round(sensor->covered_day / 86400 * 10000) / 100);
	else
		table_nothing(out);
	table_string(out, sensor->country);
	table_string(out, sensor->networks);
	table_string(out, sensor->title);
	table_end_row(out);
}

static int run_sensors(int argc, char **argv)
{
	static const struct argp_option known[] = {
		OPTIONS_CONFIG,
		OPTIONS_SENSOR,
		{"format", KEY_FORMAT, "FORMAT", 0, "table (default), csv or json", 0},
		{0},
	};
	static const struct argp argp = {known, parse_sensors, NULL,
		"Every sensor of the fleet: whether its node answers, how far it has come, how "
		"much of the last day it covered, in percent.",
		NULL, NULL, NULL};
	static const struct table_column columns[] = {{"sensor", 16}, {"shard", -5}, {"state", 11},
		{"last_minute", 20}, {"behind", -6}, {"addresses", -10}, {"covered", -7},
		{"country", 7}, {"networks", 24}, {"name", 16}};
	static struct table out;
	struct sensors_options options = {.fleet.to = INT64_MAX};
	const struct fleet_sensor *sensors;
	struct fleet_open open;
	size_t count = 0;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	status = fleet_begin(&options.fleet, &open);
	if (!status) {
		sensors = fleet_sensors(open.fleet, &count);
		table_start(&out, STDOUT_FILENO, options.format, columns,
			sizeof(columns) / sizeof(columns[0]));
		for (size_t i = 0; i < count; i++)
			put_sensor(&out, &sensors[i], fleet_last(open.fleet));
		status = table_finish(&out) ? CMD_FAILED : CMD_DONE;
	}
	return fleet_end(&open, status);
}

/* -- query --------------------------------------------------------------------------------- */

struct query_options {
	struct fleet_options fleet;
	struct store_query query;
	enum table_format format;
	bool have_table;
	bool by_sensor;
};

/* What push does not send. An empty answer would say that there was nothing. */
static bool is_of_one_sensor(enum store_table table)
{
	return table == TABLE_SOURCES || table == TABLE_RESOLVERS || table == TABLE_SOURCE_PORTS;
}

static error_t parse_query(int key, char *argument, struct argp_state *state)
{
	struct query_options *options = state->input;

	switch (key) {
	case KEY_FORMAT:
		if (table_format_find(argument, &options->format))
			argp_error(state, "--format '%s' is not one of table, csv, json", argument);
		return 0;
	case KEY_BIN:
		query_parse_bin(state, argument, &options->query.bin);
		return 0;
	case KEY_BY_SENSOR:
		options->by_sensor = true;
		return 0;
	case ARGP_KEY_ARG:
		query_parse_table(state, argument, &options->query.table);
		options->have_table = true;
		return 0;
	case ARGP_KEY_END:
		if (!options->have_table)
			argp_error(state, "which table? for example: teiten fleet query ports");
		if (is_of_one_sensor(options->query.table))
			argp_error(state,
				"this table is in each sensor's own history, where `teiten "
				"query` reads it: those of several sensors do not join");
		if (options->by_sensor && options->query.table == TABLE_LIFE)
			argp_error(state, "the table life is of the whole fleet");
		return fleet_parse(key, argument, state, &options->fleet);
	default:
		return fleet_parse(key, argument, state, &options->fleet);
	}
}

static int print_row(void *context, const char *sensor, const struct store_row *row)
{
	struct query_output *output = context;

	output->sensor = sensor;
	return query_put_row(output, row);
}

static int print_answer(struct fleet_open *open, const struct query_options *options)
{
	static struct query_output output;
	struct store_answer answer;
	int status, written;

	/* An event is always somebody's. */
	output.has_sensor = options->by_sensor || options->query.table == TABLE_EVENTS;
	status = query_output_start(&output, options->query.table, options->format);
	if (!status)
		status = fleet_rows(open->fleet, &options->query, options->by_sensor, print_row,
			&output, &answer);
	written = table_finish(&output.out);
	if (written) {
		log_error("standard output: %s", strerror(-written));
		return CMD_FAILED;
	}
	return status ? fleet_failed(open) : CMD_DONE;
}

static int run_query(int argc, char **argv)
{
	static const struct argp_option known[] = {
		OPTIONS_CONFIG,
		OPTIONS_FROM("the first record"),
		OPTIONS_TO("the last record"),
		OPTIONS_SENSOR,
		{"by-sensor", KEY_BY_SENSOR, NULL, 0, "each sensor's rows, not their sums", 0},
		{"bin", KEY_BIN, "BIN", 0, "minute, hour, day (default) or all, in UTC", 0},
		{"format", KEY_FORMAT, "FORMAT", 0, "table (default), csv or json", 0},
		{0},
	};
	static const struct argp argp = {known, parse_query, "TABLE",
		"Print what the engine holds, summed over sensors, as teiten query does.", NULL,
		NULL, NULL};
	struct query_options options = {
		.fleet.to = INT64_MAX,
		.query = store_query_all(TABLE_LEDGER, BIN_DAY),
	};
	struct fleet_open open;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	options.query.from = options.fleet.from;
	options.query.to = options.fleet.to;
	status = fleet_begin(&options.fleet, &open);
	if (!status)
		status = print_answer(&open, &options);
	return fleet_end(&open, status);
}

/* -- All of them --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} actions[] = {
	{"sensors", run_sensors, "who there is, who answers, how far each has come"},
	{"query", run_query, "print what the engine holds, summed over sensors"},
	{"events", fleet_run_events, "the sensors' events, and how many sensors share each"},
	{"report", fleet_run_report, "the bulletin of a month, of all sensors"},
	{"detect", fleet_run_detect, "the detector over the fleet's sums: event lines"},
};

static void print_help(FILE *out)
{
	fprintf(out, "usage: teiten fleet ACTION [OPTIONS]\n\n");
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		fprintf(out, "  %-8s %s\n", actions[i].name, actions[i].summary);
	fprintf(out, "\nteiten fleet ACTION --help tells the options of an action.\n");
}

int cmd_fleet(int argc, char **argv)
{
	char name[64];

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		print_help(stdout);
		return CMD_DONE;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(argv[1], actions[i].name) != 0)
			continue;
		snprintf(name, sizeof(name), "teiten fleet %s", actions[i].name);
		argv[1] = name;
		return actions[i].run(argc - 1, argv + 1);
	}
	if (argc > 1)
		log_error("fleet has no action '%s'", argv[1]);
	print_help(stderr);
	return CMD_USAGE;
}
