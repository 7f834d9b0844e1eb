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

#include "bpf/layer4.h"
#include "bpf/packet.h"

struct frame {
	const __u8 *start;
	const __u8 *end; /* of what is directly readable; the driver may keep more elsewhere */
	__u32 length;    /* of the whole frame */
	void *context;   /* frame_copy()'s */
};

static int frame_copy(const struct frame *frame, __u32 offset, void *to, __u32 size);

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
