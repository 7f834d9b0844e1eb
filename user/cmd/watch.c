/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/watch.h"

#include "user/cmd/sensor.h"
#include "user/kernel/samples.h"
#include "user/lib/log.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* Time for a minute's work beyond which the next minute is in danger (seconds). */
#define SLOW_SECONDS 20
#define LOW_SPACE ((double)(512 << 20))
/* Addresses move: after so long too many sources are placed wrongly (seconds). */
#define OLD_DATA (365 * 86400)

/* -- Telling ------------------------------------------------------------------------------- */

void watch_say(const char *name, bool begins, const char *sentence)
{
	if (begins)
		log_warning("%s: %s", name, sentence);
	else
		log_info("%s is over", name);
}

static void tell(struct sensor_process *sensor, const char *name, bool begins, const char *sentence)
{
	struct sink *log = &sensor->log.sink;

	watch_say(name, begins, sentence);
	if (log->health && log->health(log, (int64_t)time(NULL), name, begins, sentence))
		metrics_add_failures(&sensor->metrics.metrics, METRICS_SINK_EVENT_LOG, 1);
}

void sensor_health(struct sensor_process *sensor, enum health_condition condition, bool holds,
	const char *sentence)
{
	bool *state = &sensor->metrics.metrics.degraded[condition];

	if (*state == holds)
		return;
	*state = holds;
	tell(sensor, health_text(condition)->name, holds, holds ? sentence : "");
}

void sensor_happened(
	struct sensor_process *sensor, enum health_condition condition, const char *sentence)
{
	tell(sensor, health_text(condition)->name, true, sentence);
	tell(sensor, health_text(condition)->name, false, "");
}

/* -- Losses -------------------------------------------------------------------------------- */

/* What a counter has gained since the last look. */
static uint64_t gained(
	struct sensor_process *sensor, enum health_condition condition, uint64_t total)
{
	return loss_gained(&sensor->losses[condition], total);
}

/* A condition that begins when its counter grows, and ends when it has long not grown. */
static void watch_loss(struct sensor_process *sensor, enum health_condition condition,
	uint64_t total, const char *what)
{
	bool held = sensor->losses[condition].holds;
	uint64_t more = gained(sensor, condition, total);
	bool holds = loss_holds(&sensor->losses[condition], more, kernel_source_now());
	char sentence[160];

	snprintf(sentence, sizeof(sentence), "%" PRIu64 " %s in the last minute", more, what);
	if (holds != held)
		sensor_health(sensor, condition, holds, sentence);
}

static void watch_losses(struct sensor_process *sensor)
{
	const struct metrics *metrics = &sensor->metrics.metrics;
	struct detect_health detect = pipeline_detect_health(sensor->pipeline);

	watch_loss(sensor, HEALTH_NIC_DROPS, metrics->nic_drops,
		"frames were dropped by the device before the program saw them");
	/* Without countries every packet is one without a country: by choice. */
	if (sensor->config.count_countries)
		watch_loss(sensor, HEALTH_UNATTRIBUTED, metrics->unattributed,
			"packets were counted without a country or a port");
	/* Nor is a list of prefixes incomplete where none is kept. */
	if (sensor->config.count_prefixes)
		watch_loss(sensor, HEALTH_UNLISTED_PREFIXES, metrics->prefixes_unlisted,
			"packets from source port 53 came from prefixes that are not listed");
	watch_loss(sensor, HEALTH_DETECTOR_FULL,
		detect.refused_series + detect.refused_events + detect.lone_events,
		"series, events or incidents found no room in the detector");
	if (gained(sensor, HEALTH_UNCLOSED, sensor->maps.unclosed))
		sensor_happened(sensor, HEALTH_UNCLOSED,
			"the ledger of a minute did not close; please report it");
}

/* -- Outputs ------------------------------------------------------------------------------- */

/* Whether the sink failed since the last look, and if no minute was told since then, as before. */
static bool sink_fails(struct sensor_process *sensor, enum sensor_sink place,
	enum health_condition condition, enum metrics_sink output, bool failed)
{
	uint64_t more = gained(sensor, condition, pipeline_sink_failures(sensor->pipeline, place));

	metrics_add_failures(&sensor->metrics.metrics, output, more);
	return more || (failed && sensor->last_minute == sensor->watched_minute);
}

static void watch_sinks(struct sensor_process *sensor)
{
	char sentence[128];

	sensor->is_log_failing = sink_fails(sensor, SENSOR_LOG, HEALTH_EVENT_LOG,
		METRICS_SINK_EVENT_LOG, sensor->is_log_failing);
	sensor->is_map_failing = sink_fails(sensor, SENSOR_MAPS, HEALTH_EVENT_MAP,
		METRICS_SINK_EVENT_MAP, sensor->is_map_failing);
	sensor->watched_minute = sensor->last_minute;
	sensor_health(sensor, HEALTH_EVENT_LOG, sensor->is_log_failing || sensor->is_log_lost,
		sensor->is_log_failing ? "it cannot be written; the history has every event"
				       : "it cannot be opened again; the old file stays in use");
	sensor_health(sensor, HEALTH_EVENT_MAP, sensor->is_map_failing,
		"the maps that bpftool shows cannot be written");
	snprintf(sentence, sizeof(sentence), "packets of incidents cannot be written: %s",
		strerror(-sensor->incidents.error));
	sensor_health(sensor, HEALTH_INCIDENT_FILES, sensor->incidents.error != 0, sentence);
}

/* -- Resources ----------------------------------------------------------------------------- */

static double file_size(const char *directory, const char *name)
{
	char path[PATH_MAX + 32];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return stat(path, &status) ? NAN : (double)status.st_size;
}

static double free_bytes(const char *directory)
{
	struct statvfs fs;

	return statvfs(directory, &fs) ? NAN : (double)fs.f_bavail * (double)fs.f_frsize;
}

static double resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages;
	int found;

	if (!file)
		return NAN;
	found = fscanf(file, "%*u %lu", &pages);
	fclose(file);
	return found == 1 ? (double)pages * (double)sysconf(_SC_PAGESIZE) : NAN;
}

static double open_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	double count = -1; /* without the one that this takes */

	if (!directory)
		return NAN;
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static void measure_resources(struct sensor_process *sensor)
{
	const char *state = sensor->config.state_dir;
	double *numbers = sensor->metrics.metrics.numbers;
	char sentence[128];

	numbers[METRICS_DATABASE] = file_size(state, "history.db");
	numbers[METRICS_WAL] = file_size(state, "history.db-wal");
	numbers[METRICS_FREE] = free_bytes(state);
	numbers[METRICS_RESIDENT] = resident_bytes();
	numbers[METRICS_FDS] = open_fds();
	snprintf(sentence, sizeof(sentence), "the state's file system has %.0f MiB left",
		numbers[METRICS_FREE] / (1 << 20));
	if (!isnan(numbers[METRICS_FREE]))
		sensor_health(
			sensor, HEALTH_DISK_SPACE, numbers[METRICS_FREE] < LOW_SPACE, sentence);
}

static void measure_evidence(struct sensor_process *sensor)
{
	struct evidence_health evidence = pipeline_evidence_health(sensor->pipeline);
	struct sampling_counts samples = samples_counts(sensor->program);
	double *numbers = sensor->metrics.metrics.numbers;

	if (!sensor->program->parameters.samples)
		return;
	numbers[METRICS_SAMPLES_WRITTEN] = (double)samples.written;
	numbers[METRICS_SAMPLES_LOST] = (double)samples.lost;
	numbers[METRICS_SAMPLES_FORGOTTEN] = (double)evidence.forgotten;
	numbers[METRICS_DROPPED_SERIES] = (double)evidence.unfollowed;
	numbers[METRICS_DROPPED_RESOLVERS] =
		(double)(evidence.unlisted + history_resolvers_evicted(sensor->history));
	numbers[METRICS_DROPPED_PORTS] = (double)evidence.unported;
	numbers[METRICS_DROPPED_PACKETS] = (double)sensor->incidents.failed;
	numbers[METRICS_DROPPED_FILES] = (double)sensor->incidents.removed;
}

static void measure_work(struct sensor_process *sensor)
{
	struct pipeline_times times = pipeline_times(sensor->pipeline);
	struct detect_health detect = pipeline_detect_health(sensor->pipeline);
	double *numbers = sensor->metrics.metrics.numbers;
	double sum = times.drain + times.history + times.detect;
	char sentence[128];

	numbers[METRICS_TIME_DRAIN] = times.drain;
	numbers[METRICS_TIME_HISTORY] = times.history;
	numbers[METRICS_TIME_DETECT] = times.detect;
	numbers[METRICS_UNCLOSED] = (double)sensor->maps.unclosed;
	numbers[METRICS_UNWRITTEN] = (double)sensor->maps.unwritten;
	numbers[METRICS_OPEN_EVENTS] = detect.open;
	numbers[METRICS_OPEN_INCIDENTS] = detect.incidents;
	numbers[METRICS_SERIES] = detect.series;
	numbers[METRICS_TABLES] = (double)program_memory_shared(&sensor->program->parameters) +
				  (double)program_memory_per_cpu(&sensor->program->parameters) *
					  (double)sensor->program->table_count;
	snprintf(sentence, sizeof(sentence),
		"the last minute took %.1f s: drain %.1f, history %.1f, detector %.1f", sum,
		times.drain, times.history, times.detect);
	sensor_health(sensor, HEALTH_SLOW, sum > SLOW_SECONDS, sentence);
}

/* -- Data ---------------------------------------------------------------------------------- */

static void watch_country_data(struct sensor_process *sensor)
{
	const struct geo_info *info = geo_info(sensor->geo);
	int64_t date = sensor->metrics.metrics.data_time[METRICS_DATA_COUNTRY];
	char sentence[128];

	sensor_health(sensor, HEALTH_COUNTRY_DATA_MISSING, info->file_count == 0,
		"there are no country data: every source counts as ZZ");
	snprintf(sentence, sizeof(sentence), "the newest country data are of %s", info->date);
	sensor_health(sensor, HEALTH_COUNTRY_DATA_OLD,
		date > 0 && (int64_t)time(NULL) - date > OLD_DATA, sentence);
}

static void watch_name(struct sensor_process *sensor)
{
	const char *name = sensor->device;
	char sentence[128];

	snprintf(sentence, sizeof(sentence), "the interface is called %s, no longer %s", name,
		sensor->config.interface);
	sensor_health(sensor, HEALTH_INTERFACE_NAME, strcmp(name, sensor->config.interface) != 0,
		sentence);
}

static void write_metrics(struct sensor_process *sensor)
{
	const char *path = sensor->config.metrics_file;
	int status = path[0] ? metrics_write(&sensor->metrics.metrics, sensor->log.sensor,
				       TEITEN_VERSION, path)
			     : 0;
	char sentence[PATH_MAX + 64];

	metrics_add_failures(&sensor->metrics.metrics, METRICS_SINK_METRICS, status != 0);
	snprintf(sentence, sizeof(sentence), "%s: %s", path, strerror(-status));
	sensor_health(sensor, HEALTH_METRICS, status != 0, sentence);
}

void sensor_watch(struct sensor_process *sensor)
{
	watch_losses(sensor);
	watch_sinks(sensor);
	measure_resources(sensor);
	measure_work(sensor);
	measure_evidence(sensor);
	watch_country_data(sensor);
	watch_name(sensor);
	write_metrics(sensor);
}
