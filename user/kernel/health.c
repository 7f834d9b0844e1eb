/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/health.h"

#include "user/kernel/attach.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* The name behind a directory's: %XX is a byte. */
static void unescape(const char *text, char name[IF_NAMESIZE])
{
	size_t used = 0;
	unsigned int byte;

	while (*text && used + 1 < IF_NAMESIZE) {
		if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1 && text[2]) {
			name[used++] = (char)byte;
			text += 3;
		} else {
			name[used++] = *text++;
		}
	}
	name[used] = '\0';
}

static int read_directory(const char *path, struct sensor_health *health)
{
	char pin[600];
	uint32_t zero = 0;
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	if (directory < 0)
		return -errno;
	health->has_link = faccessat(directory, "link", F_OK, 0) == 0;
	/* Whoever drains holds the lock; asking for a shared one disturbs nobody but a start. */
	health->has_process = flock(directory, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(directory);
	snprintf(pin, sizeof(pin), "%s/health", path);
	fd = bpf_obj_get(pin);
	if (fd < 0)
		return 0;
	health->is_readable = bpf_map_lookup_elem(fd, &zero, &health->health) == 0;
	close(fd);
	return 0;
}

int sensor_health_read(const char *interface, struct sensor_health *health)
{
	struct sensor_health fresh = {0};
	char path[PIN_PATH_MAX];
	int status;

	snprintf(fresh.interface, sizeof(fresh.interface), "%s", interface);
	pin_directory_path(interface, path);
	status = read_directory(path, &fresh);
	if (!status)
		*health = fresh;
	return status;
}

int sensor_health_list(struct sensor_health *list, size_t capacity, size_t *count)
{
	DIR *root = opendir(ATTACH_ROOT);
	struct dirent *entry;
	size_t found = 0;

	if (!root) {
		*count = 0;
		return errno == ENOENT ? 0 : -errno;
	}
	while (found < capacity && (entry = readdir(root))) {
		char interface[IF_NAMESIZE];

		if (entry->d_name[0] == '.')
			continue;
		unescape(entry->d_name, interface);
		if (sensor_health_read(interface, &list[found]) == 0)
			found++;
	}
	closedir(root);
	*count = found;
	return 0;
}
