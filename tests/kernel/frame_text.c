/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/kernel/frame_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct builder {
	uint8_t *frame;
	size_t length;
	size_t ip4, ip6; /* offset + 1 of the header whose length is automatic */
};

static void put(struct builder *builder, const void *bytes, size_t size)
{
	if (builder->length + size > FRAME_TEXT_MAX)
		abort();
	memcpy(builder->frame + builder->length, bytes, size);
	builder->length += size;
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The number behind ",name=" in a word's options; missing otherwise. */
static long option(const char *word, const char *name, int base, long missing)
{
	char needle[16];
	const char *at;

	snprintf(needle, sizeof(needle), ",%s=", name);
	at = strstr(word, needle);
	return at ? strtol(at + strlen(needle), NULL, base) : missing;
}

static void option_address(const char *word, const char *name, int family, uint8_t *bytes)
{
	char needle[16], text[64];
	const char *at;

	snprintf(needle, sizeof(needle), ",%s=", name);
	at = strstr(word, needle);
	if (!at)
		return;
	at += strlen(needle);
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, ","), at);
	if (inet_pton(family, text, bytes) != 1)
		abort();
}

static void put_ip4(struct builder *builder, const char *word, unsigned int protocol)
{
	uint8_t header[60] = {0};
	unsigned int ihl = (unsigned int)option(word, "ihl", 10, 5);
	long length = option(word, "len", 10, -1);

	header[0] = (uint8_t)(option(word, "ver", 10, 4) << 4 | ihl);
	put16(header + 6, (unsigned int)option(word, "frag", 16, 0));
	header[8] = 64;
	header[9] = (uint8_t)protocol;
	memcpy(header + 12, "\xc6\x33\x64\x01\xc0\x00\x02\x01", 8); /* 198.51.100.1 192.0.2.1 */
	option_address(word, "from", AF_INET, header + 12);
	option_address(word, "to", AF_INET, header + 16);
	if (length >= 0)
		put16(header + 2, (unsigned int)length);
	else
		builder->ip4 = builder->length + 1;
	put(builder, header, ihl < 5 ? 20 : ihl * 4);
}

static void put_ip6(struct builder *builder, const char *word, unsigned int next)
{
	uint8_t header[40] = {0};
	long length = option(word, "len", 10, -1);

	header[0] = (uint8_t)(option(word, "ver", 10, 6) << 4);
	header[6] = (uint8_t)next;
	header[7] = 64;
	inet_pton(AF_INET6, "2001:db8::1", header + 8);
	inet_pton(AF_INET6, "2001:db8:ffff::1", header + 24);
	option_address(word, "from", AF_INET6, header + 8);
	option_address(word, "to", AF_INET6, header + 24);
	if (length >= 0)
		put16(header + 4, (unsigned int)length);
	else
		builder->ip6 = builder->length + 1;
	put(builder, header, sizeof(header));
}

static void put_tcp(
	struct builder *builder, unsigned int source, unsigned int destination, const char *flags)
{
	static const char names[] = "FSRPAU";
	uint8_t header[20] = {0};

	put16(header, source);
	put16(header + 2, destination);
	header[12] = 5 << 4;
	for (; *flags; flags++)
		if (strchr(names, *flags))
			header[13] |= (uint8_t)(1u << (strchr(names, *flags) - names));
	put(builder, header, sizeof(header));
}

static void put_extension(
	struct builder *builder, unsigned int next, unsigned int units, size_t size)
{
	uint8_t header[2048 + 8] = {(uint8_t)next, (uint8_t)units};

	put(builder, header, size);
}

static void put_raw(struct builder *builder, const char *hex)
{
	unsigned int byte;
	uint8_t value;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2) {
		value = (uint8_t)byte;
		put(builder, &value, 1);
	}
}

static void put_word(struct builder *builder, const char *word)
{
	static const uint8_t zeros[FRAME_TEXT_MAX];
	uint8_t header[16] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	char flags[8] = "";
	unsigned int a, b;

	if (sscanf(word, "eth:%x", &a) == 1) {
		put16(header + 12, a);
		put(builder, header, 14);
	} else if (sscanf(word, "tag:%x", &a) == 1) {
		put16(header, 7);
		put16(header + 2, a);
		put(builder, header, 4);
	} else if (sscanf(word, "ip4:%u", &a) == 1) {
		put_ip4(builder, word, a);
	} else if (sscanf(word, "ip6:%u", &a) == 1) {
		put_ip6(builder, word, a);
	} else if (sscanf(word, "ext:%u:%u", &a, &b) == 2) {
		put_extension(builder, a, b, (b + 1) * 8);
	} else if (sscanf(word, "ah:%u:%u", &a, &b) == 2) {
		put_extension(builder, a, b, (b + 2) * 4);
	} else if (sscanf(word, "frag6:%u:%x", &a, &b) == 2) {
		memset(header, 0, 8);
		header[0] = (uint8_t)a;
		put16(header + 2, b);
		put(builder, header, 8);
	} else if (sscanf(word, "tcp:%u:%u:%7s", &a, &b, flags) >= 2) {
		put_tcp(builder, a, b, flags);
	} else if (sscanf(word, "udp:%u:%u", &a, &b) == 2) {
		memset(header, 0, 8);
		put16(header, a);
		put16(header + 2, b);
		put(builder, header, 8);
	} else if (sscanf(word, "icmp:%u", &a) == 1) {
		memset(header, 0, 8);
		header[0] = (uint8_t)a;
		put(builder, header, 8);
	} else if (sscanf(word, "dns:%x", &a) == 1) {
		memset(header, 0, 12);
		header[2] = (uint8_t)a;
		put(builder, header, 12);
	} else if (sscanf(word, "zero:%u", &a) == 1 && a <= sizeof(zeros)) {
		put(builder, zeros, a);
	} else if (strncmp(word, "raw:", 4) == 0) {
		put_raw(builder, word + 4);
	} else if (sscanf(word, "cut:%u", &a) != 1) {
		fprintf(stderr, "frame_text: unknown word '%s'\n", word);
		abort();
	}
}

size_t frame_from_text(const char *text, uint8_t frame[FRAME_TEXT_MAX])
{
	struct builder builder = {.frame = frame};
	const char *cut = strstr(text, "cut:");
	char word[160];
	int used;

	for (; sscanf(text, " %159s%n", word, &used) == 1; text += used)
		put_word(&builder, word);
	if (builder.ip4)
		put16(frame + builder.ip4 - 1 + 2,
			(unsigned int)(builder.length - builder.ip4 + 1));
	if (builder.ip6)
		put16(frame + builder.ip6 - 1 + 4,
			(unsigned int)(builder.length - builder.ip6 + 1 - 40));
	return cut ? (size_t)strtoul(cut + 4, NULL, 10) : builder.length;
}
