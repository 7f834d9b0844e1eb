/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with country data, in a sentence for the operator.
 */
#ifndef TEITEN_GEO_ERROR_H
#define TEITEN_GEO_ERROR_H

#include <stddef.h>

/* "FILE:LINE: what is wrong, and what to do", NUL-terminated, printable, one line. */
struct geo_error {
	char text[512];
};

/*
 * Write the sentence and return -code. file may be NULL (the trouble is no file's), line 0 (no
 * line), error NULL (nobody reads it). What the sentence quotes from a file may hold anything:
 * bytes that are not printable ASCII become '?', and of the file's name the control characters.
 */
int geo_fail(struct geo_error *error, int code, const char *file, size_t line, const char *format,
	...) __attribute__((format(printf, 5, 6)));

#endif
