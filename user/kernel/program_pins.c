/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/program_private.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool program_is_constant_map(const struct bpf_map *map)
{
	return strstr(bpf_map__name(map), ".rodata") != NULL;
}

/* Of a variable's section what comes last: bpffs takes no dots. */
static void pin_path(char *path, size_t size, const char *directory, const struct bpf_map *map)
{
	const char *name = bpf_map__name(map), *dot = strrchr(name, '.');

	snprintf(path, size, "%s/%s", directory, dot ? dot + 1 : name);
}

void program_keep_cells(struct program *program)
{
	struct program_parameters *parameters = &program->parameters;
	struct tt_birth birth = {0};
	uint32_t zero = 0;
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/drained_pfx", parameters->pin_directory);
	program->leaves_prefixes = !parameters->prefixes && access(path, F_OK) == 0;
	snprintf(path, sizeof(path), "%s/birth", parameters->pin_directory);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return;
	if (bpf_map_lookup_elem(fd, &zero, &birth) == 0 && birth.cells != TT_CELLS_UNSAID) {
		program->keeps_cells = parameters->countries != (birth.cells == TT_CELLS_YES);
		parameters->countries = birth.cells == TT_CELLS_YES;
	}
	close(fd);
}

int program_reuse_pins(struct sensor *skeleton, const char *directory, struct kernel_error *error)
{
	struct bpf_map *map;
	char path[512];
	int taken = 0;

	/* Without its identity a set is what a killed removal left: its counts are in the history.
	 */
	pin_path(path, sizeof(path), directory, skeleton->maps.birth);
	if (access(path, F_OK) && errno == ENOENT)
		return 0;

	bpf_object__for_each_map (map, skeleton->obj) {
		int fd, status;

		if (program_is_constant_map(map) || !bpf_map__autocreate(map))
			continue;
		pin_path(path, sizeof(path), directory, map);
		fd = bpf_obj_get(path);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return kernel_fail(error, -errno, "%s: %s", path, strerror(errno));
		status = bpf_map__reuse_fd(map, fd);
		close(fd);
		if (status)
			return kernel_fail(error, status,
				"%s: not a map of this version; run `teiten detach`", path);
		taken++;
	}
	return taken;
}

static int pin_map(struct program *program, const struct bpf_map *map, const char *directory,
	struct kernel_error *error)
{
	char path[512];

	pin_path(path, sizeof(path), directory, map);
	/* What lies there belongs to no set: see program_reuse_pins(). */
	if (!program->is_taken_over)
		unlink(path);
	if (bpf_obj_pin(bpf_map__fd(map), path) && errno != EEXIST)
		return kernel_fail(error, -errno, "%s: %s", path, strerror(errno));
	if (chmod(path, 0640))
		return kernel_fail(error, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* The identity comes last and goes first: where it is, the set is whole. */
int program_pin(struct program *program, const char *directory, struct kernel_error *error)
{
	const struct bpf_map *birth = program->skeleton->maps.birth;
	struct bpf_map *map;
	int status;

	if (program->is_pinned)
		return 0;
	bpf_object__for_each_map (map, program->skeleton->obj) {
		if (program_is_constant_map(map) || bpf_map__fd(map) < 0 || map == birth)
			continue;
		status = pin_map(program, map, directory, error);
		if (status)
			return status;
	}
	status = pin_map(program, birth, directory, error);
	program->is_pinned = status == 0;
	return status;
}
