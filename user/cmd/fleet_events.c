/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/fleet.h"

#include "user/cmd/cmd.h"
#include "user/lib/file.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/model/event_json.h"

#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_LAST 20
#define MAX_LAST 1000
/* Events of one key that open within this time of each other, at whichever sensor, are one. */
#define TOGETHER 3600
/* Of the interval that is looked at; what is older makes room. */
#define MAX_GROUPS 4096
#define DEFAULT_DAYS 7

struct options {
	struct fleet_options fleet;
	uint64_t last;
	bool json;
};

/* Events of several sensors that are told as one. */
struct group {
	struct event event; /* the severest one's, with the first one's times */
	char sensor[FLEET_NAME_MAX];
	int64_t last;
	int64_t to;
	uint64_t sensors; /* that have such an event; a bit for each below */
	uint8_t has[FLEET_MAX_SENSORS / 8];
};

struct groups {
	const struct fleet_sensor *sensors;
	size_t sensor_count;
	struct group *group;
	size_t count;
	uint64_t forgotten;
};

enum { KEY_JSON = OPTION_OWN };

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'n':
		if (text_parse_unsigned(argument, MAX_LAST, &options->last) || !options->last)
			argp_error(state, "--last '%s' is not a number from 1 to %d", argument,
				MAX_LAST);
		return 0;
	case KEY_JSON:
		options->json = true;
		return 0;
	default:
		return fleet_parse(key, argument, state, &options->fleet);
	}
}

/* -- Together ------------------------------------------------------------------------------ */

static struct group *find_group(struct groups *groups, const struct event *event)
{
	for (size_t i = groups->count; i-- > 0;) {
		struct group *group = &groups->group[i];

		if (group->event.key == event->key && event->time - group->last <= TOGETHER)
			return group;
	}
	return NULL;
}

static struct group *new_group(struct groups *groups)
{
	if (groups->count == MAX_GROUPS) {
		memmove(groups->group, groups->group + 1,
			(MAX_GROUPS - 1) * sizeof(*groups->group));
		groups->count--;
		groups->forgotten++;
	}
	return &groups->group[groups->count++];
}

static int compare_name(const void *name, const void *sensor)
{
	return strcmp(name, ((const struct fleet_sensor *)sensor)->name);
}

/* A sensor counts once, however often its series rose. */
static void count_sensor(struct groups *groups, struct group *group, const char *name)
{
	const struct fleet_sensor *found = bsearch(name, groups->sensors, groups->sensor_count,
		sizeof(*groups->sensors), compare_name);
	size_t at = found ? (size_t)(found - groups->sensors) : 0;

	if (!found || group->has[at / 8] >> at % 8 & 1)
		return;
	group->has[at / 8] |= (uint8_t)(1 << at % 8);
	group->sensors++;
}

static int take_event(void *context, const char *sensor, const struct store_row *row)
{
	struct groups *groups = context;
	const struct event *event = row->event;
	struct group *group;

	if (event->phase != EVENT_OPEN)
		return 0;
	group = find_group(groups, event);
	if (!group) {
		group = new_group(groups);
		*group = (struct group){.event = *event, .last = event->time};
		snprintf(group->sensor, sizeof(group->sensor), "%s", sensor);
	}
	count_sensor(groups, group, sensor);
	group->last = event->time;
	if (event->time + 60 > group->to)
		group->to = event->time + 60;
	if (event->severity > group->event.severity)
		group->event.severity = event->severity;
	if (event->onset < group->event.onset)
		group->event.onset = event->onset;
	return 0;
}

/* -- Output -------------------------------------------------------------------------------- */

json_t *fleet_breadth_json(const struct breadth *breadth)
{
	json_t *object = json_object(), *risen = json_array();

	for (size_t i = 0; i < breadth->count; i++) {
		const struct fleet_sensor *sensor = breadth->sensors[i].sensor;
		json_t *one;

		if (!breadth->sensors[i].has_risen)
			continue;
		one = json_object();
		json_object_set_new(one, "sensor", json_string(sensor->name));
		/* Any bytes may have been sent: what is no UTF-8 is left out. */
		if (sensor->networks[0])
			json_object_set_new(one, "networks", json_string(sensor->networks));
		json_object_set_new(
			one, "packets", json_integer((json_int_t)breadth->sensors[i].packets));
		json_array_append_new(risen, one);
	}
	json_object_set_new(object, "watching", json_integer((json_int_t)breadth->watching));
	json_object_set_new(object, "seen", json_integer((json_int_t)breadth->seen));
	json_object_set_new(object, "risen", json_integer((json_int_t)breadth->risen));
	json_object_set_new(object, "missing", json_integer((json_int_t)breadth->missing));
	event_json_number(object, "top_share", breadth->top_share);
	json_object_set_new(object, "one_sensor_only", json_boolean(breadth->is_one_only));
	json_object_set_new(object, "sensors", risen);
	return object;
}

static void print_json(const struct group *group, const struct breadth *breadth)
{
	json_t *event = event_to_object(&group->event), *line = json_object();
	CLEANUP_FREE char *text = NULL;

	event_json_time(line, "timestamp", group->event.time);
	json_object_set_new(line, "event_type", json_string("spike"));
	json_object_set_new(line, "sensor", json_string(group->sensor));
	json_object_set_new(line, "spike", event);
	json_object_set_new(line, "sensors_with_event", json_integer((json_int_t)group->sensors));
	if (breadth)
		json_object_set_new(line, "fleet", fleet_breadth_json(breadth));
	text = event_json_dump(line, JSON_COMPACT);
	json_decref(line);
	puts(text ? text : "{}");
}

static void print_text(const struct group *group, const struct breadth *breadth)
{
	char time[TEXT_TIME_MAX], key[SERIES_TEXT_MAX];
	char packets[24] = "-", share[8] = "-", seen[32] = "-", risen[32] = "-";

	text_format_time(group->event.time, time);
	series_format(group->event.key, key);
	time[10] = ' ';
	time[16] = '\0';
	if (breadth) {
		snprintf(packets, sizeof(packets), "%llu", (unsigned long long)breadth->packets);
		snprintf(seen, sizeof(seen), "%zu", breadth->seen);
		snprintf(risen, sizeof(risen), "%zu/%zu", breadth->risen, breadth->watching);
		if (isfinite(breadth->top_share))
			snprintf(share, sizeof(share), "%.0f%%", 100 * breadth->top_share);
	}
	printf("%-17s %-8s %-16s %-11s %9s %6s %8s %5s  %-16s %s\n", time,
		event_severity_name(group->event.severity), key, event_kind_name(group->event.kind),
		packets, seen, risen, share,
		breadth && breadth->count ? breadth->sensors[0].sensor->name : "-",
		breadth && breadth->is_one_only ? "one sensor only" : "");
}

static int print_group(struct fleet_open *open, const struct group *group, bool json)
{
	struct breadth breadth;
	bool applies = breadth_applies(group->event.key);

	if (applies && breadth_find(open->fleet, group->event.key,
			       group->event.onset - group->event.onset % 60, group->to, &breadth))
		return fleet_failed(open);
	if (json)
		print_json(group, applies ? &breadth : NULL);
	else
		print_text(group, applies ? &breadth : NULL);
	if (applies)
		breadth_release(&breadth);
	return CMD_DONE;
}

static int print_groups(struct fleet_open *open, const struct options *options)
{
	struct store_query query = store_query_all(TABLE_EVENTS, BIN_MINUTE);
	struct groups groups = {.group = calloc(MAX_GROUPS, sizeof(*groups.group))};
	struct store_answer answer;
	int status = CMD_DONE;
	size_t first;

	groups.sensors = fleet_sensors(open->fleet, &groups.sensor_count);

	query.to = options->fleet.to;
	query.from = options->fleet.from;
	if (query.from == INT64_MIN)
		query.from = fleet_last(open->fleet) - DEFAULT_DAYS * 86400;
	if (!groups.group) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	if (fleet_rows(open->fleet, &query, true, take_event, &groups, &answer))
		status = fleet_failed(open);
	first = groups.count > options->last ? groups.count - (size_t)options->last : 0;
	if (!status && !options->json)
		printf(groups.count ? "%-17s %-8s %-16s %-11s %9s %6s %8s %5s  %s\n"
				    : "no events\n",
			"time (UTC)", "severity", "series", "kind", "packets", "seen by",
			"risen at", "share", "most at");
	for (size_t i = first; i < groups.count && !status; i++)
		status = print_group(open, &groups.group[i], options->json);
	free(groups.group);
	if (!status && (fflush(stdout) || ferror(stdout))) {
		log_error("standard output could not be written");
		status = CMD_FAILED;
	}
	return status;
}

int fleet_run_events(int argc, char **argv)
{
	static const struct argp_option known[] = {
		OPTIONS_CONFIG,
		OPTIONS_FROM("a week before the last minute"),
		OPTIONS_TO("the last event"),
		OPTIONS_SENSOR,
		{"last", 'n', "COUNT", 0, "the last COUNT of them (default 20, at most 1000)", 0},
		{"json", KEY_JSON, NULL, 0, "as in the event log, one JSON object a line", 0},
		{0},
	};
	static const struct argp argp = {known, parse_option, NULL,
		"The events that sensors sent, oldest first. Those of one series within an hour "
		"are one. Of each: how many sensors saw packets of the series, at how many of "
		"those that were watching it rose, and the share of the sensor with most.",
		NULL, NULL, NULL};
	struct options options = {
		.fleet = {.from = INT64_MIN, .to = INT64_MAX},
		.last = DEFAULT_LAST,
	};
	struct fleet_open open;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	status = fleet_begin(&options.fleet, &open);
	if (!status)
		status = print_groups(&open, &options);
	return fleet_end(&open, status);
}
