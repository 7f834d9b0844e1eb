/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/zone.h"

#include "user/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool zone_is_name(const char *name)
{
	return *name && *name != '/' && *name != '.' && !strstr(name, "/.") &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-") ==
		       strlen(name);
}

/* A zone file begins with TZif; a directory and other files are none. */
static int check_file(const char *name)
{
	char path[PATH_MAX], magic[4];
	CLEANUP_FILE FILE *file = NULL;

	if (snprintf(path, sizeof(path), ZONE_FILES "%s", name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	file = fopen(path, "rce");
	if (!file)
		return -errno;
	if (fread(magic, 1, sizeof(magic), file) != sizeof(magic) ||
		memcmp(magic, "TZif", sizeof(magic)) != 0)
		return -EINVAL;
	return 0;
}

int zone_select(const char *name)
{
	/* An empty machine has no zone files; UTC needs none. */
	bool utc = strcmp(name, "UTC") == 0;
	char variable[NAME_MAX + 1];
	int error = zone_is_name(name) ? 0 : -EINVAL;

	if (!error && !utc)
		error = check_file(name);
	if (!error && snprintf(variable, sizeof(variable), ":%s", name) >= (int)sizeof(variable))
		error = -ENAMETOOLONG;
	if (error)
		return error;
	if (setenv("TZ", utc ? "UTC0" : variable, 1))
		return -errno;
	tzset();
	return 0;
}

static struct tm local(int64_t time)
{
	time_t seconds = (time_t)time;
	struct tm tm = {0};

	localtime_r(&seconds, &tm);
	return tm;
}

struct zone_date zone_date_of(int64_t time)
{
	struct tm tm = local(time);

	return (struct zone_date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
}

void zone_clock_of(int64_t time, int *hour, int *minute)
{
	struct tm tm = local(time);

	*hour = tm.tm_hour;
	*minute = tm.tm_min;
}

static bool is_before(struct zone_date a, struct zone_date b)
{
	if (a.year != b.year)
		return a.year < b.year;
	return a.month != b.month ? a.month < b.month : a.day < b.day;
}

int64_t zone_start_of(struct zone_date date)
{
	struct tm utc = {
		.tm_year = date.year - 1900, .tm_mon = date.month - 1, .tm_mday = date.day};
	/* Zones are at most 15 hours from UTC: the day starts within these. */
	int64_t before = ((int64_t)timegm(&utc) - 15 * 3600) / 60;
	int64_t after = before + 30 * 60;

	while (after - before > 1) {
		int64_t middle = before + (after - before) / 2;

		if (is_before(zone_date_of(middle * 60), date))
			before = middle;
		else
			after = middle;
	}
	return after * 60;
}

int zone_days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

struct zone_date zone_add_months(struct zone_date first, int months)
{
	int count = first.year * 12 + first.month - 1 + months;

	return (struct zone_date){count / 12, count % 12 + 1, 1};
}

void zone_format_time(int64_t time, char text[ZONE_TIME_MAX])
{
	struct tm tm = local(time);
	long minutes = tm.tm_gmtoff / 60;
	size_t size = strftime(text, ZONE_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);

	if (minutes == 0)
		snprintf(text + size, ZONE_TIME_MAX - size, "Z");
	else
		snprintf(text + size, ZONE_TIME_MAX - size, "%c%02ld:%02ld",
			minutes < 0 ? '-' : '+', labs(minutes) / 60, labs(minutes) % 60);
}
