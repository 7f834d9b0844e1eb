/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sampled frame in parts. Class and row are the program's word (bpf/parse.h decides them); here
 * are the fields that it does not keep. Everything beyond the captured bytes is unknown, every
 * length inside a frame is the sender's claim and believed only as far as bytes are there.
 */
#ifndef TEITEN_EVIDENCE_DISSECT_H
#define TEITEN_EVIDENCE_DISSECT_H

#include "bpf/contract.h"

#include <stdbool.h>
#include <stdint.h>

/* Marks of scanners in a TCP SYN over IPv4; a packet may bear several. */
enum {
	MARK_MIRAI = 1 << 0,   /* sequence number = destination address */
	MARK_ZMAP = 1 << 1,    /* IP id = 54321 */
	MARK_MASSCAN = 1 << 2, /* IP id = (destination ^ port ^ sequence number) & 0xffff */
};

/* An address of either family in one number: IPv4 as ::ffff:a.b.c.d. Host order. */
struct address128 {
	uint64_t high;
	uint64_t low;
};

struct dissected {
	bool has_addresses;
	bool is_v6;
	bool has_ports; /* TCP and UDP, first fragments included */
	bool has_dns;   /* UDP from port 53 with a whole DNS header */
	uint8_t marks;
	struct address128 source;
	struct address128 destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t dns_flags;   /* RFC 1035, 4.1.1: QR, opcode, AA, TC, RD, RA, Z, RCODE */
	uint16_t dns_answers; /* ANCOUNT, the sender's claim */
	uint32_t payload;     /* UDP: bytes on the wire behind the header */
};

#define DNS_QR 0x8000
#define DNS_OPCODE 0x7800
#define DNS_RA 0x0080
#define DNS_RCODE 0x000f

/* Take sample apart; what is not there stays zero. */
struct dissected dissect(const struct tt_sample *sample);

#endif
