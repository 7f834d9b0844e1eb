/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calendar days of a time zone. The C library knows one zone at a time, that of the process, so a
 * command selects its zone once, before anything here is asked.
 */
#ifndef TEITEN_LIB_ZONE_H
#define TEITEN_LIB_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the system keeps its zones. */
#define ZONE_FILES "/usr/share/zoneinfo/"

/*
 * Whether a name can be one below ZONE_FILES; says nothing of whether the file is there. Names
 * become part of a path, so they are checked before anything else.
 */
bool zone_is_name(const char *name);

/* Use a zone: "UTC", or the name of a zone file. -EINVAL for a wrong name, or open's -errno. */
int zone_select(const char *name);

struct zone_date {
	int year;
	int month; /* 1 .. 12 */
	int day;   /* 1 .. 31 */
};

struct zone_date zone_date_of(int64_t time);
/* Hour 0 .. 23 and minute 0 .. 59 on that date's clock. */
void zone_clock_of(int64_t time, int *hour, int *minute);

/* The first minute of a date; where summer time skips midnight, the minute behind the gap. */
int64_t zone_start_of(struct zone_date date);

/* The days of a month, and the month before or after it (steps of either sign). */
int zone_days_in_month(int year, int month);
struct zone_date zone_add_months(struct zone_date first_of_month, int months);

/* RFC 3339 with the zone's offset, Z for none: 2014-02-11T00:00:00+09:00. */
#define ZONE_TIME_MAX 32
void zone_format_time(int64_t time, char text[ZONE_TIME_MAX]);

#endif
