/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/port.h"

#include <stddef.h>
#include <string.h>

static const char *const protocol_names[PORT_PROTOCOLS] = {
	[PORT_TCP] = "tcp",
	[PORT_UDP] = "udp",
	[PORT_ICMP] = "icmp",
	[PORT_ICMP6] = "icmp6",
};

/* First row of each protocol; the next one's first row ends it. */
static const uint32_t first_row[PORT_PROTOCOLS + 1] = {
	TT_ROW_TCP,
	TT_ROW_UDP,
	TT_ROW_ICMP,
	TT_ROW_ICMP6,
	TT_ROWS,
};

static const struct {
	const char *name;
	bool has_rows;
} classes[] = {
	[TT_SHORT_ETH] = {"short_eth", false},
	[TT_NON_IP] = {"non_ip", false},
	[TT_TOO_DEEP] = {"too_deep", false},
	[TT_IP_BAD] = {"ip_bad", false},
	[TT_OFF_TARGET] = {"off_target", false},
	[TT_FRAG_LATER] = {"frag_later", false},
	[TT_L4_SHORT] = {"l4_short", false},
	[TT_TCP_SYN] = {"tcp_syn", true},
	[TT_TCP_BACKSCATTER] = {"tcp_backscatter", true},
	[TT_TCP_OTHER] = {"tcp_other", true},
	[TT_UDP53_RESPONSE] = {"udp53_response", true},
	[TT_UDP53_QUERY] = {"udp53_query", true},
	[TT_UDP53_SHORT] = {"udp53_short", true},
	[TT_UDP_OTHER] = {"udp_other", true},
	[TT_ICMP_BACKSCATTER] = {"icmp_backscatter", true},
	[TT_ICMP_OTHER] = {"icmp_other", true},
	[TT_ICMP6] = {"icmp6", true},
	[TT_OTHER_L4] = {"other_l4", false},
};
_Static_assert(sizeof(classes) / sizeof(classes[0]) == TT_CLASSES, "a name for each class");

const char *port_protocol_name(enum port_protocol protocol)
{
	return protocol < PORT_PROTOCOLS ? protocol_names[protocol] : "?";
}

bool port_protocol_find(const char *name, enum port_protocol *protocol)
{
	for (unsigned int i = 0; i < PORT_PROTOCOLS; i++) {
		if (strcmp(name, protocol_names[i]) == 0) {
			*protocol = (enum port_protocol)i;
			return true;
		}
	}
	return false;
}

enum port_protocol port_protocol(uint32_t row)
{
	unsigned int i = PORT_PROTOCOLS - 1;

	while (i > 0 && row < first_row[i])
		i--;
	return (enum port_protocol)i;
}

uint32_t port_number(uint32_t row)
{
	return row - first_row[port_protocol(row)];
}

uint32_t port_row(enum port_protocol protocol, uint32_t port)
{
	if (protocol >= PORT_PROTOCOLS || port >= first_row[protocol + 1] - first_row[protocol])
		return TT_ROW_NONE;
	return first_row[protocol] + port;
}

/* Replies and errors: what a forged sender of our addresses makes others send (RFC 792, 950). */
static bool icmp_type_is_backscatter(uint32_t type)
{
	switch (type) {
	case 0:
	case 3:
	case 4:
	case 5:
	case 11:
	case 12:
	case 14:
	case 16:
	case 18:
		return true;
	default:
		return false;
	}
}

enum tt_class port_slot_class(uint32_t row, unsigned int slot)
{
	static const enum tt_class tcp[TT_SLOTS] = {
		TT_TCP_SYN,
		TT_TCP_BACKSCATTER,
		TT_TCP_OTHER,
		TT_CLASSES,
	};
	static const enum tt_class udp[TT_SLOTS] = {
		TT_UDP53_RESPONSE,
		TT_UDP53_QUERY,
		TT_UDP53_SHORT,
		TT_UDP_OTHER,
	};

	if (slot >= TT_SLOTS)
		return TT_CLASSES;
	switch (port_protocol(row)) {
	case PORT_TCP:
		return tcp[slot];
	case PORT_UDP:
		return udp[slot];
	case PORT_ICMP:
		if (slot > 0)
			return TT_CLASSES;
		return icmp_type_is_backscatter(port_number(row)) ? TT_ICMP_BACKSCATTER
								  : TT_ICMP_OTHER;
	default:
		return slot > 0 ? TT_CLASSES : TT_ICMP6;
	}
}

const char *class_name(enum tt_class class)
{
	return class < TT_CLASSES ? classes[class].name : "?";
}

bool class_has_rows(enum tt_class class)
{
	return class < TT_CLASSES && classes[class].has_rows;
}
