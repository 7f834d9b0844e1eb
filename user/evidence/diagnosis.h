/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What unasked packets from a source port are, from a few figures.
 *
 * Somebody who looks for reflectors forges our addresses in queries: very many servers answer, each
 * about once, wherever they are. What is left of an attack comes from few, again and again; in the
 * attacks of 2014 more than a tenth of them were domestic, where probing has 3 to 5 %.
 */
#ifndef TEITEN_EVIDENCE_DIAGNOSIS_H
#define TEITEN_EVIDENCE_DIAGNOSIS_H

#include "user/model/event.h"

/* Fewer samples, or sources, than that decide nothing. */
#define DIAGNOSIS_SAMPLES 30
#define DIAGNOSIS_MANY_SOURCES 100
/* Packets per source: below, probing; from the other on, an attack's residue. */
#define DIAGNOSIS_PER_SOURCE_PROBING 1.5
#define DIAGNOSIS_PER_SOURCE_RESIDUE 2.0
/*
 * Share of the sensor's own country among sources: at most, within two standard errors of so many
 * sources and never above the second; more than the second.
 */
#define DIAGNOSIS_OWN_PROBING .05
#define DIAGNOSIS_OWN_RESIDUE .10
/* Unless so many of the packets are responses, they are not answers. */
#define DIAGNOSIS_RESPONSES .5

struct diagnosis_figures {
	double samples;  /* packets looked at */
	double packets;  /* that they stand for */
	double sources;  /* distinct, estimate */
	double own;      /* share of sources of the own country; NaN: unknown */
	bool is_country; /* the sources are of one country: its share says nothing */
	double response; /* share of the packets that are responses; NaN: not known */
};

/*
 * The verdict, and in text a sentence with the figures it rests on. EVENT_VERDICT_NONE and an empty
 * text for fewer than DIAGNOSIS_SAMPLES samples.
 */
enum event_verdict diagnose_sport53(const struct diagnosis_figures *figures, char text[192]);

/*
 * The same for what cannot be told apart by its content: TCP answers, and UDP source ports of
 * known reflectors. Backscatter: answers of few busy sources. Probing: of very many, once each.
 */
enum event_verdict diagnose_answers(const struct diagnosis_figures *figures, char text[192]);

#endif
