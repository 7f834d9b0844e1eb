/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits in a batch when the minute ends, and is counted later, is told once. */
#include "tests/kernel/frame_text.h"
#include "user/kernel/drain.h"
#include "user/kernel/test_run.h"

#include <stdio.h>

enum { CELL_BEFORE = 44, CELL_AFTER = 52, CELL_OTHER = 100 };

static const char one[] = "eth:0800 ip4:17,from=198.51.0.1 udp:53:5000 dns:80 zero:20";
static const char other[] = "eth:0800 ip4:17,from=203.0.113.1 udp:53:5000 dns:80 zero:20";

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

	table->root[198 << 8 | 51] = of_one;
	table->root[203 << 8] = CELL_OTHER;
	if (program_swap_geo(program))
		failures++;
}

int main(void)
{
	struct program_parameters parameters = {
		.countries = true,
		.prefixes = true,
		.frags = true,
		.only_cpu = test_run_choose_cpu(),
	};
	struct kernel_error error;

	if (minute_reserve(&minute) || program_load(&parameters, &program, &error) ||
		drain_new(program, false, 0, &drain)) {
		printf("Bail out! it does not load\n");
		return 1;
	}
	printf("1..7\n");
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
	drain_free(drain);
	program_free(program);
	minute_release(&minute);
	return failures != 0;
}
