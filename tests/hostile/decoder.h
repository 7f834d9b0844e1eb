/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second opinion on frames: the ledger's classes (teiten.8) and the RFCs' header formats,
 * worked out byte by byte over a frame that lies in one piece. It shares the names of
 * bpf/contract.h with the sensor and no code, so that a mistake would have to be made twice, in two
 * styles, to stay unseen.
 */
#ifndef TEITEN_TESTS_HOSTILE_DECODER_H
#define TEITEN_TESTS_HOSTILE_DECODER_H

#include "bpf/contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decoded_row { DECODED_NO_ROW, DECODED_TCP, DECODED_UDP, DECODED_ICMP, DECODED_ICMP6 };

struct decoded {
	enum tt_class class;  /* with every address monitored */
	enum decoded_row row; /* whose port, or type, number is */
	unsigned int number;
	bool is_neighbour; /* ARP or ICMPv6 133-137 */
	/* Bytes of an address: 4, 16; 0 when the class is decided before addresses are known. */
	unsigned int address_size;
	uint8_t source[16], destination[16];
	/* Bytes from the frame's start to the end of its fixed IP header; 0 without one. */
	size_t fixed_end;
	/* Of a tcp_syn over IPv4. */
	bool is_mirai, is_zmap, is_masscan;
};

/* Never fails: every frame has a class. length may be 0. */
struct decoded decode(const uint8_t *bytes, size_t length);

#endif
