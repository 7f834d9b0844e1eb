/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How push fares: the health file push.json for monitoring, and the log, which hears of changes
 * only.
 */
#ifndef TEITEN_CMD_PUSH_STATUS_H
#define TEITEN_CMD_PUSH_STATUS_H

#include "user/engine/push.h"

#include <limits.h>

struct push_status {
	char path[PATH_MAX]; /* of the health file */
	const char *url;     /* the engine's, as configured */
	struct push *push;
	int64_t last_minute; /* that the history has; 0 = none */
	/* What was last told: people want changes, not repetitions. */
	enum server_state told;
	bool is_told_broken;
	int64_t since;
	int64_t unkept_to;
	uint64_t rewinds;
};

/* After a step of push with that outcome. */
void push_status_tell(struct push_status *status, enum push_outcome outcome);
/* The history cannot be opened. */
void push_status_broken(struct push_status *status, const char *sentence);

#endif
