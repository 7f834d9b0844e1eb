/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every system call that remains, and why. Calls of other architectures' names for the same thing
 * stand in the same line. tests/system/privilege.t lives a sensor's whole life under this table.
 */
#include "user/privilege/confine.h"

#include <errno.h>
#include <linux/bpf.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_NAMES 6

static const struct {
	const char *reason;
	const char *names[MAX_NAMES];
} calls[] = {
	{"wait for signals and the minute; go on after a stop",
		{"poll", "ppoll", "restart_syscall", "rt_sigreturn"}},
	{"the minute's timer and the time of day, where the vDSO cannot tell it",
		{"timerfd_settime", "clock_gettime", "gettimeofday", "time"}},
	{"SQLite waits for a reader's lock", {"clock_nanosleep", "nanosleep"}},
	{"read signals, configuration, country data, /sys/class/net, captures",
		{"read", "pread64", "readv", "lseek", "getdents64"}},
	{"write history, event log, metrics, messages", {"write", "pwrite64", "writev"}},
	{"open them; Landlock decides where for writing", {"open", "openat", "close", "fcntl"}},
	{"look before opening; SQLite compares the file with its name, and follows links",
		{"stat", "fstat", "lstat", "newfstatat", "statx", "access"}},
	{"the same", {"faccessat", "faccessat2", "readlink", "readlinkat", "getcwd"}},
	{"how much space is left", {"statfs", "fstatfs"}},
	{"SQLite's WAL and journal: size, durability, owner, removal",
		{"ftruncate", "fallocate", "fsync", "fdatasync", "fchown", "unlink"}},
	{"metrics are written aside and renamed; pins get their mode and go",
		{"rename", "renameat", "fchmod", "chmod", "fchmodat", "unlinkat"}},
	{"new directories in writable places; empty pin directories go at the end",
		{"mkdir", "mkdirat", "rmdir"}},
	{"the locks of history and pins are given back", {"flock"}},
	{"memory for country data on HUP, for SQLite and the detector's snapshot; mmap and "
	 "mprotect "
	 "below",
		{"brk", "munmap", "mremap", "madvise"}},
	{"the allocator and qsort ask for processors and memory",
		{"sched_getaffinity", "sysinfo", "prlimit64", "getrlimit", "futex"}},
	{"names of files written aside", {"getrandom"}},
	{"the host's name in events; SQLite asks who it is",
		{"uname", "getpid", "gettid", "getuid", "geteuid"}},
	{"the same", {"getgid", "getegid"}},
	{"end, also by abort(); tgkill below",
		{"exit", "exit_group", "rt_sigprocmask", "rt_sigaction"}},
};

/* bpf() by its first argument. */
static const struct {
	const char *reason;
	unsigned int command;
	bool in_run, in_replay;
} commands[] = {
	{"health, events, orphans", BPF_MAP_LOOKUP_ELEM, true, true},
	{"prefixes of IPv6", BPF_MAP_LOOKUP_BATCH, true, true},
	{"health, events, top ports; another country table", BPF_MAP_UPDATE_ELEM, true, true},
	{"whether the interface is still there", BPF_OBJ_GET_INFO_BY_FD, true, false},
	{"attach to the interface when it is back: the program that is held", BPF_LINK_CREATE, true,
		false},
	{"and pin the new link, where the old pin was", BPF_OBJ_PIN, true, false},
	{"run a captured frame through the program", BPF_PROG_TEST_RUN, false, true},
};

static int allow(scmp_filter_ctx filter, int number, unsigned int count, struct scmp_arg_cmp *rule)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, rule);
}

/* Arguments of 32 bits: the upper half of the register may hold anything. */
static int allow_value(scmp_filter_ctx filter, int number, unsigned int argument, uint32_t value)
{
	struct scmp_arg_cmp rule = SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, value);

	return allow(filter, number, 1, &rule);
}

static int allow_calls(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (size_t k = 0; k < MAX_NAMES && calls[i].names[k]; k++) {
			int number = seccomp_syscall_resolve_name(calls[i].names[k]);
			int status = number == __NR_SCMP_ERROR ? -EINVAL
							       : allow(filter, number, 0, NULL);

			if (status)
				return status;
		}
	}
	return 0;
}

static int allow_bpf(scmp_filter_ctx filter, bool is_replay)
{
	int status = 0;

	for (size_t i = 0; !status && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (is_replay ? commands[i].in_replay : commands[i].in_run)
			status = allow_value(filter, SCMP_SYS(bpf), 0, commands[i].command);
	return status;
}

/*
 * Calls of which a part remains. Memory never becomes code; abort() reaches this process alone;
 * devices are asked, not set; the supervisor is told on the socket that was connected before.
 */
static int allow_parts(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	/* To whom the socket was connected before the drop, and nobody else. */
	struct scmp_arg_cmp connected = SCMP_A4(SCMP_CMP_EQ, 0, 0);
	/* What standard output is; the interface's number, name and state. */
	static const uint32_t questions[] = {TCGETS, SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFFLAGS};
	int status = allow(filter, SCMP_SYS(mmap), 1, &no_code);

	if (!status)
		status = allow(filter, SCMP_SYS(mprotect), 1, &no_code);
	if (!status)
		status = allow_value(filter, SCMP_SYS(tgkill), 0, (uint32_t)getpid());
	for (size_t i = 0; !status && i < sizeof(questions) / sizeof(questions[0]); i++)
		status = allow_value(filter, SCMP_SYS(ioctl), 1, questions[i]);
	if (!status)
		status = allow(filter, SCMP_SYS(sendto), 1, &connected);
	return status;
}

int confine_calls(bool is_replay)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int status;

	if (!filter)
		return -ENOMEM;
	/* A tree of comparisons instead of a list: system calls come by the packet in a replay. */
	status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!status)
		status = allow_calls(filter);
	if (!status)
		status = allow_bpf(filter, is_replay);
	if (!status)
		status = allow_parts(filter);
	if (!status)
		status = seccomp_load(filter);
	seccomp_release(filter);
	return status;
}
