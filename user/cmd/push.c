/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/cmd/engine_setup.h"
#include "user/cmd/options.h"
#include "user/cmd/push_status.h"
#include "user/cmd/setup.h"
#include "user/engine/backoff.h"
#include "user/engine/push.h"
#include "user/history/history_store.h"
#include "user/lib/file.h"
#include "user/lib/log.h"
#include "user/lib/text.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* A minute is there a moment after it ended; this is how long it waits for being looked for. */
#define IDLE_MS 5000
#define NOT_GIVEN INT64_MIN

struct options {
	struct common_options common;
	int64_t from;
	bool once;
};

enum { KEY_ONCE = OPTION_OWN };

static const struct argp_option argp_options[] = {
	OPTIONS_CONFIG,
	OPTIONS_STATE,
	{"from", OPTION_FROM, "TIME", 0, "send everything from then on, also what was sent", 0},
	{"once", KEY_ONCE, NULL, 0, "end when everything is sent, or at the first failure", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPTION_FROM:
		options_time(state, "from", argument, &options->from);
		return 0;
	case KEY_ONCE:
		options->once = true;
		return 0;
	default:
		return options_parse(key, argument, state, &options->common);
	}
}

/* -- The history as a source --------------------------------------------------------------- */

struct history_source {
	struct push_source source;
	struct history_store store;
};

static int last_minute(struct push_source *source, int64_t *start, bool *any)
{
	return history_last_minute(((struct history_source *)source)->store.history, start, any);
}

static int revisions(struct push_source *source, uint64_t after,
	int (*visit)(void *context, uint64_t number, int64_t start), void *context)
{
	return history_each_revision(
		((struct history_source *)source)->store.history, after, visit, context);
}

/* -- One run ------------------------------------------------------------------------------- */

struct run {
	const struct config *config;
	bool once;
	struct push *push;
	char database[ENGINE_NAME_MAX + 16];
	char cursor_path[PATH_MAX];
	char networks[TT_MAX_TARGETS * 50];
	char name[256];
	struct backoff backoff;
	struct push_status status;
};

/* Opened for each round: the sensor may have set a damaged database aside and begun another. */
static enum push_outcome do_round(struct run *run)
{
	struct history_source source = {
		.source = {.last_minute = last_minute, .revisions = revisions}};
	enum push_outcome outcome = PUSH_MORE;
	struct history_error error;
	struct history *history;
	bool any = false;

	if (history_open(run->config->state_dir, HISTORY_READ, &history, &error)) {
		push_status_broken(&run->status, error.text);
		return PUSH_BROKEN;
	}
	source.store = history_store_of(history);
	source.source.store = &source.store.store;
	while (outcome == PUSH_MORE) {
		outcome = push_step(run->push, &source.source);
		history_last_minute(history, &run->status.last_minute, &any);
		push_status_tell(&run->status, outcome);
	}
	history_close(history);
	return outcome;
}

static void wait_ms(uint32_t milliseconds)
{
	struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

	nanosleep(&time, NULL);
}

static int do_rounds(struct run *run)
{
	for (;;) {
		enum push_outcome outcome = do_round(run);

		if (run->once)
			return outcome == PUSH_IDLE ? CMD_DONE : CMD_FAILED;
		if (outcome == PUSH_IDLE) {
			backoff_succeeded(&run->backoff);
			wait_ms(IDLE_MS);
		} else {
			wait_ms(backoff_failed(&run->backoff));
		}
	}
}

/* -- Start --------------------------------------------------------------------------------- */

static void describe_networks(const struct config_addresses *addresses, char *text, size_t room)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < addresses->target_count; i++) {
		const struct tt_target *target = &addresses->target[i];
		struct text_address address = {.is_v6 = target->is_v6};
		char one[TEXT_ADDRESS_MAX];

		memcpy(address.bytes, target->address, sizeof(address.bytes));
		text_format_address(&address, one);
		used += (size_t)snprintf(text + used, room - used, "%s%s/%d", i ? " " : "", one,
			__builtin_popcountll(target->mask[0]) +
				__builtin_popcountll(target->mask[1]));
	}
	if (!addresses->target_count && addresses->addresses4)
		snprintf(text, room, "%llu", (unsigned long long)addresses->addresses4);
}

/* Two pushes of one cursor would only repeat each other; it is a mistake all the same. */
static int take_lock(const struct run *run, int *lock)
{
	char path[PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s.lock", run->cursor_path);
	*lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (*lock < 0) {
		log_error("%s: %s", path, strerror(errno));
		return CMD_FAILED;
	}
	if (flock(*lock, LOCK_EX | LOCK_NB)) {
		log_error("%s: another teiten push is at work", path);
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static int open_push(struct run *run, struct server *server)
{
	const struct config *config = run->config;
	struct push_parameters parameters = {
		.server = server,
		.database = run->database,
		.cursor_path = run->cursor_path,
		.about =
			{
				.name = run->name,
				.networks = run->networks,
				.country = config->country == COUNTRY_ZZ
						   ? ""
						   : country_code(config->country),
				.timezone = config->timezone,
			},
	};
	int cursor_error;

	if (push_open(&parameters, &cursor_error, &run->push)) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	if (cursor_error == -EBADMSG)
		log_warning("%s is damaged: everything is sent again, which changes no sum",
			run->cursor_path);
	else if (cursor_error && cursor_error != -ENOENT) {
		log_error("%s: %s", run->cursor_path, strerror(-cursor_error));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static int prepare(struct run *run, int64_t from, struct server *server)
{
	const struct config *config = run->config;
	int status, error;

	describe_networks(&config->addresses, run->networks, sizeof(run->networks));
	if (config->name[0])
		snprintf(run->name, sizeof(run->name), "%s", config->name);
	else
		gethostname(run->name, sizeof(run->name) - 1);
	if (getrandom(&run->backoff.random, sizeof(run->backoff.random), GRND_NONBLOCK) < 0)
		run->backoff.random = (uint64_t)getpid();
	status = open_push(run, server);
	run->status.push = run->push;
	run->status.url = config->push_url;
	if (status || from == NOT_GIVEN)
		return status;
	error = push_from(run->push, from);
	if (error)
		log_error("%s: %s", run->cursor_path, strerror(-error));
	return error ? CMD_FAILED : CMD_DONE;
}

static void set_paths(struct run *run)
{
	const struct config *config = run->config;

	if (config->push_cursor[0]) {
		snprintf(run->cursor_path, sizeof(run->cursor_path), "%s", config->push_cursor);
		snprintf(
			run->status.path, sizeof(run->status.path), "%s.json", config->push_cursor);
		return;
	}
	snprintf(run->cursor_path, sizeof(run->cursor_path), "%s/push.cursor", config->state_dir);
	snprintf(run->status.path, sizeof(run->status.path), "%s/push.json", config->state_dir);
}

static int run_push(const struct config *config, const struct options *options)
{
	struct run run = {.config = config, .once = options->once};
	struct server *server = NULL;
	CLEANUP_FD int lock = -1;
	int status;

	if (!config->push_url[0]) {
		log_error("no engine is named: url in [push] of the configuration says where the "
			  "history goes");
		return CMD_USAGE;
	}
	if (!engine_name_is_valid(config->push_sensor)) {
		log_error(
			"[push] sensor = '%s': the sensor's name in the engine is a-z, 0-9 and _, "
			"a letter first, at most %d",
			config->push_sensor, ENGINE_NAME_MAX);
		return CMD_USAGE;
	}
	snprintf(run.database, sizeof(run.database), "teiten_%s", config->push_sensor);
	set_paths(&run);
	status = engine_setup(config, "push", config->push_url, config->push_user,
		config->push_password_file, &server);
	if (!status)
		status = take_lock(&run, &lock);
	if (!status)
		status = prepare(&run, options->from, server);
	if (!status)
		status = do_rounds(&run);
	push_close(run.push);
	server_close(server);
	return status;
}

int cmd_push(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse_option, NULL,
		"Send the history to the engine of a fleet (ClickHouse), and go on as it grows. "
		"Needs no privilege; the sensor does not notice it.\v"
		"Section [push] of the configuration says where to and as whom. How far it has "
		"come is in push.cursor of the state directory, how it fares in push.json.",
		NULL, NULL, NULL};
	struct options options = {.from = NOT_GIVEN};
	struct config config;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (setup_config(&options.common, &config))
		return CMD_USAGE;
	status = run_push(&config, &options);
	config_release(&config);
	return status;
}
