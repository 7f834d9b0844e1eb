/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layer 4 from its first bytes: row, slot and class by protocol, and the marks of scanners. No more
 * than PARSE_LAYER4_BYTES are looked at: UDP's header and DNS's.
 */
#ifndef TEITEN_BPF_LAYER4_H
#define TEITEN_BPF_LAYER4_H

#include "bpf/packet.h"

/* The two bytes that come last of a word, as a number of 16 bits in network order, too. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PARSE_LAST16(word) ((word) >> 16)
#else
#define PARSE_LAST16(word) ((word)&0xffff)
#endif

/* enum tt_fingerprint; equality does not mind that all of it is in network order. */
static __always_inline __u32 parse_marks(const __u8 *tcp, const struct iphdr *ip)
{
	__u32 apart = PARSE_RAW32(tcp + 4) ^ ip->daddr, id = ip->id;
	__u32 masscan = id ^ PARSE_RAW16(tcp + 2) ^ PARSE_LAST16(apart);

	/* No scanner's mark is the rule: jumps that are not taken are cheaper than numbers. */
	if (apart && id != PARSE_BE16(54321) && masscan)
		return 0;
	return (__u32)!apart << TT_MIRAI | (__u32)(id == PARSE_BE16(54321)) << TT_ZMAP |
	       (__u32)!masscan << TT_MASSCAN;
}

/* What the flags FIN, SYN, RST, PSH and ACK say of a segment. */
#define PARSE_TCP_SLOT(flags)                                                                      \
	((flags)&PARSE_TCP_RST || ((flags)&PARSE_TCP_SYN && (flags)&PARSE_TCP_ACK)                 \
			? TT_TCP_BACKSCATTER - TT_TCP_SYN                                          \
		: ((flags) & (PARSE_TCP_SYN | PARSE_TCP_FIN)) == PARSE_TCP_SYN                     \
			? TT_SLOT_SYN                                                              \
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

#endif
