/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hostile/frames.h"

#include "tests/hostile/builder.h"

#include <string.h>

static const unsigned int tag_types[] = {0x8100, 0x88a8, 0x9100};
static const uint8_t extension_types[] = {0, 43, 44, 51, 60, 135, 139, 140};

static void visit(struct hostile *hostile, const struct builder *builder, size_t length)
{
	unsigned int stride = hostile->stride ? hostile->stride : 1;

	if (hostile->made++ % stride == 0)
		hostile->visit(hostile->context, builder->bytes, length);
}

/* Every captured length from first to the frame's own. */
static void visit_cuts(struct hostile *hostile, const struct builder *builder, size_t first)
{
	for (size_t length = first; length <= builder->length; length++)
		visit(hostile, builder, length);
}

/* -- Tags ---------------------------------------------------------------------------------- */

static void tags_before(
	struct hostile *hostile, unsigned int depth, unsigned int kinds, unsigned int type)
{
	struct builder builder;

	begin(&builder, depth ? tag_types[kinds % 3] : type);
	for (unsigned int i = 1; i <= depth; i++)
		put_tag(&builder, i < depth ? tag_types[(kinds + i) % 3] : type);
	if (type == 0x86dd)
		put_ipv6(&builder, 6, 20, 6);
	else
		put_ipv4(&builder, 0x45, 40, 0, 6);
	put_tcp(&builder, 1, 23, 2);
	visit_cuts(hostile, &builder, 0);
}

void hostile_tags(struct hostile *hostile)
{
	static const unsigned int types[] = {0x0800, 0x86dd, 0x0806, 0x0000, 0x0026, 0x05dc, 0x0608,
		0xdd86, 0x0008, 0x0801, 0x8101, 0x88a9, 0x9200, 0x8847, 0x8864, 0xffff};
	struct builder builder;

	for (unsigned int depth = 0; depth <= 10; depth++)
		for (unsigned int kinds = 0; kinds < 3; kinds++)
			for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
				tags_before(hostile, depth, kinds, types[i]);
	for (unsigned int type = 0; type <= 0xffff; type++) {
		begin(&builder, type);
		put_ipv4(&builder, 0x45, 40, 0, 6);
		put_tcp(&builder, 1, 23, 2);
		visit(hostile, &builder, builder.length);
	}
}

/* -- IP ------------------------------------------------------------------------------------ */

static void ipv4_lengths(struct hostile *hostile, uint8_t version_ihl, unsigned int protocol)
{
	static const unsigned int more[] = {255, 256, 1500, 0x4000, 0x8000, 0xffff};
	unsigned int totals = 81 + sizeof(more) / sizeof(*more);
	struct builder builder;

	for (unsigned int i = 0; i < totals; i++) {
		begin(&builder, 0x0800);
		put_ipv4(&builder, version_ihl, i <= 80 ? i : more[i - 81], 0, protocol);
		/* What is behind the options reads as a SYN, or as a response of port 53. */
		put_tcp(&builder, 53, 23, 0x82);
		visit_cuts(hostile, &builder, 14);
	}
}

void hostile_ipv4(struct hostile *hostile)
{
	static const unsigned int protocols[] = {6, 17, 1, 58, 47};
	struct builder builder;

	for (unsigned int ihl = 0; ihl < 16; ihl++)
		for (size_t p = 0; p < sizeof(protocols) / sizeof(*protocols); p++)
			ipv4_lengths(hostile, (uint8_t)(0x40 | ihl), protocols[p]);
	for (unsigned int first = 0; first < 256; first++)
		for (unsigned int protocol = 0; protocol < 256; protocol++) {
			begin(&builder, 0x0800);
			put_ipv4(&builder, (uint8_t)first, 0, 0, protocol);
			put_tcp(&builder, 53, 23, 0x82);
			visit(hostile, &builder, builder.length);
		}
	for (unsigned int fragment = 0; fragment <= 0xffff; fragment++) {
		begin(&builder, 0x0800);
		put_ipv4(&builder, 0x45, 40, fragment, fragment % 3 ? 6 : 17);
		put_tcp(&builder, 53, 23, 0x82);
		visit(hostile, &builder, builder.length);
	}
}

void hostile_ipv6(struct hostile *hostile)
{
	static const unsigned int protocols[] = {6, 17, 1, 58, 59, 60, 44, 51};
	static const unsigned int more[] = {255, 256, 1500, 0x4000, 0x8000, 0xffff};
	struct builder builder;

	for (size_t p = 0; p < sizeof(protocols) / sizeof(*protocols); p++)
		for (unsigned int i = 0; i < 81 + sizeof(more) / sizeof(*more); i++) {
			begin(&builder, 0x86dd);
			put_ipv6(&builder, 6, i <= 80 ? i : more[i - 81], protocols[p]);
			put_tcp(&builder, 53, 23, 0x82);
			put_zeros(&builder, 24);
			visit_cuts(hostile, &builder, 14);
		}
	for (unsigned int version = 0; version < 16; version++)
		for (unsigned int protocol = 0; protocol < 256; protocol++) {
			begin(&builder, 0x86dd);
			put_ipv6(&builder, version, 0, protocol);
			put_tcp(&builder, 53, 23, 0x82);
			visit_cuts(hostile, &builder, version == 6 ? 50 : 74);
		}
}

/* -- Extension headers --------------------------------------------------------------------- */

/* depth headers, of one kind or of all in turn, their length bytes as given; then layer 4. */
static void chain(struct builder *builder, unsigned int depth, int kind, unsigned int units,
	unsigned int protocol)
{
	uint8_t types[32];

	for (unsigned int i = 0; i < depth; i++)
		types[i] = extension_types[kind < 0 ? i % 8 : (unsigned int)kind];
	types[depth] = (uint8_t)protocol;
	begin(builder, 0x86dd);
	put_ipv6(builder, 6, 0, types[0]);
	for (unsigned int i = 0; i < depth; i++)
		put_extension(builder, types[i], types[i + 1], types[i] == 44 ? 0 : units);
	put_tcp(builder, 53, 23, 0x82);
}

static void chain_cut_by_its_length(struct hostile *hostile, struct builder *builder)
{
	for (unsigned int payload = 1; payload <= builder->length - 54; payload++) {
		set16(builder, 14 + 4, payload);
		visit(hostile, builder, builder->length);
	}
}

void hostile_extensions(struct hostile *hostile)
{
	static const unsigned int protocols[] = {6, 17, 1, 58, 59};
	struct builder builder;

	for (unsigned int depth = 0; depth <= 18; depth++)
		for (int kind = -1; kind < 8; kind++)
			for (unsigned int p = 0; p < 5; p++)
				for (unsigned int units = 0; units <= 2; units++) {
					chain(&builder, depth, kind, units, protocols[p]);
					visit_cuts(hostile, &builder, 50);
					chain_cut_by_its_length(hostile, &builder);
				}
	/* Every length byte, true and lying: the header has room for three units alone. */
	for (int kind = 0; kind < 8; kind++)
		for (unsigned int units = 0; units < 256; units++)
			for (unsigned int p = 0; p < 5; p++) {
				chain(&builder, 1, kind, units, protocols[p]);
				visit_cuts(hostile, &builder, builder.length - 24);
				chain(&builder, 3, kind, 2, protocols[p]);
				builder.bytes[14 + 40 + 1] = (uint8_t)units;
				visit(hostile, &builder, builder.length);
			}
	/* Behind the driver's first buffer. */
	for (unsigned int depth = 1; depth <= 4; depth++)
		for (unsigned int p = 0; p < 5; p++) {
			chain(&builder, depth, 4, 250, protocols[p]);
			visit_cuts(hostile, &builder, builder.length - 30);
		}
	for (unsigned int fragment = 0; fragment <= 0xffff; fragment++) {
		chain(&builder, 1, 2, 0, fragment % 3 ? 6 : 17);
		set16(&builder, 14 + 40 + 2, fragment);
		visit(hostile, &builder, builder.length);
	}
}

/* -- Layer 4 ------------------------------------------------------------------------------- */

/* An IP header of either version, its length right for size bytes behind it, or 0. */
static void begin_ip(
	struct builder *builder, unsigned int version, unsigned int protocol, unsigned int size)
{
	begin(builder, version == 4 ? 0x0800 : 0x86dd);
	if (version == 4)
		put_ipv4(builder, 0x45, size ? 20 + size : 0, 0, protocol);
	else
		put_ipv6(builder, 6, size, protocol);
}

static void tcp_flags(struct hostile *hostile, unsigned int version)
{
	struct builder builder;

	for (unsigned int flags = 0; flags < 256; flags++)
		for (unsigned int size = 0; size <= 24; size++) {
			/* Cut by the captured length, then by the packet's own. */
			begin_ip(&builder, version, 6, 0);
			put_tcp(&builder, 4000, 5000, flags);
			put_zeros(&builder, 4);
			visit(hostile, &builder, builder.length - 24 + size);
			begin_ip(&builder, version, 6, size);
			put_tcp(&builder, 4000, 5000, flags);
			put_zeros(&builder, 4);
			visit(hostile, &builder, builder.length);
		}
}

static void udp_sources(struct hostile *hostile, unsigned int version)
{
	static const unsigned int sources[] = {53, 52, 54, 0x3500, 0x3535, 0, 65535};
	struct builder builder;

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		for (unsigned int flags = 0; flags < 256; flags += i ? 0x40 : 1)
			for (unsigned int size = 0; size <= 24; size++) {
				begin_ip(&builder, version, 17, flags & 1 ? size : 0);
				put_udp(&builder, sources[i], 1900);
				put_dns(&builder, flags);
				put_zeros(&builder, 4);
				visit(hostile, &builder,
					flags & 1 ? builder.length : builder.length - 24 + size);
			}
}

static void icmp_types(struct hostile *hostile, unsigned int version)
{
	struct builder builder;

	for (unsigned int protocol = 1; protocol <= 58; protocol += 57)
		for (unsigned int type = 0; type < 256; type++)
			for (unsigned int size = 0; size <= 8; size++) {
				begin_ip(&builder, version, protocol, 0);
				put_icmp(&builder, type);
				visit(hostile, &builder, builder.length - 8 + size);
			}
}

static void ports(struct hostile *hostile, unsigned int version)
{
	struct builder builder;

	for (unsigned int port = 0; port <= 0xffff; port++) {
		begin_ip(&builder, version, 6, 20);
		put_tcp(&builder, 65535 - port, port, 2);
		visit(hostile, &builder, builder.length);
		begin_ip(&builder, version, 17, 8);
		put_udp(&builder, port, 65535 - port);
		visit(hostile, &builder, builder.length);
	}
}

void hostile_layer4(struct hostile *hostile)
{
	for (unsigned int version = 4; version <= 6; version += 2) {
		tcp_flags(hostile, version);
		udp_sources(hostile, version);
		icmp_types(hostile, version);
		ports(hostile, version);
	}
}

void hostile_combinations(struct hostile *hostile)
{
	hostile_tags(hostile);
	hostile_ipv4(hostile);
	hostile_ipv6(hostile);
	hostile_extensions(hostile);
	hostile_layer4(hostile);
}
