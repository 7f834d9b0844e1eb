/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Privileges as the commands use them; what is wrong is logged. */
#ifndef TEITEN_CMD_CONFINE_H
#define TEITEN_CMD_CONFINE_H

#include "user/config/config.h"

#include <stdbool.h>

/*
 * Everything that needs privileges is done: drop them, and leave of the file system, for writing,
 * the state directory, the places of event log and metrics, and the pins (NULL: a replay, which has
 * none). CMD_DONE or CMD_FAILED.
 */
int confine(const struct config *config, const char *event_log, const char *pins);

/* What was refused since the last call; false: nothing. *sentence (static) is for the operator. */
bool confine_has_refused(const char **sentence);

#endif
