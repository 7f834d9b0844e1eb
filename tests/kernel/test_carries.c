/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows keep the low halves of their counters in one line and the high ones above it: what wraps is
 * carried, and who reads meanwhile sees neither half alone. Frames of nearly 2^32 bytes, as only a
 * replay can claim them, wrap with every packet. And the notes of what counted, by which a reader
 * finds rows and their sketches.
 */
#include "tests/kernel/frame_text.h"
#include "user/kernel/drain.h"
#include "user/kernel/test_run.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROW (TT_ROW_UDP + 5000)
#define SLOT 3
#define LENGTH 0xfffffe00u
#define RUNS 64
#define PACKETS_A_RUN 16384u /* of the program */
#define WRITES_A_RUN 65536u  /* of the writer, which is faster */
#define REST 4000            /* rounds that it leaves a reader between batches */

static struct program *program;
static struct drain *drain;
static struct minute minute;
static uint8_t frame[FRAME_TEXT_MAX];
static uint32_t size;
static unsigned int number, failures;

static struct tt_counts *counts;
static struct tt_cells *cells;

/* What the drains gave. */
static struct tally drained;
static unsigned int drain_count, wrong_drains;
static volatile bool ends;

static void report(const char *claim, bool holds)
{
	number++;
	failures += !holds;
	printf("%s %u - %s\n", holds ? "ok" : "not ok", number, claim);
}

static void *map_inner(struct bpf_map *outer, size_t bytes)
{
	uint32_t cpu = program->tables[0].cpu, id;
	int fd;
	void *at;

	if (bpf_map_lookup_elem(bpf_map__fd(outer), &cpu, &id) ||
		(fd = bpf_map_get_fd_by_id(id)) < 0)
		return NULL;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

static void count(unsigned int packets)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = size,
		.repeat = (int)packets);

	program->control->cut_bytes = LENGTH - size;
	failures += bpf_prog_test_run_opts(program->fd, &options) != 0;
}

static void drain_once(void)
{
	minute_clear(&minute);
	drain_count++;
	if (drain_minute(drain, &minute) || minute_verify(&minute)) {
		wrong_drains++;
		return;
	}
	for (size_t i = 0; i < minute.port_count; i++) {
		drained.packets += minute.ports[i].packets;
		drained.bytes += minute.ports[i].bytes;
		/* Half a counter would show: all packets have one length. */
		wrong_drains += minute.ports[i].bytes != minute.ports[i].packets * LENGTH;
	}
	drain_advance(drain, drain_count);
}

static bool is_noted(unsigned int parity, uint32_t row)
{
	return counts->totals.touched[parity].rows[row / 64] >> row % 64 & 1;
}

/* Notes are those of the last two epochs, also when a CPU sleeps through one. */
static void test_notes(void)
{
	uint32_t first = program->control->epoch;

	count(TT_BATCH);
	report("a_row_is_noted", is_noted(first & 1, ROW));
	program->control->epoch = first + 2;
	count(TT_BATCH);
	report("and_again", is_noted(first & 1, ROW) && !is_noted(~first & 1, ROW));
	program->control->epoch = first + 3;
	count(TT_BATCH);
	program->control->epoch = first + 5;
	count(TT_BATCH);
	report("nothing_is_of_an_epoch_without_packets",
		is_noted(~first & 1, ROW) && !is_noted(first & 1, ROW));
}

static void *drain_on(void *unused)
{
	cpu_set_t all;

	(void)unused;
	memset(&all, 0xff, sizeof(all));
	pthread_setaffinity_np(pthread_self(), sizeof(all), &all);
	while (!ends)
		drain_once();
	return NULL;
}

static uint64_t halves(uint64_t packets, uint64_t bytes)
{
	return bytes << TT_BYTES_SHIFT | (__u32)packets;
}

/* The row's packets, and as many bytes as so many of them have. */
static bool row_holds(uint64_t packets, uint64_t of_bytes)
{
	uint64_t bytes = of_bytes * LENGTH;

	return counts->row[ROW].halves[SLOT] == halves(packets, bytes) &&
	       counts->above[ROW].halves[SLOT] == halves(packets >> 32, bytes >> 32);
}

static void test_packets(void)
{
	__u64 *row = &counts->row[ROW].halves[SLOT], *above = &counts->above[ROW].halves[SLOT];

	*row = halves(UINT32_MAX - TT_BATCH, 0);
	count(2 * TT_BATCH);
	report("packets_are_carried_and_bytes_with_each",
		row_holds((uint64_t)UINT32_MAX + TT_BATCH, 2 * TT_BATCH));
	*row = halves(UINT32_MAX, UINT32_MAX);
	*above = 0;
	count(TT_BATCH);
	report("both_with_one_packet",
		*row == halves(TT_BATCH - 1, (uint64_t)UINT32_MAX + TT_BATCH * (uint64_t)LENGTH) &&
			*above == halves(1, ((uint64_t)UINT32_MAX + TT_BATCH * (uint64_t)LENGTH) >>
						    32));
	report("and_no_carry_is_due",
		counts->totals.row_carries == 6 && counts->totals.wrapped == 0);
	/* The drain that follows starts from what was counted here, and knows of no such jump. */
	*row = halves(3 * TT_BATCH, 3 * TT_BATCH * (uint64_t)LENGTH);
	*above = halves(0, 3 * TT_BATCH * (uint64_t)LENGTH >> 32);
}

/* Drain while what() counts so many packets: each is found once, and never half a counter. */
static void drain_while(
	void what(unsigned int), unsigned int a_run, uint64_t before, const char *claims[3])
{
	const uint64_t all = (uint64_t)RUNS * a_run;
	uint64_t early;
	pthread_t thread;

	/* The first ones visit everything, and find fresh pages. */
	for (unsigned int i = 0; i < 3; i++)
		drain_once();
	ends = false;
	if (pthread_create(&thread, NULL, drain_on, NULL)) {
		report("a_thread_starts", false);
		return;
	}
	for (unsigned int i = 0; i < RUNS; i++)
		what(a_run);
	ends = true;
	pthread_join(thread, NULL);
	early = drained.packets - before;
	drain_once();
	printf("# %lu of %lu packets while they were counted, in %u drains by now\n", early, all,
		drain_count);
	report(claims[0], early > 0);
	report(claims[1], wrong_drains == 0);
	report(claims[2],
		drained.packets == all + before && drained.bytes == drained.packets * LENGTH);
}

#define ORDERED() asm volatile("" ::: "memory")

static void rest(void)
{
	for (volatile int i = 0; i < REST; i++)
		;
}

/* Returns whether the cell has wrapped. */
static bool write_packet(__u64 *row, __u8 *cell)
{
	struct tt_totals *totals = &counts->totals;
	bool wraps;

	totals->frames.packets++;
	totals->frames.bytes += LENGTH;
	ORDERED();
	wraps = !++*(volatile __u8 *)cell;
	totals->row_carries |= 1;
	ORDERED();
	*row = halves(*row + 1, (*row >> TT_BYTES_SHIFT) + LENGTH);
	ORDERED();
	return wraps;
}

static void carry_cell(__u8 *cell)
{
	for (unsigned int plane = 1; plane < TT_PLANES; plane++)
		if (++*(volatile __u8 *)(cell + plane * sizeof(cells->plane[0])))
			return;
}

/*
 * As bpf/batch.h counts, in a row of which no packet waits: such a row is read at any moment. The
 * program itself always has packets of its one row here in a batch.
 */
static void write_packets(unsigned int packets)
{
	struct tt_totals *totals = &counts->totals;
	__u64 *row = &counts->row[ROW].halves[SLOT], *above = &counts->above[ROW].halves[SLOT];
	uint64_t bytes = *above >> TT_BYTES_SHIFT << 32 | *row >> TT_BYTES_SHIFT;

	for (unsigned int i = 0; i < packets; i += TT_BATCH) {
		uint32_t epoch = *(volatile __u32 *)&program->control->epoch;
		unsigned int wraps = 0;

		if (totals->epoch != epoch)
			memset(&totals->touched[epoch & 1], 0, sizeof(totals->touched[0]));
		totals->epoch = epoch;
		totals->touched[epoch & 1].rows[ROW / 64] |= 1ull << ROW % 64;
		for (unsigned int k = 0; k < TT_BATCH; k++)
			wraps += write_packet(row, cells->plane[0][ROW]);
		rest();
		for (; wraps > 0; wraps--)
			carry_cell(cells->plane[0][ROW]);
		bytes += (uint64_t)TT_BATCH * LENGTH;
		*above = halves(0, bytes >> 32);
		ORDERED();
		totals->row_carries++;
		rest();
	}
}

/* -- What lies above ----------------------------------------------------------------------- */

#define SHORT_LENGTH 60

/* So many packets, none of which wraps anything. */
static void write_short(unsigned int packets)
{
	struct tt_totals *totals = &counts->totals;
	uint32_t epoch = program->control->epoch;

	totals->epoch = epoch;
	totals->touched[epoch & 1].rows[ROW / 64] |= 1ull << ROW % 64;
	totals->frames.packets += packets;
	totals->frames.bytes += packets * SHORT_LENGTH;
	cells->plane[0][ROW][0] += (__u8)packets;
	counts->row[ROW].halves[SLOT] += halves(packets, packets * SHORT_LENGTH);
}

/* Drain, and expect so many packets and bytes of the row. */
static bool drains(uint64_t packets, uint64_t bytes)
{
	minute_clear(&minute);
	if (drain_minute(drain, &minute) || minute_verify(&minute))
		return false;
	drain_advance(drain, 1);
	return minute_frames(&minute).packets == packets && minute_frames(&minute).bytes == bytes;
}

/* A drain looks above a row where something can be there, and only there. */
static void test_above(void)
{
	write_short(10);
	report("nothing_is_above_a_new_row", drains(10, 10 * SHORT_LENGTH));
	write_packets(TT_BATCH);
	cells->plane[0][ROW][1]++; /* sums disagree: the row is left for the next drain */
	report("a_row_that_does_not_hold_still_is_left", drains(0, 0));
	cells->plane[0][ROW][1]--;
	report("what_wrapped_before_that_is_found", drains(TT_BATCH, TT_BATCH * (uint64_t)LENGTH));
	write_short(20);
	report("and_still_when_nothing_wraps", drains(20, 20 * SHORT_LENGTH));
}

static bool load(void)
{
	struct program_parameters parameters = {.countries = true,
		.prefixes = true,
		.sources = true,
		.frags = true,
		.replay = true,
		.only_cpu = test_run_choose_cpu()};
	struct kernel_error error;

	if (program_load(&parameters, &program, &error))
		return false;
	counts = map_inner(program->skeleton->maps.counts, sizeof(*counts));
	cells = map_inner(program->skeleton->maps.cells, sizeof(*cells));
	return counts && cells;
}

static void unload(void)
{
	drain_free(drain);
	drained = (struct tally){0};
	munmap(counts, sizeof(*counts));
	munmap(cells, sizeof(*cells));
	program_free(program);
}

int main(void)
{
	static const char *of_program[] = {"drains_meanwhile_find_packets", "never_half_a_counter",
		"and_all_of_them_in_the_end"};
	static const char *of_writer[] = {
		"so_where_no_packet_waits", "which_never_shows_half_a_counter", "and_has_them_all"};

	printf("1..16\n");
	size = (uint32_t)frame_from_text(
		"eth:0800 ip4:17,from=198.51.0.1 udp:4000:5000 zero:32", frame);
	if (minute_reserve(&minute) || !load()) {
		printf("Bail out! it does not load\n");
		return 1;
	}
	test_packets();
	/* As if it were attached: packets come while it drains. */
	if (drain_new(program, true, 0, &drain))
		return 1;
	drain_while(count, PACKETS_A_RUN, 3 * TT_BATCH, of_program);
	unload();
	/* No program to wait for: thousands of drains in the same time. */
	if (!load() || drain_new(program, false, 0, &drain))
		return 1;
	drain_while(write_packets, WRITES_A_RUN, 0, of_writer);
	unload();
	if (!load() || drain_new(program, false, 0, &drain))
		return 1;
	test_above();
	unload();
	if (!load() || drain_new(program, false, 0, &drain))
		return 1;
	test_notes();
	unload();
	minute_release(&minute);
	return failures != 0;
}
