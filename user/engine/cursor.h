/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a push has come: what lies before each mark is in the engine. A small text file, replaced
 * in one step, so that a kill leaves the old marks or the new ones; marks that are too low cost a
 * repetition, which changes nothing there.
 */
#ifndef TEITEN_ENGINE_CURSOR_H
#define TEITEN_ENGINE_CURSOR_H

#include <stdint.h>

struct cursor {
	int64_t minute; /* every minute with an earlier label is sent */
	int64_t hour;   /* every hour, as a sum, that starts earlier */
	int64_t day;
	int64_t event;    /* every event with an earlier time */
	uint64_t revised; /* number of the last revision that was looked at */
};

/*
 * Read it. 0; -ENOENT, and a cursor at the beginning of time; -EBADMSG for a file that is damaged
 * or of another version, with the same cursor; or the reason that it cannot be read.
 */
int cursor_load(const char *path, struct cursor *cursor);
/* 0 or -errno; the old file stays. */
int cursor_save(const char *path, const struct cursor *cursor);
/* Bring every mark back to time, where it is later. revised stays. */
void cursor_rewind(struct cursor *cursor, int64_t time);

#endif
