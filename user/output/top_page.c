/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/top_parts.h"

#include "user/output/event_words.h"
#include "user/output/number.h"

struct layout {
	bool is_roomy;
	bool is_wide;
	unsigned int ports;     /* lines */
	unsigned int incidents; /* lines */
};

/* -- Incidents ----------------------------------------------------------------------------- */

static void draw_incident(
	struct page *page, const struct top_view *view, const struct incident *incident)
{
	enum page_style style = event_words_style(incident->severity);
	char what[EVENT_WORDS_MAX], number[NUMBER_MAX], countries[EVENT_WORDS_COUNTRIES_MAX];

	page_text(page, style, event_severity_name(incident->severity));
	page_to(page, 9);
	if (page->look.width < NARROW) {
		page_cut(page, STYLE_PLAIN, page->look.width - 9,
			event_words_what(incident->key, incident->kind, what));
		page_line(page);
		return;
	}
	page_cut(page, STYLE_PLAIN, 30, event_words_what(incident->key, incident->kind, what));
	page_right(page, STYLE_PLAIN, 46, number_ratio(incident->peak.ratio, number));
	page_right(page, STYLE_DIM, 55, number_age(view->minute + 60 - incident->opened, number));
	page_to(page, 57);
	if (incident->peak.top_country_count)
		page_cut(page, STYLE_PLAIN, 10,
			event_words_countries(&incident->peak, 1, countries));
	page_to(page, 67);
	page_text(page, STYLE_DIM, incident->id);
	page_line(page);
}

static void draw_incidents(
	struct page *page, const struct top_view *view, const struct layout *layout)
{
	if (!layout->incidents)
		return;
	if (view->incidents_open == 0)
		page_text(page, STYLE_DIM, "no open incident");
	else
		page_printf(page, STYLE_DIM, "%zu open incident%s", view->incidents_open,
			view->incidents_open == 1 ? "" : "s");
	page_line(page);
	for (size_t i = 0; i + 1 < layout->incidents && i < view->incident_count; i++)
		draw_incident(page, view, &view->incidents[i]);
}

/* -- The whole ----------------------------------------------------------------------------- */

/* Lines for the ports and the incidents out of what is left when all else is drawn. */
static void share_lines(struct layout *layout, const struct top_view *view, unsigned int left)
{
	unsigned int wanted = 1 + (unsigned int)view->incident_count;
	unsigned int most = left > LEAST_PORTS + 1 ? left - LEAST_PORTS - 1 : 0;

	/* A third of the page at most, and never at the cost of the first ports. */
	if (left != PAGE_UNLIMITED && wanted > left / 3)
		wanted = left / 3;
	layout->incidents = wanted < most ? wanted : most;
	layout->ports = left - layout->incidents;
	layout->ports -= layout->ports ? 1 : 0; /* the head */
	if (left >= PAGE_UNLIMITED / 2 || layout->ports > TOP_PORTS_MAX)
		layout->ports = view->port_count ? (unsigned int)view->port_count : 1;
}

static struct layout layout_of(
	const struct page *page, const struct top_view *view, bool keys, unsigned int drawn)
{
	unsigned int height = page->look.height;
	struct layout layout = {
		.is_roomy = height >= ROOMY_HEIGHT,
		.is_wide = page->look.width >= WIDE && page->look.width < PAGE_UNLIMITED,
	};
	unsigned int used = drawn + (keys ? 1 : 0);

	if (layout.is_roomy)
		used += keys ? 2 : 1; /* empty lines before incidents and keys */
	share_lines(&layout, view,
		height == PAGE_UNLIMITED ? height
		: height > used          ? height - used
					 : 0);
	return layout;
}

/* Where there is room: how to go on from the list of incidents. */
#define HINT "teiten events ID: all about an incident"
#define WITH_HINT 72

static void draw_keys(struct page *page, const struct top_view *view)
{
	while (page_left(page) > 1)
		page_line(page);
	page_text(page, STYLE_BOLD, "q");
	page_text(page, STYLE_DIM, " quit");
	for (unsigned int i = 0; i < TOP_WINDOWS && view->state_dir; i++) {
		const char *name = top_window_name((enum top_window)i);
		char key[2] = {name[0], '\0'};

		page_to(page, page->column + (i ? 1 : 2));
		page_text(page, STYLE_BOLD, key);
		page_text(page, view->window == i ? STYLE_BOLD : STYLE_DIM, name + 1);
	}
	if (view->incident_count && page->look.width >= WITH_HINT)
		page_right(page, STYLE_DIM, page->look.width, HINT);
	page_line(page);
}

void top_page(struct page *page, const struct top_view *view, bool keys)
{
	bool is_roomy = page->look.height >= ROOMY_HEIGHT;
	struct layout layout;

	top_draw_title(page, view);
	top_draw_rates(page, view);
	if (view->trouble) {
		page_text(page, STYLE_RED, "! ");
		page_cut(page, STYLE_PLAIN, page->look.width - 2, view->trouble);
		page_line(page);
	}
	if (is_roomy) {
		top_draw_curve(page, view);
		if (page->look.width < WIDE || page->look.width == PAGE_UNLIMITED)
			top_draw_ledger(page, view);
		page_line(page);
	}
	layout = layout_of(page, view, keys, page->lines);
	top_draw_ports(page, view, layout.ports, layout.is_wide);
	if (is_roomy)
		page_line(page);
	draw_incidents(page, view, &layout);
	if (keys)
		draw_keys(page, view);
}
