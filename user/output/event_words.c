/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/event_words.h"

#include "user/lib/text.h"
#include "user/model/port.h"
#include "user/output/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_words[] = {
	[EVENT_NEW_PORT] = "new port",
	[EVENT_SURGE] = "surge",
	[EVENT_GROWTH] = "slow growth",
	[EVENT_DROP] = "drop",
	[EVENT_SPORT53] = "rise",
	[EVENT_SWEEP] = "sweep",
	[EVENT_COMMON_MODE] = "shift",
};
_Static_assert(sizeof(kind_words) / sizeof(kind_words[0]) == EVENT_KINDS, "words for each");

static const enum page_style styles[] = {
	[EVENT_INFO] = STYLE_PLAIN,
	[EVENT_NOTICE] = STYLE_CYAN,
	[EVENT_WARNING] = STYLE_YELLOW,
	[EVENT_CRITICAL] = STYLE_RED,
};
_Static_assert(sizeof(styles) / sizeof(styles[0]) == EVENT_SEVERITIES, "a style for each");

static const char *const reason_words[] = {
	[EVENT_REASON_NONE] = "",
	[EVENT_REASON_ENDED] = "two quiet hours",
	[EVENT_REASON_NEW_NORMAL] = "it is the usual level now",
	[EVENT_REASON_TREND] = "a trend, told once",
};
_Static_assert(sizeof(reason_words) / sizeof(reason_words[0]) == EVENT_REASONS, "words for each");

const char *event_words_key(series_key key, char text[EVENT_WORDS_MAX])
{
	enum series_kind kind = series_kind(key);
	bool by_country = kind == SERIES_CELL || kind == SERIES_SPORT53_COUNTRY;
	uint32_t item = series_item(key);
	char base[SERIES_TEXT_MAX];

	series_format(key, base);
	if ((kind == SERIES_PORT || kind == SERIES_CELL) && item < TT_ROWS)
		snprintf(base, sizeof(base), "%u/%s", port_number(item),
			port_protocol_name(port_protocol(item)));
	else if (kind == SERIES_SPORT53 || kind == SERIES_SPORT53_COUNTRY)
		snprintf(base, sizeof(base), "source port 53/udp");
	else if (kind == SERIES_FANOUT && item < PORT_PROTOCOLS)
		snprintf(base, sizeof(base), "%s ports in use",
			port_protocol_name((enum port_protocol)item));
	else if (kind == SERIES_CLASS && item < TT_CLASSES)
		snprintf(base, sizeof(base), "%s", class_name((enum tt_class)item));
	else if (kind == SERIES_COMMON_MODE)
		snprintf(base, sizeof(base), "all series");
	else if (kind == SERIES_SWEEP)
		snprintf(base, sizeof(base), "many ports");
	if (by_country)
		snprintf(text, EVENT_WORDS_MAX, "%s from %s", base,
			country_code(series_country(key)));
	else
		snprintf(text, EVENT_WORDS_MAX, "%s", base);
	return text;
}

const char *event_words_what(series_key key, enum event_kind kind, char text[EVENT_WORDS_MAX])
{
	const char *words = kind < EVENT_KINDS ? kind_words[kind] : "?";
	size_t length = strlen(event_words_key(key, text));

	snprintf(text + length, EVENT_WORDS_MAX - length, " %s", words);
	return text;
}

const char *event_words_scale(uint32_t minutes)
{
	switch (minutes) {
	case 1:
		return "a minute";
	case 10:
		return "10 minutes";
	case 60:
		return "an hour";
	case 360:
		return "6 hours";
	case 1440:
		return "a day";
	case 10080:
		return "a week";
	default:
		return "?";
	}
}

const char *event_words_reason(enum event_reason reason)
{
	return reason < EVENT_REASONS ? reason_words[reason] : "?";
}

enum page_style event_words_style(enum event_severity severity)
{
	return severity < EVENT_SEVERITIES ? styles[severity] : STYLE_PLAIN;
}

const char *event_words_countries(
	const struct event *event, unsigned int limit, char text[EVENT_WORDS_COUNTRIES_MAX])
{
	unsigned int count = event->top_country_count < limit ? event->top_country_count : limit;
	size_t used = 0;

	snprintf(text, EVENT_WORDS_COUNTRIES_MAX, "-");
	for (unsigned int i = 0; i < count && i < EVENT_TOP_COUNTRIES; i++) {
		const struct event_country *top = &event->top_countries[i];
		char share[NUMBER_MAX];

		used += (size_t)snprintf(text + used, EVENT_WORDS_COUNTRIES_MAX - used, "%s%s",
			i ? ", " : "", country_code(top->country));
		if (isfinite(top->share))
			used += (size_t)snprintf(text + used, EVENT_WORDS_COUNTRIES_MAX - used,
				" %.8s", number_share(top->share, share));
	}
	return text;
}

const char *event_words_time(int64_t time, char text[EVENT_WORDS_TIME_MAX])
{
	char whole[TEXT_TIME_MAX];

	text_format_time(time, whole);
	if (strlen(whole) > 16) {
		whole[10] = ' ';
		whole[16] = '\0';
	}
	snprintf(text, EVENT_WORDS_TIME_MAX, "%s", whole);
	return text;
}
