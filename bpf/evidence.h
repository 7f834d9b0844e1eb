/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The evidence channel: some of the packets, with their first bytes, for user space to look at.
 * Nothing here counts what must be exact; the counters are done with the packet by then.
 *
 * Which ones: frame n of a CPU is chosen when n times the golden ratio, as a fraction, is below
 * 2^-shift. Such n are spread evenly (Weyl's sequence), whatever the period of the traffic; a
 * nested choice, too: what a low rate takes, a higher one takes as well.
 */
#ifndef TEITEN_BPF_EVIDENCE_H
#define TEITEN_BPF_EVIDENCE_H

#include "bpf/maps.h"
#include "bpf/parse.h"

/* row in bits 0-31, class in 32-39, shift in 40-47. Out of line in bpf/sensor.bpf.c. */
__u32 take_sample(struct xdp_md *ctx, __u32 cpu, __u64 what, __u32 length);

static __always_inline int evidence_is_full(const struct tt_sampler *sampler)
{
	return sampler->written - *(const volatile __u64 *)&sampler->taken >= TT_SAMPLES;
}

/* Copy the frame into its place; 0 when its bytes cannot be read. */
static __always_inline int evidence_copy(struct xdp_md *ctx, struct tt_sample *sample)
{
	__u32 last = (__u32)bpf_xdp_get_buff_len(ctx) - 1;

	if (last >= TT_SAMPLE_BYTES)
		last = TT_SAMPLE_BYTES - 1;
	/* One comparison for both bounds: kernel 6.1 learns nothing from "is not 0". */
	keep_in_register(last);
	if (last >= TT_SAMPLE_BYTES || bpf_xdp_load_bytes(ctx, 0, sample->bytes, last + 1))
		return 0;
	sample->captured = (__u16)(last + 1);
	return 1;
}

/* A selected packet, and a ring with room. */
static __always_inline __u32 evidence_take(struct xdp_md *ctx, __u32 cpu, __u64 what, __u32 length)
{
	struct tt_sampler *sampler = bpf_map_lookup_elem(&samplers, &cpu);
	struct tt_sample *sample;
	__u64 place;

	if (!sampler)
		return 0;
	place = sampler->written & (TT_SAMPLES - 1);
	keep_in_register(place);
	place &= TT_SAMPLES - 1;
	sample = &sampler->sample[place];
	if (!evidence_copy(ctx, sample)) {
		sampler->lost++;
		return 0;
	}
	sample->time_ns = is_replay ? sampling.replay_ns : bpf_ktime_get_boot_ns();
	sample->row = (__u32)what;
	sample->length = length;
	sample->class = what >> 32 & 0xff;
	sample->shift = what >> 40 & 0xff;
	count_ordered(); /* the reader takes what is below written */
	sampler->written++;
	return 1;
}

/* Of a row that has a rate of its own, or TT_SHIFT_NEVER. */
static __always_inline __u64 evidence_row_shift(__u64 row)
{
	keep_in_register(row);
	return row < TT_ROWS && sampling.armed[row / 64] >> (row % 64) & 1 ? sampling.row_shift[row]
									   : TT_SHIFT_NEVER;
}

/* The more frequent of the two rates. */
static __always_inline __u64 evidence_shift(__u32 class, __u64 row)
{
	__u64 shift = sampling.class_shift[class & (TT_SAMPLED_CLASSES - 1)];

	if (sampling.armed_rows) {
		__u64 of_row = evidence_row_shift(row);

		if (of_row < shift)
			shift = of_row;
	}
	return shift;
}

/* The frame's place in the sequence. */
static __always_inline __u64 evidence_place(__u64 n, __u64 seed)
{
	return n * 0x9e3779b97f4a7c15ULL + seed;
}

/* Nearly every frame is told by this alone: no rate takes it. */
static __always_inline int evidence_may_take(__u64 place)
{
	return place <= sampling.last;
}

static __always_inline int evidence_is_chosen(__u64 shift, __u64 place)
{
	return shift <= TT_SHIFT_MAX && !(place >> 32 >> (32 - shift));
}

/* A packet that may be chosen, and is counted by now. */
static __always_inline void evidence_offer(
	struct xdp_md *ctx, __u32 cpu, const struct packet *packet, __u64 place, __u32 length)
{
	__u64 shift = evidence_shift(packet->class, packet->row);
	struct tt_sampler *sampler;

	if (!evidence_is_chosen(shift, place))
		return;
	sampler = bpf_map_lookup_elem(&samplers, &cpu);
	if (!sampler)
		return;
	sampler->selected++;
	if (evidence_is_full(sampler))
		sampler->lost++; /* without a call: a flood must not be dear */
	else
		take_sample(
			ctx, cpu, packet->row | (__u64)packet->class << 32 | shift << 40, length);
}

#endif
