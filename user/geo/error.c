/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/error.h"

#include <stdarg.h>
#include <stdio.h>

static void make_printable(char *text, int ascii_only)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || byte == 0x7f || (ascii_only && byte > 0x7f))
			*text = '?';
	}
}

int geo_fail(
	struct geo_error *error, int code, const char *file, size_t line, const char *format, ...)
{
	va_list arguments;
	char *text;
	int used = 0;

	if (!error)
		return -code;
	/* A long path must leave room for the sentence. */
	if (file && line)
		used = snprintf(error->text, sizeof(error->text), "%.255s:%zu: ", file, line);
	else if (file)
		used = snprintf(error->text, sizeof(error->text), "%.255s: ", file);
	text = error->text + used;
	if (used)
		make_printable(error->text, 0);
	va_start(arguments, format);
	vsnprintf(text, sizeof(error->text) - (size_t)used, format, arguments);
	va_end(arguments);
	make_printable(text, 1);
	return -code;
}
