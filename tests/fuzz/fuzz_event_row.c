/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows that a server sends: any text is split or refused, and an event that is taken can be written
 * as JSON and as a row that reads the same. Input: the row; when it is no whole one, its fields
 * fill up from a sound one.
 */
#include "user/engine/event_row.h"
#include "user/engine/tsv.h"
#include "user/model/event_json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void use(const struct event *event)
{
	char *json = event_to_json(event, "fuzz"), *fields[EVENT_ROW_FIELDS + 8];
	char literal[64];
	struct tsv out;

	require(json != NULL && tsv_reserve(&out, 1 << 16) == 0);
	event_row_put(&out, event);
	require(tsv_end_row(&out));
	out.data[out.used - 1] = '\0';
	require(tsv_split(out.data, fields, EVENT_ROW_FIELDS + 8) >= EVENT_ROW_FIELDS);
	require(strcmp(fields[1], event->id) == 0);
	tsv_sql_literal(event->incident, literal, sizeof(literal));
	tsv_release(&out);
	free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *fields[EVENT_ROW_FIELDS];
	struct event event;
	size_t count;

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	count = tsv_split(text, fields, EVENT_ROW_FIELDS);
	if (count == EVENT_ROW_FIELDS && event_row_read(fields, &event) == 0)
		use(&event);
	free(text);
	return 0;
}
