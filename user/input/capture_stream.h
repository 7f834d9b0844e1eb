/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a capture file on their way into libpcap: unpacked when the file is gzip'd, and
 * with what libpcap would stumble over taken out:
 *
 * - The snapshot lengths in file and interface headers read as "no limit". Writers get them wrong;
 *   libpcap cuts records to them, and refuses a pcapng file whose interfaces differ in them.
 * - A pcapng section with more than CAPTURE_STREAM_INTERFACES interfaces is refused: libpcap keeps
 *   every one of them, so a gzip'd file of some kilobytes could take all memory.
 */
#ifndef TEITEN_INPUT_CAPTURE_STREAM_H
#define TEITEN_INPUT_CAPTURE_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CAPTURE_STREAM_INTERFACES 4096

struct capture_stream;

/*
 * Open a file; gzip is told by its first bytes. *file belongs to the caller, who closes it before
 * capture_stream_close(). Returns 0, or -errno (-EISDIR for a directory).
 */
int capture_stream_open(const char *path, struct capture_stream **stream, FILE **file);
void capture_stream_close(struct capture_stream *stream);

enum capture_format {
	CAPTURE_FORMAT_UNKNOWN,
	CAPTURE_FORMAT_PCAP,
	CAPTURE_FORMAT_PCAPNG,
};

/* Known once the first four bytes were read. */
enum capture_format capture_stream_format(const struct capture_stream *stream);

/* What stopped the stream. */
enum capture_stream_state {
	CAPTURE_STREAM_OPEN,       /* more bytes were there whenever they were asked for */
	CAPTURE_STREAM_END,        /* bytes were asked for behind the end of the file */
	CAPTURE_STREAM_CUT,        /* the same, and the gzip data says that it is not whole */
	CAPTURE_STREAM_DAMAGED,    /* gzip data that cannot be unpacked */
	CAPTURE_STREAM_UNREADABLE, /* the system's read failed */
	CAPTURE_STREAM_REFUSED,    /* too many interfaces */
};

/* *detail, if not NULL: zlib's or the system's words, valid until the stream is closed. */
enum capture_stream_state capture_stream_state(
	const struct capture_stream *stream, const char **detail);

/* Whether not a single byte came out. */
bool capture_stream_is_empty(const struct capture_stream *stream);

/*
 * How far the file itself is read (compressed bytes, if it is gzip'd), and its size; a size of 0 is
 * not known (a pipe).
 */
void capture_stream_progress(
	const struct capture_stream *stream, uint64_t *bytes_read, uint64_t *bytes_total);

#endif
