/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked into the instrumented program alone (scripts/coverage.sh): a process that has confined its
 * writing may still write what it counted of itself, below COUNTS_DIRECTORY.
 */
#include "user/privilege/confine.h"

int __real_confine_paths(const struct privilege_limits *limits);
int __wrap_confine_paths(const struct privilege_limits *limits);

int __wrap_confine_paths(const struct privilege_limits *limits)
{
	struct privilege_limits wider = *limits;
	unsigned int free_place = PRIVILEGE_MAX_PATHS - 1;

	while (free_place && wider.writable[free_place])
		free_place--;
	wider.writable[free_place] = COUNTS_DIRECTORY;
	return __real_confine_paths(&wider);
}
