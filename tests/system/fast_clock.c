/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clock for tests, put before a program by LD_PRELOAD: minutes that pass faster, and a wall clock
 * that can be set without setting the machine's. The program under test is the product, unchanged.
 *
 * TEST_CLOCK names a file of five int64, mapped and so changeable while the program runs:
 *	0  CLOCK_BOOTTIME at the beginning, nanoseconds
 *	1  what the wall clock shows then, nanoseconds since 1970
 *	2  how many seconds pass in one
 *	3  what the wall clock has been set forward by since, nanoseconds
 *	4  by how much CLOCK_MONOTONIC goes forward with each question: work that takes long
 *
 * Both clocks run faster, timers on the wall clock and waits of poll() are over sooner, and a timer
 * armed with TFD_TIMER_CANCEL_ON_SET is cancelled as the kernel does it when 3 changes.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
/* How soon a wait notices that the clock was set, milliseconds. */
#define SLICE 20

static const volatile int64_t *clock_file;
static int timer = -1;
static int64_t armed_with; /* what 3 was when the timer was armed */
static bool is_cancelled;
static int64_t stalled; /* by 4, so far */

__attribute__((constructor)) static void open_clock(void)
{
	const char *path = getenv("TEST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 40, PROT_READ, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		abort();
	close(fd);
	clock_file = at;
}

static int64_t passed(void)
{
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now);
	return ((int64_t)now.tv_sec * SECOND + now.tv_nsec - clock_file[0]) * clock_file[2];
}

static int64_t wall(void)
{
	return clock_file[1] + passed() + clock_file[3];
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t ns;

	if (!clock_file ||
		(clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME && clock != CLOCK_MONOTONIC))
		return (int)syscall(SYS_clock_gettime, clock, now);
	if (clock == CLOCK_MONOTONIC) {
		syscall(SYS_clock_gettime, clock, now);
		stalled += clock_file[4];
		ns = (int64_t)now->tv_sec * SECOND + now->tv_nsec + stalled;
	} else {
		ns = clock == CLOCK_REALTIME ? wall() : clock_file[0] + passed();
	}
	*now = (struct timespec){.tv_sec = ns / SECOND, .tv_nsec = ns % SECOND};
	return 0;
}

time_t time(time_t *into)
{
	time_t now = (time_t)(clock_file ? wall() / SECOND : syscall(SYS_time, NULL));

	if (into)
		*into = now;
	return now;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *old)
{
	int64_t until = at->it_value.tv_sec * SECOND + at->it_value.tv_nsec - wall();
	struct itimerspec in = {0};

	if (!(flags & TFD_TIMER_ABSTIME))
		return (int)syscall(SYS_timerfd_settime, fd, flags, at, old);
	until = until < 1 ? 1 : until / clock_file[2] + 1;
	in.it_value = (struct timespec){.tv_sec = until / SECOND, .tv_nsec = until % SECOND};
	timer = fd;
	armed_with = clock_file[3];
	is_cancelled = false;
	return (int)syscall(SYS_timerfd_settime, fd, 0, &in, old);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	int64_t left = timeout < 0 ? INT64_MAX : timeout / clock_file[2];

	for (;;) {
		int slice = left < SLICE ? (int)left : SLICE;
		int ready = (int)syscall(SYS_poll, fds, count, slice);

		is_cancelled = is_cancelled || (timer >= 0 && clock_file[3] != armed_with);
		for (nfds_t i = 0; ready >= 0 && i < count; i++)
			if (is_cancelled && fds[i].fd == timer && !fds[i].revents) {
				fds[i].revents = POLLIN;
				ready++;
			}
		if (ready || left <= SLICE)
			return ready;
		left -= timeout < 0 ? 0 : slice;
	}
}

ssize_t read(int fd, void *buffer, size_t size)
{
	if (!is_cancelled || fd != timer)
		return syscall(SYS_read, fd, buffer, size);
	is_cancelled = false;
	armed_with = clock_file[3];
	errno = ECANCELED;
	return -1;
}
