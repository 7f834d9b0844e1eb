/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distinct sources through the loaded program, against exact sets: TAP on standard output. */
#include "user/kernel/drain.h"
#include "user/kernel/test_run.h"
#include "user/model/sketch.h"

#include <arpa/inet.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sources of a world, as many as 32 bits let us name. */
enum family { CONSECUTIVE4, SCATTERED4, HOSTS6, NETWORKS6, CHOSEN6, FAMILIES };

static const char *const family_names[FAMILIES] = {
	"consecutive IPv4 addresses",
	"scattered IPv4 addresses",
	"hosts of an IPv6 network",
	"IPv6 networks",
	"chosen IPv6 addresses",
};

static struct minute minute;
static unsigned int number, failures;

static void report(const char *claim, double estimate, double exact, unsigned int registers)
{
	double limit = 3.5 * 1.04 / sqrt(registers);
	int good = exact ? fabs(estimate / exact - 1) < limit : estimate == 0;

	failures += !good;
	printf("%s %u - %s # %.0f estimated, %.0f exact\n", good ? "ok" : "not ok", ++number, claim,
		estimate, exact);
}

/*
 * Halves of an address that cancel out in a hash which does not hide both: upper ^ lower * factor
 * is the same for all of them, with the factor that a reader of a source would try.
 */
static void choose_address(uint32_t n, uint8_t address[16])
{
	const uint64_t factor = 0x9e3779b97f4a7c15, upper = 0x20010db800000000 + n;
	uint64_t inverse = factor, lower;

	for (int i = 0; i < 5; i++)
		inverse *= 2 - factor * inverse; /* Newton's, modulo 2^64 */
	lower = upper * inverse;
	for (int i = 0; i < 8; i++) {
		address[i] = (uint8_t)(upper >> (56 - 8 * i));
		address[8 + i] = (uint8_t)(lower >> (56 - 8 * i));
	}
}

/* A SYN to 23/tcp, or a DNS query from port 53 to 4444/udp. */
static size_t make_frame(enum family family, uint32_t n, int is_sport53, uint8_t frame[96])
{
	const int is_v6 = family >= HOSTS6;
	uint8_t *ip = frame + 14, *l4 = ip + (is_v6 ? 40 : 20);
	const uint16_t l4_size = 20; /* TCP's header, or UDP's (8) and DNS's (12) */
	uint32_t scattered = htonl(n * 0x9e3779b1u), plain = htonl(0x0a000000u + n);

	memset(frame, 0, 96);
	frame[12] = is_v6 ? 0x86 : 0x08;
	frame[13] = is_v6 ? 0xdd : 0x00;
	if (is_v6) {
		ip[0] = 0x60;
		ip[5] = (uint8_t)l4_size;
		ip[6] = is_sport53 ? 17 : 6;
		memcpy(ip + 8, "\x20\x01\x0d\xb8", 4);
		memcpy(family == HOSTS6 ? ip + 20 : ip + 12, &plain, 4);
		if (family == CHOSEN6)
			choose_address(n, ip + 8);
	} else {
		ip[0] = 0x45;
		ip[3] = (uint8_t)(20 + l4_size);
		ip[9] = is_sport53 ? 17 : 6;
		memcpy(ip + 12, family == CONSECUTIVE4 ? &plain : &scattered, 4);
	}
	if (is_sport53) {
		l4[1] = 53;
		l4[2] = 4444 >> 8;
		l4[3] = 4444 & 0xff;
	} else {
		l4[3] = 23;
		l4[12] = 0x50;
		l4[13] = 0x02;
	}
	return (size_t)(l4 - frame) + l4_size;
}

static int be_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* Sources first to first + count - 1, a packet of each. */
static int send_from(
	struct program *program, enum family family, uint32_t first, uint32_t count, int is_sport53)
{
	struct tally short_eth = {0};
	uint8_t frame[96];
	int status = 0;

	for (uint32_t n = first; n < first + count && !status; n++) {
		uint32_t size = (uint32_t)make_frame(family, n, is_sport53, frame);

		status = test_run_frame(program, frame, size, size, &short_eth, NULL);
	}
	return status;
}

static int take(struct drain *drain_of, int is_stored)
{
	int status;

	minute_clear(&minute);
	status = drain_minute(drain_of, &minute);
	if (!status && is_stored)
		drain_advance(drain_of, 1);
	return status;
}

static double count_total(void)
{
	return sketch_count(minute.sources->total, TT_SOURCES_REGISTERS);
}

static double count_port(uint32_t row)
{
	for (size_t i = 0; i < minute.port_count; i++)
		if (minute.ports[i].row == row)
			return sketch_count(minute.port_sketches[i], TT_SKETCH_REGISTERS);
	return 0;
}

static double count_lane(uint32_t row)
{
	for (size_t i = 0; i < minute.lane_count; i++)
		if (minute.lanes[i].row == row)
			return sketch_count(minute.lanes[i].sketch, TT_LANE_REGISTERS);
	return 0;
}

static void check_family(struct program *program, struct drain *drain_of, enum family family,
	const int *cpus, int cpu_count)
{
	char claim[160];

	/* Each CPU sees 10,000 sources and shares half of them with the next. */
	for (int i = 0; i < cpu_count; i++)
		if (be_on_cpu(cpus[i]) ||
			send_from(program, family, 5000u * (uint32_t)i, 10000, 0) ||
			send_from(program, family, 5000u * (uint32_t)i, 3000, 1))
			printf("Bail out! a test run failed\n");
	if (take(drain_of, 1))
		printf("Bail out! a drain failed\n");
	snprintf(claim, sizeof(claim), "%s on %d CPUs count once in the sensor's total",
		family_names[family], cpu_count);
	report(claim, count_total(), 5000.0 * (cpu_count + 1), TT_SOURCES_REGISTERS);
	snprintf(claim, sizeof(claim), "%s count for their port", family_names[family]);
	report(claim, count_port(TT_ROW_TCP + 23), 5000.0 * (cpu_count + 1), TT_SKETCH_REGISTERS);
	snprintf(claim, sizeof(claim), "%s count for their country", family_names[family]);
	report(claim, sketch_count(minute.sources->country[0], TT_COUNTRY_REGISTERS),
		5000.0 * (cpu_count + 1), TT_COUNTRY_REGISTERS);
	snprintf(claim, sizeof(claim), "%s from port 53 count by themselves", family_names[family]);
	report(claim, sketch_count(minute.sources->sport53, TT_SOURCES_REGISTERS),
		3000.0 * cpu_count, TT_SOURCES_REGISTERS);
	snprintf(claim, sizeof(claim), "%s from port 53 count by country", family_names[family]);
	report(claim, sketch_count(minute.sources->sport53_country[0], TT_COUNTRY_REGISTERS),
		3000.0 * cpu_count, TT_COUNTRY_REGISTERS);
	if (send_from(program, family, 0, 3000, 1) || take(drain_of, 1))
		printf("Bail out! a test run failed\n");
	snprintf(claim, sizeof(claim), "%s from port 53 alone are all there are",
		family_names[family]);
	report(claim, count_total(), 3000, TT_SOURCES_REGISTERS);
	snprintf(claim, sizeof(claim), "%s from port 53 alone are their country's",
		family_names[family]);
	report(claim, sketch_count(minute.sources->country[0], TT_COUNTRY_REGISTERS), 3000,
		TT_COUNTRY_REGISTERS);
}

/* Nothing waits on this CPU then. */
static void fill_batch(struct program *program)
{
	for (size_t i = 0; i < program->table_count; i++) {
		uint32_t waiting = program->tables[i].counts->totals.pending_count;

		if ((int)program->tables[i].cpu == sched_getcpu() && waiting > 0)
			send_from(program, SCATTERED4, 90000, TT_BATCH - waiting, 0);
	}
}

/* What waits in a batch at the end of a minute is in that minute, and in no other. */
static void check_borders(struct program *program, struct drain *drain_of)
{
	fill_batch(program);
	take(drain_of, 1);
	take(drain_of, 1);
	report("a minute without packets has no source", count_total(), 0, TT_SOURCES_REGISTERS);
	send_from(program, SCATTERED4, 100000, 40, 0);
	take(drain_of, 1);
	report("packets that wait in a batch have their sources in the minute", count_total(), 40,
		TT_SOURCES_REGISTERS);
	report("and in their port's", count_port(TT_ROW_TCP + 23), 40, TT_SKETCH_REGISTERS);
	send_from(program, SCATTERED4, 200000, TT_BATCH, 0);
	take(drain_of, 1);
	report("and not in the next, in which they are counted", count_total(), TT_BATCH,
		TT_SOURCES_REGISTERS);
	report("nor in their port's", count_port(TT_ROW_TCP + 23), TT_BATCH, TT_SKETCH_REGISTERS);
	take(drain_of, 1);
	report("nor in the one after", count_total(), 0, TT_SOURCES_REGISTERS);
}

/* A minute that could not be stored leaves its sources to the next one. */
static void check_unsaved(struct program *program, struct drain *drain_of)
{
	send_from(program, SCATTERED4, 300000, 1000, 0);
	take(drain_of, 0);
	send_from(program, SCATTERED4, 301000, 1000, 0);
	take(drain_of, 0);
	send_from(program, SCATTERED4, 302000, 1000, 0);
	take(drain_of, 1);
	report("sources of minutes that could not be stored come with the next that can",
		count_total(), 3000, TT_SOURCES_REGISTERS);
	report("and with their port", count_port(TT_ROW_TCP + 23), 3000, TT_SKETCH_REGISTERS);
	take(drain_of, 1);
	take(drain_of, 1);
	report("and no longer", count_total(), 0, TT_SOURCES_REGISTERS);
}

/* More ports than lanes: each has one source, then some have many. */
static void check_lanes(struct program *program, struct drain *drain_of)
{
	struct tally short_eth = {0};
	uint8_t frame[96];
	unsigned int with_lane;

	for (unsigned int round = 0; round < 2 * TT_LANES / 32; round++) {
		for (uint32_t port = 1000; port < 1000 + 2 * TT_LANES; port++) {
			uint32_t size = (uint32_t)make_frame(SCATTERED4, port, 0, frame);

			frame[36] = (uint8_t)(port >> 8);
			frame[37] = (uint8_t)port;
			test_run_frame(program, frame, size, size, &short_eth, NULL);
		}
		take(drain_of, 1);
	}
	with_lane = (unsigned int)minute.lane_count;
	/* Two are with the ports of before, which are silent in this minute. */
	report("all lanes but one are given away", with_lane + 3.0, TT_LANES, 1u << 24);
	for (unsigned int round = 0; round < 8; round++) {
		send_from(program, SCATTERED4, 500000 + 4000 * round, 4000, 0);
		take(drain_of, 1);
	}
	report("a port that has more sources than others keeps its lane",
		count_lane(TT_ROW_TCP + 23), 4000, TT_LANE_REGISTERS);
	for (unsigned int round = 0; round < 8; round++) {
		send_from(program, SCATTERED4, 600000 + 4000 * round, 4000, 1);
		take(drain_of, 1);
	}
	report("a new one gets that of a port with fewer, empty", count_lane(TT_ROW_UDP + 4444),
		4000, TT_LANE_REGISTERS);
	take(drain_of, 1);
	report("which rests in a quiet minute", (double)minute.lane_count, 0, TT_LANE_REGISTERS);
}

int main(void)
{
	struct program_parameters parameters = {
		.verdict = TT_VERDICT_DROP,
		.countries = true,
		.sources = true,
		.salt = {0x243f6a8885a308d3, 0x13198a2e03707344},
		.only_cpu = -1,
	};
	struct kernel_error error;
	struct program *program;
	struct drain *drain_of;
	int cpus[2], cpu_count = 0;
	cpu_set_t allowed;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE && cpu_count < 2; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			cpus[cpu_count++] = cpu;
	if (minute_reserve(&minute) || program_load(&parameters, &program, &error) ||
		drain_new(program, false, 0, &drain_of)) {
		printf("Bail out! %s\n", error.text);
		return 1;
	}
	printf("1..%d\n", FAMILIES * 7 + 13);
	if (cpu_count < 2)
		printf("# SKIP one CPU only: sources of two are not joined\n");
	for (enum family family = 0; family < FAMILIES; family++)
		check_family(program, drain_of, family, cpus, cpu_count);
	be_on_cpu(cpus[0]);
	check_borders(program, drain_of);
	check_unsaved(program, drain_of);
	check_lanes(program, drain_of);
	drain_free(drain_of);
	program_free(program);
	minute_release(&minute);
	return failures != 0;
}
