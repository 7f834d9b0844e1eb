/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is told: the event log, the maps that bpftool shows, metrics. A sink is a struct of its own
 * with this one in front. Each call returns 0 or a negative errno; a sink that fails is told the
 * next thing all the same.
 */
#ifndef TEITEN_MODEL_SINK_H
#define TEITEN_MODEL_SINK_H

#include "user/model/event.h"
#include "user/model/minute.h"
#include "user/model/sampling.h"

#include <stdbool.h>

struct sink {
	/* A minute was stored. May be NULL. */
	int (*minute)(struct sink *sink, const struct minute *minute);
	/* An event was decided and stored. May be NULL. */
	int (*event)(struct sink *sink, const struct event *event);
	/* Packets of an incident, by time; lent during the call. May be NULL. */
	int (*packets)(struct sink *sink, const char *incident,
		const struct sampled_packet *packets, size_t count);
	/* A trouble (a short name, a sentence) began or ended. May be NULL. */
	int (*health)(struct sink *sink, int64_t time, const char *name, bool begins,
		const char *sentence);
};

#endif
