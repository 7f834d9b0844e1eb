/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/detect/detect.h"
#include "user/input/counts.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/model/event_json.h"

#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Keys of names that are no series of the sensor: one kind above them all, in the names' order. */
#define OWN_KEY ((series_key)15 << 28)

struct options {
	const char *counts;
	uint64_t restart_at; /* UINT64_MAX: never */
	struct detect_parameters parameters;
};

/* What one run holds. */
struct run {
	struct detect *detect;
	struct counts_reader *reader;
	series_key *keys;       /* by the stream's id */
	const char **own_names; /* of OWN_KEY + n */
	struct series_count *counts;
	struct event_list events;
};

enum { OPTION_COUNTS = 256, OPTION_RESTART, OPTION_BUDGET, OPTION_FLOOR };

static const struct argp_option options_known[] = {
	{"counts", OPTION_COUNTS, "FILE", 0, "counts stream, binary or text; - is standard input",
		0},
	{"restart-at", OPTION_RESTART, "MINUTE", 0,
		"save and load the state before this minute of the stream", 0},
	{"false-events", OPTION_BUDGET, "B", 0, "false events a day to aim at (default 2)", 0},
	{"floor-scale", OPTION_FLOOR, "X", 0, "multiplies the least excess told (default 1)", 0},
	{0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPTION_COUNTS:
		options->counts = text;
		return 0;
	case OPTION_RESTART:
		if (text_parse_unsigned(text, UINT32_MAX, &options->restart_at))
			argp_error(state, "--restart-at: not a minute: %s", text);
		return 0;
	case OPTION_BUDGET:
		if (text_parse_double(text, .001, 1000, &options->parameters.false_events_per_day))
			argp_error(state, "--false-events: not within 0.001 and 1000: %s", text);
		return 0;
	case OPTION_FLOOR:
		if (text_parse_double(text, .01, 1000, &options->parameters.floor_scale))
			argp_error(state, "--floor-scale: not within 0.01 and 1000: %s", text);
		return 0;
	case ARGP_KEY_END:
		if (!options->counts)
			argp_error(state, "--counts FILE is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* -- Names and keys ------------------------------------------------------------------------ */

/* Only a name's own spelling is its key: tcp/023 is a series beside tcp/23, not the same one. */
static bool find_key(const char *name, series_key *key)
{
	char text[SERIES_TEXT_MAX];

	if (strlen(name) >= sizeof(text) || !series_parse(name, key))
		return false;
	series_format(*key, text);
	return strcmp(name, text) == 0 && series_kind(*key) != SERIES_COMMON_MODE &&
	       series_kind(*key) != SERIES_SWEEP;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int name_keys(struct run *run)
{
	uint32_t names = counts_name_count(run->reader), own = 0;

	run->keys = calloc(names + 1u, sizeof(*run->keys));
	run->own_names = calloc(names + 1u, sizeof(*run->own_names));
	run->counts = calloc(names + 1u, sizeof(*run->counts));
	if (!run->keys || !run->own_names || !run->counts)
		return -ENOMEM;
	for (uint32_t id = 0; id < names; id++)
		if (!find_key(counts_name(run->reader, id), &run->keys[id])) {
			run->keys[id] = OWN_KEY;
			run->own_names[own++] = counts_name(run->reader, id);
		}
	qsort(run->own_names, own, sizeof(*run->own_names), compare_names);
	for (uint32_t id = 0; id < names; id++) {
		const char *name = counts_name(run->reader, id);
		const char **place;

		if (run->keys[id] != OWN_KEY)
			continue;
		place = bsearch(&name, run->own_names, own, sizeof(name), compare_names);
		run->keys[id] = OWN_KEY + (uint32_t)(place - run->own_names);
	}
	return 0;
}

static const char *key_name(const struct run *run, series_key key, char text[SERIES_TEXT_MAX])
{
	if (key >= OWN_KEY)
		return run->own_names[key - OWN_KEY];
	series_format(key, text);
	return text;
}

/* -- Output -------------------------------------------------------------------------------- */

static void set_number(json_t *line, const char *name, double value)
{
	if (isfinite(value))
		json_object_set_new(line, name, json_real(value));
}

static void set_count(json_t *line, const char *name, double value)
{
	if (isfinite(value) && value == floor(value) && fabs(value) < 9e15)
		json_object_set_new(line, name, json_integer((json_int_t)value));
	else
		set_number(line, name, value);
}

static void set_text(json_t *line, const char *name, const char *text)
{
	if (*text)
		json_object_set_new(line, name, json_string(text));
}

static json_t *line_of(const struct run *run, const struct event *event)
{
	char key[SERIES_TEXT_MAX], face[SERIES_TEXT_MAX];
	json_t *line = json_object();

	set_text(line, "type", event_phase_name(event->phase));
	set_text(line, "id", event->id);
	set_text(line, "kind", event_kind_name(event->kind));
	set_text(line, "key", key_name(run, event->key, key));
	json_object_set_new(line, "t", json_integer(event->time));
	if (event->scale)
		json_object_set_new(line, "scale", json_integer(event->scale));
	json_object_set_new(line, "onset", json_integer(event->onset));
	set_count(line, "observed", event->observed);
	set_number(line, "expected", event->expected);
	set_number(line, "r", event->r);
	set_number(line, "ratio", event->ratio);
	set_number(line, "excess", event->excess);
	set_number(line, "log10p", event->log10p);
	set_number(line, "log10p_lower", event->log10p_lower);
	set_number(line, "exposure", event->exposure);
	set_number(line, "g", event->g);
	set_number(line, "season", event->season);
	set_text(line, "severity", event_severity_name(event->severity));
	set_text(line, "incident", event->incident);
	set_text(line, "prev", event->prev);
	set_text(line, "face", key_name(run, event->face, face));
	if (event->members)
		json_object_set_new(line, "members", json_integer(event->members));
	set_text(line, "reason", event_reason_name(event->reason));
	return line;
}

static int write_events(struct run *run)
{
	for (size_t i = 0; i < run->events.count; i++) {
		json_t *line = line_of(run, &run->events.events[i]);
		char *text = event_json_dump(line, JSON_COMPACT);

		json_decref(line);
		if (!text)
			return -ENOMEM;
		printf("%s\n", text);
		free(text);
	}
	run->events.count = 0;
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : -EIO;
}

/* -- The run ------------------------------------------------------------------------------- */

static int restart(struct run *run, const struct detect_parameters *parameters)
{
	struct detect *loaded;
	uint8_t *data;
	size_t size;
	int error = detect_save(run->detect, &data, &size);

	if (error)
		return error;
	error = detect_load(parameters, data, size, &loaded);
	free(data);
	if (error)
		return error;
	detect_free(run->detect);
	run->detect = loaded;
	return 0;
}

static int judge_stream(struct run *run, const struct options *options)
{
	uint64_t restart_at = options->restart_at;
	struct counts_minute minute;
	int got, error = 0;

	while (!error && (got = counts_next(run->reader, &minute)) != 0) {
		if (got < 0) {
			log_error("%s: %s", options->counts, counts_error(run->reader));
			return got;
		}
		if (minute.index >= restart_at) {
			error = restart(run, &options->parameters);
			restart_at = UINT64_MAX;
		}
		for (size_t i = 0; i < minute.entry_count; i++)
			run->counts[i] = (struct series_count){
				run->keys[minute.entries[i].name], minute.entries[i].count};
		if (!error)
			detect_counts(run->detect, minute.start, minute.exposure, run->counts,
				minute.entry_count, &run->events);
		if (!error)
			error = write_events(run);
	}
	if (error)
		log_error("%s: %s", options->counts, strerror(-error));
	return error;
}

static int start(struct run *run, struct options *options)
{
	int error = name_keys(run);

	options->parameters.series = counts_name_count(run->reader);
	options->parameters.capacity = options->parameters.series + 1;
	options->parameters.cells = options->parameters.capacity;
	run->events.capacity = DETECT_MAX_EVENTS;
	run->events.events = calloc(run->events.capacity, sizeof(*run->events.events));
	if (!error && !run->events.events)
		error = -ENOMEM;
	if (!error)
		error = detect_new(&options->parameters, &run->detect);
	if (error)
		log_error("%s: %s", options->counts, strerror(-error));
	return error;
}

static int run_file(FILE *file, struct options *options)
{
	struct run run = {0};
	int error = counts_open(file, &run.reader);

	if (error)
		log_error("%s: %s", options->counts,
			run.reader && *counts_error(run.reader) ? counts_error(run.reader)
								: strerror(-error));
	else
		error = start(&run, options);
	if (!error)
		error = judge_stream(&run, options);
	detect_free(run.detect);
	counts_close(run.reader);
	free(run.keys);
	free(run.own_names);
	free(run.counts);
	free(run.events.events);
	return error ? CMD_FAILED : CMD_DONE;
}

int cmd_detect(int argc, char **argv)
{
	static const struct argp argp = {options_known, parse_option, NULL,
		"Judge a counts stream and write events as JSON lines, each minute's before the "
		"next one is read.",
		NULL, NULL, NULL};
	struct options options = {
		.restart_at = UINT64_MAX,
		.parameters = detect_defaults(),
	};
	FILE *file;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (strcmp(options.counts, "-") == 0)
		return run_file(stdin, &options);
	file = fopen(options.counts, "rbe");
	if (!file) {
		log_error("%s: %s", options.counts, strerror(errno));
		return CMD_FAILED;
	}
	status = run_file(file, &options);
	fclose(file);
	return status;
}
