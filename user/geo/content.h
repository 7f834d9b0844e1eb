/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file's content in private memory: whoever overwrites or truncates the file later changes
 * nothing here.
 */
#ifndef TEITEN_GEO_CONTENT_H
#define TEITEN_GEO_CONTENT_H

#include "user/geo/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Of a file, and of what a compressed file expands to (bytes); more is an error. */
#define GEO_MAX_CONTENT ((size_t)512 << 20)

struct geo_content {
	char *data; /* size bytes and a NUL behind them; owned */
	size_t size;
	bool compressed; /* the file was gzip'd; data is what it holds */
};

/*
 * Read a regular file whole, gzip'd or not. Returns 0, or with a sentence a negative errno: of
 * open, stat and read, -EINVAL for damaged compression, a directory or another kind of file,
 * -EFBIG, -ENOMEM.
 */
int geo_content_read(const char *path, struct geo_content *content, struct geo_error *error);

/* The same from memory, which is copied. file names it in messages. */
int geo_content_copy(const char *file, const void *data, size_t size, struct geo_content *content,
	struct geo_error *error);

void geo_content_release(struct geo_content *content);

#endif
