/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last samples, taken apart: WINDOW_SAMPLES of them, the newest; what is older gives way and is
 * counted. 17 MB, taken as it fills.
 */
#ifndef TEITEN_EVIDENCE_WINDOW_H
#define TEITEN_EVIDENCE_WINDOW_H

#include "user/evidence/dissect.h"
#include "user/model/country.h"
#include "user/model/series.h"

#include <stddef.h>

#define WINDOW_SAMPLES 65536u

struct seen {
	int64_t time_ns; /* Unix */
	uint64_t number; /* of all samples ever added, from 0 */
	struct dissected parts;
	country_id country; /* of the source; COUNTRY_ZZ: unknown */
	struct tt_sample sample;
};

/* The packets that it stands for. */
static inline double seen_weight(const struct seen *seen)
{
	return (double)(1ULL << (seen->sample.shift & TT_SHIFT_MAX));
}

static inline bool seen_is_sport53(const struct seen *seen)
{
	return seen->sample.class >= TT_UDP53_RESPONSE && seen->sample.class <= TT_UDP53_SHORT;
}

struct window;

/* NULL when memory runs out. */
struct window *window_new(void);
void window_free(struct window *window);

/* Keep a sample; returns where it is, valid until WINDOW_SAMPLES others have come. */
const struct seen *window_add(struct window *window, const struct tt_sample *sample,
	int64_t time_ns, const struct dissected *parts, country_id country);

/* Samples ever added, and of them those that gave way. */
uint64_t window_added(const struct window *window);
uint64_t window_forgotten(const struct window *window);

/* Sample `number`, or NULL when it gave way or is yet to come. */
const struct seen *window_at(const struct window *window, uint64_t number);

/* Whether the sample belongs to the series. Those of ports hit and of sweeps: all of the protocol.
 */
bool window_matches(const struct seen *seen, series_key key);

/*
 * The samples of a series with from_ns <= time < to_ns, in any order. The list is the window's,
 * valid until the next call of any of these functions.
 */
const struct seen *const *window_select(
	struct window *window, series_key key, int64_t from_ns, int64_t to_ns, size_t *count);

#endif
