/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters in planes: the program carries from plane to plane, and a drain tells each gain exactly
 * whatever wraps, over two CPUs, when a minute could not be kept, and after a restart. A model
 * writes the second part's tables as the program does and has plain counters of its own.
 */
#include "tests/kernel/copies.h"
#include "tests/kernel/frame_text.h"
#include "user/kernel/drain.h"
#include "user/kernel/planes.h"
#include "user/kernel/test_run.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CPUS = 2, ROWS = 6, COUNTRIES = 3, PREFIXES = 5, CLASSES = 2 };

/* A CPU's tables, that the sensor itself only reads. */
struct tables {
	struct tt_counts *counts;
	struct tt_cells *cells;
	struct tt_prefixes *prefixes;
};

/* What a minute must say. */
struct model {
	uint64_t cell[ROWS][COUNTRIES];
	uint64_t prefix[PREFIXES][CLASSES];
};

/* UDP's first two have source port 53. */
static const uint32_t rows[ROWS] = {
	TT_ROW_UDP, TT_ROW_UDP + 5000, TT_ROW_UDP + 65535, 23, 65535, TT_ROW_ICMP + 8};
static const unsigned int countries[COUNTRIES] = {0, 44, TT_CELLS - 1};
static const uint32_t prefixes[PREFIXES] = {0, 1, 511, 512, TT_PREFIXES4 - 1};

static struct program *program;
static struct drain *drain;
static struct minute minute;
static struct tables cpu[CPUS];
static unsigned int number, failures;
static uint64_t now_ns = 1;

/* One of 0 to limit - 1, the same in every run (splitmix64). */
static unsigned int chance(unsigned int limit)
{
	static uint64_t state;
	uint64_t mixed = state += 0x9e3779b97f4a7c15ULL;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
	return (unsigned int)((mixed ^ mixed >> 31) % limit);
}

static void report(const char *claim, bool holds)
{
	number++;
	failures += !holds;
	printf("%s %u - %s\n", holds ? "ok" : "not ok", number, claim);
}

static void *map_inner(struct bpf_map *outer, uint32_t of_cpu, size_t size)
{
	uint32_t id;
	int fd;
	void *at;

	if (bpf_map_lookup_elem(bpf_map__fd(outer), &of_cpu, &id) ||
		(fd = bpf_map_get_fd_by_id(id)) < 0)
		return NULL;
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

static bool map_tables(unsigned int tables)
{
	for (unsigned int i = 0; i < tables; i++) {
		uint32_t of_cpu = program->tables[i].cpu;

		cpu[i] = (struct tables){
			map_inner(program->skeleton->maps.counts, of_cpu, sizeof(*cpu[i].counts)),
			map_inner(program->skeleton->maps.cells, of_cpu, sizeof(*cpu[i].cells)),
			map_inner(
				program->skeleton->maps.prefixes, of_cpu, sizeof(*cpu[i].prefixes)),
		};
		if (!cpu[i].counts || !cpu[i].cells || !cpu[i].prefixes)
			return false;
	}
	return true;
}

static void unmap_tables(unsigned int tables)
{
	for (unsigned int i = 0; i < tables; i++) {
		munmap(cpu[i].counts, sizeof(*cpu[i].counts));
		munmap(cpu[i].cells, sizeof(*cpu[i].cells));
		munmap(cpu[i].prefixes, sizeof(*cpu[i].prefixes));
	}
}

/* -- The program --------------------------------------------------------------------------- */

/* Packets of one source, 198.51.0.1, to 5000/udp from port 53. */
static void count(unsigned int packets)
{
	static uint8_t frame[FRAME_TEXT_MAX];
	uint32_t length = (uint32_t)frame_from_text(
		"eth:0800 ip4:17,from=198.51.0.1 udp:53:5000 dns:80 zero:20", frame);
	struct tally short_eth = {0};

	for (unsigned int i = 0; i < packets; i++)
		failures += test_run_frame(program, frame, length, length, &short_eth, NULL) != 0;
}

static bool program_has(uint32_t value)
{
	const __u8 *cell = &cpu[0].cells->plane[0][TT_ROW_UDP + 5000][0];
	const __u8 *prefix = &cpu[0].prefixes->plane[0][198u << 16 | 51u << 8][TT_PREFIX_RESPONSE];

	return planes_get(cell, sizeof(cpu[0].cells->plane[0])) == value &&
	       planes_get(prefix, sizeof(cpu[0].prefixes->plane[0])) == value;
}

static void preset(uint32_t value)
{
	planes_set(&cpu[0].cells->plane[0][TT_ROW_UDP + 5000][0], sizeof(cpu[0].cells->plane[0]),
		value);
	planes_set(&cpu[0].prefixes->plane[0][198u << 16 | 51u << 8][TT_PREFIX_RESPONSE],
		sizeof(cpu[0].prefixes->plane[0]), value);
}

/* Whole batches: what waits is in no table. */
#define FEW (255 / TT_BATCH * TT_BATCH)
#define MORE (2 * TT_BATCH)

static void test_program(void)
{
	const __u32 *packets =
		&cpu[0].counts->totals
			 .prefix_packets[(198u << 16 | 51u << 8) >> TT_PREFIX_PAGE_BITS];

	count(FEW);
	report("below_256_packets_are_in_the_lowest_plane", program_has(FEW) && *packets == FEW);
	count(MORE);
	report("the_next_plane_takes_what_wraps",
		program_has(FEW + MORE) && *packets == FEW + MORE);
	preset(0xffffff);
	count(TT_BATCH);
	report("through_all_planes",
		program_has(0xffffff + TT_BATCH) && *packets == FEW + MORE + TT_BATCH);
	preset(UINT32_MAX);
	count(TT_BATCH);
	report("and_modulo_2_32",
		program_has(TT_BATCH - 1) && *packets == FEW + MORE + 2 * TT_BATCH);
}

/* -- The drain ----------------------------------------------------------------------------- */

/* As bpf/batch.h does: the first batch of an epoch clears its notes. */
static void enter_epoch(struct tt_totals *totals)
{
	__u32 epoch = program->control->epoch;

	if (totals->epoch == epoch)
		return;
	memset(&totals->touched[epoch & 1], 0, sizeof(totals->touched[0]));
	totals->epoch = epoch;
}

static void add(__u8 *low, size_t plane, uint32_t packets)
{
	planes_set(low, plane, planes_get(low, plane) + packets);
}

/* Packets, and their bytes, of halves that lie in a row and above it. */
static void add_halves(__u64 *low, __u64 *above, uint64_t packets)
{
	uint64_t bytes = (*above >> TT_BYTES_SHIFT << 32 | *low >> TT_BYTES_SHIFT) + 60 * packets;

	packets += *above << 32 | (__u32)*low;
	*low = bytes << TT_BYTES_SHIFT | (__u32)packets;
	*above = bytes >> 32 << TT_BYTES_SHIFT | packets >> 32;
}

static void write_row(
	struct tables *at, uint32_t row, unsigned int slot, unsigned int country, uint32_t packets)
{
	struct tt_totals *totals = &at->counts->totals;

	enter_epoch(totals);
	totals->frames.packets += packets;
	totals->frames.bytes += 60ull * packets;
	totals->touched[totals->epoch & 1].rows[row / 64] |= 1ull << row % 64;
	add(&at->cells->plane[0][row][country], sizeof(at->cells->plane[0]), packets);
	add_halves(
		&at->counts->row[row].halves[slot], &at->counts->above[row].halves[slot], packets);
}

static void write_prefix(struct tables *at, uint32_t prefix, unsigned int country,
	unsigned int class, uint32_t packets)
{
	struct tt_totals *totals = &at->counts->totals;
	uint32_t page = prefix >> TT_PREFIX_PAGE_BITS;

	totals->prefix_packets[page] += packets;
	add(&at->prefixes->plane[0][prefix][class], sizeof(at->prefixes->plane[0]), packets);
	totals->sport53[country][class] += packets;
}

/* Some packets of one kind, where a byte, two or three are likely to wrap. */
static void write_some(struct model *model)
{
	static const uint32_t sizes[] = {1, 2, 100, 200, 255, 256, 257, 512, 65535, 65536, 1 << 24};
	uint32_t packets = sizes[chance(11)];
	unsigned int row = chance(ROWS), country = chance(COUNTRIES);
	unsigned int prefix = chance(PREFIXES), class = chance(CLASSES);
	struct tables *at = &cpu[chance(CPUS)];
	bool is_sport53 = row < 2;
	unsigned int slot = is_sport53 ? class : row == 2 ? 3 : 0;

	if (chance(4))
		packets = chance(300);
	write_row(at, rows[row], slot, countries[country], packets);
	model->cell[row][country] += packets;
	if (!is_sport53)
		return;
	write_prefix(at, prefixes[prefix], countries[country], class, packets);
	model->prefix[prefix][class] += packets;
}

static uint64_t cell_of(uint32_t row, unsigned int country)
{
	for (size_t i = 0; i < minute.cell_count; i++)
		if (minute.cells[i].row == row && minute.cells[i].country == country)
			return minute.cells[i].packets;
	return 0;
}

static uint64_t prefix_of(uint32_t network, unsigned int class)
{
	for (size_t i = 0; i < minute.prefix_count; i++)
		if (minute.prefixes[i].network == network && !minute.prefixes[i].is_v6)
			return class ? minute.prefixes[i].other : minute.prefixes[i].response;
	return 0;
}

static bool minute_is(const struct model *model)
{
	bool same = true;

	for (unsigned int r = 0; r < ROWS; r++)
		for (unsigned int c = 0; c < COUNTRIES; c++)
			same = same && cell_of(rows[r], countries[c]) == model->cell[r][c];
	for (unsigned int p = 0; p < PREFIXES; p++)
		for (unsigned int k = 0; k < CLASSES; k++)
			same = same && prefix_of(prefixes[p], k) == model->prefix[p][k];
	return same;
}

static bool drain_is(const struct model *model, unsigned int round)
{
	const char *wrong;

	minute_clear(&minute);
	if (drain_minute(drain, &minute))
		return false;
	wrong = minute_verify(&minute);
	if (!wrong && drain_closed(drain) && minute.unattributed == 0 &&
		minute.prefixes_unlisted == 0 && minute_is(model))
		return true;
	printf("# round %u: %s\n", round, wrong ? wrong : "other gains than were written");
	return false;
}

/* Another process takes the tables over. */
static bool restart(void)
{
	drain_free(drain);
	return drain_new(program, true, drain_choose_copy(program, false, NULL, 0), &drain) == 0;
}

/* In how many of 100 rounds the minute is kept, and the process ends. */
static bool rounds_hold(unsigned int rounds, unsigned int advances, unsigned int restarts)
{
	struct model model = {0};

	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int k = chance(6); k > 0; k--)
			write_some(&model);
		if (!drain_is(&model, round))
			return false;
		if (chance(100) < advances || round == rounds - 1) {
			drain_advance(drain, ++now_ns);
			memset(&model, 0, sizeof(model));
		}
		if (chance(100) < restarts && !restart())
			return false;
	}
	return true;
}

/* -- Both ---------------------------------------------------------------------------------- */

static bool load(int only_cpu)
{
	struct program_parameters parameters = {.countries = true,
		.prefixes = true,
		.sources = true,
		.frags = true,
		.only_cpu = only_cpu};
	struct kernel_error error;

	if (program_load(&parameters, &program, &error)) {
		printf("# %s\n", error.text);
		return false;
	}
	return true;
}

int main(void)
{
	printf("1..10\n");
	if (minute_reserve(&minute) || !load(test_run_choose_cpu()) || !map_tables(1)) {
		printf("Bail out! it does not load\n");
		return 1;
	}
	test_program();
	unmap_tables(1);
	program_free(program);
	if (!load(-1) || program->table_count < CPUS || !map_tables(CPUS) ||
		drain_new(program, false, 0, &drain)) {
		printf("Bail out! there are no two CPUs\n");
		return 1;
	}
	report("minutes_have_what_was_written", rounds_hold(4000, 100, 0));
	report("and_leave_two_copies_that_are_alike", copies_are_alike(program));
	report("also_what_could_not_be_kept_before", rounds_hold(4000, 70, 0));
	report("which_leaves_them_alike", copies_are_alike(program));
	report("also_after_a_restart", rounds_hold(60, 80, 5));
	report("which_leaves_them_alike_too", copies_are_alike(program));
	drain_free(drain);
	unmap_tables(CPUS);
	program_free(program);
	minute_release(&minute);
	return failures != 0;
}
