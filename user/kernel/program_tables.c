/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/program_private.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

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
	program->sampling = map_values(
		bpf_map__fd(skeleton->maps.data_sampling), sizeof(struct tt_sampling), true);
	if (!program->samplers || !program->sampling)
		return -errno;
	memset(program->sampling->class_shift, TT_SHIFT_NEVER, TT_SAMPLED_CLASSES);
	program->sampling->armed_rows = 0;
	program->sampling->last = 0;
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

	program->control = map_values(bpf_map__fd(skeleton->maps.data_control), 4096, true);
	program->last_minute = map_values(bpf_map__fd(skeleton->maps.last_minute),
		sizeof(struct tt_last_minute) * TT_ROWS, true);
	program->lanes =
		map_values(bpf_map__fd(skeleton->maps.lanes), sizeof(struct tt_lanes), true);
	program->drained_rows = map_values(
		bpf_map__fd(skeleton->maps.drained_rows), sizeof(struct tt_drained_rows), true);
	if (parameters->countries)
		program->drained_cells = map_values(bpf_map__fd(skeleton->maps.drained_cells),
			sizeof(struct tt_drained_cells), true);
	if (!program->lanes || !program->control || !program->last_minute ||
		!program->drained_rows || (parameters->countries && !program->drained_cells))
		return -errno;
	status = map_copies(
		skeleton->maps.drained, sizeof(struct tt_drained), (void **)program->drained);
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

int program_map_tables(struct program *program)
{
	int status = map_shared_tables(program);

	return status ? status : map_samples(program);
}

void program_unmap_tables(struct program *program)
{
	for (size_t i = 0; i < program->table_count; i++) {
		unmap(program->tables[i].counts, sizeof(struct tt_counts));
		unmap(program->tables[i].cells, sizeof(struct tt_cells));
		unmap(program->tables[i].prefixes, sizeof(struct tt_prefixes));
		unmap(program->tables[i].sources, sizeof(struct tt_cpu_sources));
	}
	for (unsigned int i = 0; i < 2; i++)
		unmap(program->geo[i], sizeof(struct tt_geo));
	unmap(program->control, 4096);
	unmap(program->last_minute, sizeof(struct tt_last_minute) * TT_ROWS);
	unmap(program->lanes, sizeof(struct tt_lanes));
	unmap(program->samplers, samplers_size(program));
	unmap(program->sampling, sizeof(struct tt_sampling));
	unmap(program->drained[0], 2 * sizeof(struct tt_drained));
	unmap(program->drained_rows, sizeof(struct tt_drained_rows));
	unmap(program->drained_cells, sizeof(struct tt_drained_cells));
	unmap(program->drained_prefixes[0], 2 * sizeof(struct tt_prefixes));
}
