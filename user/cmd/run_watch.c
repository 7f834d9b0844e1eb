/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/run.h"

#include "user/kernel/device.h"
#include "user/lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* A step of the wall clock beyond this is told (nanoseconds). */
#define CLOCK_STEP_NS 2000000000
/* The time that a look at the interface may be late by (nanoseconds). */
#define GAP_SLACK_NS 2000000000

/* -- Time ---------------------------------------------------------------------------------- */

int64_t run_wall_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void run_watch_clock(struct run *run)
{
	int64_t offset = run_wall_clock_ns() - (int64_t)kernel_source_now();
	int64_t step = offset - run->clock_offset_ns;
	char sentence[128];

	run->watched_ns = kernel_source_now();
	run->clock_offset_ns = offset;
	if (step > -CLOCK_STEP_NS && step < CLOCK_STEP_NS)
		return;
	snprintf(sentence, sizeof(sentence),
		"the wall clock was set by %+.1f s; minutes keep its labels, intervals do not "
		"follow it",
		(double)step / 1e9);
	sensor_happened(&run->sensor, HEALTH_CLOCK_STEP, sentence);
}

/* -- The interface ------------------------------------------------------------------------- */

/* The link died with its interface: attach to the one that has its name now, if any. */
static bool find_interface_again(struct run *run)
{
	struct sensor_process *sensor = &run->sensor;
	struct kernel_error error = {"the pin of the old link cannot be removed"};
	unsigned int ifindex;

	/* Only 0 says that it is gone: a question that fails is no reason to give the link up. */
	if (sensor->attachment.link_fd >= 0 && attach_ifindex(&sensor->attachment) != 0)
		return true;
	ifindex = device_index(run->device_fd, sensor->config.interface);
	if (ifindex == 0)
		return false;
	if (sensor->attachment.link_fd >= 0)
		close(sensor->attachment.link_fd);
	sensor->attachment.link_fd = -1;
	if (attach_remove_link(&sensor->pins) ||
		attach_interface(sensor->program, &sensor->pins, sensor->config.interface, ifindex,
			(enum attach_choice)sensor->config.attach, &sensor->attachment, &error)) {
		if (!run->is_down)
			log_warning("%s", error.text);
		return false;
	}
	sensor->maps.mode = sensor->attachment.mode;
	return true;
}

void run_watch_interface(struct run *run)
{
	struct sensor_process *sensor = &run->sensor;
	bool was_down = run->is_down;
	bool is_there = find_interface_again(run), is_up = false;
	uint64_t now_ns = kernel_source_now();
	int status;

	if (was_down)
		sensor->down_ns += now_ns - run->watched_ns;
	run->watched_ns = now_ns;
	/* It may have another name now: the link stays with the interface. */
	status = is_there ? device_state(run->device_fd, sensor->attachment.ifindex, sensor->device,
				    &is_up)
			  : -ENODEV;
	if (status == 0 || status == -ENODEV)
		run->is_down = status || !is_up;
	if (run->is_down != was_down)
		sensor_health(sensor, HEALTH_INTERFACE, run->is_down,
			"the interface is down or gone: what follows is a gap");
}

bool run_is_gap(struct run *run)
{
	struct sensor_process *sensor = &run->sensor;

	run_watch_interface(run);
	if (!run->is_down ||
		run->watched_ns - sensor->covered_from_ns >= sensor->down_ns + GAP_SLACK_NS)
		return false;
	sensor->covered_from_ns = run->watched_ns;
	sensor->down_ns = 0;
	return true;
}
