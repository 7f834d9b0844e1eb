/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Make a running process call the system, as code that has taken it over would, and print what the
 * kernel answers: "0", a positive number, or an errno's name.
 *
 * usage: inject PID CALL [ARGUMENT...]     numbers, or text that is put into its memory
 *
 * It is stopped while it waits in poll(), which ends with EINTR.
 */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void wait_for(pid_t pid, int *status)
{
	if (waitpid(pid, status, 0) < 0 || !WIFSTOPPED(*status)) {
		fprintf(stderr, "inject: the process has ended\n");
		exit(3);
	}
}

/* Below what the stack's owner may use without saying so; returns the address. */
static uint64_t put_text(pid_t pid, uint64_t *top, const char *text)
{
	size_t words = strlen(text) / 8 + 1;

	*top -= words * 8;
	for (size_t i = 0; i < words; i++) {
		uint64_t word = 0;

		memcpy(&word, text + 8 * i, strnlen(text + 8 * i, 8));
		if (ptrace(PTRACE_POKEDATA, pid, *top + 8 * i, word))
			die("inject: its stack");
	}
	return *top;
}

static uint64_t argument(pid_t pid, uint64_t *top, const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 0);

	return *end || !*text ? put_text(pid, top, text) : number;
}

/* Stop it where it waits for what comes next: elsewhere it would take EINTR amiss. */
static void stop_in_poll(pid_t pid, struct user_regs_struct *registers)
{
	int status;

	for (int i = 0; i < 10000; i++) {
		if (ptrace(PTRACE_ATTACH, pid, NULL, NULL))
			die("inject");
		wait_for(pid, &status);
		if (ptrace(PTRACE_GETREGS, pid, NULL, registers))
			die("inject");
		if (registers->orig_rax == SYS_poll)
			return;
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
		usleep(1000);
	}
	fprintf(stderr, "inject: the process does not wait in poll\n");
	exit(3);
}

static int64_t call(pid_t pid, struct user_regs_struct registers)
{
	const uint64_t after = registers.rip;
	long word = ptrace(PTRACE_PEEKTEXT, pid, after, NULL);
	int status, signal = 0;

	/* Right behind the instruction that the process waits in: the way back. */
	if (ptrace(PTRACE_POKETEXT, pid, after, (word & ~0xffL) | 0xcc))
		die("inject: its code");
	registers.rip -= 2;
	registers.orig_rax = (uint64_t)-1;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &registers))
		die("inject: its registers");
	do {
		ptrace(PTRACE_CONT, pid, NULL, signal);
		wait_for(pid, &status);
		signal = WSTOPSIG(status);
	} while (signal != SIGTRAP);
	ptrace(PTRACE_POKETEXT, pid, after, word);
	ptrace(PTRACE_GETREGS, pid, NULL, &registers);
	return (int64_t)registers.rax;
}

int main(int argc, char **argv)
{
	struct user_regs_struct before, registers;
	int64_t answer;
	uint64_t top;
	pid_t pid;
	int number;

	if (argc < 3 || argc > 9)
		return 2;
	pid = atoi(argv[1]);
	number = seccomp_syscall_resolve_name(argv[2]);
	if (number < 0)
		return 2;
	stop_in_poll(pid, &before);
	registers = before;
	registers.rax = (uint64_t)number;
	registers.rsp -= 4096;
	top = registers.rsp;
	unsigned long long *const places[] = {&registers.rdi, &registers.rsi, &registers.rdx,
		&registers.r10, &registers.r8, &registers.r9};

	for (int i = 0; i < 6; i++)
		*places[i] = i + 3 < argc ? argument(pid, &top, argv[i + 3]) : 0;
	registers.rsp = top & ~15ULL;
	answer = call(pid, registers);
	before.rax = (uint64_t)-EINTR;
	before.orig_rax = (uint64_t)-1;
	ptrace(PTRACE_SETREGS, pid, NULL, &before);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	if (answer < 0)
		printf("%s\n", strerrorname_np((int)-answer));
	else
		printf("%lld\n", (long long)answer);
	return 0;
}
