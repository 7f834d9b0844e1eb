/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/frames.h"

#include <stdlib.h>
#include <string.h>

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86dd,
	IP_ICMP = 1,
	IP_TCP = 6,
	IP_UDP = 17,
	IP_GRE = 47,
	IP_ICMP6 = 58,
	FLAG_FIN = 0x01,
	FLAG_SYN = 0x02,
	FLAG_RST = 0x04,
	FLAG_PSH = 0x08,
	FLAG_ACK = 0x10,
	FLAG_URG = 0x20,
	IPV4_MORE_FRAGMENTS = 0x2000,
};

static void put8(struct frame *frame, unsigned int value)
{
	frame->bytes[frame->size++] = (unsigned char)value;
}

static void put16(struct frame *frame, unsigned int value)
{
	put8(frame, value >> 8);
	put8(frame, value);
}

static void put32(struct frame *frame, uint32_t value)
{
	put16(frame, value >> 16);
	put16(frame, value & 0xffff);
}

static void put64(struct frame *frame, uint64_t value)
{
	put32(frame, (uint32_t)(value >> 32));
	put32(frame, (uint32_t)value);
}

static void set16(struct frame *frame, size_t offset, unsigned int value)
{
	frame->bytes[offset] = (unsigned char)(value >> 8);
	frame->bytes[offset + 1] = (unsigned char)value;
}

static void put_random(struct frame *frame, struct random *random, unsigned int count)
{
	for (; count; count--)
		put8(frame, (unsigned int)random_next(random));
}

/* The Internet checksum (RFC 1071) of a range, on top of a partial sum. */
static unsigned int checksum(const struct frame *frame, size_t from, size_t to, uint32_t sum)
{
	for (size_t i = from; i < to; i++)
		sum += (i - from) & 1 ? frame->bytes[i] : (uint32_t)frame->bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void put_ethernet(struct frame *frame, unsigned int tags, unsigned int type)
{
	static const unsigned char addresses[12] = {0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1};

	memcpy(frame->bytes, addresses, sizeof(addresses));
	frame->size = sizeof(addresses);
	for (; tags; tags--) {
		put16(frame, TYPE_VLAN);
		put16(frame, 100 + tags);
	}
	put16(frame, type);
}

/* IPv4 or IPv6 header; returns its offset. Lengths and checksum are set by finish(). */
static size_t put_ip(struct frame *frame, const struct plan *plan, bool is_v6,
	unsigned int protocol, unsigned int id, unsigned int fragment)
{
	size_t at;

	put_ethernet(frame, plan->vlan_tags, is_v6 ? TYPE_IPV6 : TYPE_IPV4);
	at = frame->size;
	if (is_v6) {
		put32(frame, 0x60000000);
		put16(frame, 0);
		put8(frame, protocol);
		put8(frame, 55);
		put64(frame, plan->source6);
		put64(frame, plan->source6_host);
		put64(frame, plan->destination6);
		put64(frame, plan->destination6_host);
		return at;
	}
	put16(frame, 0x4500);
	put16(frame, 0);
	put16(frame, id);
	put16(frame, fragment);
	put8(frame, 55);
	put8(frame, protocol);
	put16(frame, 0);
	put32(frame, plan->source);
	put32(frame, plan->destination);
	return at;
}

/* Write the lengths and, where the transport has one at that offset, the checksums. */
static void finish(struct frame *frame, size_t ip, unsigned int protocol, size_t check)
{
	bool is_v6 = frame->bytes[ip] >> 4 == 6;
	size_t transport = ip + (is_v6 ? 40 : 20);
	unsigned int length = (unsigned int)(frame->size - transport);
	uint32_t pseudo = protocol == IP_ICMP ? 0 : protocol + length;

	if (is_v6)
		set16(frame, ip + 4, length);
	else
		set16(frame, ip + 2, length + 20);
	if (!is_v6)
		set16(frame, ip + 10, checksum(frame, ip, ip + 20, 0));
	if (!check)
		return;
	for (size_t i = ip + (is_v6 ? 8 : 12); protocol != IP_ICMP && i < transport; i += 2)
		pseudo += (uint32_t)frame->bytes[i] << 8 | frame->bytes[i + 1];
	set16(frame, transport + check, checksum(frame, transport, frame->size, pseudo));
}

static void set_answer(struct frame *frame, const char *class, enum protocol protocol, int port)
{
	frame->class = class;
	frame->protocol = protocol;
	frame->port = port;
	frame->is_syn = strcmp(class, "tcp_syn") == 0;
}

static void build_tcp(struct frame *frame, const struct plan *plan, struct random *random,
	unsigned int flags, const char *class)
{
	bool is_v6 = plan->shape == SHAPE_SYN6;
	uint32_t sequence =
		plan->shape == SHAPE_SYN_MIRAI ? plan->destination : (uint32_t)random_next(random);
	/* Ephemeral: never port 53 by accident. A plain SYN must not look like a tool's either. */
	unsigned int from = 1024 + (unsigned int)random_below(random, 64512);
	unsigned int masscan = (plan->destination ^ plan->port ^ sequence) & 0xffff;
	unsigned int id = plan->shape == SHAPE_SYN_ZMAP      ? 54321
			  : plan->shape == SHAPE_SYN_MASSCAN ? masscan
							     : masscan ^ 0x5555;
	size_t ip;

	if (plan->shape != SHAPE_SYN_ZMAP && plan->shape != SHAPE_SYN_MASSCAN && id == 54321)
		id ^= 1;
	if (plan->shape != SHAPE_SYN_MIRAI && sequence == plan->destination)
		sequence++;
	ip = put_ip(frame, plan, is_v6, IP_TCP, id, 0);
	put16(frame, from);
	put16(frame, plan->port);
	put32(frame, sequence);
	put32(frame, flags & FLAG_ACK ? (uint32_t)random_next(random) : 0);
	put8(frame, 5 << 4);
	put8(frame, flags);
	put16(frame, 29200);
	put32(frame, 0);
	finish(frame, ip, IP_TCP, 16);
	set_answer(frame, class, PROTOCOL_TCP, plan->port);
}

static unsigned int other_flags(struct random *random)
{
	static const unsigned int flags[] = {
		FLAG_ACK, FLAG_FIN | FLAG_ACK, 0, FLAG_FIN | FLAG_PSH | FLAG_URG};

	return flags[random_below(random, 4)];
}

/* UDP with a payload that starts with DNS flags when they are not 0. */
static void build_udp(struct frame *frame, const struct plan *plan, struct random *random,
	unsigned int source_port, unsigned int dns_flags, unsigned int payload, const char *class)
{
	bool is_v6 = plan->shape == SHAPE_UDP6 || plan->shape == SHAPE_DNS_RESPONSE6;
	bool is_first = plan->shape == SHAPE_UDP_FRAGMENT_FIRST;
	size_t ip = put_ip(frame, plan, is_v6, IP_UDP, (unsigned int)random_next(random) & 0xffff,
		is_first ? IPV4_MORE_FRAGMENTS : 0);

	put16(frame, source_port);
	put16(frame, plan->port);
	put16(frame, 8 + payload);
	put16(frame, 0);
	put_random(frame, random, payload);
	if (source_port == 53 && payload >= 12) {
		size_t dns = frame->size - payload;

		set16(frame, dns + 2, dns_flags);
		set16(frame, dns + 4, 1);                    /* questions */
		set16(frame, dns + 6, dns_flags >> 15 & 1u); /* answers */
		set16(frame, dns + 8, 0);
		set16(frame, dns + 10, 0);
	}
	finish(frame, ip, IP_UDP, 6);
	set_answer(frame, class, PROTOCOL_UDP, plan->port);
}

static void build_icmp(struct frame *frame, const struct plan *plan, struct random *random,
	unsigned int type, const char *class)
{
	bool is_v6 = plan->shape == SHAPE_ICMP6_ECHO;
	unsigned int protocol = is_v6 ? IP_ICMP6 : IP_ICMP;
	size_t ip =
		put_ip(frame, plan, is_v6, protocol, (unsigned int)random_next(random) & 0xffff, 0);

	put8(frame, type);
	put8(frame, type == 3 ? 3 : 0);
	put16(frame, 0);
	put_random(frame, random, 4 + 28);
	finish(frame, ip, protocol, 2);
	set_answer(frame, class, is_v6 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP, (int)type);
}

static void build_arp(struct frame *frame, const struct plan *plan)
{
	put_ethernet(frame, plan->vlan_tags, TYPE_ARP);
	put32(frame, 0x00010800);
	put16(frame, 0x0604);
	put16(frame, 1);
	put32(frame, 0x02000000);
	put16(frame, 1);
	put32(frame, plan->destination & 0xffffff00);
	put32(frame, 0);
	put16(frame, 0);
	put32(frame, plan->destination);
	set_answer(frame, "non_ip", PROTOCOL_TCP, -1);
}

/* A sound header first, then one of the four faults. */
static void build_ip_bad(struct frame *frame, const struct plan *plan, struct random *random)
{
	size_t ip = put_ip(frame, plan, false, IP_UDP, 1, 0);

	put_random(frame, random, 20);
	finish(frame, ip, IP_UDP, 0);
	switch (random_below(random, 4)) {
	case 0:
		frame->bytes[ip] = 0x55; /* version 5 */
		break;
	case 1:
		frame->bytes[ip] = 0x44; /* header of 16 bytes */
		break;
	case 2:
		set16(frame, ip + 2, 19); /* total length below the header's */
		break;
	default:
		frame->size = (uint32_t)ip + 12; /* cut inside the header */
	}
	set_answer(frame, "ip_bad", PROTOCOL_TCP, -1);
}

static void build_rowless(struct frame *frame, const struct plan *plan, struct random *random)
{
	unsigned int protocol = plan->shape == SHAPE_GRE ? IP_GRE : IP_UDP;
	/* Offset 185 is 1,480 bytes: what follows a first fragment of a full frame. */
	unsigned int fragment = plan->shape == SHAPE_FRAGMENT_LATER ? 185 : 0;
	size_t ip = put_ip(
		frame, plan, false, protocol, (unsigned int)random_next(random) & 0xffff, fragment);

	put_random(frame, random, plan->shape == SHAPE_L4_SHORT ? 3 : 32);
	finish(frame, ip, protocol, 0);
	set_answer(frame,
		plan->shape == SHAPE_GRE        ? "other_l4"
		: plan->shape == SHAPE_L4_SHORT ? "l4_short"
						: "frag_later",
		PROTOCOL_TCP, -1);
}

static void build_without_ip(struct frame *frame, const struct plan *plan)
{
	if (plan->shape == SHAPE_TOO_DEEP) {
		put_ethernet(frame, 9, TYPE_IPV4);
		put64(frame, 0);
		set_answer(frame, "too_deep", PROTOCOL_TCP, -1);
		return;
	}
	put_ethernet(frame, 1, TYPE_IPV4);
	frame->size = plan->shape == SHAPE_SHORT ? 10 : 16;
	set_answer(frame, "short_eth", PROTOCOL_TCP, -1);
}

/* Frames with ports or a type. */
static void build_transport(struct frame *frame, const struct plan *plan, struct random *random)
{
	static const unsigned int backscatter_types[] = {0, 3, 3, 3, 11};
	unsigned int ephemeral = 1024 + (unsigned int)random_below(random, 64512);

	switch (plan->shape) {
	case SHAPE_SYN:
	case SHAPE_SYN_MIRAI:
	case SHAPE_SYN_ZMAP:
	case SHAPE_SYN_MASSCAN:
	case SHAPE_SYN6:
		build_tcp(frame, plan, random, FLAG_SYN, "tcp_syn");
		break;
	case SHAPE_SYN_ACK:
		build_tcp(frame, plan, random, FLAG_SYN | FLAG_ACK, "tcp_backscatter");
		break;
	case SHAPE_RST:
		build_tcp(frame, plan, random, FLAG_RST, "tcp_backscatter");
		break;
	case SHAPE_TCP_OTHER:
		build_tcp(frame, plan, random, other_flags(random), "tcp_other");
		break;
	case SHAPE_TCP_CUT:
		build_tcp(frame, plan, random, FLAG_SYN, "tcp_other");
		frame->wire_size = frame->size;
		frame->size -= 14; /* the ports and two bytes are left */
		break;
	case SHAPE_UDP:
	case SHAPE_UDP6:
	case SHAPE_UDP_FRAGMENT_FIRST:
		build_udp(frame, plan, random, ephemeral, 0,
			16 + (unsigned int)random_below(random, 200), "udp_other");
		break;
	case SHAPE_DNS_RESPONSE:
	case SHAPE_DNS_RESPONSE6:
		build_udp(frame, plan, random, 53, 0x8180,
			60 + (unsigned int)random_below(random, 440), "udp53_response");
		break;
	case SHAPE_DNS_QUERY:
		build_udp(frame, plan, random, 53, 0x0100, 32, "udp53_query");
		break;
	case SHAPE_DNS_SHORT:
		build_udp(frame, plan, random, 53, 0, (unsigned int)random_below(random, 12),
			"udp53_short");
		break;
	case SHAPE_ICMP_ECHO:
		build_icmp(frame, plan, random, 8, "icmp_other");
		break;
	case SHAPE_ICMP_BACKSCATTER:
		build_icmp(frame, plan, random, backscatter_types[random_below(random, 5)],
			"icmp_backscatter");
		break;
	case SHAPE_ICMP6_ECHO:
		build_icmp(frame, plan, random, 128, "icmp6");
		break;
	default:
		abort();
	}
}

void frame_build(const struct plan *plan, struct random *random, struct frame *frame)
{
	frame->size = 0;
	frame->wire_size = 0;
	switch (plan->shape) {
	case SHAPE_ARP:
		build_arp(frame, plan);
		break;
	case SHAPE_IP_BAD:
		build_ip_bad(frame, plan, random);
		break;
	case SHAPE_GRE:
	case SHAPE_L4_SHORT:
	case SHAPE_FRAGMENT_LATER:
		build_rowless(frame, plan, random);
		break;
	case SHAPE_TOO_DEEP:
	case SHAPE_CUT_TAG:
	case SHAPE_SHORT:
		build_without_ip(frame, plan);
		break;
	default:
		build_transport(frame, plan, random);
	}
	if (frame->wire_size < frame->size)
		frame->wire_size = frame->size;
}
