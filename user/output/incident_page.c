/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/incident_page.h"

#include "user/output/event_words.h"
#include "user/output/evidence_lines.h"
#include "user/output/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INDENT = 2, LEAST_LINES = 3 };

/* -- The series ---------------------------------------------------------------------------- */

/* A day's window is seen best in pieces of it: the day's rhythm tells a level from a burst. */
static int64_t step_of(uint32_t scale)
{
	if (scale <= 1)
		return 60;
	if (scale <= 10)
		return 600;
	if (scale <= 60)
		return 3600;
	return scale <= 1440 ? 6 * 3600 : 86400;
}

struct incident_series incident_series_around(
	int64_t onset, uint32_t scale, int64_t now, unsigned int columns)
{
	struct incident_series series = {.step = step_of(scale), .counted = "packets"};
	size_t count = columns < INCIDENT_SERIES_MAX ? columns : INCIDENT_SERIES_MAX;
	int64_t first = onset - onset % series.step - (int64_t)(2 * count / 3) * series.step;

	series.from = first > 0 ? first : 0;
	while (series.count < count && series.from + (int64_t)series.count * series.step <= now)
		series.values[series.count++] = NAN;
	return series;
}

static const char *bin_words(int64_t step)
{
	switch (step) {
	case 60:
		return "each minute";
	case 600:
		return "every 10 minutes";
	case 3600:
		return "each hour";
	case 86400:
		return "each day";
	default:
		return "every 6 hours";
	}
}

static void draw_series(
	struct page *page, const struct incident *incident, const struct incident_series *series)
{
	int64_t end = series->from + (int64_t)series->count * series->step;
	char from[EVENT_WORDS_TIME_MAX], to[EVENT_WORDS_TIME_MAX], most[NUMBER_MAX];
	double greatest = NAN;

	for (size_t i = 0; i < series->count; i++)
		if (isfinite(series->values[i]) && !(greatest >= series->values[i]))
			greatest = series->values[i];
	if (!isfinite(greatest))
		return;
	page_line(page);
	page_to(page, INDENT);
	page_wrapf(page, STYLE_DIM, INDENT, "%s %s, %s to %s, at most %s", series->counted,
		bin_words(series->step), event_words_time(series->from, from),
		event_words_time(end, to), number_short(greatest, most));
	page_to(page, INDENT);
	page_sparkline(page, event_words_style(incident->severity), series->values, series->count);
	page_line(page);
	if (incident->onset >= series->from && incident->onset < end) {
		page_to(page,
			INDENT + (unsigned int)((incident->onset - series->from) / series->step));
		page_text(page, STYLE_DIM, "^ onset");
		page_line(page);
	}
}

/* -- What it is ---------------------------------------------------------------------------- */

static void draw_title(struct page *page, const struct incident *incident)
{
	char what[EVENT_WORDS_MAX];

	page_text(page, STYLE_BOLD, event_words_what(incident->key, incident->kind, what));
	page_text(page, STYLE_PLAIN, ", ");
	page_text(page, event_words_style(incident->severity),
		event_severity_name(incident->severity));
	page_text(page, STYLE_PLAIN, incident->open ? ", open" : ", ended");
	page_line(page);
}

static void draw_life(struct page *page, const struct incident *incident)
{
	char onset[EVENT_WORDS_TIME_MAX], time[EVENT_WORDS_TIME_MAX], number[NUMBER_MAX];

	evidence_label(page, "incident");
	page_text(page, STYLE_PLAIN, incident->id);
	if (incident->prev[0])
		page_printf(page, STYLE_PLAIN, ", goes on from %s", incident->prev);
	page_line(page);
	evidence_label(page, "onset");
	page_wrapf(page, STYLE_PLAIN, EVIDENCE_VALUES, "%s UTC, told at %s",
		event_words_time(incident->onset, onset), event_words_time(incident->opened, time));
	evidence_label(page, incident->open ? "last told" : "ended");
	page_wrapf(page, STYLE_PLAIN, EVIDENCE_VALUES, "%s UTC, after %s%s%s",
		event_words_time(incident->last, time),
		number_duration(incident->last - incident->opened, number),
		incident->reason == EVENT_REASON_NONE ? "" : ": ",
		event_words_reason(incident->reason));
	evidence_label(page, "events");
	if (incident->open && incident->open < incident->events)
		page_printf(
			page, STYLE_PLAIN, "%u, %u of them open", incident->events, incident->open);
	else
		page_printf(page, STYLE_PLAIN, "%u", incident->events);
	page_line(page);
}

static void draw_size(struct page *page, const struct event *peak)
{
	char seen[NUMBER_MAX], usual[NUMBER_MAX], ratio[NUMBER_MAX];

	if (!isfinite(peak->observed) || !isfinite(peak->expected))
		return;
	evidence_label(page, "seen");
	page_printf(page, STYLE_PLAIN, "%s in %s, ", number_short(peak->observed, seen),
		event_words_scale(peak->scale));
	page_text(page, STYLE_BOLD, number_ratio(peak->ratio, ratio));
	page_printf(page, STYLE_PLAIN, " the usual %s", number_short(peak->expected, usual));
	page_line(page);
	if (isfinite(peak->log10p) && peak->kind != EVENT_DROP) {
		evidence_label(page, "by chance");
		page_printf(page, STYLE_PLAIN, "1 in 10^%.0f", ceil(-peak->log10p));
		page_line(page);
	} else if (isfinite(peak->log10p_lower)) {
		evidence_label(page, "by chance");
		page_printf(page, STYLE_PLAIN, "1 in 10^%.0f", ceil(-peak->log10p_lower));
		page_line(page);
	}
}

/* -- Every line ---------------------------------------------------------------------------- */

static void draw_line(struct page *page, const struct event *line)
{
	char time[EVENT_WORDS_TIME_MAX], key[EVENT_WORDS_MAX], number[NUMBER_MAX];

	page_to(page, INDENT);
	page_text(page, STYLE_PLAIN, event_words_time(line->time, time));
	page_to(page, 20);
	page_text(page, STYLE_PLAIN, event_phase_name(line->phase));
	page_to(page, 28);
	page_text(page, event_words_style(line->severity), event_severity_name(line->severity));
	page_to(page, 38);
	page_cut(page, STYLE_PLAIN, 25, event_words_key(line->key, key));
	page_right(page, STYLE_PLAIN, 67, line->scale ? event_scale_name(line->scale) : "-");
	page_right(page, STYLE_PLAIN, 73, number_ratio(line->ratio, number));
	page_right(page, STYLE_PLAIN, 80, number_short(line->observed, number));
	if (page->look.width >= 92) {
		page_to(page, 82);
		page_text(page, STYLE_DIM, line->id);
	}
	page_line(page);
}

/* The first line that is shown, below what is drawn already and above the prompt. */
static size_t first_shown(const struct page *page, size_t count, unsigned int rows)
{
	unsigned int room = rows > page->lines + 1 ? rows - page->lines - 1 : 0;

	if (room < LEAST_LINES)
		room = LEAST_LINES;
	/* One is for the number of those that are not. */
	return count > room ? count - room + 1 : 0;
}

void incident_page(struct page *page, const struct incident *incident, const struct event *lines,
	size_t count, const struct incident_series *series, unsigned int rows)
{
	size_t first;

	draw_title(page, incident);
	draw_life(page, incident);
	draw_size(page, &incident->peak);
	evidence_lines(page, &incident->peak);
	draw_series(page, incident, series);
	page_line(page);
	page_to(page, INDENT);
	page_text(page, STYLE_DIM, "time (UTC)");
	page_to(page, 20);
	page_text(page, STYLE_DIM, "phase");
	page_to(page, 28);
	page_text(page, STYLE_DIM, "severity");
	page_to(page, 38);
	page_text(page, STYLE_DIM, "what");
	page_right(page, STYLE_DIM, 67, "in");
	page_right(page, STYLE_DIM, 73, "ratio");
	page_right(page, STYLE_DIM, 80, "seen");
	page_line(page);
	first = first_shown(page, count, rows);
	if (first) {
		page_to(page, INDENT);
		page_printf(page, STYLE_DIM, "%zu earlier ones: --json has them all", first);
		page_line(page);
	}
	for (size_t i = first; i < count; i++)
		draw_line(page, &lines[i]);
}
