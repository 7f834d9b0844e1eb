/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that grows. What fails for lack of memory is remembered: later calls do nothing, and the
 * error is looked at once, at the end.
 *
 *	struct buffer page = {0};
 *	buffer_format(&page, "%u days", days);
 *	if (page.error) ...
 *	buffer_release(&page);
 */
#ifndef TEITEN_LIB_BUFFER_H
#define TEITEN_LIB_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

struct buffer {
	char *bytes; /* size of them, and a NUL; NULL before anything was added */
	size_t size;
	size_t capacity;
	int error; /* 0 or -ENOMEM */
};

void buffer_add(struct buffer *buffer, const void *bytes, size_t size);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buffer_format_list(struct buffer *buffer, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
/* Empty it; the memory stays for what comes next. */
void buffer_clear(struct buffer *buffer);
/* Give the memory back; the buffer can be used again. */
void buffer_release(struct buffer *buffer);

#endif
