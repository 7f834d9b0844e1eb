/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the process is. The package has a user, teiten, who owns the state directory; the service
 * runs as that user with three capabilities. When root runs or detaches the same sensor by hand, it
 * becomes that user first: every file, log and pin has one owner, and root writes into no directory
 * that somebody else could fill with links.
 */
#ifndef TEITEN_PRIVILEGE_IDENTITY_H
#define TEITEN_PRIVILEGE_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#define IDENTITY_USER "teiten"

struct identity {
	uid_t user;
	gid_t group;
};

/*
 * The owner of the state directory and its group, when the caller is root, that owner is
 * IDENTITY_USER, and so the process is to become it; false otherwise.
 */
bool identity_of_state(const char *state_dir, struct identity *identity);

/*
 * Become that user for good, with its groups; of the capabilities, CAP_BPF, CAP_NET_ADMIN and
 * CAP_PERFMON stay. Returns 0 or -errno; then the process is to end.
 */
int identity_become(const struct identity *identity);

/* Whether programs can be loaded and attached: all three capabilities are in effect. */
bool identity_can_load(void);

#endif
