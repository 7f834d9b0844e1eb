/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands that count share: configuration and command line put together, and the parts
 * of the pipeline opened. Every function logs what is wrong and returns a CMD_ status.
 */
#ifndef TEITEN_CMD_SETUP_H
#define TEITEN_CMD_SETUP_H

#include "user/cmd/options.h"
#include "user/config/config.h"
#include "user/geo/table.h"
#include "user/history/history.h"
#include "user/kernel/attach.h"
#include "user/kernel/program.h"
#include "user/output/incident_files.h"
#include "user/pipeline.h"

/*
 * Read the configuration (the default file only where it exists) and lay the options over it.
 * CMD_DONE or CMD_USAGE; config_release() it afterwards.
 */
int setup_config(const struct common_options *options, struct config *config);

/*
 * Load the country data that the configuration names. Default files that are not there are a
 * warning: every source is ZZ then. *geo is NULL on failure.
 */
int setup_geo(const struct config *config, struct geo **geo);

/* Open the state directory's history for writing, making both where they are missing. */
int setup_history(const struct config *config, struct history **history);

/* Open a state directory's history for reading; what is missing is said with what to do about it.
 */
int setup_history_to_read(const char *state_dir, struct history **history);

/* What to do about a history that history_open() refuses with status: "" or "; ...". */
const char *setup_history_advice(int status);

/*
 * The salt of the history's sketches, made when it has none: random for a sensor, so that nobody
 * knows it; for a replay a constant, so that the same captures give the same bytes.
 */
int setup_salt(struct history *history, bool is_replay, uint64_t salt[2]);

struct program_parameters setup_program(const struct config *config);
struct evidence_parameters setup_evidence(const struct config *config);
struct incident_limits setup_incidents(const struct config *config);
struct detect_parameters setup_detect(const struct config *config);
struct history_retention setup_retention(const struct config *config);

/* Put the country table into the program's use. */
int setup_kernel_geo(struct program *program, const struct geo *geo);

#endif
