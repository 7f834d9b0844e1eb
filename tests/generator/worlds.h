/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What arrives at a darknet, and how much of it: background radiation with a daily cycle and rates
 * that vary more than chance would, and attacks on top of it.
 */
#ifndef TEITEN_GENERATOR_WORLDS_H
#define TEITEN_GENERATOR_WORLDS_H

#include "tests/generator/frames.h"
#include "tests/generator/sources.h"

/* The darknet itself: 192.0.2.0/24 (RFC 5737) and 2001:db8::/64 (RFC 3849). */
#define WORLD_NETWORK 0xc0000200u
#define WORLD_NETWORK6 0x20010db800000000u

enum attack_kind { ATTACK_TELNET, ATTACK_DNS, ATTACK_PORT };

#define WORLD_MAX_ATTACKS 8

struct attack {
	enum attack_kind kind;
	char country[2]; /* of the sources; NUL bytes = any */
	uint16_t port;
	double rate; /* packets per minute */
	const char *text;
};

struct world {
	struct random random;
	const struct sources *sources;
	double rate;            /* background, packets per minute, mean of a day */
	bool is_live;           /* only frames that a device can send */
	struct plan scan;       /* the scan that goes on */
	unsigned int scan_left; /* packets that it still sends */
	struct attack attack[WORLD_MAX_ATTACKS];
	unsigned int attack_count;
};

/* telnet:CC:RATE, dns:RATE, port:PORT:RATE or port:PORT:CC:RATE. 0, or -EINVAL; text is kept. */
int world_add_attack(struct world *world, char *text);

/*
 * How many background packets a stretch of seconds starting at a time brings: negative binomial
 * (Poisson with a gamma factor), in a capture with the hour's place in the daily cycle.
 */
uint64_t world_background(struct world *world, double time, double seconds);

/* Packets of attack number i in a stretch of seconds: Poisson. */
uint64_t world_attack(struct world *world, unsigned int i, double seconds);

/* The next background packet; often one more of a scan that goes on. */
void world_plan_background(struct world *world, struct plan *plan);
void world_plan_attack(struct world *world, unsigned int i, struct plan *plan);

#endif
