/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/evidence.h"

static const struct port_count *find_port(const struct minute *minute, uint32_t row)
{
	size_t low = 0, high = minute->port_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (minute->ports[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return low < minute->port_count && minute->ports[low].row == row ? &minute->ports[low]
									 : NULL;
}

/* The first cell of a row, or the end. */
static size_t find_cells(const struct minute *minute, uint32_t row)
{
	size_t low = 0, high = minute->cell_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (minute->cells[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Keep the countries with the most packets, in descending order; of equals the first. */
static void rank(struct event *event, country_id country, uint64_t packets, uint64_t total)
{
	struct event_country entry = {country, packets, (double)packets / (double)total};
	unsigned int place = event->top_country_count;

	while (place > 0 && event->top_countries[place - 1].packets < packets)
		place--;
	if (place == EVENT_TOP_COUNTRIES)
		return;
	if (event->top_country_count < EVENT_TOP_COUNTRIES)
		event->top_country_count++;
	for (unsigned int i = event->top_country_count - 1; i > place; i--)
		event->top_countries[i] = event->top_countries[i - 1];
	event->top_countries[place] = entry;
}

static void fill_port(struct event *event, const struct minute *minute)
{
	uint32_t row = series_item(event->key);
	const struct port_count *port = find_port(minute, row);

	if (!port || port->packets == 0)
		return;
	if (port->sources > 0) {
		event->sources = port->sources;
		event->packets_per_source = (double)port->packets / port->sources;
	}
	for (size_t i = find_cells(minute, row);
		i < minute->cell_count && minute->cells[i].row == row; i++)
		rank(event, minute->cells[i].country, minute->cells[i].packets, port->packets);
}

static void fill_sport53(struct event *event, const struct minute *minute)
{
	bool one = series_kind(event->key) == SERIES_SPORT53_COUNTRY;
	uint64_t sum[SPORT53_CLASSES] = {0}, total = 0, all = 0;

	for (unsigned int c = 0; c < COUNTRY_COUNT; c++)
		for (unsigned int k = 0; k < SPORT53_CLASSES; k++) {
			all += minute->sport53[c][k];
			if (!one || c == series_country(event->key))
				sum[k] += minute->sport53[c][k];
		}
	for (unsigned int c = 0; all > 0 && c < COUNTRY_COUNT; c++) {
		uint64_t packets = 0;

		for (unsigned int k = 0; k < SPORT53_CLASSES; k++)
			packets += minute->sport53[c][k];
		if (packets > 0)
			rank(event, (country_id)c, packets, all);
	}
	for (unsigned int k = 0; k < SPORT53_CLASSES; k++)
		total += sum[k];
	if (total == 0)
		return;
	event->dns_response = (double)sum[SPORT53_RESPONSE] / (double)total;
	event->dns_query = (double)sum[SPORT53_QUERY] / (double)total;
	event->dns_short = (double)sum[SPORT53_SHORT] / (double)total;
}

void evidence_fill(struct event *event, const struct minute *minute)
{
	switch (series_kind(event->key)) {
	case SERIES_PORT:
	case SERIES_CELL:
		fill_port(event, minute);
		return;
	case SERIES_SPORT53:
	case SERIES_SPORT53_COUNTRY:
		fill_sport53(event, minute);
		return;
	default:
		return;
	}
}
