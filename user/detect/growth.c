/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/growth.h"

#include "user/detect/packed.h"

#include <math.h>

#define DECAY .96753f /* 2^(-1/21) */
#define RHO 1.5f
#define ALARM 10.f
#define SUSPICION 1.f
#define SUSPICION 1.f
#define MIN_RATIO 1.4f
#define MIN_WEEK 200.f
#define QUIET_DAYS 28
/* Fewer delayed days than this are no reference. */
#define MIN_DAYS 4

float growth_reference(const struct series *series, const struct growth_days *days)
{
	return days->days >= MIN_DAYS && days->mean_exposed > 0
		       ? series->growth_mean / days->mean_exposed
		       : 0;
}

bool growth_is_judged(float reference)
{
	return 7 * reference > MIN_WEEK;
}

static bool is_quiet(const struct series *series, uint32_t day)
{
	return (series->flags & SERIES_GREW) && (uint16_t)(day - series->growth_day) < QUIET_DAYS;
}

void growth_silence(struct series *series, uint32_t day)
{
	series->growth_score = 0;
	series->growth_day = (uint16_t)day;
	series->flags |= SERIES_GREW;
}

static void feed(struct series *series, const struct growth_days *days, float packets)
{
	float oldest = packed_value(series->week[GROWTH_DELAY_DAYS - 1]);
	float old_exposed = days->exposed[GROWTH_DELAY_DAYS - 1];

	if (old_exposed > 0) {
		float reference = growth_reference(series, days), expected, k;

		if (growth_is_judged(reference)) {
			expected = reference * old_exposed;
			k = fmaxf(packed_value(series->day_dispersion), .02f);
			oldest = fminf(
				oldest, expected + 4 * sqrtf(expected + k * expected * expected));
		}
		series->growth_mean = DECAY * series->growth_mean + oldest;
	}
	for (int i = GROWTH_DELAY_DAYS - 1; i > 0; i--)
		series->week[i] = series->week[i - 1];
	series->week[0] = packed_nearest(packets);
}

bool growth_day(struct series *series, const struct growth_days *days, float exposed, float common,
	uint32_t day, struct growth_verdict *verdict)
{
	float reference = growth_reference(series, days);
	float expected = reference * exposed * common, packets = series->sum_day, y, r;
	bool tell;

	if ((series->flags & SERIES_GREW) && !is_quiet(series, day))
		series->flags &= (uint8_t)~SERIES_GREW;
	if (!growth_is_judged(reference) || is_quiet(series, day)) {
		series->growth_score = 0;
		feed(series, days, packets);
		return false;
	}
	/* Growth is scatter about the last weeks' mean: it must not excuse itself. */
	if (series->growth_score < SUSPICION || series->growth_dispersion == 0)
		series->growth_dispersion = series->day_dispersion;
	r = 1 / (4 * fmaxf(packed_value(series->growth_dispersion), .02f) +
			1 / (series->growth_mean + 1));
	y = fminf(packets, 2.5f * expected + 10);
	series->growth_score =
		fmaxf(0, series->growth_score + y * logf(RHO) -
				 (y + r) * logf((r + RHO * expected) / (r + expected)));
	tell = series->growth_score > ALARM && packets > MIN_RATIO * expected;
	if (tell) {
		*verdict = (struct growth_verdict){packets, expected, r};
		growth_silence(series, day);
	}
	feed(series, days, packets);
	return tell;
}

void growth_days_push(struct growth_days *days, float exposed)
{
	float oldest = days->exposed[GROWTH_DELAY_DAYS - 1];

	if (oldest > 0) {
		days->mean_exposed = DECAY * days->mean_exposed + oldest;
		days->days++;
	}
	for (int i = GROWTH_DELAY_DAYS - 1; i > 0; i--)
		days->exposed[i] = days->exposed[i - 1];
	days->exposed[0] = exposed;
}
