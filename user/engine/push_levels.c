/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/push_private.h"

/* A piece of work is so long that it has about this many rows: a second or two of the engine. */
#define STEP_ROWS 500000u

const struct push_level_of push_levels[PUSH_LEVELS] = {
	{BIN_MINUTE, 60}, {BIN_HOUR, PUSH_HOUR}, {BIN_DAY, PUSH_DAY}};

int64_t *push_mark(struct push *push, size_t level)
{
	return level == 0   ? &push->cursor.minute
	       : level == 1 ? &push->cursor.hour
			    : &push->cursor.day;
}

static int take_first(void *context, const struct store_row *row)
{
	*(int64_t *)context = row->time;
	return 1;
}

/* The first bin with data in [from, to), or to. Gaps of years cost one question. */
static int first_bin(struct push *push, struct push_source *source, enum store_bin bin,
	int64_t from, int64_t to, int64_t *first)
{
	struct store_query query = store_query_all(TABLE_COVERAGE, bin);
	struct store_answer answer = {0};
	int status;

	query.from = from;
	query.to = *first = to;
	status = source->store->rows(source->store, &query, take_first, first, &answer);
	push_note_unkept(push, bin, &answer);
	return status < 0 ? push_history_failed(push, source, status) : 0;
}

/* A span that brings about STEP_ROWS rows, from what the last one brought. */
static void adapt_span(struct push *push, uint64_t rows)
{
	if (rows > STEP_ROWS && push->span > 60)
		push->span = push->span / 2 / 60 * 60;
	else if (rows < STEP_ROWS / 4 && push->span < PUSH_DAY)
		push->span *= 2;
	if (push->span < 60)
		push->span = 60;
}

int push_level(struct push *push, struct push_source *source, size_t level, int64_t last_minute)
{
	int64_t length = push_levels[level].length, *mark = push_mark(push, level);
	/* The last minute is whole, the last hour and day are not. */
	int64_t end = level == 0 ? last_minute + 60 : last_minute - last_minute % length;
	/* Hours and days have fewer rows than their minutes. */
	int64_t from, to, span = level == 0 ? push->span : push->span * 24 / length * length;
	uint64_t rows = 0;
	int status;

	if (*mark >= end)
		return 0;
	status = first_bin(push, source, push_levels[level].bin, *mark, end, &from);
	if (status)
		return status;
	to = from + (span > length ? span : length);
	if (to > end)
		to = end;
	if (from < end)
		status = push_bins(push, source, push_levels[level].bin, from, to, &rows);
	if (status)
		return status;
	if (level == 0) {
		adapt_span(push, rows);
		push->counters.minutes += (uint64_t)(to - from) / 60;
	}
	*mark = to;
	status = push_save(push);
	return status ? status : SENT;
}
