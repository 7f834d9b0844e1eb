/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source addresses by country: from `start,end,CC` text (addresses written out or as numbers; the
 * form of Debian's tor-geoipdb), or from a small built-in list of large networks.
 */
#ifndef TEITEN_GENERATOR_SOURCES_H
#define TEITEN_GENERATOR_SOURCES_H

#include "tests/generator/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A range of IPv4 addresses, or of IPv6 /64s (the upper 64 bits), inclusive. */
struct source_range {
	uint64_t start, end;
	uint64_t before; /* addresses of the same country in the ranges before this one */
	char country[2];
};

struct source_list {
	struct source_range *range; /* ascending by country */
	size_t count, capacity;
};

struct sources {
	struct source_list ipv4, ipv6;
};

/* The built-in list. 0 or -ENOMEM; free with sources_release(). */
int sources_builtin(struct sources *sources);

/*
 * Read count files, IPv4 and IPv6 lines in any order. 0, or a negative errno with the file and line
 * said on standard error. Free with sources_release().
 */
int sources_read(char *const paths[], size_t count, struct sources *sources);
/* Print the list as start,end,CC lines: the built-in one is country data for a demonstration. */
void sources_print(const struct sources *sources, FILE *out);
void sources_release(struct sources *sources);

/* Whether the country has IPv4 addresses. */
bool sources_have(const struct sources *sources, const char country[2]);

/*
 * An address of the country (host order), each equally likely; with IPv6 a /64, each range equally
 * likely. A country without data gets another one's address: country then names that one.
 */
uint32_t sources_pick4(const struct sources *sources, struct random *random, char country[2]);
uint64_t sources_pick6(const struct sources *sources, struct random *random);

#endif
