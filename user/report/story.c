/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/bulletin.h"

#include "user/model/port.h"

#include <math.h>
#include <string.h>

const char *count_text(struct bulletin *bulletin, uint64_t value)
{
	char text[DIGITS_MAX];

	digits_count(value, text);
	return phrase_copy(&bulletin->pool, text);
}

const char *rate_text(struct bulletin *bulletin, double value)
{
	char text[DIGITS_MAX];

	digits_rate(value, text);
	return phrase_copy(&bulletin->pool, text);
}

const char *share_text(struct bulletin *bulletin, double share)
{
	char text[DIGITS_MAX];

	digits_share(share, text);
	return phrase_copy(&bulletin->pool, text);
}

const char *change_text(struct bulletin *bulletin, double before, double after)
{
	char text[DIGITS_MAX];

	digits_change(before, after, text);
	return phrase_copy(&bulletin->pool, text);
}

const char *days_text(struct bulletin *bulletin, uint64_t days)
{
	if (days == 1)
		return W(bulletin, ONE_DAY);
	return SAY(bulletin, DAYS, "count", count_text(bulletin, days));
}

const char *port_text(struct bulletin *bulletin, uint32_t row)
{
	return phrase_format(
		&bulletin->pool, "%u/%s", port_number(row), port_protocol_name(port_protocol(row)));
}

const char *country_text(struct bulletin *bulletin, country_id country)
{
	return country_name(bulletin->pool.language, country);
}

const char *severity_text(struct bulletin *bulletin, enum event_severity severity)
{
	static const enum word words[EVENT_SEVERITIES] = {WORD_SEVERITY_INFO, WORD_SEVERITY_NOTICE,
		WORD_SEVERITY_WARNING, WORD_SEVERITY_CRITICAL};

	return plain(&bulletin->pool, words[severity < EVENT_SEVERITIES ? severity : 0]);
}

const char *state_text(struct bulletin *bulletin, const struct finding *finding)
{
	switch (finding->state) {
	case FINDING_STAYED:
		return W(bulletin, STATE_STAYED);
	case FINDING_ENDED:
		return W(bulletin, STATE_ENDED);
	default:
		return W(bulletin, STATE_OPEN);
	}
}

/* -- Headlines ----------------------------------------------------------------------------- */

static bool is_icmp(uint32_t row)
{
	return port_protocol(row) == PORT_ICMP || port_protocol(row) == PORT_ICMP6;
}

static const char *port_subject(struct bulletin *bulletin, const struct finding *finding)
{
	uint32_t row = finding_row(finding);
	const char *port = port_text(bulletin, row);
	const char *country = country_text(bulletin, finding->country);
	const char *service = service_name(bulletin->pool.language, row);

	if (is_icmp(row)) {
		if (service)
			port = SAY(bulletin, SERVICE_OF_PORT, "service", port, "port", service);
		if (finding->from_country)
			return SAY(bulletin, OF_ICMP_FROM, "port", port, "country", country);
		return SAY(bulletin, OF_ICMP, "port", port);
	}
	if (finding->from_country)
		return SAY(bulletin, OF_PORT_FROM, "port", port, "country", country);
	return SAY(bulletin, OF_PORT, "port", port);
}

const char *subject(struct bulletin *bulletin, const struct finding *finding)
{
	uint32_t item = series_item(finding->family);

	if (finding_row(finding) != TT_ROW_NONE)
		return port_subject(bulletin, finding);
	switch (series_kind(finding->family)) {
	case SERIES_SPORT53:
		return W(bulletin, OF_SPORT53);
	case SERIES_CLASS:
		return SAY(bulletin, OF_CLASS, "class", class_name((enum tt_class)item));
	case SERIES_FANOUT:
		return SAY(bulletin, OF_FANOUT, "proto",
			item < PORT_PROTOCOLS ? port_protocol_name((enum port_protocol)item) : "");
	case SERIES_SWEEP:
		return W(bulletin, OF_SWEEP);
	default:
		return W(bulletin, OF_ALL);
	}
}

/* What the detector calls new was seen on few days; "hardly" is less than a packet a day. */
static enum event_kind told_kind(const struct finding *finding)
{
	return finding->kind == EVENT_NEW_PORT && finding->before >= 1 ? EVENT_SURGE
								       : finding->kind;
}

const char *headline(struct bulletin *bulletin, const struct finding *finding)
{
	const char *what = subject(bulletin, finding);

	switch (told_kind(finding)) {
	case EVENT_NEW_PORT:
		return SAY(bulletin, APPEARED, "what", what);
	case EVENT_GROWTH:
		return SAY(bulletin, GREW, "what", what);
	case EVENT_DROP:
		return SAY(bulletin, FELL, "what", what);
	case EVENT_SWEEP:
		return SAY(bulletin, SEEN, "what", what);
	case EVENT_COMMON_MODE:
		if (finding->opening.g < 1)
			return SAY(bulletin, FELL, "what", what);
		return SAY(bulletin, ROSE, "what", what);
	default:
		return SAY(bulletin, ROSE, "what", what);
	}
}

/* -- The story ----------------------------------------------------------------------------- */

static const char *day_text(struct bulletin *bulletin, size_t day)
{
	return date_phrase(&bulletin->pool, bulletin->month->dates[day], bulletin->month->year);
}

/* Add a sentence; English puts a space between them. */
static void add(struct bulletin *bulletin, struct buffer *out, const char *sentence)
{
	if (out->size && bulletin->pool.language != LANGUAGE_JA)
		buffer_text(out, " ");
	buffer_text(out, sentence);
}

static const char *opening_sentence(struct bulletin *bulletin, const struct finding *finding)
{
	const char *what = subject(bulletin, finding);
	const char *date = day_text(
		bulletin, finding->onset_count ? finding->onsets[0].day : bulletin->month->first);

	switch (told_kind(finding)) {
	case EVENT_NEW_PORT:
		return SAY(bulletin, S_APPEARED, "what", what, "date", date);
	case EVENT_GROWTH:
		return SAY(bulletin, S_GREW, "what", what, "date", date);
	case EVENT_DROP:
		return SAY(bulletin, S_FELL, "what", what, "date", date);
	case EVENT_SWEEP:
		return SAY(bulletin, S_SEEN, "what", what, "date", date);
	default:
		return SAY(bulletin, S_ROSE, "what", what, "date", date);
	}
}

/* Onsets after the first, on other days: one or two by date, more by number. */
static void add_again(struct bulletin *bulletin, struct buffer *out, const struct finding *finding)
{
	const char *dates = NULL;
	size_t last = finding->onset_count ? finding->onsets[0].day : 0, days = 0;

	for (size_t i = 1; i < finding->onset_count; i++) {
		const char *date;

		if (finding->onsets[i].day == last)
			continue;
		last = finding->onsets[i].day;
		date = day_text(bulletin, last);
		dates = dates ? phrase_format(&bulletin->pool, "%s%s%s", dates,
					W(bulletin, LIST_AND), date)
			      : date;
		days++;
	}
	if (days > 2)
		add(bulletin, out,
			SAY(bulletin, S_AGAIN_MANY, "count", count_text(bulletin, days), "date",
				day_text(bulletin, last)));
	else if (days)
		add(bulletin, out, SAY(bulletin, S_AGAIN, "dates", dates));
}

const char *country_list(struct bulletin *bulletin, const struct finding *finding, size_t most)
{
	const char *list = "";

	for (size_t i = 0; i < finding->country_top && i < most; i++)
		list = phrase_format(&bulletin->pool, "%s%s%s", list,
			i ? W(bulletin, LIST_COMMA) : "",
			SAY(bulletin, LIST_ITEM, "name",
				country_text(bulletin, finding->countries[i].country), "share",
				share_text(bulletin, finding->countries[i].share)));
	return list;
}

static void add_origin(struct bulletin *bulletin, struct buffer *out, const struct finding *finding)
{
	if (finding->from_country && isfinite(finding->country_share))
		add(bulletin, out,
			SAY(bulletin, S_COUNTRY, "country",
				country_text(bulletin, finding->country), "share",
				share_text(bulletin, finding->country_share)));
	else if (!finding->from_country && finding->country_count > 1 && !finding_is_drop(finding))
		add(bulletin, out,
			SAY(bulletin, S_SPREAD, "count",
				count_text(bulletin, finding->country_count), "list",
				country_list(bulletin, finding, 3)));
}

static void add_classes53(
	struct bulletin *bulletin, struct buffer *out, const struct finding *finding)
{
	double shares[SPORT53_CLASSES];

	if (!finding_is_sport53(finding))
		return;
	sport53_shares(bulletin, shares);
	add(bulletin, out,
		SAY(bulletin, S_CLASSES53, "response",
			share_text(bulletin, shares[SPORT53_RESPONSE]), "query",
			share_text(bulletin, shares[SPORT53_QUERY]), "short",
			share_text(bulletin, shares[SPORT53_SHORT])));
}

/* Candidates by country, the largest three. */
static const char *resolver_list(struct bulletin *bulletin)
{
	const struct month *month = bulletin->month;
	const char *list = "";
	bool taken[COUNTRY_COUNT] = {false};

	for (unsigned int i = 0; i < 3; i++) {
		country_id best = COUNTRY_ZZ;
		uint64_t most = 0;

		for (unsigned int k = 0; k < COUNTRY_COUNT; k++)
			if (!taken[k] && month->resolvers_by_country[k] > most) {
				most = month->resolvers_by_country[k];
				best = (country_id)k;
			}
		if (!most)
			break;
		taken[best] = true;
		list = phrase_format(&bulletin->pool, "%s%s%s", list,
			i ? W(bulletin, LIST_COMMA) : "",
			SAY(bulletin, LIST_ITEM, "name", country_text(bulletin, best), "share",
				share_text(bulletin, (double)most / (double)month->resolvers)));
	}
	return list;
}

static void add_resolvers(
	struct bulletin *bulletin, struct buffer *out, const struct finding *finding)
{
	if (finding_is_sport53(finding) && bulletin->month->resolvers)
		add(bulletin, out,
			SAY(bulletin, S_RESOLVERS, "count",
				count_text(bulletin, bulletin->month->resolvers), "list",
				resolver_list(bulletin)));
}

static void add_state(struct bulletin *bulletin, struct buffer *out, const struct finding *finding)
{
	const char *date = date_phrase(
		&bulletin->pool, zone_date_of(finding->state_time), bulletin->month->year);

	if (finding->state == FINDING_OPEN)
		add(bulletin, out, W(bulletin, S_OPEN));
	else if (finding->state == FINDING_ENDED && finding->moved_days)
		add(bulletin, out,
			SAY(bulletin, S_BACK, "date", day_text(bulletin, finding->moved_last)));
	else if (finding->state == FINDING_ENDED)
		add(bulletin, out, SAY(bulletin, S_ENDED, "date", date));
	else if (finding->kind != EVENT_GROWTH)
		add(bulletin, out, SAY(bulletin, S_STAYED, "date", date));
}

const char *story(struct bulletin *bulletin, const struct finding *finding)
{
	struct buffer out = {0};
	const char *text;

	add(bulletin, &out, opening_sentence(bulletin, finding));
	add_again(bulletin, &out, finding);
	if (isfinite(finding->before))
		add(bulletin, &out,
			SAY(bulletin, S_LEVEL, "before", rate_text(bulletin, finding->before),
				"after", rate_text(bulletin, finding->after), "peak",
				count_text(bulletin, finding->peak), "date",
				day_text(bulletin, finding->peak_day)));
	if (told_kind(finding) == EVENT_NEW_PORT && finding->life.active_days)
		add(bulletin, &out,
			SAY(bulletin, S_FIRST_SEEN, "date",
				date_phrase(&bulletin->pool, zone_date_of(finding->life.first_seen),
					bulletin->month->year),
				"days", days_text(bulletin, finding->life.active_days)));
	add_classes53(bulletin, &out, finding);
	add_origin(bulletin, &out, finding);
	add_resolvers(bulletin, &out, finding);
	add_state(bulletin, &out, finding);
	if (out.error && !bulletin->error)
		bulletin->error = out.error;
	text = phrase_copy(&bulletin->pool, out.bytes ? out.bytes : "");
	buffer_release(&out);
	return text;
}
