/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/evidence/source_ports.h"

#include "user/evidence/diagnosis.h"
#include "user/evidence/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint16_t udp_ports[] = {53, 123, 389, 1900, 11211};
#define UDP_PORTS (sizeof(udp_ports) / sizeof(udp_ports[0]))

#define REGISTERS 1024u

struct distinct {
	uint8_t registers[REGISTERS];
};

enum { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

struct tally {
	uint16_t port;
	bool is_used;
	uint64_t samples;
	double packets;
	double class[3]; /* of port 53: responses, queries, short ones */
	double recursion, answering;
	double rcode[16];
	struct distinct sources, own;
};

/* A span's: UDP ports in the table's order, then TCP's in any. */
struct span {
	int64_t start;
	bool is_open;
	struct tally ports[UDP_PORTS + SOURCE_PORTS_TCP];
};

struct source_ports {
	country_id own;
	struct span spans[SOURCE_PORT_SPANS];
	struct source_port rows[SOURCE_PORTS_WAITING];
	size_t row_count;
	uint64_t dropped;
};

struct source_ports *source_ports_new(country_id own)
{
	struct source_ports *fresh = calloc(1, sizeof(*fresh));

	if (fresh)
		fresh->own = own;
	return fresh;
}

void source_ports_free(struct source_ports *ports)
{
	free(ports);
}

/* -- Distinct sources ---------------------------------------------------------------------- */

/* Finalizer of SplitMix64 (Steele et al. 2014). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static void distinct_add(struct distinct *distinct, const struct address128 *address)
{
	uint64_t hash = mix(address->low + mix(address->high + 0x9e3779b97f4a7c15ULL));
	uint8_t *at = &distinct->registers[hash % REGISTERS];
	uint8_t rank = (uint8_t)(1 + __builtin_clzll(hash | REGISTERS));

	if (*at < rank)
		*at = rank;
}

static void distinct_merge(struct distinct *into, const struct distinct *from)
{
	for (unsigned int i = 0; i < REGISTERS; i++)
		if (into->registers[i] < from->registers[i])
			into->registers[i] = from->registers[i];
}

/* Flajolet et al. 2007: alpha m^2 / sum 2^-register, linear counting below 2.5 m. */
static double distinct_count(const struct distinct *distinct)
{
	const double m = REGISTERS;
	double sum = 0, estimate;
	unsigned int empty = 0;

	for (unsigned int i = 0; i < REGISTERS; i++) {
		sum += ldexp(1, -distinct->registers[i]);
		empty += distinct->registers[i] == 0;
	}
	estimate = .7213 / (1 + 1.079 / m) * m * m / sum;
	return estimate <= 2.5 * m && empty ? m * log(m / empty) : estimate;
}

/* -- Adding -------------------------------------------------------------------------------- */

static struct tally *find_tcp(struct source_ports *ports, struct span *span, uint16_t port)
{
	struct tally *least = &span->ports[UDP_PORTS];

	for (size_t i = UDP_PORTS; i < UDP_PORTS + SOURCE_PORTS_TCP; i++) {
		struct tally *tally = &span->ports[i];

		if (tally->is_used && tally->port == port)
			return tally;
		if (!tally->is_used || (least->is_used && tally->packets < least->packets))
			least = tally;
	}
	ports->dropped += least->is_used;
	*least = (struct tally){.port = port, .is_used = true};
	return least;
}

/* Where a sample is counted; NULL when it is none of ours. */
static struct tally *find(struct source_ports *ports, struct span *span, const struct seen *seen)
{
	if (!seen->parts.has_ports)
		return NULL;
	if (seen->sample.class == TT_TCP_BACKSCATTER)
		return find_tcp(ports, span, seen->parts.source_port);
	if (seen->sample.class < TT_UDP53_RESPONSE || seen->sample.class > TT_UDP_OTHER)
		return NULL;
	for (size_t i = 0; i < UDP_PORTS; i++) {
		if (udp_ports[i] != seen->parts.source_port)
			continue;
		span->ports[i].port = udp_ports[i];
		span->ports[i].is_used = true;
		return &span->ports[i];
	}
	return NULL;
}

static void add_dns(struct tally *tally, const struct seen *seen, double weight)
{
	unsigned int rcode = seen->parts.dns_flags & DNS_RCODE;

	if (!seen_is_sport53(seen))
		return;
	tally->class[seen->sample.class - TT_UDP53_RESPONSE] += weight;
	if (seen->sample.class != TT_UDP53_RESPONSE || !seen->parts.has_dns)
		return;
	tally->rcode[rcode] += weight;
	if (seen->parts.dns_flags & DNS_RA)
		tally->recursion += weight;
	if (rcode == RCODE_NOERROR && seen->parts.dns_answers)
		tally->answering += weight;
}

void source_ports_add(struct source_ports *ports, const struct seen *seen)
{
	struct tally *tally = find(ports, &ports->spans[SOURCE_PORT_MINUTE], seen);
	double weight = seen_weight(seen);

	if (!tally)
		return;
	tally->samples++;
	tally->packets += weight;
	add_dns(tally, seen, weight);
	distinct_add(&tally->sources, &seen->parts.source);
	if (ports->own != COUNTRY_ZZ && seen->country == ports->own)
		distinct_add(&tally->own, &seen->parts.source);
}

static void merge(struct tally *into, const struct tally *from)
{
	into->port = from->port;
	into->is_used = true;
	into->samples += from->samples;
	into->packets += from->packets;
	into->recursion += from->recursion;
	into->answering += from->answering;
	for (unsigned int i = 0; i < 3; i++)
		into->class[i] += from->class[i];
	for (unsigned int i = 0; i < 16; i++)
		into->rcode[i] += from->rcode[i];
	distinct_merge(&into->sources, &from->sources);
	distinct_merge(&into->own, &from->own);
}

/* -- Telling ------------------------------------------------------------------------------- */

static void tell_dns(const struct tally *tally, struct source_port *row)
{
	double responses = tally->class[0], all = responses + tally->class[1] + tally->class[2];

	row->response = responses / all;
	row->query = tally->class[1] / all;
	row->short_ = tally->class[2] / all;
	if (responses <= 0)
		return;
	row->recursion_available = tally->recursion / responses;
	row->answering = tally->answering / responses;
	row->noerror = tally->rcode[RCODE_NOERROR] / responses;
	row->servfail = tally->rcode[RCODE_SERVFAIL] / responses;
	row->nxdomain = tally->rcode[RCODE_NXDOMAIN] / responses;
	row->refused = tally->rcode[RCODE_REFUSED] / responses;
}

static enum event_verdict judge(const struct source_port *row)
{
	struct diagnosis_figures figures = {
		.samples = (double)row->samples,
		.packets = row->packets,
		.sources = row->sources,
		.own = row->own_country,
		.response = row->response,
	};
	char text[192];

	return !row->is_tcp && row->port == 53 ? diagnose_sport53(&figures, text)
					       : diagnose_answers(&figures, text);
}

static struct source_port tell(
	const struct source_ports *ports, const struct tally *tally, bool is_tcp)
{
	double samples = (double)tally->samples;
	double seen = fmax(1, fmin(round(distinct_count(&tally->sources)), samples));
	struct source_port row = {
		.is_tcp = is_tcp,
		.port = tally->port,
		.samples = tally->samples,
		.packets = tally->packets,
		.sources = round(figures_distinct(seen, samples, tally->packets, INFINITY)),
		.own_country = NAN,
		.response = NAN,
		.query = NAN,
		.short_ = NAN,
		.recursion_available = NAN,
		.answering = NAN,
		.noerror = NAN,
		.servfail = NAN,
		.nxdomain = NAN,
		.refused = NAN,
	};

	if (ports->own != COUNTRY_ZZ)
		row.own_country = fmin(1, round(distinct_count(&tally->own)) / seen);
	if (!is_tcp && tally->port == 53)
		tell_dns(tally, &row);
	row.verdict = judge(&row);
	return row;
}

static void put_row(struct source_ports *ports, const struct source_port *row)
{
	if (ports->row_count == SOURCE_PORTS_WAITING) {
		memmove(ports->rows, ports->rows + 1,
			(SOURCE_PORTS_WAITING - 1) * sizeof(ports->rows[0]));
		ports->row_count--;
		ports->dropped++;
	}
	ports->rows[ports->row_count++] = *row;
}

/* Tell a span; of minutes UDP alone. */
static void tell_span(struct source_ports *ports, enum source_port_span which)
{
	struct span *span = &ports->spans[which];
	size_t count = which == SOURCE_PORT_MINUTE ? UDP_PORTS : UDP_PORTS + SOURCE_PORTS_TCP;

	for (size_t i = 0; i < count && span->is_open; i++) {
		const struct tally *tally = &span->ports[i];
		struct source_port row;

		if (!tally->is_used ||
			(i >= UDP_PORTS && tally->samples < SOURCE_PORTS_TCP_SAMPLES))
			continue;
		row = tell(ports, tally, i >= UDP_PORTS);
		row.span = which;
		row.start = span->start;
		put_row(ports, &row);
	}
}

static void clear_span(struct span *span)
{
	for (size_t i = 0; i < UDP_PORTS + SOURCE_PORTS_TCP; i++)
		if (span->ports[i].is_used)
			span->ports[i] = (struct tally){0};
	span->is_open = false;
}

/* Add the minute to an hour or a day; one that ended before is told. */
static void add_minute(struct source_ports *ports, enum source_port_span which, int64_t start)
{
	const struct span *minute = &ports->spans[SOURCE_PORT_MINUTE];
	struct span *span = &ports->spans[which];

	if (span->is_open && span->start != start) {
		tell_span(ports, which);
		clear_span(span);
	}
	span->start = start;
	for (size_t i = 0; i < UDP_PORTS + SOURCE_PORTS_TCP; i++) {
		const struct tally *tally = &minute->ports[i];

		if (!tally->is_used)
			continue;
		span->is_open = true;
		merge(i < UDP_PORTS ? &span->ports[i] : find_tcp(ports, span, tally->port), tally);
	}
}

void source_ports_minute(struct source_ports *ports, int64_t start)
{
	struct span *minute = &ports->spans[SOURCE_PORT_MINUTE];

	minute->start = start;
	minute->is_open = true;
	tell_span(ports, SOURCE_PORT_MINUTE);
	add_minute(ports, SOURCE_PORT_HOUR, start - start % 3600);
	add_minute(ports, SOURCE_PORT_DAY, start - start % 86400);
	clear_span(minute);
}

void source_ports_finish(struct source_ports *ports)
{
	for (unsigned int which = SOURCE_PORT_HOUR; which < SOURCE_PORT_SPANS; which++) {
		tell_span(ports, (enum source_port_span)which);
		clear_span(&ports->spans[which]);
	}
}

const struct source_port *source_ports_rows(const struct source_ports *ports, size_t *count)
{
	*count = ports->row_count;
	return ports->rows;
}

void source_ports_clear(struct source_ports *ports)
{
	ports->row_count = 0;
}

uint64_t source_ports_dropped(const struct source_ports *ports)
{
	return ports->dropped;
}
