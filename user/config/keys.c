/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/config/keys.h"

#include <string.h>

/* Names of fields take no parentheses. NOLINTBEGIN(bugprone-macro-parentheses) */
#define FIELD(section_, key_, type_, field_)                                                       \
	.section = section_, .key = key_, .full_name = section_ "." key_, .type = type_,           \
	.offset = offsetof(struct config, field_)
/* NOLINTEND(bugprone-macro-parentheses) */

const struct config_key config_keys[] = {
	{FIELD("sensor", "name", CONFIG_TEXT, name), .may_be_empty = true, .fallback = "",
		.help = "Name of this sensor in events.\nEmpty: the host's name."},
	{FIELD("sensor", "interface", CONFIG_INTERFACE, interface), .may_be_empty = true,
		.fallback = "",
		.help = "Network interface to count on.\nEmpty: teiten run needs -i."},
	{FIELD("sensor", "attach", CONFIG_ATTACH, attach), .fallback = "auto",
		.help = "How the program is attached: frags (drivers with multi-buffer frames),\n"
			"native, generic, or auto for the first of these that works."},
	{FIELD("sensor", "verdict", CONFIG_VERDICT, verdict), .fallback = "drop",
		.help = "What happens to a frame once it is counted.\n"
			"drop: dropped, but ARP and ICMPv6 133-137 pass so that the router still\n"
			"finds this host. drop-all: those too. pass: nothing is dropped, for an\n"
			"interface that other programs use."},
	{FIELD("sensor", "addresses", CONFIG_ADDRESSES, addresses), .may_be_empty = true,
		.fallback = "",
		.help = "The monitored addresses: prefixes, or a bare number of addresses.\n"
			"With prefixes, frames to other addresses are counted as off_target.\n"
			"May be repeated. Empty: everything counts, rates per address are "
			"unknown."},
	{FIELD("sensor", "timezone", CONFIG_TIMEZONE, timezone), .fallback = "UTC",
		.help = "Time zone of calendar days."},
	{FIELD("sensor", "country", CONFIG_COUNTRY, country), .may_be_empty = true, .fallback = "",
		.help = "The sensor's own country, two letters.\n"
			"Empty: the share of domestic sources is unknown."},

	{FIELD("geo", "file", CONFIG_FILES, geo_file),
		.count_offset = offsetof(struct config, geo_file_count), .reloadable = true,
		.may_be_empty = true,
		.fallback = "/var/lib/teiten/geo/geoip\n/var/lib/teiten/geo/geoip6",
		.help = "Country data: registry files, start,end,CC text or MMDB.\n"
			"May be repeated; where two files overlap the later one wins. Lines given\n"
			"here replace the default. Empty: every country is unknown."},

	{FIELD("state", "dir", CONFIG_PATH, state_dir), .fallback = "/var/lib/teiten",
		.help = "Directory of the history database and the detector's state."},

	{FIELD("events", "log", CONFIG_PATH, event_log), .reloadable = true, .may_be_empty = true,
		.fallback = "/var/log/teiten/events.json",
		.help = "Event log, JSON lines; opened again on HUP.\n"
			"Empty: events go to the database and the BPF map only."},

	{FIELD("counting", "countries", CONFIG_SWITCH, count_countries), .fallback = "yes",
		.help = "Count each port, and estimate distinct sources, by source country.\n"
			"Counters go on as they began: to change it, detach first."},
	{FIELD("counting", "sources", CONFIG_SWITCH, count_sources), .fallback = "yes",
		.help = "Estimate distinct sources: of the sensor, each port and country, and "
			"source\n"
			"port 53. no: their numbers are unknown; every count stays what it is, "
			"and\n"
			"a packet costs 3 to 4 ns less (on an Intel Xeon)."},
	{FIELD("counting", "prefixes", CONFIG_SWITCH, count_prefixes), .fallback = "yes",
		.help = "Count source prefixes (/24 and /48) of packets from source port 53.\n"
			"Their tables are given back by detach."},

	{FIELD("retention", "minute", CONFIG_DAYS, retention_minute), .reloadable = true,
		.minimum = 0, .maximum = 36500, .fallback = "30",
		.help = "Days to keep rows of one minute; 0 keeps them for ever."},
	{FIELD("retention", "hour", CONFIG_DAYS, retention_hour), .reloadable = true, .minimum = 0,
		.maximum = 36500, .fallback = "400",
		.help = "Days to keep rows of one hour; 0 keeps them for ever."},
	{FIELD("retention", "day", CONFIG_DAYS, retention_day), .reloadable = true, .minimum = 0,
		.maximum = 36500, .fallback = "3650",
		.help = "Days to keep rows of one day; 0 keeps them for ever."},

	{FIELD("evidence", "packets", CONFIG_SWITCH, sample_packets), .fallback = "yes",
		.help = "Look at some of the packets: prefixes, fingerprints and DNS details of\n"
			"events, packet files of incidents, candidates for open resolvers.\n"
			"no: nothing of a packet but its headers' counts ever leaves the kernel."},
	{FIELD("evidence", "background", CONFIG_COUNT, sample_background), .minimum = 1,
		.maximum = 1 << 30, .fallback = "256",
		.help = "Of busy traffic one packet in so many is sampled, rounded down to a "
			"power\n"
			"of two; of quiet traffic and of open events more."},
	{FIELD("evidence", "incident_files", CONFIG_COUNT, incident_files), .minimum = 0,
		.maximum = 100000, .fallback = "1000",
		.help = "Packet files of incidents to keep in incidents/ of the state directory;\n"
			"the oldest go first. 0: none are written."},
	{FIELD("evidence", "incident_megabytes", CONFIG_COUNT, incident_megabytes), .minimum = 1,
		.maximum = 100000, .fallback = "200",
		.help = "Megabytes that these files may take together."},

	{FIELD("detect", "false_events_per_day", CONFIG_NUMBER, false_events_per_day),
		.reloadable = true, .minimum = 0.001, .maximum = 1000, .fallback = "2",
		.help = "False events per day that are acceptable: the detector's significance."},
	{FIELD("detect", "floor_scale", CONFIG_NUMBER, floor_scale), .reloadable = true,
		.minimum = 0.01, .maximum = 100, .fallback = "1",
		.help = "Factor on the smallest excess worth an event; above 1 reports less."},

	{FIELD("metrics", "file", CONFIG_PATH, metrics_file), .reloadable = true,
		.may_be_empty = true, .fallback = "",
		.help = "Prometheus text file, written anew each minute.\nEmpty: none."},

	{FIELD("engine", "ca_file", CONFIG_PATH, engine_ca_file), .may_be_empty = true,
		.fallback = "",
		.help = "Certificates (PEM) of those who may vouch for the fleet's engine.\n"
			"Empty: the system's."},
	{FIELD("engine", "verify", CONFIG_SWITCH, engine_verify), .fallback = "yes",
		.help = "Verify the engine's certificate. no: anybody on the way can be the "
			"engine."},
	{FIELD("engine", "timeout", CONFIG_NUMBER, engine_timeout), .minimum = 1, .maximum = 3600,
		.fallback = "60",
		.help = "Seconds to wait for a connection, and for the next byte of an answer."},

	{FIELD("push", "url", CONFIG_URL, push_url), .may_be_empty = true, .fallback = "",
		.help = "The engine's server that teiten push sends this sensor's history to:\n"
			"https://HOST:PORT or http://HOST:PORT. Empty: none."},
	{FIELD("push", "user", CONFIG_TEXT, push_user), .may_be_empty = true, .fallback = "",
		.help = "The sensor's user there."},
	{FIELD("push", "password_file", CONFIG_PATH, push_password_file), .may_be_empty = true,
		.fallback = "",
		.help = "File with that user's password in its first line, not readable to "
			"others."},
	{FIELD("push", "sensor", CONFIG_TEXT, push_sensor), .may_be_empty = true, .fallback = "",
		.help = "The sensor's name in the engine: a-z, 0-9 and _, a letter first.\n"
			"Its rows go into the database teiten_NAME."},
	{FIELD("push", "cursor", CONFIG_PATH, push_cursor), .may_be_empty = true, .fallback = "",
		.help = "File that says how far teiten push has come; FILE.json beside it says "
			"how\n"
			"it fares. Empty: push.cursor in the state directory, and push.json. A\n"
			"second push, to a replica, needs a file of its own."},

	{FIELD("fleet", "url", CONFIG_URL, fleet_url), .may_be_empty = true, .fallback = "",
		.help = "The engine's server that teiten fleet asks about all sensors."},
	{FIELD("fleet", "user", CONFIG_TEXT, fleet_user), .may_be_empty = true, .fallback = "",
		.help = "Its user there, who may only read."},
	{FIELD("fleet", "password_file", CONFIG_PATH, fleet_password_file), .may_be_empty = true,
		.fallback = "",
		.help = "File with that user's password in its first line, not readable to "
			"others."},
};

const size_t config_key_count = sizeof(config_keys) / sizeof(config_keys[0]);
_Static_assert(sizeof(config_keys) / sizeof(config_keys[0]) <= CONFIG_MAX_KEYS,
	"callers of config_fixed_changes() have room for every key");

const struct config_key *config_key_find(const char *section, const char *key)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (strcmp(config_keys[i].section, section) == 0 &&
			strcmp(config_keys[i].key, key) == 0)
			return &config_keys[i];
	return NULL;
}

bool config_section_exists(const char *section)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (strcmp(config_keys[i].section, section) == 0)
			return true;
	return false;
}

bool config_reloadable(const char *section, const char *key)
{
	const struct config_key *found = config_key_find(section, key);

	return found && found->reloadable;
}

size_t config_fixed_changes(
	const struct config *running, const struct config *next, const char *names[CONFIG_MAX_KEYS])
{
	size_t count = 0;

	for (size_t i = 0; i < config_key_count; i++)
		if (!config_keys[i].reloadable && !config_key_equal(&config_keys[i], running, next))
			names[count++] = config_keys[i].full_name;
	return count;
}

void config_exchange_reloadable(struct config *running, struct config *next)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (config_keys[i].reloadable)
			config_key_exchange(&config_keys[i], running, next);
}

void config_release(struct config *config)
{
	for (size_t i = 0; i < config_key_count; i++)
		config_key_release(&config_keys[i], config);
	memset(config, 0, sizeof(*config));
}
