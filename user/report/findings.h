/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The findings of a month: its events, folded.
 *
 *   event     one line of the log
 *   episode   events with the same id: one rise or fall of one series
 *   incident  episodes that belong together, as the detector says
 *   finding   incidents about the same port, or source port 53: one story of the bulletin
 *
 * A finding has an episode that opened in the month. Its series is the port, or the port from one
 * country when all of its episodes are of that country, or when that country accounts for at least
 * FINDING_COUNTRY_SHARE of the rise.
 */
#ifndef TEITEN_REPORT_FINDINGS_H
#define TEITEN_REPORT_FINDINGS_H

#include "user/report/month.h"

#define FINDING_COUNTRY_SHARE 0.6
#define FINDING_ONSETS 32
#define FINDING_IDS 4
#define FINDING_COUNTRIES 5
/* Findings of a month; beyond it the least are dropped, and that is said. */
#define FINDINGS_MAX 512

enum finding_state { FINDING_OPEN, FINDING_STAYED, FINDING_ENDED };

struct finding_onset {
	int64_t time; /* of the event's window */
	int64_t told; /* the minute in which the event opened */
	size_t day;   /* on which the rise is seen */
};

struct finding_country {
	country_id country;
	uint64_t packets; /* since the first onset */
	double share;     /* of them all */
};

struct finding {
	series_key family; /* the port's row, source port 53, a class, fanout, sweep, common mode */
	bool from_country;
	country_id country;
	double country_share; /* of the rise; NaN when there is none to tell */

	/* Countries of the episodes: none yet, one, or several and the port as a whole. */
	enum { TOLD_NONE, TOLD_ONE, TOLD_MORE } told;

	enum event_kind kind; /* of the first episode that tells the story */
	enum event_severity severity;
	struct finding_onset onsets[FINDING_ONSETS]; /* ascending; the first ones */
	size_t onset_count;                          /* of onsets[] */
	size_t onset_all;                            /* all there were */

	struct event opening; /* the first event of the month */
	struct event largest; /* with the largest excess among those with evidence of sources */
	struct event_evidence evidence; /* of the event with most samples */
	size_t events;
	size_t incidents;
	char ids[FINDING_IDS][EVENT_ID_MAX]; /* of the first incidents */
	enum finding_state state;
	int64_t state_time; /* end of the last episode; unless it is open */
	size_t end_day; /* days from the first onset to this one (not included) are the finding */
	bool single;    /* one sender at a time, as far as the events tell */

	month_series series;
	double before; /* packets per observed day before the first onset; NaN when not observed */
	double after;  /* and from that day to end_day */
	uint64_t peak;
	size_t peak_day;
	double excess;           /* packets above the level before (below it: negative) */
	unsigned int moved_days; /* days of the month that left the level before */
	size_t moved_last;       /* the last of them */

	struct finding_country countries[FINDING_COUNTRIES]; /* greatest first */
	size_t country_top;
	size_t country_count;
	/*
	 * Of those told at length: the sources of a day on which packets came, from any country;
	 * of a port when it was seen, active_days 0 when not known.
	 */
	struct month_sources sources;
	struct port_life life;
};

struct findings {
	struct finding *list; /* FINDINGS_MAX */
	size_t count;
	size_t main_count; /* the first ones, told at length; the rest is a table */
	size_t dropped;
	uint64_t events;         /* of the month */
	uint64_t episodes;       /* opened in the month */
	const struct event *geo; /* the last event that names its country data; NULL if none does */
};

/*
 * Fold the month's events, choose the rows that findings need (month_choose_row()). 0 or -ENOMEM.
 * Release with findings_release().
 */
int findings_fold(struct findings *findings, struct month *month);
/* After month_read_cells(): series, levels, countries, sources and the order of the list. */
void findings_measure(struct findings *findings, const struct month *month, struct store *store);
void findings_release(struct findings *findings);

/* -- Asking -------------------------------------------------------------------------------- */

/* The row of a port's finding; TT_ROW_NONE of the others. */
uint32_t finding_row(const struct finding *finding);
bool finding_is_sport53(const struct finding *finding);
bool finding_is_drop(const struct finding *finding);

#endif
