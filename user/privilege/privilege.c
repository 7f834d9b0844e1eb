/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/privilege/privilege.h"

#include "user/privilege/confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The bounding set can be emptied by who has CAP_SETPCAP; without exec it bounds nothing. */
static int drop_capabilities(void)
{
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) {
		capng_clear(CAPNG_SELECT_ALL);
		if (capng_apply(CAPNG_SELECT_BOUNDS))
			return -EPERM;
	}
	capng_clear(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
	if (capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT))
		return -EPERM;
	return capng_get_caps_process() == 0 &&
			       capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE
		       ? 0
		       : -EPERM;
}

/* With the capabilities the right to write in other users' directories has gone. */
static void check_writable(const struct privilege_limits *limits, struct privilege_report *report)
{
	for (unsigned int i = 0; i < PRIVILEGE_MAX_PATHS; i++) {
		const char *path = limits->writable[i];
		struct stat status = {0};

		if (!path || !path[0] || faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0)
			continue;
		snprintf(report->unwritable[i], sizeof(report->unwritable[i]),
			"%.160s: %s; no new file can be made there", path, strerror(errno));
		if (errno == EACCES && stat(path, &status) == 0)
			snprintf(report->unwritable[i], sizeof(report->unwritable[i]),
				"%.120s belongs to user %u: without privileges no new file can be "
				"made there. Run teiten as that user",
				path, status.st_uid);
	}
}

static int fail(struct privilege_report *report, int status, const char *what)
{
	snprintf(report->error, sizeof(report->error), "%s: %s", what, strerror(-status));
	return status;
}

int privilege_drop(const struct privilege_limits *limits, struct privilege_report *report)
{
	int status;

	*report = (struct privilege_report){0};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail(report, -errno, "no_new_privs");
	status = confine_paths(limits);
	if (status == -EOPNOTSUPP)
		snprintf(report->paths, sizeof(report->paths),
			"this kernel has no Landlock: writing is confined by file permissions "
			"alone");
	else if (status)
		return fail(report, status, "confining paths");
	status = drop_capabilities();
	if (status)
		return fail(report, status, "dropping capabilities");
	check_writable(limits, report);
	status = refusal_watch();
	if (!status)
		status = confine_calls(limits->is_replay);
	return status ? fail(report, status, "confining system calls") : 0;
}
