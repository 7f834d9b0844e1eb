/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/sensor.h"

#include "user/cmd/cmd.h"
#include "user/kernel/device.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/privilege/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int sensor_require_interface(const struct config *config)
{
	if (config->interface[0])
		return CMD_DONE;
	log_error("no interface is named: give -i IFACE, or interface in [sensor] of the "
		  "configuration");
	return CMD_USAGE;
}

/* -- Open ---------------------------------------------------------------------------------- */

/* Root goes on as the user whose state this is. */
static int take_identity(const struct config *config)
{
	struct identity identity;
	struct kernel_error error;
	int status;

	if (!identity_of_state(config->state_dir, &identity))
		return CMD_DONE;
	if (pin_root_give(identity.user, identity.group, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	status = identity_become(&identity);
	if (!status)
		return CMD_DONE;
	log_error("becoming user %s: %s", IDENTITY_USER, strerror(-status));
	return CMD_FAILED;
}

int sensor_open_pins(struct sensor_process *sensor)
{
	struct kernel_error error;
	int status;

	sensor->pins.fd = -1;
	if (take_identity(&sensor->config) != CMD_DONE)
		return CMD_FAILED;
	if (!identity_can_load()) {
		log_error("this needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON: BPF "
			  "programs are loaded and attached");
		return CMD_FAILED;
	}
	status = pin_directory_open(sensor->config.interface, &sensor->pins, &error);
	if (!status)
		return CMD_DONE;
	log_error("%s", error.text);
	return status == -EBUSY ? CMD_HELD : CMD_FAILED;
}

static int open_program(struct sensor_process *sensor)
{
	struct program_parameters parameters = setup_program(&sensor->config);
	struct history_mark mark = {0};
	struct kernel_error error;
	bool has_mark = history_get_mark(sensor->history, &mark) == 0;

	if (setup_salt(sensor->history, false, parameters.salt) != CMD_DONE)
		return CMD_FAILED;
	parameters.pin_directory = sensor->pins.path;
	parameters.frags = sensor->config.attach == CONFIG_ATTACH_AUTO ||
			   sensor->config.attach == CONFIG_ATTACH_FRAGS;
	if (program_load(&parameters, &sensor->program, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	if (drain_new(sensor->program, true,
		    drain_choose_copy(sensor->program, has_mark, mark.birth, mark.sequence),
		    &sensor->drain)) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	kernel_source_init(&sensor->source, sensor->program, sensor->drain);
	return setup_kernel_geo(sensor->program, sensor->geo);
}

int sensor_open(struct sensor_process *sensor)
{
	int status = sensor->pins.fd >= 0 ? CMD_DONE : sensor_open_pins(sensor);

	if (status == CMD_DONE)
		status = setup_geo(&sensor->config, &sensor->geo);
	if (status == CMD_DONE)
		status = setup_history(&sensor->config, &sensor->history);
	if (status == CMD_DONE) {
		snprintf(sensor->damage, sizeof(sensor->damage), "%s",
			history_message(sensor->history));
		status = open_program(sensor);
	}
	return status;
}

/* -- Start --------------------------------------------------------------------------------- */

static int count_minute(struct sink *sink, const struct minute *minute)
{
	struct metrics *metrics = &((struct metrics_counter *)sink)->metrics;

	metrics_add_minute(metrics, minute);
	metrics_set_data_time(metrics, METRICS_DATA_HISTORY, minute->start + 60);
	metrics->numbers[METRICS_LAG] = difftime(time(NULL), minute->start + 60);
	return 0;
}

static int count_event(struct sink *sink, const struct event *event)
{
	metrics_add_event(&((struct metrics_counter *)sink)->metrics, event);
	return 0;
}

/* What the pipeline finds by itself, the detector's damaged state, goes past sensor_happened(). */
static int say_health(
	struct sink *sink, int64_t time, const char *name, bool begins, const char *sentence)
{
	(void)sink;
	(void)time;
	watch_say(name, begins, sentence);
	return 0;
}

void sensor_set_geo(struct sensor_process *sensor, struct geo *geo)
{
	const char *date = geo_info(geo)->date;
	int64_t time = 0;

	sensor->geo = geo;
	if (date[0] && text_parse_time(date, &time))
		time = 0;
	metrics_set_data_time(&sensor->metrics.metrics, METRICS_DATA_COUNTRY, time);
}

static void open_metrics(struct sensor_process *sensor)
{
	sensor->metrics = (struct metrics_counter){
		.sink = {.minute = count_minute, .event = count_event, .health = say_health},
		.metrics = metrics_new(),
	};
	sensor_set_geo(sensor, sensor->geo);
}

static int open_pipeline(struct sensor_process *sensor)
{
	struct pipeline_parameters parameters = {
		.source = &sensor->source.source,
		.history = sensor->history,
		.geo = sensor->geo,
		.detect = setup_detect(&sensor->config),
		.evidence = setup_evidence(&sensor->config),
		.retention = setup_retention(&sensor->config),
		.sinks =
			{
				[SENSOR_LOG] = &sensor->log.sink,
				[SENSOR_MAPS] = &sensor->maps.sink,
				[SENSOR_METRICS] = &sensor->metrics.sink,
				[SENSOR_INCIDENTS] = &sensor->incidents.sink,
			},
		.minutes_per_commit = 1,
		.expires = true,
	};
	struct pipeline_error error;

	if (pipeline_new(&parameters, &sensor->pipeline, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	return CMD_DONE;
}

/* What the configuration wants of counters that began otherwise. */
static void warn_of_kept_tables(const struct program *program, const char *interface)
{
	if (program->keeps_cells)
		log_warning("counting.countries stays %s as long as these counters live: run "
			    "`teiten detach -i %s` first to change it (nothing is lost)",
			program->parameters.countries ? "yes" : "no", interface);
	if (program->leaves_prefixes)
		log_warning("counting.prefixes is off: prefixes of packets that no minute has yet "
			    "are told as unlisted, and the tables that held them stay until "
			    "`teiten detach -i %s`",
			interface);
}

/* Everything that can fail comes before the attach: a sensor that counts must also drain. */
int sensor_start(struct sensor_process *sensor)
{
	const struct tt_drained *drained = drain_drained(sensor->drain);
	struct kernel_error error;
	int status =
		log_sink_open(&sensor->log, sensor->config.event_log, sensor->config.name, true);

	if (status != CMD_DONE)
		return status;
	warn_of_kept_tables(sensor->program, sensor->config.interface);
	open_metrics(sensor);
	incident_files_init(
		&sensor->incidents, sensor->config.state_dir, setup_incidents(&sensor->config));
	operator_maps_init(&sensor->maps, sensor->program, sensor->drain, ATTACH_NONE);
	status = open_pipeline(sensor);
	if (status != CMD_DONE)
		return status;
	status = attach_interface(sensor->program, &sensor->pins, sensor->config.interface,
		if_nametoindex(sensor->config.interface), (enum attach_choice)sensor->config.attach,
		&sensor->attachment, &error);
	if (status) {
		log_error("%s", error.text);
		return status == -EADDRINUSE ? CMD_HELD : CMD_FAILED;
	}
	sensor->maps.mode = sensor->attachment.mode;
	sensor->covered_from_ns = sensor->attachment.is_taken_over && drained->monotonic_ns
					  ? drained->monotonic_ns
					  : kernel_source_now();
	drain_begin(sensor->drain, sensor->covered_from_ns);
	snprintf(sensor->device, sizeof(sensor->device), "%s", sensor->config.interface);
	if (!device_receive_drops(sensor->device, sensor->attachment.ifindex, &sensor->nic_drops))
		log_warning(
			"%s: what the device loses before it is counted cannot be known, and is "
			"told as 0: /sys is of another network namespace",
			sensor->device);
	if (sensor->damage[0])
		sensor_happened(sensor, HEALTH_HISTORY_DAMAGED, sensor->damage);
	sensor_watch(sensor);
	return CMD_DONE;
}

/* -- Minutes ------------------------------------------------------------------------------- */

static void set_failing(
	struct sensor_process *sensor, const char *sentence, const struct minute *minute)
{
	bool is_failing = sentence != NULL;

	sensor->maps.unwritten = is_failing ? sensor->maps.unwritten + 1 : 0;
	if (is_failing)
		metrics_add_failures(&sensor->metrics.metrics, METRICS_SINK_HISTORY, 1);
	if (is_failing || sensor->is_failing)
		operator_maps_health(&sensor->maps, minute);
	sensor_health(sensor, HEALTH_HISTORY, is_failing, sentence);
	sensor->is_failing = is_failing;
}

int sensor_minute(struct sensor_process *sensor, int64_t now)
{
	struct minute *minute = pipeline_next(sensor->pipeline);
	uint64_t now_ns = kernel_source_now(), drops;
	struct pipeline_error error;
	int status;

	minute->start = now / 60 * 60 - 60;
	minute->covered = (double)(now_ns - sensor->covered_from_ns - sensor->down_ns) / 1e9;
	minute->addresses =
		sensor->config.addresses.addresses4 + sensor->config.addresses.networks6;
	minute->mode = sensor->attachment.mode;
	if (!device_receive_drops(sensor->device, sensor->attachment.ifindex, &drops))
		drops = sensor->nic_drops;
	/* A device that was made anew counts from zero again. */
	minute->nic_drops = drops >= sensor->nic_drops ? drops - sensor->nic_drops : drops;
	sensor->source.drained_ns = now_ns;
	status = pipeline_minute(sensor->pipeline, &error);
	set_failing(sensor, status ? error.text : NULL, minute);
	/* The minute may be stored where what follows from it, its events, could not be. */
	if (drain_drained(sensor->drain)->monotonic_ns == now_ns) {
		sensor->covered_from_ns = now_ns;
		sensor->down_ns = 0;
		sensor->nic_drops = drops;
		sensor->last_minute = minute->start;
	}
	return status ? CMD_FAILED : CMD_DONE;
}

void sensor_close(struct sensor_process *sensor)
{
	pipeline_free(sensor->pipeline);
	log_sink_close(&sensor->log);
	if (sensor->attachment.link_fd > 0)
		close(sensor->attachment.link_fd);
	drain_free(sensor->drain);
	program_free(sensor->program);
	history_close(sensor->history);
	pin_directory_close(&sensor->pins);
	geo_free(sensor->geo);
	config_release(&sensor->config);
}
