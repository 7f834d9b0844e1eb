/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/event_table.h"

#include "user/lib/text.h"
#include "user/model/port.h"

#include <math.h>
#include <string.h>

#define NUMBER_MAX 24

static const char *const colour[] = {
	[EVENT_INFO] = "",
	[EVENT_NOTICE] = "\033[36m",
	[EVENT_WARNING] = "\033[33m",
	[EVENT_CRITICAL] = "\033[1;31m",
};
_Static_assert(sizeof(colour) / sizeof(colour[0]) == EVENT_SEVERITIES, "a colour for each");

void event_table_name(series_key key, char name[EVENT_TABLE_NAME_MAX])
{
	enum series_kind kind = series_kind(key);
	uint32_t row = series_item(key);
	char text[SERIES_TEXT_MAX];
	char base[SERIES_TEXT_MAX];

	if ((kind == SERIES_PORT || kind == SERIES_CELL) && row < TT_ROWS) {
		snprintf(base, sizeof(base), "%u/%s", port_number(row),
			port_protocol_name(port_protocol(row)));
	} else if (kind == SERIES_SPORT53 || kind == SERIES_SPORT53_COUNTRY) {
		snprintf(base, sizeof(base), "source port 53/udp");
	} else {
		series_format(key, text);
		snprintf(name, EVENT_TABLE_NAME_MAX, "%s", text);
		return;
	}
	if (kind == SERIES_CELL || kind == SERIES_SPORT53_COUNTRY)
		snprintf(name, EVENT_TABLE_NAME_MAX, "%s from %s", base,
			country_code(series_country(key)));
	else
		snprintf(name, EVENT_TABLE_NAME_MAX, "%s", base);
}

/* Whole numbers and large ones without a fraction. */
static void format_number(double number, const char *unit, char text[NUMBER_MAX])
{
	if (!isfinite(number))
		snprintf(text, NUMBER_MAX, "-");
	else if (fabs(number) >= 1e9)
		snprintf(text, NUMBER_MAX, "%.2e%s", number, unit);
	else if (number == trunc(number) || fabs(number) >= 100)
		snprintf(text, NUMBER_MAX, "%.0f%s", number, unit);
	else
		snprintf(text, NUMBER_MAX, "%.*f%s", fabs(number) < 1 ? 2 : 1, number, unit);
}

static void print_countries(FILE *out, const struct event *event)
{
	if (!event->top_country_count)
		fputs("-", out);
	for (unsigned int i = 0; i < event->top_country_count && i < EVENT_TOP_COUNTRIES; i++) {
		const struct event_country *top = &event->top_countries[i];

		fprintf(out, "%s%s", i ? ", " : "", country_code(top->country));
		if (isfinite(top->share))
			fprintf(out, " %.0f%%", 100 * top->share);
	}
}

/* 2014-02-11T00:07:00Z as 2014-02-11 00:07. */
static void format_minute(int64_t time, char text[TEXT_TIME_MAX])
{
	text_format_time(time, text);
	if (strlen(text) > 16) {
		text[10] = ' ';
		text[16] = '\0';
	}
}

static void print_event(FILE *out, const struct event *event, bool colours)
{
	bool coloured = colours && event->severity < EVENT_SEVERITIES && *colour[event->severity];
	char time[TEXT_TIME_MAX];
	char name[EVENT_TABLE_NAME_MAX];
	char what[EVENT_TABLE_NAME_MAX + 16];
	char observed[NUMBER_MAX], expected[NUMBER_MAX], ratio[NUMBER_MAX];

	format_minute(event->time, time);
	event_table_name(event->key, name);
	snprintf(what, sizeof(what), "%s %s", name, event_kind_name(event->kind));
	format_number(event->observed, "", observed);
	format_number(event->expected, "", expected);
	format_number(event->ratio, "x", ratio);
	fprintf(out, "%-16s  %-6s  %s%-8s%s  %-34s  %4s  %8s  %8s  %7s  ", time,
		event_phase_name(event->phase), coloured ? colour[event->severity] : "",
		event_severity_name(event->severity), coloured ? "\033[0m" : "", what,
		event->scale ? event_scale_name(event->scale) : "-", observed, expected, ratio);
	print_countries(out, event);
	if (*event_reason_name(event->reason))
		fprintf(out, "  (%s)", event_reason_name(event->reason));
	fputc('\n', out);
}

void event_table_print(FILE *out, const struct event *events, size_t count, bool colours)
{
	if (count)
		fprintf(out, "%-16s  %-6s  %-8s  %-34s  %4s  %8s  %8s  %7s  %s\n", "time (UTC)",
			"phase", "severity", "what", "over", "seen", "expected", "ratio", "from");
	for (size_t i = 0; i < count; i++)
		print_event(out, &events[i], colours);
}
