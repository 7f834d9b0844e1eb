/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/state.h"

/* -- One series ---------------------------------------------------------------------------- */

static const struct span *span_at(const struct detect *detect, uint32_t number)
{
	return &detect->clock.spans[number % SPANS];
}

/* Learn the hour that the sums belong to. */
static void roll_own_hour(struct detect *detect, struct series *series)
{
	const struct span *span = span_at(detect, series->span);

	if (series->episode != EPISODE_NONE)
		lifecycle_roll_hour(detect, (uint32_t)(series - detect->table.series), span);
	else if (span->exposed > SPAN_MIN_EXPOSED)
		baseline_roll_hour(series, span, &detect->judgement.seasons, true);
	if (packed_value(series->burst_pending) > packed_value(series->burst))
		series->burst = series->burst_pending;
	series->burst_pending = 0;
	series->bursts = 0;
	series->sum_hour = 0;
	series->sum_squares = 0;
	series->sum_ten = 0;
	series->block = 0;
	series->span++;
	series->flags |= SERIES_FREEZE_HOUR;
}

/* Learn up to and without the span number until. */
void roll_until(struct detect *detect, struct series *series, uint32_t until)
{
	uint32_t idle;
	float exposed = 0;

	if (series->span == until)
		return;
	roll_own_hour(detect, series);
	idle = until - series->span;
	if (idle > 1 && baseline_rate(series) < BASELINE_IDLE_RATE &&
		series->episode == EPISODE_NONE) {
		for (; series->span != until; series->span++)
			exposed += span_at(detect, series->span)->exposed;
		baseline_roll_idle(series, idle, exposed);
	}
	while (series->span != until)
		roll_own_hour(detect, series);
}

/* Whether the series is still, and enough, of a reference; else it is none. */
static bool keep_reference(const struct detect *detect, struct series *series)
{
	if (baseline_rate(series) > detect->clock.reference_rate)
		return true;
	series->flags &= (uint8_t)~SERIES_REFERENCE;
	return false;
}

/* Too many: keep those with twice the rate. What remains does not depend on who came first. */
static void thin_references(struct detect *detect)
{
	uint32_t kept = 0;

	detect->clock.reference_rate *= 2;
	for (uint32_t i = 0; i < detect->reference_count; i++)
		if (keep_reference(detect, detect_series(detect, detect->references[i])))
			detect->references[kept++] = detect->references[i];
	detect->reference_count = kept;
}

static void note_reference(struct detect *detect, struct series *series)
{
	enum series_kind kind = series_kind(series->key);

	if ((series->flags & SERIES_REFERENCE) || kind == SERIES_FANOUT || kind == SERIES_CLASS ||
		baseline_rate(series) <= detect->clock.reference_rate)
		return;
	while (detect->reference_count == MAX_REFERENCES)
		thin_references(detect);
	if (baseline_rate(series) <= detect->clock.reference_rate)
		return;
	series->flags |= SERIES_REFERENCE;
	detect->references[detect->reference_count++] = (uint32_t)(series - detect->table.series);
}

void roll_references(struct detect *detect)
{
	detect->reference_count = 0;
	detect->clock.reference_rate = COMMON_MIN_RATE;
	for (uint32_t i = 0; i < detect->table.count; i++) {
		detect->table.series[i].flags &= (uint8_t)~SERIES_REFERENCE;
		note_reference(detect, &detect->table.series[i]);
	}
}

static void freeze(struct detect *detect, struct series *series)
{
	const struct judgement *judgement = &detect->judgement;

	if (series->flags & SERIES_FREEZE_HOUR)
		windows_freeze_hour(series, judgement);
	if (series->flags & SERIES_FREEZE_SIX)
		window_freeze(series, WINDOW_SIX, judgement);
	if (series->flags & SERIES_FREEZE_DAY)
		window_freeze(series, WINDOW_DAY, judgement);
	if (series->flags & SERIES_FREEZE_NOON)
		window_freeze(series, WINDOW_NOON, judgement);
	series->flags &= (uint8_t)~SERIES_FREEZE;
	note_reference(detect, series);
}

void roll_series(struct detect *detect, uint32_t number)
{
	struct series *series = detect_series(detect, number);

	roll_until(detect, series, detect->clock.span);
	if (series->flags & SERIES_FREEZE)
		freeze(detect, series);
	if (series->block != detect->clock.block) {
		series->block = (uint8_t)detect->clock.block;
		series->sum_ten = 0;
	}
}

/* -- The common factor --------------------------------------------------------------------- */

float roll_common_factor(struct detect *detect)
{
	struct judgement *judgement = &detect->judgement;
	double exposed = detect->clock.exposure.block;
	uint32_t kept = 0;

	if (detect->clock.hour < detect->clock.first_hour + LEARN_HOURS)
		return 1;
	for (uint32_t i = 0; i < detect->reference_count; i++) {
		uint32_t number = detect->references[i];
		struct series *series = detect_series(detect, number);
		float expected;

		roll_series(detect, number);
		if (!keep_reference(detect, series))
			continue;
		expected = baseline_rate(series) * (float)exposed / 60 *
			   season_factor(series, &judgement->seasons, judgement->hour);
		detect->references[kept] = number;
		detect->ratios[kept++] = series->sum_ten / expected;
	}
	detect->reference_count = kept;
	return common_factor(detect->ratios, kept);
}
