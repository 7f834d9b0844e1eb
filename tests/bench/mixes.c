/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/mixes.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES 300000

struct dice {
	uint64_t state;
	uint32_t *sources; /* /24s of mix R */
	uint16_t *zipf;    /* ports of mix R, drawn by index */
};
#define ZIPF_DRAWS 65536

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t roll(struct dice *dice)
{
	uint64_t z = (dice->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static uint32_t below(struct dice *dice, uint32_t limit)
{
	return (uint32_t)((roll(dice) >> 32) * limit >> 32);
}

/* An address that a host could have: 1.0.0.0 to 223.255.255.255. */
static uint32_t random_source(struct dice *dice)
{
	return (1u << 24) + below(dice, 223u << 24);
}

/* Ports by Zipf's law with exponent 1.1 over a random order, as many draws as the table holds. */
static void draw_ports(struct dice *dice)
{
	double sum = 0, reached = 0;
	unsigned int rank = 0;
	uint16_t *order = malloc(65536 * sizeof(*order));

	for (unsigned int i = 0; i < 65536; i++) {
		unsigned int j = below(dice, i + 1);

		order[i] = order[j];
		order[j] = (uint16_t)i;
		sum += pow(i + 1, -1.1);
	}
	for (unsigned int i = 0; i < ZIPF_DRAWS; i++) {
		while (rank < 65535 && reached + pow(rank + 1, -1.1) < sum * i / ZIPF_DRAWS)
			reached += pow(++rank, -1.1);
		dice->zipf[i] = order[rank];
	}
	free(order);
}

struct writer {
	uint8_t *header;
	unsigned int at;
};

static void put8(struct writer *writer, unsigned int value)
{
	writer->header[writer->at++] = (uint8_t)value;
}

static void put16(struct writer *writer, unsigned int value)
{
	put8(writer, value >> 8);
	put8(writer, value & 0xff);
}

static void put32(struct writer *writer, uint32_t value)
{
	put16(writer, value >> 16);
	put16(writer, value & 0xffff);
}

static void put_ipv4(struct writer *writer, unsigned int protocol, uint32_t source, unsigned int id,
	unsigned int fragment)
{
	put16(writer, 0x4500);
	put16(writer, FEEDER_FRAME - writer->at + 2);
	put16(writer, id);
	put16(writer, fragment);
	put8(writer, 64);
	put8(writer, protocol);
	put16(writer, 0);
	put32(writer, source);
	put32(writer, 0xc0000200u | (id & 0xff));
}

static void put_ipv6(struct writer *writer, struct dice *dice, unsigned int protocol)
{
	put32(writer, 0x60000000);
	put16(writer, FEEDER_FRAME - writer->at - 36);
	put8(writer, protocol);
	put8(writer, 64);
	put32(writer, 0x20010000u + below(dice, 0x0fff) * 0x100u);
	put32(writer, (uint32_t)roll(dice));
	put32(writer, 0);
	put32(writer, (uint32_t)roll(dice));
	put32(writer, 0x20010db8);
	put32(writer, 0);
	put32(writer, 0);
	put32(writer, 1);
}

static void put_layer4(struct writer *writer, struct dice *dice, unsigned int protocol,
	unsigned int source_port, unsigned int port)
{
	put16(writer, source_port);
	put16(writer, port);
	if (protocol == 6) {
		put32(writer, (uint32_t)roll(dice));
		put32(writer, 0);
		put16(writer, 0x5000u | (below(dice, 8) ? 0x02 : below(dice, 2) ? 0x12 : 0x10));
		return;
	}
	put16(writer, 40);
	put16(writer, 0);
	put16(writer, 0); /* DNS id */
	put16(writer, below(dice, 10) ? 0x8180 : 0x0100);
	put32(writer, 0x00010001);
}

static void write_realistic(struct writer *writer, struct dice *dice)
{
	uint32_t source = dice->sources[below(dice, SOURCES)] << 8 | below(dice, 256);
	unsigned int kind = below(dice, 1000), protocol = kind < 720 ? 6 : kind < 960 ? 17 : 1;
	unsigned int port = dice->zipf[below(dice, ZIPF_DRAWS)];
	unsigned int source_port = 1024 + below(dice, 64512);

	if (protocol == 17 && below(dice, 1000) < 104) /* 2.5 % of all */
		source_port = 53;
	if (below(dice, 100) < 3) {
		put16(writer, 0x8100);
		put16(writer, 7);
	}
	if (protocol != 1 && below(dice, 100) < 3) {
		put16(writer, 0x86dd);
		put_ipv6(writer, dice, protocol);
	} else {
		put16(writer, 0x0800);
		put_ipv4(writer, protocol, source, below(dice, 65536),
			below(dice, 200) ? 0x4000 : 0x0010);
	}
	if (protocol == 1)
		put32(writer, below(dice, 3) ? 0x08000000 : 0x03030000);
	else
		put_layer4(writer, dice, protocol, source_port, port);
}

static void write_uniform(struct writer *writer, struct dice *dice, enum mix mix)
{
	unsigned int protocol = mix == MIX_D || below(dice, 2) ? 17 : 6;

	put16(writer, 0x0800);
	put_ipv4(writer, protocol, random_source(dice), below(dice, 65536), 0x4000);
	put_layer4(writer, dice, protocol, mix == MIX_D ? 53 : 1024 + below(dice, 64512),
		below(dice, 65536));
}

void mix_fill(enum mix mix, unsigned int seed, struct feeder_stream *stream)
{
	struct dice dice = {
		.state = seed * 1000003ULL + mix,
		.sources = malloc(SOURCES * sizeof(*dice.sources)),
		.zipf = malloc(ZIPF_DRAWS * sizeof(*dice.zipf)),
	};

	for (unsigned int i = 0; i < SOURCES; i++)
		dice.sources[i] = random_source(&dice) >> 8;
	draw_ports(&dice);
	for (unsigned int i = 0; i < FEEDER_HEADERS; i++) {
		struct writer writer = {.header = (uint8_t *)stream->header[i], .at = 12};

		memset(writer.header, 0, FEEDER_BYTES);
		memset(writer.header, 2, 12);
		if (mix == MIX_R)
			write_realistic(&writer, &dice);
		else
			write_uniform(&writer, &dice, mix);
	}
	free(dice.sources);
	free(dice.zipf);
}
