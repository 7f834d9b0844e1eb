/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A counter in planes (bpf/contract.h): `low` is its byte in plane 0, `size` the bytes of a plane.
 * For tables that nobody else writes meanwhile; who reads a CPU's must prove what was read.
 */
#ifndef TEITEN_KERNEL_PLANES_H
#define TEITEN_KERNEL_PLANES_H

#include "bpf/contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint32_t planes_get(const __u8 *low, size_t size)
{
	return low[0] | (uint32_t)low[size] << 8 | (uint32_t)low[2 * size] << 16 |
	       (uint32_t)low[3 * size] << 24;
}

static inline void planes_set(__u8 *low, size_t size, uint32_t value)
{
	for (unsigned int plane = 0; plane < TT_PLANES; plane++)
		low[plane * size] = (__u8)(value >> 8 * plane);
}

/* Counters side by side: `count` of them; get returns their sum, modulo 2^32. */
static inline uint32_t planes_get_all(const __u8 *low, size_t size, __u32 *values, size_t count)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		values[i] = planes_get(low + i, size);
		sum += values[i];
	}
	return sum;
}

static inline void planes_set_all(__u8 *low, size_t size, const __u32 *values, size_t count)
{
	for (unsigned int plane = 0; plane < TT_PLANES; plane++)
		for (size_t i = 0; i < count; i++)
			low[plane * size + i] = (__u8)(values[i] >> 8 * plane);
}

/*
 * Plane 0 of `next` is new, its other planes are those of `was`: what wrapped goes on in them,
 * once. Whether anything did.
 */
static inline bool planes_carry(const __u8 *was, __u8 *next, size_t size, size_t count)
{
	unsigned int wrapped = 0;

	for (size_t i = 0; i < count; i++)
		wrapped += next[i] < was[i];
	for (size_t i = 0; wrapped && i < count; i++)
		if (next[i] < was[i])
			planes_set(&next[i], size, planes_get(&next[i], size) + 256);
	return wrapped > 0;
}

#endif
