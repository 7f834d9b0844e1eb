/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one contract between the XDP program and user space: keys, values, capacities and map names.
 * Types, constants and static assertions only. Changing the size or the meaning of anything that is
 * pinned needs a new TT_LAYOUT.
 *
 * One CPU's counters are four values, each in an array map of that CPU alone:
 *
 *   struct tt_counts      totals                 frames, rowless classes, what was touched, ...
 *                         row[0 .. 65535]        TCP by destination port        \
 *                         row[65536 .. 131071]   UDP by destination port         | 64 bytes each,
 *                         row[131072 .. 131327]  ICMP by type                    | IPv4 and IPv6
 *                         row[131328 .. 131583]  ICMPv6 by type                 /  together
 *                         above[0 .. 131583]     the rows' high halves
 *                         marks[0 .. 65535]      fingerprints by TCP port
 *   struct tt_cells       [row][country]         the row's packets by source country, in planes
 *   struct tt_prefixes    [2^24]                 source port 53 by /24, in planes
 *   struct tt_cpu_sources                        sketches of distinct sources, no counters
 *
 * Every counter only grows. Its one writer is the program on that CPU; user space subtracts what it
 * saw before (modulo 2^64, cells, fingerprints and prefixes modulo 2^32) and never writes.
 */
#ifndef TEITEN_BPF_CONTRACT_H
#define TEITEN_BPF_CONTRACT_H

#ifdef __bpf__
#include "vmlinux.h"
#else
#include <linux/types.h>
#endif

/* Version of everything pinned; the pins live in /sys/fs/bpf/teiten/<interface>/v<TT_LAYOUT>/. */
#define TT_LAYOUT 9

/* -- Ledger classes: every frame ends in exactly one --------------------------------------- */

enum tt_class {
	TT_SHORT_ETH,
	TT_NON_IP,
	TT_TOO_DEEP,
	TT_IP_BAD,
	TT_OFF_TARGET,
	TT_FRAG_LATER,
	TT_L4_SHORT,
	TT_TCP_SYN,
	TT_TCP_BACKSCATTER,
	TT_TCP_OTHER,
	TT_UDP53_RESPONSE,
	TT_UDP53_QUERY,
	TT_UDP53_SHORT,
	TT_UDP_OTHER,
	TT_ICMP_BACKSCATTER,
	TT_ICMP_OTHER,
	TT_ICMP6,
	TT_OTHER_L4,
	TT_CLASSES,
};

/* Limits of the walk from Ethernet to ports; a frame beyond them is TT_TOO_DEEP. */
#define TT_MAX_VLAN_TAGS 8
#define TT_MAX_EXTENSION_HEADERS 16

/* -- Port rows ----------------------------------------------------------------------------- */

#define TT_ROW_TCP 0u
#define TT_ROW_UDP 65536u
#define TT_ROW_ICMP 131072u
#define TT_ROW_ICMP6 131328u
#define TT_ROWS 131584u
/* Not a row: the frame's class has no ports, or ICMP without its type byte. */
#define TT_ROW_NONE 0xffffffffu

/*
 * A row keeps packets and bytes apart by the classes that its protocol can have, so that user
 * space derives the ledger from rows and both agree to the packet:
 *   TCP     TT_TCP_SYN, TT_TCP_BACKSCATTER, TT_TCP_OTHER
 *   UDP     TT_UDP53_RESPONSE, TT_UDP53_QUERY, TT_UDP53_SHORT, TT_UDP_OTHER
 *   others  slot 0 only; ICMP's class follows from the type
 */
#define TT_SLOTS 4
#define TT_SLOT_SYN 0

/*
 * Distinct sources of an epoch, an estimate: HyperLogLog with 64 registers of four bits (standard
 * error 1.04/sqrt(64) = 13 %). Register i is the low (i even) or high nibble of byte i/2.
 */
#define TT_SKETCH_BITS 6
#define TT_SKETCH_REGISTERS (1 << TT_SKETCH_BITS)
#define TT_SKETCH_BYTES (TT_SKETCH_REGISTERS / 2)

struct tt_sketch {
	__u8 registers[TT_SKETCH_BYTES];
};

/*
 * One line for each row, since a packet waits for every line it meets: the low halves of its
 * counters, and the sketch of the last epoch in which it counted. What a packet seldom meets lies
 * above: the high halves; the sketch of the last epoch but one in which it counted, which moves
 * there with the row's first packet of an epoch.
 *
 * A word holds half of a slot's packets in its bits 0-31 and half of its bytes in 32-63: one store
 * changes both.
 */
struct tt_row {
	__u64 halves[TT_SLOTS];
	struct tt_sketch sketch;
};
#define TT_BYTES_SHIFT 32
_Static_assert(sizeof(struct tt_row) == 64, "one line");

/*
 * Cells and prefixes are the tables that no cache holds, and most of their counters are small. So
 * each has its four bytes in four planes, the lowest in plane 0: a packet writes that one, and one
 * in 256 the next as well, which makes what counting waits for a quarter of the table. A counter is
 * the sum of plane[k] << 8k, modulo 2^32; where a byte has wrapped the next one is written after
 * it.
 */
#define TT_PLANES 4

/*
 * Country cells of a row: 0 = ZZ (unknown), TT_CELLS - 1 = XO (the smallest countries together);
 * user/model/country.h numbers them. A row's cells sum to its packets, modulo 2^32.
 */
#define TT_CELLS 224u
#define TT_CELL_XO (TT_CELLS - 1)

struct tt_cells {
	__u8 plane[TT_PLANES][TT_ROWS][TT_CELLS];
};

/*
 * Marks that scanners leave in a TCP SYN over IPv4, counted by destination port; a packet may bear
 * several. Mirai: the sequence number is the destination address. ZMap: the IP id is 54321.
 * masscan: the IP id is the low half of address ^ port ^ sequence number.
 */
enum tt_fingerprint { TT_MIRAI, TT_ZMAP, TT_MASSCAN, TT_FINGERPRINTS };
#define TT_FINGERPRINT_ROWS 65536u

struct tt_marks {
	__u32 packets[TT_FINGERPRINTS];
};

/* -- Totals of a CPU ----------------------------------------------------------------------- */

struct tt_tally {
	__u64 packets;
	__u64 bytes;
};

/* Source port 53 by country: responses, queries, short payloads. */
#define TT_SPORT53_CLASSES 3
/* Prefixes of sources with port 53: /24 dense, IPv6 /48 in a bounded hash. */
#define TT_PREFIXES4 (1u << 24)
#define TT_PREFIXES6 65536u
/* The last IPv6 packets of a CPU: a reader who knows their prefixes need not search the hash. */
#define TT_RECENT6 256u
/* A page of 512 /24s is the unit in which prefixes are counted again, and read. */
#define TT_PREFIX_PAGE_BITS 9
#define TT_PREFIX_PAGES (TT_PREFIXES4 >> TT_PREFIX_PAGE_BITS)

/*
 * Packets wait here until there are TT_BATCH of them (bpf/batch.h); they belong to the counters all
 * the same. 64 cost some nanoseconds a packet more; the lines of 128 are 24 KiB at most.
 */
#define TT_BATCH 128

struct tt_pending {
	__u32 source; /* IPv4, host order; of IPv6 the cell, looked up already */
	__u32 row;    /* bits 0-17; slot << 18; TT_PENDING_...; fingerprints << 22 */
	__u32 length;
	__u16 sketch_register; /* of the largest sketch, below TT_SOURCES_REGISTERS */
	__u8 sketch_value;     /* 0: its source is counted already */
	__u8 cell;             /* found when the batch is counted */
};
_Static_assert(sizeof(struct tt_pending) == 16, "four records a line");

#define TT_PENDING_ROW 0x3ffffu
#define TT_PENDING_SLOT_SHIFT 18
#define TT_PENDING_V6 (1u << 20)
#define TT_PENDING_SPORT53 (1u << 21)
#define TT_PENDING_MARK_SHIFT 22 /* three bits, by enum tt_fingerprint */
/* While a batch is counted: a byte of plane 0 has wrapped, and the planes above wait for it. */
#define TT_PENDING_CELL_WRAPPED (1u << 25)
#define TT_PENDING_PREFIX_WRAPPED (1u << 26)
/* The low half of the row's counter has. */
#define TT_PENDING_PACKETS_WRAPPED (1u << 27)
#define TT_PENDING_BYTES_WRAPPED (1u << 28)

/* A bit for each row that has counted in an epoch. */
#define TT_TOUCHED_ROWS (TT_ROWS / 64)
struct tt_touched {
	__u64 rows[TT_TOUCHED_ROWS];
};

struct tt_totals {
	/* Every frame, written before anything else of it: bounds what the classes may sum to. */
	struct tt_tally frames;
	__u32 pending_count;
	__u32 flushes; /* odd while a batch is being counted */
	__u32 epoch;   /* of the last batch */
	__u32 wrapped; /* while a batch is counted: some record is marked TT_PENDING_..._WRAPPED */
	__u64 reserved_line[4];
	struct tt_pending pending[TT_BATCH];
	/* While a batch is counted: where in tt_geo.block the cell of each stands. */
	__u32 place[TT_BATCH];
	/* Frames that have no row, by class. */
	struct tt_tally rowless[TT_CLASSES];
	/* IPv6 packets from source port 53; of them those that found TT_PREFIXES6 full. */
	__u64 prefix6_packets;
	__u64 prefix6_full;
	/* Of packet n the prefix, at n % TT_RECENT6, before it is in prefix6_packets. */
	__u64 prefix6_recent[TT_RECENT6];
	__u64 sport53[TT_CELLS][TT_SPORT53_CLASSES];
	/* By parity of the epoch: of epoch and of epoch - 1. */
	struct tt_touched touched[2];
	/* Packets of a page of prefixes: what its counters sum to, modulo 2^32. */
	__u32 prefix_packets[TT_PREFIX_PAGES];
	/* Odd from before a row's counter wraps until it is carried; another even one after. */
	__u32 row_carries;
	__u32 reserved;
	__u64 reserved_end;
};

/* Totals come first: an instruction's offset reaches what every packet meets. */
struct tt_counts {
	struct tt_totals totals;
	struct tt_row row[TT_ROWS];
	struct tt_row above[TT_ROWS];
	struct tt_marks marks[TT_FINGERPRINT_ROWS];
};
_Static_assert(sizeof(struct tt_totals) % sizeof(struct tt_row) == 0, "rows in whole lines");

/* -- Distinct sources ---------------------------------------------------------------------- */

/*
 * Sketches of the sources of an epoch, for the sensor as a whole: HyperLogLog as in a row, with
 * more registers, of a byte each. A source has one hash: 14 bits that number a register of the
 * largest sketch, of which smaller ones take the upper bits, and one value for all of them.
 * Standard error 1.04 / sqrt(registers): 0.8 % with 16,384, 6.5 % with 256.
 */
#define TT_SOURCES_BITS 14
#define TT_SOURCES_REGISTERS (1u << TT_SOURCES_BITS)
#define TT_COUNTRY_BITS 8
#define TT_COUNTRY_REGISTERS (1u << TT_COUNTRY_BITS)
/*
 * The ports with most sources have a lane each: a larger sketch (3.3 %) beside that of their row.
 * Lane 0 means that there is none.
 */
#define TT_LANES 512u
#define TT_LANE_BITS 10
#define TT_LANE_REGISTERS (1u << TT_LANE_BITS)

/* Written by user space, has_lane last when a row gets its lane and first when it loses it. */
struct tt_lanes {
	__u8 has_lane[TT_ROWS / 8]; /* a bit for each row */
	__u16 of_row[TT_ROWS];      /* below TT_LANES; 0 where the row has none */
};

/* The largest value: none of 14 bits is 1. */
#define TT_SKETCH_MAX 15

struct tt_sketches {
	__u8 total[TT_SOURCES_REGISTERS];
	__u8 country[TT_CELLS][TT_COUNTRY_REGISTERS];
};

/* A packet counts in one of them; user space joins both to the sketches of all packets. */
enum tt_source_kind { TT_SOURCES_OTHER, TT_SOURCES_SPORT53, TT_SOURCES_KINDS };

struct tt_sources {
	struct tt_sketches kind[TT_SOURCES_KINDS];
	__u8 lane[TT_LANES][TT_LANE_REGISTERS];
};

/*
 * A CPU's sketches, by parity of the epoch; see bpf/sources.h. User space zeroes the half that
 * rests, and notes which packets of a batch are in a minute already.
 */
struct tt_cpu_sources {
	struct tt_sources half[2];
	__u32 merged_flush; /* while totals.flushes is this ... */
	__u32 merged_count; /* ... the first so many that wait */
};

/* A CPU that has no table (it came online later) still counts classes; its frames have no rows. */
struct tt_orphans {
	struct tt_tally by_class[TT_CLASSES];
};

/* One /48 that sent from port 53: responses; queries and short payloads. A /24 has the same. */
struct tt_prefix_count {
	__u32 response;
	__u32 other;
};

enum tt_prefix_kind { TT_PREFIX_RESPONSE, TT_PREFIX_OTHER, TT_PREFIX_KINDS };

struct tt_prefixes {
	__u8 plane[TT_PLANES][TT_PREFIXES4][TT_PREFIX_KINDS];
};

/* -- Country table ------------------------------------------------------------------------- */

/*
 * IPv4: root[address >> 16] is the number of a block with one cell, below TT_CELLS, for each /24;
 * /16s that are alike share it. In block TT_GEO_SAME cell n is n: for sources whose cell is known.
 * IPv6: boundaries in ascending order, upper 64 bits of the address; a boundary's cell holds up to
 * the next one. index6[top 16 bits] is the first boundary at or above them, so that a search of a
 * /16 stays within its own; a search that finds none takes cell6 of the boundary before.
 */
#define TT_GEO_BLOCKS 16384u
#define TT_GEO_SAME (TT_GEO_BLOCKS - 1)
#define TT_GEO_BOUNDARIES6 (1u << 20)
#define TT_GEO_ROUNDS6 21 /* halving so many, and the one before them, ends at one */

struct tt_geo {
	__u16 root[65536];
	__u8 block[TT_GEO_BLOCKS][256];
	__u32 index6[65536 + 2];
	__u64 boundary6[TT_GEO_BOUNDARIES6];
	__u8 cell6[TT_GEO_BOUNDARIES6];
};

/* -- Control: written by user space only --------------------------------------------------- */

struct tt_control {
	/* Number of the drain interval, ascending from 1. Rows and sketches belong to it. */
	__u32 epoch;
	/* Added to the frame's length: what a replay had to cut off (bytes). Zero when live. */
	__u32 cut_bytes;
};

/* Monitored prefixes, when configured; more are refused by the configuration. */
#define TT_MAX_TARGETS 64

/* Bytes in network order, IPv4 in the first four of address[0]; bits outside the mask are zero. */
struct tt_target {
	__u64 address[2];
	__u64 mask[2];
	__u64 is_v6;
};

enum tt_verdict {
	TT_VERDICT_DROP, /* drop; ARP and ICMPv6 133-137 pass so that the neighbour entry lives */
	TT_VERDICT_PASS, /* pass everything: shared interfaces */
	TT_VERDICT_DROP_ALL, /* drop those too */
	TT_VERDICTS,
};

/* -- Evidence: sampled packets --------------------------------------------------------------- */

/*
 * What a person wants to see of a packet: the headers, and the beginning of what it says. Addresses
 * are in the bytes.
 */
#define TT_SAMPLE_BYTES 192

struct tt_sample {
	__u64 time_ns; /* CLOCK_BOOTTIME; in a replay the packet's own, Unix */
	__u32 row;     /* TT_ROW_NONE: it has none */
	__u32 length;  /* of the whole frame */
	__u16 captured;
	__u8 class;
	__u8 shift; /* chosen with a chance of 1 in 2^shift */
	__u32 reserved;
	__u8 bytes[TT_SAMPLE_BYTES];
};
_Static_assert(sizeof(struct tt_sample) == 216, "no padding");

/* Places of a CPU's ring, 0.9 MB: an emptied ring takes a flood's samples for a while. */
#define TT_SAMPLES 4096u

/*
 * A CPU's ring. Place n is sample[n % TT_SAMPLES]; places taken to written - 1 are full.
 * selected = written + lost between two packets, each only grows.
 */
struct tt_sampler {
	__u64 selected;
	__u64 written;
	__u64 lost; /* selected while the ring was full */
	__u64 line[5];
	__u64 taken; /* by user space, its one writer */
	__u64 taken_line[7];
	struct tt_sample sample[TT_SAMPLES];
};

#define TT_SHIFT_MAX 31
#define TT_SHIFT_NEVER 255
#define TT_SAMPLED_CLASSES 32 /* TT_CLASSES, rounded up to a mask */

/* What is sampled, written by user space: the more frequent of the class's rate and the row's. */
struct tt_sampling {
	__u64 replay_ns; /* the time of the frame under way; live it is not read */
	/* The last place in the sequence that a rate below takes, 2^(64 - shift) - 1; 0: none. */
	__u64 last;
	__u8 class_shift[TT_SAMPLED_CLASSES];
	__u32 armed_rows; /* 0: no row has a rate of its own */
	__u32 reserved;
	__u64 armed[TT_ROWS / 64]; /* a bit for each row */
	__u8 row_shift[TT_ROWS];   /* of those */
};
_Static_assert(TT_ROWS % 64 == 0 && TT_CLASSES <= TT_SAMPLED_CLASSES, "whole words, every class");

#include "bpf/kept.h"

#endif
