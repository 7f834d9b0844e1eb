/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What drain_sport53.c and drain_prefixes.c share; nobody else includes this. */
#ifndef TEITEN_KERNEL_DRAIN_SPORT53_H
#define TEITEN_KERNEL_DRAIN_SPORT53_H

#include "user/kernel/drain_state.h"

/* How many more packets prefixes may show: what the ledger has. */
struct allowance {
	uint64_t response;
	uint64_t other;
};

/* The class of source port 53 that a packet waits in; SPORT53_CLASSES: in none. */
static inline unsigned int waiting_class(const struct tt_pending *packet)
{
	uint32_t slot = packet->row >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1);

	return packet->row & TT_PENDING_SPORT53 && slot < SPORT53_CLASSES ? slot : SPORT53_CLASSES;
}

/* List the gain of a prefix as far as the ledger allows, and return what is now drained of it. */
struct tt_prefix_count prefix_take(struct minute *minute, struct allowance *left,
	const struct prefix_count *prefix, struct tt_prefix_count was, struct tt_prefix_count is);

/*
 * The /24s: mark pages that have counted since was; read those to visit into next, list their
 * gains, bring next up to date.
 */
void drain_prefixes_visit(struct drain *drain);
void drain_prefixes_read(struct drain *drain);
void drain_prefixes_emit(struct drain *drain, struct minute *minute, struct allowance *left);
void drain_prefixes_catch_up(struct drain *drain);

#endif
