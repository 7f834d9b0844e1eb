/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet clock over any times. Input: one byte for the gap limit, then for each packet a byte
 * (what to do) and two bytes (how much): steps back and ahead of all sizes, and absurd times.
 *
 * Checked: minutes ascend without a hole (closed + empty + gap minutes join), every packet is in
 * exactly one minute, a jump within the limit is never a gap and a longer one always is.
 */
#include "user/input/packet_clock.h"

#include <stddef.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

/* The next time after `time`, from three bytes. */
static int64_t next_time(int64_t time, const uint8_t *bytes)
{
	static const int64_t unit[] = {1, 60, 3600, 86400, -1, -60, -86400, 31557600};
	static const int64_t absurd[] = {
		INT64_MIN, INT64_MAX, -1, PACKET_CLOCK_LATEST + 1, PACKET_CLOCK_LATEST, 0, 59, 60};
	int64_t amount = bytes[1] | bytes[2] << 8;

	if (bytes[0] & 0x80)
		return absurd[bytes[0] & 7];
	if (time < -PACKET_CLOCK_LATEST || time > 2 * PACKET_CLOCK_LATEST)
		time = 0;
	return time + unit[bytes[0] & 7] * (bytes[0] & 8 ? amount & 15 : amount);
}

struct checker {
	struct packet_clock clock;
	bool known;       /* minute is */
	int64_t minute;   /* last one that a packet was counted in */
	uint64_t packets; /* in closed minutes */
};

static void check_step(struct checker *checker, const struct packet_step *step)
{
	int64_t now;
	int64_t skipped = (int64_t)(step->empty_minutes + step->gap_minutes);

	require(!step->empty_minutes || !step->gap_minutes);
	require(!step->empty_minutes || step->empty_minutes < checker->clock.gap);
	require(!step->gap_minutes || step->gap_minutes >= checker->clock.gap);
	if (!packet_clock_minute(&checker->clock, &now))
		return;
	require(now >= 0 && now <= PACKET_CLOCK_LATEST && now % 60 == 0);
	if (step->closes) {
		require(checker->known && step->closed.start == checker->minute);
		require(now == checker->minute + 60 * (skipped + 1));
		checker->packets += step->closed.packets;
	} else {
		require(!checker->known || now == checker->minute);
		require(!skipped);
	}
	checker->known = true;
	checker->minute = now;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct checker checker = {.clock = packet_clock_new(size ? data[0] : 0)};
	struct packet_minute last = {0};
	uint64_t packets = 0;
	int64_t time = 1391256000;

	for (size_t at = 1; at + 3 <= size; at += 3) {
		bool has_next = at + 6 <= size;
		int64_t following;
		struct packet_step step;

		time = next_time(time, data + at);
		following = has_next ? next_time(time, data + at + 3) : 0;
		step = packet_clock_step(&checker.clock, time, has_next ? &following : NULL);
		check_step(&checker, &step);
		packets++;
	}
	if (packet_clock_finish(&checker.clock, &last))
		require(checker.packets + last.packets == packets);
	else
		require(checker.clock.current.packets == packets);
	return 0;
}
