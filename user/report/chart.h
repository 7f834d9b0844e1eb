/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures: columns for each day of two months, stacked, as SVG. The same values give the same
 * bytes. Colours, fonts and the dark scheme come from a style sheet: the page's own where the
 * figure is part of it, one inside the figure where it is a file.
 *
 *   legend          what the colours mean, above the plot: it hides nothing
 *   unit, marks     the unit of the axis; onsets, whose lines start at their day
 *   plot            a day is a column; one observed in part is paler, a gap is hatched
 *   days, months    below
 */
#ifndef TEITEN_REPORT_CHART_H
#define TEITEN_REPORT_CHART_H

#include "user/report/month.h"
#include "user/report/words.h"

#include "user/lib/buffer.h"

#define CHART_PARTS 7
#define CHART_MARKS 32

/* Colours are classes of the style sheet: c0 to c4 of a series, c5 of what is left over. */
#define CHART_COLOUR_REST 5

struct chart_part {
	const char *name;
	const uint64_t *values; /* by day of the months */
	unsigned int colour;
};

struct chart_mark {
	size_t day;
	const char *label;
};

struct chart {
	const struct month *month;
	const char *id; /* of the figure, plain letters: the prefix of the ids within it */
	const char *title;
	const char *description;
	const char *unit;
	struct chart_part parts[CHART_PARTS]; /* from below; one alone has no legend */
	size_t part_count;
	struct chart_mark marks[CHART_MARKS]; /* by day */
	size_t mark_count;
};

enum chart_size {
	CHART_WIDE,  /* 720 units: a page's column */
	CHART_SMALL, /* 350 units: a phone, or two beside each other */
	CHART_SIZES,
};

/*
 * Draw a figure. alone: as a file, with its style sheet and a background; else as an element of a
 * page. Both sizes of one figure may be in the same page.
 */
void chart_draw(struct buffer *out, struct phrase_pool *pool, const struct chart *chart,
	enum chart_size size, bool alone);

/* A figure of one series without text, for a cell of a table: the month before paler. */
void chart_spark(struct buffer *out, const struct month *month, const uint64_t *values);

/* The rules that figures need, in light and dark. */
extern const char *const chart_style;

/* The sum of a chart's parts on a day. */
uint64_t chart_value(const struct chart *chart, size_t day);

#endif
