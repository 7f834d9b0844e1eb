/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps that operators read (operator_maps.h), read back by teiten's own commands: where the
 * history cannot be read, and its pins can.
 */
#ifndef TEITEN_KERNEL_OPERATOR_READ_H
#define TEITEN_KERNEL_OPERATOR_READ_H

#include "bpf/contract.h"
#include "user/model/event.h"

#include <stddef.h>

struct pinned_port {
	uint32_t row;
	uint64_t packets;
	uint64_t bytes;
	uint64_t syn;
	uint64_t sources; /* 0: not known */
};

/* The last minute's first ports, the most packets first. 0 or -errno. */
int operator_read_ports(
	const char *interface, struct pinned_port ports[TT_TOP_PORTS], size_t *count);

/*
 * The newest event lines, oldest first: what their texts say, the rest unknown. Texts that are none
 * of ours are left out. 0 or -errno.
 */
int operator_read_events(const char *interface, struct event events[TT_EVENT_TEXTS], size_t *count);

#endif
