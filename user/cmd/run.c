/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/cmd/confine.h"
#include "user/cmd/run.h"
#include "user/kernel/device.h"
#include "user/lib/log.h"
#include "user/lib/notify.h"
#include "user/lib/text.h"

#include <argp.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* How often the interface is looked at (milliseconds). */
#define WATCH_MS 1000

/* Wake at the next minute of the wall clock, and when somebody sets that clock. */
static int arm_timer(const struct run *run)
{
	struct itimerspec at = {.it_value.tv_sec = run_wall_clock_ns() / 1000000000 / 60 * 60 + 60};

	return timerfd_settime(
		       run->timer_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL)
		       ? -errno
		       : 0;
}

/* -- The supervisor ------------------------------------------------------------------------ */

/* The loop lives: after each minute, stored or not. A restart would not mend a full disk. */
static void tell_supervisor(const struct run *run)
{
	const struct sensor_process *sensor = &run->sensor;
	char time[TEXT_TIME_MAX] = "none";
	char text[128];

	if (sensor->last_minute)
		text_format_time(sensor->last_minute, time);
	snprintf(text, sizeof(text), "WATCHDOG=1\nSTATUS=%s, last minute stored: %s",
		sensor->is_failing ? "minutes cannot be stored"
		: run->is_down     ? "the interface is down or gone"
				   : "counting",
		time);
	notify_send(run->notify_fd, text);
}

/* -- Events of the loop -------------------------------------------------------------------- */

/* Somebody made this process try what it never does, or a library has learned a new call. */
static void watch_refusals(struct run *run)
{
	const char *sentence;

	if (!confine_has_refused(&sentence))
		return;
	sensor_happened(&run->sensor, HEALTH_REFUSED_CALL, sentence);
}

static void minute_border(struct run *run)
{
	uint64_t expirations;
	int error = read(run->timer_fd, &expirations, sizeof(expirations)) < 0 ? errno : 0;

	if (error == EAGAIN)
		return;
	if (error == ECANCELED)
		log_info("the wall clock was set");
	run_watch_clock(run);
	watch_refusals(run);
	if (run_wall_clock_ns() / 1000000000 % 60 < 59 && !run_is_gap(run))
		sensor_minute(&run->sensor, run_wall_clock_ns() / 1000000000);
}

/* False when it is time to go. */
static bool handle_signal(struct run *run)
{
	struct signalfd_siginfo signal;

	if (read(run->signal_fd, &signal, sizeof(signal)) != sizeof(signal))
		return true;
	if (signal.ssi_signo != SIGHUP)
		return false;
	log_info("reloading");
	notify_send(run->notify_fd, "RELOADING=1");
	run_reload(run);
	notify_send(run->notify_fd, "READY=1");
	return true;
}

static int loop(struct run *run)
{
	struct pollfd ready[2] = {
		{.fd = run->signal_fd, .events = POLLIN},
		{.fd = run->timer_fd, .events = POLLIN},
	};
	struct pipeline_error error;
	int status = arm_timer(run);

	while (!status) {
		if (poll(ready, 2, WATCH_MS) < 0) {
			status = errno == EINTR ? 0 : -errno;
			continue;
		}
		if (ready[0].revents && !handle_signal(run))
			break;
		if (ready[1].revents) {
			minute_border(run);
			sensor_watch(&run->sensor);
			tell_supervisor(run);
			status = arm_timer(run);
		}
		run_watch_interface(run);
		/* Before the rings of sampled packets are full. */
		pipeline_gather(run->sensor.pipeline);
	}
	if (status) {
		log_error("waiting for the minute: %s", strerror(-status));
		return CMD_FAILED;
	}
	notify_send(run->notify_fd, "STOPPING=1");
	if (pipeline_finish(run->sensor.pipeline, &error))
		log_warning("%s", error.text);
	log_info("the process ends; %s goes on counting, and the next start takes its counts over "
		 "(`teiten detach -i %s` ends it)",
		run->sensor.config.interface, run->sensor.config.interface);
	return CMD_DONE;
}

/* -- Start --------------------------------------------------------------------------------- */

/* Before a directory is made or a table allocated for it. */
static int refuse_unknown_interface(const struct config *config)
{
	if (if_nametoindex(config->interface) != 0)
		return CMD_DONE;
	log_error("there is no interface '%s'", config->interface);
	return CMD_FAILED;
}

/* Dropping what arrives by the default route takes the machine off the network. */
static int refuse_lockout(const struct run *run)
{
	const struct config *config = &run->sensor.config;

	if (run->force || config->verdict == TT_VERDICT_PASS ||
		!device_has_default_route(config->interface))
		return CMD_DONE;
	log_error("%s carries a default route: with verdict = %s this machine would lose its "
		  "network. Use verdict = pass in [sensor], or --force",
		config->interface, config_verdict_name(config->verdict));
	return CMD_FAILED;
}

static int open_events(struct run *run)
{
	int status = notify_open(&run->notify_fd);
	sigset_t signals;

	if (status) {
		log_error("NOTIFY_SOCKET: %s", strerror(-status));
		return CMD_FAILED;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	run->device_fd = device_socket();
	run->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	run->timer_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (run->device_fd < 0 || run->signal_fd < 0 || run->timer_fd < 0) {
		log_error("signals, timer and interface: %s", strerror(errno));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static void say_started(const struct run *run)
{
	const struct sensor_process *sensor = &run->sensor;

	log_info(
		"%s: %s, mode %s, verdict %s, %zu CPUs, %u MiB of tables; the first minute ends at "
		"the next full one",
		sensor->config.interface,
		sensor->attachment.is_taken_over ? "counting goes on" : "counting",
		attach_mode_name(sensor->attachment.mode),
		config_verdict_name(sensor->config.verdict), sensor->program->table_count,
		(unsigned int)((program_memory_shared(&sensor->program->parameters) +
				       program_memory_per_cpu(&sensor->program->parameters) *
					       sensor->program->table_count) >>
			       20));
}

static int run_sensor(struct run *run)
{
	int status = setup_config(&run->options, &run->sensor.config);

	if (status == CMD_DONE)
		status = sensor_require_interface(&run->sensor.config);
	if (status == CMD_DONE)
		status = refuse_unknown_interface(&run->sensor.config);
	if (status == CMD_DONE)
		status = refuse_lockout(run);
	if (status == CMD_DONE)
		status = open_events(run);
	if (status == CMD_DONE)
		status = sensor_open(&run->sensor);
	if (status == CMD_DONE)
		status = sensor_start(&run->sensor);
	if (status == CMD_DONE)
		status = confine(
			&run->sensor.config, run->sensor.config.event_log, run->sensor.pins.path);
	if (status != CMD_DONE)
		return status;
	run->sensor.program->is_final = true;
	run->clock_offset_ns = run_wall_clock_ns() - (int64_t)kernel_source_now();
	say_started(run);
	notify_send(run->notify_fd, "READY=1");
	return loop(run);
}

/* -- Command line -------------------------------------------------------------------------- */

enum { OPTION_FORCE = OPTION_OWN };

static const struct argp_option argp_options[] = {
	OPTIONS_CONFIG,
	OPTIONS_INTERFACE("count what arrives here"),
	OPTIONS_STATE,
	OPTIONS_GEO,
	{"log", OPTION_LOG, "FILE", 0, "event log; - is standard output", 0},
	{"force", OPTION_FORCE, NULL, 0, "drop even on the interface of the default route", 0},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case OPTION_FORCE:
		run->force = true;
		return 0;
	default:
		return options_parse(key, argument, state, &run->options);
	}
}

int cmd_run(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "The sensor: attach to an interface, count every frame, store each minute "
		       "and write events, until SIGTERM. SIGHUP reloads configuration and country "
		       "data.",
	};
	struct run run = {.device_fd = -1,
		.signal_fd = -1,
		.timer_fd = -1,
		.notify_fd = -1,
		.sensor.pins.fd = -1};
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &run);
	status = run_sensor(&run);
	sensor_close(&run.sensor);
	if (run.signal_fd >= 0)
		close(run.signal_fd);
	if (run.timer_fd >= 0)
		close(run.timer_fd);
	if (run.device_fd >= 0)
		close(run.device_fd);
	if (run.notify_fd >= 0)
		close(run.notify_fd);
	return status;
}
