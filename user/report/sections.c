/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/bulletin.h"

#include "user/lib/text.h"
#include "user/model/port.h"

#include <math.h>
#include <stdio.h>
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

/* -- Evidence ------------------------------------------------------------------------------ */

static void write_fact(struct bulletin *bulletin, enum word name, const char *value)
{
	markup(&bulletin->page, "<dt>%s</dt><dd>%s</dd>\n", plain(&bulletin->pool, name), value);
}

static const char *scale_text(struct bulletin *bulletin, uint32_t minutes)
{
	switch (minutes) {
	case 1:
		return W(bulletin, SCALE_MINUTE);
	case 10:
		return W(bulletin, SCALE_TEN_MINUTES);
	case 60:
		return W(bulletin, SCALE_HOUR);
	case 360:
		return W(bulletin, SCALE_SIX_HOURS);
	case 1440:
		return W(bulletin, SCALE_DAY);
	case 10080:
		return W(bulletin, SCALE_WEEK);
	default:
		return event_scale_name(minutes);
	}
}

static void write_detection(struct bulletin *bulletin, const struct finding *finding)
{
	const struct event *event = &finding->opening;
	char log[DIGITS_MAX];
	double log10p = isfinite(event->log10p_lower) ? event->log10p_lower : event->log10p;

	if (!event->scale || !isfinite(event->observed) || !isfinite(event->expected) ||
		!isfinite(log10p))
		return;
	snprintf(log, sizeof(log), "%.1f", log10p);
	write_fact(bulletin, WORD_E_DETECTED,
		SAY(bulletin, E_DETECTED_OF, "time",
			time_phrase(&bulletin->pool, event->time, bulletin->month->year), "scale",
			scale_text(bulletin, event->scale), "observed",
			rate_text(bulletin, event->observed), "expected",
			rate_text(bulletin, event->expected), "log", log));
}

static void write_size(struct bulletin *bulletin, const struct finding *finding)
{
	const struct month *month = bulletin->month;
	double all = (double)month_sum(month->total, month->first, month->count);

	if (!finding->moved_days || series_kind(finding->family) == SERIES_FANOUT)
		return;
	write_fact(bulletin, finding_is_drop(finding) ? WORD_E_DEFICIT : WORD_E_EXCESS,
		SAY(bulletin, E_EXCESS_OF, "count",
			rate_text(bulletin, round(fabs(finding->excess))), "days",
			days_text(bulletin, finding->moved_days), "share",
			share_text(bulletin, fabs(finding->excess) / all)));
}

static void write_kinds(struct bulletin *bulletin, const struct finding *finding)
{
	const struct month *month = bulletin->month;
	uint32_t row = finding_row(finding);
	double shares[SPORT53_CLASSES];

	if (finding_is_sport53(finding)) {
		sport53_shares(bulletin, shares);
		write_fact(bulletin, WORD_E_CLASSES,
			SAY(bulletin, E_DNS, "response",
				share_text(bulletin, shares[SPORT53_RESPONSE]), "query",
				share_text(bulletin, shares[SPORT53_QUERY]), "short",
				share_text(bulletin, shares[SPORT53_SHORT])));
	} else if (row != TT_ROW_NONE && port_protocol(row) == PORT_TCP) {
		uint64_t all = month_sum(month->ports[row], month->first, month->count);

		write_fact(bulletin, WORD_E_CLASSES,
			SAY(bulletin, E_SYN, "share",
				share_text(bulletin, (double)month->syn[row] / (double)all)));
	}
}

static const char *prefix_text(struct bulletin *bulletin, const struct month_prefix *prefix)
{
	struct text_address address = {.is_v6 = prefix->is_v6};
	char text[TEXT_ADDRESS_MAX];
	uint64_t bits = prefix->network << (prefix->is_v6 ? 16 : 40);

	for (unsigned int i = 0; i < 8; i++)
		address.bytes[i] = (uint8_t)(bits >> (56 - 8 * i));
	text_format_address(&address, text);
	return phrase_format(&bulletin->pool, "%s/%d %s (%s)", text, prefix->is_v6 ? 48 : 24,
		country_code(prefix->country),
		count_text(bulletin, prefix->response + prefix->other));
}

static void write_networks(struct bulletin *bulletin, const struct finding *finding)
{
	const struct month *month = bulletin->month;
	const char *list;

	if (!finding_is_sport53(finding) || !month->prefix_count)
		return;
	list = SAY(bulletin, E_PREFIX_COUNT, "count", count_text(bulletin, month->prefix_count),
		"per",
		rate_text(
			bulletin, (double)month->network_day_packets / (double)month->network_days),
		"single",
		share_text(
			bulletin, (double)month->network_day_single / (double)month->network_days));
	for (size_t i = 0; i < month->prefix_top && i < 5; i++)
		list = phrase_format(&bulletin->pool, "%s%s%s", list,
			i                                        ? W(bulletin, LIST_COMMA)
			: bulletin->pool.language == LANGUAGE_JA ? "。"
								 : ". ",
			prefix_text(bulletin, &month->prefixes[i]));
	write_fact(bulletin, WORD_E_PREFIXES, list);
}

static void write_sources(struct bulletin *bulletin, const struct finding *finding)
{
	if (finding->sources.days)
		write_fact(bulletin, WORD_E_SOURCES,
			SAY(bulletin, E_SOURCES_DAY, "count",
				rate_text(bulletin, finding->sources.estimate), "error",
				share_text(bulletin, finding->sources.error)));
	else if (finding->largest.sources >= 2 || finding->single)
		write_fact(bulletin, WORD_E_SOURCES,
			SAY(bulletin, E_SOURCES_MINUTE, "count",
				rate_text(bulletin, finding->largest.sources), "per",
				rate_text(bulletin, finding->largest.packets_per_source)));
}

/* Of a fleet, on the day of the onset: what one sensor saw is not what the world saw. */
static void write_sensors(struct bulletin *bulletin, const struct finding *finding, series_key key)
{
	struct store *store = bulletin->store;
	int64_t from = finding->onset_count ? finding->onsets[0].time : 0;
	struct store_sensors found;

	if (!store->sensors || !from ||
		store->sensors(store, key, from - from % 60, from - from % 60 + 86400, &found) ||
		!found.top[0])
		return;
	write_fact(bulletin, WORD_E_SENSORS,
		phrase(&bulletin->pool, found.one_only ? WORD_E_SENSORS_ONE : WORD_E_SENSORS_OF,
			"risen", count_text(bulletin, found.risen), "watching",
			count_text(bulletin, found.watching), "seen",
			count_text(bulletin, found.seen), "share",
			share_text(bulletin, found.top_share), "top",
			phrase_copy(&bulletin->pool, found.top), NULL));
}

static void write_evidence(struct bulletin *bulletin, const struct finding *finding, series_key key)
{
	const char *ids = "";

	buffer_text(&bulletin->page, "<dl class=\"evidence\">\n");
	write_detection(bulletin, finding);
	write_size(bulletin, finding);
	if (finding->country_top)
		write_fact(bulletin, WORD_E_COUNTRIES,
			country_list(bulletin, finding, FINDING_COUNTRIES));
	write_sources(bulletin, finding);
	write_sensors(bulletin, finding, key);
	write_networks(bulletin, finding);
	write_kinds(bulletin, finding);
	for (size_t i = 0; i < finding->incidents && i < FINDING_IDS; i++)
		ids = phrase_format(&bulletin->pool, "%s%s%s", ids,
			i ? W(bulletin, LIST_COMMA) : "", finding->ids[i]);
	if (finding->incidents > FINDING_IDS)
		ids = phrase_format(&bulletin->pool, "%s%s…", ids, W(bulletin, LIST_COMMA));
	write_fact(bulletin, WORD_E_EVENTS,
		SAY(bulletin, E_EVENTS_OF, "events", count_text(bulletin, finding->events), "ids",
			ids));
	buffer_text(&bulletin->page, "</dl>\n");
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
