/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a frame, through the program's parser and an independent decoder (tests/hostile/):
 * they agree. Input: two bytes for the size of the first buffer, then the frame. One mutation in
 * eight begins anew with a frame of tests/hostile/, so that every header is known from the start.
 */
#include "tests/hostile/decoder.h"
#include "tests/hostile/frames.h"
#include "tests/unit/bpf/host_parser.h"
#include "user/model/port.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maximum, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maximum);

#define LINEAR 2

struct room {
	uint8_t *data;
	size_t size, maximum;
};

static void keep(void *context, const uint8_t *bytes, size_t length)
{
	struct room *room = context;

	if (length > room->maximum - LINEAR)
		length = room->maximum - LINEAR;
	memcpy(room->data + LINEAR, bytes, length);
	room->size = LINEAR + length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maximum, unsigned int seed)
{
	struct room room = {data, size, maximum};
	struct hostile hostile = {.visit = keep, .context = &room};

	if (seed % 8 || maximum < 64)
		return LLVMFuzzerMutate(data, size, maximum);
	memset(data, 0xff, LINEAR);
	hostile_random(&hostile, seed, 1);
	return room.size;
}

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
	size_t length = size < LINEAR ? 0 : size - LINEAR, linear;
	struct decoded decoded;
	struct packet packet;
	uint8_t *room, *frame;

	if (size < LINEAR)
		return 0;
	decoded = decode(data + LINEAR, length);
	linear = data[0] * 256u + data[1];
	if (!decoded.fixed_end || linear < decoded.fixed_end)
		linear = length;
	room = malloc(length + 2); /* IP headers lie as drivers align them */
	if (!room)
		abort();
	frame = room + 2;
	memcpy(frame, data + LINEAR, length);
	packet = host_parse(frame, length, linear);
	if (packet.class != decoded.class || packet.row != row_of(&decoded) ||
		packet.is_neighbour != decoded.is_neighbour)
		abort();
	free(room);
	return 0;
}
