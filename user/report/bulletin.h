/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this folder that write a bulletin share, and no one else includes.
 */
#ifndef TEITEN_REPORT_BULLETIN_H
#define TEITEN_REPORT_BULLETIN_H

#include "user/report/chart.h"
#include "user/report/findings.h"
#include "user/report/markup.h"
#include "user/report/digits.h"
#include "user/report/report.h"

#define NAME_SIZE 128

struct bulletin {
	const struct report_parameters *parameters;
	struct store *store;
	struct month *month;
	struct findings *findings;
	struct phrase_pool pool;
	struct buffer page;
	unsigned int figures; /* numbered so far */
	unsigned int tables;
	bool per_address; /* rates are per address and day, else per day */
	uint32_t *ranked; /* rows by packets of the month, greatest first */
	size_t ranked_count;
	country_id by_code[COUNTRY_COUNT]; /* countries by their letters */
	month_series sums[CHART_PARTS];    /* what the figure at hand adds up */

	report_put *put;
	void *context;
	size_t files;
	int error; /* the first that happened */
};

/* Shorthands of the pool. */
#define W(bulletin, name) plain(&(bulletin)->pool, WORD_##name)
#define SAY(bulletin, name, ...) phrase(&(bulletin)->pool, WORD_##name, __VA_ARGS__, NULL)

/* Numbers as texts of the pool. */
const char *count_text(struct bulletin *bulletin, uint64_t value);
const char *rate_text(struct bulletin *bulletin, double value);
const char *share_text(struct bulletin *bulletin, double share);
/* "1 day", "12 days". */
const char *days_text(struct bulletin *bulletin, uint64_t days);
const char *change_text(struct bulletin *bulletin, double before, double after);

/*
 * Packets per day, or per address and day, of the month or the one before; NaN where that is not
 * known.
 */
double rate_of(const struct bulletin *bulletin, uint64_t packets, bool before);

/* Put a file teiten-YYYY-MM<suffix>; the buffer is emptied. */
void put_file(struct bulletin *bulletin, const char *suffix, struct buffer *content);

/* The text of a series in a file's name: tcp-23-CN. */
void name_of_series(series_key key, char name[NAME_SIZE]);

/* -- story.c: what is said of a finding ----------------------------------------------------- */

/* "23/tcp"; of ICMP "8/icmp". */
const char *port_text(struct bulletin *bulletin, uint32_t row);
const char *country_text(struct bulletin *bulletin, country_id country);
/* "Access to 23/tcp from China". */
const char *subject(struct bulletin *bulletin, const struct finding *finding);
/* And that it rose. */
const char *headline(struct bulletin *bulletin, const struct finding *finding);
/* The paragraph that tells it, in whole sentences. */
const char *story(struct bulletin *bulletin, const struct finding *finding);
/* "United States (31 %), China (12 %)" of the largest countries. */
const char *country_list(struct bulletin *bulletin, const struct finding *finding, size_t most);
const char *severity_text(struct bulletin *bulletin, enum event_severity severity);
const char *state_text(struct bulletin *bulletin, const struct finding *finding);

/* -- verdict.c ----------------------------------------------------------------------------- */

const char *verdict(struct bulletin *bulletin, const struct finding *finding);
/* Shares of response, query and short among the month's packets of source port 53. */
void sport53_shares(const struct bulletin *bulletin, double shares[SPORT53_CLASSES]);
/* Packets per source and day where sources are known, else per network and day; NaN: neither. */
double sport53_per_sender(const struct bulletin *bulletin, const struct finding *finding);

/* -- Sections ------------------------------------------------------------------------------ */

/* style.c: the rules of the page, besides those of figures (chart_style). */
extern const char *const page_style;

void write_head(struct bulletin *bulletin);
void write_overview(struct bulletin *bulletin);
void write_findings(struct bulletin *bulletin);
void write_others(struct bulletin *bulletin);
void write_ports(struct bulletin *bulletin);
void write_countries(struct bulletin *bulletin);
void write_backscatter(struct bulletin *bulletin);
void write_classes(struct bulletin *bulletin);
void write_method(struct bulletin *bulletin);

/*
 * A figure in the page, numbered, with its file; name is that of the files. One of a pair, which
 * stand beside each other, is small at any width.
 */
void write_figure(struct bulletin *bulletin, struct chart *chart, const char *name, bool pair);
/* Set a chart's description from what it draws. */
void describe_chart(struct bulletin *bulletin, struct chart *chart);
/* The chart of a finding. */
void finding_chart(struct bulletin *bulletin, const struct finding *finding, struct chart *chart);

/* evidence.c: the facts that a finding rests on; key: of the series that its figure draws. */
void write_evidence(struct bulletin *bulletin, const struct finding *finding, series_key key);

/* -- data.c: CSV --------------------------------------------------------------------------- */

/* The data of the figure numbered last: of a finding, of all packets (NULL), of a class. */
void put_figure_data(struct bulletin *bulletin, const struct finding *finding, const char *name);
void put_class_data(struct bulletin *bulletin, enum tt_class class);
void put_tables(struct bulletin *bulletin);

#endif
