/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/cmd/event_reader.h"
#include "user/cmd/setup.h"
#include "user/lib/log.h"
#include "user/lib/text.h"

#include <argp.h>
#include <stdlib.h>

#define DEFAULT_LAST 20
#define MAX_LAST 100000 /* 140 MB of events in memory */

enum { KEY_JSON = KEY_AFTER_FILTER, KEY_FOLLOW };

static const struct argp_option argp_options[] = {
	OPTIONS_STATE_TO_READ,
	EVENT_FILTER_OPTIONS,
	{"last", 'n', "COUNT", 0, "the last COUNT of them (default 20, at most 100000)", 0},
	{"follow", KEY_FOLLOW, NULL, 0, "go on and tell what is new, until interrupted", 0},
	{"json", KEY_JSON, NULL, 0, "as in the event log, one JSON object a line", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct event_options *options = state->input;
	error_t status;

	switch (key) {
	case 'n':
		if (text_parse_unsigned(argument, MAX_LAST, &options->last) || !options->last)
			argp_error(state, "--last '%s' is not a number from 1 to %d", argument,
				MAX_LAST);
		return 0;
	case KEY_FOLLOW:
		options->follow = true;
		return 0;
	case KEY_JSON:
		options->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->id)
			argp_error(state, "one incident at a time: '%s' is too many", argument);
		options->id = argument;
		return 0;
	case ARGP_KEY_END:
		if (options->id && options->follow)
			argp_error(state, "--follow goes with all events, not with one");
		break;
	}
	status = event_filter_parse(key, argument, state, &options->filter);
	return status == ARGP_ERR_UNKNOWN ? options_parse(key, argument, state, &options->common)
					  : status;
}

static int answer(const struct event_options *options, struct history *history)
{
	struct event_reader reader = {
		.options = options,
		.history = history,
		.store = history_store_of(history),
		.incidents = incidents_new(),
	};
	int status = CMD_FAILED;

	if (!reader.incidents)
		log_error("out of memory");
	else if (options->id)
		status = event_tell_one(&reader);
	else if (options->json)
		status = event_tell_lines(&reader);
	else
		status = event_tell_incidents(&reader);
	incidents_free(reader.incidents);
	free(reader.lines);
	return status;
}

int cmd_events(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_option,
		.args_doc = "[ID]",
		.doc = "What rose: the incidents, oldest first, one line each; with the ID of an "
		       "incident or an event all about that one. Works while the sensor runs.",
	};
	struct event_options options = {
		.common.state_dir = OPTIONS_STATE_DIR,
		.filter = event_filter_all(),
		.last = DEFAULT_LAST,
	};
	struct history *history;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (setup_history_to_read(options.common.state_dir, &history) != CMD_DONE)
		return CMD_FAILED;
	status = answer(&options, history);
	history_close(history);
	return status;
}
