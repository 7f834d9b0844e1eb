/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first buffer of a file whose size the system does not tell. */
#define FIRST_BUFFER 4096

void file_cleanup_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

void file_cleanup_stream(FILE **stream)
{
	int saved = errno;

	if (*stream)
		fclose(*stream);
	errno = saved;
}

void file_cleanup_memory(void *pointer)
{
	free(*(void **)pointer);
}

/* Room for one byte more than capacity, for the NUL. */
static int grow(char **data, size_t capacity)
{
	char *larger = realloc(*data, capacity + 1);

	if (!larger)
		return -ENOMEM;
	*data = larger;
	return 0;
}

static int read_to_end(int fd, size_t limit, char **data, size_t *size)
{
	struct stat status;
	size_t capacity = FIRST_BUFFER;
	size_t used = 0;

	/* One byte more than the file tells, so that its end is seen without growing. */
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
		capacity = (uint64_t)status.st_size < limit ? (size_t)status.st_size + 1 : limit;
	if (capacity > limit)
		capacity = limit;
	if (grow(data, capacity))
		return -ENOMEM;
	for (;;) {
		char beyond;
		bool full = used == limit;
		ssize_t got = full ? read(fd, &beyond, 1) : read(fd, *data + used, capacity - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		if (full)
			return -EFBIG;
		used += (size_t)got;
		if (used < capacity || used == limit)
			continue;
		capacity = capacity > limit / 2 ? limit : capacity * 2;
		if (grow(data, capacity))
			return -ENOMEM;
	}
	(*data)[used] = '\0';
	*size = used;
	return 0;
}

int file_read_all(const char *path, size_t limit, char **data, size_t *size)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE char *content = NULL;
	size_t length = 0;
	int error;

	if (fd < 0)
		return -errno;
	error = read_to_end(fd, limit, &content, &length);
	if (error)
		return error;
	*data = take_pointer(&content);
	*size = length;
	return 0;
}

int file_write_all(int fd, const void *data, size_t size)
{
	const char *rest = data;

	while (size) {
		ssize_t written = write(fd, rest, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		if (written == 0)
			return -ENOSPC;
		rest += written;
		size -= (size_t)written;
	}
	return 0;
}

/* Make a rename in path's directory survive a power cut. */
static int sync_directory(const char *path)
{
	CLEANUP_FREE char *directory = strdup(path);
	char *slash = directory ? strrchr(directory, '/') : NULL;
	const char *name = ".";
	CLEANUP_FD int fd = -1;

	if (!directory)
		return -ENOMEM;
	if (slash) {
		slash[slash == directory] = '\0';
		name = directory;
	}
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) ? -errno : 0;
}

static int fill(int fd, const void *data, size_t size, mode_t mode, enum file_durability durability)
{
	int error = file_write_all(fd, data, size);

	if (error)
		return error;
	if (fchmod(fd, mode) || (durability == FILE_DURABLE && fsync(fd)))
		return -errno;
	return 0;
}

int file_replace(const char *path, const void *data, size_t size, mode_t mode,
	enum file_durability durability)
{
	CLEANUP_FREE char *aside = NULL;
	CLEANUP_FD int fd = -1;
	int error;

	/* A random name: two writers of one path must not share what they write aside. */
	if (asprintf(&aside, "%s.new-XXXXXX", path) < 0) {
		aside = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(aside, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = fill(fd, data, size, mode, durability);
	if (!error && rename(aside, path))
		error = -errno;
	if (error) {
		unlink(aside);
		return error;
	}
	return durability == FILE_DURABLE ? sync_directory(path) : 0;
}
