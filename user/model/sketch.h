/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distinct sources of a row: HyperLogLog with TT_SKETCH_REGISTERS registers of four bits, as the
 * program fills them (bpf/count.h). An estimate: standard error 1.04 / sqrt(64) = 13 %; it
 * saturates near 2^21.
 */
#ifndef TEITEN_MODEL_SKETCH_H
#define TEITEN_MODEL_SKETCH_H

#include "bpf/contract.h"

#include <stdint.h>

struct sketch {
	uint8_t value[TT_SKETCH_REGISTERS];
};

void sketch_clear(struct sketch *sketch);

/* Union with the half of a row's sketch: register by register the larger value. */
void sketch_merge(struct sketch *sketch, const uint8_t half[TT_SKETCH_BYTES]);

/* Add one source: its register (< TT_SKETCH_REGISTERS) and value. */
void sketch_add(struct sketch *sketch, uint8_t index, uint8_t value);

/*
 * Distinct sources, at least 1 and at most packets (0 when packets is 0). Flajolet et al.,
 * "HyperLogLog", 2007, figure 3: alpha_64 m^2 / sum 2^-value, linear counting below 2.5 m.
 */
uint32_t sketch_estimate(const struct sketch *sketch, uint64_t packets);

#endif
