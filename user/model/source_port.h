/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What came from a source port in a minute, an hour or a day: answers to what we never asked. From
 * sampled packets: estimates, unless samples = packets. Shares are 0 to 1, NaN where the packets
 * cannot tell.
 */
#ifndef TEITEN_MODEL_SOURCE_PORT_H
#define TEITEN_MODEL_SOURCE_PORT_H

#include "user/model/event.h"

#include <stdbool.h>
#include <stdint.h>

enum source_port_span {
	SOURCE_PORT_MINUTE,
	SOURCE_PORT_HOUR,
	SOURCE_PORT_DAY, /* of UTC */
	SOURCE_PORT_SPANS,
};

struct source_port {
	enum source_port_span span;
	int64_t start; /* Unix seconds */
	bool is_tcp;   /* SYN+ACK and RST; otherwise UDP */
	uint16_t port;
	uint64_t samples;
	double packets;                 /* that they stand for */
	double sources;                 /* distinct */
	double own_country;             /* share of the sources; NaN: not configured */
	double response, query, short_; /* port 53: shares of the packets */
	double recursion_available;     /* port 53: shares of the responses */
	double answering;
	double noerror, servfail, nxdomain, refused;
	enum event_verdict verdict;
};

#endif
