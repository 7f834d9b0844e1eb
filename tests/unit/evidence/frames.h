/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples built byte by byte: Ethernet, IPv4, TCP or UDP. */
#ifndef TEITEN_TESTS_UNIT_EVIDENCE_FRAMES_H
#define TEITEN_TESTS_UNIT_EVIDENCE_FRAMES_H

#include "bpf/contract.h"

#include <stdint.h>
#include <string.h>

static inline void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static inline struct tt_sample sample_ip4(
	unsigned int protocol, uint32_t source, uint32_t destination, unsigned int layer4)
{
	struct tt_sample sample;

	memset(&sample, 0, sizeof(sample));
	sample.row = TT_ROW_NONE;
	sample.length = 34 + layer4;
	sample.captured =
		(uint16_t)(sample.length < TT_SAMPLE_BYTES ? sample.length : TT_SAMPLE_BYTES);
	put16(sample.bytes + 12, 0x0800);
	sample.bytes[14] = 0x45;
	put16(sample.bytes + 16, 20 + layer4);
	sample.bytes[22] = 64;
	sample.bytes[23] = (uint8_t)protocol;
	put32(sample.bytes + 26, source);
	put32(sample.bytes + 30, destination);
	return sample;
}

static inline struct tt_sample sample_syn(uint32_t source, uint32_t destination, unsigned int port,
	uint32_t sequence, unsigned int id)
{
	struct tt_sample sample = sample_ip4(6, source, destination, 20);

	sample.class = TT_TCP_SYN;
	sample.row = TT_ROW_TCP + port;
	put16(sample.bytes + 18, id);
	put16(sample.bytes + 34, 40000);
	put16(sample.bytes + 36, port);
	put32(sample.bytes + 38, sequence);
	sample.bytes[46] = 0x50;
	sample.bytes[47] = 2;
	return sample;
}

/* From port 53, with so many bytes behind the UDP header; flags as in the DNS header. */
static inline struct tt_sample sample_dns(uint32_t source, uint32_t destination, unsigned int port,
	unsigned int flags, unsigned int answers, unsigned int payload)
{
	struct tt_sample sample = sample_ip4(17, source, destination, 8 + payload);

	sample.class = payload < 12     ? TT_UDP53_SHORT
		       : flags & 0x8000 ? TT_UDP53_RESPONSE
					: TT_UDP53_QUERY;
	sample.row = TT_ROW_UDP + port;
	put16(sample.bytes + 34, 53);
	put16(sample.bytes + 36, port);
	put16(sample.bytes + 38, 8 + payload);
	if (payload >= 12) {
		put16(sample.bytes + 44, flags);
		put16(sample.bytes + 48, answers);
	}
	return sample;
}

#endif
