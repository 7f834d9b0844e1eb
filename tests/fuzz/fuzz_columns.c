/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as text for a terminal: the first byte of the input is the width, the second the room.
 * What comes out is valid for a terminal, no wider than asked, and stays as it is when it is
 * cleaned again.
 */
#include "user/lib/columns.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t size, size_t limit, bool unicode, size_t room)
{
	char *once = malloc(room), *twice = malloc(room);
	size_t columns = columns_clean(text, size, limit, unicode, once, room);

	if (columns > limit || strlen(once) >= room || columns_of(once, strlen(once)) != columns)
		abort();
	for (const char *c = once; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f ||
			(!unicode && (unsigned char)*c >= 0x80))
			abort();
	if (columns_clean(once, strlen(once), limit, unicode, twice, room) != columns ||
		strcmp(once, twice) != 0)
		abort();
	free(once);
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	check((const char *)data + 2, size - 2, data[0], true, (size_t)data[1] + 1);
	check((const char *)data + 2, size - 2, data[0], false, (size_t)data[1] + 1);
	return 0;
}
