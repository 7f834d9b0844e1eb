/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter answers a call that it does not allow with SIGSYS. The handler makes it fail with
 * EPERM, as if the kernel had refused, and names it once. It calls nothing but write().
 */
#include "user/privilege/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>
#include <ucontext.h>
#include <unistd.h>

#define CALLS 1024 /* numbers of system calls are below this on every architecture */

static const char *names[CALLS];
static volatile sig_atomic_t is_told[CALLS];
static volatile uint64_t refusals;
static const char *volatile last_name = "";

#if defined(__x86_64__)
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#define ARGUMENT(context) ((context)->uc_mcontext.gregs[REG_RDI])
#elif defined(__aarch64__)
#define RESULT(context) ((context)->uc_mcontext.regs[0])
#define ARGUMENT(context) ((context)->uc_mcontext.regs[0])
#else
#error "say where this processor keeps a system call's first argument and its result"
#endif

static void append(char *line, size_t *used, size_t size, const char *text)
{
	size_t length = strlen(text);

	if (*used + length > size)
		length = size - *used;
	memcpy(line + *used, text, length);
	*used += length;
}

static void append_number(char *line, size_t *used, size_t size, uint64_t number)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	append(line, used, size, digits + at);
}

static void tell(unsigned int number, const char *name, uint64_t argument)
{
	char line[256];
	size_t used = 0;
	ssize_t written;

	append(line, &used, sizeof(line), "teiten: warning: system call ");
	append(line, &used, sizeof(line), name);
	append(line, &used, sizeof(line), " (number ");
	append_number(line, &used, sizeof(line), number);
	append(line, &used, sizeof(line), ", first argument ");
	append_number(line, &used, sizeof(line), argument);
	append(line, &used, sizeof(line), ") was refused: it is not among those that are needed\n");
	written = write(STDERR_FILENO, line, used);
	(void)written; /* nobody listens */
}

static void refuse(int signal, siginfo_t *info, void *place)
{
	unsigned int number = (unsigned int)info->si_syscall;
	ucontext_t *context = place;
	uint64_t argument = (uint64_t)ARGUMENT(context);
	const char *name = number < CALLS && names[number] ? names[number] : "unknown";

	(void)signal;
	refusals++;
	last_name = name;
	RESULT(context) = -EPERM;
	if (number < CALLS && is_told[number])
		return;
	if (number < CALLS)
		is_told[number] = 1;
	tell(number, name, argument);
}

int refusal_watch(void)
{
	struct sigaction action = {.sa_sigaction = refuse, .sa_flags = SA_SIGINFO};

	/* Now, as the handler may not allocate. */
	for (int i = 0; i < CALLS; i++)
		if (!names[i])
			names[i] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);
	return sigaction(SIGSYS, &action, NULL) ? -errno : 0;
}

uint64_t privilege_refusals(const char **last)
{
	*last = last_name;
	return refusals;
}
