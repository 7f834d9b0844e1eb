/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/bulletin.h"

#include "user/model/port.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PORTS_SHOWN 20
#define COUNTRIES_SHOWN 15
#define OTHERS_SHOWN 40

/* -- Rows of any table --------------------------------------------------------------------- */

struct heading {
	enum word word;
	const char *class; /* n: numbers, to the right; drop: not on a phone */
};

static void open_table(struct bulletin *bulletin, const char *caption,
	const struct heading *headings, size_t count)
{
	const char *number = phrase_format(&bulletin->pool, "%u", ++bulletin->tables);

	markup(&bulletin->page,
		"<div class=\"scroll\"><table>\n<caption><b>%s</b> %s</caption>\n<thead><tr>",
		SAY(bulletin, TABLE, "number", number), caption);
	for (size_t i = 0; i < count; i++)
		markup(&bulletin->page, "<th scope=\"col\" class=\"%s\">%s</th>", headings[i].class,
			plain(&bulletin->pool, headings[i].word));
	buffer_text(&bulletin->page, "</tr></thead>\n<tbody>\n");
}

static void close_table(struct bulletin *bulletin)
{
	buffer_text(&bulletin->page, "</tbody>\n</table></div>\n");
}

static void cell(struct bulletin *bulletin, const char *class, const char *text)
{
	if (*class)
		markup(&bulletin->page, "<td class=\"%s\">%s</td>", class, text);
	else
		markup(&bulletin->page, "<td>%s</td>", text);
}

static void spark_cell(struct bulletin *bulletin, const uint64_t *values)
{
	buffer_text(&bulletin->page, "<td>");
	chart_spark(&bulletin->page, bulletin->month, values);
	buffer_text(&bulletin->page, "</td>");
}

static enum word rate_word(const struct bulletin *bulletin)
{
	return bulletin->per_address ? WORD_T_RATE_ADDRESS : WORD_T_RATE_DAY;
}

static uint64_t of_month(const struct bulletin *bulletin, const uint64_t *series)
{
	return month_sum(series, bulletin->month->first, bulletin->month->count);
}

static uint64_t of_before(const struct bulletin *bulletin, const uint64_t *series)
{
	return month_sum(series, 0, bulletin->month->first);
}

/* Rate, share of all, change: what every table says of a series. */
static void rate_cells(struct bulletin *bulletin, const uint64_t *series, uint64_t all)
{
	uint64_t packets = of_month(bulletin, series);
	double now = rate_of(bulletin, packets, false);
	double before = rate_of(bulletin, of_before(bulletin, series), true);

	cell(bulletin, "n", rate_text(bulletin, now));
	cell(bulletin, "n drop", share_text(bulletin, all ? (double)packets / (double)all : NAN));
	cell(bulletin, "n",
		before == 0 && packets ? W(bulletin, NEW_ENTRY)
				       : change_text(bulletin, before, now));
}

static void rank_cells(struct bulletin *bulletin, size_t rank, size_t before)
{
	cell(bulletin, "n", count_text(bulletin, rank));
	if (!month_has_before(bulletin->month))
		cell(bulletin, "n", "–");
	else
		cell(bulletin, "n", before ? count_text(bulletin, before) : W(bulletin, NEW_ENTRY));
}

/* -- Ports --------------------------------------------------------------------------------- */

/* The rank of a row in the month before; 0 when nothing came. */
static size_t rank_before(const struct bulletin *bulletin, uint32_t row)
{
	uint64_t packets = of_before(bulletin, bulletin->month->ports[row]);
	size_t rank = 1;

	if (!packets)
		return 0;
	for (uint32_t i = 0; i < TT_ROWS; i++) {
		uint64_t other = of_before(bulletin, bulletin->month->ports[i]);

		rank += other > packets || (other == packets && i < row);
	}
	return rank;
}

static const char *main_origin(struct bulletin *bulletin, uint32_t row)
{
	uint64_t most = 0, all = of_month(bulletin, bulletin->month->ports[row]);
	country_id best = COUNTRY_ZZ;

	for (unsigned int i = 0; i < TT_CELLS; i++) {
		const uint64_t *series = month_cell(bulletin->month, row, (country_id)i);
		uint64_t packets = series ? of_month(bulletin, series) : 0;

		if (packets > most) {
			most = packets;
			best = (country_id)i;
		}
	}
	if (!most)
		return "–";
	return SAY(bulletin, LIST_ITEM, "name", country_text(bulletin, best), "share",
		share_text(bulletin, (double)most / (double)all));
}

static void port_row_cells(struct bulletin *bulletin, size_t rank, uint32_t row, uint64_t all)
{
	const uint64_t *series = bulletin->month->ports[row];

	buffer_text(&bulletin->page, "<tr>");
	rank_cells(bulletin, rank, rank_before(bulletin, row));
	markup(&bulletin->page, "<th scope=\"row\">%s</th>", port_text(bulletin, row));
	cell(bulletin, "drop",
		service_name(bulletin->pool.language, row)
			? service_name(bulletin->pool.language, row)
			: "");
	rate_cells(bulletin, series, all);
	spark_cell(bulletin, series);
	cell(bulletin, "drop", main_origin(bulletin, row));
	buffer_text(&bulletin->page, "</tr>\n");
}

void write_ports(struct bulletin *bulletin)
{
	const struct heading headings[] = {{WORD_T_RANK, "n"}, {WORD_T_BEFORE_RANK, "n"},
		{WORD_T_PORT, "nw"}, {WORD_T_SERVICE, "drop"}, {rate_word(bulletin), "n"},
		{WORD_T_SHARE, "n drop"}, {WORD_T_CHANGE, "n"}, {WORD_T_TREND, "t"},
		{WORD_T_ORIGIN, "drop"}};
	size_t shown = bulletin->ranked_count < PORTS_SHOWN ? bulletin->ranked_count : PORTS_SHOWN;
	uint64_t all = of_month(bulletin, bulletin->month->total);

	markup(&bulletin->page, "<section id=\"ports\">\n<h2>%s</h2>\n", W(bulletin, PORTS));
	open_table(bulletin, SAY(bulletin, PORTS_CAPTION, "count", count_text(bulletin, shown)),
		headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < shown; i++)
		port_row_cells(bulletin, i + 1, bulletin->ranked[i], all);
	close_table(bulletin);
	markup(&bulletin->page, "<p class=\"note\">%s</p>\n</section>\n",
		SAY(bulletin, PORTS_NOTE, "count", count_text(bulletin, bulletin->ranked_count)));
}

/* -- Countries ----------------------------------------------------------------------------- */

struct ranking {
	uint64_t packets[COUNTRY_COUNT];
	country_id order[COUNTRY_COUNT];
	size_t count;
};

static void rank_countries(const struct bulletin *bulletin, bool before, struct ranking *ranking)
{
	ranking->count = 0;
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++) {
		const uint64_t *series = bulletin->month->countries[i];
		size_t at = ranking->count;

		ranking->packets[i] =
			before ? of_before(bulletin, series) : of_month(bulletin, series);
		if (!ranking->packets[i])
			continue;
		while (at > 0 && ranking->packets[ranking->order[at - 1]] < ranking->packets[i]) {
			ranking->order[at] = ranking->order[at - 1];
			at--;
		}
		ranking->order[at] = (country_id)i;
		ranking->count++;
	}
}

static size_t rank_in(const struct ranking *ranking, country_id country)
{
	for (size_t i = 0; i < ranking->count; i++)
		if (ranking->order[i] == country)
			return i + 1;
	return 0;
}

static void country_row_cells(struct bulletin *bulletin, size_t rank, country_id country,
	const struct ranking *before, uint64_t all)
{
	const struct month *month = bulletin->month;

	buffer_text(&bulletin->page, "<tr>");
	rank_cells(bulletin, rank, rank_in(before, country));
	markup(&bulletin->page, "<th scope=\"row\">%s</th>", country_text(bulletin, country));
	cell(bulletin, "drop", country_code(country));
	rate_cells(bulletin, month->countries[country], all);
	spark_cell(bulletin, month->countries[country]);
	cell(bulletin, "nw drop",
		month->main_port[country].packets
			? SAY(bulletin, LIST_ITEM, "name",
				  port_text(bulletin, month->main_port[country].row), "share",
				  share_text(bulletin, (double)month->main_port[country].packets /
							       (double)of_month(bulletin,
								       month->countries[country])))
			: "–");
	buffer_text(&bulletin->page, "</tr>\n");
}

void write_countries(struct bulletin *bulletin)
{
	const struct heading headings[] = {{WORD_T_RANK, "n"}, {WORD_T_BEFORE_RANK, "n"},
		{WORD_T_COUNTRY, "t"}, {WORD_T_CODE, "drop"}, {rate_word(bulletin), "n"},
		{WORD_T_SHARE, "n drop"}, {WORD_T_CHANGE, "n"}, {WORD_T_TREND, "t"},
		{WORD_T_MAIN_PORT, "drop"}};
	uint64_t all = of_month(bulletin, bulletin->month->total);
	struct ranking now, before;
	size_t shown;

	rank_countries(bulletin, false, &now);
	rank_countries(bulletin, true, &before);
	shown = now.count < COUNTRIES_SHOWN ? now.count : COUNTRIES_SHOWN;
	markup(&bulletin->page, "<section id=\"countries\">\n<h2>%s</h2>\n",
		W(bulletin, COUNTRIES));
	open_table(bulletin, SAY(bulletin, COUNTRIES_CAPTION, "count", count_text(bulletin, shown)),
		headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < shown; i++)
		country_row_cells(bulletin, i + 1, now.order[i], &before, all);
	close_table(bulletin);
	markup(&bulletin->page, "<p class=\"note\">%s</p>\n</section>\n",
		W(bulletin, COUNTRIES_NOTE));
}

/* -- Classes and backscatter --------------------------------------------------------------- */

static const enum word class_words[] = {WORD_CLASS_SHORT_ETH, WORD_CLASS_NON_IP,
	WORD_CLASS_TOO_DEEP, WORD_CLASS_IP_BAD, WORD_CLASS_OFF_TARGET, WORD_CLASS_FRAG_LATER,
	WORD_CLASS_L4_SHORT, WORD_CLASS_TCP_SYN, WORD_CLASS_TCP_BACKSCATTER, WORD_CLASS_TCP_OTHER,
	WORD_CLASS_UDP53_RESPONSE, WORD_CLASS_UDP53_QUERY, WORD_CLASS_UDP53_SHORT,
	WORD_CLASS_UDP_OTHER, WORD_CLASS_ICMP_BACKSCATTER, WORD_CLASS_ICMP_OTHER, WORD_CLASS_ICMP6,
	WORD_CLASS_OTHER_L4};
_Static_assert(sizeof(class_words) / sizeof(class_words[0]) == TT_CLASSES, "a word for each class");

static void write_class_figure(struct bulletin *bulletin, enum tt_class class)
{
	const struct month *month = bulletin->month;
	struct chart chart = {
		.month = month,
		.title = plain(&bulletin->pool, class_words[class]),
		.unit = W(bulletin, PER_DAY),
		.parts = {{.name = plain(&bulletin->pool, class_words[class]),
			.values = month->ledger[class]}},
		.part_count = 1,
	};

	describe_chart(bulletin, &chart);
	write_figure(bulletin, &chart, class_name(class), true);
	put_class_data(bulletin, class);
}

void write_backscatter(struct bulletin *bulletin)
{
	static const enum tt_class kinds[] = {
		TT_TCP_BACKSCATTER, TT_ICMP_BACKSCATTER, TT_UDP53_RESPONSE};

	const struct month *month = bulletin->month;
	const char *missing = NULL;

	markup(&bulletin->page,
		"<section id=\"backscatter\">\n<h2>%s</h2>\n<p>%s</p>\n<div class=\"pair\">\n",
		W(bulletin, BACKSCATTER), W(bulletin, BACKSCATTER_NOTE));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *name = plain(&bulletin->pool, class_words[kinds[i]]);

		if (month_sum(month->ledger[kinds[i]], 0, month->count))
			write_class_figure(bulletin, kinds[i]);
		else
			missing = missing ? phrase_format(&bulletin->pool, "%s%s%s", missing,
						    W(bulletin, LIST_COMMA), name)
					  : name;
	}
	buffer_text(&bulletin->page, "</div>\n");
	if (missing)
		markup(&bulletin->page, "<p class=\"note\">%s</p>\n",
			SAY(bulletin, BACKSCATTER_NONE, "list", missing));
	buffer_text(&bulletin->page, "</section>\n");
}

void write_classes(struct bulletin *bulletin)
{
	const struct heading headings[] = {{WORD_T_CLASS, "t"}, {WORD_T_PACKETS, "n drop"},
		{rate_word(bulletin), "n"}, {WORD_T_SHARE, "n drop"}, {WORD_T_CHANGE, "n"},
		{WORD_T_TREND, "t"}};
	const struct month *month = bulletin->month;
	uint64_t all = of_month(bulletin, month->total);

	markup(&bulletin->page, "<section id=\"classes\">\n<h2>%s</h2>\n", W(bulletin, CLASSES));
	open_table(bulletin, W(bulletin, CLASSES_CAPTION), headings,
		sizeof(headings) / sizeof(headings[0]));
	for (unsigned int i = 0; i <= TT_CLASSES; i++) {
		const uint64_t *series = i < TT_CLASSES ? month->ledger[i] : month->total;

		if (!of_month(bulletin, series) && !of_before(bulletin, series))
			continue;
		markup(&bulletin->page, "<tr><th scope=\"row\">%s</th>",
			i < TT_CLASSES ? plain(&bulletin->pool, class_words[i])
				       : W(bulletin, ALL_FRAMES));
		cell(bulletin, "n drop", count_text(bulletin, of_month(bulletin, series)));
		rate_cells(bulletin, series, all);
		spark_cell(bulletin, series);
		buffer_text(&bulletin->page, "</tr>\n");
	}
	close_table(bulletin);
	buffer_text(&bulletin->page, "</section>\n");
}

/* -- Smaller changes ----------------------------------------------------------------------- */

static size_t onset_of(const struct finding *finding)
{
	return finding->onset_count ? finding->onsets[0].day : 0;
}

static int by_onset(const void *a, const void *b)
{
	const struct finding *left = *(const struct finding *const *)a;
	const struct finding *right = *(const struct finding *const *)b;

	if (onset_of(left) != onset_of(right))
		return onset_of(left) < onset_of(right) ? -1 : 1;
	return left < right ? -1 : left > right;
}

static const char *signed_text(struct bulletin *bulletin, double value)
{
	const char *size = rate_text(bulletin, round(fabs(value)));

	return value < 0 ? phrase_format(&bulletin->pool, "\u2212%s", size) : size;
}

static void other_row(struct bulletin *bulletin, const struct finding *finding)
{
	bool counts = series_kind(finding->family) != SERIES_FANOUT && finding->moved_days;

	markup(&bulletin->page, "<tr><th scope=\"row\">%s</th>",
		short_date_phrase(&bulletin->pool, bulletin->month->dates[onset_of(finding)]));
	cell(bulletin, "", headline(bulletin, finding));
	cell(bulletin, "n", counts ? signed_text(bulletin, finding->excess) : "–");
	cell(bulletin, "nw drop", severity_text(bulletin, finding->severity));
	cell(bulletin, "nw", state_text(bulletin, finding));
	spark_cell(bulletin, finding->series);
	buffer_text(&bulletin->page, "</tr>\n");
}

void write_others(struct bulletin *bulletin)
{
	static const struct heading headings[] = {{WORD_T_DATE, "t"}, {WORD_T_WHAT, "t"},
		{WORD_T_EXCESS, "n"}, {WORD_E_SEVERITY, "drop"}, {WORD_T_STATE, "t"},
		{WORD_T_TREND, "t"}};
	const struct findings *findings = bulletin->findings;
	size_t all = findings->count - findings->main_count;
	size_t shown = all < OTHERS_SHOWN ? all : OTHERS_SHOWN;
	const struct finding *order[OTHERS_SHOWN];

	if (!all)
		return;
	for (size_t i = 0; i < shown; i++)
		order[i] = &findings->list[findings->main_count + i];
	qsort(order, shown, sizeof(order[0]), by_onset);
	markup(&bulletin->page, "<section id=\"others\">\n<h2>%s</h2>\n", W(bulletin, OTHERS));
	open_table(bulletin, W(bulletin, OTHERS_CAPTION), headings,
		sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < shown; i++)
		other_row(bulletin, order[i]);
	close_table(bulletin);
	if (shown < all)
		markup(&bulletin->page, "<p class=\"note\">%s</p>\n",
			SAY(bulletin, OTHERS_MORE, "count", count_text(bulletin, all - shown)));
	buffer_text(&bulletin->page, "</section>\n");
}
