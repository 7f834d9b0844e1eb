/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/log_sink.h"

#include "user/cmd/cmd.h"
#include "user/lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int counted(struct log_sink *log, int status)
{
	if (status)
		log->failed++;
	return status;
}

static int write_event(struct sink *sink, const struct event *event)
{
	struct log_sink *log = (struct log_sink *)sink;

	return log->log ? counted(log, event_log_spike(log->log, log->sensor, event)) : 0;
}

static int write_minute(struct sink *sink, const struct minute *minute)
{
	struct log_sink *log = (struct log_sink *)sink;

	return log->log ? counted(log, event_log_stats(log->log, log->sensor, minute)) : 0;
}

static int write_health(
	struct sink *sink, int64_t time, const char *name, bool begins, const char *sentence)
{
	struct log_sink *log = (struct log_sink *)sink;

	return log->log ? counted(log, event_log_health(log->log, log->sensor, time, name,
					       begins ? EVENT_LOG_BEGIN : EVENT_LOG_END, sentence))
			: 0;
}

/* The directory of the path, where it is only that which is missing. */
static void make_parent(const char *path)
{
	char parent[4096];
	char *slash;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return;
	*slash = '\0';
	if (mkdir(parent, 0755) && errno != EEXIST)
		return; /* opening the log says what is wrong */
}

/* NULL where no log is wanted. */
static int open_path(const char *path, struct event_log **log)
{
	*log = NULL;
	if (!path[0])
		return 0;
	make_parent(path);
	return event_log_open(path, log);
}

int log_sink_open(struct log_sink *log, const char *path, const char *sensor, bool statistics)
{
	int status;

	*log = (struct log_sink){0};
	snprintf(log->sensor, sizeof(log->sensor), "%s", sensor);
	if (!log->sensor[0] && gethostname(log->sensor, sizeof(log->sensor) - 1))
		snprintf(log->sensor, sizeof(log->sensor), "teiten");
	log->sink = (struct sink){.event = write_event, .health = write_health};
	if (statistics)
		log->sink.minute = write_minute;
	status = open_path(path, &log->log);
	snprintf(log->path, sizeof(log->path), "%s", path);
	if (status) {
		log_error("event log %s: %s", path, strerror(-status));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

int log_sink_reopen(struct log_sink *log, const char *path)
{
	struct event_log *fresh;
	int status;

	if (strcmp(path, log->path) == 0)
		return log->log ? event_log_reopen(log->log) : 0;
	status = open_path(path, &fresh);
	if (status)
		return status;
	event_log_close(log->log);
	log->log = fresh;
	snprintf(log->path, sizeof(log->path), "%s", path);
	return 0;
}

void log_sink_close(struct log_sink *log)
{
	event_log_close(log->log);
	log->log = NULL;
}
