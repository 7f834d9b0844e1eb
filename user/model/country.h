/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Countries and regions: a number for each code of ISO 3166-1 and for the registries' pseudo-codes.
 *
 *   0          ZZ  unknown: no data, reserved, not a country (A1, A2, ??)
 *   1          XX  special-purpose address (IANA registries, multicast, 240/4)
 *   2 .. 222   ISO 3166-1 codes, AP, EU and XK, in alphabetical order
 *   223        XO  the smallest countries together, as the kernel's rows count them
 *   224 .. 254 the countries within XO, which user space knows where it sees addresses
 *
 * The numbers are stored in databases and in the kernel's counters: they never change.
 */
#ifndef TEITEN_MODEL_COUNTRY_H
#define TEITEN_MODEL_COUNTRY_H

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t country_id;

enum {
	COUNTRY_ZZ = 0,
	COUNTRY_XX = 1,
	COUNTRY_XO = 223,
	COUNTRY_COUNT = 255,
};

/* The two letters of an id, NUL-terminated, static; "ZZ" for an id out of range. */
const char *country_code(country_id id);

/*
 * The id of a two-letter code, upper or lower case (length 2, no NUL needed). Returns false and
 * leaves *id alone when the code is not in the table (ZZ, XX and XO are in it).
 */
bool country_find(const char code[2], country_id *id);

/* The cell of a country in the kernel's rows: itself, or COUNTRY_XO. */
static inline country_id country_cell(country_id id)
{
	return id < COUNTRY_XO ? id : COUNTRY_XO;
}

#endif
