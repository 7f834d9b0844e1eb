/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps that operators read with bpftool: events, health, top_ports, last_minute. A sink; it
 * only copies, so that a dump is never older than the last minute.
 */
#ifndef TEITEN_KERNEL_OPERATOR_MAPS_H
#define TEITEN_KERNEL_OPERATOR_MAPS_H

#include "user/kernel/drain.h"
#include "user/model/sink.h"

struct operator_maps {
	struct sink sink; /* in front */
	struct program *program;
	struct drain *drain;
	enum attach_mode mode;
	uint32_t next_event;
	uint64_t unclosed;  /* minutes whose ledger did not close */
	uint64_t unwritten; /* minutes in a row that the history could not take */
	uint64_t late;
	uint32_t rows[TT_ROWS]; /* those of last_minute that are not zero */
	size_t row_count;
};

/* Start anew over maps that may hold an earlier process's entries: events go on behind them. */
void operator_maps_init(struct operator_maps *maps, struct program *program, struct drain *drain,
	enum attach_mode mode);

/* Write health again, after unwritten or mode changed. 0 or a negative errno. */
int operator_maps_health(struct operator_maps *maps, const struct minute *minute);

/* "drop", "pass", "drop-all"; static. */
const char *verdict_name(enum tt_verdict verdict);

#endif
