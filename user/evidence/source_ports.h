/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets by source port, minute by minute, hours and days from them: UDP ports of servers that
 * reflect (53, 123, 389, 1900, 11211), and TCP answers by port.
 *
 * Bounded: SOURCE_PORTS_TCP ports of TCP at a time in each span; a new one takes the place of the
 * one with the fewest packets, which is counted. Distinct sources: a HyperLogLog of 1,024 registers
 * (standard error 3.3 %), corrected for what no sample touched (evidence/figures.h).
 */
#ifndef TEITEN_EVIDENCE_SOURCE_PORTS_H
#define TEITEN_EVIDENCE_SOURCE_PORTS_H

#include "user/evidence/window.h"
#include "user/model/source_port.h"

#define SOURCE_PORTS_TCP 64u
/* Of TCP those with fewer samples are not told. */
#define SOURCE_PORTS_TCP_SAMPLES 10u
/* Rows that wait to be stored; the oldest give way and are counted. */
#define SOURCE_PORTS_WAITING 1024u

struct source_ports;

/* own: COUNTRY_ZZ = not configured. NULL when memory runs out. */
struct source_ports *source_ports_new(country_id own);
void source_ports_free(struct source_ports *ports);

void source_ports_add(struct source_ports *ports, const struct seen *seen);

/* The minute that begins at start has ended: what is told of it, and of spans that ended before. */
void source_ports_minute(struct source_ports *ports, int64_t start);
/* Tell the hour and the day that are under way. */
void source_ports_finish(struct source_ports *ports);

/* Rows to store, and that they are. */
const struct source_port *source_ports_rows(const struct source_ports *ports, size_t *count);
void source_ports_clear(struct source_ports *ports);

/* Ports and rows that gave way. */
uint64_t source_ports_dropped(const struct source_ports *ports);

#endif
