/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/chart.h"

#include "user/report/chart_layout.h"
#include "user/report/markup.h"

#include <math.h>

static const char *const size_names[CHART_SIZES] = {"wide", "small"};

struct drawing {
	struct buffer *out;
	struct phrase_pool *pool;
	const struct chart *chart;
	const struct month *month;
	enum chart_size size;
	struct chart_layout layout;
};

static void draw_hatched(
	const struct drawing *drawing, double x, double y, double width, double height)
{
	markup(drawing->out,
		"<rect fill=\"url(#%s-%s-hatch)\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		"height=\"%.1f\"/>\n",
		drawing->chart->id, size_names[drawing->size], x, y, width, height);
}

static void draw_legend(const struct drawing *drawing)
{
	for (size_t i = 0; i < drawing->layout.legend_count; i++) {
		const struct chart_legend *entry = &drawing->layout.legend[i];

		if (entry->swatch)
			markup(drawing->out,
				"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"11\" "
				"height=\"11\"/>",
				entry->swatch, entry->x, entry->y);
		else
			draw_hatched(drawing, entry->x, entry->y, 11, 11);
		markup(drawing->out, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
			entry->x + 16, entry->y + 10, entry->name);
	}
}

static void draw_grid(const struct drawing *drawing)
{
	const struct chart_layout *layout = &drawing->layout;

	markup(drawing->out, "<text x=\"0\" y=\"%.1f\">%s</text>\n", layout->unit,
		drawing->chart->unit);
	for (unsigned int i = 0; i <= layout->ticks.count; i++) {
		double value = layout->ticks.step * i, y = chart_value_y(layout, value);
		char text[DIGITS_MAX];

		digits_count(digits_tick(&layout->ticks, i), text);
		markup(drawing->out,
			"<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>"
			"<text class=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
			layout->left, y, layout->right, layout->left - 6, y + 4, text);
	}
}

/* Days without observation, neighbours as one. */
static void draw_gaps(const struct drawing *drawing)
{
	const struct chart_layout *layout = &drawing->layout;
	size_t end;

	for (size_t i = 0; i < drawing->month->count; i = end) {
		end = i + 1;
		if (!chart_is_gap(drawing->month, i))
			continue;
		while (end < drawing->month->count && chart_is_gap(drawing->month, end))
			end++;
		draw_hatched(drawing, chart_day_x(layout, i), layout->top,
			layout->step * (double)(end - i), layout->bottom - layout->top);
	}
}

/* The columns of a part, those of whole days or of days observed in part, as one path. */
static void draw_part(const struct drawing *drawing, size_t part, bool pale)
{
	const struct chart_layout *layout = &drawing->layout;
	const struct chart *chart = drawing->chart;
	double x = (layout->step - layout->bar) / 2;
	bool any = false;

	for (size_t day = 0; day < drawing->month->count; day++) {
		double below = 0, value = (double)chart->parts[part].values[day];

		if (value == 0 || chart_is_part(drawing->month, day) != pale)
			continue;
		for (size_t i = 0; i < part; i++)
			below += (double)chart->parts[i].values[day];
		if (!any)
			markup(drawing->out, "<path class=\"c%u%s\" d=\"",
				chart->parts[part].colour, pale ? " pale" : "");
		any = true;
		markup(drawing->out, "M%.1f %.1fV%.1fh%.1fV%.1fz", chart_day_x(layout, day) + x,
			chart_value_y(layout, below), chart_value_y(layout, below + value),
			layout->bar, chart_value_y(layout, below));
	}
	if (any)
		buffer_text(drawing->out, "\"/>\n");
}

static void draw_marks(const struct drawing *drawing)
{
	const struct chart_layout *layout = &drawing->layout;
	const struct chart *chart = drawing->chart;

	for (size_t i = 0; i < chart->mark_count; i++) {
		double x = chart_day_x(layout, chart->marks[i].day);
		double y = layout->unit + 8 + CHART_MARK_ROW * (layout->mark_row[i] + 1);
		bool labelled = layout->mark_row[i] < CHART_MARK_ROWS;

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
	const struct chart_layout *layout = &drawing->layout;
	const struct month *month = drawing->month;

	markup(drawing->out, "<path class=\"base\" d=\"M%.1f %.1fH%.1f\"/>\n", layout->left,
		layout->bottom, layout->right);
	for (size_t i = 0; i < month->count; i++) {
		struct zone_date date = month->dates[i];

		/* Days are so narrow in the small figure that the first would lie on its line. */
		bool aside = drawing->size == CHART_SMALL && date.day == 1;

		if (!has_number(drawing->size, date.day, zone_days_in_month(date.year, date.month)))
			continue;
		markup(drawing->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%d</text>",
			aside ? "start" : "mid",
			chart_day_x(layout, i) + (aside ? 4 : layout->step / 2),
			layout->bottom + 16, date.day);
	}
	for (unsigned int i = 0; i < 2; i++) {
		size_t first = i ? month->first : 0, end = i ? month->count : month->first;

		markup(drawing->out,
			"\n<path class=\"month\" d=\"M%.1f %.1fV%.1f\"/>"
			"<text class=\"mid name\" x=\"%.1f\" y=\"%.1f\">%s</text>",
			chart_day_x(layout, first), i ? layout->top : layout->bottom,
			layout->bottom + 36,
			chart_day_x(layout, first) + layout->step * (double)(end - first) / 2,
			layout->bottom + 34,
			month_phrase(drawing->pool, month->dates[first].year,
				month->dates[first].month));
	}
	buffer_text(drawing->out, "\n");
}

/* What a pointer over a day shows. */
static void draw_tips(const struct drawing *drawing)
{
	const struct chart_layout *layout = &drawing->layout;

	buffer_text(drawing->out, "<g class=\"over\">");
	for (size_t i = 0; i < drawing->month->count; i++) {
		char text[DIGITS_MAX];

		digits_count(chart_value(drawing->chart, i), text);
		markup(drawing->out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
			"<title>%s: %s</title></rect>\n",
			chart_day_x(layout, i), layout->top, layout->step,
			layout->bottom - layout->top,
			short_date_phrase(drawing->pool, drawing->month->dates[i]),
			chart_is_gap(drawing->month, i) ? plain(drawing->pool, WORD_GAP) : text);
	}
	buffer_text(drawing->out, "</g>\n");
}

static void open_figure(const struct drawing *drawing, bool alone)
{
	const struct chart_layout *layout = &drawing->layout;
	const char *id = drawing->chart->id, *size = size_names[drawing->size];

	buffer_text(drawing->out, alone ? "<svg xmlns=\"http://www.w3.org/2000/svg\" " : "<svg ");
	markup(drawing->out,
		"class=\"chart %s\" viewBox=\"0 0 %.0f %.1f\" role=\"img\" "
		"aria-labelledby=\"%s-%s-title %s-%s-desc\">\n",
		size, layout->width, layout->height, id, size, id, size);
	markup(drawing->out,
		"<title id=\"%s-%s-title\">%s</title>\n<desc id=\"%s-%s-desc\">%s</desc>\n", id,
		size, drawing->chart->title, id, size, drawing->chart->description);
	if (alone) {
		buffer_text(drawing->out, "<style>");
		buffer_text(drawing->out, chart_style);
		markup(drawing->out,
			"</style>\n<rect class=\"paper\" x=\"-16\" y=\"-16\" width=\"%.0f\" "
			"height=\"%.1f\"/>\n",
			layout->width + 32, layout->height + 32);
	}
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
		.layout = chart_lay_out(pool, chart, size),
	};

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
			else if (chart_is_gap(month, i))
				markup(out, "M%.0f %.0fv-1h2v1z", step * (double)i, height / 2);
		}
		buffer_text(out, "M0 0z\"/>");
	}
	buffer_text(out, "</svg>");
}
