/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence of events and candidates for open resolvers, kept and found again. */
#include "tests/unit/history/world.h"

#include "user/model/evidence_json.h"

#include <math.h>
#include <sqlite3.h>

static struct event_evidence full_evidence(void)
{
	struct event_evidence told = event_evidence_blank();

	told.samples = 1234;
	told.packets = 315904;
	told.since = FEB11;
	told.top_prefixes[0] = (struct event_origin){
		.bytes = {203, 0, 113}, .country = 40, .packets = 200000, .share = .633};
	told.top_prefixes[1] = (struct event_origin){.is_v6 = true,
		.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 7},
		.packets = 256,
		.share = .25};
	told.top_prefix_count = 2;
	told.top_source = (struct event_origin){
		.bytes = {203, 0, 113, 9}, .country = 40, .packets = 1000, .share = .1};
	told.concentration = 1. / 3;
	told.breadth = .75;
	told.mirai = .5;
	told.zmap = 0;
	told.recursion_available = .9;
	told.rcodes[0] = .8;
	told.rcodes[5] = .2;
	told.own_country = .031;
	told.verdict = EVENT_VERDICT_PROBING;
	strcpy(told.verdict_text, "reflector probing: 1.04 packets per source");
	strcpy(told.pcap, "incidents/i52f96800-0.pcap");
	return told;
}

static struct event some_event(int64_t time)
{
	struct event event = event_blank();

	snprintf(event.id, sizeof(event.id), "e%llx-0", (unsigned long long)time);
	event.time = event.onset = time;
	event.key = series_make(SERIES_SPORT53, 0, 0);
	return event;
}

static struct history *open_history(unsigned int flags)
{
	struct history_error error;
	struct history *history = NULL;

	assert_int_equal(history_open(world_dir, flags, &history, &error), 0);
	return history;
}

static struct event_evidence found[2];
static size_t found_count;
static struct resolver listed[8];
static size_t listed_count;

static int take_row(void *context, const struct store_row *row)
{
	(void)context;
	if (row->event)
		found[found_count++] = row->event->evidence;
	if (row->resolver && listed_count < 8)
		listed[listed_count++] = *row->resolver;
	return 0;
}

static void ask(struct history *history, enum store_table table, int64_t from)
{
	struct store_query query = store_query_all(table, BIN_ALL);
	struct store_answer answer;

	found_count = listed_count = 0;
	query.from = from;
	assert_int_equal(history_query(history, &query, take_row, NULL, &answer), 0);
	assert_int_equal(history_damaged(history), 0);
}

static void evidence_comes_back_as_it_was(void **state)
{
	struct history *history = open_history(HISTORY_WRITE | HISTORY_CREATE);
	struct event with = some_event(FEB11), without = some_event(FEB11 + 60);
	char *before, *after;

	(void)state;
	with.evidence = full_evidence();
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_add_event(history, &with), 0);
	assert_int_equal(history_add_event(history, &without), 0);
	assert_int_equal(history_commit(history), 0);
	history_close(history);
	history = open_history(HISTORY_READ);
	ask(history, TABLE_EVENTS, 0);
	assert_int_equal(found_count, 2);
	before = evidence_to_json(&with.evidence);
	after = evidence_to_json(&found[0]);
	assert_string_equal(before, after);
	assert_true(isnan(found[0].masscan) && found[0].zmap == 0);
	assert_true(found[0].concentration == 1. / 3);
	assert_true(isnan(found[1].samples) && found[1].top_prefix_count == 0);
	free(before);
	free(after);
	history_close(history);
}

static struct resolver candidate(uint8_t last_byte, int64_t time)
{
	return (struct resolver){
		.address = {192, 0, 2, last_byte},
		.country = 40,
		.first = time,
		.last = time,
		.packets = 2,
		.max_length = 100 + last_byte,
	};
}

static void candidates_widen_and_come_by_address(void **state)
{
	struct resolver list[3] = {candidate(9, FEB11), candidate(7, FEB11), {0}};
	struct history *history = open_history(HISTORY_WRITE | HISTORY_CREATE);

	(void)state;
	list[2] = (struct resolver){.is_v6 = true,
		.address = {0x20, 1},
		.first = FEB11,
		.last = FEB11,
		.packets = 1,
		.rcode = 3};
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_add_resolvers(history, list, 3), 0);
	list[0].first = FEB11 - 600;
	list[0].last = FEB11 + 600;
	list[0].rcode = 2;
	list[0].max_length = 5;
	assert_int_equal(history_add_resolvers(history, list, 1), 0);
	list[0].first = list[0].last = FEB11 - 700;
	list[0].rcode = 0;
	assert_int_equal(history_add_resolvers(history, list, 1), 0);
	assert_int_equal(history_commit(history), 0);
	ask(history, TABLE_RESOLVERS, 0);
	assert_int_equal(listed_count, 3);
	assert_int_equal(listed[0].address[3], 7);
	assert_int_equal(listed[1].address[3], 9);
	assert_int_equal(listed[1].packets, 6);
	assert_int_equal(listed[1].first, FEB11 - 700);
	assert_int_equal(listed[1].last, FEB11 + 600);
	assert_int_equal(listed[1].rcode, 2);
	assert_int_equal(listed[1].max_length, 109);
	assert_true(listed[2].is_v6 && listed[2].rcode == 3);
	ask(history, TABLE_RESOLVERS, FEB11 + 1);
	assert_int_equal(listed_count, 1);
	history_close(history);
}

static void the_oldest_candidates_give_way_by_number(void **state)
{
	struct history *history = open_history(HISTORY_WRITE | HISTORY_CREATE);
	static struct resolver list[HISTORY_MAX_RESOLVERS];

	(void)state;
	for (uint32_t i = 0; i < HISTORY_MAX_RESOLVERS; i++)
		list[i] = (struct resolver){
			.address = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i},
			.first = FEB11 + 3600,
			.last = FEB11 + 3600 + i,
			.packets = 1,
		};
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_add_resolvers(history, list, HISTORY_MAX_RESOLVERS), 0);
	assert_int_equal(history_commit(history), 0);
	/* Of the three before: two of February 11, 00:00, and one of ten minutes later. */
	assert_int_equal(history_resolvers_evicted(history), 3);
	ask(history, TABLE_RESOLVERS, 0);
	assert_int_equal(listed[0].address[0], 10);
	history_close(history);
}

static struct source_port ports[4];
static size_t port_count;

static int take_port(void *context, const struct store_row *row)
{
	(void)context;
	assert_true(port_count < 4);
	ports[port_count++] = *row->source_port;
	return 0;
}

static int ask_ports(struct history *history, enum store_bin bin)
{
	struct store_query query = store_query_all(TABLE_SOURCE_PORTS, bin);
	struct store_answer answer;

	port_count = 0;
	return history_query(history, &query, take_port, NULL, &answer);
}

static void source_ports_come_back_by_their_span(void **state)
{
	struct source_port rows[2] = {
		{.span = SOURCE_PORT_HOUR,
			.start = FEB11,
			.port = 53,
			.samples = 40,
			.packets = 640,
			.sources = 600.5,
			.own_country = NAN,
			.response = .75,
			.refused = .125,
			.verdict = EVENT_VERDICT_PROBING},
		{.span = SOURCE_PORT_DAY,
			.start = FEB11,
			.is_tcp = true,
			.port = 80,
			.samples = 7,
			.packets = 7,
			.sources = 2,
			.response = NAN},
	};
	struct history *history = open_history(HISTORY_WRITE | HISTORY_CREATE);

	(void)state;
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_add_source_ports(history, rows, 2), 0);
	rows[0].sources = 10;
	assert_int_equal(history_add_source_ports(history, rows, 1), 0);
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(ask_ports(history, BIN_HOUR), 0);
	assert_int_equal(port_count, 1);
	assert_true(ports[0].samples == 80 && ports[0].packets == 1280);
	assert_true(ports[0].sources == 600.5 && isnan(ports[0].own_country));
	assert_true(ports[0].response == .75 && ports[0].refused == .125);
	assert_int_equal(ports[0].verdict, EVENT_VERDICT_PROBING);
	assert_int_equal(ask_ports(history, BIN_DAY), 0);
	assert_true(port_count == 1 && ports[0].is_tcp && ports[0].port == 80);
	assert_int_equal(ports[0].verdict, EVENT_VERDICT_NONE);
	assert_int_equal(ask_ports(history, BIN_MINUTE), 0);
	assert_int_equal(port_count, 0);
	assert_int_equal(ask_ports(history, BIN_ALL), -EINVAL);
	history_close(history);
}

static void an_older_database_has_none_and_still_opens(void **state)
{
	struct history *history;
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(world_path("history.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "DROP TABLE evidence; DROP TABLE resolver; DROP TABLE "
				 "source_port;",
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	history = open_history(HISTORY_READ);
	ask(history, TABLE_EVENTS, 0);
	assert_int_equal(found_count, 2);
	assert_true(isnan(found[0].samples));
	ask(history, TABLE_RESOLVERS, 0);
	assert_int_equal(listed_count, 0);
	assert_int_equal(ask_ports(history, BIN_DAY), 0);
	assert_int_equal(port_count, 0);
	history_close(history);
	history = open_history(HISTORY_WRITE);
	assert_int_equal(history_resolvers_evicted(history), 3);
	history_close(history);
}

static void damaged_evidence_is_refused(void **state)
{
	static const char *const texts[] = {"", "[]", "{\"verdict\":\"no such\"}", "{",
		"{\"top_prefixes\":[{\"prefix\":\"1.2.3.4/99\",\"country\":\"CN\"}]}",
		"{\"top_source\":{\"source\":\"x\",\"country\":\"CN\"}}",
		"{\"samples\":{\"since\":\"yesterday\"}}"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct event_evidence told = event_evidence_blank();

		assert_int_equal(evidence_from_json(texts[i], &told), -EBADMSG);
		assert_true(isnan(told.samples));
	}
}

static int evidence_rows(void)
{
	sqlite3_stmt *count;
	sqlite3 *db;
	int rows;

	assert_int_equal(sqlite3_open(world_path("history.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM evidence", -1, &count, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(count), SQLITE_ROW);
	rows = sqlite3_column_int(count, 0);
	sqlite3_finalize(count);
	sqlite3_close(db);
	return rows;
}

static void evidence_goes_with_its_event(void **state)
{
	const struct history_retention keep = {.day_days = 30};
	struct history *history = open_history(HISTORY_WRITE);
	struct event old = some_event(FEB11 - 86400), young = some_event(FEB11 + 100 * 86400);
	bool more = true;

	(void)state;
	old.evidence = young.evidence = full_evidence();
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_add_event(history, &old), 0);
	assert_int_equal(history_add_event(history, &young), 0);
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(evidence_rows(), 2);
	assert_int_equal(history_begin(history), 0);
	assert_int_equal(history_expire(history, young.time, &keep, &more), 0);
	assert_int_equal(history_commit(history), 0);
	assert_int_equal(evidence_rows(), 1);
	ask(history, TABLE_EVENTS, 0);
	assert_int_equal(found_count, 1);
	assert_true(found[0].samples == 1234);
	history_close(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_comes_back_as_it_was),
		cmocka_unit_test(candidates_widen_and_come_by_address),
		cmocka_unit_test(the_oldest_candidates_give_way_by_number),
		cmocka_unit_test(source_ports_come_back_by_their_span),
		cmocka_unit_test(an_older_database_has_none_and_still_opens),
		cmocka_unit_test(damaged_evidence_is_refused),
		cmocka_unit_test(evidence_goes_with_its_event),
	};

	return cmocka_run_group_tests(tests, world_open, world_close);
}
