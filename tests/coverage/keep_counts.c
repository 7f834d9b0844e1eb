/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked into the instrumented program alone (scripts/coverage.sh): a process that has confined its
 * writing may still write what it counted of itself, below COUNTS_DIRECTORY, and so may one that a
 * signal ends which it does not handle itself.
 */
#include "user/privilege/confine.h"

#include <signal.h>
#include <stddef.h>

/* Of gcc's <gcov.h>, which other compilers do not have. */
void __gcov_dump(void);

static void count_and_end(int signal)
{
	__gcov_dump();
	raise(signal); /* its action is the default again: SA_RESETHAND */
}

static void __attribute__((constructor)) count_at_signals(void)
{
	const struct sigaction action = {
		.sa_handler = count_and_end, .sa_flags = (int)SA_RESETHAND};
	const int signals[] = {SIGTERM, SIGINT};
	struct sigaction before;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
}

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
