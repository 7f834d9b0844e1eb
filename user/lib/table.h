/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables on a file descriptor, row by row, in three forms:
 *
 *   TABLE_TEXT  aligned columns with a header, for people; wider values push what follows
 *   TABLE_CSV   RFC 4180 with LF: a header line, quotes only where needed
 *   TABLE_JSON  one array of objects, numbers as numbers
 *
 * A row is one call for each column in order, then table_end_row(). A value that is not known is
 * table_nothing(): empty in text and CSV, left out in JSON. Nothing is allocated; a row may be of
 * any length, a value as text of TABLE_TEXT_MAX bytes. A write that fails is remembered: later
 * calls do nothing, table_finish() tells.
 */
#ifndef TEITEN_LIB_TABLE_H
#define TEITEN_LIB_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum table_format { TABLE_TEXT, TABLE_CSV, TABLE_JSON, TABLE_FORMATS };

struct table_column {
	const char *name; /* CSV header, JSON key; plain ASCII without quotes */
	int width;        /* in text: columns of a terminal; negative = aligned to the right */
};

#define TABLE_BUFFER 65536
#define TABLE_TEXT_MAX 4096

struct table {
	int fd;
	enum table_format format;
	const struct table_column *columns; /* the caller's, until table_finish() */
	size_t column_count;
	size_t column; /* the next one */
	uint64_t rows;
	int error;      /* 0, or the first failure as a negative errno */
	size_t padding; /* of the text value before, not yet written */
	int64_t time;   /* whose text is time_text; see table_time() */
	char time_text[32];
	size_t used;
	char buffer[TABLE_BUFFER];
};

/* Start a table: the header is written. 0, -EINVAL for a format out of range. */
int table_start(struct table *table, int fd, enum table_format format,
	const struct table_column *columns, size_t column_count);

/* The format of that name (table, csv, json): 0 or -EINVAL. */
int table_format_find(const char *name, enum table_format *format);

void table_string(struct table *table, const char *value); /* UTF-8 or ASCII */
void table_unsigned(struct table *table, uint64_t value);
/* Up to 15 significant digits, 9 in text; NaN and infinities are nothing. */
void table_double(struct table *table, double value);
void table_time(struct table *table, int64_t seconds); /* RFC 3339, UTC */
void table_nothing(struct table *table);
void table_end_row(struct table *table);

/* Whether writing has failed: there is no use in more rows. */
static inline int table_error(const struct table *table)
{
	return table->error;
}

/* End the table and write what is left. 0, or the first failure. */
int table_finish(struct table *table);

#endif
