/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text as a terminal shows it: columns are counted, not bytes, and nothing in it drives the
 * terminal or hides from the reader. Whatever is not a visible character of valid UTF-8 becomes
 * "?": control characters of both sets, broken sequences, direction marks and other invisible
 * ones, what Unicode has not assigned, and accents beyond COLUMNS_MAX_MARKS upon one character.
 */
#ifndef TEITEN_LIB_COLUMNS_H
#define TEITEN_LIB_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

/* Marks that one character may carry; more would run over the lines around it. */
#define COLUMNS_MAX_MARKS 3

/* Columns that a text takes once it is clean (wcwidth's, of the locale C.UTF-8). */
size_t columns_of(const char *text, size_t size);

/*
 * Write at most limit columns of a text of size bytes into out (room bytes, at least 1), clean and
 * NUL-terminated. unicode false: characters outside ASCII become "?" as well. A character that
 * does not fit whole ends the text. Returns the columns written.
 */
size_t columns_clean(
	const char *text, size_t size, size_t limit, bool unicode, char *out, size_t room);

#endif
