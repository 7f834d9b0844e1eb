/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/test_run.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>

int test_run_choose_cpu(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu < 0)
		return -errno;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : cpu;
}

int test_run_frame(struct program *program, const void *frame, uint32_t available, uint32_t length,
	struct tally *short_eth, uint32_t *verdict)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = available,
		.repeat = 1);

	if (length < TEST_RUN_MIN_FRAME) {
		short_eth->packets++;
		short_eth->bytes += length;
		return 0;
	}
	program->control->cut_bytes = length - available;
	if (bpf_prog_test_run_opts(program->fd, &options))
		return -errno;
	if (verdict)
		*verdict = options.retval;
	return 0;
}
