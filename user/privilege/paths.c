/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/privilege/confine.h"

#include "user/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

/* What is forbidden everywhere else. Reading is not: HUP may name country data anywhere. */
#define CHANGES                                                                                    \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                              \
		LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                   \
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                       \
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                       \
		LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                     \
		LANDLOCK_ACCESS_FS_MAKE_SYM)
#define FILE_CHANGES (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define DIRECTORY_CHANGES                                                                          \
	(FILE_CHANGES | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |             \
		LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR)

/* What this kernel's version of Landlock can forbid; 0 when it has none. */
static uint64_t forbidden(void)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t changes = CHANGES;

	if (version < 1)
		return 0;
	if (version >= 2) /* before, moving between directories is always forbidden */
		changes |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		changes |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return changes;
}

/* A place that is not there is told by check_writable() in privilege.c. */
static int allow(int ruleset, uint64_t handled, const char *path)
{
	CLEANUP_FD int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {.parent_fd = fd};
	struct stat status;

	if (fd < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -errno;
	if (fstat(fd, &status))
		return -errno;
	rule.allowed_access =
		handled & (S_ISDIR(status.st_mode) ? DIRECTORY_CHANGES : FILE_CHANGES);
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0)
		       ? -errno
		       : 0;
}

int confine_paths(const struct privilege_limits *limits)
{
	const struct landlock_ruleset_attr handled = {.handled_access_fs = forbidden()};
	CLEANUP_FD int ruleset = -1;

	if (!handled.handled_access_fs)
		return -EOPNOTSUPP;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	if (ruleset < 0)
		return -errno;
	for (unsigned int i = 0; i < PRIVILEGE_MAX_PATHS; i++) {
		const char *path = limits->writable[i];
		int status = path && path[0] ? allow(ruleset, handled.handled_access_fs, path) : 0;

		if (status)
			return status;
	}
	return syscall(SYS_landlock_restrict_self, ruleset, 0) ? -errno : 0;
}
