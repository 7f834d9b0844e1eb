/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/evidence_lines.h"

#include "user/output/event_words.h"
#include "user/output/number.h"

#include <math.h>

enum { INDENT = 2 };

void evidence_label(struct page *page, const char *label)
{
	page_to(page, INDENT);
	page_text(page, STYLE_DIM, label);
	page_to(page, EVIDENCE_VALUES);
}

static void sources_line(struct page *page, const struct event *event)
{
	char number[NUMBER_MAX];

	if (!isfinite(event->sources))
		return;
	evidence_label(page, "sources");
	page_printf(
		page, STYLE_PLAIN, "about %s in the minute", number_short(event->sources, number));
	if (event->packets_per_source == 1)
		page_text(page, STYLE_PLAIN, ", one packet each");
	else if (isfinite(event->packets_per_source))
		page_printf(page, STYLE_PLAIN, ", %s packets each",
			number_short(event->packets_per_source, number));
	page_line(page);
}

static void countries_line(struct page *page, const struct event *event)
{
	char countries[EVENT_WORDS_COUNTRIES_MAX];

	if (!event->top_country_count)
		return;
	evidence_label(page, "from");
	page_text(page, STYLE_PLAIN, event_words_countries(event, EVENT_TOP_COUNTRIES, countries));
	page_line(page);
}

static void dns_line(struct page *page, const struct event *event)
{
	char response[NUMBER_MAX], query[NUMBER_MAX], rest[NUMBER_MAX];

	if (!isfinite(event->dns_response) && !isfinite(event->dns_query))
		return;
	evidence_label(page, "DNS");
	page_printf(page, STYLE_PLAIN, "responses %s, queries %s, too short %s",
		number_share(event->dns_response, response), number_share(event->dns_query, query),
		number_share(event->dns_short, rest));
	page_line(page);
}

static void geo_line(struct page *page, const struct event *event)
{
	if (!event->geo_id[0])
		return;
	evidence_label(page, "country data");
	page_printf(page, STYLE_PLAIN, "%s%s%s", event->geo_date, event->geo_date[0] ? ", " : "",
		event->geo_id);
	page_line(page);
}

void evidence_lines(struct page *page, const struct event *event)
{
	sources_line(page, event);
	countries_line(page, event);
	dns_line(page, event);
	geo_line(page, event);
}
