/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sketches of distinct sources: HyperLogLog (Flajolet et al. 2007) with registers of four bits, two
 * in a byte, register i in the low (i even) or high nibble of byte i / 2, as the program fills them
 * (bpf/contract.h, bpf/count.h). A register holds the largest value among its sources; a value is
 * the position, from 1, of the first 1 in 14 bits of the source's hash, 15 when there is none.
 *
 * The sketch of a union is the larger value of each register, whatever the order and however often:
 * sketches of minutes join to those of hours and days.
 *
 * Registers are a power of two, at least 16; bytes are half as many.
 */
#ifndef TEITEN_MODEL_SKETCH_H
#define TEITEN_MODEL_SKETCH_H

#include "bpf/contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SKETCH_SENSOR_BYTES (TT_SOURCES_REGISTERS / 2)
#define SKETCH_COUNTRY_BYTES (TT_COUNTRY_REGISTERS / 2)

/* Of all packets, and of those from source port 53. */
struct source_sketches {
	uint8_t total[SKETCH_SENSOR_BYTES];
	uint8_t sport53[SKETCH_SENSOR_BYTES];
	uint8_t country[TT_CELLS][SKETCH_COUNTRY_BYTES];
	uint8_t sport53_country[TT_CELLS][SKETCH_COUNTRY_BYTES];
};
#define SKETCH_LANE_BYTES (TT_LANE_REGISTERS / 2)

/* A port's larger sketch. */
struct lane_sketch {
	uint32_t row;
	uint8_t sketch[SKETCH_LANE_BYTES];
};

/* Add a source: raise a register to a value. */
static inline void sketch_raise(uint8_t *sketch, uint32_t index, uint8_t value)
{
	unsigned int shift = (index & 1) * 4;
	uint8_t *byte = &sketch[index / 2];

	if ((*byte >> shift & 15) < value)
		*byte = (uint8_t)((*byte & ~(15u << shift)) | (unsigned int)value << shift);
}

static inline uint8_t sketch_value(const uint8_t *sketch, uint32_t index)
{
	return sketch[index / 2] >> (index & 1) * 4 & 15;
}

/* Union; bytes are a multiple of 8. */
void sketch_join(uint8_t *into, const uint8_t *more, size_t bytes);

/* The same of registers that have a byte each, as the program keeps them: a multiple of 16. */
void sketch_join_bytes(uint8_t *into, const uint8_t *more, size_t registers);

/*
 * Distinct sources, estimated: 0 of an empty sketch. Improved raw estimator of O. Ertl, "New
 * cardinality estimation algorithms for HyperLogLog sketches", 2017 (arXiv:1702.01284), algorithm 6
 * with q = 14: m^2 / (2 ln 2 (m sigma(C0/m) + sum 2^-k Ck + m 2^-q tau(1 - C15/m))), Ck the number
 * of registers with value k; over 1 + 1.079/m, the bias of few registers (Flajolet et al. 2007,
 * figure 3). It needs no tables and no switch between ranges, and minds registers that cannot rise
 * any more.
 *
 * Of a full sketch (every register 15) the count is unbounded; what one register less says is
 * returned, see sketch_is_full().
 */
double sketch_count(const uint8_t *sketch, unsigned int registers);

/* Nothing more can be learned from it: the count is a lower bound. */
bool sketch_is_full(const uint8_t *sketch, unsigned int registers);

/*
 * Standard error of sketch_count() as a share of the count: 1.04 / sqrt(m), and where many
 * registers stand at 15, L = count / (m 2^14) > 0.9, at least sqrt(e^L - 1) / (L sqrt(m)): what is
 * told by those that do not (linear counting, Whang et al. 1990, without its term for small loads).
 */
double sketch_error(double count, unsigned int registers);

/*
 * Sources of a port, from its row's sketch of all its packets and the larger one of a lane that it
 * may have had for a part of them only: the lane's count, and what the row's sketch counts beyond
 * the lane's, folded to its size. *error is the standard error as a share: of the lane's count L,
 * and of the row's for sqrt(n^2 - L^2), since counts of nested sets err alike where they agree.
 */
double sketch_port_count(
	const uint8_t row[TT_SKETCH_BYTES], const uint8_t lane[SKETCH_LANE_BYTES], double *error);

/* The sources of a row's packets in a minute: whole, at least 1, at most packets. */
uint32_t sketch_row_sources(const uint8_t sketch[TT_SKETCH_BYTES], uint64_t packets);

#endif
