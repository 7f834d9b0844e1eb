/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this machine can run the sensor, asked before anything is allocated. */
#ifndef TEITEN_KERNEL_PREFLIGHT_H
#define TEITEN_KERNEL_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>

/* Asks the kernel for each feature the program needs. */
struct preflight_feature {
	const char *name; /* for the operator */
	int state;        /* 1 there, 0 missing, negative errno: could not be asked (-EPERM) */
};

#define PREFLIGHT_FEATURES 6

void preflight_kernel(struct preflight_feature features[PREFLIGHT_FEATURES]);

/* What the kernel strips or does not pass on before XDP sees a frame. */
struct preflight_interface {
	bool exists, is_up, is_promiscuous, strips_vlan_tags, has_default_route;
	unsigned int mtu;
};

struct preflight_interface preflight_interface(const char *interface);

/* MemAvailable of /proc/meminfo (bytes); 0 when unknown. */
size_t preflight_available_memory(void);

#endif
