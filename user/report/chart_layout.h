/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything of a figure goes, in units of its view box; chart.c draws it there. Fonts
 * differ, so widths of texts are estimates, and what is laid out leaves some air.
 */
#ifndef TEITEN_REPORT_CHART_LAYOUT_H
#define TEITEN_REPORT_CHART_LAYOUT_H

#include "user/report/chart.h"
#include "user/report/digits.h"

#define CHART_FONT 12.0
#define CHART_MARK_ROW 15.0
#define CHART_MARK_ROWS 3
#define CHART_LEGEND (CHART_PARTS + 2)

struct chart_legend {
	const char *name;
	const char *swatch; /* classes; NULL: the hatch */
	double x, y;        /* of the swatch */
};

struct chart_layout {
	double width, height;
	double left, right; /* of the plot */
	double top, bottom;
	double step; /* between days */
	double bar;  /* width of a column */
	double unit; /* base line of the unit's text */
	struct digits_ticks ticks;

	struct chart_legend legend[CHART_LEGEND];
	size_t legend_count;

	unsigned int mark_row[CHART_MARKS]; /* CHART_MARK_ROWS: no room for a label */
	bool mark_left[CHART_MARKS];        /* the label is to the left of its line */
	unsigned int mark_rows;
};

struct chart_layout chart_lay_out(
	const struct phrase_pool *pool, const struct chart *chart, enum chart_size size);

/* The left edge of a day, and the height at which a value is. */
double chart_day_x(const struct chart_layout *layout, size_t day);
double chart_value_y(const struct chart_layout *layout, double value);

/* Not observed at all; or for so much less than the whole day that its column is too low. */
bool chart_is_gap(const struct month *month, size_t day);
bool chart_is_part(const struct month *month, size_t day);

#endif
