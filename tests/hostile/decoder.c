/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hostile/decoder.h"

#include <string.h>

/* What is left of the packet: every step eats from the front. */
struct rest {
	const uint8_t *at;
	size_t left;
};

static unsigned int number16(const uint8_t *at)
{
	return at[0] * 256u + at[1];
}

static void eat(struct rest *rest, size_t bytes)
{
	rest->at += bytes;
	rest->left -= bytes;
}

static void end_at(struct rest *rest, size_t bytes)
{
	if (rest->left > bytes)
		rest->left = bytes;
}

static bool is_one_of(unsigned int value, const unsigned int *list)
{
	for (; *list != ~0u; list++)
		if (*list == value)
			return true;
	return false;
}

static enum tt_class decode_tcp(struct rest tcp, struct decoded *decoded)
{
	bool fin = false, syn = false, rst = false, ack = false;

	if (tcp.left < 4)
		return TT_L4_SHORT;
	decoded->row = DECODED_TCP;
	decoded->number = number16(tcp.at + 2);
	if (tcp.left > 13) {
		fin = tcp.at[13] % 2 == 1;
		syn = tcp.at[13] / 2 % 2 == 1;
		rst = tcp.at[13] / 4 % 2 == 1;
		ack = tcp.at[13] / 16 % 2 == 1;
	}
	if (rst || (syn && ack))
		return TT_TCP_BACKSCATTER;
	return syn && !fin ? TT_TCP_SYN : TT_TCP_OTHER;
}

static enum tt_class decode_udp(struct rest udp, struct decoded *decoded)
{
	if (udp.left < 4)
		return TT_L4_SHORT;
	decoded->row = DECODED_UDP;
	decoded->number = number16(udp.at + 2);
	if (number16(udp.at) != 53)
		return TT_UDP_OTHER;
	if (udp.left < 8 + 12)
		return TT_UDP53_SHORT;
	return udp.at[8 + 2] >= 128 ? TT_UDP53_RESPONSE : TT_UDP53_QUERY;
}

static enum tt_class decode_icmp(struct rest icmp, struct decoded *decoded)
{
	static const unsigned int answers[] = {0, 3, 4, 5, 11, 12, 14, 16, 18, ~0u};

	if (icmp.left == 0)
		return TT_ICMP_OTHER;
	decoded->row = DECODED_ICMP;
	decoded->number = icmp.at[0];
	return is_one_of(icmp.at[0], answers) ? TT_ICMP_BACKSCATTER : TT_ICMP_OTHER;
}

static enum tt_class decode_icmp6(struct rest icmp, struct decoded *decoded)
{
	static const unsigned int neighbours[] = {133, 134, 135, 136, 137, ~0u};

	if (icmp.left == 0)
		return TT_ICMP6;
	decoded->row = DECODED_ICMP6;
	decoded->number = icmp.at[0];
	decoded->is_neighbour = is_one_of(icmp.at[0], neighbours);
	return TT_ICMP6;
}

static enum tt_class decode_layer4(
	unsigned int protocol, struct rest layer4, struct decoded *decoded)
{
	if (protocol == 6)
		return decode_tcp(layer4, decoded);
	if (protocol == 17)
		return decode_udp(layer4, decoded);
	if (protocol == 1)
		return decode_icmp(layer4, decoded);
	if (protocol == 58)
		return decode_icmp6(layer4, decoded);
	return TT_OTHER_L4;
}

static void decode_fingerprints(const uint8_t *ip, const uint8_t *tcp, struct decoded *decoded)
{
	unsigned int id = number16(ip + 4);

	decoded->is_mirai = memcmp(tcp + 4, ip + 16, 4) == 0;
	decoded->is_zmap = id == 54321;
	decoded->is_masscan = id == (number16(ip + 18) ^ number16(tcp + 2) ^ number16(tcp + 6));
}

static enum tt_class decode_ipv4(struct rest packet, struct decoded *decoded)
{
	const uint8_t *ip = packet.at;
	unsigned int header, total;

	if (packet.left < 20 || ip[0] / 16 != 4)
		return TT_IP_BAD;
	header = ip[0] % 16 * 4u;
	total = number16(ip + 2);
	if (header < 20 || header > packet.left)
		return TT_IP_BAD;
	if (total != 0 && total < header)
		return TT_IP_BAD;
	decoded->address_size = 4;
	memcpy(decoded->source, ip + 12, 4);
	memcpy(decoded->destination, ip + 16, 4);
	if (ip[6] % 32 != 0 || ip[7] != 0)
		return TT_FRAG_LATER;
	if (total != 0)
		end_at(&packet, total);
	eat(&packet, header);
	decoded->class = decode_layer4(ip[9], packet, decoded);
	if (decoded->class == TT_TCP_SYN)
		decode_fingerprints(ip, packet.at, decoded);
	return decoded->class;
}

/* Bytes of the extension header at the packet's front, 0 when it is cut before it tells. */
static size_t extension_size(unsigned int protocol, const struct rest *packet)
{
	if (protocol == 44)
		return packet->left < 8 ? 0 : 8;
	if (packet->left < 2)
		return 0;
	return protocol == 51 ? 8 + packet->at[1] * 4u : 8 + packet->at[1] * 8u;
}

static enum tt_class decode_ipv6(struct rest packet, struct decoded *decoded)
{
	static const unsigned int extensions[] = {0, 43, 44, 51, 60, 135, 139, 140, ~0u};
	const uint8_t *ip = packet.at;
	unsigned int protocol;

	if (packet.left < 40 || ip[0] / 16 != 6)
		return TT_IP_BAD;
	decoded->address_size = 16;
	memcpy(decoded->source, ip + 8, 16);
	memcpy(decoded->destination, ip + 24, 16);
	protocol = ip[6];
	eat(&packet, 40);
	if (number16(ip + 4) != 0)
		end_at(&packet, number16(ip + 4));
	for (int walked = 0; is_one_of(protocol, extensions); walked++) {
		size_t size = extension_size(protocol, &packet);
		const uint8_t *header = packet.at;

		/* Announced is enough: whether the seventeenth is cut does not matter any more. */
		if (walked == 16)
			return TT_TOO_DEEP;
		if (size == 0)
			return TT_OTHER_L4;
		if (protocol == 44 && (header[2] != 0 || header[3] >= 8))
			return TT_FRAG_LATER;
		protocol = header[0];
		if (size > packet.left) {
			eat(&packet, packet.left);
			break;
		}
		eat(&packet, size);
	}
	return decode_layer4(protocol, packet, decoded);
}

struct decoded decode(const uint8_t *bytes, size_t length)
{
	static const unsigned int tags[] = {0x8100, 0x88a8, 0x9100, ~0u};
	struct decoded decoded = {.class = TT_SHORT_ETH};
	struct rest rest = {bytes, length};
	unsigned int type, seen = 0;

	if (length < 14)
		return decoded;
	type = number16(bytes + 12);
	eat(&rest, 14);
	while (is_one_of(type, tags)) {
		if (rest.left < 4)
			return decoded;
		type = number16(rest.at + 2);
		eat(&rest, 4);
		if (++seen > 8) {
			decoded.class = TT_TOO_DEEP;
			return decoded;
		}
	}
	decoded.is_neighbour = type == 0x0806;
	decoded.class = TT_NON_IP;
	if (type == 0x0800) {
		decoded.fixed_end = length - rest.left + 20;
		decoded.class = decode_ipv4(rest, &decoded);
	} else if (type == 0x86dd) {
		decoded.fixed_end = length - rest.left + 40;
		decoded.class = decode_ipv6(rest, &decoded);
	}
	return decoded;
}
