/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/bulletin.h"

#include "user/lib/text.h"
#include "user/model/port.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NETWORKS_SHOWN 5

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
	for (size_t i = 0; i < month->prefix_top && i < NETWORKS_SHOWN; i++)
		list = phrase_format(&bulletin->pool, "%s%s%s", list,
			i                                        ? W(bulletin, LIST_COMMA)
			: bulletin->pool.language == LANGUAGE_JA ? "。"
								 : ". ",
			prefix_text(bulletin, &month->prefixes[i]));
	write_fact(bulletin, WORD_E_PREFIXES, list);
}

static void write_sources(struct bulletin *bulletin, const struct finding *finding)
{
	if (finding->sources.days && isinf(finding->sources.error))
		write_fact(bulletin, WORD_E_SOURCES,
			SAY(bulletin, E_SOURCES_LEAST, "count",
				rate_text(bulletin, round(finding->sources.estimate))));
	else if (finding->sources.days)
		write_fact(bulletin, WORD_E_SOURCES,
			SAY(bulletin, E_SOURCES_DAY, "count",
				rate_text(bulletin, round(finding->sources.estimate)), "error",
				share_text(bulletin, finding->sources.error)));
	else if (series_has_sources(finding->largest.key) &&
		 finding->largest.sources >= (finding->single ? 1 : 2))
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

/* -- What samples say ---------------------------------------------------------------------- */

/* 192.0.2.0/24 JP */
static const char *origin_text(
	struct bulletin *bulletin, const struct event_origin *origin, bool is_prefix)
{
	struct text_address address = {.is_v6 = origin->is_v6};
	char text[TEXT_ADDRESS_MAX];

	memcpy(address.bytes, origin->bytes, sizeof(address.bytes));
	text_format_address(&address, text);
	if (is_prefix)
		return phrase_format(&bulletin->pool, "%s/%d", text, origin->is_v6 ? 48 : 24);
	return phrase_copy(&bulletin->pool, text);
}

static void write_sampled_networks(struct bulletin *bulletin, const struct event_evidence *evidence)
{
	const char *list = "";

	for (unsigned int i = 0; i < evidence->top_prefix_count && i < NETWORKS_SHOWN; i++) {
		const struct event_origin *origin = &evidence->top_prefixes[i];

		list = phrase_format(&bulletin->pool, "%s%s%s %s", list,
			i ? W(bulletin, LIST_COMMA) : "", origin_text(bulletin, origin, true),
			SAY(bulletin, LIST_ITEM, "name", country_code(origin->country), "share",
				share_text(bulletin, origin->share)));
	}
	if (*list)
		write_fact(bulletin, WORD_E_PREFIXES, list);
}

static void write_top_source(struct bulletin *bulletin, const struct event_evidence *evidence)
{
	const struct event_origin *source = &evidence->top_source;

	if (isfinite(source->packets) && isfinite(source->share))
		write_fact(bulletin, WORD_E_TOP_SOURCE,
			SAY(bulletin, E_TOP_SOURCE_OF, "source",
				origin_text(bulletin, source, false), "country",
				country_code(source->country), "share",
				share_text(bulletin, source->share)));
	if (isfinite(evidence->breadth))
		write_fact(bulletin, WORD_E_BREADTH,
			SAY(bulletin, E_BREADTH_OF, "share",
				share_text(bulletin, evidence->breadth)));
}

static void write_fingerprints(struct bulletin *bulletin, const struct event_evidence *evidence)
{
	if (!isfinite(evidence->mirai) && !isfinite(evidence->zmap) && !isfinite(evidence->masscan))
		return;
	write_fact(bulletin, WORD_E_FINGERPRINTS,
		SAY(bulletin, E_FINGERPRINTS_OF, "mirai", share_text(bulletin, evidence->mirai),
			"zmap", share_text(bulletin, evidence->zmap), "masscan",
			share_text(bulletin, evidence->masscan)));
}

static void write_responses(struct bulletin *bulletin, const struct event_evidence *evidence)
{
	const char *text;

	if (!isfinite(evidence->recursion_available))
		return;
	text = SAY(bulletin, E_RESPONSES_OF, "ra",
		share_text(bulletin, evidence->recursion_available), "answering",
		share_text(bulletin, evidence->answering));
	for (unsigned int i = 0; i < EVENT_RCODES; i++)
		if (evidence->rcodes[i] > 0)
			text = phrase_format(&bulletin->pool, "%s%s", text,
				SAY(bulletin, E_RCODE, "code", count_text(bulletin, i), "share",
					share_text(bulletin, evidence->rcodes[i])));
	write_fact(bulletin, WORD_E_RESPONSES, text);
}

static void write_samples(struct bulletin *bulletin, const struct finding *finding)
{
	const struct event_evidence *evidence = &finding->evidence;
	const char *samples = rate_text(bulletin, evidence->samples);
	const char *packets = rate_text(bulletin, evidence->packets);

	if (!(evidence->samples > 0))
		return;
	/* Of source port 53 the history itself names networks, all of them. */
	if (!finding_is_sport53(finding))
		write_sampled_networks(bulletin, evidence);
	write_top_source(bulletin, evidence);
	write_fingerprints(bulletin, evidence);
	write_responses(bulletin, evidence);
	if (isfinite(evidence->own_country))
		write_fact(bulletin, WORD_E_OWN,
			SAY(bulletin, E_OWN_OF, "share",
				share_text(bulletin, evidence->own_country)));
	write_fact(bulletin, WORD_E_SAMPLES,
		evidence->pcap[0]
			? SAY(bulletin, E_SAMPLES_OF, "samples", samples, "packets", packets,
				  "file", evidence->pcap)
			: SAY(bulletin, E_SAMPLES_ONLY, "samples", samples, "packets", packets));
}

void write_evidence(struct bulletin *bulletin, const struct finding *finding, series_key key)
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
	write_samples(bulletin, finding);
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
