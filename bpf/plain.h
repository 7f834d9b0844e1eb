/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain packet, told in one look: TCP, UDP or ICMP over IPv4 without tag, option or fragment,
 * with the first PARSE_LAYER4_BYTES of its layer 4 at hand. Nearly every frame of a darknet is one. What
 * is not goes the long way of bpf/parse.h, which says the same of a plain one
 * (tests/unit/bpf/test_parse.c).
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

/* Whether it may be one, as far as IP goes. */
static __always_inline int is_plain_ip(const struct frame *frame)
{
	const __u8 *at = frame->start;
	const struct iphdr *ip = (const void *)(at + PLAIN_IP);

	return at + PLAIN_END <= frame->end &&
	       PARSE_RAW16(at + 12) == PARSE_BE16(PARSE_ETHERTYPE_IPV4) &&
	       at[PLAIN_IP] == PLAIN_VERSION_AND_HEADER &&
	       !(ip->frag_off & PARSE_BE16(PARSE_FRAGMENT_OFFSET4)) &&
	       PARSE_BE16(ip->tot_len) >= PLAIN_END - PLAIN_IP;
}

static __always_inline const struct iphdr *plain_ip(const struct frame *frame)
{
	return (const struct iphdr *)(frame->start + PLAIN_IP);
}

/* 1 and *packet, which the caller zeroed; or 0: another protocol. */
static __always_inline int parse_plain(const struct frame *frame, struct packet *packet)
{
	const __u8 *layer4 = frame->start + PLAIN_LAYER4;
	const struct iphdr *ip = plain_ip(frame);

	packet->has_addresses = 1;
	packet->source = PARSE_BE32(ip->saddr);
	packet->destination[0] = parse_raw64(ip->daddr, 0);
	if (ip->protocol == PARSE_PROTOCOL_TCP) {
		packet->class = parse_tcp(layer4, PARSE_LAYER4_BYTES, packet);
		if (packet->slot == TT_SLOT_SYN)
			packet->marks = parse_marks(layer4, ip);
	} else if (ip->protocol == PARSE_PROTOCOL_UDP) {
		packet->class = parse_udp(layer4, PARSE_LAYER4_BYTES, packet);
	} else if (ip->protocol == PARSE_PROTOCOL_ICMP) {
		packet->class = parse_icmp(layer4, PARSE_LAYER4_BYTES, packet);
	} else {
		return 0;
	}
	return 1;
}

#endif
