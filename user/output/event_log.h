/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event log: JSON lines, appended to a file or to standard output.
 *
 *   {"timestamp":"2014-02-11T00:07:00Z","event_type":"spike","sensor":"darknet1","spike":{...}}
 *   {"timestamp":...,"event_type":"health","sensor":...,
 *      "health":{"name":"disk_full","state":"begin","text":"..."}}
 *   {"timestamp":...,"event_type":"stats","sensor":...,
 *      "stats":{"covered_seconds":60,"attach_mode":"native","packets":9,"bytes":540,...,
 *               "classes":{"tcp_syn":{"packets":9,"bytes":540}}}}
 *
 * A line is one write(2). When only part of it fits (a full disk), the part is cut off again; where
 * that cannot be done, the next line begins with a newline, so that a torn line never touches a
 * whole one. The same at the end of a file that a power cut left torn. Nothing is kept for a retry:
 * a call that fails has written nothing that counts, and the caller may repeat it.
 */
#ifndef TEITEN_OUTPUT_EVENT_LOG_H
#define TEITEN_OUTPUT_EVENT_LOG_H

#include "user/model/event.h"
#include "user/model/minute.h"

struct event_log;

/*
 * Open path for appending; it is made with mode 0640. NULL or "-" is standard output. A pipe
 * without a reader is -ENXIO, never a wait. Returns 0 or -errno.
 */
int event_log_open(const char *path, struct event_log **log);

/*
 * Open the path again, after its file was renamed. On failure the old file stays in use. Standard
 * output stays as it is. Returns 0 or -errno.
 */
int event_log_reopen(struct event_log *log);

/* NULL is allowed. */
void event_log_close(struct event_log *log);

/* The fields of user/model/event_json.h. Returns 0, -ENOMEM, -ENOSPC (part of it fitted) or write's
 * -errno. So do the next two. */
int event_log_spike(struct event_log *log, const char *sensor, const struct event *event);

enum event_log_state { EVENT_LOG_BEGIN, EVENT_LOG_END };

/* A condition of the sensor's health begins or ends. name: [a-z_]+; text may be empty. */
int event_log_health(struct event_log *log, const char *sensor, int64_t time, const char *name,
	enum event_log_state state, const char *text);

/*
 * A minute in numbers. Classes without packets are left out, so are addresses when none are
 * configured, late and misdated except in a replay, nic_drops in a replay, and every count when
 * covered is 0: nothing was seen, which is not zero.
 */
int event_log_stats(struct event_log *log, const char *sensor, const struct minute *minute);

#endif
