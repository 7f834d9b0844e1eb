/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/privilege/identity.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SETS _LINUX_CAPABILITY_U32S_3

static const unsigned int needed[] = {CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON};

static const struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

static void fill_needed(uint32_t mask[SETS])
{
	mask[0] = mask[1] = 0;
	for (unsigned int i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		mask[CAP_TO_INDEX(needed[i])] |= CAP_TO_MASK(needed[i]);
}

bool identity_can_load(void)
{
	struct __user_cap_header_struct mine = header;
	struct __user_cap_data_struct have[SETS];
	uint32_t mask[SETS];

	fill_needed(mask);
	if (syscall(SYS_capget, &mine, have))
		return false;
	for (unsigned int i = 0; i < SETS; i++)
		if ((have[i].effective & mask[i]) != mask[i])
			return false;
	return true;
}

bool identity_of_state(const char *state_dir, struct identity *identity)
{
	const struct passwd *user;
	struct stat status;

	if (geteuid() != 0 || stat(state_dir, &status))
		return false;
	user = getpwnam(IDENTITY_USER);
	if (!user || user->pw_uid == 0 || user->pw_uid != status.st_uid)
		return false;
	*identity = (struct identity){.user = user->pw_uid, .group = user->pw_gid};
	return true;
}

static int keep_needed(void)
{
	struct __user_cap_header_struct mine = header;
	struct __user_cap_data_struct keep[SETS] = {0};
	uint32_t mask[SETS];

	fill_needed(mask);
	for (unsigned int i = 0; i < SETS; i++)
		keep[i].effective = keep[i].permitted = mask[i];
	return syscall(SYS_capset, &mine, keep) ? -errno : 0;
}

int identity_become(const struct identity *identity)
{
	if (prctl(PR_SET_KEEPCAPS, 1) || initgroups(IDENTITY_USER, identity->group) ||
		setresgid(identity->group, identity->group, identity->group) ||
		setresuid(identity->user, identity->user, identity->user))
		return -errno;
	/* The change of user has cleared the effective set, and kept the permitted one whole. */
	return keep_needed();
}
