/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `teiten top` shows, as a value: read by user/cmd, drawn here as a page or as JSON. Numbers
 * that are not known are NaN.
 */
#ifndef TEITEN_OUTPUT_TOP_VIEW_H
#define TEITEN_OUTPUT_TOP_VIEW_H

#include "user/model/incidents.h"
#include "user/model/minute.h"
#include "user/output/page.h"

#include <jansson.h>

enum top_window { TOP_MINUTE, TOP_HOUR, TOP_DAY, TOP_WINDOWS };

/* "minute", "hour", "day"; static. */
const char *top_window_name(enum top_window window);
/* 60, 3600, 86400. */
int64_t top_window_length(enum top_window window);

#define TOP_CURVE_MAX 72
#define TOP_PORTS_MAX 200
#define TOP_INCIDENTS_MAX 50

struct top_port {
	uint32_t row;
	uint64_t packets;
	double share;         /* of the sensor's packets in the window */
	double sources;       /* distinct, as view->sources; or of the minute that had most */
	country_id country;   /* that sent most */
	double country_share; /* of the port's packets; NaN: no country is known */
	double usual;         /* packets of such a window in the days before; NaN: no such days */
	bool is_new;          /* not seen in those days */
};

struct top_view {
	const char *sensor;    /* its name, any bytes */
	const char *state_dir; /* NULL: read from the pinned maps */
	const char *trouble;   /* a sentence, or NULL */

	/* The sensor that writes what is shown; interface is empty when there is none. */
	char interface[16];
	bool is_attached;
	bool is_running;
	char mode[12];
	char verdict[12];
	double arriving; /* packets a second at the interface now */

	bool has_minute;
	int64_t now;    /* Unix seconds */
	int64_t minute; /* start of the last one */
	enum top_window window;
	int64_t from; /* of the window; it ends with the last minute */
	double covered;
	uint64_t packets;
	uint64_t bytes;
	double usual;           /* packets of such a window */
	double per_address_day; /* packets */
	double sources;         /* distinct, of the last 24 whole hours; NaN for other windows */
	struct tally ledger[TT_CLASSES];
	bool ledger_is_total; /* since the counters began, not of the window */

	/* Packets a minute in equal steps; NaN: not watched. */
	double curve[TOP_CURVE_MAX];
	size_t curve_count;
	int64_t curve_step; /* seconds */

	/* By packets, the most first. */
	struct top_port ports[TOP_PORTS_MAX];
	size_t port_count;
	size_t ports_in_use; /* of them the above are the first */

	/* Open ones, the most severe first, then the newest. */
	struct incident incidents[TOP_INCIDENTS_MAX];
	size_t incident_count;
	size_t incidents_open;
};

/* An empty view: every number unknown. */
struct top_view top_view_blank(void);

/* How many times the usual; NaN when that is not known, infinite when it is zero. */
double top_ratio(uint64_t packets, double usual);

/*
 * Draw into a page of any size: what does not fit is left out, the least needed first. keys: the
 * last line tells which keys do what. The page's look says width and height.
 */
void top_page(struct page *page, const struct top_view *view, bool keys);

/* The same as one object: a new reference, NULL when memory runs out. */
json_t *top_json(const struct top_view *view);

#endif
