/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/cmd/setup.h"
#include "user/kernel/preflight.h"
#include "user/lib/log.h"
#include "user/model/health.h"

#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

struct check {
	struct common_options options;
	bool print_default;
	bool print_manual;
	bool print_health;
	struct config config;
	unsigned int bad;
};

static void __attribute__((format(printf, 3, 4)))
say(struct check *check, const char *verdict, const char *format, ...)
{
	va_list arguments;

	check->bad += strcmp(verdict, "BAD") == 0;
	printf("%-5s ", verdict);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
}

static void check_geo(struct check *check)
{
	const struct geo_info *info;
	struct geo *geo;

	if (setup_geo(&check->config, &geo) != CMD_DONE) {
		say(check, "BAD", "country data: see above");
		return;
	}
	info = geo_info(geo);
	if (info->file_count)
		say(check, "ok", "country data: %zu files, %zu ranges, date %s", info->file_count,
			info->steps4 + info->steps6, info->date[0] ? info->date : "unknown");
	else
		say(check, "note",
			"no country data: every source counts as ZZ; scripts/fetch-geo.sh gets "
			"them, --geo or [geo] file names them");
	geo_free(geo);
}

static void check_kernel(struct check *check)
{
	struct preflight_feature features[PREFLIGHT_FEATURES];
	struct utsname system;

	uname(&system);
	preflight_kernel(features);
	for (size_t i = 0; i < PREFLIGHT_FEATURES; i++) {
		if (features[i].state == -EPERM || features[i].state == -EACCES) {
			say(check, "note", "kernel %s: its features are told to root only",
				system.release);
			return;
		}
		if (features[i].state <= 0)
			say(check, "BAD", "kernel %s lacks %s; Linux 6.1 has it", system.release,
				features[i].name);
	}
	if (check->bad == 0)
		say(check, "ok", "kernel %s", system.release);
}

static void check_interface(struct check *check)
{
	const char *name = check->config.interface;
	struct preflight_interface found;

	if (!name[0]) {
		say(check, "note",
			"no interface is named: -i IFACE, or interface in [sensor] of the "
			"configuration");
		return;
	}
	found = preflight_interface(name);
	if (!found.exists) {
		say(check, "BAD", "there is no interface '%s'; ip link show lists those there are",
			name);
		return;
	}
	say(check, "ok", "interface %s, MTU %u", name, found.mtu);
	if (!found.is_up)
		say(check, "BAD", "%s is down: `ip link set %s up`", name, name);
	if (found.has_default_route && check->config.verdict != TT_VERDICT_PASS)
		say(check, "BAD",
			"%s carries a default route: verdict = %s would cut this machine off", name,
			config_verdict_name(check->config.verdict));
	if (found.strips_vlan_tags)
		say(check, "note", "%s hides VLAN tags from XDP: `ethtool -K %s rxvlan off`", name,
			name);
	if (!found.is_promiscuous)
		say(check, "note",
			"%s takes only frames sent to it: a mirrored port needs `ip link "
			"set %s promisc on`",
			name, name);
}

static void check_memory(struct check *check)
{
	struct program_parameters parameters = setup_program(&check->config);
	size_t per_cpu = program_memory_per_cpu(&parameters), available;
	size_t shared = program_memory_shared(&parameters);
	unsigned int cpus = program_online_cpus();
	size_t sum = per_cpu * cpus + shared;
	char need[128];

	snprintf(need, sizeof(need), "memory: %zu MiB a CPU x %u + %zu MiB shared = %zu MiB",
		per_cpu >> 20, cpus, shared >> 20, sum >> 20);
	available = preflight_available_memory();
	if (available)
		say(check, sum > available ? "BAD" : "ok", "%s of %zu MiB available", need,
			available >> 20);
	else
		say(check, "note", "%s; how much is available is not known", need);
}

/* As rows of a table in docs/operations.md. */
static int print_health(void)
{
	for (unsigned int i = 0; i < HEALTH_CONDITIONS; i++) {
		const struct health_text *text = health_text((enum health_condition)i);

		printf("| `%s` | %s | %s |\n", text->name, text->begins_when, text->advice);
	}
	return fflush(stdout) ? CMD_FAILED : CMD_DONE;
}

static int run(struct check *check)
{
	int status;

	if (check->print_health)
		return print_health();
	if (check->print_default || check->print_manual) {
		(check->print_default ? config_write_default : config_write_manual)(stdout);
		return fflush(stdout) ? CMD_FAILED : CMD_DONE;
	}
	status = setup_config(&check->options, &check->config);
	if (status != CMD_DONE)
		return status;
	say(check, "ok", "configuration %s",
		check->options.config_path ? check->options.config_path : "(defaults)");
	check_kernel(check);
	check_geo(check);
	check_interface(check);
	check_memory(check);
	config_release(&check->config);
	return check->bad ? CMD_FAILED : CMD_DONE;
}

/* -- Command line -------------------------------------------------------------------------- */

enum { OPTION_DEFAULT = OPTION_OWN, OPTION_MANUAL, OPTION_HEALTH };

static const struct argp_option argp_options[] = {
	OPTIONS_CONFIG,
	OPTIONS_INTERFACE("check this interface"),
	OPTIONS_GEO,
	{"print-default", OPTION_DEFAULT, NULL, 0, "print the default configuration file", 0},
	{"print-manual", OPTION_MANUAL, NULL, 0, "print the manual's list of keys (mdoc)", 0},
	{"print-health", OPTION_HEALTH, NULL, 0, "print the conditions of health as a table", 0},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct check *check = state->input;

	switch (key) {
	case OPTION_DEFAULT:
		check->print_default = true;
		return 0;
	case OPTION_MANUAL:
		check->print_manual = true;
		return 0;
	case OPTION_HEALTH:
		check->print_health = true;
		return 0;
	default:
		return options_parse(key, argument, state, &check->options);
	}
}

int cmd_check(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "Check configuration, kernel, country data and interface, and say how much "
		       "memory the sensor will take. Allocates none of it.",
	};
	struct check check = {0};

	argp_parse(&argp, argc, argv, 0, NULL, &check);
	return run(&check);
}
