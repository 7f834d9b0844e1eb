/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/setup.h"

#include "user/cmd/cmd.h"
#include "user/geo/defaults.h"
#include "user/geo/kernel_table.h"
#include "user/lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- Configuration ------------------------------------------------------------------------- */

static int replace(char **text, const char *by)
{
	char *copy;

	if (!by)
		return 0;
	copy = strdup(by);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static int replace_geo(struct config *config, const struct common_options *options)
{
	if (options->geo_count == 0)
		return 0;
	for (size_t i = 0; i < config->geo_file_count; i++) {
		free(config->geo_file[i]);
		config->geo_file[i] = NULL;
	}
	config->geo_file_count = 0;
	for (size_t i = 0; i < options->geo_count; i++) {
		config->geo_file[i] = strdup(options->geo[i]);
		if (!config->geo_file[i])
			return -ENOMEM;
		config->geo_file_count++;
	}
	return 0;
}

int setup_config(const struct common_options *options, struct config *config)
{
	const char *path = options->config_path;
	struct config_errors *errors = calloc(1, sizeof(*errors));

	if (!path && access(CONFIG_DEFAULT_PATH, F_OK) == 0)
		path = CONFIG_DEFAULT_PATH;
	if (!errors)
		return CMD_FAILED;
	if (config_load(path, config, errors)) {
		for (size_t i = 0; i < errors->count; i++)
			log_error("%s", errors->text[i]);
		if (errors->dropped)
			log_error("%zu more", errors->dropped);
		free(errors);
		return CMD_USAGE;
	}
	free(errors);
	if (replace(&config->interface, options->interface) ||
		replace(&config->state_dir, options->state_dir) ||
		replace(&config->event_log, options->event_log) || replace_geo(config, options)) {
		log_error("out of memory");
		config_release(config);
		return CMD_FAILED;
	}
	return CMD_DONE;
}

/* -- Country data -------------------------------------------------------------------------- */

static bool is_default_file(const char *path)
{
	static const char *const defaults[] = GEO_DEFAULT_FILES;

	for (size_t i = 0; i < GEO_DEFAULT_FILE_COUNT; i++)
		if (strcmp(path, defaults[i]) == 0)
			return true;
	return false;
}

int setup_geo(const struct config *config, struct geo **geo)
{
	const char *paths[CONFIG_MAX_GEO_FILES];
	struct geo_error error;
	size_t count = 0;

	*geo = NULL;
	for (size_t i = 0; i < config->geo_file_count; i++) {
		const char *path = config->geo_file[i];

		if (is_default_file(path) && access(path, F_OK) && errno == ENOENT)
			log_warning("%s is not there: sources it would place count as ZZ "
				    "(scripts/fetch-geo.sh gets it; --geo names another)",
				path);
		else
			paths[count++] = path;
	}
	if (geo_load(paths, count, geo, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	return CMD_DONE;
}

int setup_kernel_geo(struct program *program, const struct geo *geo)
{
	struct geo_error error;
	int status;

	if (geo_fill_kernel(geo, program_spare_geo(program), &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	status = program_swap_geo(program);
	if (status) {
		log_error("the country table cannot be put into use: %s", strerror(-status));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

/* -- History ------------------------------------------------------------------------------- */

/* mkdir -p: a state directory below one that is missing too is no mistake. */
static int make_directories(const char *path)
{
	char part[4096];
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0750) && errno != EEXIST)
			return -errno;
		part[i] = path[i];
	}
	return 0;
}

int setup_history(const struct config *config, struct history **history)
{
	struct history_error error;
	int status = make_directories(config->state_dir);

	if (status) {
		log_error("state directory %s: %s", config->state_dir, strerror(-status));
		return CMD_FAILED;
	}
	status = history_open(config->state_dir, HISTORY_WRITE | HISTORY_CREATE, history, &error);
	if (status) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	if (error.text[0])
		log_warning("%s", error.text);
	return CMD_DONE;
}

const char *setup_history_advice(int status)
{
	switch (status) {
	case -ENOENT:
		return "; `teiten run` or `teiten replay` makes one, --state names another";
	case -EACCES:
	case -EPERM:
		return "; run as root, or as a member of group teiten";
	case -EBADMSG:
		return "; the next `teiten run` moves it aside, --state names another";
	default:
		return "";
	}
}

int setup_history_to_read(const char *state_dir, struct history **history)
{
	struct history_error error;
	int status = history_open(state_dir, HISTORY_READ, history, &error);

	if (status)
		log_error("%s%s", error.text, setup_history_advice(status));
	return status ? CMD_FAILED : CMD_DONE;
}

static int store_salt(struct history *history, const uint64_t salt[2])
{
	int status = history_begin(history);

	if (!status)
		status = history_set_salt(history, salt);
	if (!status)
		return history_commit(history);
	history_rollback(history);
	return status;
}

int setup_salt(struct history *history, bool is_replay, uint64_t salt[2])
{
	uint64_t fresh[2] = {0, UINT64_C(0x9e3779b97f4a7c15)};
	int status = history_get_salt(history, salt);

	if (!status)
		return CMD_DONE;
	if (!is_replay && getrandom(fresh, sizeof(fresh), 0) != sizeof(fresh)) {
		log_error("random numbers: %s", strerror(errno));
		return CMD_FAILED;
	}
	/* One that is damaged is replaced: sources of hours before and after do not join then. */
	status = store_salt(history, fresh);
	if (status) {
		log_error("%s", history_message(history));
		return CMD_FAILED;
	}
	memcpy(salt, fresh, sizeof(fresh));
	return CMD_DONE;
}

/* -- Parameters ---------------------------------------------------------------------------- */

struct program_parameters setup_program(const struct config *config)
{
	return (struct program_parameters){
		.verdict = config->verdict,
		.countries = config->count_countries,
		.prefixes = config->count_prefixes,
		.sources = config->count_sources,
		.frags = true,
		.samples = config->sample_packets,
		.targets = config->addresses.target,
		.target_count = config->addresses.target_count,
		.only_cpu = -1,
	};
}

struct incident_limits setup_incidents(const struct config *config)
{
	return (struct incident_limits){
		.files = config->incident_files,
		.bytes = config->incident_megabytes * UINT64_C(1000000),
	};
}

struct evidence_parameters setup_evidence(const struct config *config)
{
	uint8_t shift = 0;

	while (shift < TT_SHIFT_MAX && config->sample_background >> (shift + 1))
		shift++;
	return (struct evidence_parameters){
		.background = shift,
		.own_country = config->country,
		.names_files = config->sample_packets && config->incident_files > 0,
	};
}

struct detect_parameters setup_detect(const struct config *config)
{
	struct detect_parameters parameters = detect_defaults();

	parameters.false_events_per_day = config->false_events_per_day;
	parameters.floor_scale = config->floor_scale;
	return parameters;
}

struct history_retention setup_retention(const struct config *config)
{
	return (struct history_retention){
		.minute_days = config->retention_minute,
		.hour_days = config->retention_hour,
		.day_days = config->retention_day,
	};
}
