/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs of the peers' benchmark share with their loader. */
#ifndef TEITEN_TESTS_BENCH_CABLE_H
#define TEITEN_TESTS_BENCH_CABLE_H

#include "tests/bench/feeder.h"

/*
 * Frames that a paced sender may be behind and catch up at once: less than a veth's ring of 256, so
 * that pacing loses nothing.
 */
#define CABLE_BURST 64u

/* The sender's state; one program writes it, on one CPU. */
struct cable_sender {
	__u64 sent;     /* frames given to the device */
	__u64 rate;     /* frames a second; 0: as many as the CPU can */
	__u64 limit;    /* frames after which no more are sent; 0: none */
	__u64 start_ns; /* CLOCK_MONOTONIC, set by the first frame */
	__u64 skipped;  /* frames that a paced sender was too late for */
};

#endif
