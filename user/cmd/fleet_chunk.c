/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/fleet_follow.h"

#include "user/lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct minute *minute_of(struct follow *follow, int64_t time)
{
	return &follow->minutes[(time - follow->chunk) / 60];
}

static int take_coverage(void *context, const char *sensor, const struct store_row *row)
{
	struct follow *follow = context;
	struct minute *minute = minute_of(follow, row->time);

	(void)sensor;
	minute->covered = 1;
	minute->addresses += row->addresses;
	follow->exposure[minute - follow->minutes] +=
		row->covered * (follow->mark.by_sensors ? 1 : (double)row->addresses);
	return 0;
}

static int take_port(void *context, const char *sensor, const struct store_row *row)
{
	struct follow *follow = context;
	struct minute *minute = minute_of(follow, row->time);
	size_t *room = &follow->port_room[minute - follow->minutes];

	(void)sensor;
	if (minute->port_count == *room) {
		size_t more = *room ? *room * 2 : 1024;
		void *larger = realloc(minute->ports, more * sizeof(*minute->ports));

		if (!larger)
			return -ENOMEM;
		minute->ports = larger;
		*room = more;
	}
	/* Distinct sources of several sensors do not add: they stay unknown. */
	minute->ports[minute->port_count++] = (struct port_count){
		.row = row->row,
		.packets = row->packets,
		.bytes = row->bytes,
		.syn = row->syn,
	};
	return 0;
}

static int take_cell(void *context, const char *sensor, const struct store_row *row)
{
	struct follow *follow = context;

	(void)sensor;
	if (follow->cell_count == follow->cell_room) {
		size_t more = follow->cell_room ? follow->cell_room * 2 : 65536;
		void *larger = realloc(follow->cells, more * sizeof(*follow->cells));

		if (!larger)
			return -ENOMEM;
		follow->cells = larger;
		follow->cell_room = more;
	}
	follow->cells[follow->cell_count++] = (struct cell){
		.minute = (uint32_t)((row->time - follow->chunk) / 60),
		.count = {.row = row->row,
			.country = country_cell(row->country),
			.packets = row->packets < UINT32_MAX ? (uint32_t)row->packets : UINT32_MAX},
	};
	return 0;
}

static int take_ledger(void *context, const char *sensor, const struct store_row *row)
{
	struct tally *tally = &minute_of(context, row->time)->ledger[row->class];

	(void)sensor;
	*tally = (struct tally){row->packets, row->bytes};
	return 0;
}

static int take_sport53(void *context, const char *sensor, const struct store_row *row)
{
	(void)sensor;
	minute_of(context, row->time)->sport53[row->country][row->class] = row->packets;
	return 0;
}

/* The engine sorts countries by their letters, a minute by their numbers. */
static int compare_cells(const void *a, const void *b)
{
	const struct cell *one = a, *other = b;
	uint64_t first = (uint64_t)one->minute << 32 | one->count.row << 8 | one->count.country;
	uint64_t second =
		(uint64_t)other->minute << 32 | other->count.row << 8 | other->count.country;

	return first < second ? -1 : first > second;
}

static void clear_chunk(struct follow *follow, int64_t start)
{
	follow->chunk = start;
	follow->cell_count = 0;
	memset(follow->exposure, 0, sizeof(follow->exposure));
	for (size_t i = 0; i < CHUNK_MINUTES; i++) {
		struct port_count *ports = follow->minutes[i].ports;

		memset(&follow->minutes[i], 0, sizeof(follow->minutes[i]));
		follow->minutes[i].ports = ports;
		follow->minutes[i].start = start + (int64_t)i * 60;
	}
}

int fleet_follow_read(struct follow *follow, int64_t start, int64_t end)
{
	static const struct {
		enum store_table table;
		bool by_sensor;
		int (*take)(void *context, const char *sensor, const struct store_row *row);
	} parts[] = {{TABLE_COVERAGE, true, take_coverage}, {TABLE_PORTS, false, take_port},
		{TABLE_CELLS, false, take_cell}, {TABLE_SPORT53, false, take_sport53},
		{TABLE_LEDGER, false, take_ledger}};
	int status = 0;

	clear_chunk(follow, start);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !status; i++) {
		struct store_query query = store_query_all(parts[i].table, BIN_MINUTE);
		struct store_answer answer;

		query.from = start;
		query.to = end;
		status = fleet_rows(follow->open->fleet, &query, parts[i].by_sensor, parts[i].take,
			follow, &answer);
	}
	if (status == -ENOMEM)
		log_error("out of memory: the cells of %lld minutes do not fit",
			(long long)follow->span);
	else if (status)
		fleet_failed(follow->open);
	qsort(follow->cells, follow->cell_count, sizeof(*follow->cells), compare_cells);
	return status;
}
