/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the page of `teiten top`, for top_page.c alone.
 */
#ifndef TEITEN_OUTPUT_TOP_PARTS_H
#define TEITEN_OUTPUT_TOP_PARTS_H

#include "user/output/top_view.h"

/* From these sizes on there is room for more than the least. */
enum {
	ROOMY_HEIGHT = 18, /* empty lines, the curve, the ledger */
	NARROW = 64,       /* only what is needed most */
	WIDE = 104,        /* the ledger beside the ports */
	WIDE_LEDGER_AT = 76,
	WIDE_LEDGER_END = 104,
	LEAST_PORTS = 3,
};

/* Colour for a count that is far from the usual; plain for the others. */
enum page_style top_change_style(uint64_t packets, double usual);

/* Each draws whole lines. */
void top_draw_title(struct page *page, const struct top_view *view);
void top_draw_rates(struct page *page, const struct top_view *view);
void top_draw_curve(struct page *page, const struct top_view *view);
void top_draw_ledger(struct page *page, const struct top_view *view); /* in one line */
/* A head and so many lines of ports; on a wide page the ledger is beside them. */
void top_draw_ports(
	struct page *page, const struct top_view *view, unsigned int lines, bool is_wide);

#endif
