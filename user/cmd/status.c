/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/cmd/ledger_table.h"
#include "user/cmd/setup.h"
#include "user/history/query.h"
#include "user/kernel/health.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/model/port.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* Interfaces that one machine watches; more are not listed. */
#define MAX_SENSORS 64
/* A sensor whose last minute is older than this does not drain (seconds). */
#define STALE_AFTER 180
/* Less free space than this is told (bytes). */
#define LOW_SPACE ((uint64_t)512 << 20)

struct status {
	struct common_options options;
	bool json;

	struct config config;
	struct sensor_health sensors[MAX_SENSORS];
	size_t sensor_count;
	bool has_history;
	bool has_minute;
	int64_t last_minute;
	struct tally hour[TT_CLASSES]; /* ledger of the last 60 minutes that have a record */
	uint64_t minutes;              /* that have one */
	double covered;                /* seconds of them */
	bool has_free_bytes;
	uint64_t free_bytes;
	char troubles[16][256];
	size_t trouble_count;
};

static void __attribute__((format(printf, 2, 3)))
trouble(struct status *status, const char *format, ...)
{
	va_list arguments;

	if (status->trouble_count == sizeof(status->troubles) / sizeof(status->troubles[0]))
		return;
	va_start(arguments, format);
	vsnprintf(status->troubles[status->trouble_count++], sizeof(status->troubles[0]), format,
		arguments);
	va_end(arguments);
}

/* -- Reading ------------------------------------------------------------------------------- */

static int add_class(void *context, const struct store_row *row)
{
	struct status *status = context;

	status->hour[row->class].packets += row->packets;
	status->hour[row->class].bytes += row->bytes;
	return 0;
}

static int add_coverage(void *context, const struct store_row *row)
{
	struct status *status = context;

	status->covered += row->covered;
	status->minutes++;
	return 0;
}

static void read_hour(struct status *status, struct history *history)
{
	struct store_query query = store_query_all(TABLE_LEDGER, BIN_MINUTE);
	struct store_answer answer;

	query.from = status->last_minute - 59 * 60;
	query.to = status->last_minute + 60;
	if (history_query(history, &query, add_class, status, &answer))
		trouble(status, "the history cannot be read: %s", history_message(history));
	query.table = TABLE_COVERAGE;
	if (history_query(history, &query, add_coverage, status, &answer))
		trouble(status, "the history cannot be read: %s", history_message(history));
}

static void read_history(struct status *status)
{
	struct history_error error;
	struct history *history;
	struct statvfs fs;

	status->has_free_bytes = statvfs(status->config.state_dir, &fs) == 0;
	if (status->has_free_bytes)
		status->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (history_open(status->config.state_dir, HISTORY_READ, &history, &error)) {
		trouble(status, "%s", error.text);
		return;
	}
	status->has_history = true;
	if (history_last_minute(history, &status->last_minute, &status->has_minute))
		trouble(status, "the history cannot be read: %s", history_message(history));
	if (status->has_minute)
		read_hour(status, history);
	if (history_damaged(history))
		trouble(status, "%" PRIu64 " damaged minutes in the history are gaps now",
			history_damaged(history));
	history_close(history);
	if (status->has_free_bytes && status->free_bytes < LOW_SPACE)
		trouble(status,
			"%s has only %" PRIu64 " MiB left: shorten [retention] or add space",
			status->config.state_dir, status->free_bytes >> 20);
}

static void judge_sensor(struct status *status, const struct sensor_health *sensor)
{
	if (!sensor->has_link && sensor->has_process)
		return; /* it is starting */
	if (!sensor->has_link)
		trouble(status, "%s: pins without a link; `teiten detach -i %s` removes them",
			sensor->interface, sensor->interface);
	else if (!sensor->has_process)
		trouble(status,
			"%s: counting, but no process drains it: start `teiten run -i %s`, or "
			"`teiten detach -i %s` ends it",
			sensor->interface, sensor->interface, sensor->interface);
	if (!sensor->is_readable)
		return;
	if (sensor->health.unclosed)
		trouble(status, "%s: the ledger of %llu minutes did not close; please report it",
			sensor->interface, (unsigned long long)sensor->health.unclosed);
	if (sensor->health.unwritten)
		trouble(status,
			"%s: the last %llu minutes could not be stored (disk full?); their counts "
			"wait in the kernel",
			sensor->interface, (unsigned long long)sensor->health.unwritten);
}

static void read_sensors(struct status *status)
{
	int result;

	if (status->options.interface) {
		result = sensor_health_read(status->options.interface, &status->sensors[0]);
		status->sensor_count = result == 0;
	} else {
		result = sensor_health_list(status->sensors, MAX_SENSORS, &status->sensor_count);
	}
	if (result == -EACCES)
		trouble(status, "the pins cannot be read: run as root, or as a member of group "
				"teiten");
	else if (result && result != -ENOENT)
		trouble(status, "the pins cannot be read: %s", strerror(-result));
	for (size_t i = 0; i < status->sensor_count; i++)
		judge_sensor(status, &status->sensors[i]);
	if (status->sensor_count && status->has_minute &&
		(int64_t)time(NULL) - status->last_minute > STALE_AFTER)
		trouble(status, "the last minute stored is %" PRId64 " s old",
			(int64_t)time(NULL) - status->last_minute);
}

/* -- Printing ------------------------------------------------------------------------------ */

static void print_sensor(const struct sensor_health *sensor)
{
	const struct tt_health *health = &sensor->health;

	printf("%s: %s, %s\n", sensor->interface, sensor->has_link ? "attached" : "not attached",
		!sensor->has_process ? "no process"
		: sensor->has_link   ? "running"
				     : "starting");
	if (!sensor->is_readable) {
		if (sensor->has_link)
			printf("  its counters cannot be read by this user\n");
		return;
	}
	printf("  mode %s, verdict %s, last minute %s (%u s)\n", health->attach_mode,
		health->verdict, health->minute[0] ? health->minute : "none yet",
		health->covered_seconds);
	printf("  %llu frames, %llu bytes; unattributed %llu, NIC drops in the last minute %llu\n",
		(unsigned long long)health->frames, (unsigned long long)health->bytes,
		(unsigned long long)health->unattributed, (unsigned long long)health->nic_drops);
}

static void print_status(const struct status *status)
{
	char time[TEXT_TIME_MAX];

	for (size_t i = 0; i < status->sensor_count; i++)
		print_sensor(&status->sensors[i]);
	if (status->sensor_count == 0)
		printf("no sensor is attached\n");
	printf("state %s", status->config.state_dir);
	if (status->has_free_bytes)
		printf(", %" PRIu64 " MiB free", status->free_bytes >> 20);
	printf("\n");
	if (status->has_minute) {
		text_format_time(status->last_minute, time);
		printf("last minute stored: %s; the hour up to it, %.0f s covered:\n\n", time,
			status->covered);
		ledger_table_print(stdout, status->hour, status->minutes);
	}
	printf("\n");
	for (size_t i = 0; i < status->trouble_count; i++)
		printf("! %s\n", status->troubles[i]);
	if (status->trouble_count == 0)
		printf("nothing is wrong\n");
}

static json_t *sensor_object(const struct sensor_health *sensor)
{
	const struct tt_health *health = &sensor->health;
	json_t *object = json_pack("{s:s, s:b, s:b}", "interface", sensor->interface, "attached",
		sensor->has_link, "running", sensor->has_process);

	if (object && sensor->is_readable)
		json_object_update_new(object,
			json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I}",
				"attach_mode", health->attach_mode, "verdict", health->verdict,
				"minute", health->minute, "covered_seconds",
				(int)health->covered_seconds, "frames", (json_int_t)health->frames,
				"bytes", (json_int_t)health->bytes, "unattributed",
				(json_int_t)health->unattributed, "nic_drops",
				(json_int_t)health->nic_drops, "unclosed",
				(json_int_t)health->unclosed, "unwritten",
				(json_int_t)health->unwritten));
	return object;
}

static json_t *hour_object(const struct status *status)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < TT_CLASSES; i++)
		if (status->hour[i].packets)
			json_object_set_new(object, class_name((enum tt_class)i),
				json_integer((json_int_t)status->hour[i].packets));
	return object;
}

static int print_json(const struct status *status)
{
	json_t *sensors = json_array(), *troubles = json_array(), *object;
	char time[TEXT_TIME_MAX];
	int result;

	for (size_t i = 0; i < status->sensor_count; i++)
		json_array_append_new(sensors, sensor_object(&status->sensors[i]));
	for (size_t i = 0; i < status->trouble_count; i++)
		json_array_append_new(troubles, json_string(status->troubles[i]));
	object = json_pack("{s:o, s:o, s:s}", "sensors", sensors, "troubles", troubles, "state",
		status->config.state_dir);
	if (status->has_free_bytes)
		json_object_set_new(
			object, "free_bytes", json_integer((json_int_t)status->free_bytes));
	if (status->has_minute) {
		text_format_time(status->last_minute, time);
		json_object_set_new(object, "last_minute", json_string(time));
		json_object_set_new(object, "covered_seconds", json_real(status->covered));
		json_object_set_new(object, "ledger", hour_object(status));
	}
	result = json_dumpf(object, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(object);
	return result ? CMD_FAILED : CMD_DONE;
}

/* -- Command line -------------------------------------------------------------------------- */

enum { OPTION_JSON = OPTION_OWN };

static const struct argp_option argp_options[] = {
	OPTIONS_CONFIG,
	OPTIONS_INTERFACE("this sensor only"),
	OPTIONS_STATE,
	{"json", OPTION_JSON, NULL, 0, "as one JSON object", 0},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct status *status = state->input;

	switch (key) {
	case OPTION_JSON:
		status->json = true;
		return 0;
	default:
		return options_parse(key, argument, state, &status->options);
	}
}

int cmd_status(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "What is attached, in which mode, what it counts, and what is wrong and "
		       "what to do. Exit status 1 when something is wrong.",
	};
	struct status *status = calloc(1, sizeof(*status));
	int result;

	if (!status)
		return CMD_FAILED;
	argp_parse(&argp, argc, argv, 0, NULL, status);
	result = setup_config(&status->options, &status->config);
	if (result == CMD_DONE) {
		read_history(status);
		read_sensors(status);
		if (status->json)
			result = print_json(status);
		else
			print_status(status);
		if (status->trouble_count)
			result = CMD_FAILED;
		config_release(&status->config);
	}
	free(status);
	return result;
}
