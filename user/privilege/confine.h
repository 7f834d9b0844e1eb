/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of privilege_drop(); nobody else includes this. */
#ifndef TEITEN_PRIVILEGE_CONFINE_H
#define TEITEN_PRIVILEGE_CONFINE_H

#include "user/privilege/privilege.h"

/*
 * Allow writing below the limits' paths alone, by Landlock; needs no_new_privs. -EOPNOTSUPP: this
 * kernel has none.
 */
int confine_paths(const struct privilege_limits *limits);

/* Allow the calls of the table alone; needs no_new_privs. 0 or a negative errno. */
int confine_calls(bool is_replay);

/* Tell refused calls on standard error, and count them; before confine_calls(). */
int refusal_watch(void);

#endif
