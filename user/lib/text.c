/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

int text_parse_unsigned(const char *text, uint64_t maximum, uint64_t *value)
{
	uint64_t sum = 0;

	if (!*text)
		return -EINVAL;
	for (const char *c = text; *c; c++) {
		unsigned int digit = (unsigned int)(*c - '0');

		if (digit > 9)
			return -EINVAL;
		if (sum > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		sum = sum * 10 + digit;
	}
	if (sum > maximum)
		return -ERANGE;
	*value = sum;
	return 0;
}

int text_parse_double(const char *text, double minimum, double maximum, double *value)
{
	char *end;
	double number;

	/* strtod takes leading space, hexadecimal, inf and nan; a setting means none of them. */
	if (!*text || strspn(text, "0123456789+-.eE") != strlen(text))
		return -EINVAL;
	number = strtod(text, &end);
	if (*end || end == text || !isfinite(number))
		return -EINVAL;
	if (number < minimum || number > maximum)
		return -ERANGE;
	*value = number;
	return 0;
}

int text_parse_bool(const char *text, bool *value)
{
	static const char *const words[][2] = {
		{"true", "false"},
		{"yes", "no"},
		{"on", "off"},
		{"1", "0"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (unsigned int j = 0; j < 2; j++) {
			if (strcasecmp(text, words[i][j]) == 0) {
				*value = j == 0;
				return 0;
			}
		}
	}
	return -EINVAL;
}

bool text_has_control_bytes(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return true;
	return false;
}

bool text_is_server_url(const char *text)
{
	const char *host = strncmp(text, "http://", 7) == 0    ? text + 7
			   : strncmp(text, "https://", 8) == 0 ? text + 8
							       : NULL;
	size_t length = host ? strcspn(host, "/?#@ \\") : 0;

	return length > 0 && !text_has_control_bytes(text) &&
	       (!host[length] || strcmp(host + length, "/") == 0) && strlen(text) < 1024;
}

int text_parse_address(const char *text, struct text_address *address)
{
	struct text_address parsed = {0};

	if (inet_pton(AF_INET, text, parsed.bytes) != 1) {
		if (inet_pton(AF_INET6, text, parsed.bytes) != 1)
			return -EINVAL;
		parsed.is_v6 = true;
	}
	*address = parsed;
	return 0;
}

void text_format_address(const struct text_address *address, char text[TEXT_ADDRESS_MAX])
{
	inet_ntop(address->is_v6 ? AF_INET6 : AF_INET, address->bytes, text, TEXT_ADDRESS_MAX);
}

void text_format_network(
	bool is_v6, uint64_t network, unsigned int bits, char text[TEXT_NETWORK_MAX])
{
	struct text_address address = {.is_v6 = is_v6};
	uint64_t upper = network << (64 - bits);
	size_t used;

	for (unsigned int i = 0; i < 8; i++)
		address.bytes[i] = (uint8_t)(upper >> (56 - 8 * i));
	text_format_address(&address, text);
	used = strlen(text);
	snprintf(text + used, TEXT_NETWORK_MAX - used, "/%u", bits);
}

static bool host_bits_are_zero(const struct text_address *address, unsigned int length)
{
	unsigned int bits = address->is_v6 ? 128 : 32;

	for (unsigned int i = length; i < bits; i++)
		if (address->bytes[i / 8] & (0x80u >> i % 8))
			return false;
	return true;
}

int text_parse_prefix(const char *text, struct text_address *address, unsigned int *length)
{
	char copy[TEXT_ADDRESS_MAX + 4];
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	struct text_address parsed;
	uint64_t bits;

	if (size >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (text_parse_address(copy, &parsed))
		return -EINVAL;
	bits = parsed.is_v6 ? 128 : 32;
	if (slash && text_parse_unsigned(slash + 1, bits, &bits))
		return -EINVAL;
	if (!host_bits_are_zero(&parsed, (unsigned int)bits))
		return -EINVAL;
	*address = parsed;
	*length = (unsigned int)bits;
	return 0;
}

/* Exactly count digits at *text, which moves behind them; -1 if there is something else. */
static int digits(const char **text, unsigned int count)
{
	int number = 0;

	for (; count; count--, (*text)++) {
		if (!isdigit((unsigned char)**text))
			return -1;
		number = number * 10 + (**text - '0');
	}
	return number;
}

static bool expect(const char **text, const char *one_of)
{
	if (!**text || !strchr(one_of, **text))
		return false;
	(*text)++;
	return true;
}

/* T12:34:56Z or T12:34:56+09:00 behind a date; fractions of a second are dropped. */
static int parse_clock(const char **text, struct tm *tm, int *offset)
{
	int hours, minutes, sign;

	if (!expect(text, "Tt ") || (tm->tm_hour = digits(text, 2)) < 0 || !expect(text, ":") ||
		(tm->tm_min = digits(text, 2)) < 0 || !expect(text, ":") ||
		(tm->tm_sec = digits(text, 2)) < 0)
		return -EINVAL;
	if (expect(text, "."))
		while (isdigit((unsigned char)**text))
			(*text)++;
	if (expect(text, "Zz"))
		return 0;
	sign = **text == '-' ? -1 : 1;
	if (!expect(text, "+-") || (hours = digits(text, 2)) < 0 || !expect(text, ":") ||
		(minutes = digits(text, 2)) < 0 || hours > 23 || minutes > 59)
		return -EINVAL;
	*offset = sign * (hours * 3600 + minutes * 60);
	return 0;
}

int text_parse_time(const char *text, int64_t *seconds)
{
	struct tm tm = {0};
	struct tm check;
	int offset = 0;
	time_t result;

	if ((tm.tm_year = digits(&text, 4)) < 0 || !expect(&text, "-") ||
		(tm.tm_mon = digits(&text, 2)) < 0 || !expect(&text, "-") ||
		(tm.tm_mday = digits(&text, 2)) < 0)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	if (*text && parse_clock(&text, &tm, &offset))
		return -EINVAL;
	if (*text || tm.tm_sec > 60)
		return -EINVAL;
	tm.tm_sec = tm.tm_sec == 60 ? 59 : tm.tm_sec; /* a leap second has no number of its own */
	check = tm;
	result = timegm(&check);
	if (check.tm_mday != tm.tm_mday || check.tm_mon != tm.tm_mon ||
		check.tm_hour != tm.tm_hour || check.tm_min != tm.tm_min)
		return -EINVAL; /* February 30 and its like: timegm moved them */
	*seconds = (int64_t)result - offset;
	return 0;
}

void text_format_time(int64_t seconds, char text[TEXT_TIME_MAX])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&time, &tm) || tm.tm_year + 1900 < 0 || tm.tm_year + 1900 > 9999) {
		snprintf(text, TEXT_TIME_MAX, "?");
		return;
	}
	snprintf(text, TEXT_TIME_MAX, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		(unsigned int)(tm.tm_year + 1900) % 10000, (unsigned int)(tm.tm_mon + 1) % 100,
		(unsigned int)tm.tm_mday % 100, (unsigned int)tm.tm_hour % 100,
		(unsigned int)tm.tm_min % 100, (unsigned int)tm.tm_sec % 100);
}
