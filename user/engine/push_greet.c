/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/push_private.h"

#include "user/engine/rows.h"
#include "user/lib/text.h"

#include <stdio.h>

/* What an engine without fsync may lose with its power lies within seconds; an hour is cheap. */
#define REWIND_OVERLAP PUSH_HOUR

static int read_one(void *context, char **fields)
{
	uint64_t *number = context;

	return text_parse_unsigned(fields[0], UINT64_MAX, number);
}

static int ask_number(struct push *push, const char *query, uint64_t *number)
{
	enum server_state state;

	*number = UINT64_MAX;
	state = server_ask(push->parameters.server, query, true, 1, read_one, number);
	if (state == SERVER_OK && *number == UINT64_MAX) {
		push_engine_failed(push, SERVER_SCHEMA);
		snprintf(push->sentence, sizeof(push->sentence),
			"database %s has no row in its table schema", push->parameters.database);
		return ENGINE_FAILED;
	}
	return state == SERVER_OK ? 0 : push_engine_failed(push, state);
}

static int check_schema(struct push *push)
{
	char query[256];
	uint64_t version;
	int status;

	snprintf(query, sizeof(query), "SELECT max(version) FROM %s.schema FORMAT TabSeparated",
		push->parameters.database);
	status = ask_number(push, query, &version);
	if (status || version == ROWS_SCHEMA_VERSION)
		return status;
	push_engine_failed(push, SERVER_SCHEMA);
	snprintf(push->sentence, sizeof(push->sentence),
		"the engine's schema has version %llu, this teiten writes version %d: %s",
		(unsigned long long)version, ROWS_SCHEMA_VERSION,
		version < ROWS_SCHEMA_VERSION ? "upgrade the engine's schema" : "upgrade teiten");
	return ENGINE_FAILED;
}

/*
 * An engine that was restored, or lost its last minutes with its power, has less than the cursor
 * says. What it has last is what it is asked for; the hour before may have been on its way to the
 * disk as well.
 */
static int check_last_minute(struct push *push)
{
	char query[256];
	uint64_t last;
	int status;

	snprintf(query, sizeof(query),
		"SELECT toUInt32(max(start)) FROM %s.to_coverage WHERE bin = 'minute' FORMAT "
		"TabSeparated",
		push->parameters.database);
	status = ask_number(push, query, &last);
	if (status || (int64_t)last + 60 >= push->cursor.minute)
		return status;
	push->counters.rewinds++;
	cursor_rewind(&push->cursor, (int64_t)last - REWIND_OVERLAP);
	return push_save(push);
}

static int send_about(struct push *push)
{
	const struct push_about *about = &push->parameters.about;

	tsv_clear(&push->out);
	tsv_text(&push->out, about->name);
	tsv_text(&push->out, about->networks);
	tsv_text(&push->out, about->country);
	tsv_text(&push->out, about->timezone);
	tsv_text(&push->out, TEITEN_VERSION);
	tsv_unsigned(&push->out, 1);
	tsv_end_row(&push->out);
	return push_flush(push, "about");
}

int push_greet(struct push *push)
{
	int status = check_schema(push);

	if (!status)
		status = check_last_minute(push);
	if (!status)
		status = send_about(push);
	push->is_greeted = status == 0;
	return status;
}
