/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"run", cmd_run, "the sensor: count, store, detect"},
	{"detach", cmd_detach, "stop counting on an interface"},
	{"status", cmd_status, "what is attached, what it counts, what is wrong"},
	{"top", cmd_top, "the last minutes, live"},
	{"events", cmd_events, "what rose: incidents, for a person"},
	{"query", cmd_query, "print what the history holds"},
	{"fleet", cmd_fleet, "ask the engine about all sensors"},
	{"push", cmd_push, "send the history to the engine of a fleet"},
	{"report", cmd_report, "the bulletin of a month: a page, figures, data"},
	{"replay", cmd_replay, "count captures with the same program"},
	{"detect", cmd_detect, "judge a counts stream: event lines"},
	{"geo", cmd_geo, "country data: convert, describe, ask"},
	{"check", cmd_check, "configuration, kernel, interface, memory"},
};

static void print_help(FILE *out)
{
	fprintf(out, "usage: teiten COMMAND [OPTIONS]\n\n"
		     "Counts what arrives at a darknet, and says what rose.\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fprintf(out,
		"\nteiten COMMAND --help tells the options of a command; teiten(8) the rest.\n");
}

int main(int argc, char **argv)
{
	char name[64];

	/* "help COMMAND" is COMMAND --help. */
	if (argc > 2 && strcmp(argv[1], "help") == 0) {
		argv[1] = argv[2];
		argv[2] = "--help";
	}
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 ||
				strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "-?") == 0)) {
		print_help(stdout);
		return CMD_DONE;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("teiten %s\n", TEITEN_VERSION);
		return CMD_DONE;
	}
	argp_err_exit_status = CMD_USAGE;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		snprintf(name, sizeof(name), "teiten %s", commands[i].name);
		argv[1] = name;
		return commands[i].run(argc - 1, argv + 1);
	}
	if (argc > 1)
		fprintf(stderr, "teiten: there is no command '%s'\n\n", argv[1]);
	print_help(stderr);
	return CMD_USAGE;
}
