/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read of a frame (struct packet), and what reading needs: protocol numbers, and access to
 * bytes in network order for the XDP program and for the host alike.
 */
#ifndef TEITEN_BPF_PACKET_H
#define TEITEN_BPF_PACKET_H

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

#endif
