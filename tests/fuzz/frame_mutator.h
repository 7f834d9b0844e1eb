/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For targets whose input is a few bytes of choices and then a frame: one mutation in eight begins
 * anew with a frame of tests/hostile/, so that every header is known from the start. The includer
 * defines FRAME_AT, the bytes of choices.
 */
#ifndef TEITEN_TESTS_FUZZ_FRAME_MUTATOR_H
#define TEITEN_TESTS_FUZZ_FRAME_MUTATOR_H

#include "tests/hostile/frames.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maximum, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maximum);

struct mutator_room {
	uint8_t *data;
	size_t size, maximum;
};

static void mutator_keep(void *context, const uint8_t *bytes, size_t length)
{
	struct mutator_room *room = context;

	if (length > room->maximum - FRAME_AT)
		length = room->maximum - FRAME_AT;
	memcpy(room->data + FRAME_AT, bytes, length);
	room->size = FRAME_AT + length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maximum, unsigned int seed)
{
	struct mutator_room room = {data, size, maximum};
	struct hostile hostile = {.visit = mutator_keep, .context = &room};

	if (seed % 8 || maximum < 64)
		return LLVMFuzzerMutate(data, size, maximum);
	memset(data, 0xff, FRAME_AT);
	hostile_random(&hostile, seed, 1);
	return room.size;
}

#endif
