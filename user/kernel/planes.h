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
#include <string.h>

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

/* -- Plane 0, eight counters at a time: `count` is a multiple of eight ---------------------- */

#define PLANES_TOPS UINT64_C(0x8080808080808080)
#define PLANES_EVEN UINT64_C(0x00ff00ff00ff00ff)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a word's lowest byte comes first");

static inline uint64_t planes_word(const __u8 *low)
{
	uint64_t word;

	memcpy(&word, low, sizeof(word));
	return word;
}

/* Byte by byte, modulo 256: a + b, a - b; and the top bit of each byte where a is less than b. */
static inline uint64_t planes_word_add(uint64_t a, uint64_t b)
{
	return ((a & ~PLANES_TOPS) + (b & ~PLANES_TOPS)) ^ ((a ^ b) & PLANES_TOPS);
}

static inline uint64_t planes_word_subtract(uint64_t a, uint64_t b)
{
	return ((a | PLANES_TOPS) - (b & ~PLANES_TOPS)) ^ ((a ^ ~b) & PLANES_TOPS);
}

static inline uint64_t planes_word_less(uint64_t a, uint64_t b)
{
	return ((~a & b) | (~(a ^ b) & planes_word_subtract(a, b))) & PLANES_TOPS;
}

/* Two bytes in each of four sums; below 2^16 while no more than 128 words are added up. */
static inline uint64_t planes_word_sums(uint64_t word)
{
	return (word & PLANES_EVEN) + (word >> 8 & PLANES_EVEN);
}

static inline uint32_t planes_fold_sums(uint64_t sums)
{
	sums = (sums & UINT64_C(0x0000ffff0000ffff)) + (sums >> 16 & UINT64_C(0x0000ffff0000ffff));
	return (uint32_t)sums + (uint32_t)(sums >> 32);
}

/* What the bytes sum to. */
static inline uint32_t planes_sum_low(const __u8 *low, size_t count)
{
	uint64_t sums = 0;

	for (size_t i = 0; i < count; i += 8)
		sums += planes_word_sums(planes_word(low + i));
	return planes_fold_sums(sums);
}

/* What they gained since `was`, each modulo 256. */
static inline uint32_t planes_gained_low(const __u8 *was, const __u8 *is, size_t count)
{
	uint64_t sums = 0;

	for (size_t i = 0; i < count; i += 8)
		sums += planes_word_sums(
			planes_word_subtract(planes_word(is + i), planes_word(was + i)));
	return planes_fold_sums(sums);
}

static inline void planes_add_low(__u8 *sum, const __u8 *low, size_t count)
{
	for (size_t i = 0; i < count; i += 8) {
		uint64_t word = planes_word_add(planes_word(sum + i), planes_word(low + i));

		memcpy(sum + i, &word, sizeof(word));
	}
}

/* A bit for each of the first 64 words of `is` that is not as in `was`: without a branch. */
static inline uint64_t planes_changed_low(const __u8 *was, const __u8 *is, size_t count)
{
	uint64_t changed = 0;

	for (size_t i = 0; i < count && i < 512; i += 8)
		changed |= (uint64_t)(planes_word(was + i) != planes_word(is + i)) << i / 8;
	return changed;
}

/*
 * Eight counters: make `next`, which is as `was` is in all planes, in plane 0 that of `is`. What
 * went down has wrapped, and goes on in the planes above; whether anything did.
 */
static inline bool planes_store_word(const __u8 *was, __u8 *next, size_t size, const __u8 *is)
{
	uint64_t word = planes_word(is), wrapped = planes_word_less(word, planes_word(was));
	bool any = wrapped != 0;

	memcpy(next, &word, sizeof(word));
	for (; wrapped; wrapped &= wrapped - 1) {
		__u8 *low = next + __builtin_ctzll(wrapped) / 8;

		planes_set(low, size, planes_get(low, size) + 256);
	}
	return any;
}

/*
 * `next` is as `was` is, in all planes: make its plane 0 that of `is`. What wrapped goes on in the
 * planes above, once; whether anything did. Words that gained nothing are not written; for the
 * others a bit is set in `changed`. Which do is random: they are found first, so that no branch
 * depends on it.
 */
static inline bool planes_store_low(
	const __u8 *was, __u8 *next, size_t size, const __u8 *is, size_t count, uint64_t *changed)
{
	bool any = false;

	for (size_t first = 0; first < count; first += 512) {
		uint64_t words = planes_changed_low(was + first, is + first, count - first);

		changed[first / 512] |= words;
		for (; words; words &= words - 1) {
			size_t at = first + 8 * (size_t)__builtin_ctzll(words);

			any |= planes_store_word(was + at, next + at, size, is + at);
		}
	}
	return any;
}

/* Copy the words that are marked, 64 at most. */
static inline void planes_copy_low(const __u8 *was, __u8 *next, uint64_t changed)
{
	for (; changed; changed &= changed - 1) {
		size_t at = 8 * (size_t)__builtin_ctzll(changed);

		memcpy(next + at, was + at, 8);
	}
}

/* Add one to a counter. Whether it went on in the planes above. */
static inline bool planes_count(__u8 *low, size_t size)
{
	if (++*low != 0)
		return false;
	planes_set(low, size, planes_get(low, size) + 256);
	return true;
}

#endif
