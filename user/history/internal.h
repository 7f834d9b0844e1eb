/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this folder share, and no one else includes.
 */
#ifndef TEITEN_HISTORY_INTERNAL_H
#define TEITEN_HISTORY_INTERNAL_H

#include "user/history/blob.h"
#include "user/history/history.h"
#include "user/history/sketches.h"

#include <sqlite3.h>

#define HOUR_SECONDS INT64_C(3600)
#define DAY_SECONDS INT64_C(86400)
/* 9999-12-31T23:59:60Z */
#define TIME_LIMIT INT64_C(253402300800)
/* No open hour or day. */
#define NO_TIME INT64_C(-1)

/* Rollup rows hold one of these each, so that a question reads only what it asks about. */
enum content { CONTENT_HEAD, CONTENT_PORTS, CONTENT_CELLS, CONTENT_PREFIXES, CONTENTS };
enum span { SPAN_HOUR, SPAN_DAY };

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_META_GET,
	STATEMENT_META_PUT,
	STATEMENT_MINUTE_GET,
	STATEMENT_MINUTE_PUT,
	STATEMENT_MINUTE_DROP,
	STATEMENT_MINUTE_LAST,
	STATEMENT_MINUTE_NEXT,
	STATEMENT_MINUTE_RANGE,
	STATEMENT_MINUTE_SIZES,
	STATEMENT_MINUTE_EXPIRE,
	STATEMENT_MINUTE_OLD,
	STATEMENT_ROLLUP_PUT,
	STATEMENT_ROLLUP_RANGE,
	STATEMENT_ROLLUP_SIZES,
	STATEMENT_ROLLUP_PARTS,
	STATEMENT_ROLLUP_NEXT,
	STATEMENT_ROLLUP_DROP,
	STATEMENT_ROLLUP_DROP_ONE,
	STATEMENT_DAMAGED_PUT,
	STATEMENT_LIFE_GET,
	STATEMENT_LIFE_PUT,
	STATEMENT_EVENT_PUT,
	STATEMENT_EVENT_FIND,
	STATEMENT_EVENT_RANGE,
	STATEMENT_EVENT_EXPIRE,
	STATEMENT_REVISION_TABLE,
	STATEMENT_REVISION_PUT,
	STATEMENT_REVISION_DROP,
	STATEMENT_REVISION_ENDS,
	STATEMENT_REVISION_RANGE,
	STATEMENT_EVIDENCE_PUT,
	STATEMENT_EVIDENCE_GET,
	STATEMENT_EVIDENCE_EXPIRE,
	STATEMENT_SOURCE_PORT_PUT,
	STATEMENT_SOURCE_PORT_RANGE,
	STATEMENT_SOURCE_PORT_EXPIRE,
	STATEMENT_RESOLVER_COUNT,
	STATEMENT_RESOLVER_PUT,
	STATEMENT_RESOLVER_EVICT,
	STATEMENT_RESOLVER_RANGE,
	STATEMENT_SNAPSHOT_GET,
	STATEMENT_SNAPSHOT_PUT,
	STATEMENT_SOURCES_GET,
	STATEMENT_SOURCES_PUT,
	STATEMENT_SOURCES_LACK,
	STATEMENT_SOURCES_DROP,
	STATEMENT_SOURCES_RANGE,
	STATEMENT_SOURCES_NEXT,
	STATEMENT_SOURCES_UNKNOWN,
	STATEMENT_SOURCES_EXPIRE,
	STATEMENTS,
};

struct history {
	sqlite3 *db;
	int lock; /* -1 for a reader */
	bool writable;
	sqlite3_stmt *statements[STATEMENTS];
	struct blob_writer writer; /* of a writer only */
	struct blob_reader reader;
	struct blob_reader life_reader; /* a chunk stays open while rollups are read */
	struct sums sums;               /* what is being summed */
	struct sums earlier;            /* a day's sums before an addition, see life.c */
	struct minute minute;           /* reserved by the first history_each_minute() */
	/* Hour and day that have no rollup yet, as the transaction sees them. */
	int64_t open_hour;
	int64_t open_day;
	/* Sketches: of the hour that is written, NO_TIME = none; of a question, made by
	 * the first. */
	struct sketches hour;
	int64_t sketched_hour;
	struct sketches asked;
	bool has_sources; /* a reader's database may be older than the table */
	uint64_t damaged;
	struct history_error error;
};

static inline int64_t floor_to(int64_t time, int64_t unit)
{
	return time - time % unit;
}

/* -- database.c ---------------------------------------------------------------------------- */

/* A statement ready to bind; NULL with the error set in *history. */
sqlite3_stmt *statement(struct history *history, enum statement which);
/* Say what went wrong and return it: a negative errno for SQLite's result. */
int sqlite_error(struct history *history, int result);
int say(struct history *history, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Step a statement that returns no rows, and reset it. */
int run(struct history *history, sqlite3_stmt *ready);
/* Step: 1 a row, 0 the end (reset), or negative (reset). */
int next_row(struct history *history, sqlite3_stmt *ready);

/* A time of meta; otherwise where there is none. 0 or a negative errno, *time as it was. */
int meta_time(struct history *history, const char *name, int64_t otherwise, int64_t *time);
int set_meta_time(struct history *history, const char *name, int64_t value);

/* -- copy.c -------------------------------------------------------------------------------- */

#define COPY_PATH_MAX 4096

/* Copy a database and its WAL to a new directory of TMPDIR or /tmp. 0 or a negative errno. */
int copy_database(const char *database, char directory[COPY_PATH_MAX]);
/* Remove it; a connection that has begun to read keeps what it needs. */
void remove_copy(const char *directory);

/* -- schema.c ------------------------------------------------------------------------------ */

extern const char *const statement_text[STATEMENTS];
/* These return SQLite's results. Make the tables of an empty database. */
int schema_create(sqlite3 *db);
/* Make the tables that a database of this version may lack, since an older program made it. */
int schema_complete(sqlite3 *db);
/* Whether there is the table of distinct sources. */
bool schema_has_sources(sqlite3 *db);
/* SQLITE_OK; SQLITE_EMPTY; SQLITE_SCHEMA another version (*version); or the failure to read. */
int schema_check(sqlite3 *db, int *version);

/* -- store.c ------------------------------------------------------------------------------- */

/* Move a damaged minute aside. */
int set_minute_aside(struct history *history, int64_t start);
/* A column's blob. Empty ones are NULL with size 0. */
struct piece {
	const void *data;
	size_t size;
};
struct piece piece_of(sqlite3_stmt *row, int column);

/* -- rollup.c ------------------------------------------------------------------------------ */

unsigned int content_sections(enum content content);
/* Number of the next part of an hour or a day, 0 when it has none; negative on failure. */
int rollup_parts(struct history *history, enum span span, int64_t start);
/* Be ready for a minute: close what it ends, say whether its hour is closed already. */
int rollup_prepare(struct history *history, int64_t minute_start, bool *closed);
/* Add a minute of a closed hour to the rollups. */
int rollup_add_late(struct history *history, const struct minute *minute);
/*
 * Add to history->sums the parts of every hour or day with from <= start < to. Returns 0, or
 * negative. Damaged parts are counted and left out.
 */
int rollup_read(struct history *history, enum span span, int64_t from, int64_t to,
	unsigned int contents, struct sums *sums);

/* Drop an hour or a day, all of its parts. */
int rollup_drop(struct history *history, enum span span, int64_t start);

/* -- hour_sketches.c ----------------------------------------------------------------------- */

/* Join a minute's sketches to those of its hour, within a transaction. */
int hour_sketches_add(struct history *history, const struct minute *minute);
/* Note that a minute with packets came without sketches: those of its hour are not all. */
int hour_sketches_lack(struct history *history, const struct minute *minute);
/* Store what has been joined: before the transaction ends. */
int hour_sketches_flush(struct history *history);
/* What has been joined since the last flush is void. */
void hour_sketches_forget(struct history *history);
/* Drop sketches of hours before a time, a bounded number of them. */
int hour_sketches_expire(struct history *history, int64_t before);

/* -- life.c, life_read.c ------------------------------------------------------------------- */

/* Bring life up to date with sums, which are those of minutes of one hour. */
int life_update(struct history *history, const struct sums *sums, int64_t hour);
/*
 * Visit the life of every row and cell, or of those of one row (TT_ROW_NONE: all), by row: its
 * countries by number, then STORE_ALL_COUNTRIES, the row as a whole. A damaged chunk is counted
 * and its rest left out. A visit that returns other than 0 ends it, and that is returned. Uses
 * history->sums.
 */
int life_each(struct history *history, uint32_t only_row,
	int (*visit)(
		void *context, uint32_t row, unsigned int country, const struct port_life *life),
	void *context);

/* -- revisions.c --------------------------------------------------------------------------- */

/* Remember that a minute was added when it, or a later one, was there. */
int revision_note(struct history *history, int64_t start);

/* -- evidence.c ---------------------------------------------------------------------------- */

/* Whether the database has it: one that only an older version wrote lacks some. */
bool holds_table(struct history *history, const char *name);
/* Store the evidence of an event, unless there is none. */
int evidence_put(struct history *history, const struct event *event);
/* Fill event->evidence when it is stored. -EBADMSG: what is stored cannot be read. */
int evidence_get(struct history *history, struct event *event);
/* Resolvers heard of in [from, to), IPv4 before IPv6, by address. As history_query()'s visits. */
int resolvers_each(struct history *history, int64_t from, int64_t to,
	int (*visit)(void *context, const struct resolver *resolver), void *context);

/* -- source_ports.c ------------------------------------------------------------------------ */

/* Rows of a span with from <= start < to, by time, protocol and port. */
int source_ports_each(struct history *history, enum source_port_span span, int64_t from, int64_t to,
	int (*visit)(void *context, const struct source_port *row), void *context);
int source_ports_expire(struct history *history, enum source_port_span span, int64_t before);

/* -- events.c ------------------------------------------------------------------------------ */

/* The event of a row of STATEMENT_EVENT_RANGE; -EBADMSG when its values are impossible. */
int event_of_row(struct history *history, sqlite3_stmt *row, struct event *event);

#endif
