/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures written by the tests themselves: a growing array of bytes, in either byte order, and
 * temporary files.
 */
#ifndef TEITEN_TESTS_INPUT_BYTES_H
#define TEITEN_TESTS_INPUT_BYTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

struct bytes {
	uint8_t *data;
	size_t size;
	bool big; /* numbers in big-endian order */
};

static inline void put(struct bytes *bytes, const void *data, size_t size)
{
	bytes->data = realloc(bytes->data, bytes->size + size + 1);
	assert_non_null(bytes->data);
	if (size)
		memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

static inline void put16(struct bytes *bytes, uint16_t value)
{
	value = bytes->big ? __builtin_bswap16(value) : value;
	put(bytes, &value, sizeof(value));
}

static inline void put32(struct bytes *bytes, uint32_t value)
{
	value = bytes->big ? __builtin_bswap32(value) : value;
	put(bytes, &value, sizeof(value));
}

static inline void put64(struct bytes *bytes, uint64_t value)
{
	value = bytes->big ? __builtin_bswap64(value) : value;
	put(bytes, &value, sizeof(value));
}

#define MAGIC_MICROSECONDS 0xa1b2c3d4
#define MAGIC_NANOSECONDS 0xa1b23c4d

static inline void put_pcap_header(
	struct bytes *bytes, uint32_t magic, uint32_t snapshot, uint32_t link)
{
	put32(bytes, magic);
	put16(bytes, 2);
	put16(bytes, 4);
	put32(bytes, 0);
	put32(bytes, 0);
	put32(bytes, snapshot);
	put32(bytes, link);
}

/* length bytes of value fill. */
static inline void put_pcap_record(
	struct bytes *bytes, uint32_t seconds, uint32_t fraction, uint32_t length, uint8_t fill)
{
	put32(bytes, seconds);
	put32(bytes, fraction);
	put32(bytes, length);
	put32(bytes, length + 4);
	for (uint32_t i = 0; i < length; i++)
		put(bytes, &fill, 1);
}

/* Section, interface and packet blocks of pcapng. */
static inline void put_section(struct bytes *bytes)
{
	put32(bytes, 0x0a0d0d0a);
	put32(bytes, 28);
	put32(bytes, 0x1a2b3c4d);
	put16(bytes, 1);
	put16(bytes, 0);
	put64(bytes, UINT64_MAX);
	put32(bytes, 28);
}

/* resolution: 0 = none given (microseconds), else 10^-resolution seconds. */
static inline void put_interface(
	struct bytes *bytes, uint16_t link, uint32_t snapshot, uint8_t resolution)
{
	uint32_t length = resolution ? 32 : 20;

	put32(bytes, 1);
	put32(bytes, length);
	put16(bytes, link);
	put16(bytes, 0);
	put32(bytes, snapshot);
	if (resolution) {
		put16(bytes, 9);
		put16(bytes, 1);
		put(bytes, (uint8_t[4]){resolution}, 4);
		put32(bytes, 0);
	}
	put32(bytes, length);
}

static inline void put_packet(
	struct bytes *bytes, uint32_t interface, uint64_t time, uint32_t length, uint8_t fill)
{
	uint32_t padded = (length + 3) / 4 * 4;

	put32(bytes, 6);
	put32(bytes, 32 + padded);
	put32(bytes, interface);
	put32(bytes, (uint32_t)(time >> 32));
	put32(bytes, (uint32_t)time);
	put32(bytes, length);
	put32(bytes, length + 4);
	for (uint32_t i = 0; i < padded; i++)
		put(bytes, i < length ? &fill : (uint8_t[1]){0}, 1);
	put32(bytes, 32 + padded);
}

/* The same bytes as a gzip file's. */
static inline struct bytes gzipped(const struct bytes *plain)
{
	struct bytes packed = {0};
	z_stream stream = {0};

	assert_int_equal(
		deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	packed.data = malloc(deflateBound(&stream, plain->size) + 64);
	stream.next_in = plain->data;
	stream.avail_in = (uInt)plain->size;
	stream.next_out = packed.data;
	stream.avail_out = (uInt)deflateBound(&stream, plain->size) + 64;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	packed.size = stream.total_out;
	deflateEnd(&stream);
	return packed;
}

#define TEMPORARY_PATH 64

/* A temporary file with the first size bytes. */
static inline void write_file(char path[TEMPORARY_PATH], const struct bytes *bytes, size_t size)
{
	int fd;

	snprintf(path, TEMPORARY_PATH, "/tmp/teiten-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes->data ? (void *)bytes->data : "", size), (ssize_t)size);
	close(fd);
}

#endif
