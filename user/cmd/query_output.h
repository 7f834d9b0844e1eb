/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of a store on standard output, as `teiten query` prints them: columns, forms and the names
 * of tables and bins, for every command that prints such.
 */
#ifndef TEITEN_CMD_QUERY_OUTPUT_H
#define TEITEN_CMD_QUERY_OUTPUT_H

#include "user/lib/table.h"
#include "user/model/store.h"

#include <argp.h>
#include <stdbool.h>

#define QUERY_MAX_COLUMNS 20

struct query_output {
	enum store_table table;
	bool has_sensor;    /* a column after the time; set before the start */
	const char *sensor; /* its value in the next row */
	bool has_zone;      /* times as the selected zone's clock has them (lib/zone.h) */
	struct table_column columns[QUERY_MAX_COLUMNS];
	struct table out; /* table_finish() it */
};

/* The head. As table_start(). */
int query_output_start(
	struct query_output *output, enum store_table table, enum table_format format);
/* A visit of rows: context is a struct query_output. */
int query_put_row(void *context, const struct store_row *row);

/* The table or bin of that name; another one ends the process with a sentence, as argp does. */
void query_parse_table(struct argp_state *state, const char *name, enum store_table *table);
void query_parse_bin(struct argp_state *state, const char *name, enum store_bin *bin);

#endif
