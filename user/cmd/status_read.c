/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/status_read.h"

#include "user/cmd/event_reader.h"
#include "user/cmd/setup.h"
#include "user/history/history_store.h"
#include "user/kernel/device.h"
#include "user/kernel/health.h"
#include "user/model/usual.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define HOUR 3600
#define DAY INT64_C(86400)
/* What a minute takes is measured over so many days. */
#define PACE_DAYS 2
/* Fewer minutes say nothing of a day. */
#define PACE_LEAST 60

/* -- Sensors ------------------------------------------------------------------------------- */

static struct status_sensor sensor_of(const struct sensor_health *from)
{
	const struct tt_health *health = &from->health;
	struct status_sensor sensor = {
		.has_link = from->has_link,
		.has_process = from->has_process,
		.is_readable = from->is_readable,
		.is_there = if_nametoindex(from->interface) != 0,
		.is_up = device_is_up(from->interface),
		.covered_seconds = health->covered_seconds,
		.frames = health->frames,
		.bytes = health->bytes,
		.unattributed = health->unattributed,
		.late = health->late,
		.nic_drops = health->nic_drops,
		.unclosed = health->unclosed,
		.unwritten = health->unwritten,
	};

	snprintf(sensor.interface, sizeof(sensor.interface), "%s", from->interface);
	snprintf(sensor.mode, sizeof(sensor.mode), "%.11s", health->attach_mode);
	snprintf(sensor.verdict, sizeof(sensor.verdict), "%.11s", health->verdict);
	snprintf(sensor.minute, sizeof(sensor.minute), "%.23s", health->minute);
	return sensor;
}

static void read_sensors(struct status_view *view, const char *interface)
{
	struct sensor_health *list = calloc(STATUS_MAX_SENSORS, sizeof(*list));
	size_t count = 0;
	int status = -ENOMEM;

	if (list && interface) {
		status = sensor_health_read(interface, &list[0]);
		count = status == 0;
	} else if (list) {
		status = sensor_health_list(list, STATUS_MAX_SENSORS, &count);
	}
	view->pins_are_denied = status == -EACCES;
	if (status && status != -ENOENT)
		view->pins_error = strerror(-status);
	for (size_t i = 0; i < count; i++)
		view->sensors[view->sensor_count++] = sensor_of(&list[i]);
	free(list);
}

/* -- The last hour ------------------------------------------------------------------------- */

/* What the visits add up. */
struct adding {
	struct status_view *view;
	double exposure; /* addresses x seconds */
	uint64_t cells;  /* packets of ports by country */
	uint64_t located;
};

static int add_class(void *context, const struct store_row *row)
{
	struct status_hour *hour = &((struct adding *)context)->view->hour;

	hour->ledger[row->class].packets += row->packets;
	hour->ledger[row->class].bytes += row->bytes;
	hour->packets += row->packets;
	return 0;
}

static int add_coverage(void *context, const struct store_row *row)
{
	struct adding *adding = context;
	struct status_hour *hour = &adding->view->hour;

	hour->covered += row->covered;
	hour->late += row->late;
	hour->misdated += row->misdated;
	hour->unattributed += row->unattributed;
	hour->nic_drops += row->nic_drops;
	adding->exposure += row->covered * (double)row->addresses;
	return 0;
}

static int add_minute(void *context, const struct store_row *row)
{
	(void)row;
	((struct adding *)context)->view->hour.minutes++;
	return 0;
}

static int add_cell(void *context, const struct store_row *row)
{
	struct adding *adding = context;

	adding->cells += row->packets;
	if (row->country != COUNTRY_ZZ)
		adding->located += row->packets;
	return 0;
}

static int read_hour(struct status_view *view, struct store *store)
{
	static const struct {
		enum store_table table;
		enum store_bin bin;
		int (*visit)(void *context, const struct store_row *row);
	} tables[] = {
		{TABLE_LEDGER, BIN_ALL, add_class},
		{TABLE_COVERAGE, BIN_ALL, add_coverage},
		{TABLE_COVERAGE, BIN_MINUTE, add_minute},
		{TABLE_CELLS, BIN_ALL, add_cell},
	};
	struct status_hour *hour = &view->hour;
	struct adding adding = {.view = view};
	struct store_answer answer;
	int error = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !error; i++) {
		struct store_query query = store_query_all(tables[i].table, tables[i].bin);

		query.from = view->last_minute + 60 - HOUR;
		query.to = view->last_minute + 60;
		error = store->rows(store, &query, tables[i].visit, &adding, &answer);
	}
	if (adding.exposure > 0)
		hour->per_address_day = (double)hour->packets * (double)DAY / adding.exposure;
	if (adding.cells)
		hour->located = (double)adding.located / (double)adding.cells;
	return error;
}

static int read_usual(struct status_view *view, struct store *store)
{
	struct usual *usual = usual_new();
	int error = usual ? usual_read(usual, store, view->last_minute + 60 - HOUR) : -ENOMEM;

	if (!error)
		view->hour.usual = usual_of_all(usual, view->hour.covered);
	usual_free(usual);
	return error;
}

/* -- The rest of the history --------------------------------------------------------------- */

static int take_first(void *context, const struct store_row *row)
{
	((struct status_view *)context)->first_minute = row->time;
	return 0;
}

static int read_first(struct status_view *view, struct store *store)
{
	struct store_query query = store_query_all(TABLE_COVERAGE, BIN_ALL);
	struct store_answer answer;

	return store->rows(store, &query, take_first, view, &answer);
}

static int take_line(struct event_reader *reader, const struct event *line)
{
	struct status_view *view = reader->view;

	if (line->geo_date[0])
		memcpy(view->geo_date, line->geo_date, sizeof(view->geo_date));
	return event_reader_add(reader, line);
}

static int read_incidents(
	struct status_view *view, struct history *history, const struct history_store *store)
{
	static const struct event_options everything = {.filter = {.to = INT64_MAX}};
	struct event_reader reader = {
		.options = &everything,
		.history = history,
		.store = *store,
		.take = take_line,
		.view = view,
		.incidents = incidents_new(),
	};
	const struct incident *list = NULL;
	size_t count = 0;
	int error = reader.incidents ? event_reader_read(&reader) : -ENOMEM;

	if (!error)
		list = incidents_list(reader.incidents, &count);
	for (size_t i = 0; i < count && list; i++)
		if (list[i].open && list[i].severity < EVENT_SEVERITIES)
			view->incidents[list[i].severity]++;
	incidents_free(reader.incidents);
	return error;
}

/* What a day adds, from the last days; a day of a sensor that is watched all day. */
static int read_pace(struct status_view *view, struct history *history)
{
	struct status_disk *disk = &view->disk;
	struct history_sizes sizes;
	int error = history_sizes(
		history, view->last_minute + 60 - PACE_DAYS * DAY, view->last_minute + 60, &sizes);

	disk->age_days = (double)(view->last_minute + 60 - view->first_minute) / (double)DAY;
	if (error || sizes.minutes < PACE_LEAST)
		return error;
	disk->minute_bytes = (double)sizes.minute_bytes / (double)sizes.minutes * 1440;
	disk->hour_bytes = sizes.hours ? (double)sizes.hour_bytes / (double)sizes.hours * 24 : 0;
	disk->day_bytes = sizes.days ? (double)sizes.day_bytes / (double)sizes.days : 0;
	return 0;
}

static int read_all(struct status_view *view, struct history *history)
{
	struct history_store store = history_store_of(history);
	int error = history_last_minute(history, &view->last_minute, &view->has_minute);

	if (error || !view->has_minute)
		return error;
	error = read_first(view, &store.store);
	error = error ? error : read_hour(view, &store.store);
	error = error ? error : read_usual(view, &store.store);
	error = error ? error : read_pace(view, history);
	return error ? error : read_incidents(view, history, &store);
}

static void read_history(struct status_view *view)
{
	struct history_error error;
	struct history *history;

	int status = history_open(view->state_dir, HISTORY_READ, &history, &error);

	if (status) {
		snprintf(view->history_error, sizeof(view->history_error), "%.440s%s", error.text,
			setup_history_advice(status));
		return;
	}
	view->has_history = true;
	if (read_all(view, history))
		snprintf(view->history_error, sizeof(view->history_error),
			"the history cannot be read: %.400s", history_message(history));
	view->damaged = history_damaged(history);
	history_close(history);
}

/* -- The disk and the country files -------------------------------------------------------- */

static double size_of_files(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	struct stat file;
	double sum = 0;

	if (!directory)
		return NAN;
	while ((entry = readdir(directory)))
		if (fstatat(dirfd(directory), entry->d_name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(file.st_mode))
			sum += (double)file.st_blocks * 512;
	closedir(directory);
	return sum;
}

static void read_disk(struct status_view *view, const struct config *config)
{
	struct statvfs fs;

	if (statvfs(config->state_dir, &fs) == 0)
		view->disk.free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
	view->disk.state_bytes = size_of_files(config->state_dir);
	view->disk.minute_days = config->retention_minute;
	view->disk.hour_days = config->retention_hour;
	view->disk.day_days = config->retention_day;
}

static void read_geo(struct status_view *view, const struct config *config)
{
	struct stat file;

	for (size_t i = 0; i < config->geo_file_count; i++)
		if (stat(config->geo_file[i], &file) == 0 && file.st_mtime > view->geo_time)
			view->geo_time = file.st_mtime;
}

void status_read(struct status_view *view, const struct config *config, const char *interface)
{
	view->now = (int64_t)time(NULL);
	view->state_dir = config->state_dir;
	view->counts_countries = config->count_countries;
	read_disk(view, config);
	read_geo(view, config);
	read_history(view);
	read_sensors(view, interface);
}
