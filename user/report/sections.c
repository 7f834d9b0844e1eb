/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/bulletin.h"

#include "user/model/port.h"

#include <string.h>

/* Countries that have a colour of their own; the rest is one more. */
#define COLOURED 5
#define OTHERS_MOST 40

/* -- Figures ------------------------------------------------------------------------------- */

void write_figure(struct bulletin *bulletin, struct chart *chart, const char *name, bool pair)
{
	struct phrase_pool *pool = &bulletin->pool;
	const char *stem = phrase_format(pool, "-figure-%u-%s", ++bulletin->figures, name);
	const char *number = phrase_format(pool, "%u", bulletin->figures);
	const char *image = phrase_format(pool, "%s.%s.svg", stem, language_tag(pool->language));
	struct buffer file = {0};

	chart->id = phrase_format(pool, "f%u", bulletin->figures);
	markup(&bulletin->page, "<figure>\n<figcaption><span><b>%s</b> %s</span>",
		SAY(bulletin, FIGURE, "number", number), chart->title);
	markup(&bulletin->page,
		"<span class=\"files\"><a href=\"teiten-%04d-%02d%s\">%s</a>"
		"<a href=\"teiten-%04d-%02d%s.csv\">%s</a></span></figcaption>\n",
		bulletin->month->year, bulletin->month->month, image, W(bulletin, FILES),
		bulletin->month->year, bulletin->month->month, stem, W(bulletin, FILES_DATA));
	if (!pair)
		chart_draw(&bulletin->page, pool, chart, CHART_WIDE, false);
	chart_draw(&bulletin->page, pool, chart, CHART_SMALL, false);
	buffer_text(&bulletin->page, "</figure>\n");
	chart_draw(&file, pool, chart, CHART_WIDE, true);
	put_file(bulletin, image, &file);
	buffer_release(&file);
}

/* A day's label only once, however many onsets it has. */
static void mark_onsets(
	struct bulletin *bulletin, const struct finding *finding, struct chart *chart)
{
	for (size_t i = 0; i < finding->onset_count && chart->mark_count < CHART_MARKS; i++) {
		size_t day = finding->onsets[i].day;

		if (chart->mark_count && chart->marks[chart->mark_count - 1].day == day)
			continue;
		chart->marks[chart->mark_count++] = (struct chart_mark){
			day, short_date_phrase(&bulletin->pool, bulletin->month->dates[day])};
	}
}

/* -- The parts of a finding's figure ------------------------------------------------------- */

static void country_values(const struct bulletin *bulletin, const struct finding *finding,
	country_id country, month_series out)
{
	const struct month *month = bulletin->month;
	const uint64_t *cell = NULL;

	memset(out, 0, sizeof(month_series));
	if (finding_is_sport53(finding)) {
		for (unsigned int i = 0; i < SPORT53_CLASSES; i++)
			for (size_t day = 0; day < month->count; day++)
				out[day] = month_add(out[day], month->sport53[country][i][day]);
		return;
	}
	if (country < TT_CELLS)
		cell = month_cell(month, finding_row(finding), country);
	if (cell)
		memcpy(out, cell, sizeof(month_series));
}

static void add_part(
	struct chart *chart, const char *name, const uint64_t *values, unsigned int colour)
{
	chart->parts[chart->part_count++] = (struct chart_part){name, values, colour};
}

/* What the named parts leave of the whole. */
static void add_rest(struct bulletin *bulletin, struct chart *chart, const uint64_t *whole)
{
	uint64_t *rest = bulletin->sums[CHART_PARTS - 1];
	bool any = false;

	for (size_t day = 0; day < chart->month->count; day++) {
		uint64_t named = chart_value(chart, day);

		rest[day] = whole[day] > named ? whole[day] - named : 0;
		any = any || rest[day];
	}
	if (any)
		add_part(chart, W(bulletin, OTHER_COUNTRIES), rest, CHART_COLOUR_REST);
}

static const uint64_t *whole_of(const struct bulletin *bulletin, const struct finding *finding)
{
	uint32_t row = finding_row(finding);

	return row != TT_ROW_NONE ? bulletin->month->ports[row] : finding->series;
}

/* The country that moved, and the others above it; or the largest countries, stacked. */
static void stack_countries(
	struct bulletin *bulletin, const struct finding *finding, struct chart *chart)
{
	size_t most = finding->from_country ? 1 : COLOURED;

	for (size_t i = 0; i < most && (finding->from_country || i < finding->country_top); i++) {
		country_id country =
			finding->from_country ? finding->country : finding->countries[i].country;

		country_values(bulletin, finding, country, bulletin->sums[i]);
		add_part(
			chart, country_text(bulletin, country), bulletin->sums[i], (unsigned int)i);
	}
	add_rest(bulletin, chart, whole_of(bulletin, finding));
}

void describe_chart(struct bulletin *bulletin, struct chart *chart)
{
	const struct month *month = bulletin->month;
	const char *names = "", *dates = "", *text;
	size_t gaps = 0, peak = 0;

	for (size_t i = 0; i < chart->part_count; i++)
		names = phrase_format(&bulletin->pool, "%s%s%s", names,
			i ? W(bulletin, LIST_COMMA) : "", chart->parts[i].name);
	for (size_t i = 0; i < chart->mark_count; i++)
		dates = phrase_format(&bulletin->pool, "%s%s%s", dates,
			i ? W(bulletin, LIST_COMMA) : "", chart->marks[i].label);
	for (size_t i = 0; i < month->count; i++) {
		gaps += !(month->covered[i] > 0);
		if (chart_value(chart, i) > chart_value(chart, peak))
			peak = i;
	}
	text = chart->part_count > 1 ? SAY(bulletin, F_DESC_SERIES, "list", names) : "";
	text = SAY(bulletin, F_DESC, "from", date_phrase(&bulletin->pool, month->dates[0], 0), "to",
		date_phrase(&bulletin->pool, month->dates[month->count - 1], 0), "series", text,
		"peak", count_text(bulletin, chart_value(chart, peak)), "date",
		date_phrase(&bulletin->pool, month->dates[peak], 0));
	if (chart->mark_count)
		text = phrase_format(&bulletin->pool, "%s %s", text,
			SAY(bulletin, F_DESC_MARKS, "dates", dates));
	if (gaps)
		text = phrase_format(&bulletin->pool, "%s %s", text,
			SAY(bulletin, F_DESC_GAPS, "days", days_text(bulletin, gaps)));
	chart->description = text;
}

void finding_chart(struct bulletin *bulletin, const struct finding *finding, struct chart *chart)
{
	bool fanout = series_kind(finding->family) == SERIES_FANOUT;

	*chart = (struct chart){
		.month = bulletin->month,
		.title = finding_is_sport53(finding)
				 ? W(bulletin, F_SPORT53)
				 : SAY(bulletin, F_DAILY, "what", subject(bulletin, finding)),
		.unit = fanout ? W(bulletin, PORTS_PER_DAY) : W(bulletin, PER_DAY),
	};
	if (finding_is_sport53(finding) || finding_row(finding) != TT_ROW_NONE)
		stack_countries(bulletin, finding, chart);
	else
		add_part(chart, chart->title, finding->series, 0);
	mark_onsets(bulletin, finding, chart);
	describe_chart(bulletin, chart);
}

/* -- Sections ------------------------------------------------------------------------------ */

static void write_finding(struct bulletin *bulletin, const struct finding *finding, size_t number)
{
	uint32_t row = finding_row(finding);
	const char *note = row != TT_ROW_NONE ? service_note(bulletin->pool.language, row) : "";
	series_key key = finding->family;
	char name[NAME_SIZE];
	struct chart chart;

	if (finding->from_country && row != TT_ROW_NONE)
		key = series_make(SERIES_CELL, row, finding->country);
	name_of_series(key, name);
	markup(&bulletin->page,
		"<section id=\"finding-%zu\">\n<h3><span class=\"no\">%zu</span> %s "
		"<span class=\"badge %s\">%s</span></h3>\n<p>%s</p>\n",
		number, number, headline(bulletin, finding), event_severity_name(finding->severity),
		severity_text(bulletin, finding->severity), story(bulletin, finding));
	finding_chart(bulletin, finding, &chart);
	write_figure(bulletin, &chart, name, false);
	put_figure_data(bulletin, finding, name);
	markup(&bulletin->page, "<div class=\"verdict\">\n<h4>%s</h4>\n", W(bulletin, VERDICT));
	if (*note)
		markup(&bulletin->page, "<p>%s</p>\n", note);
	markup(&bulletin->page, "<p>%s</p>\n</div>\n", verdict(bulletin, finding));
	write_evidence(bulletin, finding, key);
	buffer_text(&bulletin->page, "</section>\n");
}

void write_findings(struct bulletin *bulletin)
{
	const struct findings *findings = bulletin->findings;

	markup(&bulletin->page, "<section id=\"findings\">\n<h2>%s</h2>\n", W(bulletin, FINDINGS));
	if (!findings->main_count)
		markup(&bulletin->page, "<p>%s</p>\n", W(bulletin, NO_FINDINGS));
	for (size_t i = 0; i < findings->main_count; i++)
		write_finding(bulletin, &findings->list[i], i + 1);
	buffer_text(&bulletin->page, "</section>\n");
}
