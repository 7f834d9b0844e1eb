/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an engine answers, a row at a time: split into fields, and read as an event. No bytes may
 * make fields that are longer than the row was, or an event whose texts have no end.
 */
#include "user/engine/event_row.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *row = malloc(size + 1), *fields[EVENT_ROW_FIELDS];
	struct event event;
	size_t count;

	if (!row)
		return 0;
	memcpy(row, data, size);
	row[size] = '\0';
	count = tsv_split(row, fields, EVENT_ROW_FIELDS);
	for (size_t i = 0; i < count; i++)
		if (fields[i] < row || fields[i] + strlen(fields[i]) > row + size)
			abort();
	if (count == EVENT_ROW_FIELDS && event_row_read(fields, &event) == 0 &&
		(strnlen(event.id, sizeof(event.id)) == sizeof(event.id) ||
			strnlen(event.geo_id, sizeof(event.geo_id)) == sizeof(event.geo_id) ||
			event.top_country_count > EVENT_TOP_COUNTRIES))
		abort();
	free(row);
	return 0;
}
