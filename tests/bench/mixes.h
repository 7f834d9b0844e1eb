/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of the counting benchmark, seeded:
 *
 *   R  realistic: 300,000 source /24s, ports by Zipf, 2.5 % source port 53, some VLAN, IPv6, ICMP
 *   W  worst: source, destination port, TCP or UDP at random
 *   D  all from source port 53, sources at random
 */
#ifndef TEITEN_TESTS_BENCH_MIXES_H
#define TEITEN_TESTS_BENCH_MIXES_H

#include "tests/bench/feeder.h"

enum mix { MIX_R, MIX_W, MIX_D, MIXES };

void mix_fill(enum mix mix, unsigned int seed, struct feeder_stream *stream);

#endif
