/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/bulletin.h"

#include "user/model/port.h"

#include <math.h>

static const char page_style[] =
	"*{box-sizing:border-box}\n"
	"html{font:16px/1.65 system-ui,-apple-system,'Segoe UI','Noto Sans','Noto Sans JP',"
	"'Noto Sans CJK JP','Hiragino Sans','Yu Gothic "
	"UI',sans-serif;-webkit-text-size-adjust:100%}\n"
	"body{margin:0;background:var(--paper);color:var(--ink)}\n"
	"main,header,footer{max-width:752px;margin:0 auto;padding:0 16px}\n"
	"header{padding-top:40px}footer{padding-bottom:56px}\n"
	"h1{font-size:1.75rem;line-height:1.25;font-weight:650;margin:0 0 "
	"8px;letter-spacing:-.01em;"
	"text-wrap:balance}\n"
	"h2{font-size:1.25rem;line-height:1.35;font-weight:650;margin:56px 0 12px;padding-top:12px;"
	"border-top:2px solid var(--ink)}\n"
	"h3{font-size:1.1rem;line-height:1.4;font-weight:650;margin:40px 0 8px;text-wrap:balance}\n"
	"h4{font-size:.875rem;font-weight:650;margin:0 0 2px}\n"
	"p{margin:0 0 12px}a{color:inherit;text-decoration-color:var(--c5);"
	"text-underline-offset:.2em}a:hover{text-decoration-color:currentColor}\n"
	"small,.note,figcaption,.facts{font-size:.875rem;line-height:1.55;color:var(--soft)}\n"
	".facts{margin:0 0 24px;display:flex;flex-wrap:wrap;gap:0 20px}.facts dt{display:inline}"
	".facts dt::after{content:'\\a0'}.facts dd{display:inline;margin:0;color:var(--ink)}\n"
	".headlines{margin:0 0 28px;padding:0;list-style:none;border-top:1px solid var(--rule)}\n"
	".headlines li{border-bottom:1px solid var(--rule)}\n"
	".headlines a{display:grid;grid-template-columns:1.75rem 1fr auto;gap:0 8px;padding:9px 0;"
	"text-decoration:none;align-items:baseline}.headlines a:hover{text-decoration:underline}\n"
	".no{color:var(--soft);font-variant-numeric:tabular-nums;font-weight:400}\n"
	".badge{font-size:.75rem;line-height:1.5;white-space:nowrap;border:1px solid var(--rule);"
	"border-radius:3px;padding:0 6px;color:var(--soft)}\n"
	".badge.critical{border-color:var(--mark);color:var(--mark);font-weight:650}"
	".badge.warning{border-color:var(--mark);color:var(--mark)}\n"
	".tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:0 20px;margin:0 0 28px}\n"
	".tiles div{border-top:1px solid var(--rule);padding:10px 0 14px;display:flex;"
	"flex-direction:column}.tiles dt{font-size:.8125rem;line-height:1.4;color:var(--soft);"
	"min-height:2.8em}\n"
	".tiles dd{margin:0;font-size:1.6rem;line-height:1.25;font-weight:600;"
	"font-variant-numeric:tabular-nums}.tiles dd+dd{font-size:.8125rem;line-height:1.45;"
	"font-weight:400;color:var(--soft)}\n"
	"figure{margin:16px 0 20px}svg.chart{display:block;width:100%;height:auto}"
	"svg.small{display:none}.pair svg.small{display:block}\n"
	"figcaption{margin-bottom:8px;display:flex;gap:4px 16px;justify-content:space-between;"
	"flex-wrap:wrap}figcaption b{color:var(--ink);font-weight:600}\n"
	".files{white-space:nowrap}.files a{margin-left:10px}\n"
	".pair{display:grid;grid-template-columns:1fr 1fr;gap:8px 32px}.pair h4{margin:8px 0 4px}\n"
	".verdict{border-left:3px solid var(--c0);padding:2px 0 2px 14px;margin:16px 0}"
	".verdict p:last-child{margin:0}\n"
	".evidence{display:grid;grid-template-columns:11rem 1fr;margin:16px 0 0;font-size:.875rem;"
	"line-height:1.55}.evidence dt{color:var(--soft);padding:4px 12px 4px 0;"
	"border-top:1px solid var(--hair)}.evidence dd{margin:0;padding:4px 0;"
	"border-top:1px solid var(--hair);overflow-wrap:anywhere}\n"
	".scroll{overflow-x:auto;margin:0 0 8px}table{border-collapse:collapse;width:100%;"
	"font-size:.875rem;line-height:1.4;font-variant-numeric:tabular-nums}\n"
	"caption{text-align:left;padding:0 0 6px;color:var(--soft)}caption b{color:var(--ink);"
	"font-weight:600}\n"
	"th{font-weight:400;color:var(--soft);text-align:left;vertical-align:bottom;"
	"padding:4px 12px 4px 0;border-bottom:1px solid var(--ink)}\n"
	"td{padding:5px 12px 5px 0;border-bottom:1px solid var(--hair);vertical-align:middle}\n"
	"th:last-child,td:last-child{padding-right:0}.n{text-align:right;white-space:nowrap}"
	".nw{white-space:nowrap}tbody th{color:var(--ink);border-bottom:1px solid var(--hair);"
	"font-weight:600;white-space:nowrap;vertical-align:middle}\n"
	"tfoot td,tfoot th{border-top:1px solid var(--soft);border-bottom:0}\n"
	"svg.spark{display:block;width:124px;height:24px}\n"
	".method dt{font-weight:600;margin-top:12px}.method dd{margin:0}\n"
	"@media(max-width:600px){.tiles{grid-template-columns:1fr 1fr}.evidence{display:block}"
	".evidence dd{border:0;padding:0 0 6px}svg.wide{display:none}svg.small{display:block;"
	"max-width:480px}.pair{display:block}h1{font-size:1.5rem}header{padding-top:24px}"
	"h2{margin-top:44px}.drop{display:none}}\n"
	"@media print{@page{size:A4;margin:16mm 15mm}html{font-size:10.5pt;line-height:1.5}"
	"main,header,footer{max-width:none;padding:0}h2{margin-top:28px}h3{margin-top:24px}"
	"h2,h3,h4,caption,figcaption{break-after:avoid}figure,.verdict,.tiles,tr,.evidence dd,"
	".evidence dt{break-inside:avoid}.scroll{overflow:visible}.files{display:none}"
	"a{text-decoration:none}}\n";

/* -- Head ---------------------------------------------------------------------------------- */

static const char *whole_title(struct bulletin *bulletin)
{
	const struct month *month = bulletin->month;

	return SAY(bulletin, TITLE_OF, "month",
		month_phrase(&bulletin->pool, month->year, month->month));
}

static void write_fact(struct bulletin *bulletin, enum word name, const char *value)
{
	markup(&bulletin->page, "<div><dt>%s</dt><dd>%s</dd></div>\n", plain(&bulletin->pool, name),
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

	buffer_text(&bulletin->page, "<dl class=\"facts\">\n");
	write_fact(bulletin, WORD_PERIOD, period(bulletin));
	if (bulletin->parameters->sensor[0])
		write_fact(bulletin, WORD_SENSOR, bulletin->parameters->sensor);
	write_fact(bulletin, WORD_ADDRESSES,
		exposure > 0 && days > 0 ? count_text(bulletin, (uint64_t)llround(exposure / days))
					 : W(bulletin, NOT_CONFIGURED));
	buffer_text(&bulletin->page, "</dl>\n");
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
	markup(&bulletin->page, "<div><dt>%s</dt><dd>%s</dd><dd>%s</dd></div>\n",
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
	struct month_sources sources = month_sources_of(bulletin->month, bulletin->store, &all);

	write_tile(bulletin, WORD_TILE_SOURCES, rate_text(bulletin, sources.estimate),
		sources.days ? SAY(bulletin, TILE_SOURCES_NOTE, "error",
				       share_text(bulletin, sources.error))
			     : W(bulletin, TILE_SOURCES_NONE));
}

static void write_tiles(struct bulletin *bulletin)
{
	const struct month *month = bulletin->month;
	double days = month_covered_days(month, month->first, month->count), length = 0;
	uint64_t ports = month_sum(month->fanout[0], month->first, month->count) +
			 month_sum(month->fanout[1], month->first, month->count);

	for (size_t i = month->first; i < month->count; i++)
		length += month->length[i] / 86400;
	buffer_text(&bulletin->page, "<dl class=\"tiles\">\n");
	write_rate_tile(bulletin);
	write_sources_tile(bulletin);
	write_tile(bulletin, WORD_TILE_PORTS, rate_text(bulletin, (double)ports / days),
		W(bulletin, TILE_PORTS_NOTE));
	write_tile(bulletin, WORD_TILE_COVERAGE, share_text(bulletin, fmin(days / length, 1)),
		SAY(bulletin, TILE_COVERAGE_NOTE, "hours", rate_text(bulletin, days * 24), "all",
			rate_text(bulletin, length * 24)));
	buffer_text(&bulletin->page, "</dl>\n");
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
