/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which events a person wants to see: options for a command's argp table, their parser, and the
 * test of an event line and of an incident.
 */
#ifndef TEITEN_CMD_EVENT_FILTER_H
#define TEITEN_CMD_EVENT_FILTER_H

#include "user/cmd/options.h"
#include "user/model/incidents.h"

struct event_filter {
	int64_t from; /* Unix seconds, [from, to) */
	int64_t to;
	enum event_severity severity; /* at least */
	unsigned int kinds;           /* bit i = enum event_kind i; 0 = all */
	bool has_key;
	series_key key; /* of a port or source port 53 as a whole its countries as well */
};

enum { KEY_SEVERITY = OPTION_OWN, KEY_KIND, KEY_KEY, KEY_AFTER_FILTER };

#define EVENT_FILTER_OPTIONS                                                                       \
	OPTIONS_FROM("the first event"), OPTIONS_TO("the last event"),                             \
		{"severity", KEY_SEVERITY, "LEVEL", 0,                                             \
			"at least info (default), notice, warning or critical", 0},                \
		{"kind", KEY_KIND, "KIND", 0,                                                      \
			"new_port, surge, growth, drop, sport53, sweep or common_mode; "           \
			"repeatable",                                                              \
			0},                                                                        \
	{                                                                                          \
		"key", KEY_KEY, "KEY", 0,                                                          \
			"this series: 23/tcp (and its countries), tcp/23@CN, udp-src53, "          \
			"class/tcp_syn",                                                           \
			0                                                                          \
	}

/* Everything. */
struct event_filter event_filter_all(void);

/* Take an option of the above; ARGP_ERR_UNKNOWN for others. */
error_t event_filter_parse(
	int key, char *argument, struct argp_state *state, struct event_filter *filter);

bool event_filter_takes(const struct event_filter *filter, const struct event *line);

/* An incident that lived within the interval, and has the key among its events. */
bool event_filter_takes_incident(const struct event_filter *filter,
	const struct incidents *incidents, const struct incident *incident);

#endif
