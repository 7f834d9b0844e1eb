/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/history/world.h"

#include <math.h>

static struct minute minute, second;

struct expectation {
	const struct minute *minutes;
	size_t count;
	size_t seen;
};

static int compare_visit(void *context, const struct minute *found)
{
	struct expectation *expected = context;

	assert_true(expected->seen < expected->count);
	assert_same_minute(found, &expected->minutes[expected->seen++]);
	return 0;
}

static void assert_history_is(struct history *history, const struct minute *minutes, size_t count)
{
	struct expectation expected = {minutes, count, 0};

	assert_int_equal(history_each_minute(history, 0, INT64_MAX, compare_visit, &expected), 0);
	assert_int_equal(expected.seen, count);
}

static void an_empty_minute_comes_back(void **state)
{
	struct history *history = open_new();

	(void)state;
	minute_clear(&minute);
	minute.start = FEB11;
	minute.covered = 60;
	minute.mode = ATTACH_REPLAY;
	minute.addresses = 1024;
	add_alone(history, &minute);
	assert_history_is(history, &minute, 1);
	assert_int_equal(digest_of(history, TABLE_COVERAGE, BIN_MINUTE, 0, INT64_MAX).rows, 1);
	assert_int_equal(digest_of(history, TABLE_LEDGER, BIN_MINUTE, 0, INT64_MAX).rows, 0);
	history_close(history);
}

static void a_random_minute_comes_back_and_survives_closing(void **state)
{
	struct history *history = open_new();
	uint64_t seed = 1;
	bool any;
	int64_t last;

	(void)state;
	assert_int_equal(history_last_minute(history, &last, &any), 0);
	assert_false(any);
	random_minute(&minute, FEB11, &seed);
	minute.covered = 59.123456789;
	minute.nic_drops = 7;
	minute.unattributed = 3;
	minute.prefixes_unlisted = 5;
	minute.misdated = 2;
	add_alone(history, &minute);
	history_close(history);
	history = open_as(HISTORY_READ);
	assert_history_is(history, &minute, 1);
	assert_int_equal(history_last_minute(history, &last, &any), 0);
	assert_true(any);
	assert_int_equal(last, FEB11);
	history_close(history);
}

static void the_greatest_values_come_back(void **state)
{
	struct history *history = open_new();

	(void)state;
	minute_clear(&minute);
	minute.start = INT64_C(253402300740); /* 9999-12-31T23:59:00Z */
	minute.covered = HISTORY_MAX_COVERED;
	minute.addresses = minute.late = minute.misdated = minute.unattributed =
		minute.prefixes_unlisted = minute.nic_drops = UINT64_MAX;
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		minute.ledger[i] = (struct tally){UINT64_MAX, UINT64_MAX};
	memset(minute.sport53, 0xff, sizeof(minute.sport53));
	minute.ports[0] = (struct port_count){
		TT_ROWS - 1, UINT32_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, {0}};
	minute.port_count = 1;
	minute.cells[0] = (struct cell_count){TT_ROWS - 1, UINT32_MAX, COUNTRY_XO};
	minute.cell_count = 1;
	minute.prefixes[0] =
		(struct prefix_count){0, 254, TT_PREFIXES4 - 1, UINT32_MAX, UINT32_MAX};
	minute.prefixes[1] = (struct prefix_count){1, 254, 0xffffffffffff, UINT32_MAX, UINT32_MAX};
	minute.prefix_count = 2;
	add_alone(history, &minute);
	assert_history_is(history, &minute, 1);
	/* Sums of two stop at the limit: nothing wraps. */
	add_alone(history, &minute);
	minute.covered = 2 * HISTORY_MAX_COVERED;
	assert_history_is(history, &minute, 1);
	history_close(history);
}

static void fill_every_row(void)
{
	minute_clear(&minute);
	minute.start = FEB11;
	minute.covered = 60;
	for (uint32_t row = 0; row < TT_ROWS; row++) {
		minute.ports[minute.port_count++] =
			(struct port_count){row, 1, row + 1, row, 0, {0}};
		for (uint32_t c = row % 50; c < TT_CELLS; c += 50)
			minute.cells[minute.cell_count++] =
				(struct cell_count){row, row + c, (country_id)c};
	}
}

static void every_row_with_many_countries_comes_back(void **state)
{
	struct history *history = open_new();

	(void)state;
	fill_every_row();
	add_alone(history, &minute);
	assert_history_is(history, &minute, 1);
	assert_int_equal(digest_of(history, TABLE_PORTS, BIN_ALL, 0, INT64_MAX).packets,
		(uint64_t)TT_ROWS * (TT_ROWS + 1) / 2);
	assert_int_equal(digest_of(history, TABLE_PORTS, BIN_MINUTE, 0, INT64_MAX).rows, 131584);
	history_close(history);
}

static void a_label_that_is_there_merges(void **state)
{
	struct history *history = open_new();
	const struct cell_count cells[] = {{23, UINT32_MAX, 44}, {23, 4, 45}};
	struct digest cells_sum;

	(void)state;
	minute_clear(&minute);
	minute.start = FEB11;
	minute.covered = 20.5;
	minute.addresses = 100;
	minute.mode = ATTACH_NATIVE;
	minute.ledger[TT_TCP_SYN] = (struct tally){5, 300};
	minute.ports[0] = (struct port_count){23, 9, 5, 300, 5, {0}};
	minute.port_count = 1;
	memcpy(minute.cells, cells, sizeof(cells));
	minute.cell_count = 2;
	add_alone(history, &minute);
	minute.covered = 39.5;
	minute.ports[0].sources = 4;
	add_alone(history, &minute);
	cells_sum = digest_of(history, TABLE_CELLS, BIN_MINUTE, 0, INT64_MAX);
	assert_int_equal(cells_sum.packets, 2 * ((uint64_t)UINT32_MAX + 4));

	minute.covered = 60;
	minute.ledger[TT_TCP_SYN] = (struct tally){10, 600};
	minute.ports[0] = (struct port_count){23, 9, 10, 600, 10, {0}};
	minute.cells[0].packets = UINT32_MAX; /* a struct minute holds no more */
	minute.cells[1].packets = 8;
	assert_history_is(history, &minute, 1);
	history_close(history);
}

static int keep_sources(void *context, const struct store_row *row)
{
	*(uint64_t *)context = row->sources;
	return 0;
}

static uint64_t sources_in(struct history *history, enum store_bin bin, int64_t from, int64_t to)
{
	struct store_query query = store_query_all(TABLE_PORTS, bin);
	struct store_answer answer;
	uint64_t sources = UINT64_MAX;

	query.from = from;
	query.to = to;
	assert_int_equal(history_query(history, &query, keep_sources, &sources, &answer), 0);
	assert_int_equal(answer.rows, 1);
	return sources;
}

/* Hours whose minutes know their sources: none, the first, the first two, all three. */
static void unknown_sources_and_known_ones_are_those_known(void **state)
{
	struct history *history = open_new();

	(void)state;
	minute_clear(&minute);
	minute.covered = 60;
	minute.mode = ATTACH_NATIVE;
	minute.ledger[TT_TCP_SYN] = (struct tally){9, 540};
	minute.port_count = 1;
	for (uint32_t hour = 0; hour < 4; hour++)
		for (uint32_t i = 0; i < 3; i++) {
			minute.start = FEB11 + 3600 * hour + 60 * i;
			minute.ports[0] =
				(struct port_count){23, hour > i ? 2 + i : 0, 9, 540, 9, {0}};
			add_alone(history, &minute);
		}
	assert_int_equal(sources_in(history, BIN_HOUR, FEB11, FEB11 + 3600), 0);
	assert_int_equal(sources_in(history, BIN_HOUR, FEB11 + 3600, FEB11 + 7200), 2);
	assert_int_equal(sources_in(history, BIN_HOUR, FEB11 + 7200, FEB11 + 10800), 3);
	assert_int_equal(sources_in(history, BIN_ALL, 0, INT64_MAX), 4);
	/* The same label again, unknown: what was known stays. */
	minute.ports[0].sources = 0;
	add_alone(history, &minute);
	assert_int_equal(sources_in(history, BIN_MINUTE, minute.start, minute.start + 60), 4);
	history_close(history);
}

/* KiB of this process's own that are in memory. */
static long resident(void)
{
	FILE *in = fopen("/proc/self/status", "re");
	char line[128];
	long size = -1;

	assert_non_null(in);
	while (size < 0 && fgets(line, sizeof(line), in))
		if (sscanf(line, "RssAnon: %ld", &size) != 1)
			size = -1;
	fclose(in);
	assert_true(size >= 0);
	return size;
}

/* The sums of so many rows take 300 MB, of two hours 600 MB. */
static void merging_and_the_end_of_an_hour_give_memory_back(void **state)
{
	struct history *history = open_new();
	long before;

	(void)state;
	fill_every_row();
	add_alone(history, &minute);
	before = resident();
	add_alone(history, &minute);
	assert_in_range(resident(), 0, before + 100000);
	for (int hour = 1; hour < 4; hour++) {
		minute.start = FEB11 + hour * (int64_t)3600;
		add_alone(history, &minute);
		assert_in_range(resident(), 0, before + 100000);
	}
	history_close(history);
}

static void minutes_come_in_order_and_only_those_asked_for(void **state)
{
	struct history *history = open_new();
	uint64_t seed = 3;
	struct expectation one = {&second, 1, 0};

	(void)state;
	assert_int_equal(history_begin(history), 0);
	for (int i = 0; i < 5; i++) {
		random_minute(&minute, FEB11 + 60 * (4 - i), &seed);
		assert_int_equal(history_add_minute(history, &minute), 0);
	}
	random_minute(&second, FEB11 + 600, &seed);
	assert_int_equal(history_add_minute(history, &second), 0);
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(
		history_each_minute(history, FEB11 + 300, FEB11 + 601, compare_visit, &one), 0);
	assert_int_equal(one.seen, 1);
	history_close(history);
}

static void minutes_that_cannot_be_are_refused(void **state)
{
	struct history *history = open_new();
	bool any;
	int64_t last;

	(void)state;
	assert_int_equal(history_begin(history), 0);
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		minute_clear(&minute);                                                             \
		minute.start = FEB11;                                                              \
		change;                                                                            \
		assert_int_equal(history_add_minute(history, &minute), -EINVAL);                   \
	} while (0)
	REFUSED(minute.start = FEB11 + 1);
	REFUSED(minute.start = -60);
	REFUSED(minute.start = INT64_C(253402300800));
	REFUSED(minute.covered = -1);
	REFUSED(minute.covered = NAN);
	REFUSED(minute.covered = 2e9);
	REFUSED(minute.mode = ATTACH_MODES);
	REFUSED(minute.ports[0].row = TT_ROWS; minute.port_count = 1);
	REFUSED(minute.ports[0].row = minute.ports[1].row = 5; minute.port_count = 2);
	REFUSED(minute.cells[0] = ((struct cell_count){5, 1, TT_CELLS}); minute.cell_count = 1);
	REFUSED(minute.cells[0] = ((struct cell_count){5, 1, 9});
		minute.cells[1] = ((struct cell_count){5, 1, 9}); minute.cell_count = 2);
	REFUSED(minute.prefixes[0] = ((struct prefix_count){0, 1, TT_PREFIXES4, 1, 1});
		minute.prefix_count = 1);
	REFUSED(minute.prefixes[0] = ((struct prefix_count){1, 255, 1, 1, 1});
		minute.prefix_count = 1);
#undef REFUSED
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(history_last_minute(history, &last, &any), 0);
	assert_false(any);
	minute_clear(&minute);
	minute.start = FEB11;
	assert_int_equal(history_add_minute(history, &minute), -EINVAL); /* no transaction */
	history_close(history);
}

static void a_rolled_back_minute_is_gone(void **state)
{
	struct history *history = open_new();
	uint64_t seed = 4;

	(void)state;
	random_minute(&minute, FEB11, &seed);
	add_alone(history, &minute);
	random_minute(&second, FEB11 + 3600, &seed);
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_add_minute(history, &second), 0);
	assert_int_equal(history_rollback(history), 0);
	assert_history_is(history, &minute, 1);
	add_alone(history, &second);
	assert_int_equal(digest_of(history, TABLE_COVERAGE, BIN_HOUR, 0, INT64_MAX).rows, 2);
	history_close(history);
}

static void mark_and_snapshots_are_part_of_the_transaction(void **state)
{
	struct history *history = open_new();
	struct history_mark mark = {.birth = {1, 2, 255}, .sequence = UINT64_MAX - 1}, found;
	void *data;
	size_t size;

	(void)state;
	assert_int_equal(history_get_mark(history, &found), -ENOENT);
	assert_int_equal(history_get_snapshot(history, "detector", &data, &size), -ENOENT);
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_set_mark(history, &mark), 0);
	assert_int_equal(history_put_snapshot(history, "detector", "a\0b", 3), 0);
	assert_int_equal(history_put_snapshot(history, "empty", NULL, 0), 0);
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(history_begin(history), 0);
	mark.sequence = 5;
	assert_int_equal(history_set_mark(history, &mark), 0);
	assert_int_equal(history_put_snapshot(history, "detector", "never", 5), 0);
	history_close(history);

	history = open_as(HISTORY_READ);
	assert_int_equal(history_get_mark(history, &found), 0);
	assert_true(found.sequence == UINT64_MAX - 1);
	assert_memory_equal(found.birth, mark.birth, 16);
	assert_int_equal(history_get_snapshot(history, "detector", &data, &size), 0);
	assert_int_equal(size, 3);
	assert_memory_equal(data, "a\0b", 3);
	free(data);
	assert_int_equal(history_get_snapshot(history, "empty", &data, &size), 0);
	assert_int_equal(size, 0);
	free(data);
	history_close(history);
}

static void assert_same_number(double a, double b)
{
	assert_true(isnan(a) ? isnan(b) : a == b);
}

static int compare_event(void *context, const struct store_row *row)
{
	const struct event *a = context, *b = row->event;

	assert_int_equal(row->time, FEB11 + 120);
	assert_string_equal(a->id, b->id);
	assert_string_equal(a->prev, b->prev);
	assert_string_equal(a->incident, b->incident);
	assert_int_equal(a->phase, b->phase);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->key, b->key);
	assert_int_equal(a->face, b->face);
	assert_int_equal(a->scale, b->scale);
	assert_int_equal(a->time, b->time);
	assert_int_equal(a->onset, b->onset);
	assert_int_equal(a->severity, b->severity);
	assert_int_equal(a->reason, b->reason);
	for (const double *x = &a->observed, *y = &b->observed; x <= &a->season; x++, y++)
		assert_same_number(*x, *y);
	assert_same_number(a->sources, b->sources);
	assert_same_number(a->packets_per_source, b->packets_per_source);
	assert_same_number(a->dns_response, b->dns_response);
	assert_same_number(a->dns_query, b->dns_query);
	assert_same_number(a->dns_short, b->dns_short);
	assert_string_equal(a->geo_id, b->geo_id);
	assert_string_equal(a->geo_date, b->geo_date);
	assert_int_equal(a->top_country_count, b->top_country_count);
	for (unsigned int i = 0; i < a->top_country_count; i++) {
		assert_int_equal(a->top_countries[i].country, b->top_countries[i].country);
		assert_int_equal(a->top_countries[i].packets, b->top_countries[i].packets);
		assert_same_number(a->top_countries[i].share, b->top_countries[i].share);
	}
	return 0;
}

static void events_lose_nothing_and_are_stored_once(void **state)
{
	struct history *history = open_new();
	struct store_query query = store_query_all(TABLE_EVENTS, BIN_MINUTE);
	struct store_answer answer;
	struct event event = event_blank();

	(void)state;
	strcpy(event.id, "e52fa1200-1");
	strcpy(event.incident, "e52fa1200-0");
	event.kind = EVENT_GROWTH;
	event.phase = EVENT_UPDATE;
	event.severity = EVENT_CRITICAL;
	event.reason = EVENT_REASON_TREND;
	event.key = series_make(SERIES_CELL, 23, 44);
	event.face = series_make(SERIES_PORT, TT_ROW_ICMP + 8, 0);
	event.scale = 1440;
	event.time = FEB11 + 120 + 7;
	event.onset = FEB11;
	event.observed = 1.0 / 3;
	event.log10p = -1e300;
	event.season = 0;
	event.dns_query = 0.25;
	strcpy(event.geo_id, "delegated, \"of\" 2014\n");
	event.top_country_count = 2;
	event.top_countries[0] = (struct event_country){44, UINT64_MAX, 0.1};
	event.top_countries[1] = (struct event_country){254, 0, 1e-9};
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_add_event(history, &event), 0);
	assert_int_equal(history_add_event(history, &event), 0);
	event.phase = EVENT_PHASES;
	assert_int_equal(history_add_event(history, &event), -EINVAL);
	event.phase = EVENT_UPDATE;
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(history_query(history, &query, compare_event, &event, &answer), 0);
	assert_int_equal(answer.rows, 1);
	query.to = FEB11;
	assert_int_equal(history_query(history, &query, compare_event, &event, &answer), 0);
	assert_int_equal(answer.rows, 0);
	history_close(history);
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(an_empty_minute_comes_back),
		IN_A_WORLD(a_random_minute_comes_back_and_survives_closing),
		IN_A_WORLD(the_greatest_values_come_back),
		IN_A_WORLD(every_row_with_many_countries_comes_back),
		IN_A_WORLD(a_label_that_is_there_merges),
		IN_A_WORLD(unknown_sources_and_known_ones_are_those_known),
		IN_A_WORLD(merging_and_the_end_of_an_hour_give_memory_back),
		IN_A_WORLD(minutes_come_in_order_and_only_those_asked_for),
		IN_A_WORLD(minutes_that_cannot_be_are_refused),
		IN_A_WORLD(a_rolled_back_minute_is_gone),
		IN_A_WORLD(mark_and_snapshots_are_part_of_the_transaction),
		IN_A_WORLD(events_lose_nothing_and_are_stored_once),
	};

	assert_int_equal(minute_reserve(&minute), 0);
	assert_int_equal(minute_reserve(&second), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
