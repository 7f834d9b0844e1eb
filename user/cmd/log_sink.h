/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event log as a sink: it takes spikes, health and (when asked) a line of statistics a minute.
 */
#ifndef TEITEN_CMD_LOG_SINK_H
#define TEITEN_CMD_LOG_SINK_H

#include "user/model/sink.h"
#include "user/output/event_log.h"

#include <limits.h>

struct log_sink {
	struct sink sink;      /* in front */
	struct event_log *log; /* NULL: none is configured */
	char path[PATH_MAX];
	char sensor[HOST_NAME_MAX + 1];
	uint64_t failed; /* lines that could not be written */
};

/*
 * Open path (made with its directory); an empty path is no log, an empty name is the host's.
 * CMD_DONE or CMD_FAILED, logged.
 */
int log_sink_open(struct log_sink *log, const char *path, const char *sensor, bool statistics);

/*
 * After its file was renamed, or with another path. On failure the old file stays in use. 0 or a
 * negative errno.
 */
int log_sink_reopen(struct log_sink *log, const char *path);
void log_sink_close(struct log_sink *log);

#endif
