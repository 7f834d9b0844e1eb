/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distinct sources of intervals, from the sketches of their hours. What these return is what
 * history_query() and the store of history_store.h return; within one transaction of theirs.
 */
#ifndef TEITEN_HISTORY_QUERY_SOURCES_H
#define TEITEN_HISTORY_QUERY_SOURCES_H

#include "user/history/history.h"
#include "user/model/store.h"

/* The whole hour nearest to a time. */
int64_t sources_hour(int64_t time);

/*
 * Rows of TABLE_SOURCES; ranked are the countries in the order of answers. Bins are of whole hours:
 * one that from or to cuts is left out, given borders move to the nearest hour.
 */
int query_sources(struct history *history, const struct store_query *query,
	const country_id ranked[COUNTRY_COUNT],
	int (*visit)(void *context, const struct store_row *row), void *context,
	struct store_answer *answer);

int query_one_source(struct history *history, const struct store_sources_query *query,
	struct store_sources *found);

#endif
