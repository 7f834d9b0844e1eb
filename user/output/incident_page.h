/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All about one incident, for a person: what it is, how much, its series around the onset, its
 * evidence, and the last lines told of it.
 */
#ifndef TEITEN_OUTPUT_INCIDENT_PAGE_H
#define TEITEN_OUTPUT_INCIDENT_PAGE_H

#include "user/model/incidents.h"
#include "user/output/page.h"

#define INCIDENT_SERIES_MAX 72

/* Packets (of fanout: ports) in bins around the onset. NaN: the bin was not watched. */
struct incident_series {
	int64_t from;        /* start of the first bin, Unix seconds */
	int64_t step;        /* seconds of a bin */
	size_t count;        /* at most INCIDENT_SERIES_MAX */
	const char *counted; /* "packets", "ports" */
	double values[INCIDENT_SERIES_MAX];
};

/*
 * The bins for a window of scale minutes that began at onset: two thirds of them before it, none
 * begins after now. Values are NaN.
 */
struct incident_series incident_series_around(
	int64_t onset, uint32_t scale, int64_t now, unsigned int columns);

/*
 * lines: the incident's, count of them, in the order in which they were told. rows: the terminal's;
 * the last lines that still fit are shown, a few at least; PAGE_UNLIMITED: all.
 */
void incident_page(struct page *page, const struct incident *incident, const struct event *lines,
	size_t count, const struct incident_series *series, unsigned int rows);

#endif
