/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `teiten status` tells, read from the pins, the system, the history and the disk. What cannot
 * be read stays unknown, and the view says why.
 */
#ifndef TEITEN_CMD_STATUS_READ_H
#define TEITEN_CMD_STATUS_READ_H

#include "user/config/config.h"
#include "user/output/status_view.h"

/*
 * Fill a view that status_blank() has made; the texts of config are the view's as well. interface:
 * this one only, or NULL for every one that has pins.
 */
void status_read(struct status_view *view, const struct config *config, const char *interface);

#endif
