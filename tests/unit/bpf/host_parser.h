/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf/parse.h for the host: the primitives that the program's includer supplies. */
#ifndef TEITEN_TESTS_UNIT_BPF_HOST_PARSER_H
#define TEITEN_TESTS_UNIT_BPF_HOST_PARSER_H

#include "bpf/parse.h"
#include "bpf/plain.h"

#include <stdlib.h>
#include <string.h>

static int frame_copy(const struct frame *frame, __u32 offset, void *to, __u32 size)
{
	const __u8 *whole = frame->context;

	if (size == 0 || size > PARSE_LAYER4_BYTES || offset > frame->length ||
		size > frame->length - offset)
		return -1;
	memcpy(to, whole + offset, size);
	return 0;
}

static __u32 frame_walk_extensions(const struct frame *frame, struct layer4 *layer4)
{
	return parse_extensions(frame, layer4);
}

static __u64 frame_far_layer4(const struct frame *frame, const struct layer4 *layer4)
{
	return parse_far_layer4(frame, layer4);
}

/* Whoever parses on the host checks that the short way, where it is taken, says what the long does.
 */
static inline void host_check_plain(const struct frame *frame, const struct packet *packet)
{
	struct packet plain = {0};

	if (!is_plain(frame))
		return;
	parse_plain(frame, &plain);
	if (memcmp(&plain, packet, sizeof(plain)) != 0)
		abort();
}

/* The frame's first linear bytes are its first buffer; the rest lies elsewhere in a driver. */
static inline struct packet host_parse(const __u8 *bytes, size_t length, size_t linear)
{
	struct packet packet = {0};
	struct frame frame = {
		.start = bytes,
		.end = bytes + (linear < length ? linear : length),
		.length = (__u32)length,
		.context = (void *)(long)bytes,
	};

	parse_frame(&frame, &packet);
	host_check_plain(&frame, &packet);
	return packet;
}

#endif
