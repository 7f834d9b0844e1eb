/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One frame -> its ledger class, port row and source. No maps, no helpers, no state: the XDP
 * program and the unit tests compile the same text. The includer supplies what differs,
 *
 *   static int frame_copy(const struct frame *frame, __u32 offset, void *to, __u32 size);
 *
 * 0 when size (1 to PARSE_LAYER4_BYTES) bytes at offset were copied, wherever the driver keeps
 * them; and two steps that are rare and long, which it may keep out of line,
 *
 *   static __u32 frame_walk_extensions(const struct frame *, struct layer4 *);
 *                                              { return parse_extensions(frame, layer4); }
 *   static __u64 frame_far_layer4(const struct frame *, const struct layer4 *);
 *                                              { return parse_far_layer4(frame, layer4); }
 *
 * parse_frame() is the whole; the program takes its parts, to keep IPv6 apart from IPv4.
 *
 * Only captured bytes count, and the packet ends at min(captured, IPv4 total length, 40 + IPv6
 * payload length); a length field of 0 means "to the end of the frame". RFC 791, 8200, 4302.
 */
#ifndef TEITEN_BPF_PARSE_H
#define TEITEN_BPF_PARSE_H

#include "bpf/contract.h"

#ifdef __bpf__
#include <bpf/bpf_endian.h>
#define PARSE_UNROLL _Pragma("unroll")
#define PARSE_BE16(x) bpf_ntohs(x)
#define PARSE_BE32(x) bpf_ntohl(x)
/* clang makes an access that may be unaligned one byte at a time; the kernel's rule is laxer. */
#define PARSE_RAW16(at) (*(const __u16 *)(at))
#define PARSE_RAW32(at) (*(const __u32 *)(at))
#else
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#define PARSE_UNROLL
#define PARSE_BE16(x) ntohs(x)
#define PARSE_BE32(x) ntohl(x)
#define PARSE_RAW16(at) ((__u16)parse_raw(at, 2))
#define PARSE_RAW32(at) parse_raw(at, 4)
static inline __u32 parse_raw(const __u8 *at, unsigned int size)
{
	__u32 value = 0;

	__builtin_memcpy(&value, at, size);
	return value;
}
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

enum {
	PARSE_ETHERTYPE_IPV4 = 0x0800,
	PARSE_ETHERTYPE_ARP = 0x0806,
	PARSE_ETHERTYPE_VLAN = 0x8100,
	PARSE_ETHERTYPE_IPV6 = 0x86dd,
	PARSE_ETHERTYPE_QINQ = 0x88a8,
	PARSE_ETHERTYPE_QINQ_OLD = 0x9100,

	PARSE_PROTOCOL_HOP_BY_HOP = 0,
	PARSE_PROTOCOL_ICMP = 1,
	PARSE_PROTOCOL_TCP = 6,
	PARSE_PROTOCOL_UDP = 17,
	PARSE_PROTOCOL_ROUTING = 43,
	PARSE_PROTOCOL_FRAGMENT = 44,
	PARSE_PROTOCOL_AUTHENTICATION = 51,
	PARSE_PROTOCOL_ICMP6 = 58,
	PARSE_PROTOCOL_DESTINATION = 60,
	PARSE_PROTOCOL_MOBILITY = 135,
	PARSE_PROTOCOL_HIP = 139,
	PARSE_PROTOCOL_SHIM6 = 140,

	PARSE_FRAGMENT_OFFSET4 = 0x1fff,
	PARSE_FRAGMENT_OFFSET6 = 0xfff8,

	PARSE_TCP_FIN = 0x01,
	PARSE_TCP_SYN = 0x02,
	PARSE_TCP_RST = 0x04,
	PARSE_TCP_ACK = 0x10,
};

/* Layer 4 as far as the classes look: UDP header and DNS header. */
#define PARSE_LAYER4_BYTES 20
#define PARSE_PORTS_BYTES 4
#define PARSE_TCP_FLAGS_END 14

struct frame {
	const __u8 *start;
	const __u8 *end; /* of what is directly readable; the driver may keep more elsewhere */
	__u32 length;    /* of the whole frame */
	void *context;   /* frame_copy()'s */
};

static int frame_copy(const struct frame *frame, __u32 offset, void *to, __u32 size);

struct packet {
	__u32 class; /* enum tt_class */
	__u32 row;   /* TT_ROW_NONE: none */
	__u32 slot;  /* of the row, below TT_SLOTS */
	__u32 marks; /* a bit for each enum tt_fingerprint */
	__u32 is_v6;
	__u32 is_sport53;   /* UDP from source port 53 */
	__u32 is_neighbour; /* ARP, or ICMPv6 133-137: what keeps a neighbour entry alive */
	__u32 has_addresses;
	__u64 source; /* IPv4: the address; IPv6: its upper 64 bits; host order */
	__u64 source_low;
	__u64 destination[2]; /* bytes in network order; IPv4 in the first four */
};

/* Where layer 4 is and what it is. */
struct layer4 {
	__u32 offset;
	__u32 length; /* captured bytes of it */
	__u32 protocol;
	__u32 is_extended; /* behind IPv6 extension headers: may lie outside frame.start .. end */
	const struct iphdr *ip; /* IPv4 */
};

static __u32 frame_walk_extensions(const struct frame *frame, struct layer4 *layer4);
static __u64 frame_far_layer4(const struct frame *frame, const struct layer4 *layer4);

/* size bytes at offset when they are directly readable, else NULL. */
static __always_inline const __u8 *frame_at(const struct frame *frame, __u32 offset, __u32 size)
{
	/* The first buffer is at most a page; the bound is for the verifier. */
	if (offset > 4096 || frame->start + offset + size > frame->end)
		return (const __u8 *)0;
	return frame->start + offset;
}

/* Two words as they lie in memory. */
static __always_inline __u64 parse_raw64(__be32 first, __be32 second)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (__u64)second << 32 | first;
#else
	return (__u64)first << 32 | second;
#endif
}

static __always_inline __u32 parse_minimum(__u32 a, __u32 b)
{
	return a < b ? a : b;
}

/* -- Ethernet and VLAN tags ---------------------------------------------------------------- */

static __always_inline int parse_is_vlan(__u16 type)
{
	return type == PARSE_ETHERTYPE_VLAN || type == PARSE_ETHERTYPE_QINQ ||
	       type == PARSE_ETHERTYPE_QINQ_OLD;
}

/* *offset becomes that of layer 3. Returns TT_CLASSES, or the class that ends the frame here. */
static __always_inline __u32 parse_ethernet(const struct frame *frame, __u32 *offset, __u16 *type)
{
	const struct ethhdr *ethernet = (const void *)frame_at(frame, 0, sizeof(*ethernet));
	__u32 at = sizeof(*ethernet);
	int tags = 0;

	if (!ethernet)
		return TT_SHORT_ETH;
	*type = PARSE_BE16(ethernet->h_proto);
	PARSE_UNROLL
	for (tags = 0; tags <= TT_MAX_VLAN_TAGS; tags++) {
		const __u8 *tag;

		if (!parse_is_vlan(*type))
			break;
		tag = frame_at(frame, at, 4);
		if (!tag)
			return TT_SHORT_ETH;
		if (tags == TT_MAX_VLAN_TAGS)
			return TT_TOO_DEEP;
		*type = (__u16)(tag[2] << 8 | tag[3]);
		at += 4;
	}
	*offset = at;
	return TT_CLASSES;
}

/* -- IP ------------------------------------------------------------------------------------ */

static __always_inline __u32 parse_ipv4(
	const struct frame *frame, __u32 offset, struct packet *packet, struct layer4 *layer4)
{
	const struct iphdr *ip = (const void *)frame_at(frame, offset, sizeof(*ip));
	__u32 header, total, captured = frame->length - offset;

	if (!ip)
		return TT_IP_BAD;
	header = ip->ihl * 4u;
	total = PARSE_BE16(ip->tot_len);
	if (ip->version != 4 || header < sizeof(*ip) || (total && total < header) ||
		header > captured)
		return TT_IP_BAD;
	packet->has_addresses = 1;
	packet->source = PARSE_BE32(ip->saddr);
	packet->source_low = 0;
	layer4->ip = ip;
	packet->destination[0] = parse_raw64(ip->daddr, 0);
	if (PARSE_BE16(ip->frag_off) & PARSE_FRAGMENT_OFFSET4)
		return TT_FRAG_LATER;
	layer4->offset = offset + header;
	layer4->length = (total ? parse_minimum(captured, total) : captured) - header;
	layer4->protocol = ip->protocol;
	return TT_CLASSES;
}

static __always_inline int parse_is_extension(__u32 protocol)
{
	switch (protocol) {
	case PARSE_PROTOCOL_HOP_BY_HOP:
	case PARSE_PROTOCOL_ROUTING:
	case PARSE_PROTOCOL_FRAGMENT:
	case PARSE_PROTOCOL_AUTHENTICATION:
	case PARSE_PROTOCOL_DESTINATION:
	case PARSE_PROTOCOL_MOBILITY:
	case PARSE_PROTOCOL_HIP:
	case PARSE_PROTOCOL_SHIM6:
		return 1;
	default:
		return 0;
	}
}

/*
 * Take one extension header off layer4. Returns TT_CLASSES to go on, TT_FRAG_LATER, or TT_OTHER_L4
 * when the header is cut and the walk ends; layer4 then says with which protocol.
 */
static __always_inline __u32 parse_extension(const struct frame *frame, struct layer4 *layer4)
{
	__u8 header[4] = {0};
	__u32 size;

	if (layer4->protocol == PARSE_PROTOCOL_FRAGMENT) {
		if (layer4->length < 8 || frame_copy(frame, layer4->offset, header, 4))
			return TT_OTHER_L4;
		if ((header[2] << 8 | header[3]) & PARSE_FRAGMENT_OFFSET6)
			return TT_FRAG_LATER;
		size = 8;
	} else {
		if (layer4->length < 2 || frame_copy(frame, layer4->offset, header, 2))
			return TT_OTHER_L4;
		size = layer4->protocol == PARSE_PROTOCOL_AUTHENTICATION ? (header[1] + 2u) * 4
									 : (header[1] + 1u) * 8;
	}
	layer4->protocol = header[0];
	if (size > layer4->length) {
		layer4->length = 0;
		return TT_OTHER_L4;
	}
	layer4->offset += size;
	layer4->length -= size;
	return TT_CLASSES;
}

static __always_inline __u32 parse_extensions(const struct frame *frame, struct layer4 *layer4)
{
	for (int i = 0; i < TT_MAX_EXTENSION_HEADERS; i++) {
		__u32 class;

		if (!parse_is_extension(layer4->protocol))
			return TT_CLASSES;
		class = parse_extension(frame, layer4);
		if (class == TT_FRAG_LATER)
			return class;
		if (class == TT_OTHER_L4)
			return TT_CLASSES; /* cut: the protocol reached decides */
	}
	return parse_is_extension(layer4->protocol) ? TT_TOO_DEEP : TT_CLASSES;
}

static __always_inline __u64 parse_number64(const __be32 word[4], int first)
{
	return (__u64)PARSE_BE32(word[first]) << 32 | PARSE_BE32(word[first + 1]);
}

static __always_inline __u32 parse_ipv6(
	const struct frame *frame, __u32 offset, struct packet *packet, struct layer4 *layer4)
{
	const struct ipv6hdr *ip = (const void *)frame_at(frame, offset, sizeof(*ip));
	const __be32 *source, *destination;
	__u32 payload, captured;

	if (!ip || ip->version != 6)
		return TT_IP_BAD;
	source = (const __be32 *)&ip->saddr;
	destination = (const __be32 *)&ip->daddr;
	captured = frame->length - offset - (__u32)sizeof(*ip);
	payload = PARSE_BE16(ip->payload_len);
	packet->is_v6 = 1;
	packet->has_addresses = 1;
	packet->source = parse_number64(source, 0);
	packet->source_low = parse_number64(source, 2);
	packet->destination[0] = parse_raw64(destination[0], destination[1]);
	packet->destination[1] = parse_raw64(destination[2], destination[3]);
	layer4->offset = offset + (__u32)sizeof(*ip);
	layer4->length = payload ? parse_minimum(captured, payload) : captured;
	layer4->protocol = ip->nexthdr;
	if (!parse_is_extension(ip->nexthdr))
		return TT_CLASSES;
	layer4->is_extended = 1;
	return frame_walk_extensions(frame, layer4);
}

/* -- Layer 4 ------------------------------------------------------------------------------- */

/* No scanner's mark is the rule: a jump that is not taken is cheaper than a number made of it. */
#define PARSE_MARK(marks, mark, equal)                                                             \
	do {                                                                                       \
		if (equal) {                                                                       \
			(marks) |= 1u << (mark);                                                   \
			asm volatile("" : "+r"(marks));                                            \
		}                                                                                  \
	} while (0)

/* enum tt_fingerprint; equality does not mind that all of it is in network order. */
static __always_inline __u32 parse_marks(const __u8 *tcp, const struct iphdr *ip)
{
	__u32 sequence = PARSE_RAW32(tcp + 4), destination = ip->daddr, marks = 0;
	__u16 low = PARSE_RAW16(tcp + 6) ^ PARSE_RAW16((const __u8 *)&ip->daddr + 2);

	PARSE_MARK(marks, TT_MIRAI, sequence == destination);
	PARSE_MARK(marks, TT_ZMAP, ip->id == PARSE_BE16(54321));
	PARSE_MARK(marks, TT_MASSCAN, ip->id == (low ^ PARSE_RAW16(tcp + 2)));
	return marks;
}

/* What the flags FIN, SYN, RST, PSH and ACK say of a segment. */
#define PARSE_TCP_SLOT(flags)                                                                      \
	((flags)&PARSE_TCP_RST || ((flags)&PARSE_TCP_SYN && (flags)&PARSE_TCP_ACK)                 \
			? TT_TCP_BACKSCATTER - TT_TCP_SYN                                          \
			: ((flags) & (PARSE_TCP_SYN | PARSE_TCP_FIN)) == PARSE_TCP_SYN             \
				  ? TT_SLOT_SYN                                                    \
				  : TT_TCP_OTHER - TT_TCP_SYN)

/* Of each of their 32 combinations in two bits: no processor predicts what an attacker varies. */
#define PARSE_SLOT_AT(flags) ((__u64)PARSE_TCP_SLOT(flags) << 2 * (flags))
#define PARSE_SLOTS_OF_4(flags)                                                                    \
	(PARSE_SLOT_AT(flags) | PARSE_SLOT_AT((flags) + 1) | PARSE_SLOT_AT((flags) + 2) |          \
		PARSE_SLOT_AT((flags) + 3))
#define PARSE_TCP_SLOTS                                                                            \
	(PARSE_SLOTS_OF_4(0) | PARSE_SLOTS_OF_4(4) | PARSE_SLOTS_OF_4(8) | PARSE_SLOTS_OF_4(12) |  \
		PARSE_SLOTS_OF_4(16) | PARSE_SLOTS_OF_4(20) | PARSE_SLOTS_OF_4(24) |               \
		PARSE_SLOTS_OF_4(28))

static __always_inline __u32 parse_tcp_slot(__u32 flags)
{
	return PARSE_TCP_SLOTS >> 2 * (flags & 31) & 3;
}

static __always_inline __u32 parse_tcp(const __u8 *tcp, __u32 length, struct packet *packet)
{
	__u32 flags = length >= PARSE_TCP_FLAGS_END ? tcp[13] : 0;

	packet->row = TT_ROW_TCP + PARSE_BE16(PARSE_RAW16(tcp + 2));
	packet->slot = parse_tcp_slot(flags);
	return TT_TCP_SYN + packet->slot;
}

static __always_inline __u32 parse_udp(const __u8 *udp, __u32 length, struct packet *packet)
{
	packet->row = TT_ROW_UDP + PARSE_BE16(PARSE_RAW16(udp + 2));
	packet->is_sport53 = PARSE_RAW16(udp) == PARSE_BE16(53);
	if (!packet->is_sport53)
		packet->slot = 3;
	else if (length < PARSE_LAYER4_BYTES) /* less than a DNS header (RFC 1035, 4.1.1) */
		packet->slot = 2;
	else
		packet->slot = udp[10] & 0x80 ? 0 : 1;
	return TT_UDP53_RESPONSE + packet->slot;
}

static __always_inline __u32 parse_icmp(const __u8 *icmp, __u32 length, struct packet *packet)
{
	/* Bit n: type n answers something we never sent (RFC 792, 950). */
	const __u32 backscatter = 1u << 0 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 11 | 1u << 12 |
				  1u << 14 | 1u << 16 | 1u << 18;

	if (length < 1)
		return TT_ICMP_OTHER;
	packet->row = TT_ROW_ICMP + icmp[0];
	return icmp[0] < 32 && backscatter >> icmp[0] & 1 ? TT_ICMP_BACKSCATTER : TT_ICMP_OTHER;
}

static __always_inline __u32 parse_icmp6(const __u8 *icmp, __u32 length, struct packet *packet)
{
	if (length >= 1) {
		packet->row = TT_ROW_ICMP6 + icmp[0];
		packet->is_neighbour = icmp[0] >= 133 && icmp[0] <= 137;
	}
	return TT_ICMP6;
}

/* Layer 4 from its first size bytes: all it has, or PARSE_LAYER4_BYTES. */
static __always_inline __u32 parse_layer4_bytes(
	const __u8 *at, __u32 size, __u32 protocol, struct packet *packet)
{
	switch (protocol) {
	case PARSE_PROTOCOL_TCP:
		return size < PARSE_PORTS_BYTES ? TT_L4_SHORT : parse_tcp(at, size, packet);
	case PARSE_PROTOCOL_UDP:
		return size < PARSE_PORTS_BYTES ? TT_L4_SHORT : parse_udp(at, size, packet);
	case PARSE_PROTOCOL_ICMP:
		return parse_icmp(at, size, packet);
	case PARSE_PROTOCOL_ICMP6:
		return parse_icmp6(at, size, packet);
	default:
		return TT_OTHER_L4;
	}
}

/* Close to the frame's end, or outside its first buffer. Class, slot, neighbour and row in one. */
static __always_inline __u64 parse_far_layer4(
	const struct frame *frame, const struct layer4 *layer4)
{
	__u8 bytes[PARSE_LAYER4_BYTES] __attribute__((aligned(4))) = {0};
	__u32 size = parse_minimum(layer4->length, PARSE_LAYER4_BYTES);
	struct packet packet = {.row = TT_ROW_NONE};

	if (size && frame_copy(frame, layer4->offset, bytes, size))
		size = 0;
	packet.class = parse_layer4_bytes(bytes, size, layer4->protocol, &packet);
	return (__u64)packet.class << 56 | (__u64)packet.slot << 48 |
	       (__u64)packet.is_neighbour << 40 | (__u64)packet.is_sport53 << 41 | packet.row;
}

static __always_inline void parse_layer4(
	const struct frame *frame, const struct layer4 *layer4, struct packet *packet)
{
	const __u8 *at = layer4->is_extended ? (const __u8 *)0
					     : frame_at(frame, layer4->offset, PARSE_LAYER4_BYTES);
	__u64 far;

	if (at) {
		packet->class =
			parse_layer4_bytes(at, parse_minimum(layer4->length, PARSE_LAYER4_BYTES),
				layer4->protocol, packet);
		if (packet->class == TT_TCP_SYN && !packet->is_v6)
			packet->marks = parse_marks(at, layer4->ip);
		return;
	}
	far = frame_far_layer4(frame, layer4);
	packet->class = (__u32)(far >> 56);
	packet->slot = far >> 48 & (TT_SLOTS - 1);
	packet->is_neighbour = far >> 40 & 1;
	packet->is_sport53 = far >> 41 & 1;
	packet->row = (__u32)far;
}

/* -- The frame ----------------------------------------------------------------------------- */

/* *packet becomes what IP at offset says. TT_OFF_TARGET is not decided here. */
static __always_inline void parse_ip(
	const struct frame *frame, __u32 offset, __u32 is_v6, struct packet *packet)
{
	struct layer4 layer4 = {0};

	packet->row = TT_ROW_NONE;
	packet->class = is_v6 ? parse_ipv6(frame, offset, packet, &layer4)
			      : parse_ipv4(frame, offset, packet, &layer4);
	if (packet->class == TT_CLASSES)
		parse_layer4(frame, &layer4, packet);
}

/* Fill *packet, which the caller zeroed. */
static __always_inline void parse_frame(const struct frame *frame, struct packet *packet)
{
	__u32 offset = 0;
	__u16 type = 0;

	packet->row = TT_ROW_NONE;
	packet->class = parse_ethernet(frame, &offset, &type);
	if (packet->class != TT_CLASSES)
		return;
	if (type == PARSE_ETHERTYPE_IPV4)
		parse_ip(frame, offset, 0, packet);
	else if (type == PARSE_ETHERTYPE_IPV6)
		parse_ip(frame, offset, 1, packet);
	else
		packet->class = TT_NON_IP;
	if (type == PARSE_ETHERTYPE_ARP)
		packet->is_neighbour = 1;
}

#endif
