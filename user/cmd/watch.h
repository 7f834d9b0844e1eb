/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sensor watches itself: conditions of its health (user/model/health.h) go to standard error,
 * to the event log and into the metrics.
 */
#ifndef TEITEN_CMD_WATCH_H
#define TEITEN_CMD_WATCH_H

#include "user/model/health.h"

#include <stdbool.h>
#include <stdint.h>

struct sensor_process;

/* On standard error: name begins with the sentence, or is over. */
void watch_say(const char *name, bool begins, const char *sentence);

/* The condition holds, or does not: told when that changes. sentence: what is wrong. */
void sensor_health(struct sensor_process *sensor, enum health_condition condition, bool holds,
	const char *sentence);

/* Something happened and is over: a beginning and an end. */
void sensor_happened(
	struct sensor_process *sensor, enum health_condition condition, const char *sentence);

/* After each minute, also one that is a gap: judge every condition, write the metrics. */
void sensor_watch(struct sensor_process *sensor);

#endif
