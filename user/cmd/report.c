/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/report.h"

#include "user/cmd/cmd.h"
#include "user/cmd/setup.h"
#include "user/history/history_store.h"
#include "user/lib/file.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/lib/zone.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_MONTH = OPTION_REPORT_MONTH, KEY_TZ = OPTION_REPORT_TZ, KEY_LANG = OPTION_REPORT_LANG };

static const struct argp_option argp_options[] = {
	OPTIONS_CONFIG,
	OPTIONS_STATE_TO_READ,
	OPTIONS_REPORT,
	{0},
};

static void parse_month(
	struct argp_state *state, const char *argument, struct report_parameters *report)
{
	uint64_t year, month;
	char copy[8];

	if (strlen(argument) == 7 && argument[4] == '-') {
		memcpy(copy, argument, 8);
		copy[4] = '\0';
		if (text_parse_unsigned(copy, 9998, &year) == 0 &&
			text_parse_unsigned(copy + 5, 12, &month) == 0 && month >= 1 &&
			year * 12 + month >= 1970 * 12 + 3) {
			report->year = (int)year;
			report->month = (int)month;
			return;
		}
	}
	argp_error(state, "--month '%s' is not a month from 1970-03 to 9998-12", argument);
}

static void parse_language(
	struct argp_state *state, const char *argument, struct report_parameters *report)
{
	for (unsigned int i = 0; i < LANGUAGES; i++) {
		if (strcmp(argument, language_tag((enum language)i)) == 0) {
			report->language = (enum language)i;
			return;
		}
	}
	argp_error(state, "--lang '%s' is not one of en, ja", argument);
}

error_t report_parse(
	int key, char *argument, struct argp_state *state, struct report_options *options)
{

	switch (key) {
	case KEY_MONTH:
		parse_month(state, argument, &options->report);
		return 0;
	case KEY_TZ:
		options->zone = argument;
		return 0;
	case KEY_LANG:
		parse_language(state, argument, &options->report);
		return 0;
	case 'o':
		options->directory = argument;
		return 0;
	case ARGP_KEY_END:
		if (!options->report.month)
			argp_error(state, "which month? for example: --month 2014-02");
		if (!options->directory)
			argp_error(state, "where to? for example: -o reports");
		return 0;
	default:
		return options_parse(key, argument, state, &options->common);
	}
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	return report_parse(key, argument, state, state->input);
}

static int put_file(void *context, const char *name, const void *data, size_t size)
{
	const char *directory = context;
	char path[PATH_MAX];
	int error;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		error = -ENAMETOOLONG;
	else
		error = file_replace(path, data, size, 0644, FILE_VISIBLE);
	if (error)
		log_error("%s/%s: %s", directory, name, strerror(-error));
	return error;
}

int report_select_zone(struct report_options *options, const struct config *config)
{
	const char *zone = options->zone ? options->zone : config->timezone;
	int error;

	options->report.zone = *zone ? zone : "UTC";
	error = zone_select(options->report.zone);
	if (!error)
		return CMD_DONE;
	if (error == -EINVAL || error == -ENOENT)
		log_error("--tz '%s' is not a time zone of this system (" ZONE_FILES ")",
			options->report.zone);
	else
		log_error("%s%s: %s", ZONE_FILES, options->report.zone, strerror(-error));
	return CMD_USAGE;
}

int report_write(struct report_options *options, struct store *store)
{
	struct report_summary summary = {0};
	const char *why;
	int error;

	if (mkdir(options->directory, 0755) && errno != EEXIST) {
		log_error("%s: %s", options->directory, strerror(errno));
		return CMD_FAILED;
	}
	error = report_make(
		store, &options->report, put_file, (void *)options->directory, &summary);
	if (error == -ENODATA) {
		log_error("there is no record of %04d-%02d; the page says so", options->report.year,
			options->report.month);
		return CMD_FAILED;
	}
	if (error) {
		/* A file that could not be written has been named. */
		why = error == -ENOMEM ? strerror(ENOMEM) : store->message(store);
		log_error("the report in %s is not whole%s%s", options->directory, *why ? ": " : "",
			why);
		return CMD_FAILED;
	}
	printf("%s/teiten-%04d-%02d.%s.html: %zu findings told, %zu smaller ones, %.1f days "
	       "observed, %zu files\n",
		options->directory, options->report.year, options->report.month,
		language_tag(options->report.language), summary.findings, summary.others,
		summary.covered_days, summary.files);
	if (store->damaged(store)) {
		log_error("%llu damaged records are left out of the report",
			(unsigned long long)store->damaged(store));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static int report(struct report_options *options, const struct config *config)
{
	struct history_store store;
	struct history *history;
	int status = report_select_zone(options, config);

	if (status)
		return status;
	options->report.sensor = config->name;
	options->report.own = config->country;
	if (setup_history_to_read(config->state_dir, &history) != CMD_DONE)
		return CMD_FAILED;
	store = history_store_of(history);
	status = report_write(options, &store.store);
	history_close(history);
	return status;
}

int cmd_report(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse_option, NULL,
		"The bulletin of a month: a self-contained HTML page with its findings, figures "
		"and "
		"tables, the figures as SVG, the data as CSV. Works while the sensor runs.\v"
		"The same history gives the same bytes. The sensor's name, country and time zone "
		"come from the configuration.",
		NULL, NULL, NULL};
	struct report_options options = {.report = {.language = LANGUAGE_EN}};
	struct config config;
	int status;

	argp_err_exit_status = CMD_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return CMD_USAGE;
	status = setup_config(&options.common, &config);
	if (status)
		return status;
	status = report(&options, &config);
	config_release(&config);
	return status;
}
