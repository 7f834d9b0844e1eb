/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of top_read.h that asks a history: for top_read.c alone.
 */
#ifndef TEITEN_CMD_TOP_HISTORY_H
#define TEITEN_CMD_TOP_HISTORY_H

#include "user/cmd/top_read.h"

/* Fill what the window view->from to view->minute holds; a failure is in view->trouble. */
void top_read_history(struct top_reader *reader, struct top_view *view);

/* Put the open incidents into the view. 0 or -ENOMEM. */
int top_show_incidents(struct incidents *incidents, struct top_view *view);

#endif
