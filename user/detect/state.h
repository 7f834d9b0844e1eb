/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a detector, shared by the files of this folder only. Everything that outlives a
 * minute is either in struct series, struct episode, struct incident or struct clock, and all four
 * are what a snapshot holds.
 */
#ifndef TEITEN_DETECT_STATE_H
#define TEITEN_DETECT_STATE_H

#include "user/detect/common_mode.h"
#include "user/detect/detect.h"
#include "user/detect/growth.h"
#include "user/detect/incident.h"
#include "user/detect/series_table.h"
#include "user/detect/windows.h"

#include <stdbool.h>
#include <stdint.h>

/* Events open at a time; one that finds no room is not opened (counted). */
#define EPISODES 16384u
/* clock.block between blocks. */
#define BLOCK_NONE 6u
/* Spans that a series may lie behind: all series are rolled every six hours. */
#define SPANS 16u
/* Busy series whose median is g; when there are more, only the busiest. */
#define MAX_REFERENCES 16384u
/* Series of a minute that are judged together, at its own g; further ones at the last minute's. */
#define MAX_REACHED 65536u
/* Series whose days are compared with each other; further ones are left out. */
#define MAX_RATIOS 65536u
/* Closed episodes that a later one can name as its predecessor; a newer one takes the place. */
#define PREDECESSORS 4096u
/* Minutes: the scale of growth. */
#define GROWTH_SCALE 10080u

/* An open event. */
struct episode {
	uint32_t series;    /* record number */
	uint32_t opened;    /* minutes of the epoch */
	uint32_t number;    /* of its id, within that minute */
	uint32_t told;      /* minute of the last open or update */
	uint32_t rose_hour; /* hour of the last renewed rise */
	uint16_t incident;
	uint16_t kind;  /* enum event_kind */
	uint8_t joined; /* windows that crossed, one bit each */
	uint8_t quiet;  /* quiet hours in a row */
	uint8_t frozen_days;
	bool is_used;
	bool is_rebased;
	bool saw_midnight; /* since a day window crossed */
	bool is_taken_up;  /* the day baseline learned its level */
	bool six_is_hot;   /* opened by a 6-hour window, and none since was calm */
	bool day_is_hot;   /* the same for a day window, and until the day baseline took it up */
	double told_excess;
	double peak_excess;
	double packets;                             /* of its hours */
	double exposed;                             /* season-weighted hours */
	double excess_six, excess_day, excess_noon; /* inside the running windows */
	double day_packets, day_exposed;
};

struct predecessor {
	series_key key;
	uint32_t minute, number; /* the incident's id; minute 0: none */
};

/* Exposure of the running windows, up to the last whole block of ten minutes. */
struct exposure {
	double block;    /* minutes, without g */
	double hour;     /* minutes, with g */
	double hour_raw; /* minutes, without g */
	double minutes;  /* minutes with any exposure in the hour */
	double six;      /* hours, with g, up to the last whole hour */
	double day;      /* days, with g, up to the last whole hour */
	double noon;
	float six_hours[6]; /* exposed hours of each hour of the window */
};

/* The sensor's usual volume: median of each day's hours, averaged over some days. */
struct volume {
	float hourly[24]; /* packets an exposed minute, of the day's hours so far */
	uint32_t hours;
	double packets; /* of this hour */
	double usual;   /* packets a minute; 0 = not known */
};

struct clock {
	bool is_started;
	bool hour_is_open;
	bool six_is_open; /* windows with an hour that was watched */
	bool day_is_open;
	bool noon_is_open;
	uint32_t first_hour;      /* of the epoch */
	uint32_t minute;          /* last one read */
	uint32_t hour;            /* that is open, or was last */
	uint32_t block;           /* ten minutes of the hour that are open; 6 = none */
	uint32_t span;            /* number of the open hour's span */
	struct day_prior days;    /* that ended, and what they taught of all series */
	uint32_t numbered;        /* minute that event numbers count in, */
	uint32_t next_number;     /* and the next one */
	struct span spans[SPANS]; /* by number modulo SPANS */
	struct exposure exposure;
	struct volume volume;
	struct common_mode common;
	float hour_factor[24]; /* g of each hour of the last day, UTC */
	float reference_rate;  /* packets an hour that make a series a reference */
	struct growth_days growth;
	double totals[WINDOWS]; /* packets of the sensor in the running windows */
	double alpha_series;    /* N of the day */
	float volume_share; /* usual packets a minute over FLOOR_VOLUME, at most 1; of the day */
	uint32_t sweep_minute, sweep_number; /* id of the sweep's own event */
	uint32_t common_minute, common_number;
	uint16_t sweep_incident; /* INCIDENT_NONE: none is told */
	uint64_t ignored_minutes;
	uint64_t refused_episodes;
	uint64_t pruned_series;
};

/* Something to tell about a series at the end of the minute. */
struct notice {
	series_key key;
	uint16_t episode;
	uint8_t phase; /* enum event_phase */
	uint8_t reason;
	uint32_t scale;
	uint32_t onset; /* minutes of the epoch */
	struct crossing crossing;
	double exposure; /* minutes */
	double common;   /* g */
	double season;
	double total; /* the sensor's packets in the window */
};
/* An episode can cross, be told again, grow and end within one minute. */
#define NOTICES (4 * EPISODES)

struct detect {
	struct detect_parameters parameters;
	struct clock clock;
	struct judgement judgement;
	struct series_table table;
	struct episode *episodes;
	uint16_t *free_episodes;
	uint32_t free_episode_count;
	struct incident_book *book;
	struct predecessor *predecessors;
	uint32_t *references;
	uint32_t reference_count;
	float *ratios;     /* scratch: MAX_REFERENCES */
	uint32_t *reached; /* series of the minute to be judged: MAX_REACHED */
	uint64_t *reached_packets;
	uint32_t reached_count;
	struct notice *notices;
	uint32_t *notice_order;
	uint32_t notice_count;
	int common_turn; /* the common factor's event opens (1) or ends (-1) this minute */
	double exposure; /* of the minute */
	const struct minute *evidence; /* of the minute; NULL for a counts stream */
};

/* Hours until events open: all, the 6-hour window, drops, the common factor; days: day windows. */
#define LEARN_HOURS 24
#define LEARN_SIX_HOURS 48
#define LEARN_DROP_HOURS 72
#define LEARN_COMMON_HOURS 72
#define LEARN_DAYS 4

/*
 * Record 0 is a series that was never seen: it is rolled like all others, and a new series starts
 * as its copy, so that it knows how long the sensor has watched without a packet of it.
 */
#define BLANK_KEY UINT32_MAX

static inline struct series *detect_series(const struct detect *detect, uint32_t number)
{
	return &detect->table.series[number];
}

/* -- One series (roll.c) ------------------------------------------------------------------- */

/* Learn the hours before the span number until. */
void roll_until(struct detect *detect, struct series *series, uint32_t until);

/* Bring a series to the open hour and block: learn the hours since, freeze its windows. */
void roll_series(struct detect *detect, uint32_t number);

/* Choose the references anew from all series. */
void roll_references(struct detect *detect);

/* g of the open block from its counts so far. */
float roll_common_factor(struct detect *detect);

/* -- Windows of six hours and more (boundary.c) -------------------------------------------- */

/* End the windows of the last hour that do not reach to hour; rolls every series when one ends. */
void boundary_end_windows(struct detect *detect, uint32_t hour);

/* -- The clock (clock.c) ------------------------------------------------------------------- */

/* Move to a minute: end blocks, hours and windows that lie before it, open its own. */
void clock_advance(struct detect *detect, uint32_t minute);

/* Its exposure, before the first count. */
void clock_expose(struct detect *detect, double exposed);

/* g of the minute and f of every window, after the counts. */
void clock_judge_minute(struct detect *detect);

/* All counts are in: end what ends with this minute, so that nobody waits for the next one. */
void clock_finish(struct detect *detect);

/* N, alpha and the floors of a new day. */
void clock_judge_day(struct detect *detect);

/* What is armed, from the clock; after loading, too. */
void clock_judge_hour(struct detect *detect);

/* -- Life of events (lifecycle.c) ---------------------------------------------------------- */

/* A series got packets this minute; its sums hold them already. */
void lifecycle_judge(struct detect *detect, uint32_t number, uint64_t packets);

/* The hour span ends for a series with an open event; learns what may be learned. */
void lifecycle_roll_hour(struct detect *detect, uint32_t number, const struct span *span);

/* A 6-hour window ends for a series with an open event. */
void lifecycle_end_six(struct detect *detect, uint32_t number, double expected, double size);

/* The day ends, exposed days long. Returns whether the day baseline may learn. */
bool lifecycle_roll_day(struct detect *detect, uint32_t number, float exposed);

/* -- Kinds that are judged when a window ends (fall_and_growth.c)
 * ------------------------------------
 */

/* A window ended below what was expected: open a drop, or end one. */
void lifecycle_drop(
	struct detect *detect, uint32_t number, enum window window, double expected, double size);

/* Growth is told: an update of an open event, else an event that ends at once. */
void lifecycle_growth(struct detect *detect, uint32_t number, const struct growth_verdict *verdict);

/* -- Telling (tell.c) ---------------------------------------------------------------------- */

/* Turn the minute's notices into events, in the order of their keys. */
void tell_notices(struct detect *detect, struct event_list *events);

/* The common factor's own event opens or ends. */
void tell_common_mode(struct detect *detect, struct event_list *events, enum event_phase phase);

#endif
