/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/bulletin.h"

#include "user/lib/text.h"
#include "user/model/port.h"
#include "user/model/resolver.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void name_of_series(series_key key, char name[NAME_SIZE])
{
	char text[SERIES_TEXT_MAX];

	series_format(key, text);
	for (char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '_')
			*at = '-';
	snprintf(name, NAME_SIZE, "%s", text);
}

/* -- Fields -------------------------------------------------------------------------------- */

static void put_time(struct buffer *out, const struct month *month, size_t day)
{
	char text[ZONE_TIME_MAX];

	zone_format_time(month->borders[day], text);
	buffer_text(out, text);
}

static void put_number(struct buffer *out, double value)
{
	if (isfinite(value))
		buffer_format(out, "%.6g", value);
}

static void put_port(struct buffer *out, uint32_t row)
{
	buffer_format(out, "%s,%u", port_protocol_name(port_protocol(row)), port_number(row));
}

static void put_figure_file(struct bulletin *bulletin, struct buffer *out, const char *name)
{
	put_file(bulletin,
		phrase_format(&bulletin->pool, "-figure-%u-%s.csv", bulletin->figures, name), out);
}

/* -- Figures ------------------------------------------------------------------------------- */

static void put_cells(struct bulletin *bulletin, struct buffer *out, uint32_t row)
{
	const struct month *month = bulletin->month;

	buffer_text(out, "time,proto,port,country,packets\n");
	for (size_t day = 0; day < month->count; day++) {
		for (size_t i = 0; i < COUNTRY_COUNT; i++) {
			country_id country = bulletin->by_code[i];
			const uint64_t *series =
				country < TT_CELLS ? month_cell(month, row, country) : NULL;

			if (!series || !series[day])
				continue;
			put_time(out, month, day);
			buffer_text(out, ",");
			put_port(out, row);
			buffer_format(out, ",%s,%" PRIu64 "\n", country_code(country), series[day]);
		}
	}
}

static void put_sport53(struct bulletin *bulletin, struct buffer *out)
{
	static const char *const names[SPORT53_CLASSES] = {"response", "query", "short"};
	const struct month *month = bulletin->month;

	buffer_text(out, "time,country,class,packets\n");
	for (size_t day = 0; day < month->count; day++) {
		for (size_t i = 0; i < COUNTRY_COUNT; i++) {
			country_id country = bulletin->by_code[i];

			for (unsigned int k = 0; k < SPORT53_CLASSES; k++) {
				if (!month->sport53[country][k][day])
					continue;
				put_time(out, month, day);
				buffer_format(out, ",%s,%s,%" PRIu64 "\n", country_code(country),
					names[k], month->sport53[country][k][day]);
			}
		}
	}
}

static void put_series(
	struct bulletin *bulletin, struct buffer *out, const char *header, const uint64_t *series)
{
	const struct month *month = bulletin->month;

	buffer_text(out, header);
	for (size_t day = 0; day < month->count; day++) {
		if (!series[day])
			continue;
		put_time(out, month, day);
		buffer_format(out, ",%" PRIu64 "\n", series[day]);
	}
}

void put_figure_data(struct bulletin *bulletin, const struct finding *finding, const char *name)
{
	struct buffer out = {0};

	if (!finding)
		put_series(bulletin, &out, "time,packets\n", bulletin->month->total);
	else if (finding_row(finding) != TT_ROW_NONE)
		put_cells(bulletin, &out, finding_row(finding));
	else if (finding_is_sport53(finding))
		put_sport53(bulletin, &out);
	else
		put_series(bulletin, &out,
			series_kind(finding->family) == SERIES_FANOUT ? "time,ports\n"
								      : "time,packets\n",
			finding->series);
	put_figure_file(bulletin, &out, name);
	buffer_release(&out);
}

void put_class_data(struct bulletin *bulletin, enum tt_class class)
{
	struct buffer out = {0};

	put_series(bulletin, &out, "time,packets\n", bulletin->month->ledger[class]);
	put_figure_file(bulletin, &out, class_name(class));
	buffer_release(&out);
}

/* -- Tables -------------------------------------------------------------------------------- */

static void put_ports(struct bulletin *bulletin, struct buffer *out)
{
	const struct month *month = bulletin->month;

	buffer_text(out, "rank,proto,port,packets,packets_before,syn,rate,rate_before\n");
	for (size_t i = 0; i < bulletin->ranked_count; i++) {
		uint32_t row = bulletin->ranked[i];
		uint64_t now = month_sum(month->ports[row], month->first, month->count);
		uint64_t before = month_sum(month->ports[row], 0, month->first);

		buffer_format(out, "%zu,", i + 1);
		put_port(out, row);
		buffer_format(
			out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", now, before, month->syn[row]);
		put_number(out, rate_of(bulletin, now, false));
		buffer_text(out, ",");
		put_number(out, rate_of(bulletin, before, true));
		buffer_text(out, "\n");
	}
	put_file(bulletin, "-ports.csv", out);
}

static void put_countries(struct bulletin *bulletin, struct buffer *out)
{
	const struct month *month = bulletin->month;

	buffer_text(out, "country,packets,packets_before,rate,rate_before\n");
	for (size_t i = 0; i < COUNTRY_COUNT; i++) {
		country_id country = bulletin->by_code[i];
		const uint64_t *series = month->countries[country];
		uint64_t now = month_sum(series, month->first, month->count);
		uint64_t before = month_sum(series, 0, month->first);

		if (!now && !before)
			continue;
		buffer_format(
			out, "%s,%" PRIu64 ",%" PRIu64 ",", country_code(country), now, before);
		put_number(out, rate_of(bulletin, now, false));
		buffer_text(out, ",");
		put_number(out, rate_of(bulletin, before, true));
		buffer_text(out, "\n");
	}
	put_file(bulletin, "-countries.csv", out);
}

static void put_classes(struct bulletin *bulletin, struct buffer *out)
{
	const struct month *month = bulletin->month;

	buffer_text(out, "time,class,packets\n");
	for (size_t day = 0; day < month->count; day++) {
		for (unsigned int i = 0; i < TT_CLASSES; i++) {
			if (!month->ledger[i][day])
				continue;
			put_time(out, month, day);
			buffer_format(out, ",%s,%" PRIu64 "\n", class_name((enum tt_class)i),
				month->ledger[i][day]);
		}
	}
	put_file(bulletin, "-classes.csv", out);
}

static void put_days(struct bulletin *bulletin, struct buffer *out)
{
	const struct month *month = bulletin->month;

	buffer_text(out, "time,seconds,covered_seconds,addresses,packets,tcp_ports,udp_ports\n");
	for (size_t day = 0; day < month->count; day++) {
		put_time(out, month, day);
		buffer_format(out, ",%.0f,%.3f,", month->length[day], month->covered[day]);
		if (month->addresses[day] > 0)
			buffer_format(out, "%.0f", month->addresses[day]);
		if (month->covered[day] > 0)
			buffer_format(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
				month->total[day], month->fanout[0][day], month->fanout[1][day]);
		else
			buffer_text(out, ",,,\n");
	}
	put_file(bulletin, "-days.csv", out);
}

static void put_finding(
	struct bulletin *bulletin, struct buffer *out, const struct finding *finding)
{
	static const char *const states[] = {"open", "stayed", "ended"};
	const char *ids = "";
	char key[SERIES_TEXT_MAX];

	series_format(finding->family, key);
	csv_field(out, event_kind_name(finding->kind));
	buffer_text(out, ",");
	csv_field(out, key);
	buffer_format(out, ",%s,", finding->from_country ? country_code(finding->country) : "");
	put_number(out, finding->country_share);
	buffer_format(
		out, ",%s,%s,", event_severity_name(finding->severity), states[finding->state]);
	if (finding->onset_count)
		put_time(out, bulletin->month, finding->onsets[0].day);
	buffer_format(out, ",%zu,", finding->onset_all);
	put_number(out, finding->before);
	buffer_text(out, ",");
	put_number(out, finding->after);
	buffer_text(out, ",");
	put_number(out, finding->excess);
	buffer_format(out, ",%u,%zu,", finding->moved_days, finding->events);
	for (size_t i = 0; i < finding->incidents && i < FINDING_IDS; i++)
		ids = phrase_format(&bulletin->pool, "%s%s%s", ids, i ? " " : "", finding->ids[i]);
	csv_field(out, ids);
	buffer_text(out, "\n");
}

static void put_findings(struct bulletin *bulletin, struct buffer *out)
{
	const struct findings *findings = bulletin->findings;

	buffer_text(out, "kind,key,country,country_share,severity,state,onset,onsets,before,after,"
			 "excess,moved_days,events,incidents\n");
	for (size_t i = 0; i < findings->count; i++)
		put_finding(bulletin, out, &findings->list[i]);
	put_file(bulletin, "-findings.csv", out);
}

struct resolvers_out {
	struct bulletin *bulletin;
	struct buffer *out;
};

static int put_resolver(void *context, const struct store_row *row)
{
	const struct resolver *resolver = row->resolver;
	struct resolvers_out *to = context;
	struct text_address address = {.is_v6 = resolver->is_v6};
	char text[TEXT_ADDRESS_MAX], first[ZONE_TIME_MAX], last[ZONE_TIME_MAX];

	memcpy(address.bytes, resolver->address, sizeof(address.bytes));
	text_format_address(&address, text);
	zone_format_time(resolver->first, first);
	zone_format_time(resolver->last, last);
	buffer_format(to->out, "%s,%s,%s,%s,%" PRIu64 ",%u,1,%u\n", text,
		country_code(resolver->country), first, last, resolver->packets, resolver->rcode,
		resolver->max_length);
	return 0;
}

/* Candidates for open resolvers heard of in the month. */
static void put_resolvers(struct bulletin *bulletin, struct buffer *out)
{
	const struct month *month = bulletin->month;
	struct store_query query = store_query_all(TABLE_RESOLVERS, BIN_ALL);
	struct resolvers_out to = {bulletin, out};
	struct store_answer answer;
	int error;

	query.from = month->borders[month->first];
	query.to = month->borders[month->count];
	buffer_text(out, "source,country,first,last,packets,rcode,ra,max_length\n");
	error = bulletin->store->rows(bulletin->store, &query, put_resolver, &to, &answer);
	if (error && !bulletin->error)
		bulletin->error = error;
	put_file(bulletin, "-resolvers.csv", out);
}

void put_tables(struct bulletin *bulletin)
{
	struct buffer out = {0};

	put_days(bulletin, &out);
	put_ports(bulletin, &out);
	put_countries(bulletin, &out);
	put_classes(bulletin, &out);
	put_findings(bulletin, &out);
	if (bulletin->month->resolvers)
		put_resolvers(bulletin, &out);
	buffer_release(&out);
}
