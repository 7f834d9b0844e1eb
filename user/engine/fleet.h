/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fleet as the engine knows it: who there is and who answers, and rows summed over sensors.
 *
 * Of each sensor a day counts by its sum where the engine has that whole, else hours, else minutes;
 * what has no coverage row yet is on its way and counts nowhere. So an answer is exact for every
 * sensor up to what it has sent, however far that is.
 *
 * A node that does not answer takes its sensors out of an answer. That is found out before a
 * question and again after it, and fleet_missing() tells; it is for the caller to say so. A node
 * that goes in between makes the question fail.
 */
#ifndef TEITEN_ENGINE_FLEET_H
#define TEITEN_ENGINE_FLEET_H

#include "user/engine/server.h"
#include "user/model/store.h"

/* As many as docs/fleet.md has figures for, and some more; what is beyond is an error. */
#define FLEET_MAX_SENSORS 4096
#define FLEET_NAME_MAX 48

struct fleet_sensor {
	char name[FLEET_NAME_MAX];
	uint32_t shard;
	bool is_here; /* its node answers */
	/* What it sent; 0 and "" while it has sent nothing, or is not here. */
	int64_t first; /* label of its first minute in the engine, or hour or day when that is gone
			*/
	int64_t last;  /* label of its last minute */
	uint64_t addresses; /* in its last minute; 0 = not known */
	double covered_day; /* seconds of the 86,400 before the fleet's last minute */
	char title[256];    /* [sensor] name; any bytes but NUL */
	char networks[1024];
	char country[8];
};

struct fleet;

/* names: only these sensors, valid ones; none = all. Owned by the caller until fleet_close(). */
int fleet_open(
	struct server *server, const char *const *names, size_t name_count, struct fleet **fleet);
void fleet_close(struct fleet *fleet);

/*
 * Look who is there; before anything else, and whenever the picture shall be new. 0, or -EIO:
 * fleet_message(). Of fleet_sensor names, shards and who is here.
 */
int fleet_look(struct fleet *fleet);
/* The same with what each has sent. */
int fleet_look_closely(struct fleet *fleet);

const struct fleet_sensor *fleet_sensors(const struct fleet *fleet, size_t *count);
/* Sensors of those asked about that no answer holds since their node does not answer. */
size_t fleet_missing(const struct fleet *fleet);
/* The latest label of any sensor; 0 = none. After fleet_look_closely(). */
int64_t fleet_last(const struct fleet *fleet);
const char *fleet_message(const struct fleet *fleet);
enum server_state fleet_state(const struct fleet *fleet);

/*
 * Rows of a table of counts, summed over sensors; each sensor's own (by_sensor) with its name, else
 * NULL. Order, sums and bins as model/store.h says; by sensor: time, then sensor, then key.
 * Of coverage addresses are the sum over the sensors that have any in the bin, 0 when one of them
 * has none configured; covered is the mean over sensors weighted by addresses: covered x addresses
 * is the fleet's exposure.
 * -EIO: fleet_message(); -EINVAL: no such table or bin; -ECANCELED: the visit's.
 */
int fleet_rows(struct fleet *fleet, const struct store_query *query, bool by_sensor,
	int (*visit)(void *context, const char *sensor, const struct store_row *row), void *context,
	struct store_answer *answer);

/* The fleet as a store, of all tables; events are those of all sensors. */
struct fleet_store {
	struct store store;
	struct fleet *fleet;
};

struct fleet_store fleet_store_of(struct fleet *fleet);

#endif
