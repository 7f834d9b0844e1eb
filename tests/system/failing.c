/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that fail, for tests: put before a program by LD_PRELOAD. TEST_FAILURES names a file of
 * int64, mapped and so changeable while the program runs: for each kind of call below, every how
 * many calls one fails (0: none does); behind all of these how many have failed; and behind these
 * the number of the one call that fails, counted down to it from when it is written (0: none does).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PWRITE, PREAD, WRITE, OPEN, LOCK, TRUNCATE, SYNC, BPF, MEMORY, KINDS };

static volatile int64_t *control;
static uint64_t calls[KINDS];

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

/* The one function of libc that is replaced here and needed here. */
static long kernel(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

__attribute__((constructor)) static void open_control(void)
{
	const char *path = getenv("TEST_FAILURES");
	long fd = path ? kernel(SYS_open, (long)path, O_RDWR | O_CLOEXEC, 0, 0, 0, 0) : -1;
	void *at = fd < 0 ? MAP_FAILED
			  : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);

	if (at == MAP_FAILED)
		abort();
	close((int)fd);
	control = at;
}

static bool fails(int kind, int error)
{
	bool now = false;

	if (!control)
		return false;
	if (control[2 * KINDS + kind] > 0)
		now = --control[2 * KINDS + kind] == 0;
	if (control[kind] > 0 && ++calls[kind] % (uint64_t)control[kind] == 0)
		now = true;
	if (!now)
		return false;
	control[KINDS + kind]++;
	errno = error;
	return true;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	return fails(PWRITE, ENOSPC) ? -1
				     : kernel(SYS_pwrite64, fd, (long)data, (long)size, at, 0, 0);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return pwrite64(fd, data, size, at);
}

ssize_t pread64(int fd, void *data, size_t size, off64_t at)
{
	return fails(PREAD, EIO) ? -1 : kernel(SYS_pread64, fd, (long)data, (long)size, at, 0, 0);
}

ssize_t pread(int fd, void *data, size_t size, off_t at)
{
	return pread64(fd, data, size, at);
}

ssize_t write(int fd, const void *data, size_t size)
{
	return fails(WRITE, ENOSPC) ? -1 : kernel(SYS_write, fd, (long)data, (long)size, 0, 0, 0);
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;
	int mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, int);
	va_end(arguments);
	return fails(OPEN, EMFILE) ? -1 : (int)kernel(SYS_open, (long)path, flags, mode, 0, 0, 0);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	int mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, int);
	va_end(arguments);
	return open64(path, flags, mode);
}

int fcntl64(int fd, int command, ...)
{
	va_list arguments;
	long argument;

	va_start(arguments, command);
	argument = va_arg(arguments, long);
	va_end(arguments);
	/* A lock can be refused; giving one back cannot. */
	if (command == F_SETLK && ((const struct flock *)argument)->l_type != F_UNLCK &&
		fails(LOCK, EAGAIN))
		return -1;
	return (int)kernel(SYS_fcntl, fd, command, argument, 0, 0, 0);
}

int fcntl(int fd, int command, ...)
{
	va_list arguments;
	long argument;

	va_start(arguments, command);
	argument = va_arg(arguments, long);
	va_end(arguments);
	return fcntl64(fd, command, argument);
}

int ftruncate64(int fd, off64_t size)
{
	return fails(TRUNCATE, EIO) ? -1 : (int)kernel(SYS_ftruncate, fd, size, 0, 0, 0, 0);
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

int fdatasync(int fd)
{
	return fails(SYNC, EIO) ? -1 : (int)kernel(SYS_fdatasync, fd, 0, 0, 0, 0, 0);
}

int fsync(int fd)
{
	return fails(SYNC, EIO) ? -1 : (int)kernel(SYS_fsync, fd, 0, 0, 0, 0, 0);
}

void *malloc(size_t size)
{
	return fails(MEMORY, ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(MEMORY, ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails(MEMORY, ENOMEM) ? NULL : __libc_realloc(old, size);
}

/* libbpf's way to bpf(). */
long syscall(long number, ...)
{
	va_list arguments;
	long a[6];

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_bpf && fails(BPF, ENOMEM))
		return -1;
	return kernel(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
