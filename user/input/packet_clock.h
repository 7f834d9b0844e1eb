/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock of a replay: minutes come from the times of packets. It is told the time of one packet
 * after the other and answers in which minute each is counted. A value; it does no input or output.
 *
 *   packet  12:00:07  12:00:59  12:03:00          11:59:30   17:00:00
 *   step    12:00     12:00     close 12:00       12:03,     close 12:03
 *                               2 empty minutes   late       296 minutes of gap
 *                               12:03                        17:00
 *
 * - Every minute that was opened counts as fully covered, 60 seconds, the first and the last too.
 * - A packet of a later minute closes the current one. The jump is the difference of the two
 *   minutes. The minutes between them are covered and empty when the jump is at most the gap limit,
 *   and a gap (no record, exposure 0) when it is longer. They are given as a number: a century
 *   costs what a minute does.
 * - A packet older than the current minute is counted in the current minute, and is LATE.
 * - A time outside 1970-01-01T00:00:00Z .. 9999-12-31T23:59:59Z is MISDATED and counted in the
 *   current minute.
 * - A packet more than PACKET_CLOCK_LEAP seconds ahead of the last one needs the agreement of the
 *   packet that follows it in the capture; without it, it is MISDATED and counted in the current
 *   minute. "The last one" is the last packet that was neither late nor misdated. The following
 *   packet agrees when its own time is within 1970-9999, at most PACKET_CLOCK_LEAP seconds before
 *   or after the packet's, and nearer to it than to the last one's. No following packet: no
 *   agreement.
 * - The first packet within 1970-9999 sets the clock: there is no last one to compare it with.
 *   Packets before it that are outside 1970-9999 are counted in the minute that it opens.
 *
 * Times are whole seconds; a fraction of a second decides nothing.
 */
#ifndef TEITEN_INPUT_PACKET_CLOCK_H
#define TEITEN_INPUT_PACKET_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define PACKET_CLOCK_LEAP 86400          /* seconds: 24 hours */
#define PACKET_CLOCK_GAP 60              /* minutes: the default limit of a jump without a gap */
#define PACKET_CLOCK_LATEST 253402300799 /* 9999-12-31T23:59:59Z */

enum packet_date {
	PACKET_IN_TIME,
	PACKET_LATE,
	PACKET_MISDATED,
};

/* A minute with packets. */
struct packet_minute {
	int64_t start;    /* Unix seconds, a multiple of 60 */
	uint64_t packets; /* counted in it, with the late and the misdated */
	uint64_t late;
	uint64_t misdated;
};

struct packet_clock {
	uint64_t gap;                 /* minutes */
	int64_t last;                 /* time of the last packet in time, seconds */
	bool dated;                   /* current.start and last are valid */
	bool open;                    /* current has packets */
	struct packet_minute current; /* not open: the last minute that is closed */
};

/* What a packet does to the clock. */
struct packet_step {
	enum packet_date date;
	/* Before the packet is counted, finish this minute: nothing may be added to it later. */
	bool closes;
	struct packet_minute closed; /* valid if closes */
	/* Minutes between the closed one (or the one given to packet_clock_after()) and the
	 * packet's own: at most one of the two is not zero. */
	uint64_t empty_minutes; /* covered, without a packet */
	uint64_t gap_minutes;   /* not covered */
};

/* A clock before the first packet. gap: the longest jump, in minutes, that is not a gap. */
struct packet_clock packet_clock_new(uint64_t gap);

/*
 * A clock behind a minute that is finished and stored already: packets of that minute and of
 * earlier ones are late, and are counted in the minute after it. closed_minute: its start, a
 * multiple of 60 within 1970-9999, but not the last minute of 9999.
 */
struct packet_clock packet_clock_after(uint64_t gap, int64_t closed_minute);

/*
 * Whether a packet of that time needs the agreement of the one that follows it. Only then does the
 * caller have to look ahead before packet_clock_step().
 */
bool packet_clock_leaps(const struct packet_clock *clock, int64_t seconds);

/*
 * Count one packet. following: the time of the packet behind it, or NULL when there is none;
 * looked at only when packet_clock_leaps(). Any value of seconds and *following is accepted.
 */
struct packet_step packet_clock_step(
	struct packet_clock *clock, int64_t seconds, const int64_t *following);

/*
 * Start of the minute in which the last packet was counted. False, *start untouched, as long as
 * that is not known: no packet had a time within 1970-9999.
 */
bool packet_clock_minute(const struct packet_clock *clock, int64_t *start);

/*
 * Behind the last packet: finish the current minute. Returns false, *last untouched, when no
 * minute is open or its time is not known; clock->current.packets then tells how many packets have
 * no minute. The clock stands behind *last afterwards, as after packet_clock_after().
 */
bool packet_clock_finish(struct packet_clock *clock, struct packet_minute *last);

#endif
