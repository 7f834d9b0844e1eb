/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/state.h"

#include "user/model/port.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct detect_parameters detect_defaults(void)
{
	return (struct detect_parameters){
		.false_events_per_day = 2,
		.floor_scale = 1,
		.capacity = DETECT_DEFAULT_CAPACITY,
	};
}

static bool is_within(double value, double low, double high)
{
	return value >= low && value <= high;
}

static int allocate(struct detect *detect)
{
	int error = series_table_new(&detect->table, detect->parameters.capacity + 1);

	if (error)
		return error;
	detect->episodes = calloc(EPISODES, sizeof(*detect->episodes));
	detect->free_episodes = calloc(EPISODES, sizeof(*detect->free_episodes));
	detect->book = calloc(1, sizeof(*detect->book));
	detect->predecessors = calloc(PREDECESSORS, sizeof(*detect->predecessors));
	detect->references = calloc(MAX_REFERENCES, sizeof(*detect->references));
	detect->ratios = calloc(MAX_RATIOS, sizeof(*detect->ratios));
	detect->reached = calloc(MAX_REACHED, sizeof(*detect->reached));
	detect->reached_packets = calloc(MAX_REACHED, sizeof(*detect->reached_packets));
	detect->notices = calloc(NOTICES, sizeof(*detect->notices));
	detect->notice_order = calloc(NOTICES, sizeof(*detect->notice_order));
	return detect->episodes && detect->free_episodes && detect->book && detect->predecessors &&
			       detect->references && detect->ratios && detect->reached &&
			       detect->reached_packets && detect->notices && detect->notice_order
		       ? 0
		       : -ENOMEM;
}

int detect_new(const struct detect_parameters *parameters, struct detect **detect)
{
	static const struct series never_seen = {.episode = EPISODE_NONE, .flags = SERIES_FREEZE};
	struct detect *fresh;
	int error;

	if (!is_within(parameters->false_events_per_day, .001, 1000) ||
		!is_within(parameters->floor_scale, .01, 1000) || parameters->capacity == 0 ||
		parameters->capacity > DETECT_MAX_CAPACITY)
		return -EINVAL;
	fresh = calloc(1, sizeof(*fresh));
	if (!fresh)
		return -ENOMEM;
	fresh->parameters = *parameters;
	if (parameters->cells == 0)
		fresh->parameters.cells = parameters->capacity - parameters->capacity / 4;
	error = allocate(fresh);
	if (error) {
		detect_free(fresh);
		return error;
	}
	for (uint32_t i = 0; i < EPISODES; i++)
		fresh->free_episodes[i] = (uint16_t)(EPISODES - 1 - i);
	fresh->free_episode_count = EPISODES;
	incident_book_clear(fresh->book);
	season_table_fill(&fresh->judgement.seasons);
	fresh->clock.common.factor = 1;
	for (int hour = 0; hour < 24; hour++)
		fresh->clock.hour_factor[hour] = 1;
	fresh->clock.reference_rate = COMMON_MIN_RATE;
	fresh->clock.days.dispersion = baseline_day_prior(NULL, 0);
	fresh->clock.sweep_incident = INCIDENT_NONE;
	fresh->clock.block = BLOCK_NONE;
	series_table_add(&fresh->table, BLANK_KEY, &never_seen);
	clock_judge_day(fresh);
	*detect = fresh;
	return 0;
}

void detect_free(struct detect *detect)
{
	if (!detect)
		return;
	series_table_free(&detect->table);
	free(detect->episodes);
	free(detect->free_episodes);
	free(detect->book);
	free(detect->predecessors);
	free(detect->references);
	free(detect->ratios);
	free(detect->reached);
	free(detect->reached_packets);
	free(detect->notices);
	free(detect->notice_order);
	free(detect);
}

struct detect_health detect_health(const struct detect *detect)
{
	return (struct detect_health){
		.series = detect->table.count - 1,
		.open = EPISODES - detect->free_episode_count,
		.incidents = incident_open_count(detect->book),
		.refused_series = detect->table.refused,
		.pruned_series = detect->clock.pruned_series,
		.refused_events = detect->clock.refused_episodes,
		.lone_events = detect->book->refused,
		.ignored_minutes = detect->clock.ignored_minutes,
	};
}

/* -- A minute ------------------------------------------------------------------------------ */

static bool begin(struct detect *detect, int64_t start, double exposure)
{
	/* Minutes are 32 bits wide: until the year 10136, and none before 1970. */
	if (start < 0 || start / 60 >= UINT32_MAX ||
		(detect->clock.is_started && start / 60 <= detect->clock.minute)) {
		detect->clock.ignored_minutes++;
		return false;
	}
	clock_advance(detect, (uint32_t)(start / 60));
	clock_expose(
		detect, exposure > 0 ? fmin(exposure, DETECT_MAX_EXPOSURE) : 0 /* also when NaN */);
	return true;
}

static uint32_t add_series(struct detect *detect, series_key key)
{
	struct series_table *table = &detect->table;
	uint32_t number;

	if (series_kind(key) == SERIES_CELL && table->count > detect->parameters.cells) {
		table->refused++;
		return SERIES_NONE;
	}
	number = series_table_add(table, key, detect_series(detect, 0));
	if (number != SERIES_NONE) {
		table->series[number].first_day = (uint16_t)(detect->clock.hour / 24);
		table->series[number].flags &= (uint8_t)~SERIES_REFERENCE;
	}
	return number;
}

static void note_totals(struct detect *detect, series_key key, double packets)
{
	enum series_kind kind = series_kind(key);

	if (kind == SERIES_FANOUT || kind == SERIES_CLASS)
		return;
	detect->clock.volume.packets += packets;
	if (kind == SERIES_PORT || kind >= SERIES_KINDS)
		for (enum window window = 0; window < WINDOWS; window++)
			detect->clock.totals[window] += packets;
}

static void count(struct detect *detect, series_key key, uint64_t packets)
{
	uint32_t number = series_table_find(&detect->table, key);
	struct series *series;
	float amount = (float)packets;

	if (packets == 0 || key == BLANK_KEY)
		return;
	note_totals(detect, key, (double)packets);
	if (number == SERIES_NONE)
		number = add_series(detect, key);
	if (number == SERIES_NONE)
		return;
	series = detect_series(detect, number);
	if (series->span != detect->clock.span || series->block != detect->clock.block ||
		(series->flags & SERIES_FREEZE))
		roll_series(detect, number);
	series->sum_ten += amount;
	series->sum_hour += amount;
	series->sum_squares += amount * amount;
	series->sum_six += amount;
	series->sum_day += amount;
	series->sum_noon += amount;
	if (detect->exposure == 0 || !detect->judgement.any_armed ||
		!windows_reached(series, amount))
		return;
	/* So many at once are judged at the last minute's g. */
	if (detect->reached_count == MAX_REACHED) {
		lifecycle_judge(detect, number, packets);
		return;
	}
	detect->reached[detect->reached_count] = number;
	detect->reached_packets[detect->reached_count++] = packets;
}

static void finish(struct detect *detect, struct event_list *events)
{
	clock_judge_minute(detect);
	for (uint32_t i = 0; i < detect->reached_count; i++)
		lifecycle_judge(detect, detect->reached[i], detect->reached_packets[i]);
	detect->reached_count = 0;
	clock_finish(detect);
	if (detect->common_turn)
		tell_common_mode(detect, events, detect->common_turn > 0 ? EVENT_OPEN : EVENT_END);
	detect->common_turn = 0;
	if (detect->notice_count > 0)
		tell_notices(detect, events);
	detect->evidence = NULL;
}

/* Series that are counted so many later. */
#define SLOT_AHEAD 16
#define RECORD_AHEAD 8

static void fetch_ahead(const struct detect *detect, series_key slot, series_key record)
{
	series_table_prefetch_slot(&detect->table, slot);
	series_table_prefetch_record(&detect->table, record);
}

void detect_counts(struct detect *detect, int64_t minute_start, double exposure,
	const struct series_count *counts, size_t number, struct event_list *events)
{
	if (!begin(detect, minute_start, exposure))
		return;
	for (size_t i = 0; i < number; i++) {
		fetch_ahead(detect,
			i + SLOT_AHEAD < number ? counts[i + SLOT_AHEAD].key : BLANK_KEY,
			i + RECORD_AHEAD < number ? counts[i + RECORD_AHEAD].key : BLANK_KEY);
		count(detect, counts[i].key, counts[i].packets);
	}
	finish(detect, events);
}

static void count_sport53(struct detect *detect, const struct minute *minute)
{
	uint64_t total = 0;

	for (unsigned int c = 0; c < COUNTRY_COUNT; c++) {
		uint64_t packets = 0;

		for (unsigned int k = 0; k < SPORT53_CLASSES; k++)
			packets += minute->sport53[c][k];
		count(detect, series_make(SERIES_SPORT53_COUNTRY, 0, (country_id)c), packets);
		total += packets;
	}
	count(detect, series_make(SERIES_SPORT53, 0, 0), total);
}

static series_key cell_key(const struct minute *minute, size_t i)
{
	return i < minute->cell_count
		       ? series_make(SERIES_CELL, minute->cells[i].row, minute->cells[i].country)
		       : BLANK_KEY;
}

void detect_minute(struct detect *detect, const struct minute *minute, struct event_list *events)
{
	uint64_t ports[PORT_PROTOCOLS] = {0};

	if (!begin(detect, minute->start, minute->covered / 60))
		return;
	detect->evidence = minute;
	for (size_t i = 0; i < minute->port_count; i++) {
		ports[port_protocol(minute->ports[i].row)]++;
		count(detect, series_make(SERIES_PORT, minute->ports[i].row, 0),
			minute->ports[i].packets);
	}
	for (size_t i = 0; i < minute->cell_count; i++) {
		fetch_ahead(detect, cell_key(minute, i + SLOT_AHEAD),
			cell_key(minute, i + RECORD_AHEAD));
		count(detect, cell_key(minute, i), minute->cells[i].packets);
	}
	count_sport53(detect, minute);
	count(detect, series_make(SERIES_FANOUT, PORT_TCP, 0), ports[PORT_TCP]);
	count(detect, series_make(SERIES_FANOUT, PORT_UDP, 0), ports[PORT_UDP]);
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		count(detect, series_make(SERIES_CLASS, i, 0), minute->ledger[i].packets);
	finish(detect, events);
}
