/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers one behind the other, field by field, whatever nonsense the fields are. */
#ifndef TEITEN_TESTS_HOSTILE_BUILDER_H
#define TEITEN_TESTS_HOSTILE_BUILDER_H

#include "tests/hostile/frames.h"

#include <string.h>

struct builder {
	size_t length;
	uint8_t bytes[HOSTILE_FRAME_MAX];
};

static inline void set16(struct builder *builder, size_t at, unsigned int value)
{
	builder->bytes[at] = (uint8_t)(value / 256);
	builder->bytes[at + 1] = (uint8_t)value;
}

/* size zeros at the end; returns where they are. What does not fit is left off. */
static inline uint8_t *put_zeros(struct builder *builder, size_t size)
{
	static uint8_t beyond[4096];
	uint8_t *at = builder->bytes + builder->length;

	if (size > HOSTILE_FRAME_MAX - builder->length)
		return beyond;
	memset(at, 0, size);
	builder->length += size;
	return at;
}

static inline void begin(struct builder *builder, unsigned int type)
{
	memcpy(builder->bytes, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	set16(builder, 12, type);
	builder->length = 14;
}

static inline void put_tag(struct builder *builder, unsigned int type)
{
	uint8_t *tag = put_zeros(builder, 4);

	tag[2] = (uint8_t)(type / 256);
	tag[3] = (uint8_t)type;
}

/* The header is as long as its IHL says, at least 20 bytes; options are 1s. */
static inline void put_ipv4(struct builder *builder, uint8_t version_ihl, unsigned int total,
	unsigned int fragment, unsigned int protocol)
{
	unsigned int size = version_ihl % 16 * 4u;
	uint8_t *ip = put_zeros(builder, size < 20 ? 20 : size);

	if (size > 20)
		memset(ip + 20, 1, size - 20);
	ip[0] = version_ihl;
	ip[2] = (uint8_t)(total / 256);
	ip[3] = (uint8_t)total;
	ip[6] = (uint8_t)(fragment / 256);
	ip[7] = (uint8_t)fragment;
	ip[8] = 64;
	ip[9] = (uint8_t)protocol;
	memcpy(ip + 12, "\306\063\144\001\300\000\002\001", 8);
}

static inline void put_ipv6(
	struct builder *builder, unsigned int version, unsigned int payload, unsigned int next)
{
	uint8_t *ip = put_zeros(builder, 40);

	ip[0] = (uint8_t)(version * 16);
	ip[4] = (uint8_t)(payload / 256);
	ip[5] = (uint8_t)payload;
	ip[6] = (uint8_t)next;
	ip[7] = 64;
	memcpy(ip + 8, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	memcpy(ip + 24, "\x20\x01\x0d\xb8\xff\xff\0\0\0\0\0\0\0\0\0\2", 16);
}

/* An extension header of type, of the size that its length byte says. */
static inline void put_extension(
	struct builder *builder, unsigned int type, unsigned int next, unsigned int units)
{
	uint8_t *header = put_zeros(builder, 8 + units * (type == 51 ? 4 : 8));

	header[0] = (uint8_t)next;
	header[1] = (uint8_t)units;
}

static inline void put_tcp(
	struct builder *builder, unsigned int source, unsigned int destination, unsigned int flags)
{
	uint8_t *tcp = put_zeros(builder, 20);

	tcp[0] = (uint8_t)(source / 256);
	tcp[1] = (uint8_t)source;
	tcp[2] = (uint8_t)(destination / 256);
	tcp[3] = (uint8_t)destination;
	tcp[10] = 0x80; /* where a DNS header has its flags */
	tcp[12] = 5 * 16;
	tcp[13] = (uint8_t)flags;
}

static inline void put_udp(struct builder *builder, unsigned int source, unsigned int destination)
{
	uint8_t *udp = put_zeros(builder, 8);

	udp[0] = (uint8_t)(source / 256);
	udp[1] = (uint8_t)source;
	udp[2] = (uint8_t)(destination / 256);
	udp[3] = (uint8_t)destination;
}

static inline void put_dns(struct builder *builder, unsigned int flags)
{
	put_zeros(builder, 12)[2] = (uint8_t)flags;
}

static inline void put_icmp(struct builder *builder, unsigned int type)
{
	put_zeros(builder, 8)[0] = (uint8_t)type;
}

#endif
