/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/evidence/dissect.h"

#include <stddef.h>
#include <string.h>

enum {
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_AUTHENTICATION = 51,
	ZMAP_ID = 54321,
	DNS_PORT = 53,
	DNS_HEADER = 12,
};

/* What is left of the frame: captured bytes, and bytes on the wire. */
struct rest {
	const uint8_t *at;
	size_t captured;
	size_t wire;
};

static uint16_t read16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t read32(const uint8_t *at)
{
	return (uint32_t)read16(at) << 16 | read16(at + 2);
}

static uint64_t read64(const uint8_t *at)
{
	return (uint64_t)read32(at) << 32 | read32(at + 4);
}

/* Leave bytes behind; false when they are not all there. */
static bool skip(struct rest *rest, size_t bytes)
{
	if (bytes > rest->captured)
		return false;
	rest->at += bytes;
	rest->captured -= bytes;
	rest->wire -= bytes;
	return true;
}

/* The packet ends here, whatever the frame holds behind it. */
static void end_at(struct rest *rest, size_t bytes)
{
	if (bytes < rest->wire)
		rest->wire = bytes;
	if (bytes < rest->captured)
		rest->captured = bytes;
}

static bool skip_ethernet(struct rest *rest, uint16_t *type)
{
	if (rest->captured < 14)
		return false;
	*type = read16(rest->at + 12);
	skip(rest, 14);
	for (unsigned int tags = 0; tags < TT_MAX_VLAN_TAGS; tags++) {
		if (*type != 0x8100 && *type != 0x88a8 && *type != 0x9100)
			break;
		if (rest->captured < 4)
			return false;
		*type = read16(rest->at + 2);
		skip(rest, 4);
	}
	return true;
}

static struct address128 mapped(uint32_t address)
{
	return (struct address128){.low = 0xffffULL << 32 | address};
}

/* Returns the protocol behind the header, or -1 when there is nothing to look at. */
static int dissect_ipv4(struct rest *rest, struct dissected *seen, uint16_t *id)
{
	const uint8_t *ip = rest->at;
	size_t header, total;

	if (rest->captured < 20 || ip[0] >> 4 != 4)
		return -1;
	header = (ip[0] & 15u) * 4;
	total = read16(ip + 2);
	if (header < 20)
		return -1;
	seen->has_addresses = true;
	seen->source = mapped(read32(ip + 12));
	seen->destination = mapped(read32(ip + 16));
	*id = read16(ip + 4);
	if (total >= header)
		end_at(rest, total);
	if (read16(ip + 6) & 0x1fff || !skip(rest, header))
		return -1;
	return ip[9];
}

static bool is_extension(int protocol)
{
	return protocol == 0 || protocol == 43 || protocol == PROTOCOL_FRAGMENT ||
	       protocol == PROTOCOL_AUTHENTICATION || protocol == 60 || protocol == 135 ||
	       protocol == 139 || protocol == 140;
}

static int dissect_ipv6(struct rest *rest, struct dissected *seen)
{
	const uint8_t *ip = rest->at;
	int protocol;

	if (rest->captured < 40 || ip[0] >> 4 != 6)
		return -1;
	seen->has_addresses = true;
	seen->is_v6 = true;
	seen->source = (struct address128){read64(ip + 8), read64(ip + 16)};
	seen->destination = (struct address128){read64(ip + 24), read64(ip + 32)};
	protocol = ip[6];
	if (read16(ip + 4))
		end_at(rest, 40u + read16(ip + 4));
	skip(rest, 40);
	for (unsigned int i = 0; i < TT_MAX_EXTENSION_HEADERS && is_extension(protocol); i++) {
		const uint8_t *header = rest->at;
		size_t size;

		if (rest->captured < 8)
			return -1;
		if (protocol == PROTOCOL_FRAGMENT && read16(header + 2) & 0xfff8)
			return -1;
		size = protocol == PROTOCOL_FRAGMENT         ? 8
		       : protocol == PROTOCOL_AUTHENTICATION ? (header[1] + 2u) * 4
							     : (header[1] + 1u) * 8;
		protocol = header[0];
		if (!skip(rest, size))
			return -1;
	}
	return protocol;
}

static void dissect_syn(const struct rest *rest, const struct tt_sample *sample, uint16_t id,
	struct dissected *seen)
{
	uint32_t address = (uint32_t)seen->destination.low, sequence;

	if (sample->class != TT_TCP_SYN || seen->is_v6 || rest->captured < 8)
		return;
	sequence = read32(rest->at + 4);
	if (sequence == address)
		seen->marks |= MARK_MIRAI;
	if (id == ZMAP_ID)
		seen->marks |= MARK_ZMAP;
	if (id == ((address ^ seen->destination_port ^ sequence) & 0xffff))
		seen->marks |= MARK_MASSCAN;
}

static void dissect_udp(const struct rest *rest, struct dissected *seen)
{
	const uint8_t *dns = rest->at + 8;

	if (rest->wire < 8)
		return;
	/* The packet's end decides, as in the program; the UDP length is one more claim. */
	seen->payload = (uint32_t)(rest->wire - 8);
	if (seen->source_port != DNS_PORT || rest->captured < 8 + DNS_HEADER)
		return;
	seen->has_dns = true;
	seen->dns_flags = read16(dns + 2);
	seen->dns_answers = read16(dns + 6);
}

struct dissected dissect(const struct tt_sample *sample)
{
	struct dissected seen;
	struct rest rest = {.at = sample->bytes, .captured = sample->captured};
	uint16_t type, id = 0;
	int protocol = -1;

	memset(&seen, 0, sizeof(seen));
	if (rest.captured > TT_SAMPLE_BYTES)
		rest.captured = TT_SAMPLE_BYTES;
	rest.wire = sample->length > rest.captured ? sample->length : rest.captured;
	if (!skip_ethernet(&rest, &type))
		return seen;
	if (type == 0x0800)
		protocol = dissect_ipv4(&rest, &seen, &id);
	else if (type == 0x86dd)
		protocol = dissect_ipv6(&rest, &seen);
	if ((protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP) || rest.captured < 4)
		return seen;
	seen.has_ports = true;
	seen.source_port = read16(rest.at);
	seen.destination_port = read16(rest.at + 2);
	if (protocol == PROTOCOL_TCP)
		dissect_syn(&rest, sample, id, &seen);
	else
		dissect_udp(&rest, &seen);
	return seen;
}
