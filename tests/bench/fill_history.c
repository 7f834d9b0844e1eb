/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A history of made-up minutes, by the program's own writer: for tests and measurements of what
 * reads histories, which need many cells, or minutes that a replay cannot make (labels that are
 * there already, as after a clock that was set back).
 *
 *   fill_history DIR FROM MINUTES CELLS [SEED [POOL [ADDRESSES]]]
 *
 * FROM: RFC 3339. Each minute has about CELLS of the POOL (default 4 x CELLS) pairs of port and
 * country that the seed chooses, with 1 to 16 packets each. Adds to what is there.
 */
#include "user/history/history.h"
#include "user/lib/text.h"
#include "user/model/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct maker {
	uint64_t seed;
	uint32_t *pool; /* row << 8 | country, ascending, no two alike */
	size_t pool_count;
	uint64_t cells;
	uint64_t addresses;
	struct minute minute;
};

/* splitmix64, Steele, Lea and Flood 2014. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static int compare(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return one < other ? -1 : one > other;
}

/* Half of the pairs are of the hundred ports that everybody tries, the rest of any. */
static int make_pool(struct maker *maker, uint64_t size)
{
	size_t kept = 0;

	maker->pool = calloc(size, sizeof(*maker->pool));
	if (!maker->pool)
		return -1;
	for (uint64_t i = 0; i < size; i++) {
		uint64_t draw = mix(maker->seed * 1000003 + i);
		uint32_t row = draw & 1 ? (uint32_t)(draw >> 8) % 100 * 7 + 1
					: (uint32_t)(draw >> 8) % TT_ROW_ICMP;

		maker->pool[i] = row << 8 | (uint32_t)(draw >> 40) % COUNTRY_XO;
	}
	qsort(maker->pool, size, sizeof(*maker->pool), compare);
	for (uint64_t i = 0; i < size; i++)
		if (!i || maker->pool[i] != maker->pool[i - 1])
			maker->pool[kept++] = maker->pool[i];
	maker->pool_count = kept;
	return 0;
}

static void add_cell(struct minute *minute, uint32_t pair, uint32_t packets)
{
	uint32_t row = pair >> 8;
	struct port_count *port =
		minute->port_count ? &minute->ports[minute->port_count - 1] : NULL;
	struct tally *tally;

	if (!port || port->row != row) {
		port = &minute->ports[minute->port_count++];
		*port = (struct port_count){.row = row};
	}
	minute->cells[minute->cell_count++] = (struct cell_count){
		.row = row, .packets = packets, .country = (country_id)(pair & 0xff)};
	port->packets += packets;
	port->bytes += packets * 60;
	port->sources++;
	tally = &minute->ledger[port_protocol(row) == PORT_TCP ? TT_TCP_SYN : TT_UDP_OTHER];
	if (port_protocol(row) == PORT_TCP)
		port->syn += packets;
	tally->packets += packets;
	tally->bytes += packets * 60;
}

static void fill(struct maker *maker, int64_t start)
{
	struct minute *minute = &maker->minute;

	minute_clear(minute);
	minute->start = start;
	minute->covered = 60;
	minute->addresses = maker->addresses;
	minute->mode = ATTACH_REPLAY;
	for (size_t i = 0; i < maker->pool_count; i++) {
		uint64_t draw = mix(mix(maker->seed + i) ^ (uint64_t)start);

		if (draw % maker->pool_count < maker->cells)
			add_cell(minute, maker->pool[i], 1 + (uint32_t)(draw >> 60));
	}
}

static int fill_all(struct maker *maker, struct history *history, int64_t from, uint64_t minutes)
{
	int status = 0;

	for (uint64_t i = 0; i < minutes && !status; i++) {
		if (i % 60 == 0)
			status = history_begin(history);
		fill(maker, from + (int64_t)i * 60);
		if (!status)
			status = history_add_minute(history, &maker->minute);
		if (!status && (i % 60 == 59 || i + 1 == minutes))
			status = history_commit(history);
	}
	return status;
}

static uint64_t number(int argc, char **argv, int at, uint64_t otherwise)
{
	uint64_t value = otherwise;

	if (at < argc && text_parse_unsigned(argv[at], UINT32_MAX, &value)) {
		fprintf(stderr, "fill_history: '%s' is no number\n", argv[at]);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	struct maker maker = {0};
	struct history_error error;
	struct history *history;
	int64_t from;
	int status;

	if (argc < 5 || text_parse_time(argv[2], &from)) {
		fprintf(stderr, "usage: fill_history DIR FROM MINUTES CELLS [SEED [POOL "
				"[ADDRESSES]]]\n");
		return 2;
	}
	maker.cells = number(argc, argv, 4, 0);
	maker.seed = number(argc, argv, 5, 1);
	maker.addresses = number(argc, argv, 7, 256);
	if (make_pool(&maker, number(argc, argv, 6, maker.cells * 4)) ||
		minute_reserve(&maker.minute)) {
		fprintf(stderr, "fill_history: out of memory\n");
		return 1;
	}
	if (history_open(argv[1], HISTORY_WRITE | HISTORY_CREATE, &history, &error)) {
		fprintf(stderr, "fill_history: %s\n", error.text);
		return 1;
	}
	status = fill_all(&maker, history, from, number(argc, argv, 3, 0));
	if (status)
		fprintf(stderr, "fill_history: %s\n", history_message(history));
	history_close(history);
	minute_release(&maker.minute);
	free(maker.pool);
	return status ? 1 : 0;
}
