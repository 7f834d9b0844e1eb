/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to a history: the rows of one table over an interval, summed by bins, as
 * user/model/store.h describes queries and answers.
 *
 * The memory of an answer is one struct sums (history/sums.h), whatever the interval.
 */
#ifndef TEITEN_HISTORY_QUERY_H
#define TEITEN_HISTORY_QUERY_H

#include "user/history/history.h"

/*
 * Answer a query, row by row, from one consistent state of the database. A visit that returns
 * other than 0 ends it, and that is returned. Damaged blobs are left out and counted by
 * history_damaged(). -EINVAL for an enumeration, row or border out of range.
 */
int history_query(struct history *history, const struct store_query *query,
	int (*visit)(void *context, const struct store_row *row), void *context,
	struct store_answer *answer);

#endif
