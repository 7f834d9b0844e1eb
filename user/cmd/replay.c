/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/replay.h"

#include "user/cmd/confine.h"
#include "user/kernel/test_run.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/privilege/identity.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>

/* A day in a transaction: what is lost when a replay is killed, and repeated by running it again.
 */
#define MINUTES_PER_COMMIT 1440

/* -- Start --------------------------------------------------------------------------------- */

/* A capture over time that the history has already would count its packets twice. */
static int start_clock(struct replay *replay)
{
	int64_t covered, first;
	bool any;

	if (history_last_minute(replay->history, &covered, &any)) {
		log_error("%s", history_message(replay->history));
		return CMD_FAILED;
	}
	replay->clock = packet_clock_new(replay->gap);
	if (!any)
		return CMD_DONE;
	if (!replay->append && captures_peek(replay->captures, &first) > 0 &&
		first < covered + 60) {
		char time[TEXT_TIME_MAX];

		text_format_time(covered + 60, time);
		log_error("%s already covers the time up to %s and the capture begins before that: "
			  "choose another --state, or --append (older packets are late)",
			replay->config.state_dir, time);
		return CMD_FAILED;
	}
	if (replay->append)
		replay->clock = packet_clock_after(replay->gap, covered);
	return CMD_DONE;
}

static int open_captures(struct replay *replay)
{
	int status = captures_open((const char *const *)replay->paths, replay->path_count,
		&replay->capture_error, &replay->captures);

	if (!status)
		return CMD_DONE;
	log_error("%s%s", replay->capture_error.text,
		status == -EBADMSG || status == -EISDIR
			? "; replay takes files that `tcpdump -w` writes, gzip'd or not"
			: "");
	return CMD_FAILED;
}

static int read_config(struct replay *replay)
{
	int status = setup_config(&replay->options, &replay->config);

	if (status == CMD_DONE && !identity_can_load()) {
		log_error("this needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON: the frames "
			  "go through the program in the kernel");
		return CMD_FAILED;
	}
	return status;
}

static int open_geo(struct replay *replay)
{
	return setup_geo(&replay->config, &replay->geo);
}

static int open_history(struct replay *replay)
{
	return setup_history(&replay->config, &replay->history);
}

static int load_program(struct replay *replay)
{
	struct program_parameters parameters = setup_program(&replay->config);
	struct kernel_error error;
	int cpu = test_run_choose_cpu();

	if (setup_salt(replay->history, true, parameters.salt) != CMD_DONE)
		return CMD_FAILED;
	parameters.replay = true;
	parameters.only_cpu = cpu < 0 ? -1 : cpu;
	if (program_load(&parameters, &replay->program, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	if (drain_new(replay->program, false, 0, &replay->drain)) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	return setup_kernel_geo(replay->program, replay->geo);
}

static int start_pipeline(struct replay *replay)
{
	struct pipeline_parameters parameters = {
		.source = &replay->source.source,
		.history = replay->history,
		.geo = replay->geo,
		.detect = setup_detect(&replay->config),
		.evidence = setup_evidence(&replay->config),
		.minutes_per_commit = MINUTES_PER_COMMIT,
		.sinks = {&replay->log.sink, &replay->incidents.sink},
	};
	struct pipeline_error error;

	incident_files_init(
		&replay->incidents, replay->config.state_dir, setup_incidents(&replay->config));
	kernel_source_init(&replay->source, replay->program, replay->drain);
	if (pipeline_new(&parameters, &replay->pipeline, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	return CMD_DONE;
}

/* The event log lies beside the history unless somebody names another. */
static int open_log(struct replay *replay)
{
	char path[4096];

	if (replay->options.event_log || replay->options.config_path)
		snprintf(path, sizeof(path), "%s", replay->config.event_log);
	else
		snprintf(path, sizeof(path), "%s/events.json", replay->config.state_dir);
	return log_sink_open(&replay->log, path, replay->config.name, false);
}

/* Captures come from anywhere: no record of theirs is read before this. */
static int drop_privileges(struct replay *replay)
{
	return confine(&replay->config, replay->log.path, NULL);
}

static int run(struct replay *replay)
{
	static int (*const steps[])(struct replay *) = {
		read_config,
		open_captures,
		open_geo,
		open_history,
		load_program,
		open_log,
		start_pipeline,
		drop_privileges,
		start_clock,
		replay_count,
		replay_finish,
	};
	int status = CMD_DONE;

	for (size_t i = 0; status == CMD_DONE && i < sizeof(steps) / sizeof(steps[0]); i++)
		status = steps[i](replay);
	return status;
}

static void release(struct replay *replay)
{
	pipeline_free(replay->pipeline);
	log_sink_close(&replay->log);
	drain_free(replay->drain);
	program_free(replay->program);
	history_close(replay->history);
	captures_close(replay->captures);
	geo_free(replay->geo);
	config_release(&replay->config);
}

/* -- Command line -------------------------------------------------------------------------- */

enum { OPTION_APPEND = OPTION_OWN, OPTION_GAP };

static const struct argp_option argp_options[] = {
	OPTIONS_CONFIG,
	OPTIONS_GEO,
	{"state", OPTION_STATE, "DIR", 0, "where history and events go (required)", 0},
	{"append", OPTION_APPEND, NULL, 0, "go on behind the time the state covers", 0},
	{"gap", OPTION_GAP, "MINUTES", 0, "a longer jump in time is a gap (default 60)", 0},
	{"log", OPTION_LOG, "FILE", 0, "event log (default: events.json in the state)", 0},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct replay *replay = state->input;

	switch (key) {
	case OPTION_APPEND:
		replay->append = true;
		return 0;
	case OPTION_GAP:
		if (text_parse_unsigned(argument, 525600, &replay->gap))
			argp_error(state, "--gap takes minutes, 0 to 525600, not '%s'", argument);
		return 0;
	case ARGP_KEY_ARG:
		return ARGP_ERR_UNKNOWN; /* ARGP_KEY_ARGS takes all of them */
	case ARGP_KEY_ARGS:
		replay->paths = state->argv + state->next;
		replay->path_count = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_END:
		if (!replay->options.state_dir)
			argp_error(state, "--state is missing");
		if (replay->path_count == 0)
			argp_error(state, "no capture is named");
		return 0;
	default:
		return options_parse(key, argument, state, &replay->options);
	}
}

int cmd_replay(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "CAPTURE...",
		.doc = "Count captures (pcap, pcapng, gzip'd too) with the sensor's own program: "
		       "minutes come from packet times, history and events are those of a live "
		       "sensor.",
	};
	struct replay replay = {.gap = PACKET_CLOCK_GAP};
	struct sigaction action = {.sa_handler = replay_stop};
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &replay);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	status = run(&replay);
	release(&replay);
	return status;
}
