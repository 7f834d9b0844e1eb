/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ethernet frames, and what each of them is. The builder knows the answer because it chose the
 * frame's shape: nothing here parses a frame, and nothing is shared with the sensor's parser, so
 * that the counts are independent of it.
 */
#ifndef TEITEN_GENERATOR_FRAMES_H
#define TEITEN_GENERATOR_FRAMES_H

#include "tests/generator/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 1514

/* Shapes of frames. */
enum shape {
	SHAPE_SYN,
	SHAPE_SYN_MIRAI,   /* sequence number = destination address */
	SHAPE_SYN_ZMAP,    /* IP id 54321 */
	SHAPE_SYN_MASSCAN, /* IP id = destination ^ port ^ sequence number */
	SHAPE_SYN_ACK,
	SHAPE_RST,
	SHAPE_TCP_OTHER, /* ACK, FIN, null, FIN+PSH+URG */
	SHAPE_TCP_CUT,   /* captured only as far as the ports; a capture's snapshot length */
	SHAPE_UDP,
	SHAPE_UDP_FRAGMENT_FIRST,
	SHAPE_FRAGMENT_LATER,
	SHAPE_DNS_RESPONSE, /* from port 53, recursion available */
	SHAPE_DNS_QUERY,    /* from port 53 */
	SHAPE_DNS_SHORT,    /* from port 53, fewer than 12 bytes */
	SHAPE_ICMP_ECHO,
	SHAPE_ICMP_BACKSCATTER,
	SHAPE_GRE,
	SHAPE_L4_SHORT,
	SHAPE_ARP,
	SHAPE_IP_BAD,
	SHAPE_TOO_DEEP, /* nine VLAN tags */
	SHAPE_CUT_TAG,  /* ends inside a VLAN tag */
	SHAPE_SHORT,    /* 10 bytes: in captures only, no device sends it */
	SHAPE_SYN6,
	SHAPE_UDP6,
	SHAPE_ICMP6_ECHO,
	SHAPE_DNS_RESPONSE6,
	SHAPES,
};

enum protocol { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMP, PROTOCOL_ICMP6, PROTOCOLS };

/* What to build. */
struct plan {
	enum shape shape;
	uint32_t source, destination;   /* IPv4, host order */
	uint64_t source6, destination6; /* IPv6 /64 networks, host order */
	uint64_t source6_host, destination6_host;
	uint16_t port; /* destination port, where the shape has one */
	unsigned int vlan_tags;
};

/* What was built. */
struct frame {
	unsigned char bytes[FRAME_MAX];
	uint32_t size;      /* bytes captured or sent: what the ledger counts */
	uint32_t wire_size; /* at least size: a capture's original length */
	const char *class;  /* name of the ledger's class, static */
	int port;           /* of the port row, -1 = no row */
	enum protocol protocol;
	bool is_syn; /* class tcp_syn */
};

/* Build the frame of a plan; random fills what the plan leaves open (ports, numbers, payload). */
void frame_build(const struct plan *plan, struct random *random, struct frame *frame);

#endif
