/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending a sensor's history to the engine, each minute, closed hour, closed day and event at least
 * once. Repetition changes no sum: of rows with one key the engine keeps the one with the greatest
 * counters (user/engine/rows.h), so what was sent twice, cut short or corrected counts once.
 *
 * Of a minute, an hour or a day the coverage goes last: readers take no part of one without it. The
 * cursor moves when all of it has been taken. A minute that is changed after it was sent (a clock
 * that was set back, a restart within the minute, a late replay) is in the history's revisions, and
 * is sent again with its hour and day.
 *
 * Memory: one buffer of PUSH_BUFFER bytes and its compressed copy, whatever there is to send.
 */
#ifndef TEITEN_ENGINE_PUSH_H
#define TEITEN_ENGINE_PUSH_H

#include "user/engine/cursor.h"
#include "user/engine/server.h"
#include "user/model/store.h"

#define PUSH_BUFFER ((size_t)8 << 20)

/* What is pushed: a struct of its own with this one in front. Calls return 0 or a negative errno.
 */
struct push_source {
	struct store *store;
	/* Start of the latest minute; *any is false when there is none. */
	int (*last_minute)(struct push_source *source, int64_t *start, bool *any);
	/*
	 * Minutes that were added when a later or the same one was there, with a number above
	 * after, ascending by number, up to a number of the source's choice. A source that has no
	 * such number any more (it began anew) visits from its beginning; -ESTALE when it does not
	 * know any more what came next.
	 */
	int (*revisions)(struct push_source *source, uint64_t after,
		int (*visit)(void *context, uint64_t number, int64_t start), void *context);
};

/* What the sensor says of itself; texts of any bytes. The engine knows better who it is. */
struct push_about {
	const char *name;
	const char *networks; /* as configured */
	const char *country;
	const char *timezone;
};

struct push_parameters {
	struct server *server; /* the caller's */
	const char *database;  /* letters, digits, underscores */
	const char *cursor_path;
	struct push_about about;
};

enum push_outcome {
	PUSH_MORE,   /* something was sent, there may be more */
	PUSH_IDLE,   /* everything is in the engine */
	PUSH_FAILED, /* the engine did not take it: push_state(); try again later */
	PUSH_BROKEN, /* the history cannot be read, the cursor not written: push_sentence() */
};

/* Counted since the start. */
struct push_counters {
	uint64_t rows;      /* sent, repetitions included */
	uint64_t bytes;     /* as compressed */
	uint64_t minutes;   /* of which rows were sent */
	uint64_t revisions; /* minutes sent again since they changed */
	uint64_t rewinds;   /* the engine had lost what it had taken */
	uint64_t failures;  /* requests */
};

struct push;

/* 0 or -ENOMEM. *cursor_error is that of cursor_load(). */
int push_open(const struct push_parameters *parameters, int *cursor_error, struct push **push);
void push_close(struct push *push);

/* Send everything from this time on, again. 0 or -errno of the cursor's file. */
int push_from(struct push *push, int64_t time);

/* One bounded piece of work. */
enum push_outcome push_step(struct push *push, struct push_source *source);

/* Of the last step. The sentence is printable and has no full stop. */
enum server_state push_state(const struct push *push);
const char *push_sentence(const struct push *push);
struct push_counters push_counters(const struct push *push);
/* The label up to which, exclusive, minutes are in the engine; 0 = none. */
int64_t push_pushed_until(const struct push *push);
/* Minutes [from, to) that the history no longer has one by one; equal when there are none. */
void push_unkept(const struct push *push, int64_t *from, int64_t *to);

#endif
