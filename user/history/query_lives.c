/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/query_private.h"

#include <string.h>

/* The lives of a row, until they can be told by the letters of their countries. */
struct lives {
	struct asker *asker;
	uint32_t row; /* TT_ROW_NONE: none yet */
	bool there[STORE_ALL_COUNTRIES + 1];
	struct port_life life[STORE_ALL_COUNTRIES + 1];
};

static int tell_life(struct lives *lives, unsigned int country)
{
	const struct store_query *query = lives->asker->query;
	const struct port_life *life = &lives->life[country];

	if (!lives->there[country] || life->first_seen < query->from ||
		life->first_seen >= query->to ||
		(query->country != STORE_ALL_COUNTRIES && query->country != country))
		return 0;
	lives->asker->time = life->first_seen;
	return query_tell(lives->asker, &(struct store_row){
						.row = lives->row,
						.country = (country_id)country,
						.last = life->last_seen,
						.active_days = life->active_days,
					});
}

static int tell_lives(struct lives *lives)
{
	int stop = tell_life(lives, STORE_ALL_COUNTRIES);

	for (unsigned int i = 0; i < COUNTRY_COUNT && !stop; i++)
		stop = tell_life(lives, lives->asker->ranked[i]);
	memset(lives->there, 0, sizeof(lives->there));
	return stop;
}

static int gather_life(
	void *context, uint32_t row, unsigned int country, const struct port_life *life)
{
	struct lives *lives = context;
	int stop = 0;

	if (!query_wants_row(lives->asker, row))
		return 0;
	if (row != lives->row && lives->row != TT_ROW_NONE)
		stop = tell_lives(lives);
	lives->row = row;
	lives->there[country] = true;
	lives->life[country] = *life;
	return stop;
}

int query_lives(struct asker *asker)
{
	struct lives lives = {.asker = asker, .row = TT_ROW_NONE};
	int status = life_each(asker->history, asker->query->row, gather_life, &lives);

	return status || lives.row == TT_ROW_NONE ? status : tell_lives(&lives);
}
