/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/attach.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BPFFS "/sys/fs/bpf"

/* -- Paths --------------------------------------------------------------------------------- */

static void escape_interface(const char *interface, char *escaped, size_t size)
{
	size_t used = 0;

	for (; *interface && used + 4 < size; interface++) {
		unsigned char byte = (unsigned char)*interface;

		if (isalnum(byte) || byte == '_' || byte == '-')
			escaped[used++] = (char)byte;
		else
			used += (size_t)snprintf(escaped + used, size - used, "%%%02X", byte);
	}
	escaped[used] = '\0';
}

void pin_directory_path(const char *interface, char path[PIN_PATH_MAX])
{
	char name[128];

	escape_interface(interface, name, sizeof(name));
	snprintf(path, PIN_PATH_MAX, "%s/%s/v%d", ATTACH_ROOT, name, TT_LAYOUT);
}

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

static int need_bpffs(struct kernel_error *error)
{
	if (is_bpffs(BPFFS) || mount("bpf", BPFFS, "bpf", 0, "mode=0711") == 0)
		return 0;
	if (errno == EPERM)
		return kernel_fail(
			error, -EPERM, "%s is no BPF file system; root can mount it", BPFFS);
	return kernel_fail(error, -errno, "%s is no BPF file system and cannot be mounted: %s",
		BPFFS, strerror(errno));
}

/*
 * By root, to the group teiten where it exists, so that its members read the pins; what is made
 * inside follows.
 */
static int give_to_group(const char *path)
{
	const struct group *group = geteuid() == 0 ? getgrnam("teiten") : NULL;

	return group && (chown(path, 0, group->gr_gid) || chmod(path, 02750)) ? -errno : 0;
}

static int make_directory(const char *path, struct kernel_error *error)
{
	if (mkdir(path, 0750) == 0) {
		int status = give_to_group(path);

		return status ? kernel_fail(error, status, "%s: %s", path, strerror(-status)) : 0;
	}
	return errno == EEXIST ? 0 : kernel_fail(error, -errno, "%s: %s", path, strerror(errno));
}

int pin_root_give(uid_t user, gid_t group, struct kernel_error *error)
{
	int status = need_bpffs(error);

	if (!status)
		status = make_directory(ATTACH_ROOT, error);
	if (!status && chown(ATTACH_ROOT, user, group))
		status = kernel_fail(error, -errno, "%s: %s", ATTACH_ROOT, strerror(errno));
	return status;
}

/* -- Layouts ------------------------------------------------------------------------------- */

/* Refuse pins that another version left: their counters cannot be read by this one. */
static int refuse_other_layouts(const char *parent, struct kernel_error *error)
{
	char mine[16];
	struct dirent *entry;
	DIR *directory = opendir(parent);
	int status = 0;

	if (!directory)
		return kernel_fail(error, -errno, "%s: %s", parent, strerror(errno));
	snprintf(mine, sizeof(mine), "v%d", TT_LAYOUT);
	while (!status && (entry = readdir(directory))) {
		if (entry->d_name[0] != 'v' || strcmp(entry->d_name, mine) == 0)
			continue;
		status = kernel_fail(error, -ESTALE,
			"%s/%s holds the counters of another version of teiten (this one uses "
			"%s): detach with that version first",
			parent, entry->d_name, mine);
	}
	closedir(directory);
	return status;
}

int pin_directory_open(
	const char *interface, struct pin_directory *directory, struct kernel_error *error)
{
	struct pin_directory fresh = {.fd = -1};
	char parent[PIN_PATH_MAX];
	int status;

	pin_directory_path(interface, fresh.path);
	snprintf(parent, sizeof(parent), "%s", fresh.path);
	*strrchr(parent, '/') = '\0';
	status = need_bpffs(error);
	if (!status)
		status = make_directory(ATTACH_ROOT, error);
	if (!status)
		status = make_directory(parent, error);
	if (!status)
		status = refuse_other_layouts(parent, error);
	if (!status)
		status = make_directory(fresh.path, error);
	if (status)
		return status;
	fresh.fd = open(fresh.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fresh.fd < 0)
		return kernel_fail(error, -errno, "%s: %s", fresh.path, strerror(errno));
	if (flock(fresh.fd, LOCK_EX | LOCK_NB)) {
		close(fresh.fd);
		return kernel_fail(error, -EBUSY,
			"another teiten holds %s: `pgrep -a teiten` lists those that run",
			interface);
	}
	*directory = fresh;
	return 0;
}

/*
 * The directory when it is empty, then the interface's and the root's when they are. A root that
 * belongs to a user of its own stays: that user could not make it again.
 */
static int remove_empty(const struct pin_directory *directory)
{
	char path[PIN_PATH_MAX];
	struct stat root;

	if (rmdir(directory->path))
		return -errno;
	snprintf(path, sizeof(path), "%s", directory->path);
	*strrchr(path, '/') = '\0';
	if (rmdir(path) == 0 && stat(ATTACH_ROOT, &root) == 0 && root.st_uid == 0)
		rmdir(ATTACH_ROOT);
	return 0;
}

static void remove_pins(const struct pin_directory *directory)
{
	struct dirent *entry;
	DIR *pins = opendir(directory->path);

	while (pins && (entry = readdir(pins)))
		if (entry->d_name[0] != '.')
			unlinkat(directory->fd, entry->d_name, 0);
	if (pins)
		closedir(pins);
}

void pin_directory_close(struct pin_directory *directory)
{
	if (directory->fd < 0)
		return;
	/* Of a start that failed, or a removal that was killed, nothing stays. */
	if (!pin_directory_has_link(directory) && !pin_directory_has_counters(directory))
		remove_pins(directory);
	remove_empty(directory);
	close(directory->fd);
	directory->fd = -1;
}

bool pin_directory_has_link(const struct pin_directory *directory)
{
	return faccessat(directory->fd, "link", F_OK, 0) == 0;
}

bool pin_directory_has_counters(const struct pin_directory *directory)
{
	return faccessat(directory->fd, "birth", F_OK, 0) == 0;
}

int attach_remove_link(const struct pin_directory *directory)
{
	return unlinkat(directory->fd, "link", 0) && errno != ENOENT ? -errno : 0;
}

int pin_directory_remove(struct pin_directory *directory, struct kernel_error *error)
{
	int status;

	/* The identity first: a removal that is killed leaves no counters that a start would take.
	 */
	unlinkat(directory->fd, "birth", 0);
	remove_pins(directory);
	status = remove_empty(directory);
	if (status)
		return kernel_fail(error, status, "%s: %s", directory->path, strerror(-status));
	pin_directory_close(directory);
	return 0;
}
