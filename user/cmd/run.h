/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of `teiten run` share: its loop's state.
 */
#ifndef TEITEN_CMD_RUN_H
#define TEITEN_CMD_RUN_H

#include "user/cmd/options.h"
#include "user/cmd/sensor.h"

#include <stdbool.h>
#include <stdint.h>

struct run {
	struct common_options options;
	bool force;
	struct sensor_process sensor;
	int signal_fd;
	int timer_fd;
	int device_fd;           /* to ask about the interface */
	int notify_fd;           /* to the supervisor; -1: there is none */
	int64_t clock_offset_ns; /* wall clock less CLOCK_BOOTTIME, at the last minute */
	uint64_t watched_ns;     /* when the interface was last looked at, CLOCK_BOOTTIME */
	bool is_down;            /* it was down, or gone, then */
};

/* -- run_watch.c: the clock and the interface */

/* Nanoseconds since 1970. */
int64_t run_wall_clock_ns(void);
/* At a minute's border: tell a step of the wall clock since the last one. */
void run_watch_clock(struct run *run);
/* Once a second: how long it was down or gone, what it is called, and attach when it is back. */
void run_watch_interface(struct run *run);
/* Whether not a second of the minute was observed: it has no record then. */
bool run_is_gap(struct run *run);

/* -- run_reload.c: SIGHUP */

/* Read configuration and country data again; what cannot be used leaves the old one in place. */
void run_reload(struct run *run);

#endif
