/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of a question share, and no one else includes.
 */
#ifndef TEITEN_HISTORY_QUERY_PRIVATE_H
#define TEITEN_HISTORY_QUERY_PRIVATE_H

#include "user/history/internal.h"
#include "user/history/query.h"

struct asker {
	const struct store_query *query;
	struct history *history;
	int (*visit)(void *context, const struct store_row *row);
	void *context;
	struct store_answer *answer;
	int64_t time;                     /* of the bin that is emitted */
	country_id ranked[COUNTRY_COUNT]; /* countries by their letters */
};

/* -- query.c: which table is asked about, and its bins */

/* Visit a row of the bin that asker->time names. Returns what the visit does. */
int query_tell(struct asker *asker, struct store_row *row);
/* Whether the question is about this row. */
bool query_wants_row(const struct asker *asker, size_t row);

/* -- query_sums.c: the rows of a bin */

/* Tell the rows of the question's table in history->sums, as a bin of that time. */
int query_tell_bin(struct asker *asker, int64_t time);

/* -- query_lives.c: since when a port is seen */

/* Tell lives that began in the question's interval, each row's by the letters of the countries. */
int query_lives(struct asker *asker);

#endif
