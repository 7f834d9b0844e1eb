/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/table.h"

#include "user/lib/columns.h"
#include "user/lib/text.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const format_names[] = {"table", "csv", "json"};
_Static_assert(sizeof(format_names) / sizeof(format_names[0]) == TABLE_FORMATS, "a name for each");

int table_format_find(const char *name, enum table_format *format)
{
	for (unsigned int i = 0; i < TABLE_FORMATS; i++) {
		if (strcmp(name, format_names[i]) == 0) {
			*format = (enum table_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

static void flush(struct table *table)
{
	size_t done = 0;

	while (done < table->used && !table->error) {
		ssize_t written = write(table->fd, table->buffer + done, table->used - done);

		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR)
			table->error = -errno;
	}
	table->used = 0;
}

static void put(struct table *table, const char *bytes, size_t size)
{
	while (size > TABLE_BUFFER - table->used) {
		size_t part = TABLE_BUFFER - table->used;

		memcpy(table->buffer + table->used, bytes, part);
		table->used += part;
		bytes += part;
		size -= part;
		flush(table);
	}
	memcpy(table->buffer + table->used, bytes, size);
	table->used += size;
}

static void put_char(struct table *table, char c)
{
	if (table->used == TABLE_BUFFER)
		flush(table);
	table->buffer[table->used++] = c;
}

/* -- Text ---------------------------------------------------------------------------------- */

static void put_spaces(struct table *table, size_t count)
{
	for (; count; count--)
		put_char(table, ' ');
}

static void text_value(struct table *table, const char *value, size_t size)
{
	int width = table->columns[table->column].width;
	size_t wanted = (size_t)(width < 0 ? -width : width);
	/* Text of a database may hold what drives a terminal. */
	char clean[TABLE_TEXT_MAX];
	size_t have = columns_clean(value, size, SIZE_MAX, true, clean, sizeof(clean));
	size_t padding = wanted > have ? wanted - have : 0;

	/* What pads the end of a line is never written. */
	put_spaces(table, table->padding + (table->column ? 2 : 0));
	table->padding = 0;
	if (width < 0)
		put_spaces(table, padding);
	else
		table->padding = padding;
	put(table, clean, strlen(clean));
}

/* -- CSV and JSON -------------------------------------------------------------------------- */

static void csv_string(struct table *table, const char *value)
{
	if (!value[strcspn(value, ",\"\r\n")]) {
		put(table, value, strlen(value));
		return;
	}
	put_char(table, '"');
	for (; *value; value++) {
		if (*value == '"')
			put_char(table, '"');
		put_char(table, *value);
	}
	put_char(table, '"');
}

static void json_string(struct table *table, const char *value)
{
	char escape[8];

	put_char(table, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			put_char(table, '\\');
		if ((unsigned char)*value >= ' ') {
			put_char(table, *value);
			continue;
		}
		snprintf(escape, sizeof(escape), "\\u%04x", (unsigned int)*value);
		put(table, escape, 6);
	}
	put_char(table, '"');
}

/* What comes before a value in CSV or JSON. */
static void introduce(struct table *table)
{
	const char *name = table->columns[table->column].name;

	if (table->format == TABLE_CSV) {
		if (table->column)
			put_char(table, ',');
		return;
	}
	/* padding tells whether the row's object has begun. */
	if (table->padding)
		put(table, ",\"", 2);
	else if (table->rows)
		put(table, ",\n{\"", 4);
	else
		put(table, "\n{\"", 3);
	put(table, name, strlen(name));
	put(table, "\":", 2);
	table->padding = 1;
}

/* A value that needs no quotes anywhere. */
static void plain(struct table *table, const char *value, size_t size)
{
	if (table->format == TABLE_TEXT) {
		text_value(table, value, size);
	} else {
		introduce(table);
		put(table, value, size);
	}
	table->column++;
}

void table_string(struct table *table, const char *value)
{
	if (table->format == TABLE_TEXT) {
		text_value(table, value, strlen(value));
	} else {
		introduce(table);
		if (table->format == TABLE_CSV)
			csv_string(table, value);
		else
			json_string(table, value);
	}
	table->column++;
}

void table_nothing(struct table *table)
{
	if (table->format == TABLE_JSON)
		table->column++;
	else
		plain(table, "", 0);
}

void table_unsigned(struct table *table, uint64_t value)
{
	char digits[20], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	plain(table, at, (size_t)(digits + sizeof(digits) - at));
}

void table_double(struct table *table, double value)
{
	char digits[32];

	if (!isfinite(value)) {
		table_nothing(table);
		return;
	}
	/* -0 is a number to a computer and a riddle to a reader. */
	snprintf(digits, sizeof(digits), table->format == TABLE_TEXT ? "%.9g" : "%.15g",
		value == 0 ? 0.0 : value);
	plain(table, digits, strlen(digits));
}

void table_time(struct table *table, int64_t seconds)
{
	/* Most rows have the time of the row before. */
	if (!table->time_text[0] || table->time != seconds) {
		text_format_time(seconds, table->time_text);
		table->time = seconds;
	}
	table_string(table, table->time_text);
}

void table_end_row(struct table *table)
{
	put_char(table, table->format == TABLE_JSON ? '}' : '\n');
	table->rows++;
	table->column = 0;
	table->padding = 0;
}

int table_start(struct table *table, int fd, enum table_format format,
	const struct table_column *columns, size_t column_count)
{
	if (format >= TABLE_FORMATS)
		return -EINVAL;
	table->fd = fd;
	table->format = format;
	table->columns = columns;
	table->column_count = column_count;
	table->column = 0;
	table->rows = 0;
	table->error = 0;
	table->padding = 0;
	table->time_text[0] = '\0';
	table->used = 0;
	if (format == TABLE_JSON) {
		put_char(table, '[');
		return 0;
	}
	for (size_t i = 0; i < column_count; i++)
		table_string(table, columns[i].name);
	table_end_row(table);
	table->rows = 0;
	return 0;
}

int table_finish(struct table *table)
{
	if (table->format == TABLE_JSON)
		put(table, table->rows ? "\n]\n" : "]\n", table->rows ? 3 : 2);
	flush(table);
	return table->error;
}
