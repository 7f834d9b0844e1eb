/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define COPY_PART ((size_t)16 << 20)

static int copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t part = out < 0 ? -1 : 1;
	int error;

	while (part > 0)
		part = sendfile(out, in, NULL, COPY_PART);
	error = part < 0 ? -errno : 0;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return error;
}

int copy_database(const char *database, char directory[COPY_PATH_MAX])
{
	static const char *const suffixes[] = {"", "-wal"};
	const char *base = getenv("TMPDIR");
	char from[COPY_PATH_MAX], to[COPY_PATH_MAX + 32], made[COPY_PATH_MAX];
	int error = 0;

	snprintf(made, sizeof(made), "%s/teiten-XXXXXX", base && base[0] == '/' ? base : "/tmp");
	if (!mkdtemp(made))
		return -errno;
	for (unsigned int i = 0; i < 2 && !error; i++) {
		snprintf(from, sizeof(from), "%s%s", database, suffixes[i]);
		snprintf(to, sizeof(to), "%s/history.db%s", made, suffixes[i]);
		error = copy_file(from, to);
	}
	if (error)
		remove_copy(made);
	else
		memcpy(directory, made, sizeof(made));
	return error;
}

void remove_copy(const char *directory)
{
	static const char *const names[] = {"history.db", "history.db-wal", "history.db-shm"};
	char path[COPY_PATH_MAX + 32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
}
