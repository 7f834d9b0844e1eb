/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/series.h"

#include "user/lib/text.h"
#include "user/model/port.h"

#include <stdio.h>
#include <string.h>

series_key series_family(series_key key)
{
	switch (series_kind(key)) {
	case SERIES_CELL:
		return series_make(SERIES_PORT, series_item(key), 0);
	case SERIES_SPORT53_COUNTRY:
		return series_make(SERIES_SPORT53, 0, 0);
	default:
		return key;
	}
}

void series_format(series_key key, char text[SERIES_TEXT_MAX])
{
	uint32_t item = series_item(key);
	const char *country = country_code(series_country(key));

	switch (series_kind(key)) {
	case SERIES_PORT:
		snprintf(text, SERIES_TEXT_MAX, "%s/%u", port_protocol_name(port_protocol(item)),
			port_number(item));
		return;
	case SERIES_CELL:
		snprintf(text, SERIES_TEXT_MAX, "%s/%u@%s", port_protocol_name(port_protocol(item)),
			port_number(item), country);
		return;
	case SERIES_SPORT53:
		snprintf(text, SERIES_TEXT_MAX, "udp-src53");
		return;
	case SERIES_SPORT53_COUNTRY:
		snprintf(text, SERIES_TEXT_MAX, "udp-src53@%s", country);
		return;
	case SERIES_FANOUT:
		snprintf(text, SERIES_TEXT_MAX, "fanout/%s",
			port_protocol_name((enum port_protocol)item));
		return;
	case SERIES_CLASS:
		snprintf(text, SERIES_TEXT_MAX, "class/%s", class_name((enum tt_class)item));
		return;
	case SERIES_COMMON_MODE:
		snprintf(text, SERIES_TEXT_MAX, "common_mode");
		return;
	case SERIES_SWEEP:
		snprintf(text, SERIES_TEXT_MAX, "sweep");
		return;
	case SERIES_KINDS:
		break;
	}
	snprintf(text, SERIES_TEXT_MAX, "?");
}

/* The name behind "class/". */
static bool parse_class(const char *name, series_key *key)
{
	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		if (strcmp(name, class_name((enum tt_class)i)) == 0) {
			*key = series_make(SERIES_CLASS, i, 0);
			return true;
		}
	}
	return false;
}

static bool parse_fanout(const char *name, series_key *key)
{
	enum port_protocol protocol;

	if (!port_protocol_find(name, &protocol))
		return false;
	*key = series_make(SERIES_FANOUT, protocol, 0);
	return true;
}

/* proto/port, with a country when has_country. */
static bool parse_port(const char *name, bool has_country, country_id country, series_key *key)
{
	char protocol_name[8];
	const char *slash = strchr(name, '/');
	enum port_protocol protocol;
	uint64_t port;
	uint32_t row;

	if (!slash || (size_t)(slash - name) >= sizeof(protocol_name))
		return false;
	memcpy(protocol_name, name, (size_t)(slash - name));
	protocol_name[slash - name] = '\0';
	if (!port_protocol_find(protocol_name, &protocol) ||
		text_parse_unsigned(slash + 1, UINT16_MAX, &port))
		return false;
	row = port_row(protocol, (uint32_t)port);
	if (row == TT_ROW_NONE)
		return false;
	*key = series_make(has_country ? SERIES_CELL : SERIES_PORT, row, country);
	return true;
}

bool series_parse(const char *text, series_key *key)
{
	char name[SERIES_TEXT_MAX];
	char *at;
	country_id country = 0;

	if (strlen(text) >= sizeof(name))
		return false;
	memcpy(name, text, strlen(text) + 1);
	at = strchr(name, '@');
	if (at) {
		*at = '\0';
		if (strlen(at + 1) != 2 || !country_find(at + 1, &country))
			return false;
	}
	if (strcmp(name, "udp-src53") == 0) {
		*key = series_make(at ? SERIES_SPORT53_COUNTRY : SERIES_SPORT53, 0, country);
		return true;
	}
	if (!at && strncmp(name, "class/", 6) == 0)
		return parse_class(name + 6, key);
	if (!at && strncmp(name, "fanout/", 7) == 0)
		return parse_fanout(name + 7, key);
	if (!at && (strcmp(name, "common_mode") == 0 || strcmp(name, "sweep") == 0)) {
		*key = series_make(name[0] == 'c' ? SERIES_COMMON_MODE : SERIES_SWEEP, 0, 0);
		return true;
	}
	return parse_port(name, at != NULL, country, key);
}
