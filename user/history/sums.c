/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/sums.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

struct prefix4_sum {
	uint64_t response;
	uint64_t other;
};

#define PREFIX6_SLOTS ((size_t)SUMS_PREFIXES6 * 2)

/* Beyond these sums are large: to give pages back is cheaper than to clear them one by one. */
#define ROWS_WORTH_RETURNING 4096
#define PREFIXES_WORTH_RETURNING 65536

/* Each array, its size and whether sums_clear() may drop its pages. */
#define ARRAYS(X)                                                                                  \
	X(port, TT_ROWS * sizeof(struct port_sum))                                                 \
	X(port_life, TT_ROWS * sizeof(struct sum_life))                                            \
	X(cells, (size_t)TT_ROWS * sizeof(struct cell_sums))                                       \
	X(prefix4_bits, TT_PREFIXES4 / 8)                                                          \
	X(prefix4, TT_PREFIXES4 * sizeof(struct prefix4_sum))                                      \
	X(prefix4_country, TT_PREFIXES4)                                                           \
	X(prefix6, PREFIX6_SLOTS * sizeof(struct prefix_sum))                                      \
	X(prefix6_slot, SUMS_PREFIXES6 * sizeof(uint32_t))

static void *reserve(size_t bytes)
{
	void *space = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return space == MAP_FAILED ? NULL : space;
}

int sums_reserve(struct sums *sums)
{
	bool complete = true;

	memset(sums, 0, sizeof(*sums));
	if (getrandom(sums->factor, sizeof(sums->factor), 0) != (ssize_t)sizeof(sums->factor))
		return -EIO;
	sums->factor[0] |= 1;
	sums->factor[1] |= 1;
#define RESERVE(name, bytes)                                                                       \
	sums->name = reserve(bytes);                                                               \
	complete = complete && sums->name;
	ARRAYS(RESERVE)
#undef RESERVE
	if (complete)
		return 0;
	sums_release(sums);
	return -ENOMEM;
}

void sums_release(struct sums *sums)
{
#define RELEASE(name, bytes)                                                                       \
	if (sums->name)                                                                            \
		munmap(sums->name, bytes);
	ARRAYS(RELEASE)
#undef RELEASE
	memset(sums, 0, sizeof(*sums));
}

size_t bits_next(const uint64_t *bits, size_t size, size_t from)
{
	size_t word = from / 64;
	uint64_t rest;

	if (from >= size)
		return size;
	rest = bits[word] & ~(uint64_t)0 << from % 64;
	while (!rest) {
		if (++word * 64 >= size)
			return size;
		rest = bits[word];
	}
	from = word * 64 + (size_t)__builtin_ctzll(rest);
	return from < size ? from : size;
}

/* Set a bit; whether it was clear. */
static bool bits_set(uint64_t *bits, size_t i)
{
	uint64_t mask = (uint64_t)1 << i % 64;
	bool fresh = !(bits[i / 64] & mask);

	bits[i / 64] |= mask;
	return fresh;
}

static size_t bits_count(const uint64_t *bits, size_t words)
{
	size_t count = 0;

	for (size_t i = 0; i < words; i++)
		count += (size_t)__builtin_popcountll(bits[i]);
	return count;
}

/* Private anonymous pages read as zero again after this. */
static void return_pages(struct sums *sums)
{
#define RETURN(name, bytes) madvise(sums->name, bytes, MADV_DONTNEED);
	ARRAYS(RETURN)
#undef RETURN
}

static void clear_rows(struct sums *sums)
{
	for (size_t row = bits_next(sums->row_bits, TT_ROWS, 0); row < TT_ROWS;
		row = bits_next(sums->row_bits, TT_ROWS, row + 1))
		sums->port[row] = (struct port_sum){0};
	for (size_t row = bits_next(sums->cell_row_bits, TT_ROWS, 0); row < TT_ROWS;
		row = bits_next(sums->cell_row_bits, TT_ROWS, row + 1)) {
		memset(&sums->cells[row], 0, sizeof(sums->cells[row]));
	}
}

static void clear_prefixes(struct sums *sums)
{
	const size_t words = (1 << TT_PREFIX_PAGE_BITS) / 64;

	for (size_t page = bits_next(sums->page_bits, TT_PREFIX_PAGES, 0); page < TT_PREFIX_PAGES;
		page = bits_next(sums->page_bits, TT_PREFIX_PAGES, page + 1)) {
		memset(sums->prefix4_bits + page * words, 0, words * sizeof(uint64_t));
		memset(sums->prefix4 + (page << TT_PREFIX_PAGE_BITS), 0,
			sizeof(struct prefix4_sum) << TT_PREFIX_PAGE_BITS);
		memset(sums->prefix4_country + (page << TT_PREFIX_PAGE_BITS), 0,
			1 << TT_PREFIX_PAGE_BITS);
	}
	for (size_t i = 0; i < sums->prefix6_count; i++)
		sums->prefix6[sums->prefix6_slot[i]] = (struct prefix_sum){0};
}

static bool is_large(const struct sums *sums)
{
	return bits_count(sums->cell_row_bits, SUMS_ROW_WORDS) > ROWS_WORTH_RETURNING ||
	       bits_count(sums->page_bits, SUMS_PAGE_WORDS) > ROWS_WORTH_RETURNING ||
	       sums->prefix6_count > PREFIXES_WORTH_RETURNING;
}

void sums_clear(struct sums *sums)
{
	if (is_large(sums)) {
		return_pages(sums);
	} else {
		clear_rows(sums);
		clear_prefixes(sums);
	}
	memset(sums->row_bits, 0, sizeof(sums->row_bits));
	memset(sums->cell_row_bits, 0, sizeof(sums->cell_row_bits));
	memset(sums->page_bits, 0, sizeof(sums->page_bits));
	memset(sums->ledger, 0, sizeof(sums->ledger));
	memset(sums->sport53, 0, sizeof(sums->sport53));
	sums->coverage = (struct coverage_sum){0};
	sums->prefix6_count = 0;
	sums->now = 0;
}

void sums_give_back(struct sums *sums)
{
	if (is_large(sums))
		sums_clear(sums);
}

uint64_t add_saturated(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void sums_add_coverage(struct sums *sums, const struct coverage_sum *more)
{
	struct coverage_sum *sum = &sums->coverage;

	sum->covered = add_saturated(sum->covered, more->covered);
	sum->addressed = add_saturated(sum->addressed, more->addressed);
	if (__builtin_add_overflow(sum->exposure, more->exposure, &sum->exposure))
		sum->exposure = ~(unsigned __int128)0;
	sum->addresses = greater(sum->addresses, more->addresses);
	sum->late = add_saturated(sum->late, more->late);
	sum->misdated = add_saturated(sum->misdated, more->misdated);
	sum->unattributed = add_saturated(sum->unattributed, more->unattributed);
	sum->prefixes_unlisted = add_saturated(sum->prefixes_unlisted, more->prefixes_unlisted);
	sum->nic_drops = add_saturated(sum->nic_drops, more->nic_drops);
	sum->modes |= more->modes;
}

static void live_now(struct sum_life *life, bool fresh, uint8_t now)
{
	if (fresh) {
		*life = (struct sum_life){now, now};
		return;
	}
	life->first = now < life->first ? now : life->first;
	life->last = now > life->last ? now : life->last;
}

void sums_add_port(struct sums *sums, uint32_t row, const struct port_sum *more)
{
	struct port_sum *sum = &sums->port[row];

	live_now(&sums->port_life[row], bits_set(sums->row_bits, row), sums->now);
	sum->packets = add_saturated(sum->packets, more->packets);
	sum->bytes = add_saturated(sum->bytes, more->bytes);
	sum->syn = add_saturated(sum->syn, more->syn);
	sum->sources = greater(sum->sources, more->sources);
}

void sums_add_cell(struct sums *sums, uint32_t row, country_id country, uint64_t packets)
{
	struct cell_sums *cells = &sums->cells[row];

	bits_set(sums->cell_row_bits, row);
	live_now(&cells->life[country], bits_set(cells->bits, country), sums->now);
	cells->packets[country] = add_saturated(cells->packets[country], packets);
}

static void add_prefix4(struct sums *sums, const struct prefix_sum *more)
{
	struct prefix4_sum *sum = &sums->prefix4[more->key];
	uint8_t *country = &sums->prefix4_country[more->key];

	bits_set(sums->page_bits, more->key >> TT_PREFIX_PAGE_BITS);
	bits_set(sums->prefix4_bits, more->key);
	sum->response = add_saturated(sum->response, more->response);
	sum->other = add_saturated(sum->other, more->other);
	*country = more->country > *country ? more->country : *country;
}

/* The slot that holds the key, or the empty one where it belongs; the table is never full. */
static size_t prefix6_find(const struct sums *sums, uint64_t key)
{
	uint64_t hash = key * sums->factor[0];
	size_t slot = (size_t)(((hash ^ hash >> 32) * sums->factor[1]) >> 43);

	while (sums->prefix6[slot].key && sums->prefix6[slot].key != key)
		slot = (slot + 1) % PREFIX6_SLOTS;
	return slot;
}
_Static_assert(PREFIX6_SLOTS == (size_t)1 << (64 - 43), "the hash's bits number the slots");

void sums_add_prefix(struct sums *sums, const struct prefix_sum *more)
{
	struct prefix_sum *sum;
	size_t slot;

	if (more->key < PREFIX_KEY_V6) {
		add_prefix4(sums, more);
		return;
	}
	slot = prefix6_find(sums, more->key);
	sum = &sums->prefix6[slot];
	if (!sum->key && sums->prefix6_count == SUMS_PREFIXES6) {
		uint64_t *unlisted = &sums->coverage.prefixes_unlisted;

		*unlisted = add_saturated(*unlisted, add_saturated(more->response, more->other));
		return;
	}
	if (!sum->key)
		sums->prefix6_slot[sums->prefix6_count++] = (uint32_t)slot;
	sum->key = more->key;
	sum->response = add_saturated(sum->response, more->response);
	sum->other = add_saturated(sum->other, more->other);
	sum->country = more->country > sum->country ? more->country : sum->country;
}

struct coverage_sum coverage_of_minute(const struct minute *minute)
{
	/* Intervals come from a clock of nanoseconds: as such they add exactly. */
	uint64_t covered = (uint64_t)llround(minute->covered * 1e9);

	return (struct coverage_sum){
		.covered = covered,
		.addressed = minute->addresses ? covered : 0,
		.exposure = (unsigned __int128)minute->addresses * covered,
		.addresses = minute->addresses,
		.late = minute->late,
		.misdated = minute->misdated,
		.unattributed = minute->unattributed,
		.prefixes_unlisted = minute->prefixes_unlisted,
		.nic_drops = minute->nic_drops,
		.modes = (uint64_t)1 << minute->mode,
	};
}

static void add_tables(struct sums *sums, const struct minute *minute)
{
	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		struct tally *sum = &sums->ledger[i];

		sum->packets = add_saturated(sum->packets, minute->ledger[i].packets);
		sum->bytes = add_saturated(sum->bytes, minute->ledger[i].bytes);
	}
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++)
		for (unsigned int k = 0; k < SPORT53_CLASSES; k++)
			sums->sport53[i][k] =
				add_saturated(sums->sport53[i][k], minute->sport53[i][k]);
}

void sums_add_minute(struct sums *sums, const struct minute *minute)
{
	struct coverage_sum coverage = coverage_of_minute(minute);

	sums_add_coverage(sums, &coverage);
	add_tables(sums, minute);
	for (size_t i = 0; i < minute->port_count; i++) {
		const struct port_count *port = &minute->ports[i];

		sums_add_port(sums, port->row,
			&(struct port_sum){port->packets, port->bytes, port->syn, port->sources});
	}
	for (size_t i = 0; i < minute->cell_count; i++)
		sums_add_cell(sums, minute->cells[i].row, minute->cells[i].country,
			minute->cells[i].packets);
	for (size_t i = 0; i < minute->prefix_count; i++) {
		const struct prefix_count *prefix = &minute->prefixes[i];

		sums_add_prefix(
			sums, &(struct prefix_sum){prefix_key(prefix->is_v6, prefix->network),
				      prefix->response, prefix->other, prefix->country});
	}
}

static int by_key(const void *a, const void *b, void *context)
{
	const struct prefix_sum *prefix = context;
	uint64_t left = prefix[*(const uint32_t *)a].key, right = prefix[*(const uint32_t *)b].key;

	return left < right ? -1 : left > right;
}

int sums_each_prefix(const struct sums *sums,
	int (*visit)(void *context, const struct prefix_sum *prefix), void *context)
{
	const size_t page_size = 1 << TT_PREFIX_PAGE_BITS;
	int result = 0;

	for (size_t page = bits_next(sums->page_bits, TT_PREFIX_PAGES, 0);
		page < TT_PREFIX_PAGES && !result;
		page = bits_next(sums->page_bits, TT_PREFIX_PAGES, page + 1)) {
		size_t end = (page + 1) * page_size;

		for (size_t i = bits_next(sums->prefix4_bits, end, page * page_size);
			i < end && !result; i = bits_next(sums->prefix4_bits, end, i + 1))
			result = visit(
				context, &(struct prefix_sum){i, sums->prefix4[i].response,
						 sums->prefix4[i].other, sums->prefix4_country[i]});
	}
	/* The list of slots has no order of its own: sorting it in place changes nothing else. */
	qsort_r(sums->prefix6_slot, sums->prefix6_count, sizeof(uint32_t), by_key, sums->prefix6);
	for (size_t i = 0; i < sums->prefix6_count && !result; i++)
		result = visit(context, &sums->prefix6[sums->prefix6_slot[i]]);
	return result;
}
