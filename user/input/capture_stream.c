/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/capture_stream.h"

#include "user/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Large enough that the cost of a system call and of zlib's set-up vanish. */
#define BUFFER_BYTES (128u << 10)

/* Headers are looked at up to here: an interface's snapshot length, a pcap file's. */
#define PCAPNG_HEAD 16
#define PCAP_HEAD 20

#define PCAPNG_SECTION 0x0a0d0d0au
#define PCAPNG_INTERFACE 1u
#define PCAPNG_ORDER 0x1a2b3c4du

struct capture_stream {
	gzFile gz;
	uint64_t total;
	uint64_t delivered;
	enum capture_format format;
	enum capture_stream_state state;
	char detail[128];
	char buffer[BUFFER_BYTES]; /* of the FILE */

	/* The header being passed: pcap's file header, or the pcapng block's. */
	uint8_t head[PCAP_HEAD];
	unsigned int have;
	bool swapped;            /* pcapng section in the other byte order */
	bool lost;               /* a pcapng block libpcap will refuse: look at nothing more */
	uint64_t body;           /* bytes of the block behind the header still to pass */
	unsigned int interfaces; /* of the section */
};

static uint32_t load(const uint8_t *bytes, bool swapped)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return swapped ? __builtin_bswap32(value) : value;
}

static enum capture_format format_of(uint32_t magic)
{
	/* Microseconds, nanoseconds, and the form with longer record headers. */
	static const uint32_t pcap[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34};

	if (magic == PCAPNG_SECTION)
		return CAPTURE_FORMAT_PCAPNG;
	for (unsigned int i = 0; i < sizeof(pcap) / sizeof(pcap[0]); i++)
		if (magic == pcap[i] || magic == __builtin_bswap32(pcap[i]))
			return CAPTURE_FORMAT_PCAP;
	return CAPTURE_FORMAT_UNKNOWN;
}

/* How much of the current header must be seen; 0 when nothing more is looked at. */
static unsigned int head_wanted(const struct capture_stream *stream)
{
	if (stream->have < 4)
		return 4;
	if (stream->format == CAPTURE_FORMAT_PCAP)
		return PCAP_HEAD;
	if (stream->have < 12)
		return 12;
	return load(stream->head, stream->swapped) == PCAPNG_INTERFACE ? PCAPNG_HEAD : 12;
}

/* The twelve bytes that every block has: find its byte order and its end. */
static void read_block(struct capture_stream *stream)
{
	uint32_t least = 12;
	uint32_t length;

	if (load(stream->head, false) == PCAPNG_SECTION) {
		stream->swapped = load(stream->head + 8, false) != PCAPNG_ORDER;
		stream->interfaces = 0;
	}
	if (load(stream->head, stream->swapped) == PCAPNG_INTERFACE)
		least = PCAPNG_HEAD;
	length = load(stream->head + 4, stream->swapped);
	if (length < least || length % 4)
		stream->lost = true;
	else
		stream->body = length - 12;
}

/*
 * One byte of a header. at: where the byte lies, to be replaced there if
 * it belongs to a snapshot length.
 */
static void pass_head_byte(struct capture_stream *stream, uint8_t *at)
{
	unsigned int index = stream->have++;

	stream->head[index] = *at;
	if (index == 3 && stream->format == CAPTURE_FORMAT_UNKNOWN) {
		stream->format = format_of(load(stream->head, false));
		stream->lost = stream->format == CAPTURE_FORMAT_UNKNOWN;
	} else if (stream->format == CAPTURE_FORMAT_PCAP && index >= 16) {
		*at = 0;
		stream->lost = index == PCAP_HEAD - 1;
	} else if (stream->format == CAPTURE_FORMAT_PCAPNG && index == 11) {
		read_block(stream);
	} else if (index >= 12 && stream->format == CAPTURE_FORMAT_PCAPNG) {
		*at = 0;
		stream->body--;
	}
}

static bool too_many_interfaces(struct capture_stream *stream)
{
	if (load(stream->head, stream->swapped) != PCAPNG_INTERFACE || stream->have != 12)
		return false;
	return ++stream->interfaces > CAPTURE_STREAM_INTERFACES;
}

/* Look through the next bytes; returns how many of them may go on to libpcap. */
static size_t inspect(struct capture_stream *stream, uint8_t *bytes, size_t size)
{
	size_t at = 0;

	while (at < size && !stream->lost) {
		if (stream->have < head_wanted(stream)) {
			pass_head_byte(stream, bytes + at++);
			if (stream->format == CAPTURE_FORMAT_PCAPNG &&
				too_many_interfaces(stream)) {
				stream->state = CAPTURE_STREAM_REFUSED;
				return at;
			}
			continue;
		}
		if (stream->body <= size - at) {
			at += stream->body;
			stream->body = 0;
			stream->have = 0;
		} else {
			stream->body -= size - at;
			at = size;
		}
	}
	return size;
}

static void note_failure(struct capture_stream *stream, int got)
{
	int code = Z_OK;
	const char *text = gzerror(stream->gz, &code);

	if (got == 0 && code != Z_BUF_ERROR) {
		stream->state = CAPTURE_STREAM_END;
		return;
	}
	if (code == Z_BUF_ERROR)
		stream->state = CAPTURE_STREAM_CUT;
	else
		stream->state =
			code == Z_ERRNO ? CAPTURE_STREAM_UNREADABLE : CAPTURE_STREAM_DAMAGED;
	/* zlib puts "<fd:3>: " in front, which tells an operator nothing. */
	if (strncmp(text, "<fd:", 4) == 0 && strstr(text, ">: "))
		text = strstr(text, ">: ") + 3;
	snprintf(stream->detail, sizeof(stream->detail), "%s", text);
}

static ssize_t stream_read(void *cookie, char *buffer, size_t size)
{
	struct capture_stream *stream = cookie;
	size_t passed;
	int got;

	if (stream->state == CAPTURE_STREAM_OPEN) {
		got = gzread(stream->gz, buffer,
			size < BUFFER_BYTES ? (unsigned int)size : BUFFER_BYTES);
		if (got > 0) {
			passed = inspect(stream, (uint8_t *)buffer, (size_t)got);
			stream->delivered += passed;
			return (ssize_t)passed;
		}
		note_failure(stream, got);
	}
	if (stream->state == CAPTURE_STREAM_END || stream->state == CAPTURE_STREAM_CUT)
		return 0;
	errno = EIO;
	return -1;
}

static int open_gz(const char *path, struct capture_stream *stream)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	stream->total = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
	/* zlib passes on a file that does not begin as gzip data does unchanged. */
	stream->gz = gzdopen(fd, "rb");
	if (!stream->gz)
		return -ENOMEM;
	take_fd(&fd);
	gzbuffer(stream->gz, BUFFER_BYTES);
	return 0;
}

int capture_stream_open(const char *path, struct capture_stream **stream, FILE **file)
{
	struct capture_stream *opened = calloc(1, sizeof(*opened));
	FILE *stdio;
	int error;

	if (!opened)
		return -ENOMEM;
	error = open_gz(path, opened);
	if (error) {
		free(opened);
		return error;
	}
	stdio = fopencookie(opened, "rb", (cookie_io_functions_t){.read = stream_read});
	if (!stdio) {
		capture_stream_close(opened);
		return -ENOMEM;
	}
	setvbuf(stdio, opened->buffer, _IOFBF, sizeof(opened->buffer));
	*stream = opened;
	*file = stdio;
	return 0;
}

void capture_stream_close(struct capture_stream *stream)
{
	if (!stream)
		return;
	gzclose(stream->gz);
	free(stream);
}

enum capture_format capture_stream_format(const struct capture_stream *stream)
{
	return stream->format;
}

enum capture_stream_state capture_stream_state(
	const struct capture_stream *stream, const char **detail)
{
	if (detail)
		*detail = stream->detail;
	return stream->state;
}

bool capture_stream_is_empty(const struct capture_stream *stream)
{
	return stream->delivered == 0;
}

void capture_stream_progress(
	const struct capture_stream *stream, uint64_t *bytes_read, uint64_t *bytes_total)
{
	z_off_t offset = gzoffset(stream->gz);

	*bytes_read = offset > 0 ? (uint64_t)offset : 0;
	*bytes_total = stream->total;
}
