/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two ends of the peers' benchmark: `send` turns each frame of a live test run into the next
 * prepared one and redirects it into the cable; `count_drop` is the least that a receiver can do.
 */
#include "tests/bench/cable.h"

#include <bpf/bpf_helpers.h>

enum { BPF_MAP_TYPE_DEVMAP = 14 };

const volatile struct {
	__u32 unused;
	struct feeder_stream stream[0];
	struct cable_sender sender[0];
} types = {0};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct feeder_stream);
} stream SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cable_sender);
} sender SEC(".maps");

/* Slot 0: the sender's end of the cable; empty: frames are made and dropped. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cable SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counted SEC(".maps");

/* Whether the next frame is due. Frames that are not become drops within the test run. */
static __always_inline bool is_due(struct cable_sender *state)
{
	__u64 now, due;

	if (state->limit && state->sent >= state->limit)
		return false;
	if (!state->rate)
		return true;
	now = bpf_ktime_get_ns();
	if (!state->start_ns)
		state->start_ns = now;
	due = (now - state->start_ns) * state->rate / 1000000000;
	if (due <= state->sent + state->skipped)
		return false;
	if (due - state->sent - state->skipped > CABLE_BURST)
		state->skipped = due - state->sent - CABLE_BURST;
	return true;
}

SEC("xdp")
int send(struct xdp_md *ctx)
{
	__u64 *to = (void *)(long)ctx->data;
	__u32 zero = 0;
	struct feeder_stream *all = bpf_map_lookup_elem(&stream, &zero);
	struct cable_sender *state = bpf_map_lookup_elem(&sender, &zero);
	const __u64 *from;
	__u64 index;

	if (!all || !state || (void *)to + FEEDER_BYTES > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	if (!is_due(state))
		return XDP_DROP;
	index = state->sent++;
	asm volatile("" : "+r"(index));
	index &= FEEDER_HEADERS - 1;
	from = all->header[index];
#pragma unroll
	for (int i = 0; i < FEEDER_BYTES / 8; i++)
		to[i] = from[i];
	return (int)bpf_redirect_map(&cable, 0, XDP_DROP);
}

SEC("xdp")
int count_drop(struct xdp_md *ctx)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&counted, &zero);

	(void)ctx;
	if (count)
		(*count)++;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
