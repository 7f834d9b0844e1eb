/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monthly bulletin: one self-contained HTML page, its figures as SVG and its data as CSV, from
 * a store. The same store and parameters give the same bytes: no clock, no locale, no random order.
 *
 * Files are named teiten-YYYY-MM...:
 *
 *   teiten-2014-02.ja.html                        the page
 *   teiten-2014-02-figure-2-tcp-23-CN.ja.svg      a figure of it
 *   teiten-2014-02-figure-2-tcp-23-CN.csv         what it draws, in the columns of teiten query
 *   teiten-2014-02-ports.csv  -countries.csv  -classes.csv  -findings.csv  -days.csv
 *   -resolvers.csv                                where candidates were heard of
 */
#ifndef TEITEN_REPORT_REPORT_H
#define TEITEN_REPORT_REPORT_H

#include "user/model/store.h"
#include "user/report/words.h"

struct report_parameters {
	int year;
	int month; /* 1 .. 12 */
	enum language language;
	const char *zone;   /* name; zone_select() was called with it */
	const char *sensor; /* name of the sensor; "" = not known */
	country_id own;     /* country of the sensor; COUNTRY_ZZ = not known */
};

/* Take a file of the report. 0, or a negative errno, which ends the report. */
typedef int report_put(void *context, const char *name, const void *data, size_t size);

struct report_summary {
	size_t files;
	size_t findings; /* told at length */
	size_t others;
	double covered_days; /* of the month */
};

/*
 * Make the report. 0 or a negative errno: -EINVAL for a month out of range, -ENODATA when nothing
 * of the month is in the store (the page says so and is put all the same), -ENOMEM, what put
 * returned, or the store's error, which its message() explains. *summary is set with 0.
 */
int report_make(struct store *store, const struct report_parameters *parameters, report_put *put,
	void *context, struct report_summary *summary);

#endif
