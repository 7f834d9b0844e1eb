/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile frames by the million: every combination of the header bits and lengths that decide
 * something, each alone, and random frames: sound ones, with mutations, whose lengths lie. The same
 * every time.
 */
#ifndef TEITEN_TESTS_HOSTILE_FRAMES_H
#define TEITEN_TESTS_HOSTILE_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#define HOSTILE_FRAME_MAX 9216

/* Called with each frame; bytes is valid until it returns. */
typedef void hostile_visit(void *context, const uint8_t *bytes, size_t length);

struct hostile {
	hostile_visit *visit;
	void *context;
	/* Visit every stride-th frame of the combinations; 0 is 1: all. */
	unsigned int stride;
	/* How many were made, visited or not. */
	uint64_t made;
};

/* VLAN tags 0-10 deep, over every type behind them, at every captured length. */
void hostile_tags(struct hostile *hostile);
/* IPv4: version, IHL x total length x captured length, every fragment field, every protocol. */
void hostile_ipv4(struct hostile *hostile);
/* IPv6: version, payload length x captured length, every next header. */
void hostile_ipv6(struct hostile *hostile);
/* Extension headers: chains of 0-18 of each kind, cut everywhere; every fragment field. */
void hostile_extensions(struct hostile *hostile);
/* Layer 4: TCP flags x lengths, UDP from port 53 x lengths x DNS flags, ICMP types, every port. */
void hostile_layer4(struct hostile *hostile);

/* All of the above. */
void hostile_combinations(struct hostile *hostile);

/* count random frames; another seed makes others. stride does not matter here. */
void hostile_random(struct hostile *hostile, uint64_t seed, uint64_t count);

#endif
