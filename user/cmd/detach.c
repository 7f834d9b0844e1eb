/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/cmd/sensor.h"
#include "user/lib/log.h"

#include <argp.h>
#include <net/if.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct detach {
	struct common_options options;
	bool discard;
};

/* What arrived since the last minute, into the history. The link is gone: nothing more comes. */
static int last_drain(struct sensor_process *sensor)
{
	struct pipeline_parameters parameters = {
		.source = &sensor->source.source,
		.history = sensor->history,
		.geo = sensor->geo,
		.detect = setup_detect(&sensor->config),
		.sinks = {&sensor->log.sink},
		.minutes_per_commit = 1,
	};
	const struct tt_drained *drained = drain_drained(sensor->drain);
	struct pipeline_error error;
	struct minute *minute;
	int64_t now = (int64_t)time(NULL);

	if (pipeline_new(&parameters, &sensor->pipeline, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	sensor->source.drained_ns = kernel_source_now();
	minute = pipeline_next(sensor->pipeline);
	minute->start = now / 60 * 60;
	minute->covered =
		drained->monotonic_ns
			? (double)(sensor->source.drained_ns - drained->monotonic_ns) / 1e9
			: (double)(now % 60);
	minute->addresses =
		sensor->config.addresses.addresses4 + sensor->config.addresses.networks6;
	minute->mode = (enum attach_mode)sensor->program->birth.attach_mode;
	if (pipeline_minute(sensor->pipeline, &error) ||
		pipeline_finish(sensor->pipeline, &error)) {
		log_error(
			"%s; counting has ended, and the pins stay, so that no count is lost: run "
			"detach again, or with --discard",
			error.text);
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static int remove_pins(struct sensor_process *sensor)
{
	struct kernel_error error;

	if (pin_directory_remove(&sensor->pins, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	log_info("%s: detached", sensor->config.interface);
	return CMD_DONE;
}

static int run_detach(const struct detach *detach, struct sensor_process *sensor)
{
	struct kernel_error error;
	int status = setup_config(&detach->options, &sensor->config);

	if (status == CMD_DONE)
		status = sensor_require_interface(&sensor->config);
	if (status != CMD_DONE)
		return status;
	status = sensor_open_pins(sensor);
	if (status != CMD_DONE)
		return status;
	/* A last drain that failed has taken the link but kept the counters. */
	if (!pin_directory_has_link(&sensor->pins) && !pin_directory_has_counters(&sensor->pins)) {
		log_info("%s: teiten is not attached%s", sensor->config.interface,
			if_nametoindex(sensor->config.interface)
				? ""
				: ", and there is no such interface");
		return pin_directory_remove(&sensor->pins, &error) ? CMD_FAILED : CMD_DONE;
	}
	if (detach->discard)
		return remove_pins(sensor);
	status = sensor_open(sensor);
	if (status == CMD_DONE)
		status = log_sink_open(
			&sensor->log, sensor->config.event_log, sensor->config.name, false);
	if (status != CMD_DONE)
		return status; /* it counts on, if it did */
	attach_remove_link(&sensor->pins);
	status = last_drain(sensor);
	return status == CMD_DONE ? remove_pins(sensor) : status;
}

/* -- Command line -------------------------------------------------------------------------- */

enum { OPTION_DISCARD = OPTION_OWN };

static const struct argp_option argp_options[] = {
	OPTIONS_CONFIG,
	OPTIONS_INTERFACE("the interface"),
	OPTIONS_STATE,
	OPTIONS_GEO,
	{"discard", OPTION_DISCARD, NULL, 0, "throw away what is not in the history yet", 0},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct detach *detach = state->input;

	switch (key) {
	case OPTION_DISCARD:
		detach->discard = true;
		return 0;
	default:
		return options_parse(key, argument, state, &detach->options);
	}
}

int cmd_detach(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "Stop counting on an interface: drain what is left into the history, remove "
		       "link and maps. The sensor's process must have ended.",
	};
	struct sensor_process sensor = {.pins.fd = -1};
	struct detach detach = {0};
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &detach);
	status = run_detach(&detach, &sensor);
	sensor_close(&sensor);
	return status;
}
