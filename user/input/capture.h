/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One capture file, read packet by packet: pcap (either byte order, micro- and nanoseconds) and
 * pcapng, plain or gzip'd, Ethernet only. Memory is bounded whatever the file says (about 1 MiB;
 * 17 MiB for pcapng blocks that claim to be large).
 *
 *	struct capture_error error;
 *	struct capture_packet packet;
 *
 *	if (capture_open(path, &error, &capture)) ... error.text
 *	while ((result = capture_next(capture, &packet)) > 0) ...
 *	if (result < 0) ... error.text
 *	capture_close(capture);
 */
#ifndef TEITEN_INPUT_CAPTURE_H
#define TEITEN_INPUT_CAPTURE_H

#include <stdint.h>

/* Why a call failed, for the operator: names the file and the record. */
struct capture_error {
	char text[512];
};

struct capture_packet {
	int64_t seconds;      /* Unix time; pcap: 0 .. 2^32-1, pcapng: anything */
	uint32_t nanoseconds; /* < 1,000,000,000; 0 where the file holds an impossible fraction */
	uint32_t length;      /* bytes captured: this is what counts */
	uint32_t available;   /* of them at data */
	uint32_t wire_length; /* bytes that the frame had, as the file claims */
	const uint8_t *data;  /* from the Ethernet header; may be NULL when available is 0 */
};

struct capture;

/*
 * Open a capture and read its header. *error takes the text of this and of every later failure; it
 * must outlive the capture. Returns 0, or
 *   -errno           of open
 *   -EBADMSG         empty, cut in its header, or not a capture
 *   -EPROTONOSUPPORT another link type than Ethernet, which the text names
 *   -ENOMEM
 */
int capture_open(const char *path, struct capture_error *error, struct capture **capture);

/* NULL is allowed. */
void capture_close(struct capture *capture);

/*
 * The next packet, with all its bytes available. packet->data is valid until the next call.
 * Returns 1; 0 at the end of a whole capture; or, with *packet untouched, -EBADMSG when the file is
 * cut or damaged and -EIO when it cannot be read. Every whole record before the place is delivered
 * first, and the text says which record it is; further calls return the same.
 */
int capture_next(struct capture *capture, struct capture_packet *packet);

/* Packets delivered so far. */
uint64_t capture_records(const struct capture *capture);

/*
 * How far the file is read, in bytes of the file (compressed ones, if it is gzip'd), and its size;
 * 0 when the size is not known (a pipe).
 */
void capture_progress(const struct capture *capture, uint64_t *bytes_read, uint64_t *bytes_total);

#endif
