/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/push_private.h"

#include "user/engine/rows.h"

#include <errno.h>
#include <stdlib.h>

int push_open(const struct push_parameters *parameters, int *cursor_error, struct push **push)
{
	struct push *fresh = calloc(1, sizeof(*fresh));

	if (!fresh)
		return -ENOMEM;
	fresh->parameters = *parameters;
	fresh->span = PUSH_HOUR;
	if (tsv_reserve(&fresh->out, PUSH_BUFFER)) {
		free(fresh);
		return -ENOMEM;
	}
	*cursor_error = cursor_load(parameters->cursor_path, &fresh->cursor);
	*push = fresh;
	return 0;
}

void push_close(struct push *push)
{
	if (!push)
		return;
	tsv_release(&push->out);
	free(push);
}

int push_from(struct push *push, int64_t time)
{
	cursor_rewind(&push->cursor, time);
	return cursor_save(push->parameters.cursor_path, &push->cursor);
}

enum server_state push_state(const struct push *push)
{
	return push->state;
}

const char *push_sentence(const struct push *push)
{
	return push->sentence;
}

struct push_counters push_counters(const struct push *push)
{
	struct push_counters counters = push->counters;

	counters.bytes = server_sent_bytes(push->parameters.server);
	return counters;
}

int64_t push_pushed_until(const struct push *push)
{
	return push->cursor.minute;
}

void push_unkept(const struct push *push, int64_t *from, int64_t *to)
{
	*from = push->unkept_from;
	*to = push->unkept_to;
}

static int step(struct push *push, struct push_source *source)
{
	int64_t last = 0;
	bool any = false;
	int status = push->is_greeted ? 0 : push_greet(push);

	if (!status && source->last_minute(source, &last, &any))
		return push_history_failed(push, source, -EIO);
	if (status || !any)
		return status;
	if (last > ROWS_TIME_LIMIT - 60)
		last = ROWS_TIME_LIMIT - 60;
	status = push_revisions(push, source);
	for (size_t level = 0; level < PUSH_LEVELS && !status; level++)
		status = push_level(push, source, level, last);
	return status ? status : push_events(push, source);
}

enum push_outcome push_step(struct push *push, struct push_source *source)
{
	int status;

	push->state = SERVER_OK;
	push->sentence[0] = '\0';
	status = step(push, source);
	tsv_clear(&push->out);
	return status == SENT            ? PUSH_MORE
	       : status == 0             ? PUSH_IDLE
	       : status == ENGINE_FAILED ? PUSH_FAILED
					 : PUSH_BROKEN;
}
