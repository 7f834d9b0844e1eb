/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options that several commands have, so that one name means one thing everywhere: rows for a
 * command's argp table, and the parser behind them. A command handles its own keys, which begin at
 * OPTION_OWN, and hands every other to options_parse().
 */
#ifndef TEITEN_CMD_OPTIONS_H
#define TEITEN_CMD_OPTIONS_H

#include "user/config/config.h"

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

/* What the command line says; NULL and 0: nothing. Texts are argv's. */
struct common_options {
	const char *config_path;
	const char *interface;
	const char *state_dir;
	const char *event_log;
	const char *geo[CONFIG_MAX_GEO_FILES];
	size_t geo_count;
};

enum { OPTION_STATE = 0x100, OPTION_GEO, OPTION_LOG, OPTION_FROM, OPTION_TO, OPTION_OWN };

#define OPTIONS_CONFIG                                                                             \
	{                                                                                          \
		"config", 'c', "FILE", 0,                                                          \
			"configuration (default " CONFIG_DEFAULT_PATH ", if it exists)", 0         \
	}
#define OPTIONS_INTERFACE(help)                                                                    \
	{                                                                                          \
		"interface", 'i', "IFACE", 0, help, 0                                              \
	}
#define OPTIONS_STATE                                                                              \
	{                                                                                          \
		"state", OPTION_STATE, "DIR", 0, "where the history is kept", 0                    \
	}
#define OPTIONS_STATE_TO_READ                                                                      \
	{                                                                                          \
		"state", OPTION_STATE, "DIR", 0,                                                   \
			"where the history is kept (default " OPTIONS_STATE_DIR ")", 0             \
	}
#define OPTIONS_GEO                                                                                \
	{                                                                                          \
		"geo", OPTION_GEO, "FILE", 0, "country data; may be repeated, the later one wins", \
			0                                                                          \
	}
#define OPTIONS_FROM(default_)                                                                     \
	{                                                                                          \
		"from", OPTION_FROM, "TIME", 0,                                                    \
			"start, RFC 3339 or a date (default: " default_ ")", 0                     \
	}
#define OPTIONS_TO(default_)                                                                       \
	{                                                                                          \
		"to", OPTION_TO, "TIME", 0, "end, not included (default: " default_ ")", 0         \
	}

/* Where commands that read no configuration look for the history. */
#define OPTIONS_STATE_DIR "/var/lib/teiten"

/*
 * Take -c, -i, --state, --geo and the log into *options. An argument that no option takes, too many
 * files and a name that no interface can have end the process with CMD_USAGE, as argp does.
 * Returns 0, or ARGP_ERR_UNKNOWN for a key that is none of these.
 */
error_t options_parse(
	int key, char *argument, struct argp_state *state, struct common_options *options);

/* The time that --from or --to (name) was given; ends the process when it is none. */
void options_time(struct argp_state *state, const char *name, const char *argument, int64_t *time);

#endif
