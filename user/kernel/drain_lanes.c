/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets a lane, a larger sketch: the rows with most sources lately. A row's score is its sources
 * of each minute, halved in a day. A row without a lane takes a free one, or that of the lowest
 * score when its own is twice as high; that lane rests first, until both of its halves have been
 * zeroed, so that no source of one port is taken for another's.
 *
 * What a row counted before it had its lane is in the sketch of the row; sketch_port_count() joins
 * both.
 */
#include "user/kernel/drain_rows.h"

#include <math.h>

#define HALF_LIFE 1440.0f
/* Both halves. */
#define REST 2
/* Lanes that change hands in a minute, so that a scan of all ports does not take them all. */
#define CHANGES 32

static float score_of(const struct drain *drain, uint32_t row)
{
	const struct drain_score *score = &drain->row[row].score;

	return score->sources * exp2f(-(float)(drain->drains - score->drain) / HALF_LIFE);
}

/* In the order that struct tt_lanes promises: each store is a release. */
static void write_lane(struct drain *drain, uint32_t row, unsigned int lane)
{
	struct tt_lanes *lanes = drain->program->lanes;
	__u8 *bits = &lanes->has_lane[row / 8], bit = (__u8)(1u << row % 8);

	if (!lane)
		__atomic_store_n(bits, (__u8)(*bits & ~bit), __ATOMIC_RELEASE);
	__atomic_store_n(&lanes->of_row[row], (uint16_t)lane, __ATOMIC_RELEASE);
	if (lane)
		__atomic_store_n(bits, (__u8)(*bits | bit), __ATOMIC_RELEASE);
}

void drain_lanes_new(struct drain *drain)
{
	struct tt_lanes *lanes = drain->program->lanes;

	for (unsigned int lane = 0; lane < TT_LANES; lane++)
		drain->lane_row[lane] = TT_ROW_NONE;
	for (uint32_t row = 0; row < TT_ROWS; row++) {
		unsigned int lane = lanes->of_row[row];
		bool is_mine = lane > 0 && lane < TT_LANES && drain->lane_row[lane] == TT_ROW_NONE;

		if (is_mine)
			drain->lane_row[lane] = row;
		/* A process that was killed between the two left them apart. */
		write_lane(drain, row, is_mine ? lane : 0);
	}
	/* Of a lane without a row nobody knows whether it rested. */
	for (unsigned int lane = 1; drain->is_live && lane < TT_LANES; lane++)
		if (drain->lane_row[lane] == TT_ROW_NONE)
			drain->lane_rest[lane] = REST;
}

void drain_lanes_score(struct drain *drain, uint32_t row, uint32_t sources)
{
	drain->row[row].score = (struct drain_score){
		.sources = score_of(drain, row) + (float)sources,
		.drain = drain->drains,
	};
}

/* The lane to give away: a free one that has rested, or the one with the lowest score. */
struct choice {
	unsigned int lane; /* 0: none */
	float score;       /* below 0: it is free */
};

static struct choice choose_lane(const struct drain *drain)
{
	struct choice choice = {0, INFINITY};

	for (unsigned int lane = 1; lane < TT_LANES; lane++) {
		uint32_t row = drain->lane_row[lane];
		float score = row < TT_ROWS ? score_of(drain, row) : -1;

		if (drain->lane_rest[lane] == 0 && score < choice.score)
			choice = (struct choice){lane, score};
		if (choice.score < 0)
			break;
	}
	return choice;
}

static void give(struct drain *drain, unsigned int lane, uint32_t row)
{
	drain->lane_row[lane] = row;
	write_lane(drain, row, lane);
}

static void take_back(struct drain *drain, unsigned int lane)
{
	write_lane(drain, drain->lane_row[lane], 0);
	drain->lane_row[lane] = TT_ROW_NONE;
	drain->lane_rest[lane] = REST;
}

/* Whether the lane was given or set free for the row: another must be chosen then. */
static bool serve(struct drain *drain, uint32_t row, const struct choice *choice)
{
	if (choice->score < 0)
		give(drain, choice->lane, row);
	else if (score_of(drain, row) > 2 * choice->score)
		take_back(drain, choice->lane);
	else
		return false;
	return true;
}

void drain_lanes_assign(struct drain *drain)
{
	struct choice choice;
	unsigned int served = 0;
	bool is_stale = true;

	drain->drains++;
	for (unsigned int lane = 1; lane < TT_LANES; lane++)
		drain->lane_rest[lane] -= drain->lane_rest[lane] > 0;
	for (uint32_t row = row_next(&drain->visit, NULL, 0); row < TT_ROWS && served < CHANGES;
		row = row_next(&drain->visit, NULL, row + 1)) {
		if (drain->program->lanes->of_row[row] || score_of(drain, row) < 0.5f)
			continue;
		if (is_stale)
			choice = choose_lane(drain);
		if (choice.lane == 0)
			return;
		is_stale = serve(drain, row, &choice);
		served++;
	}
}
