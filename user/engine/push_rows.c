/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/push_private.h"

#include "user/engine/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int push_engine_failed(struct push *push, enum server_state state)
{
	push->state = state;
	push->counters.failures++;
	push->is_greeted = false;
	snprintf(push->sentence, sizeof(push->sentence), "%s",
		server_sentence(push->parameters.server));
	return ENGINE_FAILED;
}

int push_history_failed(struct push *push, struct push_source *source, int error)
{
	snprintf(push->sentence, sizeof(push->sentence), "history: %s",
		source->store->message(source->store));
	return error < 0 ? error : -EIO;
}

int push_save(struct push *push)
{
	int error = cursor_save(push->parameters.cursor_path, &push->cursor);

	if (error)
		snprintf(push->sentence, sizeof(push->sentence), "%s: %s",
			push->parameters.cursor_path, strerror(-error));
	return error;
}

int push_flush(struct push *push, const char *table)
{
	enum server_state state = SERVER_OK;

	if (push->out.used) {
		push->counters.rows += push->out.rows;
		state = server_insert(
			push->parameters.server, push->parameters.database, table, &push->out);
	}
	tsv_clear(&push->out);
	return state == SERVER_OK ? 0 : push_engine_failed(push, state);
}

void push_note_unkept(struct push *push, enum store_bin bin, const struct store_answer *answer)
{
	if (bin != BIN_MINUTE || answer->unkept_from >= answer->unkept_to)
		return;
	push->unkept_from = answer->unkept_from;
	push->unkept_to = answer->unkept_to;
}

struct sending {
	struct push *push;
	enum store_table table;
	enum store_bin bin;
	int64_t from; /* rows of earlier bins are not wanted: none of history's starts earlier */
	uint64_t rows;
};

static int send_row(void *context, const struct store_row *row)
{
	struct sending *sending = context;
	struct tsv *out = &sending->push->out;
	int error;

	sending->rows++;
	if (rows_put(out, sending->table, sending->bin, row))
		return 0;
	error = push_flush(sending->push, rows_table_name(sending->table));
	if (!error && !rows_put(out, sending->table, sending->bin, row))
		return -EMSGSIZE;
	return error;
}

int push_table(struct push *push, struct push_source *source, enum store_table table,
	enum store_bin bin, int64_t from, int64_t to, uint64_t *rows)
{
	struct sending sending = {.push = push, .table = table, .bin = bin};
	struct store_query query = store_query_all(table, bin);
	struct store_answer answer = {0};
	int status;

	query.from = from;
	query.to = to;
	tsv_clear(&push->out);
	status = source->store->rows(source->store, &query, send_row, &sending, &answer);
	if (status < 0)
		return push_history_failed(push, source, status);
	if (!status)
		status = push_flush(push, rows_table_name(table));
	push_note_unkept(push, bin, &answer);
	*rows += sending.rows;
	return status;
}

int push_bins(struct push *push, struct push_source *source, enum store_bin bin, int64_t from,
	int64_t to, uint64_t *rows)
{
	static const enum store_table tables[] = {TABLE_CELLS, TABLE_PORTS, TABLE_SPORT53,
		TABLE_PREFIXES, TABLE_LEDGER, TABLE_COVERAGE};
	int status = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !status; i++)
		status = push_table(push, source, tables[i], bin, from, to, rows);
	return status;
}
