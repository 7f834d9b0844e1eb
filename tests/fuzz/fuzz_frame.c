/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a frame, through the program's parser and an independent decoder (tests/hostile/):
 * they agree. Input: two bytes for the size of the first buffer, then the frame.
 */
#define FRAME_AT 2
#include "tests/fuzz/frame_mutator.h"
#include "tests/hostile/decoder.h"
#include "tests/unit/bpf/host_parser.h"
#include "user/model/port.h"

#include <stdlib.h>

static uint32_t row_of(const struct decoded *decoded)
{
	static const enum port_protocol protocol[] = {
		[DECODED_TCP] = PORT_TCP,
		[DECODED_UDP] = PORT_UDP,
		[DECODED_ICMP] = PORT_ICMP,
		[DECODED_ICMP6] = PORT_ICMP6,
	};

	return decoded->row == DECODED_NO_ROW ? TT_ROW_NONE
					      : port_row(protocol[decoded->row], decoded->number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length = size < FRAME_AT ? 0 : size - FRAME_AT, linear;
	struct decoded decoded;
	struct packet packet;
	uint8_t *room, *frame;

	if (size < FRAME_AT)
		return 0;
	decoded = decode(data + FRAME_AT, length);
	linear = data[0] * 256u + data[1];
	if (!decoded.fixed_end || linear < decoded.fixed_end)
		linear = length;
	room = malloc(length + 2); /* IP headers lie as drivers align them */
	if (!room)
		abort();
	frame = room + 2;
	memcpy(frame, data + FRAME_AT, length);
	packet = host_parse(frame, length, linear);
	if (packet.class != decoded.class || packet.row != row_of(&decoded) ||
		packet.is_neighbour != decoded.is_neighbour)
		abort();
	free(room);
	return 0;
}
