/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures of a list of samples: who sent most, how many sources and destinations there are, what
 * the packets bear. A sample counts as the 2^shift packets that it stands for.
 */
#ifndef TEITEN_EVIDENCE_FIGURES_H
#define TEITEN_EVIDENCE_FIGURES_H

#include "user/evidence/window.h"
#include "user/model/event.h"

struct figures;

/* Working space for one list at a time; NULL when memory runs out. */
struct figures *figures_new(void);
void figures_free(struct figures *figures);

/*
 * Distinct things among `packets`, of which `samples` were looked at and found `distinct` different
 * ones. All packets seen: distinct. Otherwise the K of which so many would be found if all were
 * equally frequent, distinct = K (1 - (1 - 1/K)^samples), at least distinct and at most limit: a
 * lower bound where they are not.
 */
double figures_distinct(double distinct, double samples, double packets, double limit);

/*
 * Fill samples, since, packets, top_prefixes, top_source, concentration, breadth, fingerprint
 * shares and the parts about DNS of *evidence, and own_country when that is not COUNTRY_ZZ;
 * *sources: distinct sources. addresses: monitored (IPv4 addresses and /64s); 0 = unknown, and then
 * breadth is. At most WINDOW_SAMPLES seen.
 */
void figures_fill(struct figures *figures, const struct seen *const *seen, size_t count,
	uint64_t addresses, country_id own, struct event_evidence *evidence, double *sources);

#endif
