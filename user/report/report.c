/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/report.h"

#include "user/report/bulletin.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Ports of the table, whose countries are wanted besides those of findings. */
#define RANKED_ROWS 20

void put_file(struct bulletin *bulletin, const char *suffix, struct buffer *content)
{
	const char *name = phrase_format(&bulletin->pool, "teiten-%04d-%02d%s",
		bulletin->month->year, bulletin->month->month, suffix);
	int error = content->error ? content->error : bulletin->pool.error;

	if (!bulletin->error && !error)
		error = bulletin->put(bulletin->context, name, content->bytes, content->size);
	if (!bulletin->error)
		bulletin->error = error;
	bulletin->files++;
	buffer_clear(content);
}

double rate_of(const struct bulletin *bulletin, uint64_t packets, bool before)
{
	const struct month *month = bulletin->month;
	size_t first = before ? 0 : month->first, end = before ? month->first : month->count;
	double per = bulletin->per_address ? month_exposure(month, first, end)
					   : month_covered_days(month, first, end);

	return per > 0 ? (double)packets / per : NAN;
}

/* -- Ranks --------------------------------------------------------------------------------- */

struct ranked_row {
	uint64_t packets;
	uint32_t row;
};

static int by_packets(const void *a, const void *b)
{
	const struct ranked_row *left = a, *right = b;

	if (left->packets != right->packets)
		return left->packets > right->packets ? -1 : 1;
	return left->row < right->row ? -1 : left->row > right->row;
}

static int rank_rows(struct bulletin *bulletin)
{
	struct month *month = bulletin->month;
	struct ranked_row *rows = calloc(TT_ROWS, sizeof(*rows));

	bulletin->ranked = calloc(TT_ROWS, sizeof(*bulletin->ranked));
	if (!rows || !bulletin->ranked) {
		free(rows);
		return -ENOMEM;
	}
	for (uint32_t row = 0; row < TT_ROWS; row++) {
		uint64_t packets = month_sum(month->ports[row], month->first, month->count);

		if (packets)
			rows[bulletin->ranked_count++] = (struct ranked_row){packets, row};
	}
	qsort(rows, bulletin->ranked_count, sizeof(*rows), by_packets);
	for (size_t i = 0; i < bulletin->ranked_count; i++)
		bulletin->ranked[i] = rows[i].row;
	free(rows);
	for (size_t i = 0; i < bulletin->ranked_count && i < RANKED_ROWS; i++)
		month_choose_row(month, bulletin->ranked[i]);
	return 0;
}

static void order_codes(country_id by_code[COUNTRY_COUNT])
{
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++) {
		unsigned int at = i;

		for (; at > 0 &&
			strcmp(country_code(by_code[at - 1]), country_code((country_id)i)) > 0;
			at--)
			by_code[at] = by_code[at - 1];
		by_code[at] = (country_id)i;
	}
}

/* -- The whole ----------------------------------------------------------------------------- */

/* Read what the report says, from one state of the store. */
static int read_all(struct bulletin *bulletin)
{
	int error = month_read(bulletin->month, bulletin->store, bulletin->parameters->own);

	if (!error)
		error = rank_rows(bulletin);
	if (!error)
		error = findings_fold(bulletin->findings, bulletin->month);
	if (!error)
		error = month_read_cells(bulletin->month, bulletin->store);
	if (!error)
		findings_measure(bulletin->findings, bulletin->month, bulletin->store);
	return error;
}

static void write_page(struct bulletin *bulletin)
{
	const struct month *month = bulletin->month;

	bulletin->per_address = month_exposure(month, month->first, month->count) > 0;
	write_head(bulletin);
	if (month_has_data(month)) {
		write_overview(bulletin);
		write_findings(bulletin);
		write_others(bulletin);
		write_ports(bulletin);
		write_countries(bulletin);
		write_backscatter(bulletin);
		write_classes(bulletin);
	} else {
		markup(&bulletin->page, "<p>%s</p>\n", W(bulletin, NO_DATA));
	}
	write_method(bulletin);
	buffer_text(&bulletin->page, "</main>\n</body>\n</html>\n");
	put_file(bulletin,
		phrase_format(&bulletin->pool, ".%s.html", language_tag(bulletin->pool.language)),
		&bulletin->page);
	put_tables(bulletin);
}

static int make(struct bulletin *bulletin)
{
	int error = bulletin->store->hold(bulletin->store);

	if (error)
		return error;
	error = read_all(bulletin);
	if (!error)
		write_page(bulletin);
	bulletin->store->release(bulletin->store);
	if (!error)
		error = bulletin->error;
	if (!error && !month_has_data(bulletin->month))
		error = -ENODATA;
	return error;
}

int report_make(struct store *store, const struct report_parameters *parameters, report_put *put,
	void *context, struct report_summary *summary)
{
	struct findings findings = {0};
	struct month month;
	struct bulletin *bulletin;
	int error = month_prepare(&month, parameters->year, parameters->month);

	if (error)
		return error;
	bulletin = calloc(1, sizeof(*bulletin));
	if (!bulletin) {
		month_release(&month);
		return -ENOMEM;
	}
	*bulletin = (struct bulletin){
		.parameters = parameters,
		.store = store,
		.month = &month,
		.findings = &findings,
		.pool = {.language = parameters->language},
		.put = put,
		.context = context,
	};
	order_codes(bulletin->by_code);
	error = make(bulletin);
	*summary = (struct report_summary){
		.files = bulletin->files,
		.findings = findings.main_count,
		.others = findings.count - findings.main_count,
		.covered_days = month_covered_days(&month, month.first, month.count),
	};
	buffer_release(&bulletin->page);
	phrase_release(&bulletin->pool);
	free(bulletin->ranked);
	free(bulletin);
	findings_release(&findings);
	month_release(&month);
	return error;
}
