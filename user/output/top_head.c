/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/top_parts.h"

#include "user/output/event_words.h"
#include "user/output/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void draw_state(struct page *page, const struct top_view *view)
{
	char age[NUMBER_MAX];
	int64_t seconds = view->now - view->minute - 60;

	if (view->interface[0] && view->is_running && view->is_attached) {
		page_text(page, STYLE_GREEN, "running");
		page_printf(page, STYLE_PLAIN, " on %s", view->interface);
	} else if (view->interface[0] && view->is_attached) {
		page_text(page, STYLE_RED, "nobody drains");
		page_printf(page, STYLE_PLAIN, " %s", view->interface);
	} else if (view->interface[0]) {
		page_text(page, STYLE_RED, "not attached");
		page_printf(page, STYLE_PLAIN, " to %s", view->interface);
	} else if (view->has_minute) {
		page_text(page, STYLE_YELLOW, "not live");
		page_printf(page, STYLE_PLAIN, ", ended %s ago", number_age(seconds, age));
	} else {
		page_text(page, STYLE_YELLOW, "no minute yet");
	}
	if (view->interface[0] && view->mode[0])
		page_printf(page, STYLE_DIM, ", %s, %s", view->mode, view->verdict);
}

void top_draw_title(struct page *page, const struct top_view *view)
{
	bool is_narrow = page->look.width < NARROW;
	char time[EVENT_WORDS_TIME_MAX], clock[EVENT_WORDS_TIME_MAX + 8];

	page_text(page, STYLE_BOLD, "teiten");
	if (!is_narrow && view->sensor[0]) {
		page_to(page, page->column + 1);
		page_cut(page, STYLE_BOLD, 30, view->sensor);
	}
	page_text(page, STYLE_PLAIN, "  ");
	draw_state(page, view);
	if (view->has_minute) {
		event_words_time(view->minute, time);
		snprintf(clock, sizeof(clock), "%s%s", is_narrow ? time + 11 : time,
			is_narrow ? "" : " UTC");
		if (page->look.width == PAGE_UNLIMITED)
			page_printf(page, STYLE_PLAIN, "  %s", clock);
		else if (page->column + 2 + strlen(clock) <= page->look.width)
			page_right(page, STYLE_PLAIN, page->look.width, clock);
	}
	page_line(page);
}

void top_draw_rates(struct page *page, const struct top_view *view)
{
	double ratio = top_ratio(view->packets, view->usual);
	bool is_narrow = page->look.width < NARROW;
	char number[NUMBER_MAX];

	if (!view->has_minute)
		return;
	if (view->ledger_is_total) {
		page_printf(page, STYLE_PLAIN, "%s packets since counting began",
			number_whole(view->packets, number));
		page_line(page);
		return;
	}
	page_printf(page, STYLE_PLAIN,
		is_narrow ? "%s packets, last %s" : "%s packets in the last %s",
		number_short((double)view->packets, number), top_window_name(view->window));
	if (isfinite(ratio)) {
		page_text(page, STYLE_PLAIN, ", ");
		page_text(page, top_change_style(view->packets, view->usual),
			number_ratio(ratio, number));
		page_text(page, STYLE_PLAIN, is_narrow ? " usual" : " the usual");
	}
	if (isfinite(view->sources) && page->look.width >= 72)
		page_printf(page, STYLE_PLAIN, ", about %s sources",
			number_short(view->sources, number));
	if (isfinite(view->per_address_day) && page->look.width >= 96)
		page_printf(page, STYLE_PLAIN, ", %s a day and address",
			number_short(view->per_address_day, number));
	if (isfinite(view->arriving) && page->look.width >= 72)
		page_printf(
			page, STYLE_DIM, ", %s/s arriving", number_short(view->arriving, number));
	page_line(page);
}

void top_draw_curve(struct page *page, const struct top_view *view)
{
	char number[NUMBER_MAX];
	double most = NAN;
	size_t first;

	for (size_t i = 0; i < view->curve_count; i++)
		if (isfinite(view->curve[i]) && !(most >= view->curve[i]))
			most = view->curve[i];
	if (!isfinite(most))
		return;
	/* What is narrower than the curve shows its end. */
	first = view->curve_count > page->look.width - 20
			? view->curve_count - (page->look.width - 20)
			: 0;
	page_sparkline(page, STYLE_GREEN, view->curve + first, view->curve_count - first);
	page_printf(page, STYLE_DIM, "  %s/min at most", number_short(most, number));
	page_line(page);
}
