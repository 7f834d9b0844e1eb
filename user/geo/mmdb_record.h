/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The country in a record of an MMDB.
 */
#ifndef TEITEN_GEO_MMDB_RECORD_H
#define TEITEN_GEO_MMDB_RECORD_H

#include "user/geo/parse.h"

#include <maxminddb.h>

/*
 * The country at country.iso_code or, failing that, at country_code of the record at *entry;
 * COUNTRY_ZZ when there is none or it is no country.
 *
 * The library finds a key by skipping every value before it and believes their sizes, so a record
 * is checked first. *values counts the values passed in all records of the file; their number is
 * bounded, because records may share their parts. Returns 0, or -EINVAL with a sentence.
 */
int geo_mmdb_country(
	const struct geo_work *work, MMDB_entry_s *entry, uint64_t *values, country_id *country);

#endif
