/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/cmd/setup.h"
#include "user/cmd/status_read.h"
#include "user/lib/log.h"
#include "user/output/terminal.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 64 sensors of three lines, 64 words of six, and the ledger. */
#define PAGE_BYTES (256 << 10)

struct status {
	struct common_options options;
	bool json;
	struct config config;
	struct status_view view;
	char page[PAGE_BYTES];
};

enum { OPTION_JSON = OPTION_OWN };

static const struct argp_option argp_options[] = {
	OPTIONS_CONFIG,
	OPTIONS_INTERFACE("this sensor only"),
	OPTIONS_STATE,
	{"json", OPTION_JSON, NULL, 0, "as one JSON object", 0},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct status *status = state->input;

	switch (key) {
	case OPTION_JSON:
		status->json = true;
		return 0;
	default:
		return options_parse(key, argument, state, &status->options);
	}
}

static int print_json(const struct status *status)
{
	json_t *object = status_json(&status->view);
	int error =
		object ? json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) : -1;

	json_decref(object);
	puts("");
	return error;
}

static int print(struct status *status)
{
	struct page_look look = terminal_look(stdout);
	struct page page;
	int error = 0;

	if (status->json) {
		error = print_json(status);
	} else {
		page_init(&page, status->page, sizeof(status->page), &look);
		status_page(&page, &status->view);
		fputs(page_finish(&page), stdout);
	}
	if (error || fflush(stdout) || ferror(stdout)) {
		log_error("standard output: %s", error ? "out of memory" : strerror(errno));
		return CMD_FAILED;
	}
	return status->view.trouble_count ? CMD_FAILED : CMD_DONE;
}

int cmd_status(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "What is attached, in which mode, what it counts, how old its data are, how "
		       "long the disk lasts; and what is wrong and what to do. Exit status 1 when "
		       "something is wrong.",
	};
	struct status *status = calloc(1, sizeof(*status));
	int result;

	if (!status)
		return CMD_FAILED;
	argp_parse(&argp, argc, argv, 0, NULL, status);
	result = setup_config(&status->options, &status->config);
	if (result == CMD_DONE) {
		status_blank(&status->view);
		status_read(&status->view, &status->config, status->options.interface);
		status_judge(&status->view);
		result = print(status);
		config_release(&status->config);
	}
	free(status);
	return result;
}
