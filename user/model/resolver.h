/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A candidate for an open resolver: a source that sent, from UDP port 53, at least 12 bytes that
 * are a response (QR = 1, opcode 0) with recursion available (RA = 1), and not REFUSED (RCODE 5).
 */
#ifndef TEITEN_MODEL_RESOLVER_H
#define TEITEN_MODEL_RESOLVER_H

#include "user/model/country.h"

#include <stdbool.h>
#include <stdint.h>

struct resolver {
	bool is_v6;
	uint8_t address[16]; /* network order; IPv4 in the first four, the rest zero */
	country_id country;
	uint8_t rcode; /* of the last response */
	int64_t first; /* Unix seconds */
	int64_t last;
	uint64_t packets;    /* seen among the samples: not an estimate of what it sent */
	uint32_t max_length; /* bytes of the longest DNS message */
};

#endif
