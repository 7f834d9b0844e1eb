/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/cursor.h"

#include "user/lib/file.h"
#include "user/lib/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "teiten push 1"
#define FILE_MAX 1024

static const char *const names[] = {"minute", "hour", "day", "event", "revised"};

/* "name number" on a line of its own, in this order. */
static int read_mark(char **rest, const char *name, uint64_t *number)
{
	char *line = strsep(rest, "\n");
	size_t length = strlen(name);

	if (!line || !*rest || strncmp(line, name, length) != 0 || line[length] != ' ')
		return -EBADMSG;
	return text_parse_unsigned(line + length + 1, INT64_MAX, number) ? -EBADMSG : 0;
}

int cursor_load(const char *path, struct cursor *cursor)
{
	CLEANUP_FREE char *text = NULL;
	uint64_t marks[5];
	char *rest, *head;
	size_t size;
	int error;

	*cursor = (struct cursor){0};
	error = file_read_all(path, FILE_MAX, &text, &size);
	if (error)
		return error == -EFBIG ? -EBADMSG : error;
	rest = text;
	head = strsep(&rest, "\n");
	if (!rest || strcmp(head, HEAD) != 0)
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (read_mark(&rest, names[i], &marks[i]))
			return -EBADMSG;
	*cursor = (struct cursor){
		.minute = (int64_t)marks[0],
		.hour = (int64_t)marks[1],
		.day = (int64_t)marks[2],
		.event = (int64_t)marks[3],
		.revised = marks[4],
	};
	return 0;
}

int cursor_save(const char *path, const struct cursor *cursor)
{
	const uint64_t marks[] = {(uint64_t)cursor->minute, (uint64_t)cursor->hour,
		(uint64_t)cursor->day, (uint64_t)cursor->event, cursor->revised};
	char text[FILE_MAX];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s\n", HEAD);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %llu\n", names[i],
			(unsigned long long)marks[i]);
	return file_replace(path, text, used, 0640, FILE_DURABLE);
}

void cursor_rewind(struct cursor *cursor, int64_t time)
{
	const int64_t at = time > 0 ? time : 0;
	int64_t *const marks[] = {&cursor->minute, &cursor->hour, &cursor->day, &cursor->event};
	const int64_t units[] = {60, 3600, 86400, 60};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (*marks[i] > at)
			*marks[i] = at - at % units[i];
}
