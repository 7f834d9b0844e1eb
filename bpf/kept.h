/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of bpf/contract.h, by which it is included: what the program never touches, and user
 * space keeps in the kernel because it lives and dies with the counters or operators read it there.
 */
#ifndef TEITEN_BPF_KEPT_H
#define TEITEN_BPF_KEPT_H

/* -- What user space has drained: two copies, the history's last minute says which is valid --- */

/* An IPv6 /48's counts as drained; open addressing, linear probing; prefix 0 with used 0 is free.
 */
struct tt_drained_prefix6 {
	__u64 prefix;
	struct tt_prefix_count count;
	__u64 used;
};
#define TT_DRAINED_PREFIXES6 (2 * TT_PREFIXES6)

/*
 * Of rows and cells both copies stand side by side: a drain reads one and writes the other, and a
 * row on fewer pages of memory is a row that is found sooner.
 */
struct tt_drained_row {
	__u64 packets[TT_SLOTS]; /* summed over CPUs, like everything here */
	__u64 bytes[TT_SLOTS];
	struct tt_marks marks; /* from TT_FINGERPRINT_ROWS on zero */
	__u32 reserved;
};

struct tt_drained_rows {
	struct tt_drained_row row[TT_ROWS][2];
};

struct tt_drained_cells {
	__u8 plane[TT_PLANES][TT_ROWS][2][TT_CELLS];
};

struct tt_drained {
	__u64 sequence; /* of the minute that this copy ends with; 0 = nothing drained */
	/* When it was drained, or counting began, CLOCK_BOOTTIME; the top bit: not advanced. */
	__u64 monotonic_ns;
	struct tt_tally accounted; /* every frame of every minute so far */
	struct tt_tally rowless[TT_CLASSES];
	struct tt_tally orphans[TT_CLASSES];
	struct tt_tally by_class[TT_CLASSES]; /* the ledger since the counters began */
	__u64 unattributed;
	__u64 nic_drops; /* the device's counter */
	__u64 sport53[TT_CELLS][TT_SPORT53_CLASSES];
	__u32 prefix_packets[TT_PREFIX_PAGES];
	struct tt_drained_prefix6 prefix6[TT_DRAINED_PREFIXES6];
};

/* Whether the counters have cells: decided with the first packet, for as long as they live. */
enum tt_cells_kept { TT_CELLS_UNSAID, TT_CELLS_YES, TT_CELLS_NO };

/* Identity of a set of counters: another birth is another set, which began at zero. */
struct tt_birth {
	__u8 id[16];
	__u32 layout;
	__u32 verdict;
	__u32 attach_mode;
	__u32 cells;       /* enum tt_cells_kept */
	__u32 has_sources; /* all sources of two epochs are in the sketches */
	__u32 reserved;
	__u64 salt[2]; /* of the sketches */
};

/* -- What operators read with bpftool: written by user space after each minute ------------- */

struct tt_event_text {
	char time[24];
	char phase[8];
	char kind[12];
	char key[24];
	char severity[12];
	char scale[8];
	char observed[16];
	char expected[16];
	char log10p[12];
	char id[24];
	char incident[24];
};
#define TT_EVENT_TEXTS 256

struct tt_ledger_text {
	__u64 short_eth, non_ip, too_deep, ip_bad, off_target, frag_later, l4_short;
	__u64 tcp_syn, tcp_backscatter, tcp_other;
	__u64 udp53_response, udp53_query, udp53_short, udp_other;
	__u64 icmp_backscatter, icmp_other, icmp6, other_l4;
};
_Static_assert(
	sizeof(struct tt_ledger_text) == TT_CLASSES * sizeof(__u64), "a field for each class");

/* Counts since the counters began; minute and covered_seconds are of the last minute drained. */
struct tt_health {
	char minute[24];
	__u32 covered_seconds;
	__u32 layout;
	char attach_mode[12];
	char verdict[12];
	__u64 frames;
	__u64 bytes;
	struct tt_ledger_text ledger;
	__u64 unattributed;
	__u64 late;
	__u64 nic_drops;
	__u64 unclosed;  /* minutes whose ledger did not close: a defect of the sensor */
	__u64 unwritten; /* minutes that the history could not take, in a row */
};

struct tt_top_port {
	char port[16];
	__u64 packets;
	__u64 bytes;
	__u64 syn;
	__u64 sources; /* 0: unknown */
};
#define TT_TOP_PORTS 64

/* By row: the last minute. */
struct tt_last_minute {
	__u64 packets;
	__u64 bytes;
	__u64 syn;
	__u64 sources; /* 0: unknown */
};

#endif
