/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the feeder and the benchmark share. */
#ifndef TEITEN_TESTS_BENCH_FEEDER_H
#define TEITEN_TESTS_BENCH_FEEDER_H

#ifdef __bpf__
#include "vmlinux.h"
enum { BPF_F_NO_PREALLOC = 1, BPF_MAP_TYPE_PROG_ARRAY = 3, BPF_MAP_TYPE_LPM_TRIE = 11 };
#else
#include <linux/types.h>
#endif

/* Prepared headers of one mix: Ethernet to the DNS header, 80 bytes each. */
#define FEEDER_HEADERS (1u << 21)
#define FEEDER_BYTES 80
#define FEEDER_AHEAD 16 /* headers of which the lines are loaded at once: 20 whole lines */
#define FEEDER_FRAME 96 /* bytes of the frame they are put into */

struct feeder_stream {
	__u64 header[FEEDER_HEADERS][FEEDER_BYTES / 8];
};

struct feeder_prefix {
	__u32 length;
	__u32 address; /* network order */
};

struct feeder_cell {
	__u32 row;
	__u32 country;
};

#endif
