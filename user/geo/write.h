/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A country table as text, to keep or to carry elsewhere.
 */
#ifndef TEITEN_GEO_WRITE_H
#define TEITEN_GEO_WRITE_H

#include "user/geo/table.h"

/*
 * Write the table to path as start,end,CC lines, IPv4 before IPv6, with comments that name its
 * sources and their date. Loaded again it gives the same answers. Addresses without a country and
 * special-purpose ones are left out: the table has them anyway.
 *
 * The file appears whole or not at all: it is written beside path, synced and renamed; its mode
 * is 0644. Returns 0; or, with a sentence, -ENODATA when no address has a country, or
 * the errno of writing.
 */
int geo_write(const struct geo *geo, const char *path, struct geo_error *error);

#endif
