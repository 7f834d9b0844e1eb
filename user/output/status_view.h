/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `teiten status` tells, as a value: read by user/cmd, judged and drawn here. Numbers that are
 * not known are NaN, times that are not known 0.
 *
 *	read (user/cmd/status_read.h) -> status_judge() -> status_page() or status_json()
 */
#ifndef TEITEN_OUTPUT_STATUS_VIEW_H
#define TEITEN_OUTPUT_STATUS_VIEW_H

#include "user/model/event.h"
#include "user/model/minute.h"
#include "user/output/page.h"

#include <jansson.h>

/* Interfaces that one machine watches; more are not listed. */
#define STATUS_MAX_SENSORS 64
#define STATUS_MAX_WORDS 32
#define STATUS_WORDS_LENGTH 640

/* What the pins and the system say of an interface. */
struct status_sensor {
	char interface[16];
	bool has_link;    /* frames are counted */
	bool has_process; /* somebody drains them */
	bool is_readable; /* what is below the line is known */
	bool is_there;    /* the interface exists */
	bool is_up;
	/* ------------------------------------------------ */
	char mode[12];
	char verdict[12];
	char minute[24]; /* as the sensor wrote it; empty: none yet */
	uint32_t covered_seconds;
	uint64_t frames; /* since the counters began */
	uint64_t bytes;
	uint64_t unattributed;
	uint64_t late;
	uint64_t nic_drops; /* in the last minute */
	uint64_t unclosed;
	uint64_t unwritten;
};

/* The minutes of the last hour that are in the history. */
struct status_hour {
	struct tally ledger[TT_CLASSES];
	uint64_t packets;
	uint64_t minutes;
	double covered; /* seconds */
	uint64_t late;
	uint64_t misdated;
	uint64_t unattributed;
	uint64_t nic_drops;
	double usual;           /* packets of as long a time in the days before */
	double per_address_day; /* packets */
	double located;         /* share of the packets of ports whose country is known */
};

struct status_disk {
	double free_bytes;
	double state_bytes; /* of the files in the state directory */
	/* What a day adds, and for how many days it is kept; 0 = for ever. */
	double minute_bytes, hour_bytes, day_bytes;
	uint32_t minute_days, hour_days, day_days;
	double age_days; /* of the history */
};

struct status_view {
	int64_t now;
	const char *state_dir;

	struct status_sensor sensors[STATUS_MAX_SENSORS];
	size_t sensor_count;
	const char *pins_error; /* why they cannot be read; NULL: they can */
	bool pins_are_denied;

	bool has_history;
	char history_error[512]; /* why it cannot be read; empty: it can */
	uint64_t damaged;        /* records found damaged */
	bool has_minute;
	int64_t first_minute;
	int64_t last_minute;
	struct status_hour hour;
	bool counts_countries; /* without, every packet of a port is unattributed */
	struct status_disk disk;
	int64_t geo_time;  /* of the newest configured country file; 0: there is none */
	char geo_date[16]; /* that the last event named; empty: unknown */
	size_t incidents[EVENT_SEVERITIES]; /* open ones, by severity */

	/* What is wrong and what to do; what is worth knowing. By status_judge(). */
	char troubles[STATUS_MAX_WORDS][STATUS_WORDS_LENGTH];
	size_t trouble_count;
	char notes[STATUS_MAX_WORDS][STATUS_WORDS_LENGTH];
	size_t note_count;
};

/* A view of which nothing is known; it is large: keep it off the stack. */
void status_blank(struct status_view *view);

/* Put troubles and notes into words. */
void status_judge(struct status_view *view);

/*
 * Days until the disk is full: what retention drops is used again, so growth ends when the history
 * is as old as it may become. INFINITY: never; NaN: not known.
 */
double status_days_left(const struct status_disk *disk);
/* The size that the history grows to; INFINITY where days are kept for ever; NaN: not known. */
double status_final_bytes(const struct status_disk *disk);

/* What the detector cannot see yet for want of a past, in words; NULL: it sees all it can. */
const char *status_learning(double age_days);

void status_page(struct page *page, const struct status_view *view);

/* A new reference; NULL when memory runs out. */
json_t *status_json(const struct status_view *view);

#endif
