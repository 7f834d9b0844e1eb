/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The evidence channel: which packets are sampled, and what is handed over of them. A sample is
 * struct tt_sample of bpf/contract.h; it stands for 2^shift packets.
 */
#ifndef TEITEN_MODEL_SAMPLING_H
#define TEITEN_MODEL_SAMPLING_H

#include "bpf/contract.h"

#include <stddef.h>
#include <stdint.h>

/* Rows with a rate of their own at a time. */
#define SAMPLING_MAX_ROWS 1024

struct sampling_row {
	uint32_t row; /* < TT_ROWS */
	uint8_t shift;
};

/* One packet in 2^shift; of the class's rate and the row's the more frequent. */
struct sampling_plan {
	uint8_t class_shift[TT_CLASSES]; /* TT_SHIFT_NEVER: none */
	struct sampling_row rows[SAMPLING_MAX_ROWS];
	size_t row_count;
};

/* Since the counters began: selected = written + lost. */
struct sampling_counts {
	uint64_t selected; /* chosen by the plan */
	uint64_t written;  /* of them handed over, or waiting to be */
	uint64_t lost;     /* of them lost, because the ring was full */
};

/* A sampled packet for a packet file. */
struct sampled_packet {
	int64_t time_ns; /* Unix */
	const struct tt_sample *sample;
};

/* A sample and its time (Unix, ns). It is valid during the call. */
typedef void sample_visit(void *context, const struct tt_sample *sample, int64_t time_ns);

#endif
