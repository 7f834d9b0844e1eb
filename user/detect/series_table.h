/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of every series, found by key.
 *
 *   index[hash]  ->  series[0 .. count - 1]      records in one array, no holes
 *
 * The index is an open-addressing hash table, 1.25 slots a record. All space is taken once; nothing
 * is allocated later. When capacity records are in use a new key is refused and counted: its
 * packets are then judged only as part of its port and class.
 */
#ifndef TEITEN_DETECT_SERIES_TABLE_H
#define TEITEN_DETECT_SERIES_TABLE_H

#include "user/model/series.h"

#include <stdint.h>

/* The windows that are judged; their thresholds are frozen when they start. */
enum window {
	WINDOW_MINUTE,
	WINDOW_TEN,  /* 10 minutes */
	WINDOW_HOUR, /* clock hour */
	WINDOW_SIX,  /* from 00, 06, 12, 18 UTC */
	WINDOW_DAY,  /* from midnight UTC */
	WINDOW_NOON, /* a day from noon UTC */
	WINDOWS,
};

#define SEASON_TERMS 4
#define GROWTH_DELAY_DAYS 7
#define EPISODE_NONE UINT16_MAX

/*
 * What is known of one series. Letters in brackets are the symbols of docs/design-detect.md.
 * uint16_t that are not noted otherwise hold a packed number (user/detect/packed.h).
 */
struct series {
	/* What every count touches, together. */
	series_key key;
	uint32_t span; /* number of the hour that sum_ten, sum_hour and sum_squares belong to */
	float sum_ten; /* packets of the running windows, less the excess already told */
	float sum_hour;
	float sum_squares; /* of the minutes of the hour */
	float sum_six;
	float sum_day;
	float sum_noon;
	uint16_t threshold[WINDOWS]; /* no test below these counts */
	uint8_t block; /* number of the ten minutes within the hour that sum_ten belongs to */
	uint8_t flags;
	uint8_t backoff;        /* in thirds of a doubling [rc] */
	uint8_t bursts;         /* one-minute bursts suppressed this hour */
	uint16_t episode;       /* its open event, or EPISODE_NONE */
	uint16_t burst;         /* remembered excess of one-minute bursts [bmx] */
	uint16_t burst_pending; /* largest of this hour */
	uint16_t peak;          /* remembered excess of the last events */

	float packets;                /* hour baseline: decayed packets [a] */
	float exposed;                /* and decayed exposed hours, season-weighted [b] */
	float minute_excess;          /* decayed variance above Poisson: within hours [v1], */
	float hour_excess;            /* between hours [vh] */
	float weight;                 /* their weight [q] */
	float information;            /* weight of the season [I] */
	int16_t season[SEASON_TERMS]; /* [c], in units of 2^-14 */
	float day_packets;            /* day baseline [ad] */
	float day_exposed;            /* [bd] */
	float day_excess;             /* [vd] */
	float day_weight;             /* [qd] */

	float expected_six;       /* frozen expectation of the 6-hour window */
	float expected_noon;      /* and, a day exposed, of the window from noon */
	uint16_t six_dispersion;  /* 1/r of the 6-hour window */
	uint16_t noon_dispersion; /* 1/r of the window from noon */
	uint16_t day_dispersion;  /* [kd], fixed at midnight */

	uint16_t growth_dispersion;       /* kd from before the growth that is suspected */
	float growth_mean;                /* decayed daily packets, 7 days late */
	float growth_score;               /* [S] */
	uint16_t week[GROWTH_DELAY_DAYS]; /* the last days' packets, newest first */
	uint16_t growth_day;              /* low 16 bits of a day of the epoch, if SERIES_GREW */

	uint32_t days_above;    /* one bit a covered day, newest lowest: the floor was reached */
	uint16_t blocked_until; /* low 16 bits of an hour of the epoch, if SERIES_BLOCKED */
	uint16_t first_day;     /* low 16 bits of the day of the epoch first seen */
};
_Static_assert(sizeof(struct series) == 152, "at most 160 bytes a series with its index slots");

enum {
	SERIES_BLOCKED = 1,
	SERIES_GREW = 2,
	SERIES_REFERENCE = 4, /* one of those whose median is the common factor */
	/* Windows that started since the thresholds were frozen. */
	SERIES_FREEZE_HOUR = 16, /* the hour's, its minutes' and ten minutes' */
	SERIES_FREEZE_SIX = 32,
	SERIES_FREEZE_DAY = 64,
	SERIES_FREEZE_NOON = 128,
	SERIES_FREEZE = 240,
};

struct series_table {
	struct series *series;
	uint32_t count;
	uint32_t capacity;
	uint32_t *index; /* 8 bits of the key's hash, 24 of record number + 1; 0 = free */
	uint32_t index_size;
	uint64_t refused; /* new keys that found the table full */
};

/* Bytes that a record costs beside itself: its share of the index. */
#define SERIES_INDEX_BYTES 5

#define SERIES_NONE UINT32_MAX

/* Take space for capacity records (1 .. 2^24 - 2). Returns 0, -EINVAL or -ENOMEM. */
int series_table_new(struct series_table *table, uint32_t capacity);
void series_table_free(struct series_table *table);

/* The record number of a key, or SERIES_NONE. */
uint32_t series_table_find(const struct series_table *table, series_key key);

/*
 * Have a key's index slot, and later its record, on the way from memory when they are needed: a
 * lookup is two cache misses otherwise, and there are 200,000 a minute.
 */
void series_table_prefetch_slot(const struct series_table *table, series_key key);
void series_table_prefetch_record(const struct series_table *table, series_key key);

/*
 * Append a copy of blank for a key that is not in the table. Returns its number, or SERIES_NONE
 * when the table is full (and counts it).
 */
uint32_t series_table_add(struct series_table *table, series_key key, const struct series *blank);

/*
 * Remove the records for which drop() is true and close the gaps; numbers of the others may change:
 * moved() is called for each that did. Returns how many were removed.
 */
uint32_t series_table_prune(struct series_table *table,
	int (*drop)(const struct series *series, void *context),
	void (*moved)(const struct series *series, uint32_t number, void *context), void *context);

/* Build the index anew from series[0 .. count - 1]. Returns 0, or -EEXIST for a key twice. */
int series_table_rebuild(struct series_table *table);

#endif
