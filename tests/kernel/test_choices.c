/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operator's choices: each combination is another program to the verifier. Every one loads,
 * counts only monitored addresses, finds the country and returns its verdict. TAP.
 */
#include "tests/kernel/frame_text.h"
#include "tests/kernel/verifier.h"
#include "user/kernel/drain.h"
#include "user/kernel/test_run.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const struct choice {
	const char *name;
	bool countries, prefixes, sources, frags, targets;
	enum tt_verdict verdict;
	uint32_t arp, other; /* what ARP and everything else get: 1 = XDP_DROP, 2 = XDP_PASS */
} choices[] = {
	{"everything", true, true, true, true, true, TT_VERDICT_DROP, 2, 1},
	{"plain", true, true, true, false, false, TT_VERDICT_DROP, 2, 1},
	{"countries", true, false, false, true, true, TT_VERDICT_DROP_ALL, 1, 1},
	{"prefixes", false, true, true, false, true, TT_VERDICT_PASS, 2, 2},
	{"ports alone", false, false, false, true, false, TT_VERDICT_DROP_ALL, 1, 1},
	{"monitored ports", false, false, true, false, true, TT_VERDICT_PASS, 2, 2},
};
#define CHOICES (sizeof(choices) / sizeof(choices[0]))

/* Cells of the country table that fill_countries() makes. */
enum { CELL_NETWORK = 5, CELL_BLOCK = 6, CELL_V6 = 7 };

static const struct probe {
	const char *claim;
	const char *frame;
	enum tt_class class;
	bool is_monitored;
	uint32_t cell; /* 0: unknown, or no row */
} probes[] = {
	{"a_source_in_a_whole_16_has_its_country", "eth:0800 ip4:6 tcp:1:23:S", TT_TCP_SYN, true,
		CELL_NETWORK},
	{"a_source_in_a_24_has_its_country",
		"eth:0800 ip4:17,from=203.0.113.9 udp:53:9 dns:80 zero:20", TT_UDP53_RESPONSE, true,
		CELL_BLOCK},
	{"its_neighbour_24_is_unknown", "eth:0800 ip4:17,from=203.0.114.9 udp:53:9 dns:0",
		TT_UDP53_QUERY, true, 0},
	{"a_v6_source_has_its_country", "eth:86dd ip6:17 udp:53:9 dns:0", TT_UDP53_QUERY, true,
		CELL_V6},
	{"a_v6_source_at_the_end_has_its_country",
		"eth:86dd ip6:6,from=2001:db8:ffff:ffff:: tcp:1:23:S", TT_TCP_SYN, true, CELL_V6},
	{"a_v6_source_behind_the_end_is_unknown", "eth:86dd ip6:6,from=2001:db9:: tcp:1:23:S",
		TT_TCP_SYN, true, 0},
	{"another_address_is_off_target_where_targets_are_set",
		"eth:0800 ip4:6,to=192.0.3.1 tcp:1:23:S", TT_TCP_SYN, false, CELL_NETWORK},
	{"another_v6_address_is_off_target_where_targets_are_set",
		"eth:86dd ip6:6,to=2001:db8:fffe::1 tcp:1:23:S", TT_TCP_SYN, false, CELL_V6},
	{"arp_is_counted", "eth:0806 zero:28", TT_NON_IP, true, 0},
};
#define PROBES (sizeof(probes) / sizeof(probes[0]))

static struct tt_target targets[TT_MAX_TARGETS];
static struct minute minute;
static uint8_t frame[FRAME_TEXT_MAX];
static unsigned int number, failures;

static void report(const struct choice *choice, const char *claim, const char *wrong)
{
	number++;
	failures += wrong != NULL;
	printf("%s %u - %s: %s%s%s\n", wrong ? "not ok" : "ok", number, choice->name, claim,
		wrong ? " # " : "", wrong ? wrong : "");
}

/* As many as there may be; the last two match. */
static void fill_targets(void)
{
	struct tt_target *v4 = &targets[TT_MAX_TARGETS - 2], *v6 = &targets[TT_MAX_TARGETS - 1];

	for (unsigned int i = 0; i < TT_MAX_TARGETS; i++) {
		inet_pton(AF_INET, "198.18.0.0", targets[i].address);
		inet_pton(AF_INET, "255.255.0.0", targets[i].mask);
	}
	memset(v4, 0, sizeof(*v4));
	inet_pton(AF_INET, "192.0.2.0", v4->address);
	inet_pton(AF_INET, "255.255.255.0", v4->mask);
	memset(v6, 0, sizeof(*v6));
	inet_pton(AF_INET6, "2001:db8:ffff::", v6->address);
	inet_pton(AF_INET6, "ffff:ffff:ffff::", v6->mask);
	v6->is_v6 = 1;
}

/* 198.51.0.0/16, 203.0.113.0/24 and 2001:db8::/32. */
static int fill_countries(struct program *program)
{
	struct tt_geo *table = program_spare_geo(program);

	memset(table->block[1], CELL_NETWORK, sizeof(table->block[1]));
	table->root[198 << 8 | 51] = 1;
	table->root[203 << 8] = TT_GEO_SAME - 1;
	table->block[TT_GEO_SAME - 1][113] = CELL_BLOCK;
	table->block[TT_GEO_SAME][CELL_V6] = CELL_V6;
	table->boundary6[1] = 0x20010db800000000;
	table->cell6[1] = CELL_V6;
	table->boundary6[2] = 0x20010db900000000;
	for (unsigned int i = 1; i < 65536 + 2; i++)
		table->index6[i] = i <= 0x2001 ? 1 : 3;
	return program_swap_geo(program);
}

/* A row of so many packets, in its country's cell or, without countries, unattributed. */
static const char *check_row(
	const struct choice *choice, const struct probe *probe, uint64_t packets)
{
	if (minute.port_count != 1 || minute.ports[0].packets != packets)
		return "not one row of these packets";
	if (minute.unattributed != (choice->countries ? 0 : packets) ||
		minute.cell_count != choice->countries)
		return "attributed, or not";
	if (choice->countries && minute.cells[0].country != probe->cell)
		return "the country";
	if (probe->class >= TT_UDP53_RESPONSE && probe->class <= TT_UDP53_SHORT &&
		minute.prefix_count != choice->prefixes)
		return "the prefix";
	if (minute.ports[0].sources != choice->sources || minute.has_sketches != choice->sources)
		return "the source, or that it is unknown";
	return NULL;
}

static const char *check(const struct choice *choice, const struct probe *probe, uint32_t verdict,
	size_t length, uint64_t packets)
{
	bool is_off = choice->targets && !probe->is_monitored;
	enum tt_class class = is_off ? TT_OFF_TARGET : probe->class;

	if (verdict != (probe->class == TT_NON_IP ? choice->arp : choice->other))
		return "the verdict";
	if (minute_frames(&minute).packets != packets || minute.ledger[class].packets != packets ||
		minute.ledger[class].bytes != packets * length)
		return "the class";
	if (minute_verify(&minute))
		return minute_verify(&minute);
	if (is_off || probe->class == TT_NON_IP)
		return minute.port_count ? "a row was counted" : NULL;
	return check_row(choice, probe, packets);
}

/* Packets that wait get their country from user space, those of a whole batch from the program. */
static const char *run(struct program *program, struct drain *drain, const struct choice *choice,
	const struct probe *probe, unsigned int packets)
{
	size_t length = frame_from_text(probe->frame, frame);
	struct tally short_eth = {0};
	uint32_t verdict = 0;

	minute_clear(&minute);
	for (unsigned int i = 0; i < packets; i++)
		if (test_run_frame(program, frame, (uint32_t)length, (uint32_t)length, &short_eth,
			    &verdict))
			return "the test run failed";
	if (drain_minute(drain, &minute))
		return "the drain failed";
	drain_advance(drain, 0);
	return check(choice, probe, verdict, length, packets);
}

static const char *run_batches(
	struct program *program, struct drain *drain, const struct choice *choice)
{
	const char *wrong = drain ? NULL : "there is no drain";

	for (size_t i = 0; !wrong && i < PROBES; i++)
		wrong = run(program, drain, choice, &probes[i], TT_BATCH);
	return wrong;
}

static void run_choice(const struct choice *choice, int cpu)
{
	struct program_parameters parameters = {
		.verdict = choice->verdict,
		.countries = choice->countries,
		.prefixes = choice->prefixes,
		.sources = choice->sources,
		.frags = choice->frags,
		.samples = choice->countries || choice->targets,
		.targets = targets,
		.target_count = choice->targets ? TT_MAX_TARGETS : 0,
		.only_cpu = cpu,
	};
	struct kernel_error error;
	struct program *program;
	struct drain *drain = NULL;
	int status = program_load(&parameters, &program, &error);

	report(choice, "it_loads", status ? error.text : NULL);
	if (status)
		return;
	print_verifier_figure(program, choice->name);
	if (fill_countries(program) == 0 && drain_new(program, false, 0, &drain) == 0)
		for (size_t i = 0; i < PROBES; i++)
			report(choice, probes[i].claim, run(program, drain, choice, &probes[i], 1));
	report(choice, "a_whole_batch_is_counted_as_what_waits",
		run_batches(program, drain, choice));
	if (drain)
		drain_free(drain);
	program_free(program);
}

int main(void)
{
	int cpu = test_run_choose_cpu();

	if (cpu < 0 || minute_reserve(&minute)) {
		printf("Bail out! out of memory\n");
		return 1;
	}
	fill_targets();
	printf("1..%zu\n", CHOICES * (2 + PROBES));
	for (size_t i = 0; i < CHOICES; i++)
		run_choice(&choices[i], cpu);
	minute_release(&minute);
	return failures != 0;
}
