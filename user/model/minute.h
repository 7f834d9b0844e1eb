/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sensor saw in one minute: the value that every stage passes on.
 *
 * A minute is sparse: it lists only what is not zero. Its arrays belong to whoever filled it; a
 * stage reads them during its call and keeps nothing.
 *
 *   ledger[]   every frame, by class                      sum = frames seen
 *   ports[]    ascending by row                           sum of a protocol = its classes with rows
 *   cells[]    ascending by (row, country)                sum of a row = its packets - unattributed
 *   sport53[]  by country and class                       sum of a class = its ledger entry
 *   prefixes[] ascending, IPv4 before IPv6                sum = the three classes -
 * prefixes_unlisted
 */
#ifndef TEITEN_MODEL_MINUTE_H
#define TEITEN_MODEL_MINUTE_H

#include "bpf/contract.h"
#include "user/model/country.h"
#include "user/model/sketch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally {
	uint64_t packets;
	uint64_t bytes;
};

struct port_count {
	uint32_t row;     /* < TT_ROWS, see bpf/contract.h and model/port.h */
	uint32_t sources; /* distinct addresses of this minute, estimated (+-13 %); 0: unknown */
	uint64_t packets;
	uint64_t bytes;
	uint64_t syn;                    /* of them tcp_syn; 0 unless TCP */
	uint32_t marks[TT_FINGERPRINTS]; /* of the SYNs over IPv4 those that bear it, modulo 2^32 */
};

struct cell_count {
	uint32_t row;
	uint32_t packets;
	country_id country; /* a cell number: at most COUNTRY_XO */
};

/* A prefix that sent from port 53: an IPv4 /24 or an IPv6 /48. */
struct prefix_count {
	uint8_t is_v6;
	country_id country; /* looked up exactly, may lie within XO */
	uint64_t network;   /* IPv4: address >> 8; IPv6: the upper 48 bits */
	uint32_t response;
	uint32_t other; /* queries and short payloads */
};

enum sport53_class {
	SPORT53_RESPONSE,
	SPORT53_QUERY,
	SPORT53_SHORT,
	SPORT53_CLASSES,
};

enum attach_mode {
	ATTACH_NONE,
	ATTACH_FRAGS,
	ATTACH_NATIVE,
	ATTACH_GENERIC,
	ATTACH_REPLAY,
	ATTACH_MODES,
};

/* "none", "frags", "native", "generic", "replay"; static. */
const char *attach_mode_name(enum attach_mode mode);

struct minute {
	int64_t start;  /* Unix seconds, a multiple of 60: the label */
	double covered; /* seconds observed: 60; less at start; more after a stop; 0 = nothing seen
			 */
	uint64_t addresses;    /* monitored IPv4 addresses (and IPv6 /64s); 0 = not configured */
	uint64_t late;         /* packets of an earlier minute counted here (replay) */
	uint64_t misdated;     /* packets with an absurd time counted here (replay) */
	uint64_t unattributed; /* packets of rows that have no country cell, or no row by lack of a
				  table */
	uint64_t prefixes_unlisted; /* source-port-53 packets that prefixes[] does not show */
	uint64_t nic_drops;         /* the device's own receive drops */
	enum attach_mode mode;

	struct tally ledger[TT_CLASSES];
	uint64_t sport53[COUNTRY_COUNT][SPORT53_CLASSES];

	struct port_count *ports;
	size_t port_count;
	struct cell_count *cells;
	size_t cell_count;
	struct prefix_count *prefixes;
	size_t prefix_count;

	/*
	 * Distinct sources as sketches (model/sketch.h), which unlike their estimates can be
	 * joined; of ports[i] in port_sketches[i]. Not known when has_sketches is false: their
	 * content is nothing then.
	 */
	bool has_sketches;
	struct source_sketches *sources;
	uint8_t (*port_sketches)[TT_SKETCH_BYTES];
	struct lane_sketch *lanes; /* at most TT_LANES, of some of the ports */
	size_t lane_count;
};

/*
 * Limits of one minute. Ports and cells cannot exceed the kernel's rows; prefixes can, and those
 * beyond the limit are counted in prefixes_unlisted.
 */
#define MINUTE_MAX_PORTS ((size_t)TT_ROWS)
#define MINUTE_MAX_CELLS ((size_t)TT_ROWS * TT_CELLS)
#define MINUTE_MAX_PREFIXES ((size_t)1 << 20)

/*
 * Reserve address space for the largest minute, zeroed; memory is taken only as it is touched, so
 * nothing is allocated later. Returns 0 or -ENOMEM. Free with minute_release().
 */
int minute_reserve(struct minute *minute);
void minute_release(struct minute *minute);

/* Back to an empty minute; arrays keep their space. */
void minute_clear(struct minute *minute);

/* Every frame of the minute. */
struct tally minute_frames(const struct minute *minute);

/*
 * Verify that the minute's parts agree as the table above says. Returns NULL, or a static sentence
 * that names the first disagreement.
 */
const char *minute_verify(const struct minute *minute);

#endif
