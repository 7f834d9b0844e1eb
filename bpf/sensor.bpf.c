/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/contract.h"

/* Set between open and load. */
const volatile __u32 action = XDP_DROP;           /* of every frame but ... */
const volatile __u32 neighbour_action = XDP_PASS; /* ... ARP and neighbour discovery */
const volatile __u32 target_count = 0;            /* 0: every address is monitored */
const volatile struct tt_target targets[TT_MAX_TARGETS] = {};
const volatile __u64 hash_seed = 0;
const volatile __u64 hash_factor = 0x9e3779b97f4a7c15ULL;
const volatile bool count_countries = true;
const volatile bool count_prefixes = true;
const volatile bool count_sources = true;
const volatile bool is_replay = false;
/* The kernel has bpf_cast_to_kern_ctx(): Linux 6.2. */
const volatile bool can_read_buffer = false;

#include "bpf/count.h"
#include "bpf/evidence.h"
#include "bpf/plain.h"

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;

static int frame_copy(const struct frame *frame, __u32 offset, void *to, __u32 size)
{
	/* One comparison for both bounds: kernel 6.1 learns nothing from "is not 0". */
	__u32 rest = size - 1;

	keep_in_register(rest);
	if (rest >= PARSE_LAYER4_BYTES)
		return -1;
	return (int)bpf_xdp_load_bytes(frame->context, offset, to, rest + 1);
}

/*
 * Bytes of the whole frame. A helper knows, but calling one costs 7 ns where returns are guarded
 * against speculation; a frame in one buffer tells its length itself.
 */
static __always_inline __u32 frame_length(struct xdp_md *ctx)
{
	const struct xdp_buff *buffer;

	if (!can_read_buffer)
		return (__u32)bpf_xdp_get_buff_len(ctx);
	buffer = bpf_cast_to_kern_ctx(ctx);
	asm volatile(""); /* or both calls become one, and the jump to it stays in every program */
	if (buffer->flags & XDP_FLAGS_HAS_FRAGS)
		return (__u32)bpf_xdp_get_buff_len(ctx);
	return ctx->data_end - ctx->data;
}

static __always_inline struct frame frame_of(struct xdp_md *ctx, __u32 length)
{
	return (struct frame){
		.start = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
		.length = length,
		.context = ctx,
	};
}

/*
 * The global functions below are verified once each, with arguments unknown, and not once for
 * each of the thousands of ways through the parser that lead to them. They hold what is rare: a
 * plain packet (bpf/plain.h) calls nothing before its batch is full, but to ask for monitored
 * prefixes, and before Linux 6.2 for its length.
 */

__noinline __u64 walk_extensions(struct xdp_md *ctx, __u32 offset, __u32 length, __u32 protocol);
__noinline __u64 walk_extensions(struct xdp_md *ctx, __u32 offset, __u32 length, __u32 protocol)
{
	struct frame frame = {.context = ctx};
	struct layer4 layer4 = {
		.offset = offset,
		.length = length,
		.protocol = protocol & 0xff,
	};
	__u64 class = parse_extensions(&frame, &layer4);

	return class << 56 | (__u64)(layer4.protocol & 0xff) << 48 |
	       (__u64)(layer4.offset & 0xffffff) << 24 | (layer4.length & 0xffffff);
}

static __always_inline __u32 frame_walk_extensions(const struct frame *frame, struct layer4 *layer4)
{
	__u64 walked =
		walk_extensions(frame->context, layer4->offset, layer4->length, layer4->protocol);

	layer4->protocol = walked >> 48 & 0xff;
	layer4->offset = walked >> 24 & 0xffffff;
	layer4->length = walked & 0xffffff;
	return (__u32)(walked >> 56);
}

__noinline __u64 far_layer4(struct xdp_md *ctx, __u32 offset, __u32 length, __u32 protocol);
__noinline __u64 far_layer4(struct xdp_md *ctx, __u32 offset, __u32 length, __u32 protocol)
{
	struct frame frame = {.context = ctx};
	struct layer4 layer4 = {.offset = offset, .length = length, .protocol = protocol};

	return parse_far_layer4(&frame, &layer4);
}

static __always_inline __u64 frame_far_layer4(
	const struct frame *frame, const struct layer4 *layer4)
{
	return far_layer4(frame->context, layer4->offset, layer4->length, layer4->protocol);
}

__noinline __u32 is_monitored(__u64 upper, __u64 lower, __u32 is_v6);
__noinline __u32 is_monitored(__u64 upper, __u64 lower, __u32 is_v6)
{
	for (__u32 i = 0; i < TT_MAX_TARGETS && i < target_count; i++) {
		const volatile struct tt_target *target = &targets[i];

		if (target->is_v6 == is_v6 && (upper & target->mask[0]) == target->address[0] &&
			(lower & target->mask[1]) == target->address[1])
			return 1;
	}
	return 0;
}

__noinline __u32 locate6(__u32 cpu, __u64 upper, __u32 is_sport53, __u32 is_response)
{
	return locate_ipv6(cpu, upper, is_sport53 != 0, is_response != 0);
}

/* What a batch needs before it is counted; seldom anything. */
__noinline __u32 open_batch(__u32 cpu, __u32 epoch)
{
	struct tt_cpu_sources *mine = sources_of(cpu);
	struct tt_counts *table = table_of(cpu);

	if (!table)
		return 0;
	if (table->totals.epoch != epoch)
		batch_open_epoch(&table->totals, epoch);
	if (mine && mine->merged_flush == table->totals.flushes)
		forget_merged(mine, &table->totals);
	return 0;
}

__noinline __u32 raise_sources(__u32 cpu, __u32 epoch)
{
	__u32 zero = 0;
	const struct tt_lanes *of_rows = bpf_map_lookup_elem(&lanes, &zero);
	struct tt_cpu_sources *mine = sources_of(cpu);
	struct tt_counts *table = table_of(cpu);

	if (mine && table && of_rows)
		count_batch_sources(&mine->half[epoch & 1], of_rows, &table->totals);
	return 0;
}

/*
 * What is counted has its tables: a CPU's counts come into their slot last (inner_maps.c). Said so
 * that the verifier walks each loop once, and not once for each table that might be missing.
 */
static __always_inline int batch_is_whole(const struct batch *batch)
{
	return batch->table && batch->rows && (!count_countries || batch->cells) &&
	       (!count_prefixes || batch->prefixes);
}

/* Everything but what an epoch decides. */
static __always_inline struct batch batch_of(__u32 cpu)
{
	__u32 zero = 0;
	void *of_cells = count_countries ? bpf_map_lookup_elem(&cells, &cpu) : (void *)0;
	void *of_prefixes = count_prefixes ? bpf_map_lookup_elem(&prefixes, &cpu) : (void *)0;
	struct tt_counts *table = table_of(cpu);
	struct tt_row *rows = table ? table->row : (struct tt_row *)0;

	keep_in_register(rows);
	return (struct batch){
		.table = table,
		.rows = rows,
		.cells = of_cells ? bpf_map_lookup_elem(of_cells, &zero) : (void *)0,
		.prefixes = of_prefixes ? bpf_map_lookup_elem(of_prefixes, &zero) : (void *)0,
		.has_sources = count_sources,
		.cpu = cpu,
	};
}

__noinline __u32 carry_batch(__u32 cpu)
{
	struct batch batch = batch_of(cpu);

	if (batch_is_whole(&batch))
		batch_carry(&batch);
	return 0;
}

__noinline __u32 apply_batch(__u32 cpu, __u32 epoch)
{
	struct batch batch = batch_of(cpu);

	if (!batch_is_whole(&batch))
		return 0;
	batch.touched = &batch.table->totals.touched[epoch & 1];
	keep_in_register(batch.touched);
	batch_apply(&batch);
	return 0;
}

__noinline __u32 flush(__u32 cpu)
{
	struct batch batch = batch_of(cpu);
	__u32 epoch = control.epoch;

	batch.geo = geo_table();
	if (!batch_is_whole(&batch) || (count_countries && !batch.geo))
		return 0;
	open_batch(cpu, epoch);
	batch_count(&batch, epoch);
	return 0;
}

__noinline __u32 take_sample(struct xdp_md *ctx, __u32 cpu, __u64 what, __u32 length)
{
	return evidence_take(ctx, cpu, what, length);
}

/* Count a frame that goes the long way, and decide what becomes of it. */
static __always_inline int finish(struct xdp_md *ctx, struct packet *packet, __u32 length)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 place;

	/* When prefixes are configured, what goes elsewhere has no row. */
	if (target_count && packet->has_addresses && packet->class > TT_OFF_TARGET &&
		!is_monitored(packet->destination[0], packet->destination[1], packet->is_v6)) {
		packet->class = TT_OFF_TARGET;
		packet->row = TT_ROW_NONE;
	}
	length += control.cut_bytes;
	place = evidence_place(count_packet(table_of(cpu), cpu, packet, length), hash_seed);
	if (evidence_may_take(place))
		evidence_offer(ctx, cpu, packet, place, length);
	return (int)(packet->is_neighbour ? neighbour_action : action);
}

__noinline int count_ipv6(struct xdp_md *ctx, __u32 offset, __u32 length);
__noinline int count_ipv6(struct xdp_md *ctx, __u32 offset, __u32 length)
{
	struct frame frame = frame_of(ctx, length);
	struct packet packet = {};

	parse_ip(&frame, offset, 1, &packet);
	return finish(ctx, &packet, length);
}

__noinline int count_long_way(struct xdp_md *ctx, __u32 length);
__noinline int count_long_way(struct xdp_md *ctx, __u32 length)
{
	struct frame frame = frame_of(ctx, length);
	struct packet packet = {.row = TT_ROW_NONE};
	__u32 offset = 0;
	__u16 type = 0;

	packet.class = parse_ethernet(&frame, &offset, &type);
	if (packet.class == TT_CLASSES) {
		if (type == PARSE_ETHERTYPE_IPV6)
			return count_ipv6(ctx, offset, length);
		if (type == PARSE_ETHERTYPE_IPV4)
			parse_ip(&frame, offset, 0, &packet);
		else
			packet.class = TT_NON_IP;
	}
	if (type == PARSE_ETHERTYPE_ARP)
		packet.is_neighbour = 1;
	return finish(ctx, &packet, length);
}

/*
 * A plain packet. What is asked of maps, and of monitored prefixes, is asked before the parser, and
 * other calls come last: a call takes the registers that the packet is in.
 */
SEC("xdp.frags")
int teiten(struct xdp_md *ctx)
{
	struct tt_counts *table = table_of(bpf_get_smp_processor_id());
	struct frame frame = frame_of(ctx, frame_length(ctx));
	struct packet packet = {};
	__u64 waiting = table ? table->totals.pending_count : TT_BATCH, place, seed = hash_seed;
	struct tt_pending *record;
	__u32 length, source;
	int is_full;

	keep_in_register(waiting);
	if (!table || waiting >= TT_BATCH || !is_plain(&frame) ||
		(target_count && !is_monitored(parse_raw64(plain_ip(&frame)->daddr, 0), 0, 0)))
		return count_long_way(ctx, frame.length);
	record = &table->totals.pending[waiting];
	source = PARSE_BE32(plain_ip(&frame)->saddr);
	record->source = source;
	put_source(record, source, 0, seed);
	length = frame.length + control.cut_bytes;
	place = evidence_place(count_tally(&table->totals.frames, length), seed);
	count_ordered();
	parse_plain(&frame, &packet);
	is_full = put_into_batch(&table->totals, waiting, &packet, length);
	if (evidence_may_take(place))
		evidence_offer(ctx, bpf_get_smp_processor_id(), &packet, place, length);
	if (is_full)
		flush(bpf_get_smp_processor_id());
	return (int)action;
}

char LICENSE[] SEC("license") = "GPL";
