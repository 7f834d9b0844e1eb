/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What push and fleet share: a server of the engine, opened as the configuration says. Functions
 * log what is wrong and return a CMD_ status.
 */
#ifndef TEITEN_CMD_ENGINE_SETUP_H
#define TEITEN_CMD_ENGINE_SETUP_H

#include "user/config/config.h"
#include "user/engine/server.h"

#include <stdbool.h>

/* Longest name of a sensor in the engine; a table's name has some more letters. */
#define ENGINE_NAME_MAX 47

/* a-z, 0-9 and _, a letter first: such a name is a part of SQL without quotes. */
bool engine_name_is_valid(const char *name);

/*
 * section: "push" or "fleet", for messages. The password is the first line of password_file ("" =
 * none), which others may not read.
 */
int engine_setup(const struct config *config, const char *section, const char *url,
	const char *user, const char *password_file, struct server **server);

#endif
