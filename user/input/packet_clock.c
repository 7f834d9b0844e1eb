/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/packet_clock.h"

#define MINUTE 60

static bool in_range(int64_t seconds)
{
	return seconds >= 0 && seconds <= PACKET_CLOCK_LATEST;
}

/* Both within 1970-9999: no overflow. */
static int64_t distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

struct packet_clock packet_clock_new(uint64_t gap)
{
	return (struct packet_clock){.gap = gap};
}

struct packet_clock packet_clock_after(uint64_t gap, int64_t closed_minute)
{
	return (struct packet_clock){
		.gap = gap,
		.dated = true,
		.last = closed_minute + MINUTE - 1,
		.current.start = closed_minute,
	};
}

bool packet_clock_leaps(const struct packet_clock *clock, int64_t seconds)
{
	return clock->dated && in_range(seconds) && seconds - clock->last > PACKET_CLOCK_LEAP;
}

static bool agrees(const struct packet_clock *clock, int64_t seconds, const int64_t *following)
{
	return following && in_range(*following) &&
	       distance(*following, seconds) <= PACKET_CLOCK_LEAP &&
	       distance(*following, seconds) < distance(*following, clock->last);
}

/* Make start, later than the current minute, the current one. */
static void move_to(struct packet_clock *clock, int64_t start, struct packet_step *step)
{
	uint64_t jump = (uint64_t)(start - clock->current.start) / MINUTE;

	step->closes = clock->open;
	step->closed = clock->current;
	if (jump <= clock->gap)
		step->empty_minutes = jump - 1;
	else
		step->gap_minutes = jump - 1;
	clock->current = (struct packet_minute){.start = start};
}

/* Whether a packet of that time is believed; sets the date of those that are not. */
static bool believe(const struct packet_clock *clock, int64_t seconds, const int64_t *following,
	struct packet_step *step)
{
	if (!in_range(seconds) ||
		(packet_clock_leaps(clock, seconds) && !agrees(clock, seconds, following)))
		step->date = PACKET_MISDATED;
	else if (clock->dated && (seconds < clock->current.start ||
					 (!clock->open && seconds < clock->current.start + MINUTE)))
		step->date = PACKET_LATE;
	return step->date == PACKET_IN_TIME;
}

struct packet_step packet_clock_step(
	struct packet_clock *clock, int64_t seconds, const int64_t *following)
{
	struct packet_step step = {.date = PACKET_IN_TIME};

	if (believe(clock, seconds, following, &step)) {
		int64_t start = seconds - seconds % MINUTE;

		if (!clock->dated)
			clock->current.start = start;
		else if (start > clock->current.start)
			move_to(clock, start, &step);
		clock->dated = true;
		clock->last = seconds;
	} else if (clock->dated && !clock->open) {
		move_to(clock, clock->current.start + MINUTE, &step);
	}
	clock->open = true;
	clock->current.packets++;
	clock->current.late += step.date == PACKET_LATE;
	clock->current.misdated += step.date == PACKET_MISDATED;
	return step;
}

bool packet_clock_minute(const struct packet_clock *clock, int64_t *start)
{
	if (!clock->dated || !clock->open)
		return false;
	*start = clock->current.start;
	return true;
}

bool packet_clock_finish(struct packet_clock *clock, struct packet_minute *last)
{
	if (!clock->dated || !clock->open)
		return false;
	*last = clock->current;
	*clock = packet_clock_after(clock->gap, clock->current.start);
	return true;
}
