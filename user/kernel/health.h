/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pins say of a sensor, read without disturbing it; no lock, no root where the modes
 * allow. */
#ifndef TEITEN_KERNEL_HEALTH_H
#define TEITEN_KERNEL_HEALTH_H

#include "user/kernel/program.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

struct sensor_health {
	char interface[IF_NAMESIZE];
	bool has_link;    /* frames are counted */
	bool has_process; /* somebody drains them */
	bool is_readable; /* health is filled in; false: the pins' mode, or a kernel without BPF */
	struct tt_health health;
};

/* Interfaces that have pins, at most capacity; *count is how many were filled in. 0 or -errno. */
int sensor_health_list(struct sensor_health *list, size_t capacity, size_t *count);

/* The same for one interface; -ENOENT when it has no pins. */
int sensor_health_read(const char *interface, struct sensor_health *health);

#endif
