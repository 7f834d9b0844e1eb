/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet files of incidents: DIRECTORY/<incident>.pcap, one for each incident, of sampled packets.
 *
 *   pcap with nanoseconds (magic a1b23c4d, this machine's byte order), Ethernet, snap length 192
 *   at most INCIDENT_FILE_PACKETS records; a record's length is the frame's, its time the packet's
 *   which packets: user/evidence/follow.h
 *
 * Bounded in number and bytes; the files that were written to last stay. A write that does not fit
 * (a full disk) is taken back: files hold whole records, and a file that got none is not there.
 */
#ifndef TEITEN_OUTPUT_INCIDENT_FILES_H
#define TEITEN_OUTPUT_INCIDENT_FILES_H

#include "user/model/sink.h"

#include <stdint.h>

#define INCIDENT_FILE_PACKETS 1000u

struct incident_limits {
	uint32_t files; /* 0: none are written */
	uint64_t bytes;
};

struct incident_files {
	struct sink sink; /* in front; packets() writes, minute() keeps to the limits */
	struct incident_limits limits;
	char directory[4096];
	/* Since the start. */
	uint64_t written; /* packets */
	uint64_t failed;  /* packets that could not be written */
	uint64_t removed; /* files that gave way */
	int error;        /* of the last write: 0 or a negative errno */
	bool has_grown;   /* since the limits were looked at */
};

/* Files go to <state_dir>/incidents, made with the first of them. */
void incident_files_init(
	struct incident_files *files, const char *state_dir, struct incident_limits limits);

#endif
