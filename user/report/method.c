/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/bulletin.h"

static void write_item(struct bulletin *bulletin, enum word name, const char *text)
{
	markup(&bulletin->page, "<dt>%s</dt><dd>%s</dd>\n", plain(&bulletin->pool, name), text);
}

/* Two sentences as one paragraph. */
static const char *join(struct bulletin *bulletin, const char *first, const char *second)
{
	return phrase_format(&bulletin->pool,
		bulletin->pool.language == LANGUAGE_JA ? "%s%s" : "%s %s", first, second);
}

static const char *borders_text(struct bulletin *bulletin)
{
	static const enum word words[] = {WORD_M_DAYS_EXACT, WORD_M_DAYS_HOUR, WORD_M_DAYS_UTC};
	const struct month *month = bulletin->month;
	const char *text = phrase(&bulletin->pool, words[month->borders_kind], "zone",
		bulletin->parameters->zone, NULL);

	return month->unkept ? join(bulletin, text, W(bulletin, M_DAYS_PARTLY)) : text;
}

static const char *countries_text(struct bulletin *bulletin)
{
	const struct event *geo = bulletin->findings->geo;
	const char *text = geo ? SAY(bulletin, M_COUNTRIES_GEO, "id", geo->geo_id, "date",
					 geo->geo_date[0] ? geo->geo_date : W(bulletin, NOT_KNOWN))
			       : W(bulletin, M_COUNTRIES_NONE);
	uint64_t without = bulletin->month->unattributed;

	return without ? join(bulletin, text,
				 SAY(bulletin, M_UNATTRIBUTED, "count",
					 count_text(bulletin, without)))
		       : text;
}

void write_method(struct bulletin *bulletin)
{
	const struct month *month = bulletin->month;
	uint64_t dropped = month->events_dropped + bulletin->findings->dropped;
	uint64_t damaged = bulletin->store->damaged(bulletin->store);
	const char *counting = W(bulletin, M_COUNTING_TEXT);

	if (damaged)
		counting = join(bulletin, counting,
			SAY(bulletin, M_DAMAGED, "count", count_text(bulletin, damaged)));
	if (dropped)
		counting = join(bulletin, counting,
			SAY(bulletin, M_DROPPED, "count", count_text(bulletin, dropped)));
	markup(&bulletin->page,
		"<section id=\"method\">\n<h2>%s</h2>\n<dl class=\"method note\">\n",
		W(bulletin, METHOD));
	write_item(bulletin, WORD_M_COUNTING, counting);
	write_item(bulletin, WORD_M_DAYS, borders_text(bulletin));
	write_item(bulletin, WORD_M_FINDINGS,
		SAY(bulletin, M_FINDINGS_TEXT, "events",
			count_text(bulletin, bulletin->findings->events), "share",
			share_text(bulletin, FINDING_COUNTRY_SHARE)));
	write_item(bulletin, WORD_M_LEVEL, W(bulletin, M_LEVEL_TEXT));
	write_item(bulletin, WORD_M_SOURCES, W(bulletin, M_SOURCES_TEXT));
	write_item(bulletin, WORD_M_COUNTRIES, countries_text(bulletin));
	write_item(bulletin, WORD_M_DATA,
		SAY(bulletin, M_DATA_TEXT, "file",
			phrase_format(&bulletin->pool, "teiten-%04d-%02d-days.csv", month->year,
				month->month)));
	markup(&bulletin->page, "</dl>\n<p class=\"note\">%s</p>\n</section>\n",
		SAY(bulletin, M_MADE, "version", TEITEN_VERSION));
}
