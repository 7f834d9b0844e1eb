/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of the series that the detector watches, 32 bits wide, and their text:
 *
 *   tcp/23  icmp/8     a port row              tcp/23@CN      its cell of a country
 *   udp-src53          source port 53, total   udp-src53@CN   from a country
 *   fanout/tcp         distinct ports hit      class/tcp_syn  a ledger class
 *   common_mode        the factor g            sweep          many ports at once
 */
#ifndef TEITEN_MODEL_SERIES_H
#define TEITEN_MODEL_SERIES_H

#include "user/model/country.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum series_kind {
	SERIES_PORT,            /* item = row */
	SERIES_CELL,            /* item = row, country */
	SERIES_SPORT53,         /* item = 0 */
	SERIES_SPORT53_COUNTRY, /* item = 0, country */
	SERIES_FANOUT,          /* item = PORT_TCP or PORT_UDP */
	SERIES_CLASS,           /* item = enum tt_class */
	SERIES_COMMON_MODE,
	SERIES_SWEEP,
	SERIES_KINDS,
};

/* kind << 28 | item << 8 | country: order of the number is the order of output. */
typedef uint32_t series_key;

static inline series_key series_make(enum series_kind kind, uint32_t item, country_id country)
{
	return (uint32_t)kind << 28 | item << 8 | country;
}

static inline enum series_kind series_kind(series_key key)
{
	return (enum series_kind)(key >> 28);
}

/* Of a port or its cell: a minute counts its sources, which other series have of samples alone. */
static inline bool series_has_sources(series_key key)
{
	return series_kind(key) == SERIES_PORT || series_kind(key) == SERIES_CELL;
}

static inline uint32_t series_item(series_key key)
{
	return key >> 8 & 0xfffff;
}

static inline country_id series_country(series_key key)
{
	return (country_id)(key & 0xff);
}

/* Of a cell the port, of source port 53 by country its total; itself otherwise. */
series_key series_family(series_key key);

#define SERIES_TEXT_MAX 32

/* Write the key's text, NUL-terminated. */
void series_format(series_key key, char text[SERIES_TEXT_MAX]);

/* Read a key from its text. Returns false, *key untouched, when the text is none of the above. */
bool series_parse(const char *text, series_key *key);

#endif
