/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What loading cost the kernel's verifier, and what became of the program, as a TAP note. */
#ifndef TEITEN_TESTS_KERNEL_VERIFIER_H
#define TEITEN_TESTS_KERNEL_VERIFIER_H

#include "user/kernel/program.h"

#include <bpf/bpf.h>
#include <stdio.h>

/*
 * "# verifier: 18437 processed, 9312 xlated, 5701 jited (what)": instructions, bytes, bytes.
 * scripts/verifier-figures.sh reads these lines.
 */
static inline void print_verifier_figure(const struct program *program, const char *what)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program->fd, &info, &size) == 0)
		printf("# verifier: %u processed, %u xlated, %u jited (%s)\n", info.verified_insns,
			info.xlated_prog_len, info.jited_prog_len, what);
}

#endif
