/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to a history: the rows of one table over an interval, summed by bins.
 *
 * Rows come by time, then by key: protocols in the order tcp, udp, icmp, icmp6, ports and types by
 * number, countries by their letters (ZZ last), classes in the ledger's order, prefixes IPv4 before
 * IPv6 and by address. Rows whose counters are all zero are left out. Life comes by key alone, each
 * port as a whole before its countries.
 *
 * Sums are exact: whole days and hours come from their rollups, the rest from minutes. What
 * retention dropped cannot be cut finer than it is kept: such a part is left out, and the answer
 * says so (history_answer.unkept).
 *
 * The memory of an answer is one struct sums (history/sums.h), whatever the interval.
 */
#ifndef TEITEN_HISTORY_QUERY_H
#define TEITEN_HISTORY_QUERY_H

#include "user/history/history.h"

enum history_table {
	TABLE_LEDGER,
	TABLE_PORTS,
	TABLE_CELLS,
	TABLE_SPORT53,
	TABLE_PREFIXES,
	TABLE_COVERAGE,
	TABLE_EVENTS,
	TABLE_LIFE,      /* of ports, and of ports by country: no bins */
	TABLE_RESOLVERS, /* always empty: candidates are not collected */
	TABLES,
};

enum history_bin { BIN_MINUTE, BIN_HOUR, BIN_DAY, BIN_ALL, BINS };

struct history_query {
	enum history_table table;
	enum history_bin bin; /* events and life have none */
	int64_t from;         /* Unix seconds, [from, to); of life: when first seen */
	int64_t to;
	uint32_t row;         /* ports, cells, life: one row only, or TT_ROW_NONE for all */
	unsigned int country; /* cells, life: one only, or HISTORY_ALL_COUNTRIES */
};

/* A query of everything in a table: all times, all rows. */
struct history_query history_query_all(enum history_table table, enum history_bin bin);

/*
 * One row; which fields count depends on the table.
 * time is the start of the bin, also where from cut it; BIN_ALL has the start of the first minute
 * with data (of the hour or day once that minute is dropped). Of life it is the first minute seen.
 */
struct history_row {
	int64_t time;
	uint32_t row;       /* ports, cells, life */
	country_id country; /* cells, sport53, prefixes; life: HISTORY_ALL_COUNTRIES = the port */
	unsigned int class; /* ledger: enum tt_class; sport53: enum sport53_class */
	bool is_v6;         /* prefixes */
	uint64_t network;   /* prefixes, as in struct prefix_count */
	uint64_t packets;   /* ledger, ports, cells, sport53 */
	uint64_t bytes;     /* ledger, ports */
	uint64_t syn;       /* ports */
	uint64_t sources;   /* ports: of the minute that had most */
	uint64_t response;  /* prefixes */
	uint64_t other;     /* prefixes */
	double covered;     /* coverage, seconds */
	uint64_t addresses; /* coverage: mean by time where known; exposure = it x covered */
	uint64_t late;      /* coverage, and the five below */
	uint64_t misdated;
	uint64_t unattributed;
	uint64_t prefixes_unlisted;
	uint64_t nic_drops;
	uint64_t modes;            /* coverage: bit i = enum attach_mode i */
	const struct event *event; /* events */
	int64_t last;              /* life: the last minute seen */
	uint32_t active_days;      /* life */
};

struct history_answer {
	uint64_t rows;
	/* Data from here ... */
	int64_t unkept_from;
	/* ... to here is not kept as fine as asked, and is left out; equal when nothing is. */
	int64_t unkept_to;
};

/*
 * Answer a query, row by row, from one consistent state of the database. A visit that returns
 * other than 0 ends it, and that is returned. Damaged blobs are left out and counted by
 * history_damaged(). -EINVAL for an enumeration or row out of range.
 */
int history_query(struct history *history, const struct history_query *query,
	int (*visit)(void *context, const struct history_row *row), void *context,
	struct history_answer *answer);

#endif
