/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/* Columns from the fifth on that are numbers, in order. */
static const size_t numbers[] = {
	offsetof(struct source_port, packets),
	offsetof(struct source_port, sources),
	offsetof(struct source_port, own_country),
	offsetof(struct source_port, response),
	offsetof(struct source_port, query),
	offsetof(struct source_port, short_),
	offsetof(struct source_port, recursion_available),
	offsetof(struct source_port, answering),
	offsetof(struct source_port, noerror),
	offsetof(struct source_port, servfail),
	offsetof(struct source_port, nxdomain),
	offsetof(struct source_port, refused),
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))
#define FIRST_NUMBER 5
#define VERDICT (FIRST_NUMBER + (int)NUMBERS)

static int put_row(struct history *history, const struct source_port *row)
{
	sqlite3_stmt *put = statement(history, STATEMENT_SOURCE_PORT_PUT);

	if (!put)
		return -EIO;
	sqlite3_bind_int(put, 1, row->span);
	sqlite3_bind_int64(put, 2, row->start);
	sqlite3_bind_text(put, 3, row->is_tcp ? "tcp" : "udp", -1, SQLITE_STATIC);
	sqlite3_bind_int(put, 4, row->port);
	sqlite3_bind_int64(put, 5, (int64_t)row->samples);
	/* SQLite stores NaN as NULL by itself. */
	for (size_t i = 0; i < NUMBERS; i++) {
		double number;

		memcpy(&number, (const char *)row + numbers[i], sizeof(number));
		sqlite3_bind_double(put, FIRST_NUMBER + 1 + (int)i, number);
	}
	sqlite3_bind_text(put, VERDICT + 1, event_verdict_name(row->verdict), -1, SQLITE_STATIC);
	return run(history, put);
}

int history_add_source_ports(struct history *history, const struct source_port *rows, size_t count)
{
	int status = 0;

	for (size_t i = 0; i < count && !status; i++)
		status = put_row(history, &rows[i]);
	return status;
}

static int read_verdict(const char *name, enum event_verdict *verdict)
{
	for (unsigned int i = 0; name && i < EVENT_VERDICTS; i++) {
		if (strcmp(name, event_verdict_name((enum event_verdict)i)) == 0) {
			*verdict = (enum event_verdict)i;
			return 0;
		}
	}
	return -EBADMSG;
}

static int read_row(sqlite3_stmt *row, struct source_port *port)
{
	const char *protocol = (const char *)sqlite3_column_text(row, 2);

	port->span = (enum source_port_span)sqlite3_column_int(row, 0);
	port->start = sqlite3_column_int64(row, 1);
	port->is_tcp = protocol && strcmp(protocol, "tcp") == 0;
	port->port = (uint16_t)sqlite3_column_int(row, 3);
	port->samples = (uint64_t)sqlite3_column_int64(row, 4);
	for (size_t i = 0; i < NUMBERS; i++) {
		int column = FIRST_NUMBER + (int)i;
		double number = sqlite3_column_type(row, column) == SQLITE_NULL
					? NAN
					: sqlite3_column_double(row, column);

		memcpy((char *)port + numbers[i], &number, sizeof(number));
	}
	return read_verdict((const char *)sqlite3_column_text(row, VERDICT), &port->verdict);
}

int source_ports_each(struct history *history, enum source_port_span span, int64_t from, int64_t to,
	int (*visit)(void *context, const struct source_port *row), void *context)
{
	sqlite3_stmt *range;
	int status;

	if (!holds_table(history, "source_port"))
		return 0;
	range = statement(history, STATEMENT_SOURCE_PORT_RANGE);
	if (!range)
		return -EIO;
	sqlite3_bind_int(range, 1, span);
	sqlite3_bind_int64(range, 2, from);
	sqlite3_bind_int64(range, 3, to);
	while ((status = next_row(history, range)) > 0) {
		struct source_port row = {0};

		if (read_row(range, &row)) {
			history->damaged++;
			continue;
		}
		status = visit(context, &row);
		if (status)
			break;
	}
	sqlite3_reset(range);
	return status;
}

int source_ports_expire(struct history *history, enum source_port_span span, int64_t before)
{
	sqlite3_stmt *drop = statement(history, STATEMENT_SOURCE_PORT_EXPIRE);

	if (!drop)
		return -EIO;
	sqlite3_bind_int(drop, 1, span);
	sqlite3_bind_int64(drop, 2, before);
	return run(history, drop);
}
