/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers for a person to read. What is not finite is "-": not known. Texts are NUL-terminated and
 * at most NUMBER_MAX bytes with it.
 */
#ifndef TEITEN_OUTPUT_NUMBER_H
#define TEITEN_OUTPUT_NUMBER_H

#include <stdint.h>

#define NUMBER_MAX 64

/* Every digit, in groups: 18,446,744,073,709,551,615. */
const char *number_whole(uint64_t number, char text[NUMBER_MAX]);

/*
 * At most six characters from 0 to 2^64: <0.01, 0.02, 0.3, 4.5, 99, 12,345, 123k, 1.2M, 45G, 18E. A
 * negative number has its sign in front.
 */
const char *number_short(double number, char text[NUMBER_MAX]);

/* 0.4%, 12%, 100%; "<0.1%" for what is smaller and not zero. */
const char *number_share(double share, char text[NUMBER_MAX]);

/* How many times the usual: 0.02x, 2.1x, 250x; ">999x". */
const char *number_ratio(double ratio, char text[NUMBER_MAX]);

/* 512 B, 1.5 KiB, 23 MiB, 1.2 TiB. */
const char *number_bytes(double bytes, char text[NUMBER_MAX]);

/* The largest unit: 45 s, 3 min, 2 h, 3 d, 2 y. Negative ones count as 0. */
const char *number_age(int64_t seconds, char text[NUMBER_MAX]);

/* The two largest units: 45 s, 3 min, 2 h 5 min, 3 d 4 h, 2 y 30 d. Negative ones count as 0. */
const char *number_duration(int64_t seconds, char text[NUMBER_MAX]);

#endif
