/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sensor remembers, as those see it who read: reports, pushes, questions of a person. A
 * store is a struct of its own with this one in front; user/history/history_store.h makes one.
 *
 * Rows come by time, then by key: protocols in the order tcp, udp, icmp, icmp6, ports and types by
 * number, countries by their letters (ZZ last), classes in the ledger's order, prefixes IPv4 before
 * IPv6 and by address. Life comes by key alone, each port as a whole before its countries. Rows
 * whose counters are all zero are left out; a bin without any record of TABLE_COVERAGE is a gap, of
 * which nothing is known.
 *
 * Sums are exact: they are made of the coarsest pieces kept (days, hours of UTC) that lie within a
 * bin, and of minutes at its edges. A day of a zone that is whole hours from UTC takes 24 hours;
 * one of a half-hour zone takes 23 hours and 60 minutes. Where retention has dropped what an edge
 * needs, that piece is left out and the answer says where (store_answer.unkept): who shows such
 * days either moves its borders to where data are kept, or shows none.
 */
#ifndef TEITEN_MODEL_STORE_H
#define TEITEN_MODEL_STORE_H

#include "user/model/event.h"
#include "user/model/minute.h"
#include "user/model/resolver.h"
#include "user/model/source_port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_table {
	TABLE_LEDGER,
	TABLE_PORTS,
	TABLE_CELLS,
	TABLE_SPORT53,
	TABLE_PREFIXES,
	TABLE_COVERAGE,
	TABLE_EVENTS,
	TABLE_LIFE,         /* of ports, and of ports by country: no bins */
	TABLE_SOURCES,      /* distinct, of whole hours: no minutes; see store_sources_kind */
	TABLE_RESOLVERS,    /* candidates heard of between from and to: no bins; by address */
	TABLE_SOURCE_PORTS, /* bins minute, hour and day of UTC, as they were kept */
	TABLES,
};

enum store_bin {
	BIN_MINUTE,
	BIN_HOUR,
	BIN_DAY, /* of UTC */
	BIN_ALL,
	BIN_GIVEN, /* between one border of the query and the next */
	BINS,
};

/* Any country: the port as a whole. */
#define STORE_ALL_COUNTRIES 255

struct store_query {
	enum store_table table;
	enum store_bin bin; /* events and life have none */
	/* Unix seconds, [from, to); of life: when first seen; of BIN_GIVEN the borders say it. */
	int64_t from;
	int64_t to;
	uint32_t row;         /* ports, cells, life: one row only, or TT_ROW_NONE for all */
	unsigned int country; /* cells, life: one only, or STORE_ALL_COUNTRIES */
	/* BIN_GIVEN: border_count times, whole minutes from 1970 on, ascending; at least two. */
	const int64_t *borders;
	size_t border_count;
};

/* A query of everything in a table: all times, all rows. */
static inline struct store_query store_query_all(enum store_table table, enum store_bin bin)
{
	return (struct store_query){
		.table = table,
		.bin = bin,
		.to = INT64_MAX,
		.row = TT_ROW_NONE,
		.country = STORE_ALL_COUNTRIES,
	};
}

/*
 * One row; which fields count depends on the table.
 * time is the start of the bin, also where from cut it; BIN_ALL has the start of the first minute
 * with data (of the hour or day once that minute is dropped). Of life it is the first minute seen.
 */
struct store_row {
	int64_t time;
	uint32_t row;       /* ports, cells, life */
	country_id country; /* cells, sport53, prefixes; life: STORE_ALL_COUNTRIES = the port */
	unsigned int class; /* ledger: enum tt_class; sport53: enum sport53_class */
	bool is_v6;         /* prefixes */
	uint64_t network;   /* prefixes, as in struct prefix_count */
	uint64_t packets;   /* ledger, ports, cells, sport53 */
	uint64_t bytes;     /* ledger, ports */
	uint64_t syn;       /* ports */
	uint64_t sources;   /* ports: of the minute with most, 0 = unknown; sources: of the bin */
	unsigned int kind;  /* sources: enum store_sources_kind; row or country may be none, all */
	double error;       /* sources: as in struct store_sources; infinite: at least so many */
	uint64_t response;  /* prefixes */
	uint64_t other;     /* prefixes */
	double covered;     /* coverage, seconds */
	uint64_t addresses; /* coverage: mean by time where known; exposure = it x covered */
	uint64_t late;      /* coverage, and the five below */
	uint64_t misdated;
	uint64_t unattributed;
	uint64_t prefixes_unlisted;
	uint64_t nic_drops;
	uint64_t modes;                        /* coverage: bit i = enum attach_mode i */
	const struct event *event;             /* events */
	const struct source_port *source_port; /* source ports */
	const struct resolver *resolver;       /* resolvers; time is when it was first seen */
	int64_t last;                          /* life: the last minute seen */
	uint32_t active_days;                  /* life: in UTC */
};

struct store_answer {
	uint64_t rows;
	/* Data from here ... */
	int64_t unkept_from;
	/* ... to here is not kept as fine as asked, and is left out; equal when nothing is. */
	int64_t unkept_to;
	/*
	 * Sources: those of some packets of the interval are not known. A bin that has such packets
	 * is a lower bound, or has no row when it has no others.
	 */
	bool lacks_sources;
};

struct port_life {
	int64_t first_seen;   /* start of the first minute */
	int64_t last_seen;    /* start of the last minute */
	uint32_t active_days; /* days, in UTC, with at least one minute */
};

/* Whose distinct source addresses. */
enum store_sources_kind {
	SOURCES_TOTAL,
	SOURCES_PORT,    /* of a port row */
	SOURCES_COUNTRY, /* of a country, all ports */
	SOURCES_SPORT53, /* that sent from port 53; from a country, or STORE_ALL_COUNTRIES */
};

struct store_sources_query {
	enum store_sources_kind kind;
	int64_t from; /* whole hours of UTC, [from, to); of a half-hour zone the nearest */
	int64_t to;
	uint32_t row;
	unsigned int country;
};

struct store_sources {
	double estimate; /* distinct addresses in all of the interval */
	/* Standard error as a share of it: 0.03 = 3 %; infinite when it is but a lower bound. */
	double error;
};

/* Of a fleet: at how many of its sensors something happened. */
struct store_sensors {
	size_t watching;  /* had covered time */
	size_t seen;      /* had a packet of the series */
	size_t risen;     /* had clearly more than before */
	double top_share; /* of the packets, of the sensor with most; NaN without packets */
	char top[64];     /* its name */
	bool one_only;    /* it rose at one alone, while others were watching */
};

struct store {
	/*
	 * Answer a query, row by row. A visit that returns other than 0 ends it, and that is
	 * returned. 0 or a negative errno: -EINVAL for an enumeration, row or border out of range.
	 * Damaged records are left out and counted.
	 */
	int (*rows)(struct store *store, const struct store_query *query,
		int (*visit)(void *context, const struct store_row *row), void *context,
		struct store_answer *answer);
	/*
	 * Life of a port row, or of its cell of a country (STORE_ALL_COUNTRIES: the row).
	 * -ENOENT when it was never seen.
	 */
	int (*port_life)(
		struct store *store, uint32_t row, unsigned int country, struct port_life *life);
	/* Distinct sources. -ENODATA when that is not known, for all of the interval or a part. */
	int (*sources)(struct store *store, const struct store_sources_query *query,
		struct store_sources *sources);
	/*
	 * A series over [from, to), across sensors. NULL where there is one sensor. -ENODATA for a
	 * series of which that is not known.
	 */
	int (*sensors)(struct store *store, series_key key, int64_t from, int64_t to,
		struct store_sensors *sensors);
	/*
	 * All answers from hold to release come from one state, whatever is written meanwhile.
	 * Does not nest. A store that is held is released before it is closed.
	 */
	int (*hold)(struct store *store);
	void (*release)(struct store *store);
	/* Why the last call failed: a sentence without a full stop, the store's. */
	const char *(*message)(const struct store *store);
	/* Damaged records left out of the answers since the store was opened. */
	uint64_t (*damaged)(const struct store *store);
};

#endif
