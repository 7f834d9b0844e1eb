/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drain: what the counters gained since the last drain, as one struct minute.
 *
 * Counters only grow and are never cleared; a drain reads them, subtracts what the valid copy of
 * what was drained holds (bpf/kept.h), and writes the other copy. drain_advance() makes that copy
 * the valid one once the minute is safe in the history; until then, and when the process dies
 * between, the next drain finds the same counts again. So no packet is lost or counted twice.
 *
 * Packets arrive while the drain reads. A row is taken whole or not at all: the program writes its
 * cell before its packets and bytes, which are one word, so a reading whose cells sum to its
 * packets, unchanged around them, is whole: modulo 256 where plane 0 alone was read
 * (user/kernel/drain_cells.h). The ledger is derived from the rows; what the other tables already
 * hold beyond it (packets of the last milliseconds) is held back for the next drain. So every sum
 * closes in every minute, and each packet appears in exactly one.
 *
 * Packets that wait in a batch (bpf/batch.h) are copied after the rows, when none of them is in a
 * table yet, and added as the program will add them. What is read later (rows in which packets
 * waited last time, countries, prefixes) is read between two batches, so that it is known whether
 * they are in it by then.
 */
#ifndef TEITEN_KERNEL_DRAIN_H
#define TEITEN_KERNEL_DRAIN_H

#include "user/kernel/program.h"
#include "user/model/minute.h"

#include <stdbool.h>
#include <stdint.h>

struct drain; /* one for each loaded program */

/*
 * is_live: programs run while the drain reads, and the maps may hold what an earlier process left;
 * otherwise (replay) nothing runs and both copies are empty. valid is the copy (0 or 1) to go on
 * from, see drain_choose_copy(). Returns 0 or -ENOMEM.
 */
int drain_new(struct program *program, bool is_live, unsigned int valid, struct drain **drain);
void drain_free(struct drain *drain);

/*
 * Which copy agrees with the history's mark (the birth and sequence stored with the last minute).
 * has_mark false, or another birth: the copy that was advanced last; never one that was drained and
 * not advanced, for its minute is in no history.
 */
unsigned int drain_choose_copy(
	const struct program *program, bool has_mark, const uint8_t birth[16], uint64_t sequence);

/*
 * Fill ledger, sport53, ports, cells, prefixes, unattributed and prefixes_unlisted of *minute,
 * which the caller cleared; label, coverage and the countries of prefixes are the caller's. Returns
 * 0 or a negative errno (then nothing has advanced).
 */
int drain_minute(struct drain *drain, struct minute *minute);

/*
 * Counting begins now, by CLOCK_BOOTTIME: where the first minute starts, also when the process dies
 * before it ends. Without effect when a beginning, or a minute, is noted already.
 */
void drain_begin(struct drain *drain, uint64_t monotonic_ns);

/* The sequence number of the minute just drained, until drain_advance(): store it with the minute.
 */
uint64_t drain_sequence(const struct drain *drain);

/*
 * When the minute just drained ended; before it is stored, so that a process that dies between
 * commit and advance leaves the time to the next.
 */
void drain_note_end(struct drain *drain, uint64_t monotonic_ns);

/*
 * The minute is safe: go on from it. monotonic_ns is when it ended. Makes the other copy like the
 * one that is valid now, and zeroes the minute's sketches in the tables: a sixth to a third of the
 * time that the drain took.
 */
void drain_advance(struct drain *drain, uint64_t monotonic_ns);

/* The copy that counts as drained. */
const struct tt_drained *drain_drained(const struct drain *drain);

/*
 * Whether the last drain's classes agreed with the program's own count of frames: at least all that
 * were counted before it began, at most all that were counted when it ended.
 */
bool drain_closed(const struct drain *drain);

#endif
