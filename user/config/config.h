/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: INI sections with `key = value` lines. user/config/keys.c holds the one table
 * that the reader, the default file in etc/ and the manual's section come from.
 *
 *   # starts a comment line; so does ;  and " ;" ends a value
 *   leading and trailing blanks of a line do not matter; a value runs to the end of its line
 *   a repeatable key may stand several times; its lines replace the default, all of it
 *   an empty value is allowed where the table says so and means "none"
 */
#ifndef TEITEN_CONFIG_CONFIG_H
#define TEITEN_CONFIG_CONFIG_H

#include "user/model/country.h"
#include "user/model/minute.h" /* and with it the kernel contract */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_DEFAULT_PATH "/etc/teiten/teiten.conf"

/* Limits of a file; what is beyond them is an error with its line. */
#define CONFIG_MAX_FILE 65536   /* bytes */
#define CONFIG_MAX_LINE 198     /* bytes without the newline: libinih's line buffer */
#define CONFIG_MAX_GEO_FILES 16 /* country data files */

/* What is attached: the best of three, or one of them. */
enum config_attach {
	CONFIG_ATTACH_AUTO,
	CONFIG_ATTACH_FRAGS,
	CONFIG_ATTACH_NATIVE,
	CONFIG_ATTACH_GENERIC,
	CONFIG_ATTACHES,
};

/*
 * The monitored addresses. Prefixes do not overlap. With a bare number in the file, target_count
 * is 0 and addresses4 is that number; with neither, both are 0: not configured.
 */
struct config_addresses {
	struct tt_target target[TT_MAX_TARGETS];
	size_t target_count;
	uint64_t addresses4; /* IPv4 addresses */
	uint64_t networks6;  /* IPv6 /64s; a longer prefix counts as the /64 it lies in */
};

/* Texts are never NULL; "" = none. All are owned by the struct. */
struct config {
	char *name;      /* of the sensor in events; "" = the host's name, found at run time */
	char *interface; /* "" = given on the command line */
	enum config_attach attach;
	enum tt_verdict verdict;
	struct config_addresses addresses;
	char *timezone;     /* of calendar days, a name of the system's zone files */
	country_id country; /* own; COUNTRY_ZZ = not configured */

	char *geo_file[CONFIG_MAX_GEO_FILES];
	size_t geo_file_count;

	char *state_dir;
	char *event_log;

	bool count_countries; /* count ports by country */
	bool count_sources;   /* estimate distinct sources */
	bool count_prefixes;  /* count source prefixes of source port 53 */

	/* Days that rows of one minute, hour and day are kept. */
	uint32_t retention_minute;
	uint32_t retention_hour;
	uint32_t retention_day;

	bool sample_packets;        /* look at some of them, for the evidence of events */
	uint32_t sample_background; /* at least one packet in so many */
	uint32_t incident_files;    /* packet files to keep; 0 = none are written */
	uint32_t incident_megabytes;

	double false_events_per_day;
	double floor_scale;

	char *metrics_file; /* "" = none */

	/* The engine of a fleet: whom to believe, how long to wait. */
	char *engine_ca_file; /* "" = the system's */
	bool engine_verify;
	double engine_timeout; /* seconds */

	/* Where this sensor's history is sent; "" = nowhere. */
	char *push_url;
	char *push_user;
	char *push_password_file; /* "" = no password */
	char *push_sensor;        /* its name in the engine */
	char *push_cursor;        /* "" = push.cursor in the state directory */

	/* Where the whole fleet is asked about. */
	char *fleet_url;
	char *fleet_user;
	char *fleet_password_file;
};

/*
 * What is wrong with a file, each a whole line "file:line: sentence" without newline. Errors beyond
 * the capacity are counted, not kept.
 */
#define CONFIG_MAX_ERRORS 64
#define CONFIG_ERROR_MAX 512

struct config_errors {
	char text[CONFIG_MAX_ERRORS][CONFIG_ERROR_MAX];
	size_t count;
	size_t dropped;
};

/*
 * Read the file, or take the defaults when path is NULL. *errors starts anew and then names every
 * error of the file in one go. Returns 0; -EINVAL for a file with errors; the reason (-ENOENT,
 * -EACCES, -EISDIR, -EFBIG ...) for one that cannot be read, which is an error line as well;
 * -ENOMEM. *config is written on success only, over whatever it held before without freeing that.
 */
int config_load(const char *path, struct config *config, struct config_errors *errors);

/* The same for text in memory (size bytes, no NUL needed); name stands for the path in errors. */
int config_parse(const char *text, size_t size, const char *name, struct config *config,
	struct config_errors *errors);

/* Free what the config owns and clear it. A cleared config (all zero) may be released again. */
void config_release(struct config *config);

/* The default file: every key with its help, commented out at its default. */
void config_write_default(FILE *out);

/* The same keys as an mdoc list for teiten.conf(5). */
void config_write_manual(FILE *out);

/* -- Changes on HUP ------------------------------------------------------------------------ */

/* More than there are keys; the table asserts it. */
#define CONFIG_MAX_KEYS 64

/* Whether the key's change takes effect on HUP. False for a key that does not exist. */
bool config_reloadable(const char *section, const char *key);

/*
 * The keys that differ between the two but need a restart: static texts "section.key" in names,
 * in the table's order. Returns their number.
 */
size_t config_fixed_changes(const struct config *running, const struct config *next,
	const char *names[CONFIG_MAX_KEYS]);

/*
 * Exchange the values that may change on HUP: afterwards *running has next's, and *next has the old
 * ones, to be released by its owner once nothing uses them. Cannot fail.
 */
void config_exchange_reloadable(struct config *running, struct config *next);

/* Whether a network interface can have the name: the kernel's own rule, dev_valid_name(). */
bool config_is_interface_name(const char *name);

/* "drop", "pass", "drop-all": static, "?" out of range. */
const char *config_verdict_name(enum tt_verdict verdict);

#endif
