/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/history/world.h"

/*
 * The reference is linear: every counter times a number that its bin, table, key and column hash
 * to. Whatever way minutes were added up, the sums of the whole must agree.
 */
static uint64_t weight(int64_t bin, unsigned int table, uint64_t key, unsigned int column)
{
	uint64_t h = (uint64_t)bin * 0x9e3779b97f4a7c15u ^ key * 0xc2b2ae3d27d4eb4fu ^
		     (table * 8 + column + 1) * 0x165667b19e3779f9u;

	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
	return (h ^ h >> 32) | 1;
}

static int64_t bin_of(enum store_bin bin, int64_t time)
{
	static const int64_t length[] = {60, 3600, 86400, INT64_MAX};

	return time - time % length[bin];
}

static uint64_t linear_minute(const struct minute *m, enum store_bin bin, unsigned int table)
{
	int64_t at = bin_of(bin, m->start);
	uint64_t sum = 0;

	switch (table) {
	case TABLE_LEDGER:
		for (unsigned int i = 0; i < TT_CLASSES; i++)
			sum += m->ledger[i].packets * weight(at, table, i, 0);
		return sum;
	case TABLE_PORTS:
		for (size_t i = 0; i < m->port_count; i++)
			sum += m->ports[i].packets * weight(at, table, m->ports[i].row, 0) +
			       m->ports[i].bytes * weight(at, table, m->ports[i].row, 1) +
			       m->ports[i].syn * weight(at, table, m->ports[i].row, 2);
		return sum;
	case TABLE_CELLS:
		for (size_t i = 0; i < m->cell_count; i++)
			sum += m->cells[i].packets *
			       weight(at, table, m->cells[i].row << 8 | m->cells[i].country, 0);
		return sum;
	case TABLE_SPORT53:
		for (unsigned int i = 0; i < COUNTRY_COUNT; i++)
			for (unsigned int k = 0; k < 3; k++)
				sum += m->sport53[i][k] * weight(at, table, i, k);
		return sum;
	case TABLE_PREFIXES:
		for (size_t i = 0; i < m->prefix_count; i++) {
			const struct prefix_count *p = &m->prefixes[i];
			uint64_t key = (uint64_t)p->is_v6 << 60 | p->network;

			sum += p->response * weight(at, table, key, 0) +
			       p->other * weight(at, table, key, 1);
		}
		return sum;
	default:
		return (uint64_t)(m->covered * 1e9 + 0.5) * weight(at, table, 0, 0) +
		       m->late * weight(at, table, 0, 1);
	}
}

struct linear {
	enum store_bin bin;
	unsigned int table;
	uint64_t sum;
	int64_t last;
};

static int linear_row(void *context, const struct store_row *row)
{
	struct linear *linear = context;
	unsigned int table = linear->table;
	int64_t at = linear->bin == BIN_ALL ? 0 : row->time;

	assert_true(row->time >= linear->last);
	linear->last = row->time;
	if (table == TABLE_LEDGER)
		linear->sum += row->packets * weight(at, table, row->class, 0);
	else if (table == TABLE_PORTS)
		linear->sum += row->packets * weight(at, table, row->row, 0) +
			       row->bytes * weight(at, table, row->row, 1) +
			       row->syn * weight(at, table, row->row, 2);
	else if (table == TABLE_CELLS)
		linear->sum += row->packets * weight(at, table, row->row << 8 | row->country, 0);
	else if (table == TABLE_SPORT53)
		linear->sum += row->packets * weight(at, table, row->country, row->class);
	else if (table == TABLE_PREFIXES)
		linear->sum +=
			row->response *
				weight(at, table, (uint64_t)row->is_v6 << 60 | row->network, 0) +
			row->other *
				weight(at, table, (uint64_t)row->is_v6 << 60 | row->network, 1);
	else
		linear->sum += (uint64_t)(row->covered * 1e9 + 0.5) * weight(at, table, 0, 0) +
			       row->late * weight(at, table, 0, 1);
	return 0;
}

static uint64_t ask(
	struct history *history, unsigned int table, enum store_bin bin, int64_t from, int64_t to)
{
	struct store_query query = store_query_all((enum store_table)table, bin);
	struct store_answer answer;
	struct linear linear = {.bin = bin, .table = table};

	query.from = from;
	query.to = to;
	assert_int_equal(history_query(history, &query, linear_row, &linear, &answer), 0);
	assert_int_equal(answer.unkept_from, answer.unkept_to);
	return linear.sum;
}

/* -- What is expected, kept beside the history --------------------------------------------- */

#define CUTS 4
#define DAYS 6
static const int64_t cuts[CUTS][2] = {
	{0, INT64_MAX},
	{FEB11 + 86400 + 1800, FEB11 + 4 * 86400 - 660},
	{FEB11 + 2 * 86400, FEB11 + 3 * 86400},
	{FEB11 + 2 * 86400 + 7200 + 60, FEB11 + 2 * 86400 + 10800},
};

static uint64_t expected[CUTS][BIN_GIVEN][TABLE_EVENTS];

static struct {
	int64_t first, last;
	uint64_t days;
} lives[TT_ROWS][2]; /* the row; its cell of country 44 */

static void expect_life(uint32_t row, unsigned int which, int64_t start)
{
	if (!lives[row][which].days || start < lives[row][which].first)
		lives[row][which].first = start;
	if (start > lives[row][which].last)
		lives[row][which].last = start;
	lives[row][which].days |= (uint64_t)1 << (start - FEB11) / 86400;
}

static void expect(const struct minute *minute)
{
	for (unsigned int c = 0; c < CUTS; c++)
		for (unsigned int b = 0; b < BIN_GIVEN; b++)
			for (unsigned int t = 0; t < TABLE_EVENTS; t++)
				if (minute->start >= cuts[c][0] && minute->start < cuts[c][1])
					expected[c][b][t] +=
						linear_minute(minute, (enum store_bin)b, t);
	for (size_t i = 0; i < minute->port_count; i++)
		expect_life(minute->ports[i].row, 0, minute->start);
	for (size_t i = 0; i < minute->cell_count; i++)
		if (minute->cells[i].country == 44)
			expect_life(minute->cells[i].row, 1, minute->start);
}

static void assert_sums(struct history *history, unsigned int first_bin)
{
	for (unsigned int c = 0; c < CUTS; c++)
		for (unsigned int b = first_bin; b < BIN_GIVEN; b++)
			for (unsigned int t = 0; t < TABLE_EVENTS; t++)
				if (ask(history, t, (enum store_bin)b, cuts[c][0], cuts[c][1]) !=
					expected[c][b][t])
					fail_msg("cut %u, bin %u, table %u differs", c, b, t);
}

static void assert_life_table(struct history *history);

static void assert_lives(struct history *history)
{
	size_t seen = 0;

	for (uint32_t row = 0; row < TT_ROWS; row += 1) {
		for (unsigned int which = 0; which < 2; which++) {
			struct port_life life;
			int status;

			/* Most rows have no life; asking for one in 16 of them is enough. */
			if (!lives[row][which].days && row % 1024)
				continue;
			status = history_port_life(
				history, row, which ? 44 : STORE_ALL_COUNTRIES, &life);
			if (!lives[row][which].days) {
				assert_int_equal(status, -ENOENT);
				continue;
			}
			seen++;
			assert_int_equal(status, 0);
			assert_int_equal(life.first_seen, lives[row][which].first);
			assert_int_equal(life.last_seen, lives[row][which].last);
			assert_int_equal(
				life.active_days, __builtin_popcountll(lives[row][which].days));
		}
	}
	assert_true(seen > 100);
	assert_life_table(history);
}

struct life_count {
	size_t ports, cells;
	uint32_t row; /* of the last one */
	char country[3];
};

static int life_row(void *context, const struct store_row *found)
{
	struct life_count *count = context;
	bool whole = found->country == STORE_ALL_COUNTRIES;
	unsigned int which = !whole;
	const char *country = whole ? "" : country_code(found->country);

	/* Ports ascend, each as a whole first, then countries by their letters. */
	if (count->ports + count->cells)
		assert_true(found->row > count->row ||
			    (found->row == count->row && strcmp(country, count->country) > 0));
	count->row = found->row;
	snprintf(count->country, sizeof(count->country), "%s", country);
	if (!whole && found->country != 44)
		return 0;
	count->ports += whole;
	count->cells += !whole;
	assert_int_equal(found->time, lives[found->row][which].first);
	assert_int_equal(found->last, lives[found->row][which].last);
	assert_int_equal(found->active_days, __builtin_popcountll(lives[found->row][which].days));
	return 0;
}

/* The table of all lives has each that is expected, and no other. */
static void assert_life_table(struct history *history)
{
	struct store_query query = store_query_all(TABLE_LIFE, BIN_MINUTE);
	struct life_count count = {0};
	struct store_answer answer;
	size_t ports = 0, cells = 0;

	for (uint32_t row = 0; row < TT_ROWS; row++) {
		ports += lives[row][0].days != 0;
		cells += lives[row][1].days != 0;
	}
	assert_int_equal(history_query(history, &query, life_row, &count, &answer), 0);
	assert_int_equal(count.ports, ports);
	assert_int_equal(count.cells, cells);
	assert_true(answer.rows > ports + cells);
	assert_int_equal(history_damaged(history), 0);
}

static void reset_expectations(void)
{
	memset(expected, 0, sizeof(expected));
	memset(lives, 0, sizeof(lives));
}

static struct minute minute;

/* -- Tests --------------------------------------------------------------------------------- */

static void minutes_in_order_add_up_in_every_bin(void **state)
{
	struct history *history = open_new();
	uint64_t seed = 11;

	(void)state;
	reset_expectations();
	assert_int_equal(history_begin(history), 0);
	for (int64_t at = FEB11; at < FEB11 + DAYS * 86400;
		at += 60 * (int64_t)(1 + next_random(&seed) % 90)) {
		random_minute(&minute, at, &seed);
		assert_int_equal(history_add_minute(history, &minute), 0);
		expect(&minute);
	}
	assert_int_equal(history_commit(history), 0);
	assert_sums(history, BIN_MINUTE);
	assert_lives(history);
	history_close(history);
	history = open_as(HISTORY_READ);
	assert_sums(history, BIN_MINUTE);
	history_close(history);
}

/* The clock jumps about, labels repeat, transactions fail, the sensor restarts. */
static void minutes_in_any_order_add_up_in_every_bin(void **state)
{
	struct history *history = open_new();
	uint64_t seed = 12;
	int64_t at = FEB11 + 3 * 86400;

	(void)state;
	reset_expectations();
	for (int i = 0; i < 1500; i++) {
		uint64_t dice = next_random(&seed) % 100;

		if (dice < 3)
			at = FEB11 + 60 * (int64_t)(next_random(&seed) % (DAYS * 1440));
		else if (dice < 90)
			at += 60;
		if (at >= FEB11 + DAYS * 86400)
			at = FEB11;
		random_minute(&minute, at, &seed);
		assert_int_equal(history_begin(history), 0);
		assert_int_equal(history_add_minute(history, &minute), 0);
		if (dice > 95) {
			assert_int_equal(history_rollback(history), 0);
			continue;
		}
		assert_int_equal(history_commit(history), 0);
		expect(&minute);
		if (i % 200 == 100) {
			history_close(history);
			history = open_as(HISTORY_WRITE);
		}
		if (i % 400 == 399)
			assert_sums(history, BIN_MINUTE);
	}
	assert_sums(history, BIN_MINUTE);
	assert_lives(history);
	assert_int_equal(history_damaged(history), 0);
	history_close(history);
}

/* 40 late minutes make 40 parts, which are made one on the way. */
static void very_many_late_minutes_add_up(void **state)
{
	struct history *history = open_new();
	uint64_t seed = 13;

	(void)state;
	reset_expectations();
	for (int i = 0; i < 100; i++) {
		random_minute(&minute,
			FEB11 + 2 * 86400 + 7200 + (i == 1 ? 2 * 86400 : 60 * (i % 60)), &seed);
		add_alone(history, &minute);
		expect(&minute);
	}
	assert_sums(history, BIN_MINUTE);
	history_close(history);
}

static void retention_keeps_day_sums_and_first_seen(void **state)
{
	const struct history_retention keep = {1, 2, 0};
	struct history *history = open_new();
	struct store_query query = store_query_all(TABLE_PORTS, BIN_MINUTE);
	struct store_answer answer;
	struct digest digest = {0};
	struct port_life before, after;
	uint64_t seed = 14;
	bool more = true;
	unsigned int steps = 0;

	(void)state;
	reset_expectations();
	assert_int_equal(history_begin(history), 0);
	for (int64_t at = FEB11; at < FEB11 + DAYS * 86400; at += 1800) {
		random_minute(&minute, at, &seed);
		if (at < FEB11 + 3600)
			minute.ports[minute.port_count++] =
				(struct port_count){TT_ROWS - 1, 1, 1, 60, 0, {0}};
		assert_int_equal(history_add_minute(history, &minute), 0);
		expect(&minute);
	}
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(history_port_life(history, TT_ROWS - 1, STORE_ALL_COUNTRIES, &before), 0);
	for (; more; steps++) {
		assert_int_equal(history_begin(history), 0);
		assert_int_equal(history_expire(history, FEB11 + DAYS * 86400, &keep, &more), 0);
		assert_int_equal(history_commit(history), 0);
	}
	/* 240 minutes are dropped, 16 at a time. */
	assert_true(steps >= 15);

	/* Whole days are all there, and so is everything at once. */
	for (unsigned int t = 0; t < TABLE_EVENTS; t++) {
		assert_true(ask(history, t, BIN_DAY, 0, INT64_MAX) == expected[0][BIN_DAY][t]);
		assert_true(ask(history, t, BIN_ALL, 0, INT64_MAX) == expected[0][BIN_ALL][t]);
		assert_true(ask(history, t, BIN_DAY, cuts[2][0], cuts[2][1]) ==
			    expected[2][BIN_DAY][t]);
	}
	assert_lives(history);
	assert_int_equal(history_port_life(history, TT_ROWS - 1, STORE_ALL_COUNTRIES, &after), 0);
	assert_int_equal(before.first_seen, after.first_seen);
	assert_int_equal(before.last_seen, after.last_seen);
	assert_int_equal(before.active_days, after.active_days);

	/* Minutes start a day ago; the answer says what is missing. */
	assert_int_equal(history_query(history, &query, digest_row, &digest, &answer), 0);
	assert_int_equal(answer.unkept_from, FEB11);
	assert_int_equal(answer.unkept_to, FEB11 + (DAYS - 1) * 86400);
	query.bin = BIN_HOUR;
	assert_int_equal(history_query(history, &query, digest_row, &digest, &answer), 0);
	assert_int_equal(answer.unkept_from, FEB11);
	assert_int_equal(answer.unkept_to, FEB11 + (DAYS - 2) * 86400);
	/* A day that is cut in two where no minutes are left is left out, not guessed. */
	query.bin = BIN_DAY;
	query.from = FEB11 + 1800;
	query.to = FEB11 + 86400 + 1;
	assert_int_equal(history_query(history, &query, digest_row, &digest, &answer), 0);
	assert_int_equal(answer.unkept_from, FEB11 + 1800);
	assert_int_equal(answer.unkept_to, FEB11 + 86400 + 1);
	assert_int_equal(answer.rows, 0);

	/* A minute that comes late into a time long dropped is added to its day once. */
	random_minute(&minute, FEB11 + 60, &seed);
	add_alone(history, &minute);
	expect(&minute);
	random_minute(&minute, FEB11 + DAYS * 86400, &seed);
	add_alone(history, &minute);
	expect(&minute);
	for (unsigned int t = 0; t < TABLE_EVENTS; t++)
		assert_true(ask(history, t, BIN_DAY, 0, INT64_MAX) == expected[0][BIN_DAY][t]);
	history_close(history);
}

static void one_port_and_one_country_can_be_asked_for(void **state)
{
	struct history *history = open_new();
	struct store_query query = store_query_all(TABLE_CELLS, BIN_ALL);
	struct store_answer answer;
	struct digest digest = {0};

	(void)state;
	minute_clear(&minute);
	minute.start = FEB11 + 60;
	minute.cells[0] = (struct cell_count){23, 7, 44};
	minute.cells[1] = (struct cell_count){23, 5, 45};
	minute.cells[2] = (struct cell_count){24, 3, 44};
	minute.cell_count = 3;
	add_alone(history, &minute);
	query.row = 23;
	assert_int_equal(history_query(history, &query, digest_row, &digest, &answer), 0);
	assert_int_equal(digest.packets, 12);
	query.row = TT_ROW_NONE;
	query.country = 44;
	assert_int_equal(history_query(history, &query, digest_row, &digest, &answer), 0);
	assert_int_equal(digest.packets, 12 + 10);
	query.row = TT_ROWS;
	assert_int_equal(history_query(history, &query, digest_row, &digest, &answer), -EINVAL);
	history_close(history);
}

static int first_life(void *context, const struct store_row *row)
{
	*(struct store_row *)context = *row;
	return 0;
}

/* 5000/tcp appears on February 11, and from a second country on the 13th. */
static void life_tells_what_was_first_seen_in_an_interval(void **state)
{
	struct history *history = open_new();
	struct store_query query = store_query_all(TABLE_LIFE, BIN_DAY);
	struct store_answer answer;
	struct store_row row = {0};

	(void)state;
	for (int64_t day = 0; day < 3; day++) {
		minute_clear(&minute);
		minute.start = FEB11 + day * 86400 + 420;
		minute.ports[0] = (struct port_count){5000, 1, 4, 240, 4, {0}};
		minute.port_count = 1;
		minute.cells[0] = (struct cell_count){5000, 4, day < 2 ? 44 : 45};
		minute.cell_count = 1;
		add_alone(history, &minute);
	}
	query.from = FEB11 + 2 * 86400;
	assert_int_equal(history_query(history, &query, first_life, &row, &answer), 0);
	assert_int_equal(answer.rows, 1);
	assert_int_equal(row.row, 5000);
	assert_int_equal(row.country, 45);
	assert_int_equal(row.time, FEB11 + 2 * 86400 + 420);
	assert_int_equal(row.active_days, 1);
	query.from = 0;
	query.country = STORE_ALL_COUNTRIES;
	query.row = 5000;
	query.to = FEB11 + 420;
	assert_int_equal(history_query(history, &query, first_life, &row, &answer), 0);
	assert_int_equal(answer.rows, 0);
	query.to = FEB11 + 421;
	query.country = 44;
	assert_int_equal(history_query(history, &query, first_life, &row, &answer), 0);
	assert_int_equal(answer.rows, 1);
	assert_int_equal(row.country, 44);
	assert_int_equal(row.last, FEB11 + 86400 + 420);
	assert_int_equal(row.active_days, 2);
	query.row = 5001;
	assert_int_equal(history_query(history, &query, first_life, &row, &answer), 0);
	assert_int_equal(answer.rows, 0);
	history_close(history);
}

static int stop_visit(void *context, const struct store_row *row)
{
	(void)row;
	return ++*(int *)context == 3 ? 77 : 0;
}

static int order_visit(void *context, const struct store_row *row)
{
	char **at = context;

	strcpy(*at, country_code(row->country));
	*at += 2;
	return 0;
}

static void rows_come_in_order_and_stop_when_told(void **state)
{
	static const char codes[] = "CNJPVUXKXOXXYEZZ";
	struct history *history = open_new();
	struct store_query query = store_query_all(TABLE_CELLS, BIN_ALL);
	struct store_answer answer;
	char order[64] = "", *at = order;
	int seen = 0;

	(void)state;
	minute_clear(&minute);
	minute.start = FEB11 + 60;
	for (unsigned int i = 0; i < TT_CELLS; i++)
		for (unsigned int k = 0; k < sizeof(codes) - 1; k += 2)
			if (strncmp(codes + k, country_code((country_id)i), 2) == 0)
				minute.cells[minute.cell_count++] =
					(struct cell_count){23, i + 1, (country_id)i};
	add_alone(history, &minute);
	assert_int_equal(history_query(history, &query, order_visit, &at, &answer), 0);
	assert_string_equal(order, codes);
	assert_int_equal(history_query(history, &query, stop_visit, &seen, &answer), 77);
	assert_int_equal(seen, 3);
	history_close(history);
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(minutes_in_order_add_up_in_every_bin),
		IN_A_WORLD(minutes_in_any_order_add_up_in_every_bin),
		IN_A_WORLD(very_many_late_minutes_add_up),
		IN_A_WORLD(retention_keeps_day_sums_and_first_seen),
		IN_A_WORLD(life_tells_what_was_first_seen_in_an_interval),
		IN_A_WORLD(one_port_and_one_country_can_be_asked_for),
		IN_A_WORLD(rows_come_in_order_and_stop_when_told),
	};

	assert_int_equal(minute_reserve(&minute), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
