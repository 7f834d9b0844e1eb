/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits in a batch when the minute ends, and is counted later, is told once. */
#include "tests/kernel/copies.h"
#include "tests/kernel/frame_text.h"
#include "user/kernel/drain.h"
#include "user/kernel/test_run.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { CELL_BEFORE = 44, CELL_AFTER = 52, CELL_OTHER = 100 };

static const char one[] = "eth:0800 ip4:17,from=198.51.0.1 udp:53:5000 dns:80 zero:20";
static const char other[] = "eth:0800 ip4:17,from=203.0.113.1 udp:53:5000 dns:80 zero:20";

static const char elsewhere[] = "eth:0800 ip4:17,from=203.0.113.1 udp:53:6000 dns:80 zero:20";

static struct program *program;
static struct drain *drain;
static struct minute minute;
static unsigned int number, failures;

static void report(const char *claim, bool holds)
{
	number++;
	failures += !holds;
	printf("%s %u - %s\n", holds ? "ok" : "not ok", number, claim);
}

static void count(const char *text, unsigned int packets)
{
	static uint8_t frame[FRAME_TEXT_MAX];
	uint32_t length = (uint32_t)frame_from_text(text, frame);
	struct tally short_eth = {0};

	for (unsigned int i = 0; i < packets; i++)
		if (test_run_frame(program, frame, length, length, &short_eth, NULL))
			failures++;
}

/* Drain, and expect so many packets; the minute is whole. */
static bool holds(uint64_t packets)
{
	const char *wrong;

	minute_clear(&minute);
	if (drain_minute(drain, &minute))
		return false;
	drain_advance(drain, 0);
	wrong = minute_verify(&minute);
	if (wrong)
		printf("# %s\n", wrong);
	return !wrong && minute_frames(&minute).packets == packets &&
	       minute.port_count == (packets > 0) && minute.unattributed == 0 &&
	       (packets == 0 || minute.ports[0].packets == packets);
}

static void use_countries(uint8_t of_one)
{
	struct tt_geo *table = program_spare_geo(program);

	memset(table->block[1], of_one, sizeof(table->block[1]));
	memset(table->block[2], CELL_OTHER, sizeof(table->block[2]));
	table->root[198 << 8 | 51] = 1;
	table->root[203 << 8] = 2;
	if (program_swap_geo(program))
		failures++;
}

static uint64_t packets_from(uint8_t country)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < minute.cell_count; i++)
		if (minute.cells[i].country == country)
			packets += minute.cells[i].packets;
	return packets;
}

#define MANY (3 * TT_BATCH)
_Static_assert(MANY >= 256 && MANY <= 511, "as many as the trap takes");

/*
 * A packet waits under one country and is counted under another, which is drained in a minute that
 * could not be kept: the cell that seems to lose one gains 255 modulo 256, and with 256 to 511
 * packets of a third country the gains sum to the row's.
 */
static bool knows_a_loss_after_a_minute_that_was_not_kept(void)
{
	use_countries(CELL_BEFORE);
	count(one, 1);
	if (!holds(1))
		return false;
	use_countries(CELL_AFTER);
	count(elsewhere, TT_BATCH - 1);
	minute_clear(&minute);
	if (drain_minute(drain, &minute))
		return false;
	count(other, MANY);
	minute_clear(&minute);
	if (drain_minute(drain, &minute) || minute_verify(&minute))
		return false;
	drain_advance(drain, 0);
	printf("# %lu packets from the first country, %lu from the third\n",
		(unsigned long)packets_from(CELL_BEFORE), (unsigned long)packets_from(CELL_OTHER));
	return packets_from(CELL_BEFORE) == 0 &&
	       packets_from(CELL_OTHER) + 1 >= MANY + TT_BATCH - 1;
}

/*
 * The copy that is not valid has been made like the other by now: who finds the mark of the minute
 * before in a history must not go on from it.
 */
static bool nobody_goes_on_from_the_other_copy(void)
{
	const uint8_t *birth = program->birth.id;
	uint64_t sequence;
	unsigned int valid;

	for (uint64_t now_ns = 1; now_ns <= 2; now_ns++) {
		count(one, 1);
		minute_clear(&minute);
		if (drain_minute(drain, &minute))
			return false;
		drain_advance(drain, now_ns);
	}
	sequence = drain_drained(drain)->sequence;
	valid = drain_choose_copy(program, true, birth, sequence);
	return program->drained[valid]->sequence == sequence &&
	       drain_choose_copy(program, true, birth, sequence - 1) == valid &&
	       drain_choose_copy(program, false, birth, 0) == valid;
}

/* -- A CPU that is stopped in a batch ----------------------------------------------------- */

static volatile bool goes_on;

/* What a drain sees of it: within a batch for 2 ms, before it for .2 ms, again and again. */
static void *stop_and_go(void *place)
{
	const struct timespec stopped = {.tv_nsec = 2000000}, rest = {.tv_nsec = 200000};
	volatile __u32 *flushes = place;

	while (goes_on) {
		++*flushes;
		nanosleep(&stopped, NULL);
		--*flushes; /* nothing was counted: the same packets wait */
		nanosleep(&rest, NULL);
	}
	return NULL;
}

/* The sensor itself only reads the counters. NULL: they cannot be mapped for writing. */
static __u32 *writable_flushes(void)
{
	uint32_t cpu = program->tables[0].cpu, id;
	int fd = bpf_map__fd(program->skeleton->maps.counts);
	struct tt_counts *counts;

	if (bpf_map_lookup_elem(fd, &cpu, &id) || (fd = bpf_map_get_fd_by_id(id)) < 0)
		return NULL;
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return counts == MAP_FAILED ? NULL : &counts->totals.flushes;
}

/* The first drain of a process reads every page of prefixes between two batches. */
static bool lists_prefixes_of_a_cpu_that_is_stopped(void)
{
	__u32 *flushes = writable_flushes();
	struct drain *first;
	pthread_t thread;
	bool is_listed;

	count(one, 5);
	count(other, 7);
	if (!flushes || drain_new(program, true, 0, &first))
		return false;
	goes_on = true;
	if (pthread_create(&thread, NULL, stop_and_go, flushes))
		return false;
	minute_clear(&minute);
	is_listed = drain_minute(first, &minute) == 0 && minute.prefixes_unlisted == 0 &&
		    minute.prefix_count == 2;
	goes_on = false;
	pthread_join(thread, NULL);
	for (size_t i = 0; i < minute.prefix_count; i++)
		printf("# prefix %x: %lu responses, %lu others\n",
			(unsigned int)minute.prefixes[i].network,
			(unsigned long)minute.prefixes[i].response,
			(unsigned long)minute.prefixes[i].other);
	printf("# %lu packets of prefixes that are not listed\n",
		(unsigned long)minute.prefixes_unlisted);
	drain_free(first);
	return is_listed;
}

/* -- Two CPUs ------------------------------------------------------------------------------ */

static bool run_on(size_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

static bool load(int only_cpu)
{
	struct program_parameters parameters = {
		.countries = true,
		.prefixes = true,
		.sources = true,
		.frags = true,
		.only_cpu = only_cpu,
	};
	struct kernel_error error;

	return program_load(&parameters, &program, &error) == 0 &&
	       drain_new(program, false, 0, &drain) == 0;
}

/*
 * A packet waits on one CPU through two minutes: its cell is ahead of the tables by one, which is
 * 255 modulo 256. Another CPU counts so many packets in the row that the gains sum to the row's.
 */
static bool knows_what_waits_still_from_what_another_cpu_counts(void)
{
	if (!run_on(program->tables[0].cpu))
		return false;
	count(one, 1);
	if (!holds(1) || !run_on(program->tables[1].cpu))
		return false;
	count(other, MANY);
	return holds(MANY) && packets_from(CELL_BEFORE) == 0 && packets_from(CELL_OTHER) == MANY;
}

/*
 * A cell's byte wraps with a batch that proves itself, and what waits on two CPUs makes its gain
 * more than a byte tells.
 */
static bool tells_what_waits_on_two_cpus_from_a_byte(void)
{
	if (!run_on(program->tables[0].cpu))
		return false;
	count(one, TT_BATCH);
	if (!holds(TT_BATCH))
		return false;
	count(one, 2 * TT_BATCH - 1);
	if (!run_on(program->tables[1].cpu))
		return false;
	count(one, TT_BATCH - 1);
	return holds(3 * TT_BATCH - 2) && packets_from(CELL_BEFORE) == 3 * TT_BATCH - 2 &&
	       copies_are_alike(program);
}
_Static_assert(TT_BATCH >= 128 && TT_BATCH < 256 && 3 * TT_BATCH - 2 > 256,
	"the second batch wraps, and is no more than a byte");

/* Each with a drain and counters of its own. */
static void check_two_cpus(const char *claim, bool (*holds_on_two)(void))
{
	if (!load(-1)) {
		report(claim, false);
		return;
	}
	use_countries(CELL_BEFORE);
	if (program->table_count < 2)
		printf("ok %u - %s # SKIP one CPU\n", ++number, claim);
	else
		report(claim, holds_on_two());
	drain_free(drain);
	program_free(program);
}

int main(void)
{
	if (minute_reserve(&minute) || !load(test_run_choose_cpu())) {
		printf("Bail out! it does not load\n");
		return 1;
	}
	printf("1..16\n");
	use_countries(CELL_BEFORE);
	count(one, 1);
	report("a_waiting_packet_is_in_its_minute",
		holds(1) && minute.cells[0].country == CELL_BEFORE);
	report("and_in_no_other_while_it_waits", holds(0));
	count(other, TT_BATCH - 1);
	report("nor_when_its_batch_is_counted", holds(TT_BATCH - 1));
	count(one, 1);
	report("another_waits", holds(1) && minute.cells[0].country == CELL_BEFORE);
	use_countries(CELL_AFTER);
	count(other, TT_BATCH - 1);
	report("no_cell_loses_when_the_country_data_change", holds(TT_BATCH - 1));
	count(one, TT_BATCH);
	report("what_was_held_back_is_told", holds(TT_BATCH));
	use_countries(CELL_BEFORE);
	count(one, 3 * TT_BATCH);
	report("and_the_cells_are_even_again", holds(3 * TT_BATCH) && minute.cell_count >= 1);
	count(one, 1);
	report("one_waits_through_a_single_minute", holds(1));
	count(other, TT_BATCH - 1);
	report("is_counted", holds(TT_BATCH - 1) && minute.cell_count == 1);
	count(other, TT_BATCH);
	report("and_is_never_told_again", holds(TT_BATCH) && minute.cell_count == 1);
	report("a_loss_is_no_gain_after_a_minute_that_was_not_kept",
		knows_a_loss_after_a_minute_that_was_not_kept());
	report("no_start_goes_on_from_a_copy_that_was_brought_up_to_date",
		nobody_goes_on_from_the_other_copy());
	report("two_copies_that_are_alike_are_left", copies_are_alike(program));
	drain_free(drain);
	report("no_prefix_is_left_when_its_cpu_is_stopped_within_a_batch",
		lists_prefixes_of_a_cpu_that_is_stopped());
	program_free(program);
	check_two_cpus("what_waits_still_is_no_gain_when_another_cpu_counts",
		knows_what_waits_still_from_what_another_cpu_counts);
	check_two_cpus("a_gain_of_256_and_more_by_what_waits_is_told",
		tells_what_waits_on_two_cpus_from_a_byte);
	minute_release(&minute);
	return failures != 0;
}
