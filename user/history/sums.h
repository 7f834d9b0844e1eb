/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sums of any number of minutes: what a duplicate label, an hour, a day and a query's interval
 * are made of. Adding is commutative and associative, so that the order of minutes never matters:
 * counters add (and stop at 2^64 - 1), sources keep the greatest minute, modes are a set.
 *
 * Counters live in dense arrays with bitmaps of what is there. They are reserved address space,
 * taken as it is touched:
 *
 *   ports     4 MB                    cells      304 MB
 *   IPv4 /24  270 MB + 16 MB          IPv6 /48  64 MB
 *
 * so that a year of a quiet sensor takes a few MB, and the worst case 650 MB; sums_clear() and
 * sums_give_back() give back what a large use took. IPv6 prefixes beyond SUMS_PREFIXES6 are counted
 * as unlisted; nothing else can be full.
 */
#ifndef TEITEN_HISTORY_SUMS_H
#define TEITEN_HISTORY_SUMS_H

#include "user/model/minute.h"

/* Distinct IPv6 /48s of one sum; a minute of the kernel has at most TT_PREFIXES6 of them. */
#define SUMS_PREFIXES6 (1u << 20)

#define SUMS_CELL_WORDS 4
#define SUMS_ROW_WORDS ((TT_ROWS + 63) / 64)
#define SUMS_PAGE_WORDS (TT_PREFIX_PAGES / 64)

struct coverage_sum {
	uint64_t covered;           /* nanoseconds */
	uint64_t addressed;         /* of them with a known number of addresses */
	unsigned __int128 exposure; /* sum of addresses x nanoseconds */
	uint64_t addresses;         /* the greatest */
	uint64_t late;
	uint64_t misdated;
	uint64_t unattributed;
	uint64_t prefixes_unlisted;
	uint64_t nic_drops;
	uint64_t modes; /* bit i: enum attach_mode i was in use */
};

struct port_sum {
	uint64_t packets;
	uint64_t bytes;
	uint64_t syn;
	uint64_t sources; /* of the minute that had most; 0: known of none */
};

struct prefix_sum {
	uint64_t key; /* prefix_key() */
	uint64_t response;
	uint64_t other;
	country_id country; /* of several the greatest number */
};

/* First and last minute (0..59 of its hour) in which a row or a cell was added. */
struct sum_life {
	uint8_t first;
	uint8_t last;
};

/* The cells of a row, side by side: one page or two, not three far from each other. */
struct cell_sums {
	uint64_t bits[SUMS_CELL_WORDS]; /* countries that are there */
	uint64_t packets[TT_CELLS];
	struct sum_life life[TT_CELLS];
};

struct sums {
	struct coverage_sum coverage;
	struct tally ledger[TT_CLASSES];
	uint64_t sport53[COUNTRY_COUNT][SPORT53_CLASSES];
	/* The minute, 0..59, of what is added; the caller sets it where sum_life is wanted. */
	uint8_t now;

	uint64_t row_bits[SUMS_ROW_WORDS]; /* rows in port[] */
	struct port_sum *port;
	struct sum_life *port_life;

	uint64_t cell_row_bits[SUMS_ROW_WORDS]; /* rows that have cells */
	struct cell_sums *cells;

	uint64_t page_bits[SUMS_PAGE_WORDS]; /* pages of 512 /24s that have any */
	uint64_t *prefix4_bits;
	struct prefix4_sum *prefix4;
	uint8_t *prefix4_country;

	/* Hash, open addressing. Senders choose the keys, so its two odd factors are random. */
	struct prefix_sum *prefix6;
	uint64_t factor[2];
	uint32_t *prefix6_slot; /* slots in use, in order of arrival */
	size_t prefix6_count;
};

/* IPv4 /24s in ascending order, then IPv6 /48s in ascending order. */
#define PREFIX_KEY_V6 ((uint64_t)1 << 48)
#define PREFIX_KEY_LIMIT (PREFIX_KEY_V6 << 1)

static inline uint64_t prefix_key(bool is_v6, uint64_t network)
{
	return is_v6 ? PREFIX_KEY_V6 | network : network;
}

/* Whether a key is one that prefix_key() makes from a network within its limits. */
static inline bool prefix_key_valid(uint64_t key)
{
	return key < TT_PREFIXES4 || (key >= PREFIX_KEY_V6 && key < PREFIX_KEY_LIMIT);
}

/* Reserve empty sums. 0, -ENOMEM, or -EIO without random numbers. Free with sums_release(). */
int sums_reserve(struct sums *sums);
void sums_release(struct sums *sums);
void sums_clear(struct sums *sums);

/* What they hold is not needed any more: clear them if they take much memory. */
void sums_give_back(struct sums *sums);

/* a + b, at most 2^64 - 1. */
uint64_t add_saturated(uint64_t a, uint64_t b);

/*
 * Add one item. row < TT_ROWS, country < TT_CELLS, prefix->key valid. A value of zero still makes
 * the item present.
 */
void sums_add_coverage(struct sums *sums, const struct coverage_sum *more);
void sums_add_port(struct sums *sums, uint32_t row, const struct port_sum *more);
void sums_add_cell(struct sums *sums, uint32_t row, country_id country, uint64_t packets);
void sums_add_prefix(struct sums *sums, const struct prefix_sum *more);

/* Ask for the memory of a cell that is added soon. */
static inline void sums_prefetch_cell(const struct sums *sums, uint32_t row, uint64_t country)
{
	const struct cell_sums *cells = &sums->cells[row];

	__builtin_prefetch(cells->bits, 1);
	__builtin_prefetch(&cells->packets[country], 1);
	__builtin_prefetch(&cells->life[country], 1);
}

/* Add a minute whose values history_add_minute() has found valid. */
void sums_add_minute(struct sums *sums, const struct minute *minute);

/* What a minute's coverage adds. */
struct coverage_sum coverage_of_minute(const struct minute *minute);

/* The first set bit at or above from, or size (bits) if there is none. */
size_t bits_next(const uint64_t *bits, size_t size, size_t from);

static inline bool bits_test(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* Visit prefixes in the order of their keys; stops at, and returns, what is not 0. */
int sums_each_prefix(const struct sums *sums,
	int (*visit)(void *context, const struct prefix_sum *prefix), void *context);

#endif
