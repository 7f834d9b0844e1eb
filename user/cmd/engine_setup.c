/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/engine_setup.h"

#include "user/cmd/cmd.h"
#include "user/lib/file.h"
#include "user/lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PASSWORD_MAX 512

bool engine_name_is_valid(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= ENGINE_NAME_MAX && *name >= 'a' && *name <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static int read_password(const char *path, char password[PASSWORD_MAX])
{
	CLEANUP_FREE char *text = NULL;
	struct stat file;
	size_t size;
	int error = stat(path, &file) ? -errno : 0;

	if (!error && file.st_mode & 07) {
		log_error("%s: others may read or write this password file (chmod o= it)", path);
		return CMD_USAGE;
	}
	if (!error)
		error = file_read_all(path, PASSWORD_MAX - 1, &text, &size);
	if (error) {
		log_error("%s: %s", path, strerror(-error));
		return CMD_USAGE;
	}
	text[strcspn(text, "\r\n")] = '\0';
	memcpy(password, text, strlen(text) + 1);
	explicit_bzero(text, size);
	return CMD_DONE;
}

/* A password that anybody on the way can read is worth a word. */
static void warn_of_plain_text(const char *section, const char *url)
{
	if (strncmp(url, "http://", 7) == 0 && strncmp(url + 7, "127.", 4) != 0 &&
		strncmp(url + 7, "localhost", 9) != 0 && strncmp(url + 7, "[::1]", 5) != 0)
		log_warning("[%s] url = %s: user and password go over the network unprotected; "
			    "https:// protects them",
			section, url);
}

int engine_setup(const struct config *config, const char *section, const char *url,
	const char *user, const char *password_file, struct server **server)
{
	char password[PASSWORD_MAX] = "";
	struct server_parameters parameters = {
		.url = url,
		.user = user,
		.password = password,
		.ca_file = config->engine_ca_file,
		.verify = config->engine_verify,
		.timeout = (unsigned int)config->engine_timeout,
	};
	int status;

	if (!url[0]) {
		log_error("no engine is named: set url in section [%s] of the configuration",
			section);
		return CMD_USAGE;
	}
	status = password_file[0] ? read_password(password_file, password) : CMD_DONE;
	if (status)
		return status;
	if (!parameters.verify)
		log_warning("the engine's certificate is not verified ([engine] verify = no)");
	warn_of_plain_text(section, url);
	status = server_open(&parameters, server);
	explicit_bzero(password, sizeof(password));
	if (status == -EINVAL) {
		log_error("[%s]: no control bytes in user and password", section);
		return CMD_USAGE;
	}
	if (status)
		log_error("out of memory");
	return status ? CMD_FAILED : CMD_DONE;
}
