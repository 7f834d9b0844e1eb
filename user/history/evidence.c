/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include "user/model/evidence_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool holds_table(struct history *history, const char *name)
{
	return sqlite3_table_column_metadata(
		       history->db, NULL, name, NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

/* -- Evidence of events -------------------------------------------------------------------- */

static void bind_event(sqlite3_stmt *ready, const struct event *event)
{
	sqlite3_bind_text(ready, 1, event->id, -1, SQLITE_STATIC);
	sqlite3_bind_text(ready, 2, event_phase_name(event->phase), -1, SQLITE_STATIC);
	sqlite3_bind_int64(ready, 3, event->time);
}

int evidence_put(struct history *history, const struct event *event)
{
	char *text = evidence_to_json(&event->evidence);
	sqlite3_stmt *put;
	int status = text ? 0 : -ENOMEM;

	if (!status && strcmp(text, "{}") != 0) {
		put = statement(history, STATEMENT_EVIDENCE_PUT);
		status = put ? 0 : -EIO;
		if (put) {
			bind_event(put, event);
			sqlite3_bind_text(put, 4, text, -1, SQLITE_STATIC);
			status = run(history, put);
		}
	}
	free(text);
	return status;
}

int evidence_get(struct history *history, struct event *event)
{
	sqlite3_stmt *get;
	const char *text;
	int more, status = 0;

	if (!holds_table(history, "evidence"))
		return 0;
	get = statement(history, STATEMENT_EVIDENCE_GET);
	if (!get)
		return -EIO;
	bind_event(get, event);
	more = next_row(history, get);
	if (more > 0) {
		text = (const char *)sqlite3_column_text(get, 0);
		status = text ? evidence_from_json(text, &event->evidence) : -EBADMSG;
		sqlite3_reset(get);
	}
	return more < 0 ? more : status;
}

/* -- Resolvers ----------------------------------------------------------------------------- */

static int count_resolvers(struct history *history, int64_t *count)
{
	sqlite3_stmt *ready = statement(history, STATEMENT_RESOLVER_COUNT);
	int more = ready ? next_row(history, ready) : -EIO;

	if (more < 0)
		return more;
	*count = sqlite3_column_int64(ready, 0);
	sqlite3_reset(ready);
	return 0;
}

static int put_resolver(struct history *history, const struct resolver *resolver)
{
	sqlite3_stmt *put = statement(history, STATEMENT_RESOLVER_PUT);

	if (!put)
		return -EIO;
	sqlite3_bind_blob(put, 1, resolver->address, resolver->is_v6 ? 16 : 4, SQLITE_STATIC);
	sqlite3_bind_text(put, 2, country_code(resolver->country), -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 3, resolver->first);
	sqlite3_bind_int64(put, 4, resolver->last);
	sqlite3_bind_int64(put, 5, (int64_t)resolver->packets);
	sqlite3_bind_int(put, 6, resolver->rcode);
	sqlite3_bind_int64(put, 7, resolver->max_length);
	return run(history, put);
}

/* Those that were not heard of for longest give way. */
static int evict(struct history *history)
{
	int64_t count, evicted;
	sqlite3_stmt *drop;
	int status = count_resolvers(history, &count);

	if (status || count <= HISTORY_MAX_RESOLVERS)
		return status;
	drop = statement(history, STATEMENT_RESOLVER_EVICT);
	if (!drop)
		return -EIO;
	count -= HISTORY_MAX_RESOLVERS;
	sqlite3_bind_int64(drop, 1, count);
	status = run(history, drop);
	if (!status)
		status = meta_time(history, "resolvers_evicted", 0, &evicted);
	return status ? status : set_meta_time(history, "resolvers_evicted", evicted + count);
}

int history_add_resolvers(struct history *history, const struct resolver *list, size_t count)
{
	int status = 0;

	for (size_t i = 0; i < count && !status; i++)
		status = put_resolver(history, &list[i]);
	return status || !count ? status : evict(history);
}

uint64_t history_resolvers_evicted(struct history *history)
{
	int64_t evicted = 0;

	return meta_time(history, "resolvers_evicted", 0, &evicted) ? 0 : (uint64_t)evicted;
}

static int read_resolver(sqlite3_stmt *row, struct resolver *resolver)
{
	struct piece address = piece_of(row, 0);
	const char *country = (const char *)sqlite3_column_text(row, 1);

	if ((address.size != 4 && address.size != 16) || !country || strlen(country) != 2 ||
		!country_find(country, &resolver->country))
		return -EBADMSG;
	resolver->is_v6 = address.size == 16;
	memcpy(resolver->address, address.data, address.size);
	resolver->first = sqlite3_column_int64(row, 2);
	resolver->last = sqlite3_column_int64(row, 3);
	resolver->packets = (uint64_t)sqlite3_column_int64(row, 4);
	resolver->rcode = sqlite3_column_int(row, 5) & 15;
	resolver->max_length = (uint32_t)sqlite3_column_int64(row, 6);
	return 0;
}

int resolvers_each(struct history *history, int64_t from, int64_t to,
	int (*visit)(void *context, const struct resolver *resolver), void *context)
{
	sqlite3_stmt *range;
	int status;

	if (!holds_table(history, "resolver"))
		return 0;
	range = statement(history, STATEMENT_RESOLVER_RANGE);
	if (!range)
		return -EIO;
	sqlite3_bind_int64(range, 1, from);
	sqlite3_bind_int64(range, 2, to);
	while ((status = next_row(history, range)) > 0) {
		struct resolver resolver = {0};

		if (read_resolver(range, &resolver)) {
			history->damaged++;
			continue;
		}
		status = visit(context, &resolver);
		if (status)
			break;
	}
	sqlite3_reset(range);
	return status;
}
