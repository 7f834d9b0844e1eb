/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cost of counting, a packet: the shipped program beside XDP_DROP, the feeder alone, the
 * parser, the ledger and ports alone, those with distinct sources, without evidence, with evidence
 * at full load, and the obvious design; all alternate in each repetition.
 *
 * Default samples one packet in 256. Full load: every packet is selected and the rows with rates of
 * their own are as many as can be; rings are emptied four times in a repetition, more often than
 * the sensor does. What finds them full is lost, and counted.
 *
 *   quiet   10th percentile less XDP_DROP's 10th percentile
 *   paired  median of the differences to XDP_DROP of the same repetition
 *
 * usage: bench_counting [-q] [-r REPETITIONS] [-o JSON] [-s SOAK_PACKETS] GEO...
 *
 * With -s it measures nothing: so many packets of each mix are counted while another thread drains
 * every 10 ms, and the sum of the drains must be the packets.
 */
#include "tests/bench/feeder.h"
#include "tests/bench/mixes.h"
#include "user/geo/kernel_table.h"
#include "user/geo/private.h"
#include "user/geo/table.h"
#include "user/kernel/drain.h"
#include "user/kernel/samples.h"
#include "user/kernel/test_run.h"

#include "feeder.skel.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum variant { DROP, FEEDER, PARSE, PORTS, SOURCES, SILENT, DEFAULT, EVIDENCE, OBVIOUS, VARIANTS };
static const char *const names[VARIANTS] = {"drop", "feeder", "parse", "ports", "ports, sources",
	"no evidence", "default", "all evidence", "obvious"};
static const char *const mix_names[MIXES] = {"R", "W", "D"};

#define MAX_REPETITIONS 101
#define DRAINS 5

/* Of a drain: until the minute is there to be stored; and when it was, until it may begin anew. */
struct drain_time {
	double minute, advance;
};

static struct feeder *feeder;
static struct program *sensor[4]; /* default, ports only, those with sources, without evidence */
static struct drain *drain;
static struct minute minute;
static struct feeder_stream *stream;
static struct geo *geo;
static double ns[MIXES][VARIANTS][MAX_REPETITIONS];
static unsigned int repetitions = 15;
static bool is_quick; /* without the obvious design, which takes most of the time */

static void die(const char *what)
{
	fprintf(stderr, "bench_counting: %s\n", what);
	exit(1);
}

/* -- Running ------------------------------------------------------------------------------- */

/* Nanoseconds a packet, as the kernel reports them: no RCU wait of the system call in it. */
static double run(int program, unsigned int packets)
{
	uint8_t frame[FEEDER_FRAME] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		.repeat = (int)packets);

	if (bpf_prog_test_run_opts(program, &options))
		die("the test run failed");
	return options.duration;
}

static void aim(int program)
{
	uint32_t zero = 0;
	int map = bpf_map__fd(feeder->maps.target);

	if (program < 0)
		bpf_map_delete_elem(map, &zero);
	else if (bpf_map_update_elem(map, &zero, &program, BPF_ANY))
		die("a program cannot be put behind the feeder");
}

/* Every frame at this rate, every row with a rate of its own; the rings are empty. */
static void plan_evidence(uint8_t shift)
{
	static struct sampling_plan plan;

	memset(plan.class_shift, shift, sizeof(plan.class_shift));
	plan.row_count = shift ? 0 : SAMPLING_MAX_ROWS;
	for (uint32_t i = 0; i < SAMPLING_MAX_ROWS; i++)
		plan.rows[i].row = i;
	samples_plan(sensor[0], &plan);
	samples_take(sensor[0], 0, NULL, NULL);
}

static double measure(enum variant variant)
{
	/* The kernel reports whole nanoseconds: shares of a repetition are averaged. */
	unsigned int shares = 4, packets = FEEDER_HEADERS / shares;
	int feed = bpf_program__fd(feeder->progs.feed);
	double sum = 0;

	switch (variant) {
	case DROP:
		feed = bpf_program__fd(feeder->progs.drop);
		break;
	case PARSE:
		aim(bpf_program__fd(feeder->progs.parse_only));
		break;
	case PORTS:
	case SOURCES:
		aim(sensor[variant == PORTS ? 1 : 2]->fd);
		break;
	case SILENT:
		aim(sensor[3]->fd);
		break;
	case DEFAULT:
	case EVIDENCE:
		plan_evidence(variant == DEFAULT ? 8 : 0);
		aim(sensor[0]->fd);
		break;
	case OBVIOUS:
		aim(bpf_program__fd(feeder->progs.obvious));
		packets /= 4;
		break;
	default:
		aim(-1);
	}
	for (unsigned int i = 0; i < shares; i++) {
		sum += run(feed, packets);
		samples_take(sensor[0], 0, NULL, NULL);
	}
	return sum / shares;
}

/* -- Figures ------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(const double *values, double q)
{
	double sorted[MAX_REPETITIONS];

	memcpy(sorted, values, repetitions * sizeof(*values));
	qsort(sorted, repetitions, sizeof(*sorted), ascending);
	return sorted[(unsigned int)(q * (repetitions - 1) + 0.5)];
}

static double paired(enum mix mix, enum variant variant)
{
	double difference[MAX_REPETITIONS];

	for (unsigned int i = 0; i < repetitions; i++)
		difference[i] = ns[mix][variant][i] - ns[mix][DROP][i];
	return quantile(difference, 0.5);
}

static double quiet(enum mix mix, enum variant variant)
{
	return quantile(ns[mix][variant], 0.1) - quantile(ns[mix][DROP], 0.1);
}

static void print_mix(enum mix mix)
{
	printf("\nmix %s, ns a packet   p10  median     min     max | over XDP_DROP: quiet  "
	       "paired\n",
		mix_names[mix]);
	for (unsigned int v = 0; v < VARIANTS; v++)
		printf("  %-14s %8.1f %7.1f %7.1f %7.1f |               %6.1f  %6.1f\n", names[v],
			quantile(ns[mix][v], 0.1), quantile(ns[mix][v], 0.5),
			quantile(ns[mix][v], 0), quantile(ns[mix][v], 1), quiet(mix, v),
			paired(mix, v));
	printf("  evidence: default %+.1f, all %+.1f ns over none (difference of medians)\n",
		quantile(ns[mix][DEFAULT], 0.5) - quantile(ns[mix][SILENT], 0.5),
		quantile(ns[mix][EVIDENCE], 0.5) - quantile(ns[mix][SILENT], 0.5));
	if (!is_quick)
		printf("  the obvious design costs %.1f times as much\n",
			paired(mix, OBVIOUS) / paired(mix, DEFAULT));
}

static void write_json(const char *path, struct drain_time full, struct drain_time quiet_minute)
{
	struct utsname system;
	FILE *out = fopen(path, "we");

	if (!out)
		die("the JSON file cannot be written");
	uname(&system);
	fprintf(out, "{\"ns\":{");
	for (unsigned int m = 0; m < MIXES; m++) {
		fprintf(out, "%s\"%s\":{", m ? "," : "", mix_names[m]);
		for (unsigned int v = 0; v < VARIANTS; v++) {
			fprintf(out, "%s\"%s\":{\"p10\":%.2f,\"median\":%.2f", v ? "," : "",
				names[v], quantile(ns[m][v], 0.1), quantile(ns[m][v], 0.5));
			if (v > DROP)
				fprintf(out, ",\"quiet\":%.2f,\"paired\":%.2f", quiet(m, v),
					paired(m, v));
			fprintf(out, "}");
		}
		fprintf(out, "}");
	}
	fprintf(out,
		"},\"drain_ms\":{\"full\":%.2f,\"quiet\":%.3f},\"advance_ms\":{\"full\":%.2f,"
		"\"quiet\":%.3f},\"mb_per_cpu\":%.1f,\"kernel\":\"%s\"}\n",
		full.minute, quiet_minute.minute, full.advance, quiet_minute.advance,
		(double)program_memory_per_cpu(&sensor[0]->parameters) / (1 << 20), system.release);
	fclose(out);
}

/* -- Drain --------------------------------------------------------------------------------- */

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* of a shared machine, our share */
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct drain_time drain_once(void)
{
	struct drain_time time;
	const char *wrong;

	minute_clear(&minute);
	time.minute = now_ms();
	if (drain_minute(drain, &minute))
		die("the drain failed");
	time.minute = now_ms() - time.minute;
	wrong = minute_verify(&minute);
	if (wrong || !drain_closed(drain))
		die(wrong ? wrong : "the ledger did not close");
	time.advance = now_ms();
	drain_advance(drain, 0);
	time.advance = now_ms() - time.advance;
	return time;
}

static struct drain_time median_drain(const struct drain_time times[DRAINS])
{
	double drained[DRAINS], advance[DRAINS];

	for (unsigned int i = 0; i < DRAINS; i++) {
		drained[i] = times[i].minute;
		advance[i] = times[i].advance;
	}
	qsort(drained, DRAINS, sizeof(*drained), ascending);
	qsort(advance, DRAINS, sizeof(*advance), ascending);
	return (struct drain_time){drained[DRAINS / 2], advance[DRAINS / 2]};
}

/* Full: mix W has touched every row. Quiet: some thousand packets to ports of mix R. */
static void measure_drain(struct drain_time *full, struct drain_time *quiet_minute)
{
	struct drain_time times[2][DRAINS];
	int feed = bpf_program__fd(feeder->progs.feed);

	for (unsigned int i = 0; i < DRAINS; i++) {
		mix_fill(MIX_W, i, stream);
		aim(sensor[0]->fd);
		run(feed, FEEDER_HEADERS);
		times[0][i] = drain_once();
		printf("drain: full %.1f and %.1f ms (%zu rows)", times[0][i].minute,
			times[0][i].advance, minute.port_count);
		mix_fill(MIX_R, i, stream);
		drain_once(); /* of packets that waited in the full minute */
		run(feed, 3000);
		drain_once();
		run(feed, 3000);
		times[1][i] = drain_once();
		printf(", quiet %.2f and %.2f ms (%zu rows)\n", times[1][i].minute,
			times[1][i].advance, minute.port_count);
	}
	*full = median_drain(times[0]);
	*quiet_minute = median_drain(times[1]);
}

/* -- Soak: the ledger closes while drains go on -------------------------------------------- */

static volatile bool soak_ends;
static uint64_t soak_packets, soak_drains;

static void *drain_on(void *unused)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	(void)unused;
	while (!soak_ends) {
		drain_once();
		soak_packets += minute_frames(&minute).packets;
		soak_drains++;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void soak(enum mix mix, uint64_t packets)
{
	uint64_t expected = 0;
	pthread_t thread;
	cpu_set_t cpus;

	mix_fill(mix, 9, stream);
	aim(sensor[0]->fd);
	drain_once();
	soak_packets = soak_drains = 0;
	soak_ends = false;
	if (pthread_create(&thread, NULL, drain_on, NULL))
		die("no thread");
	memset(&cpus, 0xff, sizeof(cpus));
	pthread_setaffinity_np(thread, sizeof(cpus), &cpus);
	for (; expected < packets; expected += FEEDER_HEADERS)
		run(bpf_program__fd(feeder->progs.feed), FEEDER_HEADERS);
	soak_ends = true;
	pthread_join(thread, NULL);
	drain_once();
	soak_packets += minute_frames(&minute).packets;
	printf("soak %s: %lu packets, %lu counted in %lu drains\n", mix_names[mix], expected,
		soak_packets, soak_drains + 1);
	if (soak_packets != expected)
		die("packets were lost or counted twice");
}

/* -- Start --------------------------------------------------------------------------------- */

static void load_sensor(unsigned int which, int cpu)
{
	struct program_parameters parameters = {
		.verdict = TT_VERDICT_DROP,
		.countries = which % 3 == 0,
		.prefixes = which % 3 == 0,
		.sources = which != 1,
		.samples = which == 0,
		.frags = true,
		.only_cpu = cpu,
	};
	struct kernel_error error;
	struct geo_error geo_error;

	if (program_load(&parameters, &sensor[which], &error))
		die(error.text);
	if (geo_fill_kernel(geo, program_spare_geo(sensor[which]), &geo_error) ||
		program_swap_geo(sensor[which]))
		die("country table");
}

/* The largest aligned prefix that starts at first and ends at last or before: its free bits. */
static unsigned int free_bits(uint64_t first, uint64_t last)
{
	unsigned int bits = first ? (unsigned int)__builtin_ctzll(first) : 32;

	while (first + (UINT64_C(1) << bits) - 1 > last)
		bits--;
	return bits;
}

/* The country data as they are, range by range, as the aligned prefixes that a trie wants. */
static void fill_trie(void)
{
	const struct geo_steps *steps = &geo->v4;
	int map = bpf_map__fd(feeder->maps.country);
	size_t count = 0;

	for (size_t i = 0; i < steps->count; i++) {
		uint64_t first = steps->start[i], last = geo_steps_end(steps, i);
		uint32_t cell = country_cell(steps->country[i]);

		while (cell && first <= last) {
			unsigned int bits = free_bits(first, last);
			struct feeder_prefix key = {32 - bits, htonl((uint32_t)first)};

			if (bpf_map_update_elem(map, &key, &cell, BPF_ANY))
				die("the trie is full");
			first += UINT64_C(1) << bits;
			count++;
		}
	}
	printf("the obvious design's trie: %zu prefixes\n", count);
}

/* What soaks is drained while it runs, as if it were attached. */
static void prepare(const char *const *paths, size_t count, bool soaks)
{
	struct geo_error error;
	int cpu = test_run_choose_cpu();

	if (geo_load(paths, count, &geo, &error))
		die(error.text);
	for (unsigned int i = 0; i < sizeof(sensor) / sizeof(*sensor); i++)
		load_sensor(i, cpu);
	feeder = feeder__open_and_load();
	if (!feeder || drain_new(sensor[0], soaks, 0, &drain) || minute_reserve(&minute))
		die("out of memory");
	stream = mmap(NULL, sizeof(*stream), PROT_READ | PROT_WRITE, MAP_SHARED,
		bpf_map__fd(feeder->maps.stream), 0);
	if (stream == MAP_FAILED)
		die("the stream cannot be mapped");
	fill_trie();
}

static void measure_all(void)
{
	for (unsigned int mix = 0; mix < MIXES; mix++) {
		mix_fill(mix, 1, stream);
		for (unsigned int v = 0; v < VARIANTS; v++)
			if (!is_quick || v != OBVIOUS)
				measure(v); /* warm: every table has met the mix */
		for (unsigned int i = 0; i < repetitions; i++)
			for (unsigned int v = 0; v < VARIANTS; v++)
				ns[mix][v][i] = is_quick && v == OBVIOUS ? 0 : measure(v);
		print_mix(mix);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	const char *json = "build/bench.json";
	uint64_t soak_size = 0;
	struct drain_time full, quiet_minute;
	int option;

	while ((option = getopt(argc, argv, "qr:o:s:")) != -1) {
		if (option == 'r')
			repetitions = (unsigned int)atoi(optarg);
		else if (option == 'q')
			is_quick = true;
		else if (option == 'o')
			json = optarg;
		else if (option == 's')
			soak_size = strtoull(optarg, NULL, 10);
		else
			die("usage: bench_counting [-q] [-r REPETITIONS] [-o JSON] [-s SOAK] "
			    "GEO...");
	}
	if (repetitions < 3 || repetitions > MAX_REPETITIONS)
		die("3 to 101 repetitions");
	prepare((const char *const *)argv + optind, (size_t)(argc - optind), soak_size > 0);
	if (soak_size) {
		for (unsigned int mix = 0; mix < MIXES; mix++)
			soak(mix, soak_size);
		return 0;
	}
	measure_all();
	measure_drain(&full, &quiet_minute);
	write_json(json, full, quiet_minute);
	return 0;
}
