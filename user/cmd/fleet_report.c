/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/fleet.h"

#include "user/cmd/cmd.h"
#include "user/cmd/report.h"
#include "user/history/history_store.h"
#include "user/lib/log.h"
#include "user/lib/zone.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The page tells of a month beside the one before; the detector learns in the month before that. */
#define LEARNING_DAYS 92

struct options {
	struct fleet_options fleet;
	struct report_options report;
};

/* The engine's rows, and the events of the fleet's own detector: kept in a state, or just made. */
struct findings_store {
	struct fleet_store fleet;
	struct history *history; /* NULL: events */
	struct history_store kept;
	struct fleet_events found;
	int (*rows)(struct store *store, const struct store_query *query,
		int (*visit)(void *context, const struct store_row *row), void *context,
		struct store_answer *answer); /* the engine's */
};

static int found_rows(const struct fleet_events *found, int64_t from, int64_t to,
	int (*visit)(void *context, const struct store_row *row), void *context,
	struct store_answer *answer)
{
	int stop = 0;

	*answer = (struct store_answer){0};
	for (size_t i = 0; i < found->count && !stop; i++) {
		const struct event *event = &found->events[i];

		if (event->time < from || event->time >= to)
			continue;
		answer->rows++;
		stop = visit(context, &(struct store_row){.time = event->time - event->time % 60,
					      .event = event});
	}
	return stop;
}

static int rows(struct store *store, const struct store_query *query,
	int (*visit)(void *context, const struct store_row *row), void *context,
	struct store_answer *answer)
{
	struct findings_store *findings = (struct findings_store *)store;
	int64_t from = query->from, to = query->to;

	if (query->table != TABLE_EVENTS)
		return findings->rows(store, query, visit, context, answer);
	if (findings->history)
		return findings->kept.store.rows(
			&findings->kept.store, query, visit, context, answer);
	if (query->bin == BIN_GIVEN && query->border_count >= 2) {
		from = query->borders[0];
		to = query->borders[query->border_count - 1];
	}
	return found_rows(&findings->found, from, to, visit, context, answer);
}

/* "3 sensors: naha, osaka, tokyo", and who is missing. In words that both languages have. */
static void name_fleet(const struct fleet *fleet, char *text, size_t room)
{
	size_t count, missing = fleet_missing(fleet), used;
	const struct fleet_sensor *sensors = fleet_sensors(fleet, &count);

	used = (size_t)snprintf(text, room, "%zu/%zu", count - missing, count);
	for (int here = 1; here >= 0; here--) {
		size_t named = 0;

		if (!here && missing)
			used += (size_t)snprintf(text + used, room - used, " - PARTIAL, without");
		for (size_t i = 0; i < count && named < 16 && used < room; i++)
			if (sensors[i].is_here == here)
				used += (size_t)snprintf(text + used, room - used, "%s%s",
					named++ ? ", "
					: here  ? ": "
						: " ",
					sensors[i].name);
		if (named == 16 && used < room)
			used += (size_t)snprintf(text + used, room - used, " ...");
	}
}

/* The country that all sensors have in common; the configuration's otherwise. */
static country_id own_country(const struct fleet *fleet, country_id otherwise)
{
	size_t count;
	const struct fleet_sensor *sensors = fleet_sensors(fleet, &count);
	country_id own;

	for (size_t i = 1; i < count; i++)
		if (strcmp(sensors[i].country, sensors[0].country) != 0)
			return otherwise;
	return count && strlen(sensors[0].country) == 2 && country_find(sensors[0].country, &own)
		       ? own
		       : otherwise;
}

static int find_events(
	struct fleet_open *open, const struct options *options, struct findings_store *findings)
{
	const struct report_parameters *report = &options->report.report;
	const struct zone_date first = {report->year, report->month, 1};
	int64_t end = zone_start_of(zone_add_months(first, 1));
	struct history_error error;

	if (!options->fleet.common.state_dir)
		return fleet_detect_into(open, end - LEARNING_DAYS * 86400, end, &findings->found);
	if (history_open(
		    options->fleet.common.state_dir, HISTORY_READ, &findings->history, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	findings->kept = history_store_of(findings->history);
	return CMD_DONE;
}

static int write(struct fleet_open *open, struct options *options)
{
	struct findings_store findings = {.fleet = fleet_store_of(open->fleet)};
	char name[1024];
	int status = report_select_zone(&options->report, &open->config);

	if (status)
		return status;
	name_fleet(open->fleet, name, sizeof(name));
	options->report.report.sensor = name;
	options->report.report.own = own_country(open->fleet, open->config.country);
	findings.rows = findings.fleet.store.rows;
	findings.fleet.store.rows = rows;
	status = find_events(open, options, &findings);
	if (!status)
		status = report_write(&options->report, &findings.fleet.store);
	history_close(findings.history);
	free(findings.found.events);
	options->report.report.sensor = NULL; /* the name ends here */
	return status;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;
	error_t known = fleet_parse(key, argument, state, &options->fleet);

	if (known != ARGP_ERR_UNKNOWN && key != ARGP_KEY_END)
		return known;
	return report_parse(key, argument, state, &options->report);
}

int fleet_run_report(int argc, char **argv)
{
	static const struct argp_option known[] = {
		OPTIONS_CONFIG,
		{"state", OPTION_STATE, "DIR", 0,
			"take the events that fleet detect --state keeps there", 0},
		OPTIONS_SENSOR,
		OPTIONS_REPORT,
		{0},
	};
	static const struct argp argp = {known, parse_option, NULL,
		"The bulletin of a month, of all sensors together: the pages of teiten report. "
		"Without --state the detector goes over the month and the two before it first.",
		NULL, NULL, NULL};
	struct options options = {
		.fleet.to = INT64_MAX,
		.report.report = {.language = LANGUAGE_EN},
	};
	struct fleet_open open;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	status = fleet_begin(&options.fleet, &open);
	if (!status)
		status = write(&open, &options);
	return fleet_end(&open, status);
}
