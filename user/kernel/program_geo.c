/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/program.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <errno.h>

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
	int status;

	program->geo_swaps++;
	status = use_geo(program, !program->geo_active);
	if (!status)
		program->geo_active = !program->geo_active;
	return status;
}

/* The kernel waits for running programs whenever a slot of a map of maps changes. */
int program_wait(struct program *program)
{
	return use_geo(program, program->geo_active);
}
