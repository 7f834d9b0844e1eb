/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/evidence/evidence.h"

#include "user/evidence/diagnosis.h"
#include "user/evidence/figures.h"
#include "user/evidence/follow.h"
#include "user/evidence/resolvers.h"
#include "user/evidence/source_ports.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct evidence {
	struct evidence_parameters parameters;
	struct window *window;
	struct figures *figures;
	struct resolvers *resolvers;
	uint64_t unlisted;
	struct source_ports *source_ports;
	struct follow follow;
	double packets[TT_CLASSES]; /* of this minute so far, estimate */
	double before[TT_CLASSES];  /* of the last minute */
};

int evidence_new(const struct evidence_parameters *parameters, struct evidence **evidence)
{
	struct evidence *fresh = calloc(1, sizeof(*fresh));

	if (!fresh)
		return -ENOMEM;
	fresh->parameters = *parameters;
	fresh->window = window_new();
	fresh->figures = figures_new();
	fresh->resolvers = resolvers_new(EVIDENCE_CANDIDATES);
	fresh->source_ports = source_ports_new(parameters->own_country);
	if (!fresh->window || !fresh->figures || !fresh->resolvers || !fresh->source_ports) {
		evidence_free(fresh);
		return -ENOMEM;
	}
	*evidence = fresh;
	return 0;
}

void evidence_free(struct evidence *evidence)
{
	if (!evidence)
		return;
	window_free(evidence->window);
	figures_free(evidence->figures);
	resolvers_free(evidence->resolvers);
	source_ports_free(evidence->source_ports);
	free(evidence);
}

/* -- Samples ------------------------------------------------------------------------------- */

static country_id country_of(const struct dissected *parts, struct evidence_places places)
{
	if (!parts->has_addresses || !places.locate)
		return COUNTRY_ZZ;
	return places.locate(places.context, parts->is_v6,
		parts->is_v6 ? parts->source.high : (uint32_t)parts->source.low);
}

void evidence_add(struct evidence *evidence, const struct tt_sample *sample, int64_t time_ns,
	struct evidence_places places)
{
	struct dissected parts = dissect(sample);
	const struct seen *seen =
		window_add(evidence->window, sample, time_ns, &parts, country_of(&parts, places));

	if (sample->class < TT_CLASSES)
		evidence->packets[sample->class] += seen_weight(seen);
	follow_add(&evidence->follow, seen);
	source_ports_add(evidence->source_ports, seen);
	if (resolvers_is_candidate(seen) && !resolvers_add(evidence->resolvers, seen))
		evidence->unlisted++;
}

static const struct port_count *find_port(const struct minute *minute, uint32_t row)
{
	size_t low = 0, high = minute->port_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (minute->ports[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return low < minute->port_count && minute->ports[low].row == row ? &minute->ports[low]
									 : NULL;
}

/* -- Events -------------------------------------------------------------------------------- */

static double share_of_class(
	const struct seen *const *seen, size_t count, enum tt_class class, double packets)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		if (seen[i]->sample.class == class)
			sum += seen_weight(seen[i]);
	return sum / packets;
}

static void give_verdict(struct event *event, double response, double sources)
{
	struct event_evidence *told = &event->evidence;
	enum series_kind kind = series_kind(event->key);
	bool is_sport53 = kind == SERIES_SPORT53 || kind == SERIES_SPORT53_COUNTRY;
	struct diagnosis_figures figures = {
		.samples = told->samples,
		.packets = told->packets,
		.sources = sources,
		.own = told->own_country,
		.response = is_sport53 ? response : NAN,
	};

	figures.is_country = kind == SERIES_SPORT53_COUNTRY;
	if (figures.is_country)
		figures.own = NAN;
	if (is_sport53)
		told->verdict = diagnose_sport53(&figures, told->verdict_text);
	else if (kind == SERIES_CLASS && series_item(event->key) == TT_TCP_BACKSCATTER)
		told->verdict = diagnose_answers(&figures, told->verdict_text);
}

/* Where not every packet was sampled, the row's own counters of the minute are exact. */
static void count_fingerprints(const struct minute *minute, struct event *event)
{
	struct event_evidence *told = &event->evidence;
	const struct port_count *port = series_kind(event->key) == SERIES_PORT
						? find_port(minute, series_item(event->key))
						: NULL;

	if (!port || port->syn == 0 || told->samples >= told->packets)
		return;
	told->mirai = (double)port->marks[TT_MIRAI] / (double)port->syn;
	told->zmap = (double)port->marks[TT_ZMAP] / (double)port->syn;
	told->masscan = (double)port->marks[TT_MASSCAN] / (double)port->syn;
}

void evidence_explain(struct evidence *evidence, const struct minute *minute, struct event *event)
{
	struct event_evidence *told = &event->evidence;
	double sources = NAN, response;
	size_t count;
	const struct seen *const *seen = window_select(evidence->window, event->key,
		event->onset * 1000000000, (event->time + 60) * 1000000000, &count);

	if (count == 0)
		return;
	figures_fill(evidence->figures, seen, count, minute->addresses,
		evidence->parameters.own_country, told, &sources);
	if (!(told->samples > 0))
		return;
	count_fingerprints(minute, event);
	response = share_of_class(seen, count, TT_UDP53_RESPONSE, told->packets);
	give_verdict(event, response, sources);
	if (!series_has_sources(event->key)) {
		event->sources = round(sources);
		event->packets_per_source = told->packets / sources;
	}
	if (evidence->parameters.names_files && follow_has_packets(event->key) &&
		event->incident[0])
		snprintf(told->pcap, sizeof(told->pcap), "incidents/%s.pcap", event->incident);
}

void evidence_follow(struct evidence *evidence, const struct event *event)
{
	follow_event(&evidence->follow, event);
}

void evidence_packets(struct evidence *evidence, evidence_packets_visit *visit, void *context)
{
	follow_packets(
		&evidence->follow, evidence->window, EVIDENCE_INCIDENT_PACKETS, visit, context);
}

/* -- What to sample ------------------------------------------------------------------------ */

/* The lowest shift that keeps to the budget; the background's at most. */
static uint8_t shift_for(const struct evidence *evidence, double packets, unsigned int budget)
{
	uint8_t shift = 0;

	while (shift < evidence->parameters.background && packets > budget) {
		packets /= 2;
		shift++;
	}
	return shift;
}

static uint8_t class_shift(const struct evidence *evidence, enum tt_class class)
{
	double packets = fmax(evidence->packets[class], evidence->before[class]);

	switch (class) {
	case TT_SHORT_ETH:
	case TT_NON_IP:
	case TT_OFF_TARGET: /* what others say to each other is not ours to look at */
		return TT_SHIFT_NEVER;
	case TT_UDP53_RESPONSE:
		return shift_for(evidence, packets, EVIDENCE_BUDGET_RESPONSES);
	default:
		return shift_for(evidence, packets, EVIDENCE_BUDGET);
	}
}

static void plan_rows(
	struct evidence *evidence, const struct minute *last, struct sampling_plan *plan)
{
	for (size_t i = 0; i < evidence->follow.count; i++) {
		struct followed *entry = &evidence->follow.entries[i];
		enum series_kind kind = series_kind(entry->key);
		uint32_t row = series_item(entry->key);

		if (kind != SERIES_PORT && kind != SERIES_CELL)
			continue;
		if (last) {
			const struct port_count *port = find_port(last, row);

			entry->before = port ? (double)port->packets : 0;
			entry->packets = 0;
		}
		plan->rows[plan->row_count++] = (struct sampling_row){
			row, shift_for(evidence, fmax(entry->packets, entry->before),
				     EVIDENCE_BUDGET_ROW)};
	}
}

void evidence_plan(struct evidence *evidence, const struct minute *last, struct sampling_plan *plan)
{
	plan->row_count = 0;
	if (last)
		source_ports_minute(evidence->source_ports, last->start);
	for (unsigned int class = 0; class < TT_CLASSES; class ++) {
		if (last) {
			evidence->before[class] = (double)last->ledger[class].packets;
			evidence->packets[class] = 0;
		}
		plan->class_shift[class] = class_shift(evidence, (enum tt_class) class);
	}
	plan_rows(evidence, last, plan);
}

/* -- The rest ------------------------------------------------------------------------------ */

const struct resolver *evidence_resolvers(struct evidence *evidence, size_t *count)
{
	return resolvers_list(evidence->resolvers, count);
}

const struct source_port *evidence_source_ports(struct evidence *evidence, size_t *count)
{
	return source_ports_rows(evidence->source_ports, count);
}

void evidence_stored(struct evidence *evidence)
{
	resolvers_clear(evidence->resolvers);
	source_ports_clear(evidence->source_ports);
}

void evidence_finish(struct evidence *evidence)
{
	source_ports_finish(evidence->source_ports);
}

struct evidence_health evidence_health(const struct evidence *evidence)
{
	return (struct evidence_health){
		.samples = window_added(evidence->window),
		.forgotten = window_forgotten(evidence->window),
		.unfollowed = evidence->follow.refused,
		.unlisted = evidence->unlisted,
		.unported = source_ports_dropped(evidence->source_ports),
	};
}
