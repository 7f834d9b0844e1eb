/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where frames go, and the books of what went there. */
#ifndef TEITEN_GENERATOR_OUTPUT_H
#define TEITEN_GENERATOR_OUTPUT_H

#include "tests/generator/worlds.h"

#include <stdio.h>

#define BOOKS_CLASSES 18

struct book {
	uint64_t packets, bytes, syn;
};

struct books {
	struct book frames;
	struct book class[BOOKS_CLASSES];
	struct book port[PROTOCOLS][65536];
	struct book attack[WORLD_MAX_ATTACKS];
	uint64_t refused; /* dropped by the sending device, which said so: sent again */
};

/* Enter a frame that has been written or taken by the kernel; attack -1 = background. */
void books_enter(struct books *books, const struct frame *frame, int attack);

/*
 * Tab-separated, one header line: table, key, packets, bytes, syn. Tables: frames, class (name),
 * port (tcp/23), attack (as on the command line), device (refused). Zero rows are left out.
 */
void books_write(const struct books *books, const struct world *world, FILE *out);

/* A capture of [from, to), Unix seconds. 0, or a negative errno with its reason said. */
int output_pcap(
	struct world *world, struct books *books, const char *path, int64_t from, int64_t to);

/*
 * Send for so many seconds, background at rate packets a second; 0 = as fast as the device takes
 * them. SIGINT and SIGTERM end it early. As output_pcap(). Background frames only at rate 0.
 */
int output_send(struct world *world, struct books *books, const char *interface, double seconds,
	double rate);

#endif
