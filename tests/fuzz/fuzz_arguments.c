/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people write behind options: times, series, countries, addresses, numbers, zones and the
 * filters of events. Input: lines, each a letter that says what it is and the text. What is taken
 * must mean the same when it is written and read again; what is refused ends the line.
 */
#include "user/cmd/event_filter.h"
#include "user/lib/text.h"
#include "user/lib/zone.h"
#include "user/model/country.h"
#include "user/model/port.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static jmp_buf refused;

/* In place of the library's, which ends the process. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
void argp_error(const struct argp_state *state, const char *format, ...)
{
	(void)state;
	(void)format;
	longjmp(refused, 1);
}

#define require(condition) ((condition) ? (void)0 : fail(#condition))

static void fail(const char *condition)
{
	fprintf(stderr, "not so: %s\n", condition);
	abort();
}

static void try_time(const char *text)
{
	char again[TEXT_TIME_MAX];
	int64_t seconds, same;

	if (text_parse_time(text, &seconds))
		return;
	text_format_time(seconds, again);
	require(again[0] == '?' || (text_parse_time(again, &same) == 0 && same == seconds));
}

static void try_series(const char *text)
{
	char again[SERIES_TEXT_MAX];
	series_key key, same;

	if (!series_parse(text, &key))
		return;
	series_format(key, again);
	require(series_parse(again, &same) && same == key);
}

static void try_address(const char *text)
{
	struct text_address address = {0}, same = {0};
	char again[TEXT_ADDRESS_MAX];
	unsigned int length;

	if (text_parse_prefix(text, &address, &length) == 0)
		require(length <= (address.is_v6 ? 128u : 32u));
	memset(&address, 0, sizeof(address));
	if (text_parse_address(text, &address))
		return;
	text_format_address(&address, again);
	require(text_parse_address(again, &same) == 0 && same.is_v6 == address.is_v6 &&
		memcmp(same.bytes, address.bytes, address.is_v6 ? 16 : 4) == 0);
}

static void try_numbers(const char *text)
{
	uint64_t number;
	double real;
	bool truth;

	if (text_parse_unsigned(text, 65535, &number) == 0)
		require(number <= 65535);
	if (text_parse_unsigned(text, UINT64_MAX, &number) == 0)
		require(strspn(text, "0123456789") == strlen(text));
	if (text_parse_double(text, -1, 1e6, &real) == 0)
		require(isfinite(real) && real >= -1 && real <= 1e6);
	if (text_parse_bool(text, &truth) == 0)
		require(truth == 0 || truth == 1);
}

static void try_names(const char *text)
{
	enum port_protocol protocol;
	country_id country;

	if (strlen(text) == 2 && country_find(text, &country))
		require(strcasecmp(country_code(country), text) == 0);
	if (port_protocol_find(text, &protocol))
		require(strcmp(port_protocol_name(protocol), text) == 0);
	config_is_interface_name(text);
	/* A name becomes a part of a path: nothing that leaves the folder of zones. */
	if (zone_is_name(text))
		require(text[0] != '/' && !strstr(text, ".."));
}

static void try_filter(struct event_filter *filter, char kind, char *text)
{
	static const int keys[] = {
		OPTION_FROM, OPTION_TO, KEY_SEVERITY, KEY_KIND, KEY_KEY, ARGP_KEY_END};
	struct argp_state state = {0};
	struct event line = {.key = series_make(SERIES_PORT, 23, 0)};

	if (setjmp(refused) == 0)
		event_filter_parse(keys[kind - '0'], text, &state, filter);
	event_filter_takes(filter, &line);
}

static void try_line(struct event_filter *filter, char *line)
{
	switch (*line) {
	case 't':
		try_time(line + 1);
		break;
	case 's':
		try_series(line + 1);
		break;
	case 'a':
		try_address(line + 1);
		break;
	case 'n':
		try_numbers(line + 1);
		break;
	case 'w':
		try_names(line + 1);
		break;
	case '0' ... '5':
		try_filter(filter, *line, line + 1);
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_filter filter = event_filter_all();
	char *text = malloc(size + 1), *rest = text, *line;

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	while ((line = strsep(&rest, "\n")))
		try_line(&filter, line);
	free(text);
	return 0;
}
