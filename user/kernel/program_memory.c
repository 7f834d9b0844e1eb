/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/program.h"

#include <errno.h>
#include <unistd.h>

size_t program_memory_per_cpu(const struct program_parameters *parameters)
{
	return sizeof(struct tt_counts) + sizeof(struct tt_cpu_sources) +
	       sizeof(struct tt_sampler) + (parameters->countries ? sizeof(struct tt_cells) : 0) +
	       (parameters->prefixes ? sizeof(struct tt_prefixes) : 0);
}

size_t program_memory_shared(const struct program_parameters *parameters)
{
	return 2 * sizeof(struct tt_geo) + 2 * sizeof(struct tt_drained) +
	       sizeof(struct tt_drained_rows) +
	       (parameters->countries ? sizeof(struct tt_drained_cells) : 0) +
	       (parameters->prefixes ? 2 * sizeof(struct tt_prefixes) : 0) +
	       TT_ROWS * sizeof(struct tt_last_minute) + sizeof(struct tt_sampling) +
	       sizeof(struct tt_lanes);
}

unsigned int program_online_cpus(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > 0 ? (unsigned int)cpus : 1;
}

int program_memory_fail(const struct program_parameters *parameters, struct kernel_error *error)
{
	size_t need = program_memory_shared(parameters) +
		      program_memory_per_cpu(parameters) * program_online_cpus();

	return kernel_fail(error, -ENOMEM,
		"not enough memory for the tables: %zu MiB are needed; see `teiten check`, and "
		"switch off prefixes or countries",
		need >> 20);
}
