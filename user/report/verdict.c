/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/bulletin.h"

#include "user/model/port.h"

#include <math.h>

/* Mostly: more than half. */
#define MOSTLY 0.5
/* A fingerprint worth a sentence. */
#define FINGERPRINT_SHARE 0.2
/* Fewer countries do not make a spread. */
#define SPREAD_COUNTRIES 5
/*
 * Reflector probing leaves about one packet per source and a share of the own country of 3 to 5 %;
 * an attack's residue at least two packets and, in the attacks of 2014, more than 10 %.
 */
#define PROBING_PER_SENDER 2.0
#define OWN_COUNTRY 0.1

void sport53_shares(const struct bulletin *bulletin, double shares[SPORT53_CLASSES])
{
	const struct month *month = bulletin->month;
	uint64_t sums[SPORT53_CLASSES], all = 0;

	for (unsigned int i = 0; i < SPORT53_CLASSES; i++) {
		sums[i] =
			month_sum(month->ledger[TT_UDP53_RESPONSE + i], month->first, month->count);
		all = month_add(all, sums[i]);
	}
	for (unsigned int i = 0; i < SPORT53_CLASSES; i++)
		shares[i] = all ? (double)sums[i] / (double)all : NAN;
}

double sport53_per_sender(const struct bulletin *bulletin, const struct finding *finding)
{
	const struct month *month = bulletin->month;

	if (finding->sources.estimate > 0)
		return finding->after / finding->sources.estimate;
	return month->network_days
		       ? (double)month->network_day_packets / (double)month->network_days
		       : NAN;
}

static const char *service_text(struct bulletin *bulletin, uint32_t row)
{
	const char *port = port_text(bulletin, row),
		   *name = service_name(bulletin->pool.language, row);

	if (!name)
		return SAY(bulletin, SERVICE_UNKNOWN, "port", port);
	return SAY(bulletin, SERVICE_OF_PORT, "service", name, "port", port);
}

/* Of the sources that were sampled, else of the networks of the month; NaN: not known. */
static double own_share(const struct bulletin *bulletin, const struct finding *finding)
{
	const struct month *month = bulletin->month;

	if (isfinite(finding->evidence.own_country))
		return finding->evidence.own_country;
	if (bulletin->parameters->own == COUNTRY_ZZ || !month->prefix_count)
		return NAN;
	return (double)month->prefixes_own / (double)month->prefix_count;
}

/* What the month's figures say; where they are unclear, what the events say. */
static enum event_verdict sport53_kind(
	const struct bulletin *bulletin, const struct finding *finding, double own)
{
	double per_sender = sport53_per_sender(bulletin, finding);

	if (per_sender < PROBING_PER_SENDER && !(own > OWN_COUNTRY))
		return EVENT_VERDICT_PROBING;
	if (per_sender >= PROBING_PER_SENDER && !(own < OWN_COUNTRY))
		return EVENT_VERDICT_RESIDUE;
	return finding->evidence.verdict;
}

static const char *sport53_verdict(struct bulletin *bulletin, const struct finding *finding)
{
	double shares[SPORT53_CLASSES], own = own_share(bulletin, finding);
	const char *response, *per;

	sport53_shares(bulletin, shares);
	if (shares[SPORT53_QUERY] > MOSTLY)
		return SAY(
			bulletin, V_QUERIES, "query", share_text(bulletin, shares[SPORT53_QUERY]));
	response = share_text(bulletin, shares[SPORT53_RESPONSE]);
	per = phrase(&bulletin->pool,
		finding->sources.estimate > 0 ? WORD_PER_SOURCE_DAY : WORD_PER_NETWORK_DAY, "count",
		rate_text(bulletin, sport53_per_sender(bulletin, finding)), NULL);
	if (shares[SPORT53_RESPONSE] > MOSTLY) {
		switch (sport53_kind(bulletin, finding, own)) {
		case EVENT_VERDICT_PROBING:
			return isfinite(own) ? SAY(bulletin, V_PROBING, "response", response, "per",
						       per, "own", share_text(bulletin, own))
					     : SAY(bulletin, V_PROBING_NO_OWN, "response", response,
						       "per", per);
		case EVENT_VERDICT_RESIDUE:
			return SAY(bulletin, V_RESIDUE, "response", response, "per", per);
		default:
			break;
		}
	}
	return SAY(bulletin, V_UNCLEAR53, "response", response, "per", per);
}

/* What fingerprints add to a sentence; the sentence itself where they say nothing. */
static const char *with_fingerprints(
	struct bulletin *bulletin, const struct finding *finding, const char *sentence)
{
	const struct event_evidence *evidence = &finding->evidence;
	double scanner = fmax(evidence->zmap, evidence->masscan);
	const char *more = NULL;

	if (evidence->mirai > FINGERPRINT_SHARE)
		more = SAY(bulletin, V_MIRAI, "share", share_text(bulletin, evidence->mirai));
	else if (scanner > FINGERPRINT_SHARE)
		more = SAY(bulletin, V_SCANNER, "share", share_text(bulletin, scanner));
	if (!more)
		return sentence;
	return phrase_format(&bulletin->pool,
		bulletin->pool.language == LANGUAGE_JA ? "%s%s" : "%s %s", sentence, more);
}

static const char *tcp_verdict(struct bulletin *bulletin, const struct finding *finding)
{
	const struct month *month = bulletin->month;
	uint32_t row = finding_row(finding);
	uint64_t all = month_sum(month->ports[row], month->first, month->count);
	double syn = all ? (double)month->syn[row] / (double)all : 0;

	if (syn < MOSTLY)
		return W(bulletin, V_BACKSCATTER);
	if (finding->from_country)
		return SAY(bulletin, V_SCAN_COUNTRY, "syn", share_text(bulletin, syn), "days",
			days_text(bulletin, finding->moved_days), "share",
			share_text(bulletin, finding->country_share), "country",
			country_text(bulletin, finding->country), "service",
			service_text(bulletin, row));
	if (finding->country_count >= SPREAD_COUNTRIES)
		return SAY(bulletin, V_SCAN_SPREAD, "syn", share_text(bulletin, syn), "count",
			count_text(bulletin, finding->country_count), "service",
			service_text(bulletin, row));
	return W(bulletin, V_PLAIN);
}

static const char *port_verdict(struct bulletin *bulletin, const struct finding *finding)
{
	uint32_t row = finding_row(finding);

	if (finding->single)
		return W(bulletin, V_ONE_SOURCE);
	switch (port_protocol(row)) {
	case PORT_TCP:
		return with_fingerprints(bulletin, finding, tcp_verdict(bulletin, finding));
	case PORT_UDP:
		if (finding->country_count >= SPREAD_COUNTRIES)
			return SAY(bulletin, V_UDP_SPREAD, "count",
				count_text(bulletin, finding->country_count), "service",
				service_text(bulletin, row));
		return W(bulletin, V_PLAIN);
	default:
		return port_slot_class(row, 0) == TT_ICMP_BACKSCATTER ? W(bulletin, V_BACKSCATTER)
								      : W(bulletin, V_PLAIN);
	}
}

const char *verdict(struct bulletin *bulletin, const struct finding *finding)
{
	if (finding_is_drop(finding))
		return W(bulletin, V_DROP);
	if (finding_row(finding) != TT_ROW_NONE)
		return port_verdict(bulletin, finding);
	switch (series_kind(finding->family)) {
	case SERIES_SPORT53:
		return sport53_verdict(bulletin, finding);
	case SERIES_SWEEP:
		return W(bulletin, V_SWEEP);
	case SERIES_COMMON_MODE:
		return W(bulletin, V_COMMON);
	default:
		return W(bulletin, V_PLAIN);
	}
}
