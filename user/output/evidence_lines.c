/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/evidence_lines.h"

#include "user/lib/text.h"
#include "user/output/event_words.h"
#include "user/output/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INDENT = 2 };

void evidence_label(struct page *page, const char *label)
{
	page_to(page, INDENT);
	page_text(page, STYLE_DIM, label);
	page_to(page, EVIDENCE_VALUES);
}

/* The minute of the notice alone: it may have a single packet of a day's rise. */
static void minute_line(struct page *page, const struct event *event)
{
	bool has_sources = isfinite(event->sources), has_countries = event->top_country_count;
	char sources[NUMBER_MAX], each[NUMBER_MAX], countries[EVENT_WORDS_COUNTRIES_MAX];

	if (!has_sources && !has_countries)
		return;
	evidence_label(page, "that minute");
	if (has_sources)
		page_printf(page, STYLE_PLAIN, "about %s source%s",
			number_short(event->sources, sources), event->sources == 1 ? "" : "s");
	if (has_sources && isfinite(event->packets_per_source))
		page_printf(page, STYLE_PLAIN, ", %s packet%s each",
			number_short(event->packets_per_source, each),
			event->packets_per_source == 1 ? "" : "s");
	if (has_countries)
		page_printf(page, STYLE_PLAIN, "%s%s", has_sources ? "; " : "",
			event_words_countries(event, EVENT_TOP_COUNTRIES, countries));
	page_line(page);
}

static void dns_line(struct page *page, const struct event *event)
{
	char response[NUMBER_MAX], query[NUMBER_MAX], rest[NUMBER_MAX], offered[NUMBER_MAX];
	bool is_known = isfinite(event->evidence.recursion_available);

	if (!isfinite(event->dns_response) && !isfinite(event->dns_query))
		return;
	number_share(event->evidence.recursion_available, offered);
	evidence_label(page, "DNS");
	page_wrapf(page, STYLE_PLAIN, EVIDENCE_VALUES, "responses %s, queries %s, too short %s%s%s",
		number_share(event->dns_response, response), number_share(event->dns_query, query),
		number_share(event->dns_short, rest), is_known ? "; recursion offered in " : "",
		is_known ? offered : "");
}

/* -- From sampled packets ------------------------------------------------------------------ */

/* Prefixes that a line names: the rest is in --json. */
#define SHOWN_PREFIXES 5

/* 203.0.113.0/24 CN 40% */
static void origin_words(const struct event_origin *origin, bool is_prefix, char *text, size_t room)
{
	struct text_address address = {.is_v6 = origin->is_v6};
	char written[TEXT_ADDRESS_MAX], share[NUMBER_MAX];

	memcpy(address.bytes, origin->bytes, sizeof(address.bytes));
	text_format_address(&address, written);
	snprintf(text, room, "%s%s %s %.8s", written,
		!is_prefix      ? ""
		: origin->is_v6 ? "/48"
				: "/24",
		country_code(origin->country), number_share(origin->share, share));
}

static void prefixes_line(struct page *page, const struct event_evidence *evidence)
{
	unsigned int count = evidence->top_prefix_count;
	char text[SHOWN_PREFIXES * 80] = "", one[80];

	if (!count)
		return;
	for (unsigned int i = 0; i < count && i < SHOWN_PREFIXES; i++) {
		size_t used = strlen(text);

		origin_words(&evidence->top_prefixes[i], true, one, sizeof(one));
		snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "", one);
	}
	evidence_label(page, "networks");
	page_wrap(page, STYLE_PLAIN, EVIDENCE_VALUES, text);
}

static void spread_line(struct page *page, const struct event_evidence *evidence)
{
	char share[NUMBER_MAX], one[80];

	if (isfinite(evidence->top_source.packets)) {
		origin_words(&evidence->top_source, false, one, sizeof(one));
		evidence_label(page, "busiest");
		page_text(page, STYLE_PLAIN, one);
		page_line(page);
	}
	if (isfinite(evidence->breadth)) {
		evidence_label(page, "touched");
		page_printf(page, STYLE_PLAIN, "%s of the monitored addresses",
			number_share(evidence->breadth, share));
		page_line(page);
	}
}

static void tools_line(struct page *page, const struct event_evidence *evidence)
{
	char mirai[NUMBER_MAX], zmap[NUMBER_MAX], masscan[NUMBER_MAX];

	if (!(evidence->mirai > 0) && !(evidence->zmap > 0) && !(evidence->masscan > 0))
		return;
	evidence_label(page, "tools");
	page_printf(page, STYLE_PLAIN, "Mirai %s, ZMap %s, masscan %s of the SYNs",
		number_share(evidence->mirai, mirai), number_share(evidence->zmap, zmap),
		number_share(evidence->masscan, masscan));
	page_line(page);
}

static void samples_line(struct page *page, const struct event_evidence *evidence)
{
	char samples[NUMBER_MAX];

	if (!(evidence->samples > 0))
		return;
	evidence_label(page, "samples");
	page_printf(page, STYLE_PLAIN, "%s packets", number_short(evidence->samples, samples));
	if (evidence->pcap[0])
		page_printf(page, STYLE_PLAIN, ": %s", evidence->pcap);
	page_line(page);
}

static void verdict_line(struct page *page, const struct event_evidence *evidence)
{
	if (!evidence->verdict_text[0])
		return;
	evidence_label(page, "verdict");
	page_wrap(page, STYLE_BOLD, EVIDENCE_VALUES, evidence->verdict_text);
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
	minute_line(page, event);
	prefixes_line(page, &event->evidence);
	spread_line(page, &event->evidence);
	tools_line(page, &event->evidence);
	dns_line(page, event);
	verdict_line(page, &event->evidence);
	samples_line(page, &event->evidence);
	geo_line(page, event);
}
