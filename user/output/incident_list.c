/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/incident_list.h"

#include "user/output/event_words.h"
#include "user/output/number.h"

#include <string.h>

/* Where the columns begin, or end when their text is at the right. */
enum {
	AT_SINCE = 13,
	AT_STATE = 31,
	AT_SEVERITY = 39,
	AT_WHAT = 49,
	WHAT_LEAST = 22,
	WHAT_MOST = 36,
	RATIO_WIDTH = 6,
	NUMBERS_WIDTH = 16,
	FROM_LEAST = 10,
};

/* How wide the column of what happened may be: as much as the ratio leaves. */
static unsigned int what_width(const struct page *page)
{
	unsigned int width = page->look.width;

	if (width < AT_WHAT + WHAT_LEAST + RATIO_WIDTH)
		return WHAT_LEAST;
	width -= AT_WHAT + RATIO_WIDTH;
	return width > WHAT_MOST ? WHAT_MOST : width;
}

/* A page without room for all of that: when, how severe, what. */
static bool is_narrow(const struct page *page)
{
	return page->look.width < AT_WHAT + WHAT_LEAST;
}

static void draw_narrow(struct page *page, const struct incident *incident)
{
	char time[EVENT_WORDS_TIME_MAX], what[EVENT_WORDS_MAX];

	/* The year is left out. */
	event_words_time(incident->opened, time);
	page_text(page, STYLE_PLAIN, strlen(time) > 5 ? time + 5 : time);
	page_to(page, 12);
	page_text(page, event_words_style(incident->severity),
		event_severity_name(incident->severity));
	page_to(page, 21);
	page_cut(page, incident->open ? STYLE_BOLD : STYLE_PLAIN, PAGE_UNLIMITED,
		event_words_what(incident->key, incident->kind, what));
	page_line(page);
}

void incident_list_head(struct page *page)
{
	unsigned int end = AT_WHAT + what_width(page) + RATIO_WIDTH;

	if (is_narrow(page))
		return;
	page_text(page, STYLE_DIM, "incident");
	page_to(page, AT_SINCE);
	page_text(page, STYLE_DIM, "since (UTC)");
	page_to(page, AT_STATE);
	page_text(page, STYLE_DIM, "state");
	page_to(page, AT_SEVERITY);
	page_text(page, STYLE_DIM, "severity");
	page_to(page, AT_WHAT);
	page_text(page, STYLE_DIM, "what");
	page_right(page, STYLE_DIM, end, "ratio");
	if (page->look.width >= end + NUMBERS_WIDTH) {
		page_right(page, STYLE_DIM, end + 8, "seen");
		page_right(page, STYLE_DIM, end + 16, "usual");
		page_to(page, end + NUMBERS_WIDTH + 2);
		if (page->look.width >= end + NUMBERS_WIDTH + FROM_LEAST)
			page_text(page, STYLE_DIM, "from");
	}
	page_line(page);
}

void incident_list_line(struct page *page, const struct incident *incident)
{
	enum page_style style = event_words_style(incident->severity);
	unsigned int end = AT_WHAT + what_width(page) + RATIO_WIDTH;
	const struct event *peak = &incident->peak;
	char time[EVENT_WORDS_TIME_MAX], what[EVENT_WORDS_MAX], number[NUMBER_MAX];
	char countries[EVENT_WORDS_COUNTRIES_MAX];

	if (is_narrow(page)) {
		draw_narrow(page, incident);
		return;
	}
	page_text(page, STYLE_DIM, incident->id);
	page_to(page, AT_SINCE);
	page_text(page, STYLE_PLAIN, event_words_time(incident->opened, time));
	page_to(page, AT_STATE);
	if (incident->open)
		page_text(page, STYLE_BOLD, "open");
	else
		page_cut(page, STYLE_DIM, AT_SEVERITY - AT_STATE - 1,
			number_age(incident->last - incident->opened, number));
	page_to(page, AT_SEVERITY);
	page_text(page, style, event_severity_name(incident->severity));
	page_to(page, AT_WHAT);
	page_cut(page, STYLE_PLAIN, what_width(page),
		event_words_what(incident->key, incident->kind, what));
	page_right(page, STYLE_PLAIN, end, number_ratio(peak->ratio, number));
	if (page->look.width >= end + NUMBERS_WIDTH) {
		page_right(page, STYLE_PLAIN, end + 8, number_short(peak->observed, number));
		page_right(page, STYLE_PLAIN, end + 16, number_short(peak->expected, number));
		page_to(page, end + NUMBERS_WIDTH + 2);
		if (page->look.width >= end + NUMBERS_WIDTH + FROM_LEAST)
			page_text(page, STYLE_PLAIN, event_words_countries(peak, 3, countries));
	}
	page_line(page);
}
