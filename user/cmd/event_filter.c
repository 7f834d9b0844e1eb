/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/event_filter.h"

#include <stdio.h>
#include <string.h>

struct event_filter event_filter_all(void)
{
	return (struct event_filter){.to = INT64_MAX};
}

static void parse_severity(struct argp_state *state, struct event_filter *filter, const char *name)
{
	for (unsigned int i = 0; i < EVENT_SEVERITIES; i++) {
		if (strcmp(name, event_severity_name((enum event_severity)i)) == 0) {
			filter->severity = (enum event_severity)i;
			return;
		}
	}
	argp_error(state, "--severity '%s' is not one of info, notice, warning, critical", name);
}

static void parse_kind(struct argp_state *state, struct event_filter *filter, const char *name)
{
	for (unsigned int i = 0; i < EVENT_KINDS; i++) {
		if (strcmp(name, event_kind_name((enum event_kind)i)) == 0) {
			filter->kinds |= 1u << i;
			return;
		}
	}
	argp_error(state,
		"--kind '%s' is not one of new_port, surge, growth, drop, sport53, sweep, "
		"common_mode",
		name);
}

/* 23/tcp, as people say it, is tcp/23. */
static bool parse_spoken(const char *text, series_key *key)
{
	const char *slash = strchr(text, '/');
	const char *at = strchr(text, '@');
	char turned[SERIES_TEXT_MAX];
	int length;

	if (!slash || slash == text || strspn(text, "0123456789") != (size_t)(slash - text))
		return false;
	at = at ? at : text + strlen(text);
	if (at < slash)
		return false;
	length = snprintf(turned, sizeof(turned), "%.*s/%.*s%s", (int)(at - slash - 1), slash + 1,
		(int)(slash - text), text, at);
	return length > 0 && (size_t)length < sizeof(turned) && series_parse(turned, key);
}

error_t event_filter_parse(
	int key, char *argument, struct argp_state *state, struct event_filter *filter)
{
	switch (key) {
	case OPTION_FROM:
		options_time(state, "from", argument, &filter->from);
		return 0;
	case OPTION_TO:
		options_time(state, "to", argument, &filter->to);
		return 0;
	case KEY_SEVERITY:
		parse_severity(state, filter, argument);
		return 0;
	case KEY_KIND:
		parse_kind(state, filter, argument);
		return 0;
	case KEY_KEY:
		if (!series_parse(argument, &filter->key) && !parse_spoken(argument, &filter->key))
			argp_error(state,
				"--key '%s' is no series: write 23/tcp, tcp/23@CN, udp-src53 or "
				"class/tcp_syn",
				argument);
		filter->has_key = true;
		return 0;
	case ARGP_KEY_END:
		if (filter->from > filter->to)
			argp_error(state, "--from is after --to");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool takes_kind(const struct event_filter *filter, enum event_kind kind)
{
	return !filter->kinds || filter->kinds >> kind & 1;
}

static bool takes_key(const struct event_filter *filter, series_key key)
{
	return !filter->has_key || key == filter->key || series_family(key) == filter->key;
}

bool event_filter_takes(const struct event_filter *filter, const struct event *line)
{
	return line->time >= filter->from && line->time < filter->to &&
	       line->severity >= filter->severity && takes_kind(filter, line->kind) &&
	       takes_key(filter, line->key);
}

bool event_filter_takes_incident(const struct event_filter *filter,
	const struct incidents *incidents, const struct incident *incident)
{
	bool has_key = takes_key(filter, incident->key);

	for (unsigned int i = 0; i < incident->events && !has_key; i++)
		has_key = takes_key(filter, incidents_key(incidents, incident, i));
	/* What is open lives on. */
	return has_key && incident->opened < filter->to &&
	       (incident->open || incident->last >= filter->from) &&
	       incident->severity >= filter->severity && takes_kind(filter, incident->kind);
}
