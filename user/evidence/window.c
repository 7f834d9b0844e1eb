/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/evidence/window.h"

#include "user/model/port.h"

#include <stdlib.h>

/* Where a sample of a row, or of source port 53, is. */
struct place {
	uint32_t row;
	uint32_t index;
};

/* Samples from port 53 are listed a second time, behind every row. */
#define SPORT53_ROW TT_ROWS

struct window {
	struct seen seen[WINDOW_SAMPLES]; /* sample n at n % WINDOW_SAMPLES */
	uint64_t added;
	struct place places[2 * WINDOW_SAMPLES]; /* ascending, of the samples up to `sorted` */
	size_t place_count;
	uint64_t sorted;
	const struct seen *chosen[WINDOW_SAMPLES];
};

struct window *window_new(void)
{
	return calloc(1, sizeof(struct window));
}

void window_free(struct window *window)
{
	free(window);
}

const struct seen *window_add(struct window *window, const struct tt_sample *sample,
	int64_t time_ns, const struct dissected *parts, country_id country)
{
	struct seen *seen = &window->seen[window->added % WINDOW_SAMPLES];

	seen->time_ns = time_ns;
	seen->number = window->added++;
	seen->parts = *parts;
	seen->country = country;
	seen->sample = *sample;
	if (seen->sample.captured > TT_SAMPLE_BYTES)
		seen->sample.captured = TT_SAMPLE_BYTES;
	return seen;
}

uint64_t window_added(const struct window *window)
{
	return window->added;
}

uint64_t window_forgotten(const struct window *window)
{
	return window->added > WINDOW_SAMPLES ? window->added - WINDOW_SAMPLES : 0;
}

const struct seen *window_at(const struct window *window, uint64_t number)
{
	if (number >= window->added || number < window_forgotten(window))
		return NULL;
	return &window->seen[number % WINDOW_SAMPLES];
}

/* -- Series -------------------------------------------------------------------------------- */

static bool is_row_of(uint32_t row, enum port_protocol protocol)
{
	return row < TT_ROWS && port_protocol(row) == protocol;
}

bool window_matches(const struct seen *seen, series_key key)
{
	const struct tt_sample *sample = &seen->sample;

	switch (series_kind(key)) {
	case SERIES_PORT:
		return sample->row == series_item(key);
	case SERIES_CELL:
		return sample->row == series_item(key) &&
		       country_cell(seen->country) == series_country(key);
	case SERIES_SPORT53:
		return seen_is_sport53(seen);
	case SERIES_SPORT53_COUNTRY:
		return seen_is_sport53(seen) && country_cell(seen->country) == series_country(key);
	case SERIES_FANOUT:
		return is_row_of(sample->row, (enum port_protocol)series_item(key));
	case SERIES_CLASS:
		return sample->class == series_item(key);
	case SERIES_SWEEP:
	case SERIES_COMMON_MODE:
		return sample->row < TT_ROWS;
	default:
		return false;
	}
}

static int by_row(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static void sort_places(struct window *window)
{
	size_t count = 0;

	if (window->sorted == window->added)
		return;
	for (uint64_t n = window_forgotten(window); n < window->added; n++) {
		uint32_t index = (uint32_t)(n % WINDOW_SAMPLES);
		const struct seen *seen = &window->seen[index];

		if (seen->sample.row < TT_ROWS)
			window->places[count++] = (struct place){seen->sample.row, index};
		if (seen_is_sport53(seen))
			window->places[count++] = (struct place){SPORT53_ROW, index};
	}
	qsort(window->places, count, sizeof(window->places[0]), by_row);
	window->place_count = count;
	window->sorted = window->added;
}

static size_t first_place(const struct window *window, uint32_t row)
{
	size_t low = 0, high = window->place_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (window->places[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Keep the sample when it belongs to what is asked for. */
static void choose(struct window *window, const struct seen *seen, series_key key,
	const int64_t between_ns[2], size_t *count)
{
	if (seen->time_ns >= between_ns[0] && seen->time_ns < between_ns[1] &&
		window_matches(seen, key))
		window->chosen[(*count)++] = seen;
}

const struct seen *const *window_select(
	struct window *window, series_key key, int64_t from_ns, int64_t to_ns, size_t *count)
{
	const int64_t between_ns[2] = {from_ns, to_ns};
	enum series_kind kind = series_kind(key);
	bool is_sport53 = kind == SERIES_SPORT53 || kind == SERIES_SPORT53_COUNTRY;

	*count = 0;
	if (is_sport53 || kind == SERIES_PORT || kind == SERIES_CELL) {
		uint32_t row = is_sport53 ? SPORT53_ROW : series_item(key);

		sort_places(window);
		for (size_t i = first_place(window, row);
			i < window->place_count && window->places[i].row == row; i++)
			choose(window, &window->seen[window->places[i].index], key, between_ns,
				count);
	} else {
		for (uint64_t n = window_forgotten(window); n < window->added; n++)
			choose(window, &window->seen[n % WINDOW_SAMPLES], key, between_ns, count);
	}
	return window->chosen;
}
