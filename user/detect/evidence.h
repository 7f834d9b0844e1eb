/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the minute itself says about an event's series: sources, countries, DNS. The estimate of
 * sources is the port row's, also for one of its country cells.
 */
#ifndef TEITEN_DETECT_EVIDENCE_H
#define TEITEN_DETECT_EVIDENCE_H

#include "user/model/event.h"
#include "user/model/minute.h"

/* Fill sources, packets_per_source, top_countries and dns_* of event->key; what is unknown stays.
 */
void evidence_fill(struct event *event, const struct minute *minute);

#endif
