/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts streams: series by name, and their counts minute by minute, for a detector without a
 * sensor. Two forms, told apart by their first byte.
 *
 *   binary, little endian: "TCS1", u32 start (Unix seconds), u32 step (seconds, 60), u32 names,
 *                          names x (u16 length, name);
 *     a minute:            u32 index, f32 exposure, u32 n, n x (u32 name, u32 count)
 *   text, one line each:   "# start step names", "K id name";
 *     a minute:            "M index exposure n", n x "id count"
 *
 * Names count from 0. Within a minute ids ascend. The stream may end after any whole minute.
 * Minutes may repeat or go back; that is for the consumer to judge.
 */
#ifndef TEITEN_INPUT_COUNTS_H
#define TEITEN_INPUT_COUNTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a stream may hold; more is an error. */
#define COUNTS_MAX_NAMES 1048576u
#define COUNTS_MAX_NAME 255u
#define COUNTS_MAX_EXPOSURE 44640. /* minutes: a month in one */

struct counts_entry {
	uint32_t name; /* id */
	uint32_t count;
};

struct counts_minute {
	uint32_t index;
	int64_t start;   /* Unix seconds, a multiple of 60 */
	double exposure; /* observed part of the minute, 0 .. COUNTS_MAX_EXPOSURE */
	const struct counts_entry *entries; /* the reader's, until the next call */
	size_t entry_count;
};

struct counts_reader;

/*
 * Read a stream's header and names. file stays the caller's and open. Returns 0; -EBADMSG for a
 * stream that breaks the rules above, -EIO when reading failed, -ENOMEM. *reader is set in every
 * case but -ENOMEM, so that counts_error() can say where; free it with counts_close().
 */
int counts_open(FILE *file, struct counts_reader **reader);
void counts_close(struct counts_reader *reader);

uint32_t counts_name_count(const struct counts_reader *reader);
/* id < counts_name_count(); printable UTF-8, 1 to COUNTS_MAX_NAME bytes, each name once. */
const char *counts_name(const struct counts_reader *reader, uint32_t id);

/* The next minute. Returns 1, 0 at the stream's end, or a negative error as above. */
int counts_next(struct counts_reader *reader, struct counts_minute *minute);

/* What was wrong and where: "byte 812: ..." or "line 9: ..."; empty when nothing was. */
const char *counts_error(const struct counts_reader *reader);

#endif
