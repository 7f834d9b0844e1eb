/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generated worlds whose truth is known: evidence says of them what is true. */
#include "tests/unit/bpf/host_parser.h"
#include "tests/unit/evidence/frames.h"
#include "user/evidence/evidence.h"
#include "user/evidence/figures.h"
#include "user/input/captures.h"
#include "user/model/port.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define START INT64_C(1392076800) /* 2014-02-11T00:00:00Z */
#define NETWORK 0xc0000200u       /* 192.0.2.0/24, monitored */

static struct evidence *evidence;
static struct minute minute;
static uint64_t frames; /* seen by the sensor, for the choice of samples */
static uint64_t real_packets;

/* 10.0.0.0/8 is Japanese, the rest American. */
static country_id locate(const void *context, bool is_v6, uint64_t address)
{
	country_id id = COUNTRY_ZZ;

	(void)context;
	country_find(!is_v6 && address >> 24 == 10 ? "JP" : "US", &id);
	return id;
}

static void begin(void)
{
	struct evidence_parameters parameters = {.background = 8, .names_files = true};

	country_find("JP", &parameters.own_country);
	evidence_free(evidence);
	assert_int_equal(evidence_new(&parameters, &evidence), 0);
	minute_clear(&minute);
	minute.start = START;
	minute.addresses = 256;
	frames = 0;
}

/* As the program chooses: one in 2^shift. */
static void see(struct tt_sample sample, unsigned int shift)
{
	uint64_t fraction = frames++ * 0x9e3779b97f4a7c15ULL >> 32;

	if (fraction >> (32 - shift))
		return;
	sample.shift = (uint8_t)shift;
	evidence_add(evidence, &sample, START * 1000000000 + (int64_t)frames,
		(struct evidence_places){locate, NULL});
}

static struct event explained(const char *key)
{
	struct event event = event_blank();

	assert_true(series_parse(key, &event.key));
	event.time = event.onset = START;
	snprintf(event.incident, sizeof(event.incident), "i%llx-0", (unsigned long long)START);
	evidence_explain(evidence, &minute, &event);
	return event;
}

static bool is_near(double value, double truth, double relative)
{
	return fabs(value - truth) <= relative * truth;
}

/* -- A scan -------------------------------------------------------------------------------- */

/* Prefix i of 40 sends in proportion to 1 / (i + 4), from 50 sources. */
static void the_ten_largest_prefixes_and_their_shares_are_found(void **state)
{
	double packets[40] = {0}, total = 0, sum = 0;
	struct event event;

	(void)state;
	begin();
	srandom(1);
	for (unsigned int i = 0; i < 40; i++)
		sum += 1. / (i + 4);
	for (unsigned int n = 0; n < 400000; n++) {
		double draw = (double)random() / RAND_MAX * sum;
		unsigned int prefix = 0;

		while (prefix < 39 && (draw -= 1. / (prefix + 4)) > 0)
			prefix++;
		packets[prefix]++;
		total++;
		see(sample_syn(0xcb000000u + prefix * 65536 + (uint32_t)random() % 50,
			    NETWORK + (uint32_t)random() % 256, 23, (uint32_t)random(), 1),
			3);
	}
	event = explained("tcp/23");
	assert_true(is_near(event.evidence.samples, 50000, .001));
	assert_true(is_near(event.evidence.packets, total, .001));
	assert_int_equal(event.evidence.top_prefix_count, EVENT_TOP_PREFIXES);
	/* Nobody counted the sources of the port's minute: samples since the onset are no such
	 * count. */
	assert_true(isnan(event.sources) && isnan(event.packets_per_source));
	for (unsigned int i = 0; i < EVENT_TOP_PREFIXES; i++) {
		const struct event_origin *prefix = &event.evidence.top_prefixes[i];

		print_message("prefix %u: share %.4f, truth %.4f\n", prefix->bytes[1],
			prefix->share, packets[prefix->bytes[1]] / total);
		assert_int_equal(prefix->bytes[0], 0xcb);
		assert_true(is_near(prefix->share, packets[prefix->bytes[1]] / total, .05));
		assert_true(packets[prefix->bytes[1]] >= packets[11]);
	}
	assert_true(is_near(event.evidence.concentration, packets[0] / total, .05));
	assert_true(is_near(event.evidence.breadth, 1, .01));
	assert_int_equal(event.evidence.own_country, 0);
	assert_string_equal(event.evidence.pcap, "incidents/i52f96800-0.pcap");
}

static void what_one_address_saw_is_narrow_and_concentrated(void **state)
{
	struct event event;

	(void)state;
	begin();
	for (unsigned int n = 0; n < 100000; n++)
		see(sample_syn(0x01020304, NETWORK + 9, 5000, n, 1), 6);
	event = explained("tcp/5000");
	assert_true(is_near(event.evidence.breadth, 1. / 256, .01));
	assert_int_equal(event.evidence.concentration, 1);
	assert_int_equal(event.evidence.top_source.share, 1);
	assert_memory_equal(event.evidence.top_source.bytes, "\1\2\3\4", 4);
}

/* 100 of 256 addresses, one packet in 16 seen: breadth is an estimate, and near. */
static void breadth_counts_addresses_that_no_sample_touched(void **state)
{
	struct event event;

	(void)state;
	begin();
	srandom(2);
	for (unsigned int n = 0; n < 3200; n++)
		see(sample_syn(0x01020304 + n, NETWORK + (uint32_t)random() % 100, 8080, n, 1), 4);
	event = explained("tcp/8080");
	print_message(
		"breadth %.3f from %.0f samples\n", event.evidence.breadth, event.evidence.samples);
	assert_true(is_near(event.evidence.breadth, 100. / 256, .15));
}

static void fingerprints_are_exact_for_packets_seen(void **state)
{
	struct event event;

	(void)state;
	begin();
	for (uint32_t n = 0; n < 1000; n++) {
		uint32_t to = NETWORK + n % 256;

		if (n < 730)
			see(sample_syn(n, to, 23, to, 2), 0);
		else if (n < 850)
			see(sample_syn(n, to, 23, n, 54321), 0);
		else if (n < 900)
			see(sample_syn(n, to, 23, n, (to ^ 23 ^ n) & 0xffff), 0);
		else
			see(sample_syn(n, to, 23, n, (to ^ 22 ^ n) & 0xffff), 0);
	}
	event = explained("tcp/23");
	assert_true(event.evidence.mirai == .73);
	assert_true(event.evidence.zmap == .12);
	assert_true(event.evidence.masscan == .05);
	assert_true(event.evidence.samples == 1000 && event.evidence.packets == 1000);
}

/* Of a port that was not sampled whole, what the row counted in the minute. */
static void fingerprints_of_a_port_are_those_that_were_counted(void **state)
{
	struct event event;

	(void)state;
	begin();
	minute.ports[0] =
		(struct port_count){.row = 23, .packets = 3000, .syn = 1000, .marks = {501, 7, 0}};
	minute.port_count = 1;
	for (uint32_t n = 0; n < 3000; n++)
		see(sample_syn(n, NETWORK, 23, NETWORK, 1), 3);
	event = explained("tcp/23");
	assert_true(event.evidence.mirai == .501 && event.evidence.zmap == .007);
	assert_true(event.evidence.masscan == 0);
	event = explained("tcp/23@US");
	assert_true(event.evidence.mirai == 1);
}

/* -- Source port 53 ------------------------------------------------------------------------ */

static const char *const captures[] = {
	"../shared/data/captures/curated_small.pcap",
	"../shared/data/captures/tcpdump_suite.pcap.gz",
};

/* Behind two bytes, as drivers align the IP header. */
static struct packet parse_real(const struct capture_packet *packet)
{
	uint8_t *room = malloc(packet->available + 2u);
	struct packet parsed;

	assert_non_null(room);
	memcpy(room + 2, packet->data, packet->available);
	parsed = host_parse(room + 2, packet->available, packet->available);
	free(room);
	return parsed;
}

static void see_real(const struct capture_packet *packet)
{
	struct packet parsed = parse_real(packet);
	struct tt_sample sample = {
		.row = parsed.row,
		.length = packet->length,
		.class = (uint8_t)parsed.class,
	};

	if (parsed.class != TT_UDP53_QUERY && parsed.class != TT_UDP53_SHORT)
		return;
	sample.captured = (uint16_t)(packet->available < TT_SAMPLE_BYTES ? packet->available
									 : TT_SAMPLE_BYTES);
	memcpy(sample.bytes, packet->data, sample.captured);
	see(sample, 0);
	real_packets++;
}

/* The real queries and short packets from port 53. */
static void mix_real_packets_in(void)
{
	struct captures *read;
	struct capture_packet packet;
	struct capture_error error;
	int more;

	real_packets = 0;
	if (captures_open(captures, 2, &error, &read)) {
		print_message("SKIP: real packets are not mixed in: %s\n", error.text);
		return;
	}
	while ((more = captures_next(read, &packet)))
		if (more > 0 && packet.available >= 14)
			see_real(&packet);
	captures_close(read);
	print_message("%llu real packets mixed in\n", (unsigned long long)real_packets);
	assert_true(real_packets > 0);
}

/* 5,000 resolvers in the world, 4 % of them domestic; one packet of each, a few twice. */
static void probing_is_told_as_probing(void **state)
{
	struct event event;
	size_t candidates;

	(void)state;
	begin();
	for (uint32_t n = 0; n < 5200; n++) {
		uint32_t source = n % 5000 + (n % 5000 % 25 == 0 ? 0x0a000000 : 0x14000000);
		unsigned int rcode = n % 10 == 0 ? 5 : 0;

		see(sample_dns(source, NETWORK + n % 256, 1024 + n, 0x8180 | rcode, rcode == 0, 60),
			0);
	}
	mix_real_packets_in();
	event = explained("udp-src53");
	print_message("%s\n", event.evidence.verdict_text);
	assert_int_equal(event.evidence.verdict, EVENT_VERDICT_PROBING);
	assert_true(event.packets_per_source > 1 && event.packets_per_source < 1.1);
	assert_true(is_near(event.sources, 5000, .02));
	assert_true(event.evidence.rcodes[5] == .1 && event.evidence.rcodes[0] == .9);
	assert_true(isnan(event.evidence.rcodes[2]));
	assert_true(event.evidence.answering == .9 && event.evidence.recursion_available == 1);
	assert_true(event.evidence.own_country > .03 && event.evidence.own_country < .05);
	/* REFUSED is no candidate, and so are not queries and short packets. */
	evidence_resolvers(evidence, &candidates);
	assert_int_equal(candidates, 4500);
}

/* 40 domestic resolvers and 60 others, again and again. */
static void residue_is_told_as_residue(void **state)
{
	struct event event;

	(void)state;
	begin();
	for (uint32_t n = 0; n < 20000; n++) {
		uint32_t source = n % 100 + (n % 100 < 40 ? 0x0a000000 : 0x14000000);

		see(sample_dns(source, NETWORK + n % 7, 80, 0x8180, 5, 600), 0);
	}
	mix_real_packets_in();
	event = explained("udp-src53");
	print_message("%s\n", event.evidence.verdict_text);
	assert_int_equal(event.evidence.verdict, EVENT_VERDICT_RESIDUE);
	assert_true(event.packets_per_source > 100);
	assert_true(event.evidence.own_country > .30 && event.evidence.own_country < .45);
}

/* The same two, of which one packet in 16 is seen. */
static void verdicts_hold_for_samples(void **state)
{
	struct event event;

	(void)state;
	begin();
	for (uint32_t n = 0; n < 40000; n++)
		see(sample_dns((n % 25 ? 0x14000000 : 0x0a000000) + n, NETWORK + n % 256, 1024,
			    0x8180, 1, 60),
			4);
	event = explained("udp-src53");
	print_message("%s\n", event.evidence.verdict_text);
	assert_int_equal(event.evidence.verdict, EVENT_VERDICT_PROBING);
	begin();
	srandom(3);
	for (uint32_t n = 0; n < 40000; n++) {
		uint32_t which = (uint32_t)random() % 300;

		see(sample_dns((which % 5 ? 0x14000000 : 0x0a000000) + which, NETWORK + n % 7, 80,
			    0x8180, 5, 600),
			4);
	}
	event = explained("udp-src53");
	print_message("%s\n", event.evidence.verdict_text);
	assert_int_equal(event.evidence.verdict, EVENT_VERDICT_RESIDUE);
	assert_true(is_near(event.sources, 300, .05));
}

static void few_packets_and_queries_are_not_judged(void **state)
{
	struct event event;

	(void)state;
	begin();
	for (uint32_t n = 0; n < 29; n++)
		see(sample_dns(n, NETWORK, 80, 0x8180, 5, 600), 0);
	event = explained("udp-src53");
	assert_int_equal(event.evidence.verdict, EVENT_VERDICT_NONE);
	assert_string_equal(event.evidence.verdict_text, "");
	for (uint32_t n = 0; n < 1000; n++)
		see(sample_dns(n, NETWORK, 80, 0x0100, 0, 30), 0);
	event = explained("udp-src53");
	assert_int_equal(event.evidence.verdict, EVENT_VERDICT_UNCLEAR);
}

static void what_nobody_sampled_is_unknown(void **state)
{
	struct event event;

	(void)state;
	begin();
	event = explained("tcp/9");
	assert_true(isnan(event.evidence.samples) && isnan(event.evidence.breadth));
	assert_int_equal(event.evidence.top_prefix_count, 0);
	assert_string_equal(event.evidence.pcap, "");
}

/* Hostile DNS: whatever it says, the list holds what the definition says. */
static void hostile_answers_are_no_candidates(void **state)
{
	static const struct {
		unsigned int flags, payload;
		bool is_candidate;
	} cases[] = {
		{0x8180, 12, true},  /* the header alone */
		{0x8180, 11, false}, /* less than that */
		{0x8100, 60, false}, /* no recursion */
		{0x0180, 60, false}, /* a query */
		{0xa880, 60, false}, /* opcode 5 */
		{0x8185, 60, false}, /* REFUSED */
		{0x8183, 60, true},  /* NXDOMAIN */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t count;

		begin();
		see(sample_dns(7, NETWORK, 80, cases[i].flags, 65535, cases[i].payload), 0);
		evidence_resolvers(evidence, &count);
		assert_int_equal(count, cases[i].is_candidate);
	}
}

static void candidates_add_up_and_are_bounded(void **state)
{
	const struct resolver *list;
	size_t count;

	(void)state;
	begin();
	for (uint32_t n = 0; n < EVIDENCE_CANDIDATES + 10; n++) {
		see(sample_dns(n, NETWORK, 80, 0x8182, 0, 40), 0);
		see(sample_dns(n, NETWORK, 80, 0x8180, 1, 90), 0);
	}
	list = evidence_resolvers(evidence, &count);
	assert_int_equal(count, EVIDENCE_CANDIDATES);
	assert_int_equal(evidence_health(evidence).unlisted, 20);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(list[i].packets, 2);
		assert_int_equal(list[i].rcode, 0);
		assert_int_equal(list[i].max_length, 90);
		assert_int_equal(list[i].address[3], i % 256);
	}
	evidence_stored(evidence);
	evidence_resolvers(evidence, &count);
	assert_int_equal(count, 0);
}

/* -- Source ports --------------------------------------------------------------------------- */

static struct tt_sample udp_from(unsigned int port, uint32_t source)
{
	struct tt_sample sample = sample_dns(source, NETWORK, 80, 0, 0, 60);

	sample.class = TT_UDP_OTHER;
	put16(sample.bytes + 34, port);
	return sample;
}

static struct tt_sample syn_ack_from(unsigned int port, uint32_t source)
{
	struct tt_sample sample = sample_syn(source, NETWORK, 40000, 1, 1);

	sample.class = TT_TCP_BACKSCATTER;
	put16(sample.bytes + 34, port);
	return sample;
}

static void end_minute(int64_t start)
{
	struct sampling_plan plan;

	minute.start = start;
	evidence_plan(evidence, &minute, &plan);
}

static const struct source_port *told(enum source_port_span span, bool is_tcp, unsigned int port)
{
	size_t count;
	const struct source_port *rows = evidence_source_ports(evidence, &count);

	for (size_t i = 0; i < count; i++)
		if (rows[i].span == span && rows[i].is_tcp == is_tcp && rows[i].port == port)
			return &rows[i];
	return NULL;
}

/* Two minutes of an hour, then one of another day. */
static void source_ports_are_told_by_minute_hour_and_day(void **state)
{
	const struct source_port *row;

	(void)state;
	begin();
	for (unsigned int m = 0; m < 2; m++) {
		for (uint32_t n = 0; n < 2000; n++)
			see(udp_from(123, 0x14000000 + n + m * 1000), 0);
		for (uint32_t n = 0; n < 600; n++)
			see(syn_ack_from(80, 0x14000000 + n % 20), 0);
		for (uint32_t n = 0; n < 100; n++)
			see(sample_dns(n, NETWORK, 80, n % 4 ? 0x8180 : 0x8185, n % 4, 60), 0);
		end_minute(START + 60 * m);
	}
	row = told(SOURCE_PORT_MINUTE, false, 123);
	assert_non_null(row);
	assert_int_equal(row->start, START);
	assert_int_equal(row->samples, 2000);
	assert_true(row->packets == 2000 && is_near(row->sources, 2000, .1));
	assert_int_equal(row->verdict, EVENT_VERDICT_PROBING);
	assert_true(isnan(row->response) && row->own_country == 0);
	assert_null(told(SOURCE_PORT_MINUTE, true, 80));
	assert_null(told(SOURCE_PORT_HOUR, false, 123)); /* not over yet */
	see(udp_from(1900, 1), 0);
	end_minute(START + 86400);
	row = told(SOURCE_PORT_HOUR, false, 123);
	assert_non_null(row);
	assert_int_equal(row->start, START);
	assert_int_equal(row->samples, 4000);
	assert_true(is_near(row->sources, 3000, .1)); /* not the sum of the minutes */
	row = told(SOURCE_PORT_DAY, true, 80);
	assert_non_null(row);
	assert_true(row->samples == 1200 && row->sources == 20);
	assert_int_equal(row->verdict, EVENT_VERDICT_BACKSCATTER);
	row = told(SOURCE_PORT_DAY, false, 53);
	assert_true(row->response == 1 && row->refused == .25 && row->noerror == .75);
	assert_true(row->answering == .75 && row->query == 0);
	evidence_stored(evidence);
	evidence_finish(evidence);
	assert_null(told(SOURCE_PORT_DAY, false, 123));
	assert_non_null(told(SOURCE_PORT_DAY, false, 1900));
}

static void frequent_tcp_ports_outlive_a_scan_of_all(void **state)
{
	(void)state;
	begin();
	for (uint32_t n = 0; n < 20000; n++) {
		see(syn_ack_from(443, 0x14000000 + n % 7), 0);
		see(syn_ack_from(1024 + n, 0x15000000), 0);
	}
	end_minute(START);
	evidence_finish(evidence);
	assert_non_null(told(SOURCE_PORT_DAY, true, 443));
	assert_int_equal(told(SOURCE_PORT_DAY, true, 443)->samples, 20000);
	assert_true(evidence_health(evidence).unported >= 19000);
}

/* -- Sampling and files -------------------------------------------------------------------- */

static void rates_keep_to_the_budget(void **state)
{
	struct event event = event_blank();
	struct sampling_plan plan;

	(void)state;
	begin();
	evidence_plan(evidence, NULL, &plan);
	assert_int_equal(plan.class_shift[TT_TCP_SYN], 0);
	assert_int_equal(plan.class_shift[TT_OFF_TARGET], TT_SHIFT_NEVER);
	minute.ledger[TT_TCP_SYN].packets = EVIDENCE_BUDGET * 5;
	minute.ledger[TT_UDP53_RESPONSE].packets = EVIDENCE_BUDGET_RESPONSES;
	minute.ledger[TT_UDP_OTHER].packets = UINT64_C(1) << 40;
	minute.ports[0] = (struct port_count){.row = 23, .packets = EVIDENCE_BUDGET_ROW * 3};
	minute.port_count = 1;
	assert_true(series_parse("tcp/23@CN", &event.key));
	strcpy(event.incident, "i1-0");
	evidence_follow(evidence, &event);
	evidence_plan(evidence, &minute, &plan);
	assert_int_equal(plan.class_shift[TT_TCP_SYN], 3);
	assert_int_equal(plan.class_shift[TT_UDP53_RESPONSE], 0);
	assert_int_equal(plan.class_shift[TT_UDP_OTHER], 8); /* the background's */
	assert_int_equal(plan.row_count, 1);
	assert_int_equal(plan.rows[0].row, 23);
	assert_int_equal(plan.rows[0].shift, 2);
	/* A flood within the minute: no need to wait for its end. */
	for (uint32_t n = 0; n < 2 * EVIDENCE_BUDGET_RESPONSES; n++)
		see(sample_dns(n, NETWORK, 80, 0x8180, 1, 90), 0);
	evidence_plan(evidence, NULL, &plan);
	assert_int_equal(plan.class_shift[TT_UDP53_RESPONSE], 1);
	event.phase = EVENT_END;
	evidence_follow(evidence, &event);
	evidence_plan(evidence, &minute, &plan);
	assert_int_equal(plan.row_count, 0);
}

static size_t handed, calls;
static int64_t last_ns;

static void take_packets(
	void *context, const char *incident, const struct sampled_packet *packets, size_t count)
{
	(void)context;
	assert_string_equal(incident, "i1-0");
	for (size_t i = 0; i < count; i++) {
		assert_true(packets[i].time_ns >= last_ns);
		assert_int_equal(packets[i].sample->row, 23);
		last_ns = packets[i].time_ns;
	}
	handed += count;
	calls++;
}

static void an_incident_gets_its_packets_once_and_no_more_than_a_thousand(void **state)
{
	struct event event = event_blank();

	(void)state;
	begin();
	handed = calls = 0;
	last_ns = 0;
	event.time = event.onset = START;
	assert_true(series_parse("tcp/23", &event.key));
	strcpy(event.incident, "i1-0");
	for (uint32_t n = 0; n < 900; n++)
		see(sample_syn(n, NETWORK, n % 3 ? 23 : 24, n, 1), 0);
	evidence_follow(evidence, &event);
	evidence_packets(evidence, take_packets, NULL);
	assert_int_equal(handed, 500); /* the newest of 600 */
	evidence_packets(evidence, take_packets, NULL);
	assert_int_equal(calls, 1); /* nothing new */
	for (unsigned int m = 0; m < 20; m++) {
		for (uint32_t n = 0; n < 120; n++)
			see(sample_syn(n, NETWORK, n % 3 ? 23 : 24, n, 1), 0);
		evidence_packets(evidence, take_packets, NULL);
	}
	assert_int_equal(handed, EVIDENCE_INCIDENT_PACKETS);
}

static void distinct_things_are_estimated(void **state)
{
	(void)state;
	assert_true(figures_distinct(50, 100, 100, INFINITY) == 50); /* all were seen */
	assert_true(is_near(figures_distinct(632.3, 1000, 1e6, INFINITY), 1000, .01));
	assert_true(is_near(figures_distinct(1, 1000, 1e6, INFINITY), 1, .01));
	assert_true(is_near(figures_distinct(1000, 1000, 16000, INFINITY), 16000, .01));
	assert_true(is_near(figures_distinct(1000, 1000, 16000, 256), 256, .01));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ten_largest_prefixes_and_their_shares_are_found),
		cmocka_unit_test(what_one_address_saw_is_narrow_and_concentrated),
		cmocka_unit_test(breadth_counts_addresses_that_no_sample_touched),
		cmocka_unit_test(fingerprints_are_exact_for_packets_seen),
		cmocka_unit_test(fingerprints_of_a_port_are_those_that_were_counted),
		cmocka_unit_test(probing_is_told_as_probing),
		cmocka_unit_test(residue_is_told_as_residue),
		cmocka_unit_test(verdicts_hold_for_samples),
		cmocka_unit_test(few_packets_and_queries_are_not_judged),
		cmocka_unit_test(what_nobody_sampled_is_unknown),
		cmocka_unit_test(hostile_answers_are_no_candidates),
		cmocka_unit_test(candidates_add_up_and_are_bounded),
		cmocka_unit_test(source_ports_are_told_by_minute_hour_and_day),
		cmocka_unit_test(frequent_tcp_ports_outlive_a_scan_of_all),
		cmocka_unit_test(rates_keep_to_the_budget),
		cmocka_unit_test(an_incident_gets_its_packets_once_and_no_more_than_a_thousand),
		cmocka_unit_test(distinct_things_are_estimated),
	};
	int failed;

	if (minute_reserve(&minute))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	evidence_free(evidence);
	minute_release(&minute);
	return failed;
}
