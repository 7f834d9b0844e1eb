/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event as a row of the engine's table event: a column for each field, top countries as
 * "CN:123:0.5,US:...", then the event's JSON as the event log has it, for what has no column, and
 * a 1 that only a whole row has.
 */
#ifndef TEITEN_ENGINE_EVENT_ROW_H
#define TEITEN_ENGINE_EVENT_ROW_H

#include "user/engine/tsv.h"
#include "user/model/event.h"

/* The fields of a row, without its end. */
void event_row_put(struct tsv *out, const struct event *event);

/* Columns that event_row_read() takes, for a SELECT, times as numbers. */
extern const char event_row_columns[];
#define EVENT_ROW_FIELDS 31

/* 0, or -EBADMSG for a value that no event has; *event is written on success only. */
int event_row_read(char **texts, struct event *event);

#endif
