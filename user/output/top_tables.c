/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/top_parts.h"

#include "user/model/port.h"
#include "user/output/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A change worth the eye: twice the usual, ten times. */
#define NOTABLE 2
#define LARGE 10

/*
 * Whether a count is far enough from the usual to catch the eye: by five times the scatter of a
 * Poisson count, so that a port with two packets instead of none stays quiet. Incidents are the
 * detector's; this only colours.
 */
static bool is_notable(uint64_t packets, double usual)
{
	return isfinite(usual) && fabs((double)packets - usual) >= 5 * sqrt(usual + 1);
}

enum page_style top_change_style(uint64_t packets, double usual)
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
void top_draw_ledger(struct page *page, const struct top_view *view)
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
	page_right(page, top_change_style(port->packets, port->usual), CHANGE_END,
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

void top_draw_ports(
	struct page *page, const struct top_view *view, unsigned int lines, bool is_wide)
{
	enum tt_class order[TT_CLASSES];
	size_t classes = is_wide ? ranked_classes(view, order) : 0;

	for (size_t i = 0; i <= lines; i++) {
		if (i == 0)
			draw_ports_head(page);
		else if (i <= view->port_count)
			draw_port(page, &view->ports[i - 1]);
		else if (i == 1)
			page_text(page, STYLE_DIM, "no packets to a port");
		if (is_wide)
			draw_ledger_beside(page, view, i, order, classes);
		page_line(page);
	}
}
