/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a sampled frame, its DNS header included, taken apart as evidence: what is whole
 * agrees with the independent decoder (tests/hostile/). Input: a byte that cuts the frame, then the
 * frame.
 */
#define FRAME_AT 1
#include "tests/fuzz/frame_mutator.h"
#include "tests/hostile/decoder.h"
#include "user/evidence/dissect.h"

#include <stdio.h>
#include <stdlib.h>

#define require(condition) ((condition) ? (void)0 : fail(#condition))

static void fail(const char *condition)
{
	fprintf(stderr, "not so: %s\n", condition);
	abort();
}

static void check_dns(const struct decoded *decoded, const struct dissected *seen)
{
	if (decoded->class == TT_UDP53_RESPONSE)
		require(seen->has_dns && seen->dns_flags & DNS_QR);
	if (decoded->class == TT_UDP53_QUERY)
		require(seen->has_dns && !(seen->dns_flags & DNS_QR));
	if (decoded->class == TT_UDP53_SHORT || decoded->class == TT_UDP_OTHER)
		require(!seen->has_dns);
}

static void check_whole(const struct decoded *decoded, const struct dissected *seen)
{
	if (decoded->row == DECODED_TCP || decoded->row == DECODED_UDP) {
		require(seen->has_addresses && seen->has_ports);
		require(seen->is_v6 == (decoded->address_size == 16));
		require(seen->destination_port == decoded->number);
	}
	check_dns(decoded, seen);
	if (decoded->class != TT_TCP_SYN)
		return;
	require(!(seen->marks & MARK_MIRAI) == !decoded->is_mirai);
	require(!(seen->marks & MARK_ZMAP) == !decoded->is_zmap);
	require(!(seen->marks & MARK_MASSCAN) == !decoded->is_masscan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_sample sample = {0};
	struct decoded decoded;
	struct dissected seen;
	size_t length = size < FRAME_AT ? 0 : size - FRAME_AT, captured = length;

	if (size < FRAME_AT || length > UINT16_MAX)
		return 0;
	decoded = decode(data + FRAME_AT, length);
	if (captured > TT_SAMPLE_BYTES)
		captured = TT_SAMPLE_BYTES;
	if (captured > data[0])
		captured = data[0];
	memcpy(sample.bytes, data + FRAME_AT, captured);
	sample.captured = (uint16_t)captured;
	sample.length = (uint32_t)length;
	sample.class = (uint8_t)decoded.class;
	seen = dissect(&sample);
	require(!seen.has_dns || (seen.has_ports && seen.source_port == 53));
	if (captured == length)
		check_whole(&decoded, &seen);
	return 0;
}
