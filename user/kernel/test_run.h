/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames through the loaded program without an interface: replay and kernel tests. */
#ifndef TEITEN_KERNEL_TEST_RUN_H
#define TEITEN_KERNEL_TEST_RUN_H

#include "user/kernel/program.h"
#include "user/model/minute.h"

#include <stdint.h>

/* The longest frame that runs whole, and the shortest (kernel: XDP test run of frags programs). */
#define TEST_RUN_MAX_FRAME 65600u
#define TEST_RUN_MIN_FRAME 14u

/*
 * Pin this process to one CPU and return it (the program's tables are made for that CPU alone), or
 * a negative errno.
 */
int test_run_choose_cpu(void);

/*
 * Run the program once over a frame of which available bytes (at most TEST_RUN_MAX_FRAME) are at
 * hand: it is counted with its full length. A frame shorter than TEST_RUN_MIN_FRAME does not run:
 * it is added to *short_eth. verdict may be NULL. Returns 0 or a negative errno.
 */
int test_run_frame(struct program *program, const void *frame, uint32_t available, uint32_t length,
	struct tally *short_eth, uint32_t *verdict);

#endif
