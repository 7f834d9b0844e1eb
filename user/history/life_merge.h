/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entries of port life: those that a chunk stores, and those that sums of one hour's minutes
 * give, merged by key. Only life.c (writing) and life_read.c (asking) include this.
 */
#ifndef TEITEN_HISTORY_LIFE_MERGE_H
#define TEITEN_HISTORY_LIFE_MERGE_H

#include "user/history/blob_layout.h"
#include "user/history/internal.h"

#define LIFE_CHUNKS ((TT_ROWS + BLOB_LIFE_ROWS - 1) / BLOB_LIFE_ROWS)
#define LIFE_NO_KEY UINT64_MAX

/* key = row << 8 | country, or STORE_ALL_COUNTRIES for the row as a whole; times in minutes. */
struct life_entry {
	uint64_t key;
	uint64_t first;
	uint64_t last;
	uint64_t days;
};

/* A walk over the rows of sums; earlier sums are read only if an entry asks for them. */
struct life_walk {
	struct history *history;
	const struct sums *sums;
	uint64_t hour; /* whose minutes the sums hold, in minutes */
	bool have_earlier;
	size_t row;  /* cursor into sums */
	size_t cell; /* next country of row; TT_CELLS: the row itself is next */
	size_t end;  /* of the chunk's rows */
};

/* The next row of sums at or above from that has anything; TT_ROWS if none below end. */
size_t life_next_row(const struct sums *sums, size_t from, size_t end);

/* Whether sums have a key. */
bool life_was_active(const struct sums *sums, uint64_t key);

/* The entry of a key that sums have. */
struct life_entry life_entry_of(const struct life_walk *walk, uint64_t key);

/* The bytes of a chunk, valid until STATEMENT_LIFE_GET is reset: 1, 0 if none, or negative. */
int life_get_chunk(struct history *history, size_t chunk, struct piece *piece);

/* The next entry of an open chunk; its key is LIFE_NO_KEY after the last. 0 or -EBADMSG. */
int life_next_stored(struct blob_reader *reader, struct life_entry *entry);

/* Add the fresh entry of the walk's hour to the stored one of the same key. 0 or negative. */
int life_combine(struct life_walk *walk, struct life_entry *stored, const struct life_entry *fresh);

/*
 * Put the entries of a chunk, which piece holds (size 0: none), together with those of the walk,
 * ascending. What put returns other than 0 ends it, and that is returned; -EBADMSG: damaged.
 */
int life_merge(struct life_walk *walk, const struct piece *piece,
	int (*put)(void *context, const struct life_entry *entry), void *context);

#endif
