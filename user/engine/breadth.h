/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breadth of a finding across sensors: who was watching, who saw any of it, at whom it rose. A
 * bulletin that tells of one sensor's experience as the world's has to take it back.
 *
 * A sensor watches when it has covered time in the interval; it has seen the series with one packet
 * there; the series rose at it when it has at least BREADTH_LEAST packets there and more than
 * BREADTH_FACTOR times what its own BREADTH_BASE seconds before would bring, by covered time. A
 * sensor without covered time before has no past to compare with: what it saw counts as a rise.
 */
#ifndef TEITEN_ENGINE_BREADTH_H
#define TEITEN_ENGINE_BREADTH_H

#include "user/engine/fleet.h"

#define BREADTH_LEAST 3
#define BREADTH_FACTOR 2.
#define BREADTH_BASE (7 * INT64_C(86400))

struct breadth_sensor {
	const struct fleet_sensor *sensor;
	uint64_t packets, packets_before;
	double covered, covered_before; /* seconds */
	bool has_risen;
};

struct breadth {
	struct breadth_sensor *sensors; /* every one that answers, most packets first */
	size_t count;
	size_t watching, seen, risen;
	uint64_t packets;
	double top_share; /* of the packets, of the sensor that has most; NaN without packets */
	size_t missing;   /* sensors of which nothing is known: their node does not answer */
	bool is_one_only; /* it rose at one alone, and others were watching */
};

/* Whether a series of that kind has breadth: ports, cells, source port 53, classes. */
bool breadth_applies(series_key key);

/*
 * Of a series over whole minutes [from, to). fleet_look_closely() was called before. 0, or as
 * fleet_rows(); breadth_release() it.
 */
int breadth_find(
	struct fleet *fleet, series_key key, int64_t from, int64_t to, struct breadth *breadth);
void breadth_release(struct breadth *breadth);

#endif
