/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/report/small_world.h"

/* 5000/tcp appears on February 11 and rises on the 27th: two incidents, one story. */
static struct history *new_port_world(void)
{
	static const struct addition more[] = {
		{FEB11, FEB11 + INT64_C(16) * 86400, 5000, CHINA, 2},
		{FEB11 + INT64_C(16) * 86400, MAR1 + 2 * 86400, 5000, CHINA, 20},
		{FEB11, MAR1 + 2 * 86400, 5001, JAPAN, 1},
	};
	struct history *history = world_with(more, 3, 0, 0);
	struct event open =
		event_of("e1-0", "i1-0", EVENT_OPEN, EVENT_NEW_PORT, "tcp/5000", FEB11 + 7200);
	struct event end =
		event_of("e1-0", "i1-0", EVENT_END, EVENT_NEW_PORT, "tcp/5000", FEB11 + 3 * 86400);
	struct event again = event_of("e2-0", "i2-0", EVENT_OPEN, EVENT_NEW_PORT, "tcp/5000",
		FEB11 + INT64_C(16) * 86400 + 7200);

	tell(history, &open);
	end.reason = EVENT_REASON_NEW_NORMAL;
	tell(history, &end);
	tell(history, &again);
	return history;
}

static void a_story_of_two_incidents_is_one_finding(void **state)
{
	struct history *history = new_port_world();
	struct files files = {0};

	(void)state;
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html",
		"Access to 5000/tcp from China had hardly been seen before. It "
		"appeared on February 11.");
	assert_has(&files, ".en.html", "It rose further from February 27 on.");
	assert_has(&files, ".en.html", "there were 0 packets a day on average");
	assert_has(&files, ".en.html", "It was still going on at the end of the month.");
	assert_has_not(&files, ".en.html", "finding-2");
	assert_has(&files, "-findings.csv",
		"new_port,tcp/5000,CN,1,critical,open,2014-02-11T00:00:00Z,2,0,");
	/* 16 days of 48 packets, 2 of 480. */
	assert_has(&files, "-findings.csv", ",1728,18,3,i1-0 i2-0\n");
	assert_has(&files, "-tcp-5000-CN.csv",
		"time,proto,port,country,packets\n2014-02-11T00:00:00Z,tcp,5000,CN,48\n");
	assert_has(&files, "-tcp-5000-CN.csv", "2014-02-28T00:00:00Z,tcp,5000,CN,480\n");
	assert_has(&files, "-tcp-5000-CN.en.svg", ">Feb\u00a011</text>");
	assert_has(&files, "-tcp-5000-CN.en.svg", ">Feb\u00a027</text>");
	free_files(&files);
	history_close(history);
}

static void the_same_history_gives_the_same_bytes(void **state)
{
	struct history *history = new_port_world();
	struct files first = {0}, second = {0};

	(void)state;
	assert_int_equal(report(history, "Asia/Tokyo", LANGUAGE_JA, "s", &first), 0);
	history_close(history);
	history = open_as(HISTORY_READ);
	assert_int_equal(report(history, "Asia/Tokyo", LANGUAGE_JA, "s", &second), 0);
	assert_int_equal(first.count, second.count);
	for (size_t i = 0; i < first.count; i++) {
		assert_string_equal(first.file[i].name, second.file[i].name);
		assert_int_equal(first.file[i].size, second.file[i].size);
		assert_memory_equal(first.file[i].data, second.file[i].data, first.file[i].size);
	}
	assert_has(&first, ".ja.html",
		"中国を発信元とする宛先ポート 5000/tcp "
		"に対するアクセスは、これまでほとんど観測されませんでしたが、"
		"2月11日以降観測されるようになりました。");
	free_files(&first);
	free_files(&second);
	history_close(history);
}

static void hostile_texts_stay_texts(void **state)
{
	struct history *history = new_port_world();
	struct event event =
		event_of("\"><i>id</i>", "i9\"'><u>", EVENT_OPEN, EVENT_SURGE, "tcp/445@JP", FEB11);
	struct files files = {0};

	(void)state;
	snprintf(event.geo_id, sizeof(event.geo_id), "</dd><script>geo()</script>");
	snprintf(event.geo_date, sizeof(event.geo_date), "\xff<b>&");
	snprintf(event.evidence.pcap, sizeof(event.evidence.pcap), "<script>pcap</script>");
	event.evidence.samples = event.evidence.packets = 1e300;
	event.evidence.concentration = event.evidence.breadth = 1e300;
	event.severity = EVENT_CRITICAL;
	event.excess = 1e300;
	event.sources = 1e300;
	event.packets_per_source = 1e300;
	tell(history, &event);
	assert_int_equal(
		report(history, "UTC", LANGUAGE_EN, "<script>alert('1')</script>\x80", &files), 0);
	assert_has(
		&files, ".en.html", "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\xef\xbf\xbd");
	assert_has(&files, ".en.html", "&lt;/dd&gt;&lt;script&gt;geo()");
	for (size_t i = 0; i < files.count; i++) {
		assert_null(strstr(files.file[i].data, "<script"));
		assert_null(strstr(files.file[i].data, "<i>"));
		assert_null(strstr(files.file[i].data, "<b>&"));
		if (strstr(files.file[i].name, ".html"))
			assert_null(strstr(files.file[i].data, "<u>"));
	}
	assert_has(&files, "-findings.csv", ",\"i9\"\"'><u>\"");
	free_files(&files);
	history_close(history);
}

static void extreme_counts_stay_numbers(void **state)
{
	struct history *history = new_port_world();
	struct event event =
		event_of("e9-0", "i9-0", EVENT_OPEN, EVENT_SURGE, "tcp/445@JP", FEB11 + 60);
	struct files files = {0};

	(void)state;
	for (int64_t day = 0; day < 9; day++) {
		make_hour(FEB11 + day * 86400 + 60, NULL, 0);
		minute.covered = 0;
		minute.addresses = UINT64_MAX;
		minute.ports[0].packets = minute.ports[0].bytes = minute.ports[0].syn = UINT64_MAX;
		minute.cells[0].packets = UINT32_MAX;
		minute.ledger[TT_TCP_SYN] = (struct tally){UINT64_MAX, UINT64_MAX};
		add_alone(history, &minute);
	}
	tell(history, &event);
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	/* Sums stop at the greatest number; nothing wraps to a small one. */
	assert_has(&files, "-ports.csv", "1,tcp,445,18446744073709551615,7440,");
	assert_has_not(&files, ".en.html", ">nan");
	assert_has_not(&files, ".en.html", "inf");
	assert_has_not(&files, "-all.en.svg", "nan");
	assert_has_not(&files, "-all.en.svg", "inf");
	free_files(&files);
	history_close(history);
}

static void days_are_those_of_the_zone(void **state)
{
	static const struct addition more[] = {
		/* The last hour of January in Tokyo, and the first of February. */
		{FEB1 - 10 * 3600, FEB1 - 9 * 3600, 23, CHINA, 3},
		{FEB1 - 9 * 3600, FEB1 - 8 * 3600, 23, CHINA, 5},
		/* The last of February, and the first of March. */
		{MAR1 - 10 * 3600, MAR1 - 9 * 3600, 23, CHINA, 7},
		{MAR1 - 9 * 3600, MAR1 - 8 * 3600, 23, CHINA, 11},
	};
	struct history *history = world_with(more, 4, 0, 0);
	struct files files = {0};

	(void)state;
	assert_int_equal(report(history, "Asia/Tokyo", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, "-ports.csv", "2,tcp,23,12,3,12,");
	assert_has(
		&files, "-days.csv", "\n2014-01-31T00:00:00+09:00,86400,86400.000,256,243,2,0\n");
	assert_has(
		&files, "-days.csv", "\n2014-02-01T00:00:00+09:00,86400,86400.000,256,245,2,0\n");
	assert_has(
		&files, "-days.csv", "\n2014-02-28T00:00:00+09:00,86400,86400.000,256,247,2,0\n");
	/* January began nine hours before the first record: those are no zeros. */
	assert_has(
		&files, "-days.csv", "\n2014-01-01T00:00:00+09:00,86400,54000.000,256,150,1,0\n");
	free_files(&files);
	history_close(history);
}

static void a_gap_is_drawn_and_is_not_zero(void **state)
{
	static const struct addition more[] = {{FEB11, MAR1, 23, CHINA, 5}};
	struct history *history = world_with(more, 1, FEB1 + 86400, FEB1 + 3 * 86400);
	struct files files = {0};

	(void)state;
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, "-days.csv", "\n2014-02-02T00:00:00Z,86400,0.000,,,,\n");
	assert_has(&files, "-all.en.svg", "Without observation, hatched: 2 days.");
	assert_has(&files, "-all.en.svg", "<rect fill=\"url(#f1-wide-hatch)\"");
	assert_has_not(&files, "-all.csv", "2014-02-02");
	/* 26 of 28 days were observed: the rate is that of those. */
	assert_has(&files, ".en.html", "624 of 672 hours");
	assert_has(&files, "-ports.csv", "1,tcp,445,6240,7440,6240,0.9375,0.9375\n");
	free_files(&files);
	history_close(history);
}

static void a_fall_back_is_the_end_of_a_rise(void **state)
{
	static const struct addition more[] = {{FEB11, FEB11 + 7200, 7777, CHINA, 500}};
	struct history *history = world_with(more, 1, 0, 0);
	struct event open =
		event_of("e1-0", "i1-0", EVENT_OPEN, EVENT_SURGE, "tcp/7777@CN", FEB11 + 60);
	struct event end =
		event_of("e1-0", "i1-0", EVENT_END, EVENT_SURGE, "tcp/7777@CN", FEB11 + 3 * 86400);
	struct event drop =
		event_of("e3-0", "i1-0", EVENT_OPEN, EVENT_DROP, "tcp/7777@CN", FEB11 + 4 * 86400);
	struct files files = {0};

	(void)state;
	open.sources = 1;
	open.packets_per_source = 500;
	open.severity = EVENT_CRITICAL;
	end.reason = EVENT_REASON_NEW_NORMAL;
	tell(history, &open);
	tell(history, &end);
	tell(history, &drop);
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html", "Access to 7777/tcp from China rose from February 11 on.");
	assert_has(&files, ".en.html", "After February 11 it was back at the level before.");
	assert_has(&files, ".en.html", "the work of a single sender");
	assert_has(&files, "-findings.csv",
		"surge,tcp/7777,CN,1,critical,ended,2014-02-11T00:00:00Z,1,0,");
	free_files(&files);
	history_close(history);
}

static void source_port_53_is_told_by_country(void **state)
{
	static const struct addition more[] = {
		{FEB1 + 2 * 86400, MAR1, TT_ROW_NONE, CHINA, 6},
		{FEB1 + 2 * 86400, MAR1, TT_ROW_NONE, JAPAN, 4},
	};
	struct history *history = world_with(more, 2, 0, 0);
	struct event open = event_of(
		"e1-0", "i1-0", EVENT_OPEN, EVENT_SPORT53, "udp-src53@CN", FEB1 + 2 * 86400 + 7200);
	struct files files = {0};

	(void)state;
	tell(history, &open);
	assert_int_equal(report(history, "UTC", LANGUAGE_JA, "", &files), 0);
	assert_has(&files, ".ja.html",
		"2月3日以降、53/udp を発信元ポートとするパケットが増加しました。");
	assert_has(&files, "-udp-src53.ja.svg", "下から順に中国、日本。");
	assert_has(&files, "-udp-src53.csv",
		"time,country,class,packets\n2014-02-03T00:00:00Z,CN,response,144\n"
		"2014-02-03T00:00:00Z,JP,response,96\n");
	assert_has(&files, ".ja.html", "応答 100\xc2\xa0%、問い合わせ 0\xc2\xa0%");
	free_files(&files);
	history_close(history);
}

/* 1,000 sources a day, of 5000/tcp 24; one day of the month is not known. */
static int known_sources(
	struct store *store, const struct store_sources_query *query, struct store_sources *sources)
{
	(void)store;
	assert_int_equal(query->from % 3600, 0);
	assert_int_equal(query->to % 3600, 0);
	if (query->from == FEB1 + 5 * 86400)
		return -ENODATA;
	*sources = (struct store_sources){query->kind == SOURCES_TOTAL ? 1000 : 24, .025};
	return 0;
}

static int least_sources(
	struct store *store, const struct store_sources_query *query, struct store_sources *sources)
{
	(void)store;
	(void)query;
	*sources = (struct store_sources){5000, INFINITY};
	return 0;
}

static void sources_are_told_with_their_error(void **state)
{
	struct history *history = new_port_world();
	struct files files = {0};

	(void)state;
	sources_instead = known_sources;
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html",
		"<strong>1,000</strong> <small>mean of the days, standard "
		"error 2.5\xc2\xa0%</small>");
	assert_has(
		&files, ".en.html", "about 24 on a day with packets (standard error 2.5\xc2\xa0%)");
	free_files(&files);
	sources_instead = least_sources;
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html", "<strong>5,000</strong> <small>at least, mean of the days");
	assert_has(&files, ".en.html", "at least 5,000 on a day with packets");
	free_files(&files);
	sources_instead = NULL;
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html", "<small>not counted in this period</small>");
	free_files(&files);
	history_close(history);
}

static void samples_are_part_of_the_evidence(void **state)
{
	static const struct addition more[] = {{FEB11, MAR1, 23, CHINA, 9}};
	struct history *history = world_with(more, 1, 0, 0);
	struct event open =
		event_of("e1-0", "i1-0", EVENT_OPEN, EVENT_SURGE, "tcp/23@CN", FEB11 + 7200);
	struct event_evidence *evidence = &open.evidence;
	struct files files = {0};

	(void)state;
	evidence->samples = 40;
	evidence->packets = 400;
	evidence->since = FEB11;
	evidence->top_prefixes[0] = (struct event_origin){
		.bytes = {198, 51, 100}, .country = CHINA, .packets = 100, .share = .25};
	evidence->top_prefix_count = 1;
	evidence->top_source = (struct event_origin){
		.bytes = {198, 51, 100, 7}, .country = CHINA, .packets = 50, .share = .125};
	evidence->breadth = .75;
	evidence->mirai = .625;
	evidence->zmap = evidence->masscan = 0;
	snprintf(evidence->pcap, sizeof(evidence->pcap), "incidents/i1-0.pcap");
	tell(history, &open);
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html", "198.51.100.0/24 CN (25.0\xc2\xa0%)");
	assert_has(&files, ".en.html", "198.51.100.7 CN: 12.5\xc2\xa0% of the packets");
	assert_has(&files, ".en.html", "75.0\xc2\xa0% of the monitored ones");
	assert_has(&files, ".en.html", "Mirai 62.5\xc2\xa0%, ZMap 0\xc2\xa0%, masscan 0\xc2\xa0%");
	assert_has(&files, ".en.html", "the mark of Mirai and its relatives");
	assert_has(&files, ".en.html", "40 of 400 packets; incidents/i1-0.pcap");
	assert_has_not(&files, ".en.html", "the work of a single sender");
	free_files(&files);
	history_close(history);
}

/* Counted with sources = no: one sender is known by samples, and no number of sources is told. */
static void unknown_sources_of_an_event_are_not_told(void **state)
{
	static const struct addition more[] = {{FEB11, MAR1, 23, CHINA, 9}};
	struct history *history = world_with(more, 1, 0, 0);
	struct event open =
		event_of("e1-0", "i1-0", EVENT_OPEN, EVENT_SURGE, "tcp/23@CN", FEB11 + 7200);
	struct files files = {0};

	(void)state;
	open.sources = open.packets_per_source = NAN;
	open.evidence.samples = open.evidence.packets = 400;
	open.evidence.top_source = (struct event_origin){
		.bytes = {198, 51, 100, 7}, .country = CHINA, .packets = 396, .share = .99};
	tell(history, &open);
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html", "198.51.100.7 CN: 99.0\xc2\xa0% of the packets");
	assert_has(&files, ".en.html", "the work of a single sender");
	assert_has_not(&files, ".en.html", "in the minute of an event");
	free_files(&files);
	history_close(history);
}

static void a_month_without_records_says_so(void **state)
{
	struct history *history = open_new();
	struct files files = {0};

	(void)state;
	make_hour(MAR1, NULL, 0);
	add_alone(history, &minute);
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), -ENODATA);
	assert_has(&files, ".en.html", "The history has no record of this month.");
	free_files(&files);
	history_close(history);
}

static void a_file_that_cannot_be_written_ends_the_report(void **state)
{
	struct history *history = new_port_world();
	struct files files = {.fail_at = 3};

	(void)state;
	assert_int_equal(report(history, "UTC", LANGUAGE_EN, "", &files), -ENOSPC);
	assert_int_equal(files.count, 2);
	free_files(&files);
	history_close(history);
}

static void borders_move_to_where_data_are_kept(void **state)
{
	const struct history_retention no_minutes = {1, 0, 0}, no_hours = {1, 2, 0};
	struct history *history = new_port_world();
	struct files files = {0};
	bool more = true;

	(void)state;
	assert_int_equal(report(history, "Asia/Kolkata", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html", "Calendar days of Asia/Kolkata.");
	free_files(&files);
	while (more) {
		assert_int_equal(history_begin(history), 0);
		assert_int_equal(
			history_expire(history, MAR1 + 200 * 86400, &no_minutes, &more), 0);
		assert_int_equal(history_commit(history), 0);
	}
	assert_int_equal(report(history, "Asia/Kolkata", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html", "moved back to the whole hour");
	assert_has(&files, "-days.csv", "\n2014-02-01T23:30:00+05:30,86400,86400.000,");
	free_files(&files);
	for (more = true; more;) {
		assert_int_equal(history_begin(history), 0);
		assert_int_equal(history_expire(history, MAR1 + 200 * 86400, &no_hours, &more), 0);
		assert_int_equal(history_commit(history), 0);
	}
	assert_int_equal(report(history, "Asia/Tokyo", LANGUAGE_EN, "", &files), 0);
	assert_has(&files, ".en.html", "Calendar days of UTC, since hours are not kept");
	assert_has(&files, "-days.csv", "\n2014-02-11T09:00:00+09:00,86400,86400.000,");
	free_files(&files);
	history_close(history);
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(a_story_of_two_incidents_is_one_finding),
		IN_A_WORLD(the_same_history_gives_the_same_bytes),
		IN_A_WORLD(hostile_texts_stay_texts),
		IN_A_WORLD(extreme_counts_stay_numbers),
		IN_A_WORLD(days_are_those_of_the_zone),
		IN_A_WORLD(a_gap_is_drawn_and_is_not_zero),
		IN_A_WORLD(a_fall_back_is_the_end_of_a_rise),
		IN_A_WORLD(source_port_53_is_told_by_country),
		IN_A_WORLD(sources_are_told_with_their_error),
		IN_A_WORLD(samples_are_part_of_the_evidence),
		IN_A_WORLD(unknown_sources_of_an_event_are_not_told),
		IN_A_WORLD(a_month_without_records_says_so),
		IN_A_WORLD(a_file_that_cannot_be_written_ends_the_report),
		IN_A_WORLD(borders_move_to_where_data_are_kept),
	};

	assert_int_equal(minute_reserve(&minute), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
