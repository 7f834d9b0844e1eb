/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/top_view.h"

#include "user/model/port.h"
#include "user/output/event_words.h"
#include "user/output/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From these sizes on there is room for more than the least. */
enum {
	ROOMY_HEIGHT = 18, /* empty lines, the curve, the ledger */
	NARROW = 64,       /* only what is needed most */
	WIDE = 104,        /* the ledger beside the ports */
	WIDE_LEDGER_AT = 76,
	WIDE_LEDGER_END = 104,
	LEAST_PORTS = 3,
};

/* A change worth the eye: twice the usual, ten times. */
#define NOTABLE 2
#define LARGE 10

struct layout {
	bool is_roomy;
	bool is_wide;
	unsigned int ports;     /* lines */
	unsigned int incidents; /* lines */
};

/* -- Lines above the ports ----------------------------------------------------------------- */

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

static void draw_title(struct page *page, const struct top_view *view)
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

/*
 * Whether a count is far enough from the usual to catch the eye: by five times the scatter of a
 * Poisson count, so that a port with two packets instead of none stays quiet. Incidents are the
 * detector's; this only colours.
 */
static bool is_notable(uint64_t packets, double usual)
{
	return isfinite(usual) && fabs((double)packets - usual) >= 5 * sqrt(usual + 1);
}

static enum page_style change_style(uint64_t packets, double usual)
{
	double ratio = top_ratio(packets, usual);

	if (!is_notable(packets, usual))
		return STYLE_PLAIN;
	if (ratio >= LARGE)
		return STYLE_RED;
	if (ratio >= NOTABLE)
		return STYLE_YELLOW;
	return ratio <= 1. / NOTABLE ? STYLE_CYAN : STYLE_PLAIN;
}

static void draw_rates(struct page *page, const struct top_view *view)
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
		page_text(page, change_style(view->packets, view->usual),
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

static void draw_curve(struct page *page, const struct top_view *view)
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

/* -- The ledger ---------------------------------------------------------------------------- */

/* Classes that have packets, the most first. */
static size_t ranked_classes(const struct top_view *view, enum tt_class order[TT_CLASSES])
{
	size_t count = 0;

	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		size_t place = count;

		if (!view->ledger[i].packets)
			continue;
		for (; place && view->ledger[order[place - 1]].packets < view->ledger[i].packets;
			place--)
			order[place] = order[place - 1];
		order[place] = (enum tt_class)i;
		count++;
	}
	return count;
}

static double class_share(const struct top_view *view, enum tt_class class)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < TT_CLASSES; i++)
		all += view->ledger[i].packets;
	return all ? (double)view->ledger[class].packets / (double)all : NAN;
}

/* As much as fits into a line: tcp_syn 64%, udp_other 23%, ... */
static void draw_ledger_line(struct page *page, const struct top_view *view)
{
	enum tt_class order[TT_CLASSES];
	size_t count = ranked_classes(view, order);
	unsigned int width = page->look.width < WIDE ? page->look.width : WIDE;
	char share[NUMBER_MAX], text[64];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%s%s %s", i ? "  " : "", class_name(order[i]),
			number_share(class_share(view, order[i]), share));
		if (page->column + strlen(text) > width)
			break;
		page_text(page, STYLE_DIM, text);
	}
	page_line(page);
}

/* A line of the ledger beside the ports; i = 0 is its head. */
static void draw_ledger_beside(struct page *page, const struct top_view *view, size_t i,
	const enum tt_class *order, size_t count)
{
	char number[NUMBER_MAX];

	if (i > count)
		return;
	page_to(page, WIDE_LEDGER_AT);
	if (i == 0) {
		page_text(page, STYLE_DIM, "class");
		page_right(page, STYLE_DIM, WIDE_LEDGER_END - 6, "packets");
		page_right(page, STYLE_DIM, WIDE_LEDGER_END, "share");
		return;
	}
	page_text(page, STYLE_PLAIN, class_name(order[i - 1]));
	page_right(page, STYLE_PLAIN, WIDE_LEDGER_END - 6,
		number_short((double)view->ledger[order[i - 1]].packets, number));
	page_right(page, STYLE_PLAIN, WIDE_LEDGER_END,
		number_share(class_share(view, order[i - 1]), number));
}

/* -- Ports --------------------------------------------------------------------------------- */

/* Where the columns of ports end; the later ones are left out where the page is narrow. */
enum {
	PORT_END = 12,
	PACKETS_END = 20,
	SHARE_END = 27,
	CHANGE_END = 35,
	USUAL_END = 44,
	SOURCES_END = 53,
	FROM_AT = 55,
	FROM_END = 64,
};

static void draw_ports_head(struct page *page)
{
	page_text(page, STYLE_DIM, "port");
	page_right(page, STYLE_DIM, PACKETS_END, "packets");
	page_right(page, STYLE_DIM, SHARE_END, "share");
	page_right(page, STYLE_DIM, CHANGE_END, "change");
	if (page->look.width >= USUAL_END)
		page_right(page, STYLE_DIM, USUAL_END, "usual");
	if (page->look.width >= SOURCES_END)
		page_right(page, STYLE_DIM, SOURCES_END, "sources");
	if (page->look.width >= FROM_END) {
		page_to(page, FROM_AT);
		page_text(page, STYLE_DIM, "from");
	}
}

static void draw_port(struct page *page, const struct top_port *port)
{
	char number[NUMBER_MAX], name[24];

	snprintf(name, sizeof(name), "%u/%s", port_number(port->row),
		port_protocol_name(port_protocol(port->row)));
	page_text(page, STYLE_BOLD, name);
	page_right(page, STYLE_PLAIN, PACKETS_END, number_short((double)port->packets, number));
	page_right(page, STYLE_PLAIN, SHARE_END, number_share(port->share, number));
	page_right(page, change_style(port->packets, port->usual), CHANGE_END,
		port->is_new ? "new" : number_ratio(top_ratio(port->packets, port->usual), number));
	if (page->look.width >= USUAL_END)
		page_right(page, STYLE_DIM, USUAL_END, number_short(port->usual, number));
	if (page->look.width >= SOURCES_END)
		page_right(page, STYLE_PLAIN, SOURCES_END, number_short(port->sources, number));
	if (page->look.width >= FROM_END && isfinite(port->country_share)) {
		page_to(page, FROM_AT);
		page_printf(page, STYLE_PLAIN, "%s %s", country_code(port->country),
			number_share(port->country_share, number));
	}
}

static void draw_ports(struct page *page, const struct top_view *view, const struct layout *layout)
{
	enum tt_class order[TT_CLASSES];
	size_t classes = layout->is_wide ? ranked_classes(view, order) : 0;
	size_t lines = layout->ports;

	for (size_t i = 0; i <= lines; i++) {
		if (i == 0)
			draw_ports_head(page);
		else if (i <= view->port_count)
			draw_port(page, &view->ports[i - 1]);
		else if (i == 1)
			page_text(page, STYLE_DIM, "no packets to a port");
		if (layout->is_wide)
			draw_ledger_beside(page, view, i, order, classes);
		page_line(page);
	}
}

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

	draw_title(page, view);
	draw_rates(page, view);
	if (view->trouble) {
		page_text(page, STYLE_RED, "! ");
		page_cut(page, STYLE_PLAIN, page->look.width - 2, view->trouble);
		page_line(page);
	}
	if (is_roomy) {
		draw_curve(page, view);
		if (page->look.width < WIDE || page->look.width == PAGE_UNLIMITED)
			draw_ledger_line(page, view);
		page_line(page);
	}
	layout = layout_of(page, view, keys, page->lines);
	draw_ports(page, view, &layout);
	if (is_roomy)
		page_line(page);
	draw_incidents(page, view, &layout);
	if (keys)
		draw_keys(page, view);
}
