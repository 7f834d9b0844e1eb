/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What loading cost the kernel's verifier, as a TAP note. Its limit is a million instructions. */
#ifndef TEITEN_TESTS_KERNEL_VERIFIER_H
#define TEITEN_TESTS_KERNEL_VERIFIER_H

#include "user/kernel/program.h"

#include <bpf/bpf.h>
#include <stdio.h>

/* "# verifier: 18437 instructions processed (what)"; scripts/check-matrix.sh shows these lines. */
static inline void print_verifier_figure(const struct program *program, const char *what)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program->fd, &info, &size) == 0)
		printf("# verifier: %u instructions processed (%s)\n", info.verified_insns, what);
}

#endif
