/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileges are a moment: loading and attaching need three capabilities, what follows needs none.
 *
 *	identity_can_load()	before anything is touched (user/privilege/identity.h)
 *	... load, attach, open every file ...
 *	privilege_drop()	no capability is left, none can come back; of the system calls those
 *				of user/privilege/calls.c remain, and of the file system, for
 *				writing, what the limits name
 *
 * A call that is not allowed fails with EPERM; the first of each kind is told on standard error by
 * its name.
 */
#ifndef TEITEN_PRIVILEGE_PRIVILEGE_H
#define TEITEN_PRIVILEGE_PRIVILEGE_H

#include <stdbool.h>
#include <stdint.h>

/* Places that stay writable. */
#define PRIVILEGE_MAX_PATHS 8

struct privilege_limits {
	/*
	 * Directories, all below them included, or single files; NULL and "" are skipped. They are
	 * looked up once: what is renamed into their place later stays closed.
	 */
	const char *writable[PRIVILEGE_MAX_PATHS];
	bool is_replay; /* frames run through the program, nothing is attached or pinned */
};

/* What could not be had or went wrong, in sentences for the operator; "" where all is well. */
struct privilege_report {
	char error[256]; /* the drop failed: do not go on */
	char paths[256]; /* writing is not confined to the limits */
	char unwritable[PRIVILEGE_MAX_PATHS]
		       [256]; /* a place of the limits that cannot be written */
};

/*
 * Give up every capability, in every set, for good, and confine the process. It must have a single
 * thread. Returns 0, or a negative errno with report->error; the other sentences may be there in
 * both cases: a kernel without Landlock restricts no path, an operator without rights on the state
 * directory is not helped by a sensor that does not start.
 */
int privilege_drop(const struct privilege_limits *limits, struct privilege_report *report);

/*
 * System calls that were refused since the drop, and the name of the last one (static, "" while
 * there is none).
 */
uint64_t privilege_refusals(const char **last);

#endif
