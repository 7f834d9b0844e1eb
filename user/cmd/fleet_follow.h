/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fleet's detector at work, as its three files share it: fleet_chunk.c reads minutes as sums of
 * all sensors, fleet_detect.c judges them, fleet_found.c keeps or prints what was found.
 */
#ifndef TEITEN_CMD_FLEET_FOLLOW_H
#define TEITEN_CMD_FLEET_FOLLOW_H

#include "user/cmd/fleet.h"
#include "user/cmd/setup.h"

/*
 * Minutes that are asked for at once, whose cells are in memory: as many as bring about
 * CHUNK_CELLS, since each question costs some milliseconds whatever it brings.
 */
#define CHUNK_MINUTES 240
#define CHUNK_CELLS ((size_t)2 << 20)

struct cell {
	uint32_t minute; /* of the chunk */
	struct cell_count count;
};

/* What the detector's state stands with in the snapshot. */
struct mark {
	int64_t next;     /* the first minute not judged */
	double reference; /* exposure 1 is this many addresses, or sensors, for a minute */
	uint64_t by_sensors;
};

struct follow {
	struct fleet_open *open;
	struct detect *detect;
	struct detect_parameters parameters;
	struct history *history; /* NULL: nothing is remembered */
	struct mark mark;
	struct fleet_events *found; /* NULL: events are printed */
	struct event_list events;
	int64_t chunk; /* its first minute */
	int64_t span;  /* minutes that the next one has */
	struct minute minutes[CHUNK_MINUTES];
	double exposure[CHUNK_MINUTES]; /* address-seconds, or sensor-seconds */
	struct cell *cells;
	size_t cell_count, cell_room;
	size_t port_room[CHUNK_MINUTES];
};

/* The minutes of [start, end), at most CHUNK_MINUTES; said in the log when it fails. 0 or not. */
int fleet_follow_read(struct follow *follow, int64_t start, int64_t end);
/* Keeps, stores or prints follow->events, which is empty afterwards. An exit status. */
int fleet_follow_commit(struct follow *follow);
/* Detector and mark as they were stored. 1; 0: none are stored; -1: failed, and said in the log. */
int fleet_follow_load(struct follow *follow);

#endif
