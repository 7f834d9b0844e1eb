/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that fail, for a test: while it is armed the N-th call of a kind is refused, or the N-th
 * and every one after it. The functions are defined here, in the test's executable, and so in front
 * of those of the C library and of the sanitizer, for the calls of every library, too.
 */
#ifndef TEITEN_TESTS_UNIT_PIPELINE_FAILING_CALLS_H
#define TEITEN_TESTS_UNIT_PIPELINE_FAILING_CALLS_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum failing_kind {
	FAILING_MEMORY,
	FAILING_WRITE,
	FAILING_READ,
	FAILING_SYNC,
	FAILING_TRUNCATE,
	FAILING_OPEN,
	FAILING_RENAME,
	FAILING_KINDS,
};

static struct failing {
	enum failing_kind kind;
	int error;       /* errno of what is refused */
	unsigned int at; /* the call that is refused, from 1; 0: none is */
	bool is_lasting; /* and every one after it */
	unsigned int calls;
	unsigned int refused;
} failing;

/* Memory is asked for before the sanitizer is ready to look at what this does. */
#define EARLY __attribute__((no_sanitize("address", "undefined")))

EARLY static bool is_refused(enum failing_kind kind)
{
	if (failing.at == 0 || failing.kind != kind)
		return false;
	failing.calls++;
	if (failing.is_lasting ? failing.calls < failing.at : failing.calls != failing.at)
		return false;
	failing.refused++;
	errno = failing.error;
	return true;
}

/* What is behind: the sanitizer's, or without one the C library's. */
extern void *__interceptor_malloc(size_t size) __attribute__((weak));
extern void *__interceptor_calloc(size_t count, size_t size) __attribute__((weak));
extern void *__interceptor_realloc(void *old, size_t size) __attribute__((weak));
extern void __interceptor_free(void *old) __attribute__((weak));
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *old);
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/*
 * Tables of a gigabyte that are hardly touched cost the sanitizer 0.4 s each time that they are
 * made; so they are mapped without it.
 */
#define LARGE ((size_t)1 << 20)
#define LARGE_MAX 64

static struct large {
	void *at; /* NULL: the place is free */
	size_t size;
} large[LARGE_MAX];

EARLY static struct large *find_large(const void *at)
{
	for (unsigned int i = 0; i < LARGE_MAX; i++)
		if (large[i].at == at)
			return &large[i];
	return NULL;
}

EARLY static void *map_large(size_t size)
{
	struct large *place = find_large(NULL);
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!place || at == MAP_FAILED)
		abort();
	*place = (struct large){at, size};
	return at;
}

/* Bytes that are allocated now; 0 where nobody counts them. */
static size_t allocated_bytes(void)
{
	size_t bytes = 0;

	if (!__sanitizer_get_current_allocated_bytes)
		return 0;
	for (unsigned int i = 0; i < LARGE_MAX; i++)
		bytes += large[i].size;
	return bytes + __sanitizer_get_current_allocated_bytes();
}

EARLY void free(void *old)
{
	struct large *place = old ? find_large(old) : NULL;

	if (place) {
		munmap(place->at, place->size);
		*place = (struct large){NULL, 0};
	} else if (__interceptor_free) {
		__interceptor_free(old);
	} else {
		__libc_free(old);
	}
}

EARLY void *malloc(size_t size)
{
	if (is_refused(FAILING_MEMORY))
		return NULL;
	if (size >= LARGE)
		return map_large(size);
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

EARLY void *calloc(size_t count, size_t size)
{
	if (is_refused(FAILING_MEMORY))
		return NULL;
	if (size && count >= LARGE / size)
		return map_large(count * size);
	return __interceptor_calloc ? __interceptor_calloc(count, size)
				    : __libc_calloc(count, size);
}

EARLY void *realloc(void *old, size_t size)
{
	struct large *place = old ? find_large(old) : NULL;

	if (is_refused(FAILING_MEMORY))
		return NULL;
	if (!place)
		return __interceptor_realloc ? __interceptor_realloc(old, size)
					     : __libc_realloc(old, size);
	place->at = mremap(place->at, place->size, size, MREMAP_MAYMOVE);
	place->size = size;
	return place->at;
}

/* The function of that name that would have been called. */
#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t size)
{
	return is_refused(FAILING_WRITE) ? -1 : NEXT(write)(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	return is_refused(FAILING_WRITE) ? -1 : NEXT(pwrite64)(fd, data, size, at);
}

ssize_t pread(int fd, void *data, size_t size, off_t at)
{
	return is_refused(FAILING_READ) ? -1 : NEXT(pread)(fd, data, size, at);
}

ssize_t pread64(int fd, void *data, size_t size, off64_t at)
{
	return is_refused(FAILING_READ) ? -1 : NEXT(pread64)(fd, data, size, at);
}

int fsync(int fd)
{
	return is_refused(FAILING_SYNC) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	return is_refused(FAILING_SYNC) ? -1 : NEXT(fdatasync)(fd);
}

int ftruncate(int fd, off_t size)
{
	return is_refused(FAILING_TRUNCATE) ? -1 : NEXT(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return is_refused(FAILING_TRUNCATE) ? -1 : NEXT(ftruncate64)(fd, size);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return is_refused(FAILING_OPEN) ? -1 : NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return is_refused(FAILING_OPEN) ? -1 : NEXT(open64)(path, flags, mode);
}

int mkostemp(char *path, int flags)
{
	return is_refused(FAILING_OPEN) ? -1 : NEXT(mkostemp)(path, flags);
}

int rename(const char *from, const char *to)
{
	return is_refused(FAILING_RENAME) ? -1 : NEXT(rename)(from, to);
}

#endif
