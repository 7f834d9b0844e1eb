/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a bulletin is made of: a month and the one before it, day by day in a time zone, read
 * through a store.
 *
 * Memory is bounded and known beforehand: 65 MB of address space for the ports of each day, taken
 * as it is touched, 11 MB for the countries of MONTH_ROWS chosen ports, and MONTH_EVENTS events.
 */
#ifndef TEITEN_REPORT_MONTH_H
#define TEITEN_REPORT_MONTH_H

#include "user/lib/zone.h"
#include "user/model/store.h"

/* Two months of at most 31 days. */
#define MONTH_DAYS 62
/* Ports whose countries are kept by day: findings and the rows of tables. */
#define MONTH_ROWS 96
/* Events of both months; later ones are counted in events_dropped. */
#define MONTH_EVENTS 65536
/* Networks of source port 53 that are named. */
#define MONTH_PREFIXES 10

/* How exactly days begin where the zone says; see month_read(). */
enum month_borders {
	BORDERS_EXACT,
	BORDERS_HOUR, /* moved back to the whole hour: minutes are not kept that long */
	BORDERS_UTC,  /* days of UTC: hours are not kept that long either */
};

typedef uint64_t month_series[MONTH_DAYS];

struct month_prefix {
	bool is_v6;
	uint64_t network; /* as in struct prefix_count */
	country_id country;
	uint64_t response;
	uint64_t other;
};

struct month_sources {
	double estimate; /* mean of the days where it is known; NaN when it is of none */
	double error;
	unsigned int days;
};

struct month {
	int year;
	int month;
	int year_before;
	int month_before;

	/* Days 0 .. count - 1; the month itself begins at first. */
	size_t count;
	size_t first;
	enum month_borders borders_kind;
	int64_t borders[MONTH_DAYS + 1];
	struct zone_date dates[MONTH_DAYS];
	double length[MONTH_DAYS];    /* seconds of the day */
	double covered[MONTH_DAYS];   /* seconds observed; 0 = a gap */
	double addresses[MONTH_DAYS]; /* mean; 0 = not known */
	uint64_t unattributed;        /* packets of the month without a country */
	bool unkept;                  /* a part of the time is not kept as finely as needed */

	month_series total;
	month_series ledger[TT_CLASSES];
	month_series sport53[COUNTRY_COUNT][SPORT53_CLASSES];
	month_series countries[COUNTRY_COUNT]; /* of all ports */
	month_series fanout[2];                /* different TCP, UDP ports hit */
	month_series *ports;                   /* TT_ROWS */
	uint64_t *syn;                         /* TT_ROWS, of the month only */

	/* The port that each country sent most to, in the month. */
	struct {
		uint32_t row;
		uint64_t packets;
	} main_port[COUNTRY_COUNT];

	/* Ports whose countries are kept: place of each row in cells, or MONTH_ROWS. */
	uint8_t *place; /* TT_ROWS */
	size_t row_count;
	month_series (*cells)[TT_CELLS]; /* MONTH_ROWS */

	struct month_prefix prefixes[MONTH_PREFIXES]; /* of the month, greatest first */
	size_t prefix_top;
	uint64_t prefix_count;
	uint64_t prefixes_own; /* of the own country */
	/* Each network once for each day on which it sent: how often, with how much, with 1 packet.
	 */
	uint64_t network_days;
	uint64_t network_day_packets;
	uint64_t network_day_single;

	uint64_t resolvers; /* candidates for open resolvers heard of in the month */
	uint64_t resolvers_by_country[COUNTRY_COUNT];

	struct event *events; /* of both months, by time */
	size_t event_count;
	uint64_t events_dropped;
};

/* Make room and set the calendar: zone_select() was called. 0, -EINVAL (month), -ENOMEM. */
int month_prepare(struct month *month, int year, int number);
void month_release(struct month *month);

/*
 * Read everything but the countries of ports. Days begin at the zone's midnight as far as the
 * history is kept finely enough, else as borders_kind says. own: the sensor's country, or
 * COUNTRY_ZZ. 0 or the store's error.
 */
int month_read(struct month *month, struct store *store, country_id own);

/* Choose a port whose countries month_read_cells() keeps; false when there is no room for it. */
bool month_choose_row(struct month *month, uint32_t row);
int month_read_cells(struct month *month, struct store *store);

/* -- Asking -------------------------------------------------------------------------------- */

/* a + b, at most 2^64 - 1, as the history adds. */
static inline uint64_t month_add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Packets of the days from first to end (not included). */
uint64_t month_sum(const month_series series, size_t first, size_t end);
/* Days observed, in units of a day: 27.5. */
double month_covered_days(const struct month *month, size_t first, size_t end);
/* Addresses times days; NaN when of some observed day the addresses are not known. */
double month_exposure(const struct month *month, size_t first, size_t end);
/* Whether anything was observed in the month before, and in the month. */
bool month_has_before(const struct month *month);
bool month_has_data(const struct month *month);

/* The series of a chosen row and country; NULL when the row was not chosen. */
const uint64_t *month_cell(const struct month *month, uint32_t row, country_id country);

/*
 * Mean of the distinct sources of a day, over the days from first to end (not included) that were
 * observed and on which packets, if not NULL, came.
 */
struct month_sources month_sources_of(const struct month *month, struct store *store,
	const struct store_sources_query *whose, size_t first, size_t end, const uint64_t *packets);

#endif
