/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/fleet_follow.h"

#include "user/cmd/cmd.h"
#include "user/cmd/setup.h"
#include "user/lib/log.h"

#include <argp.h>
#include <stdlib.h>

/* Minutes of the first chunk. */
#define CHUNK_FIRST 30
/* A sensor this far behind the first is not waited for: its minutes are judged without it. */
#define LAG_SECONDS 3600
#define CHUNKS_PER_SNAPSHOT 48

struct options {
	struct fleet_options fleet;
};

/* -- Judging ------------------------------------------------------------------------------- */

static int judge_chunk(struct follow *follow, int64_t end, struct cell_count *cells)
{
	size_t next = 0;
	int status = CMD_DONE;

	for (size_t i = 0; i < CHUNK_MINUTES && follow->minutes[i].start < end && !status; i++) {
		struct minute *minute = &follow->minutes[i];

		minute->cells = cells;
		for (; next < follow->cell_count && follow->cells[next].minute == i; next++)
			cells[minute->cell_count++] = follow->cells[next].count;
		/* Nobody watched: a gap, not a zero. */
		if (minute->covered <= 0)
			continue;
		minute->covered = follow->exposure[i] / follow->mark.reference;
		detect_minute(follow->detect, minute, &follow->events);
		follow->mark.next = minute->start + 60;
		if (follow->events.count + DETECT_MAX_EVENTS > follow->events.capacity)
			status = fleet_follow_commit(follow);
	}
	return status;
}

static int follow_until(struct follow *follow, int64_t until)
{
	struct cell_count *cells = malloc(MINUTE_MAX_CELLS * sizeof(*cells));
	unsigned int chunks = 0;
	int status = cells ? CMD_DONE : CMD_FAILED;

	while (!status && follow->mark.next < until) {
		int64_t start = follow->mark.next, end = start + follow->span * 60;

		if (end > until)
			end = until;
		if (fleet_follow_read(follow, start, end)) {
			status = CMD_FAILED;
			break;
		}
		status = judge_chunk(follow, end, cells);
		follow->mark.next = end;
		if (follow->cell_count > CHUNK_CELLS && follow->span > 1)
			follow->span /= 2;
		else if (follow->cell_count < CHUNK_CELLS / 4 && follow->span * 2 <= CHUNK_MINUTES)
			follow->span *= 2;
		if (!status && ++chunks % CHUNKS_PER_SNAPSHOT == 0)
			status = fleet_follow_commit(follow);
	}
	free(cells);
	return status ? status : fleet_follow_commit(follow);
}

/* -- Start --------------------------------------------------------------------------------- */

/*
 * What exposure 1 means: all addresses that the sensors monitor. Where one does not know how many
 * it has, sensors count alike.
 */
static void set_reference(struct follow *follow)
{
	size_t count;
	const struct fleet_sensor *sensors = fleet_sensors(follow->open->fleet, &count);
	double addresses = 0;
	size_t sending = 0;

	for (size_t i = 0; i < count; i++) {
		sending += sensors[i].last > 0;
		addresses += (double)sensors[i].addresses;
		if (sensors[i].last && !sensors[i].addresses)
			follow->mark.by_sensors = 1;
	}
	follow->mark.reference = follow->mark.by_sensors ? (double)sending : addresses;
}

static int64_t first_of(const struct fleet *fleet)
{
	size_t count;
	const struct fleet_sensor *sensors = fleet_sensors(fleet, &count);
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < count; i++)
		if (sensors[i].last && sensors[i].first < first)
			first = sensors[i].first;
	return first;
}

/* Up to where every sensor that keeps up has sent. */
static int64_t complete_until(const struct fleet *fleet)
{
	size_t count;
	const struct fleet_sensor *sensors = fleet_sensors(fleet, &count);
	int64_t last = fleet_last(fleet), until = last + 60;

	for (size_t i = 0; i < count; i++)
		if (sensors[i].last && sensors[i].last >= last - LAG_SECONDS &&
			sensors[i].last + 60 < until)
			until = sensors[i].last + 60;
	return until;
}

static int prepare(struct follow *follow, const struct fleet_options *options)
{
	int loaded = 0;

	follow->parameters = setup_detect(&follow->open->config);
	follow->events.capacity = 2 * (size_t)DETECT_MAX_EVENTS;
	follow->events.events = calloc(follow->events.capacity, sizeof(*follow->events.events));
	if (!follow->events.events) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	if (options->common.state_dir && !follow->found &&
		setup_history(&follow->open->config, &follow->history))
		return CMD_FAILED;
	if (follow->history)
		loaded = fleet_follow_load(follow);
	if (loaded)
		return loaded < 0 ? CMD_FAILED : CMD_DONE;
	set_reference(follow);
	follow->mark.next =
		options->from != INT64_MIN ? options->from : first_of(follow->open->fleet);
	follow->mark.next -= follow->mark.next % 60;
	if (detect_new(&follow->parameters, &follow->detect)) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static void finish(struct follow *follow)
{
	for (size_t i = 0; i < CHUNK_MINUTES; i++)
		free(follow->minutes[i].ports);
	free(follow->cells);
	free(follow->events.events);
	detect_free(follow->detect);
	history_close(follow->history);
	free(follow);
}

static int run(
	struct fleet_open *open, const struct fleet_options *options, struct fleet_events *found)
{
	struct follow *follow = calloc(1, sizeof(*follow));
	int64_t until = complete_until(open->fleet);
	int status;

	if (!follow) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	follow->open = open;
	follow->found = found;
	follow->span = CHUNK_FIRST;
	status = prepare(follow, options);
	if (until > options->to)
		until = options->to - options->to % 60;
	/* What is judged without a sensor stays judged: better late than wrong. */
	if (!status && !found && fleet_missing(open->fleet)) {
		log_error("nothing is judged while sensors are missing");
		status = CMD_FAILED;
	}
	if (!status && follow->mark.reference > 0)
		status = follow_until(follow, until);
	finish(follow);
	return status;
}

int fleet_detect_into(struct fleet_open *open, int64_t from, int64_t to, struct fleet_events *found)
{
	struct fleet_options options = {.from = from, .to = to};
	int64_t first = first_of(open->fleet);

	if (options.from < first)
		options.from = first;
	return run(open, &options, found);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	return fleet_parse(key, argument, state, &options->fleet);
}

int fleet_run_detect(int argc, char **argv)
{
	static const struct argp_option known[] = {
		OPTIONS_CONFIG,
		{"state", OPTION_STATE, "DIR", 0,
			"remember detector and events there, and go on next time", 0},
		OPTIONS_FROM("the first minute of any sensor; of no effect where --state goes on"),
		OPTIONS_TO("the last minute that the sensors have in common"),
		OPTIONS_SENSOR,
		{0},
	};
	static const struct argp argp = {known, parse_option, NULL,
		"The detector over sums of all sensors: event lines as in the event log, each "
		"opening with how many sensors watched, saw and share the rise.",
		NULL, NULL, NULL};
	struct options options = {.fleet = {.from = INT64_MIN, .to = INT64_MAX}};
	struct fleet_open open;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	status = fleet_begin(&options.fleet, &open);
	if (!status)
		status = run(&open, &options.fleet, NULL);
	return fleet_end(&open, status);
}
