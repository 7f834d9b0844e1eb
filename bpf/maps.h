/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every map of the sensor. Maps of maps hold one inner map for each CPU that has a table; user
 * space makes the inner maps from these templates and fills the slots before it attaches.
 */
#ifndef TEITEN_BPF_MAPS_H
#define TEITEN_BPF_MAPS_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/contract.h"

/*
 * libbpf gives a template of an inner map its BTF only when the value's type is emitted whole, and
 * kernel 6.1 refuses inner maps whose BTF differs from their template's. Takes no room.
 */
const volatile struct {
	__u32 layout;
	struct tt_counts counts[0];
	struct tt_cells cells[0];
	struct tt_prefixes prefixes[0];
	struct tt_cpu_sources sources[0];
	struct tt_geo geo[0];
} contract = {.layout = TT_LAYOUT};

/* One CPU's counters. Key 0. Writer: the program on that CPU. Dense: cannot fill. */
struct inner_counts {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_counts);
};

/* One CPU's country cells. Key 0. Writer: the program on that CPU. Dense: cannot fill. */
struct inner_cells {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_cells);
};

/* One CPU's /24 counters of source port 53. Key 0. Writer: the program on that CPU. Dense. */
struct inner_prefixes {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_prefixes);
};

/*
 * One CPU's sketches of sources. Key 0. Writers: the program on that CPU, user space in the half
 * that rests. Dense: a register that is full stays so.
 */
struct inner_sources {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_cpu_sources);
};

/* A country table. Key 0. Writer: user space, while the table is in no slot. */
struct inner_geo {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_geo);
};

/* Key: CPU. No slot: the CPU's frames are counted in `orphans`, by class alone. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner_counts);
} counts SEC(".maps");

/* Key: CPU. No slot: countries are switched off, or the CPU has no table. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner_cells);
} cells SEC(".maps");

/* Key: CPU. No slot: prefixes are switched off, or the CPU has no table. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner_prefixes);
} prefixes SEC(".maps");

/* Key: CPU. No slot: the CPU has no table. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner_sources);
} sources SEC(".maps");

/* Key 0: the lane of each row. Writer: user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_lanes);
} lanes SEC(".maps");

/* Key 0: the table in use. Writer: user space, which swaps whole tables. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner_geo);
} geo SEC(".maps");

/* Key 0. Writer: the program, each CPU its own. Dense: cannot fill. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_orphans);
} orphans SEC(".maps");

/*
 * IPv6 /48s that sent from port 53. Key: the upper 48 bits. Writer: the program. When full, a new
 * prefix is counted in totals.prefix6_full: its packets are in the ledger and in no prefix.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, TT_PREFIXES6);
	__type(key, __u64);
	__type(value, struct tt_prefix_count);
} prefixes6 SEC(".maps");

/*
 * Maps of one value each, as variables: found without a lookup. Writer: user space. What is sampled
 * is dense: cannot fill.
 */
struct tt_control control SEC(".data.control") = {};
struct tt_sampling sampling SEC(".data.sampling") = {};

/*
 * Sampled packets. Key: CPU. Writer: the program on that CPU, user space of `taken`. A full ring
 * takes nothing more; what it does not take is counted in `lost`.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_sampler);
} samplers SEC(".maps");

/* -- User space's own: kept here because they live and die with the counters --------------- */

/* Key 0 or 1: what was drained, two copies. Writer: user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct tt_drained);
} drained SEC(".maps");

/* Key 0: the same of the rows, and of their cells, both copies side by side. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_drained_rows);
} drained_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_drained_cells);
} drained_cells SEC(".maps");

/* Key 0 or 1: the same of the /24s. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct tt_prefixes);
} drained_pfx SEC(".maps");

/* Key 0. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_birth);
} birth SEC(".maps");

/* -- For operators: bpftool map dump pinned ... -------------------------------------------- */

/* The newest events, by number modulo TT_EVENT_TEXTS. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TT_EVENT_TEXTS);
	__type(key, __u32);
	__type(value, struct tt_event_text);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_health);
} health SEC(".maps");

/* The last minute's most frequent ports, most packets first. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TT_TOP_PORTS);
	__type(key, __u32);
	__type(value, struct tt_top_port);
} top_ports SEC(".maps");

/* The last minute by row: TCP port, 65536 + UDP port, 131072 + ICMP type, 131328 + ICMPv6 type. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TT_ROWS);
	__type(key, __u32);
	__type(value, struct tt_last_minute);
} last_minute SEC(".maps");

#endif
