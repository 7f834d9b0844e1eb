/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/options.h"

#include "user/lib/text.h"

error_t options_parse(
	int key, char *argument, struct argp_state *state, struct common_options *options)
{
	switch (key) {
	case 'c':
		options->config_path = argument;
		return 0;
	case 'i':
		/* The name becomes a part of paths in /sys. */
		if (!config_is_interface_name(argument))
			argp_error(state, "'%s' cannot be an interface's name", argument);
		options->interface = argument;
		return 0;
	case OPTION_STATE:
		if (!argument[0])
			argp_error(state, "--state is empty");
		options->state_dir = argument;
		return 0;
	case OPTION_GEO:
		if (options->geo_count == CONFIG_MAX_GEO_FILES)
			argp_error(state, "at most %d --geo files", CONFIG_MAX_GEO_FILES);
		options->geo[options->geo_count++] = argument;
		return 0;
	case OPTION_LOG:
		options->event_log = argument;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'? No argument is expected here", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void options_time(struct argp_state *state, const char *name, const char *argument, int64_t *time)
{
	if (text_parse_time(argument, time))
		argp_error(state,
			"--%s '%s' is not a time: write 2014-02-11 or 2014-02-11T00:00:00Z", name,
			argument);
}
