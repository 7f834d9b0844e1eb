/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The questions of fleet.h as SQL. Only numbers, fixed words and checked names are put together
 * here: no text from a sensor or a person becomes a part of a question.
 */
#ifndef TEITEN_ENGINE_FLEET_SQL_H
#define TEITEN_ENGINE_FLEET_SQL_H

#include "user/model/store.h"

#include <stdio.h>

struct fleet_question {
	const struct store_query *query;
	int64_t from, to; /* the query's, within what the engine's times can be */
	const char *const *names;
	size_t name_count; /* 0 = all */
	bool by_sensor;
	bool is_partial; /* leave out what does not answer */
};

/* Fields of an answer's row: time, sensor (by_sensor), the key's columns, the numbers. */
struct fleet_form {
	const char *keys;    /* SELECT's */
	const char *numbers; /* sums, without coverage */
	const char *order;   /* of the keys */
	size_t key_count;
	size_t number_count;
};

/* NULL for a table that has no counts. */
const struct fleet_form *fleet_form(enum store_table table);

/* The whole SELECT. malloc'd, for free(); NULL when memory runs out. */
char *fleet_sql_rows(const struct fleet_question *question);
/* Start of the first record in the interval: one field, 0 = none. */
char *fleet_sql_first(const struct fleet_question *question);
char *fleet_sql_events(const struct fleet_question *question);
/* Life: proto, port, country, first, last, days. */
char *fleet_sql_life(const struct fleet_question *question);

#endif
