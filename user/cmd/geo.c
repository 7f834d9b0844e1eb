/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/cmd/geo_print.h"
#include "user/cmd/options.h"
#include "user/geo/defaults.h"
#include "user/geo/table.h"
#include "user/geo/write.h"
#include "user/lib/log.h"
#include "user/lib/text.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_JSON = OPTION_OWN, OPTION_ALL };

struct arguments {
	struct common_options common;
	const char *output;
	bool takes_addresses;
	const char *const *addresses; /* a part of argv */
	size_t address_count;
	bool json;
	bool all;
};

static int keep_addresses(struct argp_state *state)
{
	struct arguments *arguments = state->input;

	/* argp has moved what is no option to the end of argv: the rest is addresses. */
	arguments->addresses = (const char *const *)&state->argv[state->next];
	arguments->address_count = (size_t)(state->argc - state->next);
	state->next = state->argc;
	return 0;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case OPTION_JSON:
		arguments->json = true;
		return 0;
	case OPTION_ALL:
		arguments->all = true;
		return 0;
	case 'o':
		arguments->output = value;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->takes_addresses)
			return ARGP_ERR_UNKNOWN; /* ARGP_KEY_ARGS takes all of them */
		break;
	case ARGP_KEY_ARGS:
		return keep_addresses(state);
	}
	return options_parse(key, value, state, &arguments->common);
}

static int load(const struct arguments *arguments, struct geo **geo)
{
	static const char *const defaults[] = GEO_DEFAULT_FILES;
	bool given = arguments->common.geo_count > 0;
	struct geo_error error;

	if (geo_load(given ? arguments->common.geo : defaults,
		    given ? arguments->common.geo_count : GEO_DEFAULT_FILE_COUNT, geo, &error) == 0)
		return CMD_DONE;
	log_error("%s", error.text);
	if (!given)
		log_info("these are the default files; --geo FILE names others");
	return CMD_FAILED;
}

/* A command that could not tell its result has failed, as when the disk is full. */
static int finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	log_error("the output cannot be written: %s", strerror(errno));
	return CMD_FAILED;
}

/* -- build --------------------------------------------------------------------------------- */

static int run_build(int argc, char **argv)
{
	static const struct argp_option options[] = {
		OPTIONS_GEO,
		{"output", 'o', "FILE", 0, "the file to write (required)", 0},
		{0},
	};
	static const struct argp argp = {.options = options,
		.parser = parse_option,
		.doc = "Write the merged country data as start,end,CC lines."};
	struct arguments arguments = {0};
	struct geo *geo GEO_CLEANUP = NULL;
	struct geo_error error;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (!arguments.output) {
		log_error("-o FILE is missing: where the data shall be written");
		return CMD_USAGE;
	}
	if (load(&arguments, &geo))
		return CMD_FAILED;
	if (geo_write(geo, arguments.output, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	return CMD_DONE;
}

/* -- info ---------------------------------------------------------------------------------- */

static int run_info(int argc, char **argv)
{
	static const struct argp_option options[] = {
		OPTIONS_GEO,
		{"all", OPTION_ALL, NULL, 0, "list every country, not the largest alone", 0},
		{"json", OPTION_JSON, NULL, 0, "as JSON", 0},
		{0},
	};
	static const struct argp argp = {.options = options,
		.parser = parse_option,
		.doc = "Describe the country data: files, dates, ranges, addresses per country, "
		       "and how full they make the kernel's table."};
	struct arguments arguments = {0};
	struct geo *geo GEO_CLEANUP = NULL;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (load(&arguments, &geo))
		return CMD_FAILED;
	if (arguments.json)
		return finish_output(geo_print_json(geo_info(geo)) ? CMD_FAILED : CMD_DONE);
	geo_print_text(geo_info(geo), arguments.all);
	return finish_output(CMD_DONE);
}

/* -- lookup -------------------------------------------------------------------------------- */

struct lookup {
	const struct geo *geo;
	bool json;
	size_t answered;
};

static int answer(struct lookup *lookup, const char *text)
{
	struct text_address address;
	uint64_t key = 0;
	country_id country;

	if (text_parse_address(text, &address))
		return -EINVAL;
	for (unsigned int i = 0; i < (address.is_v6 ? 8 : 4); i++)
		key = key << 8 | address.bytes[i];
	country = address.is_v6 ? geo_lookup6(lookup->geo, key)
				: geo_lookup4(lookup->geo, (uint32_t)key);
	if (lookup->json)
		printf("%s{\"address\": \"%s\", \"country\": \"%s\"}",
			lookup->answered ? ",\n " : "", text, country_code(country));
	else
		printf("%s %s\n", text, country_code(country));
	lookup->answered++;
	return 0;
}

/* Addresses from standard input, one a line; what is none is told and the rest goes on. */
static int answer_lines(struct lookup *lookup)
{
	int status = CMD_DONE;
	char *line = NULL;
	size_t capacity = 0, number = 0;

	while (getline(&line, &capacity, stdin) >= 0) {
		char *text = line + strspn(line, " \t\r\n");

		number++;
		text[strcspn(text, " \t\r\n")] = '\0';
		if (!*text || answer(lookup, text) == 0)
			continue;
		log_error("standard input, line %zu: not an address", number);
		status = CMD_FAILED;
	}
	free(line);
	return status;
}

static int answer_all(struct lookup *lookup, const struct arguments *arguments)
{
	int status = CMD_DONE;

	for (size_t i = 0; i < arguments->address_count; i++) {
		const char *text = arguments->addresses[i];

		if (strcmp(text, "-") == 0) {
			int lines = answer_lines(lookup);

			status = status ? status : lines;
		} else if (answer(lookup, text)) {
			log_error("'%s' is not an address", text);
			status = CMD_USAGE;
		}
	}
	return status;
}

static int run_lookup(int argc, char **argv)
{
	static const struct argp_option options[] = {
		OPTIONS_GEO,
		{"json", OPTION_JSON, NULL, 0, "as JSON", 0},
		{0},
	};
	static const struct argp argp = {.options = options,
		.parser = parse_option,
		.args_doc = "ADDRESS...",
		.doc = "Print the country of addresses, - for those on standard input, one a "
		       "line.\v"
		       "ZZ is unknown, XX a special-purpose address."};
	struct arguments arguments = {.takes_addresses = true};
	struct geo *geo GEO_CLEANUP = NULL;
	struct lookup lookup;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (!arguments.address_count) {
		log_error("which address? teiten geo lookup ADDRESS..., or - for standard input");
		return CMD_USAGE;
	}
	if (load(&arguments, &geo))
		return CMD_FAILED;
	lookup = (struct lookup){.geo = geo, .json = arguments.json};
	if (lookup.json)
		printf("[");
	status = answer_all(&lookup, &arguments);
	if (lookup.json)
		printf("]\n");
	return finish_output(status);
}

/* -- The three of them --------------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} actions[] = {
	{"build", run_build, "merge country data into one file"},
	{"info", run_info, "describe country data"},
	{"lookup", run_lookup, "the country of addresses"},
};

static void print_help(FILE *out)
{
	fprintf(out, "usage: teiten geo ACTION [OPTIONS]\n\n");
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		fprintf(out, "  %-8s %s\n", actions[i].name, actions[i].summary);
	fprintf(out, "\nteiten geo ACTION --help tells the options of an action.\n");
}

int cmd_geo(int argc, char **argv)
{
	char name[64];

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		print_help(stdout);
		return CMD_DONE;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(argv[1], actions[i].name) != 0)
			continue;
		snprintf(name, sizeof(name), "teiten geo %s", actions[i].name);
		argv[1] = name;
		return actions[i].run(argc - 1, argv + 1);
	}
	if (argc > 1)
		log_error("geo has no action '%s'", argv[1]);
	print_help(stderr);
	return CMD_USAGE;
}
