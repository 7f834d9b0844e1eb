/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/chart_layout.h"

#include <math.h>

/* How much wider a bold text is. */
#define BOLD 1.1
#define LEGEND_ROW 18.0
#define LEGEND_SWATCH 16.0
#define LEGEND_SPACE 14.0
/* The triangle of a mark, half of it, and the space beside it. */
#define MARK_TIP 4.0
#define MARK_SPACE 10.0
/* Observed for less than this share of the day: a part. */
#define WHOLE_DAY 0.98
/* Below the plot: the numbers of days, the names of months. */
#define BELOW 40.0

uint64_t chart_value(const struct chart *chart, size_t day)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < chart->part_count; i++)
		sum = month_add(sum, chart->parts[i].values[day]);
	return sum;
}

bool chart_is_gap(const struct month *month, size_t day)
{
	return !(month->covered[day] > 0);
}

bool chart_is_part(const struct month *month, size_t day)
{
	return !chart_is_gap(month, day) && month->covered[day] < WHOLE_DAY * month->length[day];
}

double chart_day_x(const struct chart_layout *layout, size_t day)
{
	return layout->left + layout->step * (double)day;
}

double chart_value_y(const struct chart_layout *layout, double value)
{
	double top = layout->ticks.step * layout->ticks.count;

	return layout->bottom - (layout->bottom - layout->top) * value / top;
}

/* Latin letters are about 0.56 of their size wide, Chinese and Japanese ones 1. */
static double text_width(const char *text)
{
	double width = 0;

	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at < 0x80 || (*at >= 0xc0 && *at < 0xe2))
			width += CHART_FONT * 0.56;
		else if (*at >= 0xe2)
			width += CHART_FONT;
	}
	return width;
}

/* -- Legend -------------------------------------------------------------------------------- */

static void add_entry(struct chart_layout *layout, const char *name, const char *swatch)
{
	layout->legend[layout->legend_count++] =
		(struct chart_legend){.name = name, .swatch = swatch};
}

static void list_legend(
	struct chart_layout *layout, const struct phrase_pool *pool, const struct chart *chart)
{
	static const char *const swatches[] = {"c0", "c1", "c2", "c3", "c4", "c5"};
	bool gaps = false, parts = false;

	for (size_t i = 0; i < chart->month->count; i++) {
		gaps = gaps || chart_is_gap(chart->month, i);
		parts = parts || (chart_is_part(chart->month, i) && chart_value(chart, i));
	}
	for (size_t i = 0; i < chart->part_count && chart->part_count > 1; i++)
		add_entry(layout, chart->parts[i].name, swatches[chart->parts[i].colour]);
	if (parts)
		add_entry(layout, plain(pool, WORD_PART_DAY), "c0 pale");
	if (gaps)
		add_entry(layout, plain(pool, WORD_GAP), NULL);
}

/* From left to right, row by row. Returns the height that it takes. */
static double place_legend(struct chart_layout *layout)
{
	double x = 0, y = 0;

	for (size_t i = 0; i < layout->legend_count; i++) {
		struct chart_legend *entry = &layout->legend[i];
		double width = LEGEND_SWATCH + text_width(entry->name);

		if (x > 0 && x + width > layout->width) {
			x = 0;
			y += LEGEND_ROW;
		}
		entry->x = x;
		entry->y = y + 2;
		x += width + LEGEND_SPACE;
	}
	return layout->legend_count ? y + LEGEND_ROW + 6 : 0;
}

/* -- Marks --------------------------------------------------------------------------------- */

/* Labels in rows, so that none lies over another; at the right edge, left of their line. */
static void place_marks(struct chart_layout *layout, const struct chart *chart)
{
	double ends[CHART_MARK_ROWS] = {-1e9, -1e9, -1e9};

	for (size_t i = 0; i < chart->mark_count; i++) {
		double width = text_width(chart->marks[i].label) * BOLD + MARK_SPACE;
		double at = chart_day_x(layout, chart->marks[i].day);
		bool left = at + width > layout->width;
		double start = left ? at - width : at - MARK_TIP;
		unsigned int row = 0;

		while (row < CHART_MARK_ROWS && start < ends[row])
			row++;
		layout->mark_row[i] = row;
		layout->mark_left[i] = left;
		if (row == CHART_MARK_ROWS)
			continue;
		ends[row] = (left ? at + MARK_TIP : at + width) + 4;
		if (row + 1 > layout->mark_rows)
			layout->mark_rows = row + 1;
	}
}

/* -- The whole ----------------------------------------------------------------------------- */

static double tick_label_width(const struct digits_ticks *ticks)
{
	char text[DIGITS_MAX];

	digits_count(digits_tick(ticks, ticks->count), text);
	return text_width(text);
}

struct chart_layout chart_lay_out(
	const struct phrase_pool *pool, const struct chart *chart, enum chart_size size)
{
	static const double widths[CHART_SIZES] = {720, 350}, heights[CHART_SIZES] = {190, 150};
	struct chart_layout layout = {.width = widths[size]};
	double maximum = 0;

	for (size_t i = 0; i < chart->month->count; i++)
		maximum = fmax(maximum, (double)chart_value(chart, i));
	layout.ticks = digits_ticks_for(maximum);
	layout.left = ceil(tick_label_width(&layout.ticks)) + 8;
	layout.right = layout.width - 2;
	layout.step = (layout.right - layout.left) / (double)chart->month->count;
	layout.bar = layout.step * 0.8;
	list_legend(&layout, pool, chart);
	layout.unit = place_legend(&layout) + CHART_FONT;
	place_marks(&layout, chart);
	layout.top = layout.unit + 14 + layout.mark_rows * CHART_MARK_ROW;
	layout.bottom = layout.top + heights[size];
	layout.height = layout.bottom + BELOW;
	return layout;
}
