/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port rows and ledger classes by name. A row is (protocol, port) as bpf/contract.h numbers it;
 * ICMP's and ICMPv6's port is the type.
 */
#ifndef TEITEN_MODEL_PORT_H
#define TEITEN_MODEL_PORT_H

#include "bpf/contract.h"

#include <stdbool.h>
#include <stdint.h>

enum port_protocol {
	PORT_TCP,
	PORT_UDP,
	PORT_ICMP,
	PORT_ICMP6,
	PORT_PROTOCOLS,
};

/* "tcp", "udp", "icmp", "icmp6"; static. */
const char *port_protocol_name(enum port_protocol protocol);
/* The protocol of that name; false when there is none. */
bool port_protocol_find(const char *name, enum port_protocol *protocol);

/* row < TT_ROWS. */
enum port_protocol port_protocol(uint32_t row);
uint32_t port_number(uint32_t row);

/* The row of a protocol's port; TT_ROW_NONE when the port is out of its range. */
uint32_t port_row(enum port_protocol protocol, uint32_t port);

/*
 * The class that slot (< TT_SLOTS) of a row counts, or TT_CLASSES when rows of its protocol have
 * no such slot.
 */
enum tt_class port_slot_class(uint32_t row, unsigned int slot);

/* "short_eth" ... as in the ledger, static; "?" out of range. */
const char *class_name(enum tt_class class);
/* Whether frames of the class have port rows (ICMP without its type byte excepted). */
bool class_has_rows(enum tt_class class);

#endif
