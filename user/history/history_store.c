/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/history_store.h"

#include "user/history/internal.h"
#include "user/history/query.h"
#include "user/history/query_sources.h"

#include <errno.h>

static struct history *history_of(const struct store *store)
{
	return ((const struct history_store *)store)->history;
}

static int rows(struct store *store, const struct store_query *query,
	int (*visit)(void *context, const struct store_row *row), void *context,
	struct store_answer *answer)
{
	return history_query(history_of(store), query, visit, context, answer);
}

static int port_life(
	struct store *store, uint32_t row, unsigned int country, struct port_life *life)
{
	return history_port_life(history_of(store), row, country, life);
}

static int sources(
	struct store *store, const struct store_sources_query *query, struct store_sources *found)
{
	return query_one_source(history_of(store), query, found);
}

static int hold(struct store *store)
{
	struct history *history = history_of(store);

	/* A reader's transaction begins with its first read: until then nothing is held. */
	if (sqlite3_exec(history->db, "BEGIN; SELECT count(*) FROM meta", NULL, NULL, NULL) ==
		SQLITE_OK)
		return 0;
	return sqlite_error(history, sqlite3_errcode(history->db));
}

static void release(struct store *store)
{
	sqlite3_exec(history_of(store)->db, "COMMIT", NULL, NULL, NULL);
}

static const char *message(const struct store *store)
{
	return history_message(history_of(store));
}

static uint64_t damaged(const struct store *store)
{
	return history_damaged(history_of(store));
}

struct history_store history_store_of(struct history *history)
{
	return (struct history_store){
		.store =
			{
				.rows = rows,
				.port_life = port_life,
				.sources = sources,
				.hold = hold,
				.release = release,
				.message = message,
				.damaged = damaged,
			},
		.history = history,
	};
}
