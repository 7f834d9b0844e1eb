/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where minutes come from: the live sensor or a replay. A source is a struct of its own with this
 * one in front.
 */
#ifndef TEITEN_MODEL_SOURCE_H
#define TEITEN_MODEL_SOURCE_H

#include "user/model/minute.h"
#include "user/model/sampling.h"

/* Which counts the source has handed over: stored with the minute, so that none is counted twice.
 */
struct source_mark {
	uint8_t birth[16];
	uint64_t sequence;
};

struct source {
	/*
	 * Fill the counts of *minute (cleared, labelled, its coverage set) with what was gained
	 * since the last minute that was advanced, and *mark with its place. 0 or a negative errno.
	 */
	int (*drain)(struct source *source, struct minute *minute, struct source_mark *mark);
	/* The minute is stored: go on from it. */
	void (*advance)(struct source *source);
	/* Hand over the packets sampled since the last call. NULL: there are none. */
	void (*samples)(struct source *source, sample_visit *visit, void *context);
	/* What to sample from now on. NULL: it is not this source's to choose. */
	void (*plan)(struct source *source, const struct sampling_plan *plan);
};

#endif
