/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands share that write the bulletin of a month: `teiten report`, `teiten fleet report`.
 */
#ifndef TEITEN_CMD_REPORT_H
#define TEITEN_CMD_REPORT_H

#include "user/cmd/options.h"
#include "user/report/report.h"

#include <argp.h>

struct report_options {
	struct common_options common;
	const char *zone; /* NULL: the configuration's */
	const char *directory;
	struct report_parameters report;
};

enum { OPTION_REPORT_MONTH = OPTION_OWN, OPTION_REPORT_TZ, OPTION_REPORT_LANG };

#define OPTIONS_REPORT                                                                             \
	{"month", OPTION_REPORT_MONTH, "YYYY-MM", 0, "the month to report", 0},                    \
		{"tz", OPTION_REPORT_TZ, "ZONE", 0,                                                \
			"time zone of its days, such as Asia/Tokyo (default: the "                 \
			"configuration's, UTC)",                                                   \
			0},                                                                        \
		{"lang", OPTION_REPORT_LANG, "LANG", 0, "en (default) or ja", 0},                  \
	{                                                                                          \
		"output", 'o', "DIR", 0,                                                           \
			"where the page, its figures and its data go; made if missing", 0          \
	}

/* These options, and those of options_parse(); a month and a directory are needed. */
error_t report_parse(
	int key, char *argument, struct argp_state *state, struct report_options *options);

/* Select the zone, and set report.zone: CMD_DONE, or logged and CMD_USAGE. */
int report_select_zone(struct report_options *options, const struct config *config);

/* Write the files of an open store's report and say where. CMD_DONE, or logged and CMD_FAILED. */
int report_write(struct report_options *options, struct store *store);

#endif
