/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the actions of `teiten fleet` share: their options, and the engine opened.
 */
#ifndef TEITEN_CMD_FLEET_H
#define TEITEN_CMD_FLEET_H

#include "user/cmd/options.h"
#include "user/engine/breadth.h"
#include "user/engine/fleet.h"
#include "user/lib/table.h"

#include <jansson.h>

#define FLEET_MAX_NAMES 64

struct fleet_options {
	struct common_options common;
	const char *names[FLEET_MAX_NAMES]; /* --sensor */
	size_t name_count;
	int64_t from, to;
};

enum { OPTION_SENSOR = OPTION_OWN + 100 };

#define OPTIONS_SENSOR                                                                             \
	{                                                                                          \
		"sensor", OPTION_SENSOR, "NAME", 0,                                                \
			"this sensor only; may be repeated (default: all)", 0                      \
	}

/* -c, --sensor, --from, --to; others as options_parse(). */
error_t fleet_parse(
	int key, char *argument, struct argp_state *state, struct fleet_options *options);

/* What is open while an action runs. */
struct fleet_open {
	struct config config;
	struct server *server;
	struct fleet *fleet;
};

/*
 * Configuration, server and a close look at the fleet. Sensors that do not answer are a warning on
 * standard error, by name: every action's answer lacks them. CMD_DONE, or logged; fleet_end() it
 * in either case.
 */
int fleet_begin(const struct fleet_options *options, struct fleet_open *open);
/* Close everything. The status, or CMD_FAILED where the answer was not whole. */
int fleet_end(struct fleet_open *open, int status);

/* Log why a question failed; CMD_FAILED. */
int fleet_failed(const struct fleet_open *open);

/* The object "fleet" of an event: who watched, saw, rose; a new reference, NULL without memory. */
json_t *fleet_breadth_json(const struct breadth *breadth);

struct fleet_events {
	struct event *events; /* ascending by time */
	size_t count, room;
};

/*
 * The detector over the fleet's sums of whole minutes from from on, as far as the sensors have
 * them and not beyond to, its events added to *found (free() its events). CMD_DONE, or logged.
 */
int fleet_detect_into(
	struct fleet_open *open, int64_t from, int64_t to, struct fleet_events *found);

int fleet_run_detect(int argc, char **argv);
int fleet_run_events(int argc, char **argv);
int fleet_run_report(int argc, char **argv);

#endif
