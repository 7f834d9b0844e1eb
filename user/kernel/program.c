/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/program.h"

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
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
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
	skeleton->rodata->verdict = parameters->verdict;
	skeleton->rodata->target_count = (uint32_t)parameters->target_count;
	for (size_t i = 0; i < parameters->target_count; i++)
		skeleton->rodata->targets[i] = parameters->targets[i];
	skeleton->rodata->count_countries = parameters->countries;
	skeleton->rodata->count_prefixes = parameters->prefixes;
	skeleton->rodata->is_replay = parameters->replay;
	skeleton->rodata->sample_packets = parameters->samples;
	skeleton->rodata->can_read_buffer = kernel_has_function("bpf_cast_to_kern_ctx");
	skeleton->rodata->hash_seed = parameters->salt[0];
	skeleton->rodata->hash_factor = parameters->salt[1];
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

/* Maps that hold this run's constants are never shared or pinned. */
static bool is_constant_map(const struct bpf_map *map)
{
	return strstr(bpf_map__name(map), ".rodata") != NULL;
}

/* Take over every map that is pinned. Returns how many were, or a negative errno. */
static int reuse_pins(struct sensor *skeleton, const char *directory, struct kernel_error *error)
{
	struct bpf_map *map;
	char path[512];
	int taken = 0;

	/* Without its identity a set is what a killed removal left: its counts are in the history.
	 */
	snprintf(path, sizeof(path), "%s/%s", directory, bpf_map__name(skeleton->maps.birth));
	if (access(path, F_OK) && errno == ENOENT)
		return 0;

	bpf_object__for_each_map (map, skeleton->obj) {
		int fd, status;

		if (is_constant_map(map) || !bpf_map__autocreate(map))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, bpf_map__name(map));
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

static int explain_load(
	int status, const struct program_parameters *parameters, struct kernel_error *error)
{
	size_t need = program_memory_shared(parameters) +
		      program_memory_per_cpu(parameters) * program_online_cpus();

	switch (-status) {
	case EPERM:
		return kernel_fail(error, -EPERM,
			"loading needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	case ENOMEM:
		return kernel_fail(error, status,
			"not enough memory for the tables: %zu MiB are needed; see "
			"`teiten check`, and switch off prefixes or countries",
			need >> 20);
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

static void *map_values(int fd, size_t size, bool writable)
{
	void *at =
		mmap(NULL, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static size_t samplers_size(const struct program *program)
{
	return program->possible_cpus * sizeof(struct tt_sampler);
}

/* Off until samples_plan() says what is sampled (user/kernel/samples.h). */
static int map_samples(struct program *program)
{
	struct sensor *skeleton = program->skeleton;

	program->samplers =
		map_values(bpf_map__fd(skeleton->maps.samplers), samplers_size(program), true);
	program->sampling =
		map_values(bpf_map__fd(skeleton->maps.sampling), sizeof(struct tt_sampling), true);
	if (!program->samplers || !program->sampling)
		return -errno;
	memset(program->sampling->class_shift, TT_SHIFT_NEVER, TT_SAMPLED_CLASSES);
	program->sampling->armed_rows = 0;
	return 0;
}

/* Both copies of something drained, one behind the other in a map. */
static int map_copies(const struct bpf_map *map, size_t size, void *copies[2])
{
	char *first = map_values(bpf_map__fd(map), 2 * size, true);

	if (!first)
		return -errno;
	copies[0] = first;
	copies[1] = first + size;
	return 0;
}

static int map_shared_tables(struct program *program)
{
	const struct program_parameters *parameters = &program->parameters;
	struct sensor *skeleton = program->skeleton;
	int status;

	program->control = map_values(bpf_map__fd(skeleton->maps.control), 4096, true);
	program->last_minute = map_values(bpf_map__fd(skeleton->maps.last_minute),
		sizeof(struct tt_last_minute) * TT_ROWS, true);
	program->lanes =
		map_values(bpf_map__fd(skeleton->maps.lanes), sizeof(struct tt_lanes), true);
	if (!program->lanes || !program->control || !program->last_minute)
		return -errno;
	status = map_copies(
		skeleton->maps.drained, sizeof(struct tt_drained), (void **)program->drained);
	if (!status && parameters->countries)
		status = map_copies(skeleton->maps.drained_cells, sizeof(struct tt_cells),
			(void **)program->drained_cells);
	if (!status && parameters->prefixes)
		status = map_copies(skeleton->maps.drained_pfx, sizeof(struct tt_prefixes),
			(void **)program->drained_prefixes);
	return status;
}

static void unmap(const void *at, size_t size)
{
	if (at)
		munmap((void *)(uintptr_t)at, size);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void program_free(struct program *program)
{
	if (!program)
		return;
	for (size_t i = 0; i < program->table_count; i++) {
		unmap(program->tables[i].counts, sizeof(struct tt_counts));
		unmap(program->tables[i].cells, sizeof(struct tt_cells));
		unmap(program->tables[i].prefixes, sizeof(struct tt_prefixes));
		unmap(program->tables[i].sources, sizeof(struct tt_cpu_sources));
	}
	for (unsigned int i = 0; i < 2; i++) {
		unmap(program->geo[i], sizeof(struct tt_geo));
		close_fd(program->geo_fd[i]);
	}
	unmap(program->control, 4096);
	unmap(program->last_minute, sizeof(struct tt_last_minute) * TT_ROWS);
	unmap(program->lanes, sizeof(struct tt_lanes));
	unmap(program->samplers, samplers_size(program));
	unmap(program->sampling, sizeof(struct tt_sampling));
	unmap(program->drained[0], 2 * sizeof(struct tt_drained));
	unmap(program->drained_cells[0], 2 * sizeof(struct tt_cells));
	unmap(program->drained_prefixes[0], 2 * sizeof(struct tt_prefixes));
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
	program->is_salt_new =
		program->is_taken_over && memcmp(program->birth.salt, program->parameters.salt,
						  sizeof(program->birth.salt)) != 0;
	memcpy(program->birth.salt, program->parameters.salt, sizeof(program->birth.salt));
	program->birth.verdict = program->parameters.verdict;
	program->birth.cells = program->parameters.countries ? TT_CELLS_YES : TT_CELLS_NO;
	return bpf_map_update_elem(fd, &zero, &program->birth, BPF_ANY) ? -errno : 0;
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
	status = map_shared_tables(program);
	if (!status)
		status = map_samples(program);
	if (status)
		return kernel_fail(error, status, "mapping the tables: %s", strerror(-status));
	if (program->control->epoch == 0)
		program->control->epoch = 1;
	status = give_birth(program);
	if (status)
		return kernel_fail(error, status, "marking the tables: %s", strerror(-status));
	return 0;
}

/*
 * Counters that are taken over keep their choice of cells: cells that missed packets would never
 * again sum to their row.
 */
static void keep_cells(struct program *program)
{
	struct program_parameters *parameters = &program->parameters;
	struct tt_birth birth = {0};
	uint32_t zero = 0;
	char path[512];
	int fd;

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

static int load_skeleton(struct program *program, struct kernel_error *error)
{
	const struct program_parameters *parameters = &program->parameters;
	struct inner_types types;
	int status;

	if (parameters->pin_directory)
		keep_cells(program);
	program->skeleton = open_skeleton(parameters, program->possible_cpus, parameters->frags);
	if (!program->skeleton)
		return explain_load(-errno, parameters, error);
	if (parameters->pin_directory) {
		status = reuse_pins(program->skeleton, parameters->pin_directory, error);
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

		if (!is_constant_map(map) && owner && bpf_map__fd(owner) >= 0)
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

static int pin_map(struct program *program, const struct bpf_map *map, const char *directory,
	struct kernel_error *error)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, bpf_map__name(map));
	/* What lies there belongs to no set: see reuse_pins(). */
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
		if (is_constant_map(map) || bpf_map__fd(map) < 0 || map == birth)
			continue;
		status = pin_map(program, map, directory, error);
		if (status)
			return status;
	}
	status = pin_map(program, birth, directory, error);
	program->is_pinned = status == 0;
	return status;
}

/* -- Sizes --------------------------------------------------------------------------------- */

/* Cells and prefixes, where they are counted: every CPU has them, and each copy of the drained. */
static size_t optional_tables(const struct program_parameters *parameters)
{
	return (parameters->countries ? sizeof(struct tt_cells) : 0) +
	       (parameters->prefixes ? sizeof(struct tt_prefixes) : 0);
}

size_t program_memory_per_cpu(const struct program_parameters *parameters)
{
	return sizeof(struct tt_counts) + sizeof(struct tt_cpu_sources) +
	       sizeof(struct tt_sampler) + optional_tables(parameters);
}

size_t program_memory_shared(const struct program_parameters *parameters)
{
	return 2 * sizeof(struct tt_geo) + 2 * sizeof(struct tt_drained) +
	       2 * optional_tables(parameters) + TT_ROWS * sizeof(struct tt_last_minute) +
	       sizeof(struct tt_sampling) + sizeof(struct tt_lanes);
}

unsigned int program_online_cpus(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > 0 ? (unsigned int)cpus : 1;
}

/* -- Country table ------------------------------------------------------------------------- */

struct tt_geo *program_spare_geo(struct program *program)
{
	return program->geo[!program->geo_active];
}

static int use_geo(struct program *program, unsigned int which)
{
	uint32_t zero = 0;
	int outer = bpf_map__fd(program->skeleton->maps.geo);

	return bpf_map_update_elem(outer, &zero, &program->geo_fd[which], BPF_ANY) ? -errno : 0;
}

int program_swap_geo(struct program *program)
{
	int status = use_geo(program, !program->geo_active);

	if (!status)
		program->geo_active = !program->geo_active;
	return status;
}

/* The kernel waits for running programs whenever a slot of a map of maps changes. */
int program_wait(struct program *program)
{
	return use_geo(program, program->geo_active);
}
