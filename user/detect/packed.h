/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sixteen-bit positive numbers for the state of a series: the upper half of an IEEE float, 8 bits
 * of precision (steps of 0.4 to 0.8 %), the float's whole range. Whole numbers up to 256 are exact,
 * and the order of the codes is the order of the numbers.
 */
#ifndef TEITEN_DETECT_PACKED_H
#define TEITEN_DETECT_PACKED_H

#include <stdint.h>
#include <string.h>

/* Above every finite number. */
#define PACKED_INFINITY 0x7f80u

static inline float packed_value(uint16_t code)
{
	uint32_t bits = (uint32_t)code << 16;
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The largest code whose number is at most value; value >= 0. */
static inline uint16_t packed_below(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return (uint16_t)(bits >> 16);
}

/* The nearest code; value >= 0. */
static inline uint16_t packed_nearest(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	bits += 0x8000;
	return bits >> 16 > PACKED_INFINITY ? PACKED_INFINITY : (uint16_t)(bits >> 16);
}

/* The smallest code whose number is above value; value >= 0. */
static inline uint16_t packed_above(float value)
{
	uint16_t code = packed_below(value);

	return code >= PACKED_INFINITY ? PACKED_INFINITY : (uint16_t)(code + 1);
}

#endif
