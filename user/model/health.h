/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conditions in which a sensor is less than whole: one table for the event log, the metrics,
 * docs/operations.md and teiten(8) (`teiten check --print-health`).
 */
#ifndef TEITEN_MODEL_HEALTH_H
#define TEITEN_MODEL_HEALTH_H

#include <stdbool.h>

enum health_condition {
	HEALTH_HISTORY,
	HEALTH_HISTORY_DAMAGED,
	HEALTH_DISK_SPACE,
	HEALTH_SLOW,
	HEALTH_INTERFACE,
	HEALTH_INTERFACE_NAME,
	HEALTH_NIC_DROPS,
	HEALTH_UNATTRIBUTED,
	HEALTH_UNLISTED_PREFIXES,
	HEALTH_UNCLOSED,
	HEALTH_CLOCK_STEP,
	HEALTH_REFUSED_CALL,
	HEALTH_DETECTOR_STATE,
	HEALTH_DETECTOR_FULL,
	HEALTH_COUNTRY_DATA,
	HEALTH_COUNTRY_DATA_OLD,
	HEALTH_COUNTRY_DATA_MISSING,
	HEALTH_EVENT_LOG,
	HEALTH_EVENT_MAP,
	HEALTH_INCIDENT_FILES,
	HEALTH_METRICS,
	HEALTH_CONDITIONS,
};

struct health_text {
	const char *name; /* as in the event log: [a-z_]+ */
	bool is_moment;   /* it ends as it begins: something happened */
	const char *begins_when;
	const char *advice;
};

/* Static. */
const struct health_text *health_text(enum health_condition condition);

#endif
