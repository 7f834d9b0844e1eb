/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A detector's saved state with changes, its checksum made good: it is refused, or the detector
 * that it makes goes on over quiet and loud minutes and can be saved again. Input: a list of
 * (place, place, place, byte) that are laid over a sound state with open
 * incidents.
 */
#include "user/detect/state.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CAPACITY 64
#define SERIES 24
#define START INT64_C(1391212800)

static struct event_list events;
static struct detect_parameters parameters;
static uint8_t *sound;
static size_t sound_size;

static void require(int condition)
{
	if (!condition)
		abort();
}

/* One minute: every series once, the loud ones a hundred times as much. */
static void count_minute(struct detect *detect, int64_t minute, unsigned int loud)
{
	struct series_count counts[SERIES];

	for (unsigned int i = 0; i < SERIES; i++)
		counts[i] = (struct series_count){series_make(SERIES_PORT, 20 + i, 0),
			(uint32_t)((minute + i) % 3 + (i < loud ? 400 : 0))};
	events.count = 0;
	detect_counts(detect, START + minute * 60, 1, counts, SERIES, &events);
}

static void prepare(void)
{
	struct detect *detect;

	parameters = detect_defaults();
	parameters.capacity = CAPACITY;
	events.capacity = DETECT_MAX_EVENTS;
	events.events = calloc(events.capacity, sizeof(*events.events));
	require(events.events && detect_new(&parameters, &detect) == 0);
	for (int64_t minute = 0; minute < 3000; minute++)
		count_minute(detect, minute, minute < 2900 ? 0 : 5);
	require(detect_save(detect, &sound, &sound_size) == 0);
	detect_free(detect);
}

static void go_on(struct detect *detect)
{
	uint8_t *again;
	size_t size;

	for (int64_t minute = 3000; minute < 3010; minute++)
		count_minute(detect, minute, minute % 2 ? 8 : 0);
	count_minute(detect, 3000 + 2000, 0);
	require(detect_save(detect, &again, &size) == 0);
	free(again);
}

/* Three bytes: one place in four is anywhere, the others where something is in use. */
static size_t place(const uint8_t *bytes)
{
	const size_t tail = sizeof(struct predecessor) * PREDECESSORS + sizeof(uint32_t);
	const size_t book = sound_size - tail - sizeof(struct incident_book);
	const size_t episodes = book - sizeof(struct episode) * EPISODES;
	size_t within = (size_t)(bytes[0] & 0x3f) << 16 | (size_t)bytes[1] << 8 | bytes[2];

	switch (bytes[0] >> 6) {
	case 0:
		return within % episodes; /* header, clock, judgement, series */
	case 1:
		return episodes + within % (sizeof(struct episode) * 32);
	case 2:
		return book + within % 4096;
	default:
		return within % sound_size;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct detect *detect;
	uint8_t *state;
	uint32_t sum;

	if (!sound)
		prepare();
	state = malloc(sound_size);
	require(state != NULL);
	memcpy(state, sound, sound_size);
	for (size_t i = 0; i + 3 < size; i += 4)
		state[place(data + i)] = data[i + 3];
	sum = (uint32_t)crc32_z(crc32_z(0, NULL, 0), state, sound_size - sizeof(sum));
	memcpy(state + sound_size - sizeof(sum), &sum, sizeof(sum));
	if (detect_load(&parameters, state, sound_size, &detect) == 0) {
		go_on(detect);
		detect_free(detect);
	} else {
		require(size >= 4);
	}
	free(state);
	return 0;
}
