/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/attach.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void link_path(const struct pin_directory *directory, char *path, size_t size)
{
	snprintf(path, size, "%s/link", directory->path);
}

static int remember_mode(struct program *program, enum attach_mode mode)
{
	uint32_t zero = 0;

	program->birth.attach_mode = mode;
	return bpf_map_update_elem(
		       bpf_map__fd(program->skeleton->maps.birth), &zero, &program->birth, BPF_ANY)
		       ? -errno
		       : 0;
}

static int link_ifindex(int link_fd)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(link_fd, &info, &size))
		return -errno;
	return (int)info.xdp.ifindex;
}

int attach_ifindex(const struct attachment *attachment)
{
	return link_ifindex(attachment->link_fd);
}

/* -- Taking over --------------------------------------------------------------------------- */

/* The pinned link with the new program in it; -ENOENT when none is pinned for this interface. */
static int take_over(struct program *program, const struct pin_directory *directory,
	unsigned int ifindex, struct attachment *attachment, struct kernel_error *error)
{
	enum attach_mode mode = program->birth.attach_mode;
	char path[600];
	int fd, status;

	link_path(directory, path, sizeof(path));
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	if (link_ifindex(fd) != (int)ifindex) {
		/* The interface was removed and made anew: this link counts nothing any more. */
		close(fd);
		return unlink(path) ? -errno : -ENOENT;
	}
	/* A link keeps its program's kind: multi-buffer or not. */
	status = (mode == ATTACH_FRAGS) == program->parameters.frags
			 ? 0
			 : program_reload(program, mode == ATTACH_FRAGS, error);
	if (!status && bpf_link_update(fd, program->fd, NULL))
		status = kernel_fail(
			error, -errno, "replacing the attached program: %s", strerror(errno));
	if (status) {
		close(fd);
		return status;
	}
	*attachment = (struct attachment){
		.link_fd = fd,
		.ifindex = ifindex,
		.mode = mode,
		.is_taken_over = true,
	};
	return 0;
}

/* -- The ladder ---------------------------------------------------------------------------- */

static const struct {
	enum attach_mode mode;
	enum attach_choice choice;
	bool frags;
	__u32 flags;
} rungs[] = {
	{ATTACH_FRAGS, ATTACH_CHOICE_FRAGS, true, XDP_FLAGS_DRV_MODE},
	{ATTACH_NATIVE, ATTACH_CHOICE_NATIVE, false, XDP_FLAGS_DRV_MODE},
	{ATTACH_GENERIC, ATTACH_CHOICE_GENERIC, false, XDP_FLAGS_SKB_MODE},
};
#define RUNGS (sizeof(rungs) / sizeof(rungs[0]))

/* Name who is attached, and what to do about it. */
static int explain_busy(const struct program *program, const char *interface, unsigned int ifindex,
	struct kernel_error *error)
{
	struct bpf_prog_info info = {0};
	__u32 id = 0, size = sizeof(info);
	char tag[2 * sizeof(info.tag) + 1] = "?";
	int fd;

	if (program->is_final || bpf_xdp_query_id((int)ifindex, 0, &id) || id == 0)
		return kernel_fail(error, -EBUSY, "%s is taken by another XDP user", interface);
	fd = bpf_prog_get_fd_by_id(id);
	if (fd >= 0) {
		if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
			for (size_t i = 0; i < sizeof(info.tag); i++)
				snprintf(tag + 2 * i, 3, "%02x", info.tag[i]);
		close(fd);
	}
	return kernel_fail(error, strcmp(info.name, "teiten") == 0 ? -EADDRINUSE : -EBUSY,
		"%s already has an XDP program: '%s', id %u, tag %s. Remove it (`ip link set dev "
		"%s xdp off`, or stop the program that holds it), or choose another interface",
		interface, info.name[0] ? info.name : "?", id, tag, interface);
}

/* Generic mode takes a program of either kind; one that can still be loaded is loaded as it should.
 */
static bool fits(const struct program *program, size_t rung)
{
	return program->parameters.frags == rungs[rung].frags ||
	       (program->is_final && rungs[rung].mode == ATTACH_GENERIC);
}

static int climb(struct program *program, const char *interface, unsigned int ifindex,
	enum attach_choice choice, struct attachment *attachment, struct kernel_error *error)
{
	int status = -EOPNOTSUPP;

	for (size_t i = 0; i < RUNGS; i++) {
		LIBBPF_OPTS(bpf_link_create_opts, options, .flags = rungs[i].flags);

		if (choice != ATTACH_CHOICE_AUTO && choice != rungs[i].choice)
			continue;
		if (!fits(program, i)) {
			if (program->is_final)
				continue;
			status = program_reload(program, rungs[i].frags, error);
			if (status)
				return status;
		}
		attachment->link_fd = bpf_link_create(program->fd, (int)ifindex, BPF_XDP, &options);
		if (attachment->link_fd >= 0) {
			attachment->mode = rungs[i].mode;
			return 0;
		}
		status = -errno;
		if (status == -EBUSY || status == -EEXIST)
			return explain_busy(program, interface, ifindex, error);
		if (status == -EPERM)
			return kernel_fail(error, status, "attaching needs root, or CAP_NET_ADMIN");
	}
	return kernel_fail(
		error, status, "%s: XDP cannot be attached here: %s", interface, strerror(-status));
}

static int pin_all(struct program *program, const struct pin_directory *directory,
	const struct attachment *attachment, struct kernel_error *error)
{
	char path[600];
	int status = program_pin(program, directory->path, error);

	if (status || attachment->is_taken_over)
		return status;
	link_path(directory, path, sizeof(path));
	if (bpf_obj_pin(attachment->link_fd, path) || chmod(path, 0640))
		return kernel_fail(error, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

int attach_interface(struct program *program, const struct pin_directory *directory,
	const char *interface, unsigned int ifindex, enum attach_choice choice,
	struct attachment *attachment, struct kernel_error *error)
{
	struct attachment fresh = {.link_fd = -1, .ifindex = ifindex};
	int status;

	if (fresh.ifindex == 0)
		return kernel_fail(error, -ENODEV, "there is no interface '%s'", interface);
	/* A final program has had its link, and lost it. */
	status =
		program->is_final ? -ENOENT : take_over(program, directory, ifindex, &fresh, error);
	if (status == -ENOENT)
		status = climb(program, interface, fresh.ifindex, choice, &fresh, error);
	if (status)
		return status;
	status = remember_mode(program, fresh.mode);
	if (status)
		kernel_fail(error, status, "marking the tables: %s", strerror(-status));
	if (!status)
		status = pin_all(program, directory, &fresh, error);
	if (status) {
		close(fresh.link_fd);
		return status;
	}
	*attachment = fresh;
	return 0;
}
