/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the benchmark of counting runs: a feeder that puts the next prepared header into the frame
 * and calls the program under test, and the programs that the sensor is measured against.
 */
#include "tests/bench/feeder.h"
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "bpf/parse.h"

const volatile struct {
	__u32 unused;
	struct feeder_stream stream[0];
} types = {0};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct feeder_stream);
} stream SEC(".maps");

/* Slot 0: the program under test; empty: the feeder alone. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TT_CLASSES);
	__type(key, __u32);
	__type(value, struct tt_tally);
} ledger SEC(".maps");

__u32 next[2 * 16]; /* a line for each CPU */

SEC("xdp.frags")
int drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

/*
 * The headers come from 160 MB that no cache holds, of pages whose borders stop the processor's
 * own prefetching. A driver loads the beginning of its frames ahead (net_prefetch()); here the
 * lines of the next FEEDER_AHEAD headers are loaded at once, or every packet would be charged for
 * the feeder's waits.
 */
static __always_inline void load_ahead(const struct feeder_stream *all, __u64 index)
{
	const __u64 *line;

	if (index % FEEDER_AHEAD)
		return;
	index += FEEDER_AHEAD;
	asm volatile("" : "+r"(index));
	index &= FEEDER_HEADERS - FEEDER_AHEAD;
	line = all->header[index];
#pragma unroll
	for (int i = 0; i < FEEDER_AHEAD * FEEDER_BYTES / 64; i++) {
		__u64 loaded = *(const volatile __u64 *)&line[i * 8];

		asm volatile("" ::"r"(loaded));
	}
}

SEC("xdp.frags")
int feed(struct xdp_md *ctx)
{
	__u64 *to = (void *)(long)ctx->data;
	__u32 zero = 0, cpu = bpf_get_smp_processor_id() & 1;
	struct feeder_stream *all = bpf_map_lookup_elem(&stream, &zero);
	__u64 index = next[cpu * 16]++ & (FEEDER_HEADERS - 1);
	const __u64 *from;

	if (!all || (void *)to + FEEDER_BYTES > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	asm volatile("" : "+r"(index));
	index &= FEEDER_HEADERS - 1;
	load_ahead(all, index);
	from = all->header[index];
#pragma unroll
	for (int i = 0; i < FEEDER_BYTES / 8; i++)
		to[i] = from[i];
	bpf_tail_call(ctx, &target, 0);
	return XDP_DROP;
}

/* Frames of the benchmark fit the first buffer and have no extension headers. */
static int frame_copy(const struct frame *frame, __u32 offset, void *to, __u32 size)
{
	(void)frame;
	(void)offset;
	(void)to;
	(void)size;
	return -1;
}

static __always_inline __u32 frame_walk_extensions(const struct frame *frame, struct layer4 *layer4)
{
	(void)frame;
	(void)layer4;
	return TT_OTHER_L4;
}

static __always_inline __u64 frame_far_layer4(
	const struct frame *frame, const struct layer4 *layer4)
{
	(void)frame;
	(void)layer4;
	return (__u64)TT_L4_SHORT << 56 | TT_ROW_NONE;
}

static __always_inline struct packet parse(struct xdp_md *ctx)
{
	struct frame frame = {
		.start = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
		.length = ctx->data_end - ctx->data, /* in one buffer */
		.context = ctx,
	};
	struct packet packet = {};

	parse_frame(&frame, &packet);
	return packet;
}

static __always_inline void count_class(__u32 class, __u32 length)
{
	struct tt_tally *tally = bpf_map_lookup_elem(&ledger, &class);

	if (tally) {
		tally->packets++;
		tally->bytes += length;
	}
}

SEC("xdp.frags")
int parse_only(struct xdp_md *ctx)
{
	struct packet packet = parse(ctx);

	count_class(packet.class, ctx->data_end - ctx->data);
	return XDP_DROP;
}

/* -- The obvious design: one map a question ------------------------------------------------ */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 131072);
	__type(key, __u32);
	__type(value, struct tt_tally);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 2000000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct feeder_prefix);
	__type(value, __u32);
} country SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1048576);
	__type(key, struct feeder_cell);
	__type(value, __u64);
} cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 262144);
	__type(key, __u32);
	__type(value, __u64);
} prefixes SEC(".maps");

static __always_inline void count_in(void *map, const void *key)
{
	__u64 one = 1, *count = bpf_map_lookup_elem(map, key);

	if (count)
		(*count)++;
	else
		bpf_map_update_elem(map, key, &one, BPF_NOEXIST);
}

SEC("xdp.frags")
int obvious(struct xdp_md *ctx)
{
	struct packet packet = parse(ctx);
	struct feeder_prefix key = {.length = 32};
	struct feeder_cell cell = {0};
	__u32 row = packet.row, length = ctx->data_end - ctx->data, *found, network;
	struct tt_tally *port;

	count_class(packet.class, length);
	if (row >= TT_ROW_ICMP)
		return XDP_DROP;
	port = bpf_map_lookup_elem(&ports, &row);
	if (port) {
		port->packets++;
		port->bytes += length;
	}
	key.address = bpf_htonl((__u32)packet.source);
	found = packet.is_v6 ? (void *)0 : bpf_map_lookup_elem(&country, &key);
	cell.row = row;
	cell.country = found ? *found : 0;
	count_in(&cells, &cell);
	if (packet.class < TT_UDP53_RESPONSE || packet.class > TT_UDP53_SHORT || packet.is_v6)
		return XDP_DROP;
	network = (__u32)packet.source >> 8;
	count_in(&prefixes, &network);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
