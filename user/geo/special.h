/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Special-purpose addresses: COUNTRY_XX, whatever a file says of them.
 *
 * Source: IANA's IPv4 and IPv6 Special-Purpose Address Registries, the entries that are not
 * globally reachable; IANA's multicast address spaces; 240.0.0.0/4 (RFC 1112).
 *
 * Decided here, where the registries say "N/A" or are finer than this program:
 *  - 192.0.0.0/24 whole, though 192.0.0.9 and 192.0.0.10 are reachable anycast services;
 *  - 192.88.99.0/24 (6to4 relays, deprecated), 2002::/16 (6to4) and 2001::/32 (Teredo): their
 *    prefix is allocated to nobody, the IPv4 address within may be forged;
 *  - ::/64 whole, which has ::, ::1, ::ffff:0:0/96 (mapped) and the old ::/96;
 *  - 2001:1::/64 whole, though 2001:1::1 to ::3 are reachable anycast services;
 *  - not special, because reachable: 192.31.196.0/24, 192.52.193.0/24, 192.175.48.0/24,
 *    64:ff9b::/96, 2001:3::/32, 2001:4:112::/48, 2001:20::/28, 2001:30::/28, 2620:4f:8000::/48.
 */
#ifndef TEITEN_GEO_SPECIAL_H
#define TEITEN_GEO_SPECIAL_H

#include "user/geo/steps.h"

/* COUNTRY_XX where special, GEO_SILENT elsewhere; *steps is empty before. 0 or -ENOMEM. */
int geo_special_steps4(struct geo_steps *steps);
int geo_special_steps6(struct geo_steps *steps);

#endif
