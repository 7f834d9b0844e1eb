/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of `teiten replay` share: its state.
 */
#ifndef TEITEN_CMD_REPLAY_H
#define TEITEN_CMD_REPLAY_H

#include "user/cmd/cmd.h"
#include "user/cmd/log_sink.h"
#include "user/cmd/setup.h"
#include "user/input/captures.h"
#include "user/input/packet_clock.h"
#include "user/kernel/kernel_source.h"

#include <stdbool.h>
#include <stdint.h>

struct replay {
	struct common_options options;
	bool append;
	uint64_t gap;
	char **paths;
	size_t path_count;

	struct config config;
	struct geo *geo;
	struct history *history;
	struct program *program;
	struct drain *drain;
	struct pipeline *pipeline;
	struct kernel_source source;
	struct log_sink log;
	struct incident_files incidents;
	struct captures *captures;
	struct capture_error capture_error;
	struct packet_clock clock;

	uint64_t packets;
	uint64_t minutes;
	struct tally ledger[TT_CLASSES];
	int64_t shown_ns; /* when progress was last shown */
	int status;
};

/* -- replay_count.c: packets into minutes */

/* Signal handler: end before the next packet. */
void replay_stop(int signal);
/*
 * Count every whole record of every capture; a damaged one is told and the next goes on. Returns
 * CMD_DONE, or CMD_FAILED when nothing more can be counted.
 */
int replay_count(struct replay *replay);
/* Close the last minute, commit, and print the ledger. Returns the command's status. */
int replay_finish(struct replay *replay);

#endif
