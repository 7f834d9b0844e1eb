/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/program_private.h"

#include "user/kernel/inner_maps.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

int kernel_fail(struct kernel_error *error, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return code;
}

/* -- Opening and loading ------------------------------------------------------------------- */

/* Whether BPF programs of the running kernel can call it. */
static bool kernel_has_function(const char *name)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	bool has = kernel && btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC) > 0;

	btf__free(kernel);
	return has;
}

static void set_parameters(struct sensor *skeleton, const struct program_parameters *parameters)
{
	skeleton->rodata->action = parameters->verdict == TT_VERDICT_PASS ? XDP_PASS : XDP_DROP;
	skeleton->rodata->neighbour_action =
		parameters->verdict == TT_VERDICT_DROP_ALL ? XDP_DROP : XDP_PASS;
	skeleton->rodata->target_count = (uint32_t)parameters->target_count;
	for (size_t i = 0; i < parameters->target_count; i++)
		skeleton->rodata->targets[i] = parameters->targets[i];
	skeleton->rodata->count_countries = parameters->countries;
	skeleton->rodata->count_prefixes = parameters->prefixes;
	skeleton->rodata->count_sources = parameters->sources;
	skeleton->rodata->is_replay = parameters->replay;
	skeleton->rodata->can_read_buffer = kernel_has_function("bpf_cast_to_kern_ctx");
	skeleton->rodata->hash_seed = parameters->salt[0];
	skeleton->rodata->hash_factor = parameters->salt[1] | 1;
}

static struct sensor *open_skeleton(
	const struct program_parameters *parameters, unsigned int possible_cpus, bool frags)
{
	struct sensor *skeleton = sensor__open();

	if (!skeleton)
		return NULL;
	set_parameters(skeleton, parameters);
	bpf_map__set_max_entries(skeleton->maps.counts, possible_cpus);
	bpf_map__set_max_entries(skeleton->maps.cells, possible_cpus);
	bpf_map__set_max_entries(skeleton->maps.prefixes, possible_cpus);
	bpf_map__set_max_entries(skeleton->maps.sources, possible_cpus);
	bpf_map__set_max_entries(skeleton->maps.samplers, possible_cpus);
	if (!parameters->countries)
		bpf_map__set_autocreate(skeleton->maps.drained_cells, false);
	if (!parameters->prefixes)
		bpf_map__set_autocreate(skeleton->maps.drained_pfx, false);
	bpf_program__set_flags(skeleton->progs.teiten, frags ? BPF_F_XDP_HAS_FRAGS : 0);
	return skeleton;
}

static int explain_load(
	int status, const struct program_parameters *parameters, struct kernel_error *error)
{
	switch (-status) {
	case EPERM:
		return kernel_fail(error, -EPERM,
			"loading needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	case ENOMEM:
		return program_memory_fail(parameters, error);
	case EACCES: /* the verifier's refusal */
	case EINVAL:
	case EOPNOTSUPP:
		return kernel_fail(error, -EOPNOTSUPP,
			"the kernel refused the program (%s); Linux 6.1 or newer with BPF is "
			"needed, and CAP_PERFMON",
			strerror(-status));
	default:
		return kernel_fail(error, status, "loading the program: %s", strerror(-status));
	}
}

/* -- Mapping ------------------------------------------------------------------------------- */

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void program_free(struct program *program)
{
	if (!program)
		return;
	program_unmap_tables(program);
	for (unsigned int i = 0; i < 2; i++)
		close_fd(program->geo_fd[i]);
	sensor__destroy(program->skeleton);
	free(program->orphans);
	free(program->tables);
	free(program);
}

/* -- Identity ------------------------------------------------------------------------------ */

static int give_birth(struct program *program)
{
	int fd = bpf_map__fd(program->skeleton->maps.birth);
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(fd, &zero, &program->birth))
		return -errno;
	if (program->birth.layout == 0) {
		program->birth.layout = TT_LAYOUT;
		if (getrandom(program->birth.id, sizeof(program->birth.id), 0) < 0)
			return -errno;
	}
	program->are_sketches_mixed = program->is_taken_over &&
				      (!program->birth.has_sources ||
					      memcmp(program->birth.salt, program->parameters.salt,
						      sizeof(program->birth.salt)) != 0);
	memcpy(program->birth.salt, program->parameters.salt, sizeof(program->birth.salt));
	program->birth.verdict = program->parameters.verdict;
	program->birth.has_sources = program->parameters.sources && !program->are_sketches_mixed;
	program->birth.cells = program->parameters.countries ? TT_CELLS_YES : TT_CELLS_NO;
	return bpf_map_update_elem(fd, &zero, &program->birth, BPF_ANY) ? -errno : 0;
}

void program_keep_sources(struct program *program)
{
	uint32_t zero = 0;

	/* Where it fails, the next process takes two minutes more for mixed. */
	program->birth.has_sources = program->parameters.sources;
	bpf_map_update_elem(
		bpf_map__fd(program->skeleton->maps.birth), &zero, &program->birth, BPF_ANY);
}

/* -- Load ---------------------------------------------------------------------------------- */

static int fill(
	struct program *program, const struct inner_types *types, struct kernel_error *error)
{
	int status = inner_maps_open(program, types, error);

	if (status)
		return status;
	program->orphans = calloc(program->possible_cpus, sizeof(*program->orphans));
	if (!program->orphans)
		return kernel_fail(error, -ENOMEM, "out of memory");
	status = program_map_tables(program);
	if (status)
		return kernel_fail(error, status, "mapping the tables: %s", strerror(-status));
	if (program->control->epoch == 0)
		program->control->epoch = 1;
	status = give_birth(program);
	if (status)
		return kernel_fail(error, status, "marking the tables: %s", strerror(-status));
	return 0;
}

static int load_skeleton(struct program *program, struct kernel_error *error)
{
	const struct program_parameters *parameters = &program->parameters;
	struct inner_types types;
	int status;

	if (parameters->pin_directory)
		program_keep_cells(program);
	program->skeleton = open_skeleton(parameters, program->possible_cpus, parameters->frags);
	if (!program->skeleton)
		return explain_load(-errno, parameters, error);
	if (parameters->pin_directory) {
		status = program_reuse_pins(program->skeleton, parameters->pin_directory, error);
		if (status < 0)
			return status;
		program->is_taken_over = status > 0;
	}
	inner_types_remember(program->skeleton, &types);
	status = sensor__load(program->skeleton);
	if (status)
		return explain_load(status, parameters, error);
	program->fd = bpf_program__fd(program->skeleton->progs.teiten);
	return fill(program, &types, error);
}

int program_load(const struct program_parameters *parameters, struct program **program,
	struct kernel_error *error)
{
	struct program *fresh = calloc(1, sizeof(*fresh));
	int cpus = libbpf_num_possible_cpus();
	int status;

	if (!fresh || cpus <= 0) {
		free(fresh);
		return kernel_fail(error, -ENOMEM, "out of memory");
	}
	fresh->parameters = *parameters;
	fresh->possible_cpus = (unsigned int)cpus;
	fresh->geo_fd[0] = fresh->geo_fd[1] = -1;
	status = load_skeleton(fresh, error);
	if (status) {
		program_free(fresh);
		return status;
	}
	*program = fresh;
	return 0;
}

int program_reload(struct program *program, bool frags, struct kernel_error *error)
{
	struct sensor *skeleton;
	struct bpf_map *map;
	int status;

	if (program->is_final)
		return kernel_fail(error, -EPERM, "a program cannot be loaded without privileges");
	skeleton = open_skeleton(&program->parameters, program->possible_cpus, frags);
	if (!skeleton)
		return explain_load(-errno, &program->parameters, error);
	bpf_object__for_each_map (map, skeleton->obj) {
		const struct bpf_map *owner =
			bpf_object__find_map_by_name(program->skeleton->obj, bpf_map__name(map));

		if (!program_is_constant_map(map) && owner && bpf_map__fd(owner) >= 0)
			bpf_map__reuse_fd(map, bpf_map__fd(owner));
	}
	status = sensor__load(skeleton);
	if (status) {
		sensor__destroy(skeleton);
		return explain_load(status, &program->parameters, error);
	}
	sensor__destroy(program->skeleton);
	program->skeleton = skeleton;
	program->fd = bpf_program__fd(skeleton->progs.teiten);
	program->parameters.frags = frags;
	return 0;
}
