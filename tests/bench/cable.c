/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C side of scripts/bench-peers.sh.
 *
 *   cable send [-i INTERFACE] [-s SECONDS] [-r FRAMES_PER_SECOND] [-n FRAMES]
 *       Frames of mix R through the driver's own XDP transmission, as many as one CPU can, or
 *       paced; ends after the seconds or the frames. Without an interface frames are made and
 *       dropped: what making them costs. Prints "SENT SECONDS CPU_SECONDS SOFTIRQ_SECONDS", the
 *       last as the kernel accounts it to the CPU that sent.
 *   cable drop -i INTERFACE
 *       Attach a program that counts and drops; on SIGTERM print the count.
 */
#include "tests/bench/cable.h"
#include "tests/bench/mixes.h"
#include "user/kernel/test_run.h"

#include "cable.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Frames of one system call: some 50 ms, so that the end is met that well. */
#define FRAMES_PER_CALL (1u << 18)

static struct cable *cable;

static void die(const char *what)
{
	fprintf(stderr, "cable: %s\n", what);
	exit(1);
}

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* -- Sending ------------------------------------------------------------------------------------
 */

static struct cable_sender sender_state(void)
{
	struct cable_sender state;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(cable->maps.sender), &zero, &state))
		die("the sender's state cannot be read");
	return state;
}

static void prepare_sender(uint32_t ifindex, const struct cable_sender *start)
{
	struct feeder_stream *stream;
	uint32_t zero = 0;

	stream = mmap(NULL, sizeof(*stream), PROT_READ | PROT_WRITE, MAP_SHARED,
		bpf_map__fd(cable->maps.stream), 0);
	if (stream == MAP_FAILED)
		die("the stream cannot be mapped");
	mix_fill(MIX_R, 1, stream);
	if (bpf_map_update_elem(bpf_map__fd(cable->maps.sender), &zero, start, BPF_ANY))
		die("the sender's state cannot be written");
	if (ifindex &&
		bpf_map_update_elem(bpf_map__fd(cable->maps.cable), &zero, &ifindex, BPF_ANY))
		die("the interface cannot be sent to");
}

/* The softirq column of a CPU's line in /proc/stat. */
static double softirq_seconds(int cpu)
{
	unsigned long long softirq = 0;
	FILE *file = fopen("/proc/stat", "re");
	char line[512], name[32];

	snprintf(name, sizeof(name), "cpu%d ", cpu);
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), "%*u %*u %*u %*u %*u %*u %llu", &softirq);
	if (file)
		fclose(file);
	return (double)softirq / (double)sysconf(_SC_CLK_TCK);
}

static void send_frames(double seconds)
{
	uint8_t frame[FEEDER_FRAME] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		.repeat = FRAMES_PER_CALL, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int program = bpf_program__fd(cable->progs.send);
	struct cable_sender state;
	int cpu = test_run_choose_cpu();
	double start, spent, softirq, now;

	if (cpu < 0)
		die("no CPU to send from");
	softirq = softirq_seconds(cpu);
	start = seconds_of(CLOCK_MONOTONIC);
	spent = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	do {
		if (bpf_prog_test_run_opts(program, &options))
			die("the live test run failed (Linux 5.18 has it)");
		state = sender_state();
		now = seconds_of(CLOCK_MONOTONIC);
	} while (now - start < seconds && (!state.limit || state.sent < state.limit));
	printf("%llu %.3f %.3f %.2f\n", state.sent, now - start,
		seconds_of(CLOCK_PROCESS_CPUTIME_ID) - spent, softirq_seconds(cpu) - softirq);
}

/* -- The least receiver -------------------------------------------------------------------------
 */

static void count_and_drop(uint32_t ifindex)
{
	uint64_t count[256] = {0}, sum = 0;
	uint32_t zero = 0;
	sigset_t ends;
	int signal;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	if (libbpf_num_possible_cpus() > 256)
		die("more than 256 CPUs");
	if (!bpf_program__attach_xdp(cable->progs.count_drop, (int)ifindex))
		die("the program cannot be attached");
	sigwait(&ends, &signal);
	if (bpf_map_lookup_elem(bpf_map__fd(cable->maps.counted), &zero, count))
		die("the count cannot be read");
	for (unsigned int i = 0; i < 256; i++)
		sum += count[i];
	printf("%lu\n", sum);
}

int main(int argc, char **argv)
{
	struct cable_sender start = {0};
	uint64_t seconds = 3600;
	const char *interface = NULL;
	uint32_t ifindex = 0;
	int option, bad = argc < 2;

	while (!bad && (option = getopt(argc - 1, argv + 1, "i:s:r:n:")) != -1) {
		if (option == 'i')
			interface = optarg;
		else if (option == 's')
			seconds = strtoull(optarg, NULL, 10);
		else if (option == 'r')
			start.rate = strtoull(optarg, NULL, 10);
		else if (option == 'n')
			start.limit = strtoull(optarg, NULL, 10);
		else
			bad = 1;
	}
	if (bad || (!interface && strcmp(argv[1], "send") != 0))
		die("usage: cable send|drop [-i INTERFACE] [-s SECONDS] [-r RATE] [-n FRAMES]");
	if (interface && !(ifindex = if_nametoindex(interface)))
		die("there is no such interface");
	cable = cable__open_and_load();
	if (!cable)
		die("the programs cannot be loaded");
	if (!strcmp(argv[1], "drop")) {
		count_and_drop(ifindex);
	} else {
		prepare_sender(ifindex, &start);
		send_frames((double)seconds);
	}
	return 0;
}
