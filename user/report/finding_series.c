/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second half of findings.h: what the series of a finding say. */
#include "user/report/findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Observed days before an onset that make its level. */
#define LEVEL_DAYS 28
#define LEVEL_DAYS_LEAST 3
/* Findings told at length at most; the rest is a table. */
#define MAIN_MOST 10
/* What the month makes a warning is at least this share of its packets. */
#define WARNING_SHARE 0.001
/* A change that lasted comes before one that was over within this many days. */
#define LASTING_DAYS 3

/* -- Series -------------------------------------------------------------------------------- */

static void add_series(month_series sum, const uint64_t *more)
{
	for (size_t i = 0; more && i < MONTH_DAYS; i++)
		sum[i] = month_add(sum[i], more[i]);
}

static void whole_series(const struct finding *finding, const struct month *month, month_series out)
{
	uint32_t item = series_item(finding->family);

	memset(out, 0, sizeof(month_series));
	switch (series_kind(finding->family)) {
	case SERIES_PORT:
		add_series(out, item < TT_ROWS ? month->ports[item] : NULL);
		break;
	case SERIES_SPORT53:
		for (unsigned int i = TT_UDP53_RESPONSE; i <= TT_UDP53_SHORT; i++)
			add_series(out, month->ledger[i]);
		break;
	case SERIES_CLASS:
		add_series(out, item < TT_CLASSES ? month->ledger[item] : NULL);
		break;
	case SERIES_FANOUT:
		add_series(out, item < 2 ? month->fanout[item] : NULL);
		break;
	default:
		add_series(out, month->total);
	}
}

/* The part of a finding's series that came from a country; false when it is not kept. */
static bool country_series(const struct finding *finding, const struct month *month,
	country_id country, month_series out)
{
	uint32_t row = finding_row(finding);
	const uint64_t *cell;

	memset(out, 0, sizeof(month_series));
	if (finding_is_sport53(finding)) {
		for (unsigned int i = 0; i < SPORT53_CLASSES; i++)
			add_series(out, month->sport53[country][i]);
		return true;
	}
	cell = row != TT_ROW_NONE && country < TT_CELLS ? month_cell(month, row, country) : NULL;
	add_series(out, cell);
	return cell != NULL;
}

/* -- Levels -------------------------------------------------------------------------------- */

/* Packets per observed day in the days before an onset; NaN when too few were observed. */
static double level_before(const struct month *month, const month_series series, size_t onset)
{
	double days = 0, packets = 0;

	for (size_t i = onset; i-- > 0 && days < LEVEL_DAYS;) {
		days += month->covered[i] / 86400;
		packets += (double)series[i];
	}
	return days < LEVEL_DAYS_LEAST ? NAN : packets / days;
}

static size_t day_at(const struct month *month, int64_t time)
{
	size_t day = 0;

	while (day + 1 < month->count && time >= month->borders[day + 1])
		day++;
	return day;
}

/*
 * The event's window begins half a window early at times. The rise is seen on the first day, from
 * the window's to that of the event, that comes at least half-way up to the largest of them.
 */
static size_t onset_day(const struct month *month, const month_series series, int64_t window,
	int64_t told, bool drop)
{
	size_t first = day_at(month, window), last = day_at(month, told);
	double level = level_before(month, series, first), most = 0;

	if (!isfinite(level) || drop)
		level = 0;
	for (size_t i = first; i <= last; i++)
		most = fmax(most, (double)series[i]);
	for (size_t i = first; i <= last && !drop; i++)
		if ((double)series[i] >= level + (most - level) / 2)
			return i;
	return first;
}

/* Beyond what a level of b packets a day does by itself: half of it, and three times its root. */
static bool has_moved(double packets, double level, double covered_days, bool drop)
{
	double expected = level * covered_days;
	double scatter = 3 * sqrt(expected) + 3;

	return drop ? packets < expected / 2 - scatter : packets > expected * 1.5 + scatter;
}

static size_t onset_of(const struct finding *finding, const struct month *month)
{
	return finding->onset_count ? finding->onsets[0].day : month->first;
}

static void measure_level(struct finding *finding, const struct month *month)
{
	size_t onset = onset_of(finding, month), end = finding->end_day;
	double days = month_covered_days(month, onset, end);
	double level;

	finding->before = level_before(month, finding->series, onset);
	finding->after = days > 0 ? (double)month_sum(finding->series, onset, end) / days : NAN;
	level = isfinite(finding->before) ? finding->before : 0;
	finding->peak = 0;
	for (size_t i = onset; i < end; i++) {
		double covered = month->covered[i] / 86400, packets = (double)finding->series[i];

		if (finding->series[i] > finding->peak) {
			finding->peak = finding->series[i];
			finding->peak_day = i;
		}
		if (!has_moved(packets, level, covered, finding_is_drop(finding)))
			continue;
		finding->moved_days++;
		finding->moved_last = i;
		finding->excess += packets - level * covered;
	}
}

/* -- Countries ----------------------------------------------------------------------------- */

static void rank_country(struct finding *finding, country_id country, uint64_t packets)
{
	size_t at = finding->country_top;

	finding->country_count++;
	while (at > 0 && packets > finding->countries[at - 1].packets)
		at--;
	if (at == FINDING_COUNTRIES)
		return;
	if (finding->country_top < FINDING_COUNTRIES)
		finding->country_top++;
	memmove(&finding->countries[at + 1], &finding->countries[at],
		(finding->country_top - at - 1) * sizeof(finding->countries[0]));
	finding->countries[at] = (struct finding_country){country, packets, 0};
}

/* How far a series left its level in the finding's days, of either sign. */
static double rise_of(
	const struct finding *finding, const struct month *month, const month_series series)
{
	size_t onset = onset_of(finding, month), end = finding->end_day;
	double level = level_before(month, series, onset);

	return (double)month_sum(series, onset, end) -
	       (isfinite(level) ? level : 0) * month_covered_days(month, onset, end);
}

static void measure_countries(struct finding *finding, const struct month *month)
{
	size_t onset = onset_of(finding, month), end = finding->end_day;
	double whole = rise_of(finding, month, finding->series), most = 0;
	uint64_t all = month_sum(finding->series, onset, end);
	country_id best = COUNTRY_ZZ;
	month_series part;

	for (unsigned int i = 0; i < COUNTRY_COUNT; i++) {
		uint64_t packets;
		double share;

		if (!country_series(finding, month, (country_id)i, part))
			continue;
		packets = month_sum(part, onset, end);
		if (packets)
			rank_country(finding, (country_id)i, packets);
		share = whole != 0 ? rise_of(finding, month, part) / whole : 0;
		if (share > most) {
			most = share;
			best = (country_id)i;
		}
	}
	for (size_t i = 0; i < finding->country_top && all; i++)
		finding->countries[i].share = (double)finding->countries[i].packets / (double)all;
	if (finding_is_sport53(finding) || finding_row(finding) == TT_ROW_NONE)
		return;
	finding->from_country = finding->told == TOLD_ONE || most >= FINDING_COUNTRY_SHARE;
	if (finding->told != TOLD_ONE)
		finding->country = best;
	if (finding->country == best && most > 0)
		finding->country_share = fmin(most, 1);
}

/* -- A finding ----------------------------------------------------------------------------- */

static void set_onset_days(struct finding *finding, const struct month *month)
{
	for (size_t i = 0; i < finding->onset_count; i++) {
		struct finding_onset *onset = &finding->onsets[i];

		onset->day = onset_day(
			month, finding->series, onset->time, onset->told, finding_is_drop(finding));
		/* An event of the month is about the month, though its window began before. */
		if (onset->day < month->first)
			onset->day = month->first;
	}
}

/* The rule of the detector's severities, asked of the month as one window. */
static enum event_severity severity_of_month(
	const struct finding *finding, const struct month *month)
{
	double all = (double)month_sum(month->total, month->first, month->count);

	if (series_kind(finding->family) == SERIES_FANOUT || finding->moved_days == 0)
		return EVENT_INFO;
	if (finding->excess >= all / 10)
		return EVENT_CRITICAL;
	if (finding->moved_days >= LASTING_DAYS && finding->after >= 10 * finding->before &&
		finding->excess >= all * WARNING_SHARE)
		return EVENT_WARNING;
	return EVENT_NOTICE;
}

static void measure(struct finding *finding, const struct month *month)
{
	enum event_severity severity;

	whole_series(finding, month, finding->series);
	finding->end_day = finding->state == FINDING_ENDED ? day_at(month, finding->state_time) + 1
							   : month->count;
	set_onset_days(finding, month);
	measure_countries(finding, month);
	if (finding->from_country) {
		country_series(finding, month, finding->country, finding->series);
		set_onset_days(finding, month);
	}
	measure_level(finding, month);
	/* The detector calls a flood of one day normal when it has aged: it was over by then. */
	if (finding->state == FINDING_STAYED && finding->moved_days &&
		finding->moved_last < day_at(month, finding->state_time))
		finding->state = FINDING_ENDED;
	severity = severity_of_month(finding, month);
	if (severity > finding->severity)
		finding->severity = severity;
	finding->sources = (struct month_sources){.estimate = NAN, .error = NAN};
}

/* What the store knows beyond counts; a question for each day, so of what is told at length. */
static void ask_store(struct finding *finding, const struct month *month, struct store *store)
{
	struct store_sources_query whose = {
		.kind = SOURCES_SPORT53,
		.row = finding_row(finding),
		.country = STORE_ALL_COUNTRIES,
	};
	month_series packets;

	if (whose.row != TT_ROW_NONE) {
		whose.kind = SOURCES_PORT;
		store->port_life(store, whose.row, STORE_ALL_COUNTRIES, &finding->life);
	}
	whole_series(finding, month, packets);
	if (whose.row != TT_ROW_NONE || finding_is_sport53(finding))
		finding->sources = month_sources_of(
			month, store, &whose, onset_of(finding, month), finding->end_day, packets);
}

/* -- Their order --------------------------------------------------------------------------- */

static bool is_lasting(const struct finding *finding)
{
	return finding->moved_days >= LASTING_DAYS && !finding->single;
}

/* What lasted and had more than one sender first; then by severity; then by size. */
static int by_order(const void *a, const void *b)
{
	const struct finding *left = a, *right = b;

	if (is_lasting(left) != is_lasting(right))
		return is_lasting(left) ? -1 : 1;
	if (left->severity != right->severity)
		return left->severity > right->severity ? -1 : 1;
	if (fabs(left->excess) != fabs(right->excess))
		return fabs(left->excess) > fabs(right->excess) ? -1 : 1;
	return left->family < right->family ? -1 : left->family > right->family;
}

static bool is_main(const struct finding *finding)
{
	return finding->moved_days > 0 && finding->severity >= EVENT_WARNING;
}

static int main_first(const void *a, const void *b)
{
	const struct finding *left = a, *right = b;

	if (is_main(left) != is_main(right))
		return is_main(left) ? -1 : 1;
	return by_order(a, b);
}

void findings_measure(struct findings *findings, const struct month *month, struct store *store)
{
	for (size_t i = 0; i < findings->count; i++)
		measure(&findings->list[i], month);
	qsort(findings->list, findings->count, sizeof(*findings->list), main_first);
	while (findings->main_count < findings->count && findings->main_count < MAIN_MOST &&
		is_main(&findings->list[findings->main_count]))
		ask_store(&findings->list[findings->main_count++], month, store);
}
