/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/confine.h"

#include "user/cmd/cmd.h"
#include "user/lib/log.h"
#include "user/privilege/privilege.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Where a file is written anew or renamed into place: its directory. What is no regular file, a
 * pipe or a terminal, is the place itself: nobody means all of /dev.
 */
static const char *place_of(const char *path, char place[PATH_MAX])
{
	struct stat status;
	char *slash;

	snprintf(place, PATH_MAX, "%s", path);
	if (!path[0] || (stat(path, &status) == 0 && !S_ISREG(status.st_mode)))
		return place;
	slash = strrchr(place, '/');
	if (!slash)
		return ""; /* "-": standard output is open */
	slash[slash == place] = '\0';
	return place;
}

int confine(const struct config *config, const char *event_log, const char *pins)
{
	char log_place[PATH_MAX], metrics_place[PATH_MAX];
	const struct privilege_limits limits = {
		.writable = {config->state_dir, pins, place_of(event_log, log_place),
			place_of(config->metrics_file, metrics_place)},
		.is_replay = !pins,
	};
	struct privilege_report report;
	int status = privilege_drop(&limits, &report);

	if (report.paths[0])
		log_warning("%s", report.paths);
	for (unsigned int i = 0; i < PRIVILEGE_MAX_PATHS; i++)
		if (report.unwritable[i][0])
			log_warning("%s", report.unwritable[i]);
	if (!status)
		return CMD_DONE;
	log_error("%s", report.error);
	return CMD_FAILED;
}

bool confine_has_refused(const char **sentence)
{
	static uint64_t told;
	static char text[128];
	const char *last;
	uint64_t refused = privilege_refusals(&last);

	if (refused == told)
		return false;
	snprintf(text, sizeof(text),
		"%" PRIu64 " system calls that the sensor does not need were refused, the last %s",
		refused - told, last);
	told = refused;
	*sentence = text;
	return true;
}
