/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/sketch.h"

#include <math.h>
#include <string.h>

void sketch_clear(struct sketch *sketch)
{
	memset(sketch, 0, sizeof(*sketch));
}

void sketch_merge(struct sketch *sketch, const uint8_t half[TT_SKETCH_BYTES])
{
	for (unsigned int i = 0; i < TT_SKETCH_REGISTERS; i++) {
		uint8_t value = half[i / 2] >> (i & 1) * 4 & 15;

		if (value > sketch->value[i])
			sketch->value[i] = value;
	}
}

void sketch_add(struct sketch *sketch, uint8_t index, uint8_t value)
{
	index %= TT_SKETCH_REGISTERS;
	if (value > sketch->value[index])
		sketch->value[index] = value;
}

uint32_t sketch_estimate(const struct sketch *sketch, uint64_t packets)
{
	const double m = TT_SKETCH_REGISTERS, alpha = 0.709;
	double sum = 0, estimate;
	unsigned int empty = 0;

	for (unsigned int i = 0; i < TT_SKETCH_REGISTERS; i++) {
		sum += ldexp(1, -sketch->value[i]);
		empty += sketch->value[i] == 0;
	}
	estimate = alpha * m * m / sum;
	if (estimate <= 2.5 * m && empty > 0)
		estimate = m * log(m / empty);
	if (estimate < 1)
		estimate = 1;
	return packets < estimate ? (uint32_t)packets : (uint32_t)lround(estimate);
}
