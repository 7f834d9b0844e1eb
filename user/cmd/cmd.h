/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subcommands: each parses its own command line (argp, argv[0] = "teiten NAME") and returns the
 * process's exit status.
 */
#ifndef TEITEN_CMD_CMD_H
#define TEITEN_CMD_CMD_H

enum {
	CMD_DONE = 0,
	CMD_FAILED = 1, /* the work could not be done, or not whole */
	CMD_USAGE = 2,  /* wrong usage or configuration */
	CMD_HELD = 3,   /* another teiten holds the interface */
};

int cmd_check(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_detect(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_fleet(int argc, char **argv);
int cmd_geo(int argc, char **argv);
int cmd_push(int argc, char **argv);
int cmd_query(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_top(int argc, char **argv);

#endif
