/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/bulletin.h"

#include "user/model/port.h"

#include <math.h>

/* -- Head ---------------------------------------------------------------------------------- */

static const char *whole_title(struct bulletin *bulletin)
{
	const struct month *month = bulletin->month;

	return SAY(bulletin, TITLE_OF, "month",
		month_phrase(&bulletin->pool, month->year, month->month));
}

static void write_fact(struct bulletin *bulletin, enum word name, const char *value)
{
	markup(&bulletin->page, "<li><span>%s</span> %s</li>\n", plain(&bulletin->pool, name),
		value);
}

static const char *period(struct bulletin *bulletin)
{
	const struct month *month = bulletin->month;
	struct phrase_pool *pool = &bulletin->pool;

	return SAY(bulletin, PERIOD_OF, "from", date_phrase(pool, month->dates[month->first], 0),
		"to", date_phrase(pool, month->dates[month->count - 1], 0), "zone",
		bulletin->parameters->zone);
}

static void write_facts(struct bulletin *bulletin)
{
	const struct month *month = bulletin->month;
	double days = month_covered_days(month, month->first, month->count);
	double exposure = month_exposure(month, month->first, month->count);

	buffer_text(&bulletin->page, "<ul class=\"facts\">\n");
	write_fact(bulletin, WORD_PERIOD, period(bulletin));
	if (bulletin->parameters->sensor[0])
		write_fact(bulletin, WORD_SENSOR, bulletin->parameters->sensor);
	write_fact(bulletin, WORD_ADDRESSES,
		exposure > 0 && days > 0 ? rate_text(bulletin, round(exposure / days))
					 : W(bulletin, NOT_CONFIGURED));
	buffer_text(&bulletin->page, "</ul>\n");
}

static void write_badge(struct bulletin *bulletin, enum event_severity severity)
{
	markup(&bulletin->page, "<span class=\"badge %s\">%s</span>", event_severity_name(severity),
		severity_text(bulletin, severity));
}

static void write_headlines(struct bulletin *bulletin)
{
	const struct findings *findings = bulletin->findings;

	buffer_text(&bulletin->page, "<ol class=\"headlines\">\n");
	for (size_t i = 0; i < findings->main_count; i++) {
		markup(&bulletin->page,
			"<li><a href=\"#finding-%zu\"><span class=\"no\">%zu</span> "
			"<span>%s</span> ",
			i + 1, i + 1, headline(bulletin, &findings->list[i]));
		write_badge(bulletin, findings->list[i].severity);
		buffer_text(&bulletin->page, "</a></li>\n");
	}
	if (!findings->main_count)
		markup(&bulletin->page, "<li>%s</li>\n", W(bulletin, HEADLINES_NONE));
	buffer_text(&bulletin->page, "</ol>\n");
}

void write_head(struct bulletin *bulletin)
{
	const char *title = whole_title(bulletin);

	markup(&bulletin->page,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"generator\" content=\"teiten " TEITEN_VERSION "\">\n"
		"<title>%s</title>\n<style>\n",
		language_tag(bulletin->pool.language), title);
	buffer_text(&bulletin->page, chart_style);
	buffer_text(&bulletin->page, page_style);
	markup(&bulletin->page, "</style>\n</head>\n<body>\n<header>\n<h1>%s</h1>\n", title);
	write_facts(bulletin);
	write_headlines(bulletin);
	buffer_text(&bulletin->page, "</header>\n<main>\n");
}

/* -- Overview ------------------------------------------------------------------------------ */

static void write_tile(
	struct bulletin *bulletin, enum word name, const char *value, const char *note)
{
	markup(&bulletin->page, "<li><span>%s</span> <strong>%s</strong> <small>%s</small></li>\n",
		plain(&bulletin->pool, name), value, note);
}

static void write_rate_tile(struct bulletin *bulletin)
{
	const struct month *month = bulletin->month;
	double now = rate_of(bulletin, month_sum(month->total, month->first, month->count), false);
	double before = rate_of(bulletin, month_sum(month->total, 0, month->first), true);
	const char *name = month_phrase(&bulletin->pool, month->year_before, month->month_before);

	write_tile(bulletin, bulletin->per_address ? WORD_TILE_RATE : WORD_TILE_PACKETS,
		rate_text(bulletin, now),
		isfinite(before) ? SAY(bulletin, TILE_BEFORE, "month", name, "before",
					   rate_text(bulletin, before), "change",
					   change_text(bulletin, before, now))
				 : SAY(bulletin, TILE_NO_BEFORE, "month", name));
}

static void write_sources_tile(struct bulletin *bulletin)
{
	struct store_sources_query all = {
		.kind = SOURCES_TOTAL, .row = TT_ROW_NONE, .country = STORE_ALL_COUNTRIES};
	const struct month *month = bulletin->month;
	struct month_sources sources =
		month_sources_of(month, bulletin->store, &all, month->first, month->count, NULL);

	write_tile(bulletin, WORD_TILE_SOURCES, rate_text(bulletin, round(sources.estimate)),
		!sources.days          ? W(bulletin, TILE_SOURCES_NONE)
		: isinf(sources.error) ? W(bulletin, TILE_SOURCES_LEAST)
				       : SAY(bulletin, TILE_SOURCES_NOTE, "error",
						 share_text(bulletin, sources.error)));
}

static void write_tiles(struct bulletin *bulletin)
{
	const struct month *month = bulletin->month;
	double days = month_covered_days(month, month->first, month->count), length = 0;
	uint64_t ports = month_sum(month->fanout[0], month->first, month->count) +
			 month_sum(month->fanout[1], month->first, month->count);

	for (size_t i = month->first; i < month->count; i++)
		length += month->length[i] / 86400;
	buffer_text(&bulletin->page, "<ul class=\"tiles\">\n");
	write_rate_tile(bulletin);
	write_sources_tile(bulletin);
	write_tile(bulletin, WORD_TILE_PORTS, rate_text(bulletin, (double)ports / days),
		W(bulletin, TILE_PORTS_NOTE));
	write_tile(bulletin, WORD_TILE_COVERAGE, share_text(bulletin, fmin(days / length, 1)),
		SAY(bulletin, TILE_COVERAGE_NOTE, "hours", rate_text(bulletin, days * 24), "all",
			rate_text(bulletin, length * 24)));
	buffer_text(&bulletin->page, "</ul>\n");
	if (!bulletin->per_address)
		markup(&bulletin->page, "<p class=\"note\">%s</p>\n",
			W(bulletin, RATE_UNKNOWN_NOTE));
}

void write_overview(struct bulletin *bulletin)
{
	struct chart chart = {
		.month = bulletin->month,
		.title = W(bulletin, FIGURE_TOTAL),
		.unit = W(bulletin, PER_DAY),
		.parts = {{.name = W(bulletin, FIGURE_TOTAL), .values = bulletin->month->total}},
		.part_count = 1,
	};

	markup(&bulletin->page, "<section id=\"overview\">\n<h2>%s</h2>\n", W(bulletin, OVERVIEW));
	write_tiles(bulletin);
	describe_chart(bulletin, &chart);
	write_figure(bulletin, &chart, "all", false);
	put_figure_data(bulletin, NULL, "all");
	buffer_text(&bulletin->page, "</section>\n");
}
