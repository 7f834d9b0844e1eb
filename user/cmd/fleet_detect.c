/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/fleet.h"

#include "user/cmd/cmd.h"
#include "user/cmd/setup.h"
#include "user/lib/file.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/model/event_json.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Minutes that are asked for at once, whose cells are in memory: as many as bring about
 * CHUNK_CELLS, since each question costs some milliseconds whatever it brings.
 */
#define CHUNK_MINUTES 240
#define CHUNK_FIRST 30
#define CHUNK_CELLS ((size_t)2 << 20)
/* A sensor this far behind the first is not waited for: its minutes are judged without it. */
#define LAG_SECONDS 3600
#define SNAPSHOT "fleet"
#define CHUNKS_PER_SNAPSHOT 48

struct options {
	struct fleet_options fleet;
};

struct cell {
	uint32_t minute; /* of the chunk */
	struct cell_count count;
};

/* What the detector's state stands with in the snapshot. */
struct mark {
	int64_t next;     /* the first minute not judged */
	double reference; /* exposure 1 is this many addresses, or sensors, for a minute */
	uint64_t by_sensors;
};

struct follow {
	struct fleet_open *open;
	struct detect *detect;
	struct detect_parameters parameters;
	struct history *history; /* NULL: nothing is remembered */
	struct mark mark;
	struct fleet_events *found; /* NULL: events are printed */
	struct event_list events;
	int64_t chunk; /* its first minute */
	int64_t span;  /* minutes that the next one has */
	struct minute minutes[CHUNK_MINUTES];
	double exposure[CHUNK_MINUTES]; /* address-seconds, or sensor-seconds */
	struct cell *cells;
	size_t cell_count, cell_room;
	size_t port_room[CHUNK_MINUTES];
};

/* -- A chunk of minutes -------------------------------------------------------------------- */

static struct minute *minute_of(struct follow *follow, int64_t time)
{
	return &follow->minutes[(time - follow->chunk) / 60];
}

static int take_coverage(void *context, const char *sensor, const struct store_row *row)
{
	struct follow *follow = context;
	struct minute *minute = minute_of(follow, row->time);

	(void)sensor;
	minute->covered = 1;
	minute->addresses += row->addresses;
	follow->exposure[minute - follow->minutes] +=
		row->covered * (follow->mark.by_sensors ? 1 : (double)row->addresses);
	return 0;
}

static int take_port(void *context, const char *sensor, const struct store_row *row)
{
	struct follow *follow = context;
	struct minute *minute = minute_of(follow, row->time);
	size_t *room = &follow->port_room[minute - follow->minutes];

	(void)sensor;
	if (minute->port_count == *room) {
		size_t more = *room ? *room * 2 : 1024;
		void *larger = realloc(minute->ports, more * sizeof(*minute->ports));

		if (!larger)
			return -ENOMEM;
		minute->ports = larger;
		*room = more;
	}
	/* Distinct sources of several sensors do not add: they stay unknown. */
	minute->ports[minute->port_count++] = (struct port_count){
		.row = row->row,
		.packets = row->packets,
		.bytes = row->bytes,
		.syn = row->syn,
	};
	return 0;
}

static int take_cell(void *context, const char *sensor, const struct store_row *row)
{
	struct follow *follow = context;

	(void)sensor;
	if (follow->cell_count == follow->cell_room) {
		size_t more = follow->cell_room ? follow->cell_room * 2 : 65536;
		void *larger = realloc(follow->cells, more * sizeof(*follow->cells));

		if (!larger)
			return -ENOMEM;
		follow->cells = larger;
		follow->cell_room = more;
	}
	follow->cells[follow->cell_count++] = (struct cell){
		.minute = (uint32_t)((row->time - follow->chunk) / 60),
		.count = {.row = row->row,
			.country = country_cell(row->country),
			.packets = row->packets < UINT32_MAX ? (uint32_t)row->packets : UINT32_MAX},
	};
	return 0;
}

static int take_ledger(void *context, const char *sensor, const struct store_row *row)
{
	struct tally *tally = &minute_of(context, row->time)->ledger[row->class];

	(void)sensor;
	*tally = (struct tally){row->packets, row->bytes};
	return 0;
}

static int take_sport53(void *context, const char *sensor, const struct store_row *row)
{
	(void)sensor;
	minute_of(context, row->time)->sport53[row->country][row->class] = row->packets;
	return 0;
}

/* The engine sorts countries by their letters, a minute by their numbers. */
static int compare_cells(const void *a, const void *b)
{
	const struct cell *one = a, *other = b;
	uint64_t first = (uint64_t)one->minute << 32 | one->count.row << 8 | one->count.country;
	uint64_t second =
		(uint64_t)other->minute << 32 | other->count.row << 8 | other->count.country;

	return first < second ? -1 : first > second;
}

static void clear_chunk(struct follow *follow, int64_t start)
{
	follow->chunk = start;
	follow->cell_count = 0;
	memset(follow->exposure, 0, sizeof(follow->exposure));
	for (size_t i = 0; i < CHUNK_MINUTES; i++) {
		struct port_count *ports = follow->minutes[i].ports;

		memset(&follow->minutes[i], 0, sizeof(follow->minutes[i]));
		follow->minutes[i].ports = ports;
		follow->minutes[i].start = start + (int64_t)i * 60;
	}
}

static int read_chunk(struct follow *follow, int64_t start, int64_t end)
{
	static const struct {
		enum store_table table;
		bool by_sensor;
		int (*take)(void *context, const char *sensor, const struct store_row *row);
	} parts[] = {{TABLE_COVERAGE, true, take_coverage}, {TABLE_PORTS, false, take_port},
		{TABLE_CELLS, false, take_cell}, {TABLE_SPORT53, false, take_sport53},
		{TABLE_LEDGER, false, take_ledger}};
	int status = 0;

	clear_chunk(follow, start);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !status; i++) {
		struct store_query query = store_query_all(parts[i].table, BIN_MINUTE);
		struct store_answer answer;

		query.from = start;
		query.to = end;
		status = fleet_rows(follow->open->fleet, &query, parts[i].by_sensor, parts[i].take,
			follow, &answer);
	}
	if (status == -ENOMEM)
		log_error("out of memory: the cells of %lld minutes do not fit",
			(long long)follow->span);
	else if (status)
		fleet_failed(follow->open);
	qsort(follow->cells, follow->cell_count, sizeof(*follow->cells), compare_cells);
	return status;
}

/* -- Events -------------------------------------------------------------------------------- */

static int print_event(struct follow *follow, const struct event *event)
{
	json_t *line = json_object();
	CLEANUP_FREE char *text = NULL;

	event_json_time(line, "timestamp", event->time);
	json_object_set_new(line, "event_type", json_string("spike"));
	json_object_set_new(line, "sensor", json_string("fleet"));
	json_object_set_new(line, "spike", event_to_object(event));
	if (event->phase == EVENT_OPEN && breadth_applies(event->key)) {
		struct breadth breadth;

		if (breadth_find(follow->open->fleet, event->key, event->onset - event->onset % 60,
			    event->time + 60, &breadth)) {
			json_decref(line);
			return fleet_failed(follow->open);
		}
		json_object_set_new(line, "fleet", fleet_breadth_json(&breadth));
		breadth_release(&breadth);
	}
	text = json_dumps(line, JSON_COMPACT);
	json_decref(line);
	if (!text || puts(text) == EOF) {
		log_error("standard output: %s", strerror(errno));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static int keep_events(struct follow *follow)
{
	struct fleet_events *found = follow->found;
	size_t count = found->count + follow->events.count;

	if (count > found->room) {
		void *larger = realloc(found->events, count * 2 * sizeof(*found->events));

		if (!larger) {
			log_error("out of memory");
			return CMD_FAILED;
		}
		found->events = larger;
		found->room = count * 2;
	}
	memcpy(found->events + found->count, follow->events.events,
		follow->events.count * sizeof(*found->events));
	found->count = count;
	follow->events.count = 0;
	return CMD_DONE;
}

static int history_trouble(struct follow *follow)
{
	log_error("%s", history_message(follow->history));
	return CMD_FAILED;
}

/* The detector's state with its mark, in the transaction of the events that it brought. */
static int put_snapshot(struct follow *follow)
{
	CLEANUP_FREE uint8_t *state = NULL;
	CLEANUP_FREE uint8_t *whole = NULL;
	size_t size;

	if (detect_save(follow->detect, &state, &size))
		return -ENOMEM;
	whole = malloc(sizeof(follow->mark) + size);
	if (!whole)
		return -ENOMEM;
	memcpy(whole, &follow->mark, sizeof(follow->mark));
	memcpy(whole + sizeof(follow->mark), state, size);
	return history_put_snapshot(follow->history, SNAPSHOT, whole, sizeof(follow->mark) + size);
}

/*
 * Store events and state in one transaction, then tell what is new. A kill before it tells again
 * nothing that was told: what is told is stored.
 */
static int commit(struct follow *follow)
{
	int status = CMD_DONE;

	if (follow->found)
		return keep_events(follow);
	if (follow->history) {
		int error = history_begin(follow->history);

		for (size_t i = 0; i < follow->events.count && !error; i++)
			error = history_add_event(follow->history, &follow->events.events[i]);
		if (!error)
			error = put_snapshot(follow);
		if (!error)
			error = history_commit(follow->history);
		if (error) {
			history_rollback(follow->history);
			return history_trouble(follow);
		}
	}
	for (size_t i = 0; i < follow->events.count && !status; i++)
		status = print_event(follow, &follow->events.events[i]);
	follow->events.count = 0;
	return status;
}

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
			status = commit(follow);
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
		if (read_chunk(follow, start, end)) {
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
			status = commit(follow);
	}
	free(cells);
	return status ? status : commit(follow);
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

/* 1: goes on from a snapshot; 0: there is none. */
static int load_state(struct follow *follow)
{
	void *data = NULL;
	size_t size = 0;
	int error = history_get_snapshot(follow->history, SNAPSHOT, &data, &size);

	if (error == -ENOENT)
		return 0;
	if (!error && size > sizeof(follow->mark)) {
		memcpy(&follow->mark, data, sizeof(follow->mark));
		error = detect_load(&follow->parameters,
			(const uint8_t *)data + sizeof(follow->mark), size - sizeof(follow->mark),
			&follow->detect);
	}
	free(data);
	if (error || !follow->detect) {
		log_error("the detector's saved state cannot be used (%s): take another --state",
			strerror(error ? -error : EBADMSG));
		return -1;
	}
	return 1;
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
		loaded = load_state(follow);
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
