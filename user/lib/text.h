/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers, addresses and times from text and back, and what a text is. Every reader takes the whole
 * text or nothing: 0 on success, -EINVAL when the text is something else, -ERANGE when it is beyond
 * a limit; results are untouched on failure. No locale, no time zone but UTC.
 */
#ifndef TEITEN_LIB_TEXT_H
#define TEITEN_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only, at most maximum. */
int text_parse_unsigned(const char *text, uint64_t maximum, uint64_t *value);

/* A finite decimal number with minimum <= value <= maximum. */
int text_parse_double(const char *text, double minimum, double maximum, double *value);

/* true/false, yes/no, on/off, 1/0. */
int text_parse_bool(const char *text, bool *value);

/* Whether a byte of it is none that prints: a line end, an escape. */
bool text_has_control_bytes(const char *text);

/* Whether this is http://HOST[:PORT][/] or https://..., in less than 1,024 bytes, and no more. */
bool text_is_server_url(const char *text);

/* An address of either family; IPv4 fills bytes[0..3]. */
struct text_address {
	bool is_v6;
	uint8_t bytes[16]; /* network order */
};

#define TEXT_ADDRESS_MAX 46

int text_parse_address(const char *text, struct text_address *address);
void text_format_address(const struct text_address *address, char text[TEXT_ADDRESS_MAX]);

#define TEXT_NETWORK_MAX (TEXT_ADDRESS_MAX + 4)
/* "192.0.2.0/24": the network's upper bits, of which there are so many (1 to 64). */
void text_format_network(
	bool is_v6, uint64_t network, unsigned int bits, char text[TEXT_NETWORK_MAX]);

/* address/length, host bits zero (else -EINVAL); a bare address is a full-length prefix. */
int text_parse_prefix(const char *text, struct text_address *address, unsigned int *length);

/* RFC 3339 with Z or an offset, or a bare date (its midnight UTC) -> Unix seconds. */
int text_parse_time(const char *text, int64_t *seconds);

#define TEXT_TIME_MAX 32

/* Unix seconds -> 2014-02-11T00:00:00Z. Years outside 0000-9999 print as "?". */
void text_format_time(int64_t seconds, char text[TEXT_TIME_MAX]);

#endif
