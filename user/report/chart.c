/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/chart.h"

#include "user/report/markup.h"
#include "user/report/digits.h"

#include <math.h>
#include <string.h>

/* Okabe and Ito's colours, which people with any colour vision can tell apart. */
#define LIGHT                                                                                      \
	"--paper:#fff;--ink:#1a1c1e;--soft:#5b6168;--rule:#d9dde1;--hair:#e9ecef;--c0:#0072b2;"    \
	"--c1:#e69f00;--c2:#009e73;--c3:#cc79a7;--c4:#56b4e9;--c5:#b8bec4;--mark:#c04a00;"
#define DARK                                                                                       \
	"--paper:#14171a;--ink:#e8eaec;--soft:#a3abb3;--rule:#3a4149;--hair:#272d33;"              \
	"--c0:#56b4e9;--c1:#e69f00;--c2:#12b98a;--c3:#d98cb7;--c4:#2a86c8;--c5:#69727b;"           \
	"--mark:#ff8a47;"

const char *const chart_style =
	":root{color-scheme:light dark;" LIGHT "}\n"
	"@media(prefers-color-scheme:dark){:root{" DARK "}}\n"
	"@media print{:root{color-scheme:light;" LIGHT "}}\n"
	".chart text{font-family:system-ui,-apple-system,'Segoe UI','Noto Sans','Noto Sans JP',"
	"'Noto Sans CJK JP','Hiragino Sans','Yu Gothic UI',sans-serif;font-size:12px;"
	"fill:var(--soft);font-variant-numeric:tabular-nums}\n"
	".chart .name{fill:var(--ink)}.chart .onset{fill:var(--mark);font-weight:600}\n"
	".chart .end{text-anchor:end}.chart .mid{text-anchor:middle}\n"
	".chart .grid{stroke:var(--hair)}.chart .base{stroke:var(--soft)}"
	".chart .month{stroke:var(--rule)}\n"
	".chart .line{stroke:var(--mark);stroke-width:1.25;stroke-dasharray:4 3}\n"
	".chart .tip{fill:var(--mark)}.chart .pale{opacity:.5}"
	".chart .hatch{stroke:var(--soft);stroke-width:1.2;opacity:.55}\n"
	".chart .over{fill:transparent}.chart .paper{fill:var(--paper)}\n"
	".c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}"
	".c4{fill:var(--c4)}.c5{fill:var(--c5)}\n";

#define FONT 12.0
/* How much wider a bold text is. */
#define BOLD 1.1
#define LEGEND_ROW 18.0
#define MARK_ROW 15.0
#define MARK_ROWS 3
/* Observed for less than this share of the day: a part. */
#define WHOLE_DAY 0.98

static const char *const size_names[CHART_SIZES] = {"wide", "small"};

struct layout {
	double width, height;
	double left, right; /* of the plot */
	double top, bottom;
	double step;   /* between days */
	double bar;    /* width of a column */
	double legend; /* top of it */
	double unit;   /* base line of the unit's text */
	unsigned int mark_rows;
	unsigned int mark_row[CHART_MARKS]; /* MARK_ROWS: no room for a label */
	bool mark_left[CHART_MARKS];        /* the label is to the left of its line */
	struct digits_ticks ticks;
};

struct drawing {
	struct buffer *out;
	struct phrase_pool *pool;
	const struct chart *chart;
	const struct month *month;
	enum chart_size size;
	struct layout layout;
};

uint64_t chart_value(const struct chart *chart, size_t day)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < chart->part_count; i++)
		sum += chart->parts[i].values[day];
	return sum;
}

static bool is_gap(const struct month *month, size_t day)
{
	return !(month->covered[day] > 0);
}

static bool is_part(const struct month *month, size_t day)
{
	return !is_gap(month, day) && month->covered[day] < WHOLE_DAY * month->length[day];
}

/* Units that a text takes, about: fonts differ, so that what is laid out leaves some air. */
static double text_width(const char *text)
{
	double width = 0;

	for (const unsigned char *at = (const unsigned char *)text; *at; at++)
		if (*at < 0x80)
			width += FONT * 0.56;
		else if (*at >= 0xc0)
			width += *at >= 0xe2 ? FONT : FONT * 0.56;
	return width;
}

/* -- Layout -------------------------------------------------------------------------------- */

/* Entries of the legend: visit(x, y) for each; returns the rows they take. */
struct legend_entry {
	const char *name;
	const char *swatch; /* class; NULL: the hatch */
	bool pale;
};

static size_t legend_entries(const struct drawing *drawing, struct legend_entry *entries)
{
	static const char *const swatches[] = {"c0", "c1", "c2", "c3", "c4", "c5"};
	const struct chart *chart = drawing->chart;
	bool gaps = false, parts = false;
	size_t count = 0;

	for (size_t i = 0; i < drawing->month->count; i++) {
		gaps = gaps || is_gap(drawing->month, i);
		parts = parts || is_part(drawing->month, i);
	}
	for (size_t i = 0; i < chart->part_count && chart->part_count > 1; i++)
		entries[count++] = (struct legend_entry){
			chart->parts[i].name, swatches[chart->parts[i].colour], false};
	if (parts)
		entries[count++] =
			(struct legend_entry){plain(drawing->pool, WORD_PART_DAY), "c0", true};
	if (gaps)
		entries[count++] =
			(struct legend_entry){plain(drawing->pool, WORD_GAP), NULL, false};
	return count;
}

#define LEGEND_MOST (CHART_PARTS + 2)

/* Place the entries from left to right, row by row. Returns how many rows there are. */
static unsigned int place_legend(const struct drawing *drawing, const struct legend_entry *entries,
	size_t count, double x[LEGEND_MOST], unsigned int row[LEGEND_MOST])
{
	double at = 0;
	unsigned int rows = count > 0;

	for (size_t i = 0; i < count; i++) {
		double width = 16 + text_width(entries[i].name);

		if (at > 0 && at + width > drawing->layout.width) {
			at = 0;
			rows++;
		}
		x[i] = at;
		row[i] = rows - 1;
		at += width + 14;
	}
	return rows;
}

static double day_x(const struct layout *layout, size_t day)
{
	return layout->left + layout->step * (double)day;
}

/* Labels of marks in rows, so that none lies over another. */
static void place_marks(struct drawing *drawing)
{
	struct layout *layout = &drawing->layout;
	double ends[MARK_ROWS] = {-1e9, -1e9, -1e9};

	for (size_t i = 0; i < drawing->chart->mark_count; i++) {
		const struct chart_mark *mark = &drawing->chart->marks[i];
		double width = text_width(mark->label) * BOLD, at = day_x(layout, mark->day);
		bool left = at + 10 + width > layout->width;
		double x = left ? at - 10 - width : at - 4;
		unsigned int row = 0;

		while (row < MARK_ROWS && x < ends[row])
			row++;
		layout->mark_row[i] = row;
		layout->mark_left[i] = left;
		width += 14;
		if (row == MARK_ROWS)
			continue;
		ends[row] = x + width + 6;
		if (row + 1 > layout->mark_rows)
			layout->mark_rows = row + 1;
	}
}

static double tick_label_width(const struct digits_ticks *ticks)
{
	char text[DIGITS_MAX];

	digits_count((uint64_t)(ticks->step * ticks->count), text);
	return text_width(text);
}

static void lay_out(struct drawing *drawing)
{
	static const double widths[CHART_SIZES] = {720, 350}, heights[CHART_SIZES] = {190, 150};
	struct layout *layout = &drawing->layout;
	struct legend_entry entries[LEGEND_MOST];
	double x[LEGEND_MOST], maximum = 0;
	unsigned int row[LEGEND_MOST], rows;

	layout->width = widths[drawing->size];
	rows = place_legend(drawing, entries, legend_entries(drawing, entries), x, row);
	for (size_t i = 0; i < drawing->month->count; i++)
		maximum = fmax(maximum, (double)chart_value(drawing->chart, i));
	layout->ticks = digits_ticks_for(maximum);
	layout->left = ceil(tick_label_width(&layout->ticks)) + 8;
	layout->right = layout->width - 2;
	layout->step = (layout->right - layout->left) / (double)drawing->month->count;
	layout->bar = layout->step * 0.8;
	place_marks(drawing);
	layout->unit = rows * LEGEND_ROW + (rows ? 6 : 0) + FONT;
	layout->top = layout->unit + 10 + layout->mark_rows * MARK_ROW;
	layout->bottom = layout->top + heights[drawing->size];
	layout->height = layout->bottom + 40;
}

static double value_y(const struct layout *layout, double value)
{
	double top = layout->ticks.step * layout->ticks.count;

	return layout->bottom - (layout->bottom - layout->top) * value / top;
}

/* -- Drawing ------------------------------------------------------------------------------- */

static void draw_legend(const struct drawing *drawing)
{
	struct legend_entry entries[LEGEND_MOST];
	double x[LEGEND_MOST];
	unsigned int row[LEGEND_MOST];
	size_t count = legend_entries(drawing, entries);

	place_legend(drawing, entries, count, x, row);
	for (size_t i = 0; i < count; i++) {
		double y = row[i] * LEGEND_ROW;

		if (entries[i].swatch)
			markup(drawing->out,
				"<rect class=\"%s%s\" x=\"%.1f\" y=\"%.1f\" width=\"11\" "
				"height=\"11\"/>",
				entries[i].swatch, entries[i].pale ? " pale" : "", x[i], y + 2);
		else
			markup(drawing->out,
				"<rect fill=\"url(#%s-%s-hatch)\" x=\"%.1f\" y=\"%.1f\" "
				"width=\"11\" "
				"height=\"11\"/>",
				drawing->chart->id, size_names[drawing->size], x[i], y + 2);
		markup(drawing->out, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
			x[i] + 16, y + FONT, entries[i].name);
	}
}

static void draw_grid(const struct drawing *drawing)
{
	const struct layout *layout = &drawing->layout;

	markup(drawing->out, "<text x=\"0\" y=\"%.1f\">%s</text>\n", layout->unit,
		drawing->chart->unit);
	for (unsigned int i = 0; i <= layout->ticks.count; i++) {
		double value = layout->ticks.step * i, y = value_y(layout, value);
		char text[DIGITS_MAX];

		digits_count((uint64_t)value, text);
		markup(drawing->out,
			"<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>"
			"<text class=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
			layout->left, y, layout->right, layout->left - 6, y + 4, text);
	}
}

/* Days without observation, neighbours as one. */
static void draw_gaps(const struct drawing *drawing)
{
	const struct layout *layout = &drawing->layout;
	size_t end;

	for (size_t i = 0; i < drawing->month->count; i = end) {
		end = i + 1;
		if (!is_gap(drawing->month, i))
			continue;
		while (end < drawing->month->count && is_gap(drawing->month, end))
			end++;
		markup(drawing->out,
			"<rect fill=\"url(#%s-%s-hatch)\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			"height=\"%.1f\"/>\n",
			drawing->chart->id, size_names[drawing->size], day_x(layout, i),
			layout->top, layout->step * (double)(end - i),
			layout->bottom - layout->top);
	}
}

/* The columns of a part, those of whole days or of days observed in part, as one path. */
static void draw_part(const struct drawing *drawing, size_t part, bool pale)
{
	const struct layout *layout = &drawing->layout;
	const struct chart *chart = drawing->chart;
	double x = (layout->step - layout->bar) / 2;
	bool any = false;

	for (size_t day = 0; day < drawing->month->count; day++) {
		double below = 0, value = (double)chart->parts[part].values[day];

		if (value == 0 || is_part(drawing->month, day) != pale)
			continue;
		for (size_t i = 0; i < part; i++)
			below += (double)chart->parts[i].values[day];
		if (!any)
			markup(drawing->out, "<path class=\"c%u%s\" d=\"",
				chart->parts[part].colour, pale ? " pale" : "");
		any = true;
		markup(drawing->out, "M%.1f %.1fV%.1fh%.1fV%.1fz", day_x(layout, day) + x,
			value_y(layout, below), value_y(layout, below + value), layout->bar,
			value_y(layout, below));
	}
	if (any)
		buffer_text(drawing->out, "\"/>\n");
}

static void draw_marks(const struct drawing *drawing)
{
	const struct layout *layout = &drawing->layout;
	const struct chart *chart = drawing->chart;

	for (size_t i = 0; i < chart->mark_count; i++) {
		double x = day_x(layout, chart->marks[i].day);
		double y = layout->unit + 6 + MARK_ROW * (layout->mark_row[i] + 1);
		bool labelled = layout->mark_row[i] < MARK_ROWS;

		if (!labelled)
			y = layout->top;
		markup(drawing->out, "<path class=\"line\" d=\"M%.1f %.1fV%.1f\"/>", x, y,
			layout->bottom);
		if (labelled)
			markup(drawing->out,
				"<path class=\"tip\" d=\"M%.1f %.1fh8l-4 7z\"/>"
				"<text class=\"onset%s\" x=\"%.1f\" y=\"%.1f\">%s</text>",
				x - 4, y - 8, layout->mark_left[i] ? " end" : "",
				layout->mark_left[i] ? x - 8 : x + 8, y, chart->marks[i].label);
		buffer_text(drawing->out, "\n");
	}
}

/* Days of a month that have a number below the axis. */
static bool has_number(enum chart_size size, int day, int days)
{
	if (size == CHART_SMALL)
		return day == 1 || day == 15;
	return day % 7 == 1 && day <= days - 2;
}

static void draw_days(const struct drawing *drawing)
{
	const struct layout *layout = &drawing->layout;
	const struct month *month = drawing->month;

	markup(drawing->out, "<path class=\"base\" d=\"M%.1f %.1fH%.1f\"/>\n", layout->left,
		layout->bottom, layout->right);
	for (size_t i = 0; i < month->count; i++) {
		struct zone_date date = month->dates[i];

		if (has_number(drawing->size, date.day, zone_days_in_month(date.year, date.month)))
			markup(drawing->out, "<text class=\"mid\" x=\"%.1f\" y=\"%.1f\">%d</text>",
				day_x(layout, i) + layout->step / 2, layout->bottom + 16, date.day);
	}
	for (unsigned int i = 0; i < 2; i++) {
		size_t first = i ? month->first : 0, end = i ? month->count : month->first;

		markup(drawing->out,
			"\n<path class=\"month\" d=\"M%.1f %.1fV%.1f\"/>"
			"<text class=\"mid name\" x=\"%.1f\" y=\"%.1f\">%s</text>",
			day_x(layout, first), i ? layout->top : layout->bottom, layout->bottom + 36,
			day_x(layout, first) + layout->step * (double)(end - first) / 2,
			layout->bottom + 34,
			month_phrase(drawing->pool, month->dates[first].year,
				month->dates[first].month));
	}
	buffer_text(drawing->out, "\n");
}

/* What a pointer over a day shows. */
static void draw_tips(const struct drawing *drawing)
{
	const struct layout *layout = &drawing->layout;

	buffer_text(drawing->out, "<g class=\"over\">");
	for (size_t i = 0; i < drawing->month->count; i++) {
		char text[DIGITS_MAX];

		digits_count(chart_value(drawing->chart, i), text);
		markup(drawing->out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
			"<title>%s: %s</title></rect>\n",
			day_x(layout, i), layout->top, layout->step, layout->bottom - layout->top,
			short_date_phrase(drawing->pool, drawing->month->dates[i]),
			is_gap(drawing->month, i) ? plain(drawing->pool, WORD_GAP) : text);
	}
	buffer_text(drawing->out, "</g>\n");
}

static void open_figure(const struct drawing *drawing, bool alone)
{
	const struct layout *layout = &drawing->layout;
	const char *id = drawing->chart->id, *size = size_names[drawing->size];

	markup(drawing->out,
		"<svg%s class=\"chart %s\" viewBox=\"0 0 %.0f %.1f\" role=\"img\" "
		"aria-labelledby=\"%s-%s-title %s-%s-desc\">\n",
		alone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "", size, layout->width,
		layout->height, id, size, id, size);
	markup(drawing->out,
		"<title id=\"%s-%s-title\">%s</title>\n<desc id=\"%s-%s-desc\">%s</desc>\n", id,
		size, drawing->chart->title, id, size, drawing->chart->description);
	if (alone)
		markup(drawing->out,
			"<style>%s</style>\n<rect class=\"paper\" x=\"-16\" y=\"-16\" "
			"width=\"%.0f\" height=\"%.1f\"/>\n",
			chart_style, layout->width + 32, layout->height + 32);
	markup(drawing->out,
		"<defs><pattern id=\"%s-%s-hatch\" width=\"6\" height=\"6\" "
		"patternUnits=\"userSpaceOnUse\"><path class=\"hatch\" d=\"M-1 7L7 -1\"/></pattern>"
		"</defs>\n",
		id, size);
}

void chart_draw(struct buffer *out, struct phrase_pool *pool, const struct chart *chart,
	enum chart_size size, bool alone)
{
	struct drawing drawing = {
		.out = out,
		.pool = pool,
		.chart = chart,
		.month = chart->month,
		.size = size,
	};

	lay_out(&drawing);
	open_figure(&drawing, alone);
	draw_legend(&drawing);
	draw_grid(&drawing);
	draw_gaps(&drawing);
	for (size_t i = 0; i < chart->part_count; i++) {
		draw_part(&drawing, i, false);
		draw_part(&drawing, i, true);
	}
	draw_days(&drawing);
	draw_marks(&drawing);
	if (size == CHART_WIDE)
		draw_tips(&drawing);
	buffer_text(out, "</svg>\n");
}

/* -- In a table ---------------------------------------------------------------------------- */

void chart_spark(struct buffer *out, const struct month *month, const uint64_t *values)
{
	const double step = 2, height = 24;
	double maximum = 1;

	for (size_t i = 0; i < month->count; i++)
		maximum = fmax(maximum, (double)values[i]);
	markup(out, "<svg class=\"spark\" viewBox=\"0 0 %.0f %.0f\" aria-hidden=\"true\">",
		step * (double)month->count, height);
	for (unsigned int half = 0; half < 2; half++) {
		size_t first = half ? month->first : 0, end = half ? month->count : month->first;

		markup(out, "<path class=\"%s\" d=\"", half ? "c0" : "c5");
		for (size_t i = first; i < end; i++) {
			double size = values[i] ? fmax(1, height * (double)values[i] / maximum) : 0;

			if (size > 0)
				markup(out, "M%.0f %.0fv-%.1fh1.6v%.1fz", step * (double)i, height,
					size, size);
			else if (is_gap(month, i))
				markup(out, "M%.0f %.0fv-1h2v1z", step * (double)i, height / 2);
		}
		buffer_text(out, "M0 0z\"/>");
	}
	buffer_text(out, "</svg>");
}
