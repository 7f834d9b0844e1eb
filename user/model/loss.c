/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/loss.h"

uint64_t loss_gained(struct loss *loss, uint64_t total)
{
	uint64_t gained = total > loss->total ? total - loss->total : 0;

	loss->total = total;
	return gained;
}

bool loss_holds(struct loss *loss, uint64_t gained, uint64_t now_ns)
{
	if (gained) {
		loss->grown_ns = now_ns;
		loss->holds = true;
	} else if (now_ns - loss->grown_ns >= LOSS_QUIET_NS) {
		loss->holds = false;
	}
	return loss->holds;
}
