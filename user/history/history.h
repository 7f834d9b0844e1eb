/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history: every minute the sensor saw, in one SQLite file, history.db of the state directory.
 *
 *   minute    one compressed blob a minute (history/blob.h): the whole struct minute
 *   rollup    the sums of a closed hour or day by content: head (coverage, ledger, source port 53),
 *             ports, cells, prefixes; sums of several parts where minutes came late
 *   life      first and last minute and active days of each port and of each port x country
 *   event     every field of every event
 *   evidence  what sampled packets said about it, as JSON
 *   source_port  answers by source port, each minute, hour and day, from sampled packets
 *   resolver  candidates for open resolvers, the latest HISTORY_MAX_RESOLVERS
 *   snapshot  named blobs, opaque here
 *   revision  labels that were added when they, or later ones, were there already
 *   sources   sketches of distinct sources by hour (history/sketches.h), their salt in meta
 *   meta      mark of the last drain, open hour and day, what has expired
 *   damaged   blobs whose checksum failed, moved out of the way
 *
 * An hour is rolled up in the transaction of the first minute of another hour, a day likewise; the
 * open hour and day are read from their minutes and hours. So rollups always equal their minutes,
 * and retention of minutes loses no sum and no life.
 *
 * One writer at a time (flock on history.lock, which may be left over), any number of readers,
 * while a writer runs or not, also where the directory cannot be written. Files are 0640.
 *
 * Memory: reserved address space of 4.5 GB for a writer, 2.5 GB for a reader, taken as it is
 * touched (history/sums.h, history/blob.h); history_each_minute() reserves a struct minute more.
 *
 * Every call returns 0 or a negative errno unless it says otherwise; history_message() then has a
 * sentence. -ENOSPC, -EIO: the disk; the transaction must be rolled back and can be tried again,
 * what was committed before is intact. -EBADMSG: the database is damaged beyond one blob.
 */
#ifndef TEITEN_HISTORY_HISTORY_H
#define TEITEN_HISTORY_HISTORY_H

#include "user/model/event.h"
#include "user/model/minute.h"
#include "user/model/resolver.h"
#include "user/model/source_port.h"
#include "user/model/store.h"

#include <stdbool.h>

struct history;

enum {
	HISTORY_READ = 0,        /* the database must exist */
	HISTORY_WRITE = 1 << 0,  /* hold the lock; a damaged database is moved aside */
	HISTORY_CREATE = 1 << 1, /* with HISTORY_WRITE: make it where there is none */
};

#define HISTORY_ERROR_MAX 512

struct history_error {
	char text[HISTORY_ERROR_MAX]; /* a sentence without a full stop */
};

/*
 * Open the history of a state directory. Errors: -ENOENT no database; -EBUSY another writer;
 * -EPROTO a schema of another version, nothing is changed; -EBADMSG damaged (readers); -ENOMEM; or
 * what the system said. *error is set on failure, and with 0 when a damaged database was moved
 * aside to history.db.damaged-<n>: then text says so, otherwise it is empty.
 */
int history_open(const char *state_dir, unsigned int flags, struct history **history,
	struct history_error *error);
/* A transaction that is open is rolled back. NULL is allowed. */
void history_close(struct history *history);

/* Why the last call failed; owned by the history. */
const char *history_message(const struct history *history);

/*
 * Blobs found damaged since opening: as a writer they were moved to the table of that name, as a
 * reader left out of answers. Their time is a gap then.
 */
uint64_t history_damaged(const struct history *history);

/* -- Writing ------------------------------------------------------------------------------- */

/* Transactions do not nest. A commit that fails has rolled back. */
int history_begin(struct history *history);
int history_commit(struct history *history);
int history_rollback(struct history *history);

/*
 * Add a minute within a transaction; its sketches join those of its hour. A label that is there
 * already merges: counters and covered seconds add, sources and addresses keep the greater, cells
 * of more than 32 bits stay exact in queries. Covered seconds are kept as whole nanoseconds.
 *
 * -EINVAL (nothing is stored): start not a whole minute from 1970 to 9999; covered not within 0 to
 * HISTORY_MAX_COVERED; rows, cells or prefixes out of range or order.
 */
#define HISTORY_MAX_COVERED 1e9
int history_add_minute(struct history *history, const struct minute *minute);

/*
 * Add an event within a transaction. One whose id, phase and time are there already is left as it
 * is.
 */
int history_add_event(struct history *history, const struct event *event);
/* Whether it is there. */
int history_has_event(struct history *history, const struct event *event, bool *has);

/*
 * Candidates for open resolvers, within a transaction: packets add up, times and lengths widen, the
 * country and RCODE of the later one stay. Beyond HISTORY_MAX_RESOLVERS those that were not heard
 * of for longest give way and are counted.
 */
#define HISTORY_MAX_RESOLVERS 262144
int history_add_resolvers(struct history *history, const struct resolver *list, size_t count);
uint64_t history_resolvers_evicted(struct history *history);

/*
 * What came from source ports, within a transaction. A span that is there already (a restart within
 * it) adds samples and packets and keeps the greater number of sources; shares stay.
 */
int history_add_source_ports(struct history *history, const struct source_port *rows, size_t count);

/* Which of the kernel's drained copies the committed minutes contain. */
struct history_mark {
	uint8_t birth[16];
	uint64_t sequence;
};

/* Set within a transaction. */
int history_set_mark(struct history *history, const struct history_mark *mark);
/* -ENOENT when none was ever set. */
int history_get_mark(struct history *history, struct history_mark *mark);

/*
 * The salt under which sources are hashed: sketches of one history join only if all have the same,
 * so it is made once and kept. Set within a transaction; -ENOENT when none was ever set.
 */
int history_set_salt(struct history *history, const uint64_t salt[2]);
int history_get_salt(struct history *history, uint64_t salt[2]);

/* Replace a named snapshot within a transaction. */
int history_put_snapshot(struct history *history, const char *name, const void *data, size_t size);
/* *data is the caller's to free(). -ENOENT when there is none of that name. */
int history_get_snapshot(struct history *history, const char *name, void **data, size_t *size);

/* How long to keep what, in days of now; 0 = for ever. Events are kept as long as days. */
struct history_retention {
	uint32_t minute_days;
	uint32_t hour_days;
	uint32_t day_days;
};

/*
 * Drop what is too old, within a transaction: a bounded piece of work (HISTORY_EXPIRE_STEP minutes
 * and a few rollups), call it every minute. *more, if not NULL, says whether there is more to
 * drop. The file keeps its size: freed pages are used again. Life is never dropped.
 */
#define HISTORY_EXPIRE_STEP 16
int history_expire(struct history *history, int64_t now, const struct history_retention *retention,
	bool *more);

/* -- Reading: as a writer too, in or out of a transaction ---------------------------------- */

/* Start of the latest minute; *any is false when there is none. */
int history_last_minute(struct history *history, int64_t *start, bool *any);

/* How large the records of an interval are, in bytes as they are stored. */
struct history_sizes {
	uint64_t minutes;      /* records of a minute */
	uint64_t minute_bytes; /* all of them together, and so on */
	uint64_t hours;
	uint64_t hour_bytes;
	uint64_t days;
	uint64_t day_bytes;
};

/* Sizes of what starts within [from, to). */
int history_sizes(struct history *history, int64_t from, int64_t to, struct history_sizes *sizes);

/*
 * Each minute with from <= start < to, ascending, as it was added (a merged minute as
 * history_add_minute() says; its mode is the one with the highest number). The minute is valid
 * during the call. A visit that returns other than 0 ends it, and that is returned. The visit must
 * not call this history.
 */
int history_each_minute(struct history *history, int64_t from, int64_t to,
	int (*visit)(void *context, const struct minute *minute), void *context);

/* Life of a port row, or of its cell of a country. -ENOENT when it was never seen. */
int history_port_life(
	struct history *history, uint32_t row, unsigned int country, struct port_life *life);

/*
 * Minutes that were added when they, or later ones, were there already: restarts within a minute, a
 * clock that was set back, replays into the past. For whoever has read those minutes before. They
 * are numbered from 1 on and visited from after + 1 on, ascending; from the beginning when the
 * history began anew since and has no such number. A million are kept: -ESTALE when after is not 0
 * and the next one is gone. A visit that returns other than 0 ends it, and that is returned.
 */
int history_each_revision(struct history *history, uint64_t after,
	int (*visit)(void *context, uint64_t number, int64_t start), void *context);

#endif
