/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/push_private.h"

#include <errno.h>
#include <stdlib.h>

/* Revisions looked at in a step; a replay into the past has one for each of its minutes. */
#define STEP_REVISIONS 1024

struct revised {
	int64_t starts[STEP_REVISIONS];
	size_t count;
	uint64_t number;
};

static int take_revision(void *context, uint64_t number, int64_t start)
{
	struct revised *revised = context;

	if (revised->count == STEP_REVISIONS)
		return 1;
	revised->number = number;
	revised->starts[revised->count++] = start;
	return 0;
}

static int compare_times(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return one < other ? -1 : one > other;
}

/* The bins of one length that hold revised minutes, neighbours in one go. */
static int send_revised(
	struct push *push, struct push_source *source, size_t level, const struct revised *revised)
{
	int64_t length = push_levels[level].length, mark = *push_mark(push, level);
	uint64_t rows = 0;
	int status = 0;

	for (size_t i = 0; i < revised->count && !status;) {
		int64_t from = revised->starts[i] - revised->starts[i] % length;
		int64_t to = from + length;

		for (i++; i < revised->count && revised->starts[i] <= to; i++)
			if (revised->starts[i] == to)
				to += length;
		/* What comes after the mark is sent in its turn. */
		if (from < mark)
			status = push_bins(push, source, push_levels[level].bin, from,
				to < mark ? to : mark, &rows);
	}
	return status;
}

int push_revisions(struct push *push, struct push_source *source)
{
	struct revised revised = {.number = push->cursor.revised};
	int status = source->revisions(source, push->cursor.revised, take_revision, &revised);

	if (status == -ESTALE) {
		/* Which ones were changed is not known: all of them, then. */
		cursor_rewind(&push->cursor, 0);
		push->cursor.revised = 0;
		return push_save(push) ? -EIO : SENT;
	}
	if (status < 0)
		return push_history_failed(push, source, status);
	if (!revised.count && revised.number == push->cursor.revised)
		return 0;
	qsort(revised.starts, revised.count, sizeof(revised.starts[0]), compare_times);
	status = 0;
	for (size_t level = 0; level < PUSH_LEVELS && !status; level++)
		status = send_revised(push, source, level, &revised);
	if (status)
		return status;
	push->counters.revisions += revised.count;
	push->cursor.revised = revised.number;
	status = push_save(push);
	return status ? status : SENT;
}
