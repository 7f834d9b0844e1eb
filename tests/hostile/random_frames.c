/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random frames: mostly sound, so that the parser goes deep, then spoiled in a few places. */
#include "tests/generator/random.h"
#include "tests/hostile/builder.h"

static unsigned int below(struct random *random, unsigned int limit)
{
	return (unsigned int)random_below(random, limit);
}

#define ONE_OF(random, list) ((list)[below(random, sizeof(list) / sizeof(*(list)))])

/* Small mostly, sometimes anything that the field can hold. */
static unsigned int length_field(struct random *random)
{
	switch (below(random, 8)) {
	case 0:
		return below(random, 65536);
	case 1:
		return 0;
	default:
		return below(random, 100);
	}
}

static unsigned int protocol_of(struct random *random)
{
	static const uint8_t known[] = {6, 6, 6, 17, 17, 17, 1, 58, 47, 59};

	return below(random, 20) ? ONE_OF(random, known) : below(random, 256);
}

static void fill(struct random *random, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)random_next(random);
}

/* -- IP ------------------------------------------------------------------------------------ */

static size_t random_ipv4(struct random *random, struct builder *builder, unsigned int protocol)
{
	unsigned int ihl = below(random, 6) ? 5 : below(random, 16);
	unsigned int fragment = below(random, 8) ? below(random, 8) << 13 : below(random, 65536);
	size_t at = builder->length;

	put_ipv4(builder, (uint8_t)(0x40 | ihl), 0, fragment, protocol);
	if (!below(random, 40))
		builder->bytes[at] = (uint8_t)random_next(random);
	fill(random, builder->bytes + at + 12, 8);
	fill(random, builder->bytes + at + 4, 2);
	return at;
}

static size_t random_ipv6(struct random *random, struct builder *builder, unsigned int protocol)
{
	static const uint8_t types[] = {0, 43, 44, 51, 60, 135, 139, 140};
	unsigned int depth = below(random, 3) ? 0 : below(random, 19);
	size_t at = builder->length, previous = at + 6;

	put_ipv6(builder, below(random, 60) ? 6 : below(random, 16), 0, protocol);
	fill(random, builder->bytes + at + 8, 32);
	for (unsigned int i = 0; i < depth; i++) {
		unsigned int type = ONE_OF(random, types);
		unsigned int units = type == 44 || below(random, 4) ? 0 : below(random, 4);
		size_t header = builder->length;

		put_extension(builder, type, protocol, units);
		builder->bytes[previous] = (uint8_t)type;
		previous = header;
		if (type == 44)
			set16(builder, header + 2,
				below(random, 8) ? below(random, 8) : below(random, 65536));
		else if (!below(random, 12))
			builder->bytes[header + 1] = (uint8_t)random_next(random); /* lies */
	}
	return at;
}

/* -- Layer 4 ------------------------------------------------------------------------------- */

/* What scanners leave in a SYN, so that it is met. */
static void mark(struct random *random, uint8_t *ip, uint8_t *tcp)
{
	switch (below(random, 6)) {
	case 0:
		memcpy(tcp + 4, ip + 16, 4);
		break;
	case 1:
		memcpy(ip + 4, "\324\061", 2); /* 54321 */
		break;
	case 2:
		for (int i = 0; i < 2; i++)
			ip[4 + i] = ip[18 + i] ^ tcp[2 + i] ^ tcp[6 + i];
		break;
	default:
		break;
	}
}

static void random_layer4(
	struct random *random, struct builder *builder, unsigned int protocol, size_t ip)
{
	static const uint16_t ports[] = {53, 53, 53, 0x3500, 23, 0, 65535};
	unsigned int source = below(random, 2) ? ONE_OF(random, ports) : below(random, 65536);
	size_t at = builder->length;

	if (protocol == 6) {
		put_tcp(builder, source, below(random, 65536),
			below(random, 2) ? 2 : below(random, 256));
		fill(random, builder->bytes + at + 4, 8);
		mark(random, builder->bytes + ip, builder->bytes + at);
	} else if (protocol == 17) {
		put_udp(builder, source, below(random, 65536));
		put_dns(builder, below(random, 256));
	} else if (protocol == 1 || protocol == 58) {
		put_icmp(builder, protocol == 1 ? below(random, 20) : 125 + below(random, 20));
	}
	put_zeros(builder, below(random, 24));
}

/* -- The frame ----------------------------------------------------------------------------- */

static void sound_frame(struct random *random, struct builder *builder)
{
	static const uint16_t tags[] = {0x8100, 0x88a8, 0x9100};
	static const uint16_t others[] = {0x0806, 0x8847, 0x0026, 0x8864, 0};
	unsigned int depth = below(random, 4) ? 0 : below(random, 10);
	unsigned int kind = below(random, 20), protocol = protocol_of(random);
	unsigned int type = kind < 10 ? 0x0800 : kind < 19 ? 0x86dd : ONE_OF(random, others);
	size_t ip, field;

	begin(builder, depth ? ONE_OF(random, tags) : type);
	for (unsigned int i = 1; i <= depth; i++)
		put_tag(builder, i < depth ? ONE_OF(random, tags) : type);
	if (kind < 10)
		ip = random_ipv4(random, builder, protocol);
	else
		ip = random_ipv6(random, builder, protocol);
	random_layer4(random, builder, protocol, ip);
	field = kind < 10 ? builder->length - ip : builder->length - ip - 40;
	set16(builder, ip + (kind < 10 ? 2 : 4),
		below(random, 3) ? (unsigned int)field : length_field(random));
}

static void spoil(struct random *random, struct builder *builder)
{
	unsigned int within = below(random, 2) ? 74 : (unsigned int)builder->length;
	size_t at =
		below(random, within < builder->length ? within : (unsigned int)builder->length);

	switch (below(random, 5)) {
	case 0:
		builder->bytes[at] ^= (uint8_t)(1u << below(random, 8));
		break;
	case 1:
		builder->bytes[at] = (uint8_t)random_next(random);
		break;
	case 2:
		builder->bytes[at] = below(random, 2) ? 0 : 0xff;
		break;
	case 3:
		/* A piece of itself elsewhere: headers within headers. */
		memmove(builder->bytes + at, builder->bytes + below(random, (unsigned int)at + 1),
			builder->length - at < 20 ? builder->length - at : 20);
		break;
	default:
		builder->length = at + 1;
		break;
	}
}

void hostile_random(struct hostile *hostile, uint64_t seed, uint64_t count)
{
	static struct builder builder;
	struct random random = {seed};

	for (uint64_t i = 0; i < count; i++) {
		if (below(&random, 64)) {
			sound_frame(&random, &builder);
		} else {
			begin(&builder, below(&random, 2) ? 0x0800 : 0x86dd);
			fill(&random, put_zeros(&builder, 120), 120);
			builder.length = below(&random, 135);
		}
		for (unsigned int n = below(&random, 2) ? 0 : 1 + below(&random, 4); n; n--)
			if (builder.length)
				spoil(&random, &builder);
		hostile->made++;
		hostile->visit(hostile->context, builder.bytes, builder.length);
	}
}
