/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each test confines a child process, which needs no privilege, and asks what it may still do. */
#include "user/privilege/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64];
static char inside[80], outside[80];
static char said[4096];

static int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/teiten-privilege-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(inside, sizeof(inside), "%s/inside", directory);
	snprintf(outside, sizeof(outside), "%s/outside", directory);
	return mkdir(inside, 0700);
}

static int tear_down(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/file", inside);
	unlink(path);
	rmdir(inside);
	unlink(outside);
	return rmdir(directory);
}

/* Not _exit(): the sanitizer sets its signal stack before it, which a confined process may not. */
static void leave(int status)
{
	syscall(SYS_exit_group, status);
}

/* Run body in a confined child; its exit status. What it says is in said. */
static int confined(bool is_replay, int (*body)(void))
{
	struct privilege_limits limits = {.writable = {NULL, inside, ""}, .is_replay = is_replay};
	int pipes[2], status;
	size_t used = 0;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		struct privilege_report report;

		dup2(pipes[1], STDERR_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		if (privilege_drop(&limits, &report) || report.error[0] || report.unwritable[1][0])
			leave(99);
		leave(body());
	}
	close(pipes[1]);
	while ((got = read(pipes[0], said + used, sizeof(said) - 1 - used)) > 0)
		used += (size_t)got;
	said[used] = '\0';
	close(pipes[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int call_strangers(void)
{
	const char *last;
	char *no_arguments[] = {NULL};

	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
		return 1;
	if (socket(AF_INET, SOCK_DGRAM, 0) >= 0 || errno != EPERM)
		return 2;
	if (execve("/bin/true", no_arguments, no_arguments) != -1 || errno != EPERM)
		return 3;
	if (kill(getppid(), 0) != -1 || errno != EPERM)
		return 4;
	if (privilege_refusals(&last) < 4 || strcmp(last, "kill") != 0)
		return 5;
	return 0;
}

static void a_call_that_is_not_in_the_table_fails_and_is_told_by_name_once(void **state)
{
	const char *first;

	(void)state;
	assert_int_equal(confined(false, call_strangers), 0);
	first = strstr(said, "system call socket (number ");
	assert_non_null(first);
	assert_non_null(strstr(first, ", first argument 2) was refused"));
	assert_null(strstr(first + 1, "system call socket"));
	assert_non_null(strstr(said, "system call execve (number "));
	assert_non_null(strstr(said, "system call kill (number "));
}

static int command(unsigned int number)
{
	return syscall(SYS_bpf, number, NULL, 0) < 0 && errno == EPERM ? -1 : 0;
}

static int try_commands(void)
{
	unsigned int mask = 0;

	/* PROG_LOAD, MAP_CREATE, PROG_TEST_RUN, LINK_CREATE: those that depend, and two that never.
	 */
	mask |= command(5) ? 0 : 1;
	mask |= command(0) ? 0 : 2;
	mask |= command(10) ? 0 : 4;
	mask |= command(28) ? 0 : 8;
	/* The upper half of the register is not the command. */
	mask |= syscall(SYS_bpf, (1L << 32) + 5, NULL, 0) < 0 && errno == EPERM ? 0 : 16;
	return (int)mask;
}

static void a_replay_runs_frames_and_a_sensor_attaches(void **state)
{
	(void)state;
	assert_int_equal(confined(true, try_commands), 4);
	assert_int_equal(confined(false, try_commands), 8);
}

static int write_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return 1;
	if (mprotect(page, 4096, PROT_READ | PROT_EXEC) != -1 || errno != EPERM)
		return 2;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
			MAP_FAILED ||
		errno != EPERM)
		return 3;
	return 0;
}

static void memory_never_becomes_code(void **state)
{
	(void)state;
	assert_int_equal(confined(false, write_code), 0);
}

static int write_somewhere(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/file", inside);
	if (open(path, O_WRONLY | O_CREAT, 0600) < 0)
		return 1;
	if (open(outside, O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES)
		return 2;
	if (open("/dev/null", O_RDONLY) < 0)
		return 3;
	return 0;
}

static void writing_is_allowed_in_the_named_places_alone(void **state)
{
	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
		skip(); /* the report says that paths are open: see below */
	assert_int_equal(confined(false, write_somewhere), 0);
}

static int ask_state(void)
{
	char text[4096] = "";
	FILE *file = fopen("/proc/self/status", "r");
	bool good;

	if (!file)
		return 1;
	good = fread(text, 1, sizeof(text) - 1, file) > 0;
	fclose(file);
	return !(good && strstr(text, "NoNewPrivs:\t1") && strstr(text, "Seccomp:\t2") &&
		 strstr(text, "CapPrm:\t0000000000000000") &&
		 strstr(text, "CapEff:\t0000000000000000") &&
		 strstr(text, "CapInh:\t0000000000000000") &&
		 strstr(text, "CapAmb:\t0000000000000000"));
}

static void no_capability_is_left(void **state)
{
	(void)state;
	assert_int_equal(confined(false, ask_state), 0);
}

static void a_place_that_cannot_be_written_is_told(void **state)
{
	struct privilege_limits limits = {.writable = {"/nonexistent/place"}};
	struct privilege_report report;
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		leave(privilege_drop(&limits, &report) != 0 ||
			!strstr(report.unwritable[0], "/nonexistent/place: No such file"));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_call_that_is_not_in_the_table_fails_and_is_told_by_name_once, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_replay_runs_frames_and_a_sensor_attaches, set_up, tear_down),
		cmocka_unit_test_setup_teardown(memory_never_becomes_code, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			writing_is_allowed_in_the_named_places_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_capability_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_place_that_cannot_be_written_is_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
