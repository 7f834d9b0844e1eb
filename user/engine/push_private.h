/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of push share, and no one else includes.
 */
#ifndef TEITEN_ENGINE_PUSH_PRIVATE_H
#define TEITEN_ENGINE_PUSH_PRIVATE_H

#include "user/engine/push.h"

#define PUSH_HOUR INT64_C(3600)
#define PUSH_DAY INT64_C(86400)

struct push {
	struct push_parameters parameters;
	struct cursor cursor;
	struct tsv out;
	bool is_greeted;
	int64_t span;         /* seconds of minutes that the next step tries */
	uint64_t events_seen; /* a sum over the events of the last look; 0 = none */
	int64_t unkept_from, unkept_to;
	struct push_counters counters;
	enum server_state state;
	char sentence[SERVER_SENTENCE_MAX + 128];
};

/* The calls below return 0, one of these two, or a negative errno for trouble on this side. */
#define ENGINE_FAILED 1 /* push->state and the sentence say how */
#define SENT 2          /* something was sent and the cursor moved */

/* -- push_rows.c: rows to the engine, and what can go wrong with that */

/* Set state and sentence. ENGINE_FAILED, and error or -EIO. */
int push_engine_failed(struct push *push, enum server_state state);
int push_history_failed(struct push *push, struct push_source *source, int error);
/* The cursor to its file; the sentence is set on failure. */
int push_save(struct push *push);
/* What is in push->out, which is empty afterwards. */
int push_flush(struct push *push, const char *table);
/* Every row of a table from [from, to); *rows grows by their number. */
int push_table(struct push *push, struct push_source *source, enum store_table table,
	enum store_bin bin, int64_t from, int64_t to, uint64_t *rows);
/* Whole bins from [from, to). The coverage, without which nobody takes the rest, goes last. */
int push_bins(struct push *push, struct push_source *source, enum store_bin bin, int64_t from,
	int64_t to, uint64_t *rows);
/* Notes what the history says it no longer has minute by minute. */
void push_note_unkept(struct push *push, enum store_bin bin, const struct store_answer *answer);

/* -- push_greet.c: is it the engine that is meant, and has it what it took */

int push_greet(struct push *push);

/* -- push_levels.c: what comes after the cursor, in minutes, hours and days */

#define PUSH_LEVELS 3
extern const struct push_level_of {
	enum store_bin bin;
	int64_t length; /* of a bin, in seconds */
} push_levels[PUSH_LEVELS];
/* The cursor's mark of a level. */
int64_t *push_mark(struct push *push, size_t level);
/* The next span of minutes, or of closed hours or days. */
int push_level(struct push *push, struct push_source *source, size_t level, int64_t last_minute);

/* -- push_revisions.c: what changed before the cursor */

int push_revisions(struct push *push, struct push_source *source);

/* -- push_events.c: events, which are told late */

int push_events(struct push *push, struct push_source *source);

#endif
