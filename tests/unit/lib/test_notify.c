/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/notify.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A supervisor's socket at a path, or at an abstract name that begins with @. */
static int listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(
		bind(fd, (struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
		0);
	return fd;
}

static void expect_text(int fd, const char *text)
{
	char got[64];
	ssize_t length = recv(fd, got, sizeof(got), MSG_DONTWAIT);

	assert_int_equal(length, strlen(text));
	assert_memory_equal(got, text, strlen(text));
}

static void expect_delivery(const char *name)
{
	int supervisor = listen_at(name), fd;

	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_open(&fd), 0);
	assert_true(fd >= 0);
	assert_int_equal(notify_send(fd, "READY=1"), 0);
	assert_int_equal(notify_send(fd, "WATCHDOG=1\nSTATUS=well"), 0);
	expect_text(supervisor, "READY=1");
	expect_text(supervisor, "WATCHDOG=1\nSTATUS=well");
	close(supervisor);
	assert_int_equal(notify_send(fd, "READY=1"), -ECONNREFUSED);
	close(fd);
}

static void a_socket_at_a_path_is_told(void **state)
{
	char folder[] = "/tmp/teiten-test-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/notify", folder);
	expect_delivery(path);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
}

static void an_abstract_socket_is_told(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@teiten-test-%d", (int)getpid());
	expect_delivery(name);
}

static void without_a_supervisor_nothing_is_told(void **state)
{
	int fd = 7;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_open(&fd), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(notify_send(fd, "READY=1"), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(notify_open(&fd), 0);
	assert_int_equal(fd, -1);
}

static void an_address_that_cannot_be_is_refused(void **state)
{
	char name[200];
	int fd = 7;

	(void)state;
	setenv("NOTIFY_SOCKET", "notify", 1);
	assert_int_equal(notify_open(&fd), -EAFNOSUPPORT);
	assert_int_equal(fd, -1);
	setenv("NOTIFY_SOCKET", "/", 1);
	assert_int_equal(notify_open(&fd), -EAFNOSUPPORT);
	memset(name, 'a', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_open(&fd), -E2BIG);
	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	assert_int_equal(notify_open(&fd), -ENOENT);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_at_a_path_is_told),
		cmocka_unit_test(an_abstract_socket_is_told),
		cmocka_unit_test(without_a_supervisor_nothing_is_told),
		cmocka_unit_test(an_address_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
