/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/fleet_private.h"

#include "user/engine/rows.h"
#include "user/lib/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fleet_say(struct fleet *fleet, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fleet->message, sizeof(fleet->message), format, arguments);
	va_end(arguments);
	return error;
}

int fleet_open(
	struct server *server, const char *const *names, size_t name_count, struct fleet **fleet)
{
	struct fleet *fresh = calloc(1, sizeof(*fresh));

	if (!fresh)
		return -ENOMEM;
	fresh->sensors = calloc(FLEET_MAX_SENSORS, sizeof(*fresh->sensors));
	if (!fresh->sensors) {
		free(fresh);
		return -ENOMEM;
	}
	fresh->server = server;
	fresh->names = names;
	fresh->name_count = name_count;
	*fleet = fresh;
	return 0;
}

void fleet_close(struct fleet *fleet)
{
	if (!fleet)
		return;
	free(fleet->sensors);
	free(fleet);
}

const struct fleet_sensor *fleet_sensors(const struct fleet *fleet, size_t *count)
{
	*count = fleet->sensor_count;
	return fleet->sensors;
}

const char *fleet_message(const struct fleet *fleet)
{
	return fleet->message;
}

enum server_state fleet_state(const struct fleet *fleet)
{
	return fleet->state;
}

int64_t fleet_last(const struct fleet *fleet)
{
	int64_t last = 0;

	for (size_t i = 0; i < fleet->sensor_count; i++)
		if (fleet->sensors[i].last > last)
			last = fleet->sensors[i].last;
	return last;
}

size_t fleet_missing(const struct fleet *fleet)
{
	size_t missing = 0;

	for (size_t i = 0; i < fleet->sensor_count; i++)
		missing += !fleet->sensors[i].is_here;
	return missing;
}

int fleet_ask(struct fleet *fleet, const char *sql, size_t field_count,
	int (*visit)(void *context, char **fields), void *context)
{
	if (!sql)
		return fleet_say(fleet, -ENOMEM, "out of memory");
	fleet->state = server_ask(fleet->server, sql, false, field_count, visit, context);
	if (fleet->state == SERVER_OK)
		return 0;
	return fleet_say(fleet, -EIO, "%s", server_sentence(fleet->server));
}

/* -- Who is there -------------------------------------------------------------------------- */

static bool is_asked_about(const struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->name_count; i++)
		if (strcmp(fleet->names[i], name) == 0)
			return true;
	return fleet->name_count == 0;
}

static int take_sensor(void *context, char **fields)
{
	struct fleet *fleet = context;
	struct fleet_sensor *sensor = &fleet->sensors[fleet->sensor_count];
	uint64_t shard;

	fleet->registered++;
	if (!is_asked_about(fleet, fields[0]))
		return 0;
	if (fleet->sensor_count == FLEET_MAX_SENSORS || strlen(fields[0]) >= FLEET_NAME_MAX ||
		text_parse_unsigned(fields[1], UINT32_MAX, &shard))
		return -1;
	*sensor = (struct fleet_sensor){.shard = (uint32_t)shard};
	snprintf(sensor->name, sizeof(sensor->name), "%s", fields[0]);
	fleet->sensor_count++;
	return 0;
}

struct fleet_sensor *fleet_find(struct fleet *fleet, const char *name)
{
	size_t low = 0, high = fleet->sensor_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, fleet->sensors[middle].name);

		if (order == 0)
			return &fleet->sensors[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static int take_here(void *context, char **fields)
{
	struct fleet *fleet = context;
	struct fleet_sensor *sensor = fleet_find(fleet, fields[0]);

	fleet->answering++;
	if (sensor)
		sensor->is_here = true;
	return 0;
}

static int check_schema(struct fleet *fleet)
{
	uint64_t version = 0;
	int status = fleet_ask(fleet, "SELECT max(version) FROM teiten.schema FORMAT TabSeparated",
		1, fleet_take_number, &version);

	if (status || version == ROWS_SCHEMA_VERSION)
		return status;
	fleet->state = SERVER_SCHEMA;
	return fleet_say(fleet, -EIO,
		"the engine's schema has version %llu, this teiten reads version %d",
		(unsigned long long)version, ROWS_SCHEMA_VERSION);
}

int fleet_take_number(void *context, char **fields)
{
	return text_parse_unsigned(fields[0], UINT64_MAX, context);
}

/* Who answers, without who is registered. */
static int look_here(struct fleet *fleet)
{
	fleet->answering = 0;
	return fleet_ask(fleet,
		"SELECT DISTINCT sensor FROM teiten.here_all SETTINGS skip_unavailable_shards = 1 "
		"FORMAT TabSeparated",
		1, take_here, fleet);
}

int fleet_look(struct fleet *fleet)
{
	int status = check_schema(fleet);

	fleet->sensor_count = fleet->registered = 0;
	if (!status)
		status = fleet_ask(fleet,
			"SELECT sensor, argMax(shard, changed) FROM teiten.sensor GROUP BY sensor "
			"ORDER BY sensor FORMAT TabSeparated",
			2, take_sensor, fleet);
	if (!status && !fleet->sensor_count)
		return fleet_say(fleet, -EIO, "the engine knows %s",
			fleet->name_count ? "no sensor of that name" : "no sensor");
	return status ? status : look_here(fleet);
}

/* After an answer: it holds what the last look said, or it is none. */
int fleet_look_again(struct fleet *fleet)
{
	size_t answering = fleet->answering;
	int status;

	for (size_t i = 0; i < fleet->sensor_count; i++)
		fleet->sensors[i].is_here = false;
	status = look_here(fleet);
	if (!status && fleet->answering != answering)
		return fleet_say(fleet, -EIO,
			"a node of the engine went or came while it was "
			"asked; ask again");
	return status;
}

/* -- What they sent ------------------------------------------------------------------------ */

static int take_state(void *context, char **fields)
{
	struct fleet_sensor *sensor = fleet_find(context, fields[0]);
	uint64_t first, last, addresses;

	if (text_parse_unsigned(fields[1], UINT32_MAX, &first) ||
		text_parse_unsigned(fields[2], UINT32_MAX, &last) ||
		text_parse_unsigned(fields[3], UINT64_MAX, &addresses))
		return -1;
	if (sensor) {
		sensor->first = (int64_t)first;
		sensor->last = (int64_t)last;
		sensor->addresses = addresses;
	}
	return 0;
}

static int take_about(void *context, char **fields)
{
	struct fleet_sensor *sensor = fleet_find(context, fields[0]);

	if (sensor) {
		snprintf(sensor->title, sizeof(sensor->title), "%s", fields[1]);
		snprintf(sensor->networks, sizeof(sensor->networks), "%s", fields[2]);
		snprintf(sensor->country, sizeof(sensor->country), "%s", fields[3]);
	}
	return 0;
}

static int take_covered(void *context, char **fields)
{
	struct fleet_sensor *sensor = fleet_find(context, fields[0]);

	return sensor ? text_parse_double(fields[1], 0, 1e18, &sensor->covered_day) : 0;
}

int fleet_look_closely(struct fleet *fleet)
{
	char sql[1024];
	int status = fleet_look(fleet);

	if (!status)
		status = fleet_ask(fleet,
			"SELECT substring(_table, 13) AS sensor, toUInt32(min(start)), "
			"toUInt32(maxIf(start, bin = 'minute')), argMax(addresses, start) FROM "
			"teiten.coverage_all GROUP BY sensor SETTINGS skip_unavailable_shards = 1 "
			"FORMAT TabSeparated",
			4, take_state, fleet);
	if (!status)
		status = fleet_ask(fleet,
			"SELECT substring(_table, 10) AS sensor, argMax(name, time), "
			"argMax(networks, time), argMax(country, time) FROM teiten.about_all WHERE "
			"whole = 1 GROUP BY sensor SETTINGS skip_unavailable_shards = 1 FORMAT "
			"TabSeparated",
			4, take_about, fleet);
	if (status)
		return status;
	snprintf(sql, sizeof(sql),
		"SELECT substring(_table, 13) AS sensor, sum(covered_ns) / 1e9 FROM "
		"teiten.coverage_all FINAL WHERE bin = 'minute' AND start > "
		"toDateTime(%lld, 'UTC') GROUP BY sensor SETTINGS skip_unavailable_shards = 1 "
		"FORMAT TabSeparated",
		(long long)(fleet_last(fleet) > 86400 ? fleet_last(fleet) - 86400 : 0));
	return fleet_ask(fleet, sql, 2, take_covered, fleet);
}
