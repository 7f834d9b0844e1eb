/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/content.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Room for size bytes and one more, doubling, so that a wrong claim of a file costs nothing. */
static int reserve(struct geo_content *content, size_t *capacity)
{
	size_t wanted = *capacity ? *capacity * 2 : (size_t)1 << 16;
	char *data;

	if (wanted > GEO_MAX_CONTENT)
		wanted = GEO_MAX_CONTENT + 1; /* one byte too many is what tells */
	data = realloc(content->data, wanted + 1);
	if (!data)
		return -ENOMEM;
	content->data = data;
	*capacity = wanted;
	return 0;
}

static int fail_memory(struct geo_error *error, const char *file)
{
	return geo_fail(error, ENOMEM, file, 0, "not enough memory to read the file");
}

static int fail_size(struct geo_error *error, const char *file)
{
	return geo_fail(error, EFBIG, file, 0, "holds more than %zu MiB: no country data",
		GEO_MAX_CONTENT >> 20);
}

static int read_all(int fd, const char *path, struct geo_content *content, struct geo_error *error)
{
	size_t capacity = 0;

	for (;;) {
		ssize_t got;

		if (content->size == capacity && reserve(content, &capacity))
			return fail_memory(error, path);
		got = read(fd, content->data + content->size, capacity - content->size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return geo_fail(
				error, errno, path, 0, "cannot be read: %s", strerror(errno));
		content->size += (size_t)got;
		if (content->size > GEO_MAX_CONTENT)
			return fail_size(error, path);
		if (got == 0)
			return 0;
	}
}

static int read_file(const char *path, struct geo_content *content, struct geo_error *error)
{
	/* Without O_NONBLOCK a named pipe would stop the whole program here. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int result;

	if (fd < 0)
		return geo_fail(error, errno, path, 0, "cannot be opened: %s", strerror(errno));
	if (fstat(fd, &status))
		result = geo_fail(error, errno, path, 0, "cannot be read: %s", strerror(errno));
	else if (S_ISDIR(status.st_mode))
		result = geo_fail(error, EINVAL, path, 0, "is a directory; name the files in it");
	else if (!S_ISREG(status.st_mode))
		result = geo_fail(error, EINVAL, path, 0, "is not a regular file");
	else
		result = read_all(fd, path, content, error);
	close(fd);
	return result;
}

static bool is_gzip(const struct geo_content *content)
{
	return content->size > 2 && memcmp(content->data, "\x1f\x8b", 2) == 0;
}

/* Inflate all members; the next one starts where zlib left off. */
static int inflate_all(
	z_stream *stream, const char *file, struct geo_content *content, struct geo_error *error)
{
	size_t capacity = 0;
	int result;

	for (;;) {
		if (content->size == capacity && reserve(content, &capacity))
			return fail_memory(error, file);
		stream->next_out = (Bytef *)content->data + content->size;
		stream->avail_out = (uInt)(capacity - content->size);
		result = inflate(stream, Z_NO_FLUSH);
		content->size = capacity - stream->avail_out;
		if (content->size > GEO_MAX_CONTENT)
			return fail_size(error, file);
		if (result == Z_STREAM_END && stream->avail_in == 0)
			return 0;
		if (result == Z_STREAM_END)
			result = inflateReset(stream);
		else if (result == Z_BUF_ERROR && stream->avail_in == 0)
			return geo_fail(error, EINVAL, file, 0,
				"the compressed data end early: the file is truncated");
		if (result != Z_OK && result != Z_BUF_ERROR)
			return geo_fail(error, EINVAL, file, 0,
				"the compressed data are damaged (%s)",
				stream->msg ? stream->msg : "zlib gives no reason");
	}
}

static int expand(const char *file, struct geo_content *content, struct geo_error *error)
{
	struct geo_content expanded = {.compressed = true};
	z_stream stream = {
		.next_in = (Bytef *)content->data,
		.avail_in = (uInt)content->size, /* at most GEO_MAX_CONTENT */
	};
	int result;

	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		return fail_memory(error, file);
	result = inflate_all(&stream, file, &expanded, error);
	inflateEnd(&stream);
	if (result) {
		geo_content_release(&expanded);
		return result;
	}
	geo_content_release(content);
	*content = expanded;
	return 0;
}

static int finish(const char *file, int result, struct geo_content *read,
	struct geo_content *content, struct geo_error *error)
{
	if (result == 0 && is_gzip(read))
		result = expand(file, read, error);
	if (result) {
		geo_content_release(read);
		return result;
	}
	assert(read->data); /* what was read has its room, also when it is empty */
	read->data[read->size] = '\0';
	*content = *read;
	return 0;
}

int geo_content_read(const char *path, struct geo_content *content, struct geo_error *error)
{
	struct geo_content read = {0};

	return finish(path, read_file(path, &read, error), &read, content, error);
}

int geo_content_copy(const char *file, const void *data, size_t size, struct geo_content *content,
	struct geo_error *error)
{
	struct geo_content read = {.size = size};

	if (size > GEO_MAX_CONTENT)
		return fail_size(error, file);
	read.data = malloc(size + 1);
	if (!read.data)
		return fail_memory(error, file);
	if (size)
		memcpy(read.data, data, size);
	return finish(file, 0, &read, content, error);
}

void geo_content_release(struct geo_content *content)
{
	free(content->data);
	*content = (struct geo_content){0};
}
