/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 4096

/* Room for size bytes and a NUL behind what is there. */
static char *reserve(struct buffer *buffer, size_t size)
{
	size_t needed = buffer->size + size + 1;
	size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
	char *bytes;

	if (buffer->error)
		return NULL;
	while (capacity < needed)
		capacity *= 2;
	if (capacity != buffer->capacity) {
		bytes = realloc(buffer->bytes, capacity);
		if (!bytes) {
			buffer->error = -ENOMEM;
			return NULL;
		}
		buffer->bytes = bytes;
		buffer->capacity = capacity;
	}
	return buffer->bytes + buffer->size;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
	char *end = reserve(buffer, size);

	if (!end)
		return;
	memcpy(end, bytes, size);
	end[size] = '\0';
	buffer->size += size;
}

void buffer_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void buffer_format_list(struct buffer *buffer, const char *format, va_list arguments)
{
	va_list again;
	char *end;
	int size;

	va_copy(again, arguments);
	size = vsnprintf(NULL, 0, format, again);
	va_end(again);
	end = size < 0 ? NULL : reserve(buffer, (size_t)size);
	if (!end)
		return;
	vsnprintf(end, (size_t)size + 1, format, arguments);
	buffer->size += (size_t)size;
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_format_list(buffer, format, arguments);
	va_end(arguments);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	if (buffer->bytes)
		buffer->bytes[0] = '\0';
}

void buffer_release(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){0};
}
