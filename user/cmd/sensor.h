/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live sensor, opened: what `run` and `detach` share. Functions log what is wrong and return a
 * CMD_ status.
 */
#ifndef TEITEN_CMD_SENSOR_H
#define TEITEN_CMD_SENSOR_H

#include "user/cmd/log_sink.h"
#include "user/cmd/setup.h"
#include "user/cmd/watch.h"
#include "user/kernel/attach.h"
#include "user/kernel/kernel_source.h"
#include "user/kernel/operator_maps.h"
#include "user/model/loss.h"
#include "user/output/metrics.h"

#include <net/if.h>

/* What is counted for the metrics; sensor_watch() writes them. */
struct metrics_counter {
	struct sink sink; /* in front */
	struct metrics metrics;
};

/* The sinks' places in the pipeline. */
enum sensor_sink { SENSOR_LOG, SENSOR_MAPS, SENSOR_METRICS, SENSOR_INCIDENTS };

struct sensor_process {
	struct config config;
	struct geo *geo;
	struct history *history;
	struct pin_directory pins;
	struct program *program;
	struct attachment attachment;
	char device[IF_NAMESIZE]; /* what the interface is called now */
	struct drain *drain;
	struct kernel_source source;
	struct operator_maps maps;
	struct log_sink log;
	struct incident_files incidents;
	struct metrics_counter metrics;
	struct loss losses[HEALTH_CONDITIONS]; /* those that follow a counter */
	char damage[HISTORY_ERROR_MAX]; /* of the history, which was moved aside; "" = none */
	struct pipeline *pipeline;
	uint64_t covered_from_ns; /* CLOCK_BOOTTIME up to which minutes are in the history */
	uint64_t down_ns;         /* of the time since then, with the interface down or gone */
	uint64_t nic_drops;       /* the device's counter at the last minute */
	int64_t last_minute;      /* start of the last minute stored, Unix seconds; 0: none yet */
	bool is_failing;          /* the last minute could not be stored */
	bool is_log_lost;         /* the event log could not be opened again */
	bool is_log_failing;      /* it could not be written when a minute was last told */
	bool is_map_failing;      /* nor could the maps */
	int64_t watched_minute;   /* last_minute at the last look */
};

/* The interface that the configuration names; CMD_USAGE when it names none. */
int sensor_require_interface(const struct config *config);

/*
 * The pin directory, locked: CMD_HELD when another teiten has it. Root becomes the owner of the
 * state directory first (user/privilege/identity.h), and stays that.
 */
int sensor_open_pins(struct sensor_process *sensor);

/* History, country data, pins (unless open), program and drain; not attached. */
int sensor_open(struct sensor_process *sensor);

/* Attach and start the sinks and the pipeline. */
int sensor_start(struct sensor_process *sensor);

/*
 * Drain a minute that ends now, labelled by the wall clock's minute before now. A failure is a
 * health event, told once; the counts come with the next minute that can be stored.
 */
int sensor_minute(struct sensor_process *sensor, int64_t now);

/* Country data that are in use from now on: owned by the sensor; the old are the caller's. */
void sensor_set_geo(struct sensor_process *sensor, struct geo *geo);

void sensor_close(struct sensor_process *sensor);

#endif
