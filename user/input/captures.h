/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several captures one behind the other, in the order given, with one packet of look-ahead, which
 * the packet clock needs where time leaps.
 */
#ifndef TEITEN_INPUT_CAPTURES_H
#define TEITEN_INPUT_CAPTURES_H

#include "user/input/capture.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of a packet that are kept; the largest frame that the kernel's test run takes. */
#define CAPTURES_DATA_MAX 65600

struct captures;

/*
 * Open count captures (at least one) in the order of paths, which must outlive *captures, and so
 * must *error, which takes the text of every failure. Each file, unless it is a pipe, is opened
 * once at this point, so that a missing file or another link type is told before the first packet
 * is counted. Returns 0, a failure of capture_open(), or -EEXIST: two of the paths lead to one
 * file.
 */
int captures_open(const char *const *paths, size_t count, struct capture_error *error,
	struct captures **captures);

/* NULL is allowed. */
void captures_close(struct captures *captures);

/*
 * The next packet of all captures. packet->available is at most CAPTURES_DATA_MAX; length is the
 * captured length in full. packet->data is valid until the next call of captures_next().
 * Returns 1, 0 behind the last capture, or a failure of capture_open() or capture_next(), once:
 * the call after it goes on with the next capture.
 */
int captures_next(struct captures *captures, struct capture_packet *packet);

/*
 * The time of the packet that captures_next() will return, across the border of two files. The
 * packet in hand stays valid. Returns 1, or 0 with *seconds untouched when there is none or a
 * failure comes first (the next captures_next() returns that).
 */
int captures_peek(struct captures *captures, int64_t *seconds);

/* The file being read; the last one behind its end. */
const char *captures_path(const struct captures *captures);

/* As capture_progress(), over all files. */
void captures_progress(
	const struct captures *captures, uint64_t *bytes_read, uint64_t *bytes_total);

#endif
