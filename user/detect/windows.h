/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tail test at six windows. A count x crosses a window when
 *
 *   x >= ceil(max(R M, M + E, M + 4.5 sqrt(M + M^2/r)))   and   P(NB(M, r) >= x) <= alpha
 *
 *   window    M, packets expected in the whole window   1/r                    R     E
 *   minute    mu/60 f                                   k1 + kh + 1/(a+.3)     4     30
 *   ten       mu/6 f                                    k1/2 + kh + 1/(a+.3)   3     40
 *   hour      mu f                                      kh + 1/(a+.3)          2     60
 *   six       m (six seasons) f, at its start           max(.75 kh, kd) + ...  1.8   80
 *   day       md f                                      kd + 1/(ad+.3)         1.6   100
 *   noon      md f, at noon                             kd + 1/(ad+.3)         1.6   100
 *
 * f >= 1 is the window's exposure against a full one, the common factor g included. Counts only
 * grow within a window, so the partial count is tested against the whole window every minute.
 * What the table calls frozen is computed when the window starts: a threshold that learned within
 * its window would let a rise hide itself.
 */
#ifndef TEITEN_DETECT_WINDOWS_H
#define TEITEN_DETECT_WINDOWS_H

#include "user/detect/baseline.h"
#include "user/detect/packed.h"

/*
 * Minutes of a window, its ratio R and its floor E at scale 1; index enum window. On a sensor with
 * the share v of 5,000 packets a minute the floor is E v^exponent: with two packets a minute
 * 9, 16, 22, 24 and 21 for a minute, ten, an hour, six and a day.
 */
struct window_shape {
	uint32_t minutes;
	float ratio;
	float floor;
	float floor_exponent;
};
extern const struct window_shape window_shapes[WINDOWS];

/* What all series are judged by in a minute. */
struct judgement {
	double alpha[WINDOWS];
	double alpha_drop;
	float floor[WINDOWS];  /* E of the day */
	float factor[WINDOWS]; /* f of the minute */
	float common;          /* g of the minute */
	bool armed[WINDOWS];   /* whether learning is over for the window */
	bool any_armed;
	uint32_t hour; /* of the epoch */
	struct season_table seasons;
};

/* One window of one series: the count, and what was expected of it. */
struct crossing {
	enum window window;
	double observed;
	double expected;
	double size;         /* r */
	double log10p;       /* upper tail */
	double log10p_lower; /* of a drop; else unused */
};

/* Freeze the thresholds of the windows of an hour or less, for judgement->hour. */
void windows_freeze_hour(struct series *series, const struct judgement *judgement);

/* Freeze expectation and threshold of one longer window as of judgement->hour. */
void window_freeze(struct series *series, enum window window, const struct judgement *judgement);

/* The window's running count; packets is the minute's. */
double window_count(const struct series *series, enum window window, uint32_t packets);

/* expected and size of a window: fully exposed, and with this minute's f. */
void window_expect_whole(const struct series *series, enum window window,
	const struct judgement *judgement, struct crossing *crossing);
void window_expect(const struct series *series, enum window window,
	const struct judgement *judgement, struct crossing *crossing);

/* Whether any window's count reached its frozen threshold: the one check that every count pays. */
static inline bool windows_reached(const struct series *series, float packets)
{
	return packets >= packed_value(series->threshold[WINDOW_MINUTE]) ||
	       series->sum_ten >= packed_value(series->threshold[WINDOW_TEN]) ||
	       series->sum_hour >= packed_value(series->threshold[WINDOW_HOUR]) ||
	       series->sum_six >= packed_value(series->threshold[WINDOW_SIX]) ||
	       series->sum_day >= packed_value(series->threshold[WINDOW_DAY]) ||
	       series->sum_noon >= packed_value(series->threshold[WINDOW_NOON]);
}

/*
 * Test one window exactly. Returns true and fills *crossing when the count crosses; otherwise
 * false: *candidate says whether the count reached the integer threshold, with crossing's numbers
 * filled in, and the frozen threshold rises above the count that failed.
 */
bool window_crosses(struct series *series, enum window window, uint32_t packets,
	const struct judgement *judgement, struct crossing *crossing, bool *candidate);

#endif
