/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/push_private.h"

#include "user/engine/rows.h"

/* Events are told late by a restart's relearning, by hours at most. */
#define EVENT_OVERLAP PUSH_DAY

struct event_look {
	uint64_t sum;
	int64_t last;
};

/* FNV-1a over what makes an event: two looks that differ have different sums. */
static int look_at_event(void *context, const struct store_row *row)
{
	struct event_look *look = context;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (const char *c = row->event->id; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	hash = (hash ^ row->event->phase) * UINT64_C(0x100000001b3);
	hash = (hash ^ (uint64_t)row->event->time) * UINT64_C(0x100000001b3);
	look->sum += hash | 1;
	if (row->event->time > look->last)
		look->last = row->event->time;
	return 0;
}

/* The events of the last day are few: when any of them is new, all of them are sent. */
int push_events(struct push *push, struct push_source *source)
{
	int64_t from = push->cursor.event > EVENT_OVERLAP ? push->cursor.event - EVENT_OVERLAP : 0;
	struct store_query query = store_query_all(TABLE_EVENTS, BIN_MINUTE);
	struct event_look look = {.last = push->cursor.event};
	struct store_answer answer = {0};
	uint64_t rows = 0;
	int status;

	query.from = from;
	query.to = ROWS_TIME_LIMIT;
	status = source->store->rows(source->store, &query, look_at_event, &look, &answer);
	if (status)
		return push_history_failed(push, source, status);
	if (look.sum == push->events_seen)
		return 0;
	status = push_table(push, source, TABLE_EVENTS, BIN_MINUTE, from, ROWS_TIME_LIMIT, &rows);
	if (status)
		return status;
	push->cursor.event = look.last;
	/* With the mark the window moves: the sum is of the next look's events. */
	push->events_seen =
		from == (look.last > EVENT_OVERLAP ? look.last - EVENT_OVERLAP : 0) ? look.sum : 0;
	status = push_save(push);
	return status ? status : SENT;
}
