/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/inner_maps.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void inner_types_remember(const struct sensor *skeleton, struct inner_types *types)
{
	const struct bpf_map *counts = bpf_map__inner_map(skeleton->maps.counts);

	*types = (struct inner_types){
		.key = bpf_map__btf_key_type_id(counts),
		.counts = bpf_map__btf_value_type_id(counts),
		.cells = bpf_map__btf_value_type_id(bpf_map__inner_map(skeleton->maps.cells)),
		.prefixes = bpf_map__btf_value_type_id(bpf_map__inner_map(skeleton->maps.prefixes)),
		.sources = bpf_map__btf_value_type_id(bpf_map__inner_map(skeleton->maps.sources)),
		.geo = bpf_map__btf_value_type_id(bpf_map__inner_map(skeleton->maps.geo)),
	};
}

/* Kernel 6.1 refuses an inner map whose BTF is not its template's: every map carries it. */
static int make_map(const struct program *program, const char *name, size_t value_size,
	uint32_t key_type, uint32_t value_type)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE,
		.btf_fd = (uint32_t)bpf_object__btf_fd(program->skeleton->obj),
		.btf_key_type_id = key_type, .btf_value_type_id = value_type);
	int fd = bpf_map_create(
		BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), (uint32_t)value_size, 1, &options);

	return fd < 0 ? -errno : fd;
}

static bool has_slot(int outer, uint32_t key)
{
	uint32_t id;

	return bpf_map_lookup_elem(outer, &key, &id) == 0;
}

static void inner_pin_path(
	const struct program *program, const char *name, uint32_t cpu, char *path, size_t size)
{
	snprintf(path, size, "%s/%s_%" PRIu32, program->parameters.pin_directory, name, cpu);
}

static bool is_map(int fd, uint32_t id)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.id == id;
}

/*
 * The map in a slot, or -ENOENT. Opening by id takes CAP_SYS_ADMIN; a pin of its own takes only the
 * permission to read it.
 */
static int open_slot(const struct program *program, int outer, const char *name, uint32_t key)
{
	char path[600];
	uint32_t id;
	int fd = -1;

	if (bpf_map_lookup_elem(outer, &key, &id))
		return -errno;
	if (program->parameters.pin_directory) {
		inner_pin_path(program, name, key, path, sizeof(path));
		fd = bpf_obj_get(path);
	}
	if (fd >= 0 && !is_map(fd, id)) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		fd = bpf_map_get_fd_by_id(id);
	return fd < 0 ? -errno : fd;
}

/* For the next start's open_slot(). A pin of that name belongs to no set: its slot was empty. */
static int pin_slot(const struct program *program, const char *name, uint32_t key, int fd)
{
	char path[600];

	if (!program->parameters.pin_directory)
		return 0;
	inner_pin_path(program, name, key, path, sizeof(path));
	unlink(path);
	return bpf_obj_pin(fd, path) || chmod(path, 0640) ? -errno : 0;
}

static int put_slot(int outer, uint32_t key, int inner)
{
	return bpf_map_update_elem(outer, &key, &inner, BPF_ANY) ? -errno : 0;
}

/* A table of which each CPU has one. */
struct cpu_part {
	const struct bpf_map *outer;
	const char *name;
	size_t size;
	uint32_t type; /* of the value, in BTF */
	bool is_writable;
};

/* Map the slot's value, making the map first when the slot is empty. */
static int open_part(const struct program *program, const struct cpu_part *part, uint32_t key_type,
	uint32_t cpu, void **table)
{
	const int protection = part->is_writable ? PROT_READ | PROT_WRITE : PROT_READ;
	int outer = bpf_map__fd(part->outer), status = 0;
	int fd = open_slot(program, outer, part->name, cpu);
	void *at;

	if (fd == -ENOENT) {
		fd = make_map(program, part->name, part->size, key_type, part->type);
		if (fd >= 0)
			status = put_slot(outer, cpu, fd);
		if (fd >= 0 && !status)
			status = pin_slot(program, part->name, cpu, fd);
	}
	if (fd < 0)
		return fd;
	at = status ? MAP_FAILED : mmap(NULL, part->size, protection, MAP_SHARED, fd, 0);
	if (!status && at == MAP_FAILED)
		status = -errno;
	close(fd); /* the slot and the mapping keep the map */
	if (!status)
		*table = at;
	return status;
}

static int open_cpu(struct program *program, const struct inner_types *types, unsigned int cpu)
{
	const struct program_parameters *parameters = &program->parameters;
	const struct sensor *skeleton = program->skeleton;
	const struct cpu_part counts = {
		skeleton->maps.counts, "counts", sizeof(struct tt_counts), types->counts, false};
	const struct cpu_part cells = {
		skeleton->maps.cells, "cells", sizeof(struct tt_cells), types->cells, false};
	const struct cpu_part prefixes = {skeleton->maps.prefixes, "prefixes",
		sizeof(struct tt_prefixes), types->prefixes, false};
	const struct cpu_part sources = {skeleton->maps.sources, "sources",
		sizeof(struct tt_cpu_sources), types->sources, true};
	struct cpu_table *table = &program->tables[program->table_count];
	void *at = NULL;
	int status = open_part(program, &sources, types->key, cpu, &at);

	*table = (struct cpu_table){.cpu = cpu, .sources = status ? NULL : at};
	program->table_count++;
	if (!status && parameters->countries) {
		status = open_part(program, &cells, types->key, cpu, &at);
		table->cells = status ? NULL : at;
	}
	if (!status && parameters->prefixes) {
		status = open_part(program, &prefixes, types->key, cpu, &at);
		table->prefixes = status ? NULL : at;
	}
	/* Last: what the program finds in this slot has all the others (bpf/sensor.bpf.c). */
	if (!status) {
		status = open_part(program, &counts, types->key, cpu, &at);
		table->counts = status ? NULL : at;
	}
	return status;
}

/*
 * Whether a CPU gets a table: it is online, or it has one from before. irqbalance and RPS move
 * frames to any online CPU.
 */
static bool wants_table(const struct program *program, unsigned int cpu)
{
	char path[64];
	char state = '1';
	FILE *file;

	if (program->parameters.only_cpu >= 0)
		return cpu == (unsigned int)program->parameters.only_cpu;
	if (has_slot(bpf_map__fd(program->skeleton->maps.counts), cpu))
		return true;
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	file = fopen(path, "re");
	if (file) { /* cpu0 often has no such file: it cannot go offline */
		if (fread(&state, 1, 1, file) != 1)
			state = '1';
		fclose(file);
	}
	return state != '0';
}

static int open_geo(struct program *program, const struct inner_types *types)
{
	int outer = bpf_map__fd(program->skeleton->maps.geo);

	/* Two fresh tables at each start: what a pinned slot held may be of an older file. */
	for (unsigned int i = 0; i < 2; i++) {
		void *at;
		int fd = make_map(
			program, "geo_table", sizeof(struct tt_geo), types->key, types->geo);

		if (fd < 0)
			return fd;
		program->geo_fd[i] = fd;
		at = mmap(NULL, sizeof(struct tt_geo), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (at == MAP_FAILED)
			return -errno;
		program->geo[i] = at;
	}
	program->geo_active = 0;
	if (!has_slot(outer, 0))
		return put_slot(outer, 0, program->geo_fd[0]);
	program->geo_active = 1; /* the pinned table serves until the first swap to [0] */
	return 0;
}

int inner_maps_open(
	struct program *program, const struct inner_types *types, struct kernel_error *error)
{
	int status = 0;

	program->tables = calloc(program->possible_cpus, sizeof(*program->tables));
	if (!program->tables)
		return kernel_fail(error, -ENOMEM, "out of memory");
	for (unsigned int cpu = 0; !status && cpu < program->possible_cpus; cpu++)
		if (wants_table(program, cpu))
			status = open_cpu(program, types, cpu);
	if (!status)
		status = open_geo(program, types);
	if (status == -ENOMEM)
		return program_memory_fail(&program->parameters, error);
	if (status)
		return kernel_fail(error, status,
			"the counting tables (%zu MiB a CPU, %u CPUs online): %s",
			program_memory_per_cpu(&program->parameters) >> 20, program_online_cpus(),
			strerror(-status));
	return 0;
}
