/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/log.h"

#include "user/lib/columns.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void log_message(enum log_level level, const char *format, ...)
{
	static const char *const words[] = {"error: ", "warning: ", ""};
	char line[1024], clean[1024];
	int saved = errno;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	/* Names of files and interfaces may hold what drives a terminal, or ends a line. */
	columns_clean(line, strlen(line), SIZE_MAX, true, clean, sizeof(clean));
	fprintf(stderr, "teiten: %s%s\n", words[level], clean);
	errno = saved;
}
