/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain packet, told in one look: TCP or UDP over IPv4 without tag, option or fragment offset,
 * with the first PARSE_LAYER4_BYTES of its layer 4 at hand and within its total length. Nearly
 * every frame of a darknet is one. What is not goes the long way of bpf/parse.h; a plain one gets
 * the same answers from both, which whoever parses on the host checks
 * (tests/unit/bpf/host_parser.h).
 */
#ifndef TEITEN_BPF_PLAIN_H
#define TEITEN_BPF_PLAIN_H

#include "bpf/parse.h"

enum {
	PLAIN_IP = sizeof(struct ethhdr),
	PLAIN_LAYER4 = PLAIN_IP + sizeof(struct iphdr),
	PLAIN_END = PLAIN_LAYER4 + PARSE_LAYER4_BYTES,
	PLAIN_VERSION_AND_HEADER = 0x45, /* IPv4, five words */
};

/* EtherType and the byte behind it, as a word that is read of a frame; little-endian, as TSO is. */
#define PLAIN_TYPE_AND_IP (PARSE_BE16(PARSE_ETHERTYPE_IPV4) | (__u32)PLAIN_VERSION_AND_HEADER << 16)
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of a frame");

/* A bit for each. */
#define PLAIN_PROTOCOLS (1u << PARSE_PROTOCOL_TCP | 1u << PARSE_PROTOCOL_UDP)

static __always_inline int is_plain(const struct frame *frame)
{
	const __u8 *at = frame->start;
	const struct iphdr *ip = (const void *)(at + PLAIN_IP);
	__u32 rest;

	if (at + PLAIN_END > frame->end || (PARSE_RAW32(at + 12) & 0xffffff) != PLAIN_TYPE_AND_IP)
		return 0;
	rest = PARSE_RAW32(at + 20);
	return !(rest & PARSE_BE16(PARSE_FRAGMENT_OFFSET4)) &&
	       PARSE_BE16(ip->tot_len) >= PLAIN_END - PLAIN_IP && rest >> 24 < 32 &&
	       PLAIN_PROTOCOLS >> (rest >> 24) & 1;
}

static __always_inline const struct iphdr *plain_ip(const struct frame *frame)
{
	return (const struct iphdr *)(frame->start + PLAIN_IP);
}

/* 1 when they are equal, without the branch that compilers would make of a comparison. */
static __always_inline __u32 plain_is_equal(__u32 a, __u32 b)
{
	return ((__u64)(a ^ b) - 1) >> 63;
}

/*
 * Of a plain one: *packet, which the caller zeroed. TCP and UDP come mixed: both are read of every
 * packet and one is taken, without a branch, since none of these can be predicted, and each that is
 * not costs as much as all of this.
 */
static __always_inline void parse_plain(const struct frame *frame, struct packet *packet)
{
	const __u8 *layer4 = frame->start + PLAIN_LAYER4;
	const struct iphdr *ip = plain_ip(frame);
	__u32 is_udp = ip->protocol >> 4, is_dns, slot_tcp, slot_udp;

	packet->has_addresses = 1;
	packet->source = PARSE_BE32(ip->saddr);
	packet->destination[0] = parse_raw64(ip->daddr, 0);
	packet->row = is_udp << 16 | PARSE_BE16(PARSE_RAW16(layer4 + 2));
	is_dns = plain_is_equal(PARSE_RAW16(layer4), PARSE_BE16(53));
	packet->is_sport53 = is_dns & is_udp;
	slot_tcp = parse_tcp_slot(layer4[13]);
	slot_udp = ((is_dns - 1) & 3) | (is_dns & ~layer4[10] >> 7);
	packet->slot = slot_tcp ^ ((slot_tcp ^ slot_udp) & -is_udp);
	packet->class = TT_TCP_SYN + (TT_UDP53_RESPONSE - TT_TCP_SYN) * is_udp + packet->slot;
	packet->marks = parse_marks(layer4, ip);
	if (packet->marks && packet->class != TT_TCP_SYN)
		packet->marks = 0;
}

#endif
