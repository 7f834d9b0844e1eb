/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every frame case through the loaded program: one frame changes one class, one row, one cell. TAP.
 */
#include "tests/kernel/frame_cases.h"
#include "tests/kernel/frame_text.h"
#include "user/kernel/drain.h"
#include "user/kernel/test_run.h"
#include "user/model/port.h"
#include "user/model/series.h"

#include <stdio.h>
#include <string.h>

static struct program *program;
static struct drain *drain;
static struct minute minute;
static uint8_t frame[FRAME_TEXT_MAX];
static unsigned int number, failures;

static void report(const char *claim, const char *wrong)
{
	number++;
	failures += wrong != NULL;
	printf("%s %u - %s%s%s\n", wrong ? "not ok" : "ok", number, claim, wrong ? " # " : "",
		wrong ? wrong : "");
}

static const char *check_row(const struct frame_case *expected, size_t length)
{
	char text[SERIES_TEXT_MAX];

	if (!expected->row)
		return minute.port_count || minute.cell_count ? "a row was counted" : NULL;
	if (minute.port_count != 1 || minute.cell_count != 1)
		return "not exactly one row and one cell";
	series_format(series_make(SERIES_PORT, minute.ports[0].row, 0), text);
	if (strcmp(text, expected->row) != 0)
		return "another row";
	if (minute.ports[0].packets != 1 || minute.ports[0].bytes != length)
		return "the row's packets or bytes";
	if (minute.ports[0].syn != (strcmp(expected->class, "tcp_syn") == 0))
		return "the row's SYN";
	if (minute.ports[0].sources != 1)
		return "the row's sources";
	if (minute.cells[0].row != minute.ports[0].row || minute.cells[0].packets != 1)
		return "the row's cell";
	return NULL;
}

static const char *check_minute(const struct frame_case *expected, size_t length)
{
	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		bool is_it = strcmp(class_name((enum tt_class)i), expected->class) == 0;

		if (minute.ledger[i].packets != is_it)
			return class_name((enum tt_class)i);
		if (minute.ledger[i].bytes != (is_it ? length : 0))
			return "bytes";
	}
	if (minute_verify(&minute))
		return minute_verify(&minute);
	return check_row(expected, length);
}

static const char *run(const struct frame_case *expected)
{
	size_t length = frame_from_text(expected->frame, frame);
	struct tally short_eth = {0};
	uint32_t verdict = 1;

	minute_clear(&minute);
	if (test_run_frame(program, frame,
		    (uint32_t)(length < TEST_RUN_MAX_FRAME ? length : TEST_RUN_MAX_FRAME),
		    (uint32_t)length, &short_eth, &verdict))
		return "the test run failed";
	if (drain_minute(drain, &minute))
		return "the drain failed";
	minute.ledger[TT_SHORT_ETH].packets += short_eth.packets;
	minute.ledger[TT_SHORT_ETH].bytes += short_eth.bytes;
	drain_advance(drain, 0);
	if (!drain_closed(drain))
		return "the ledger did not close";
	if (verdict != (expected->passes ? 2u : 1u))
		return "the verdict";
	return check_minute(expected, length);
}

int main(void)
{
	struct program_parameters parameters = {
		.verdict = TT_VERDICT_DROP,
		.countries = true,
		.prefixes = true,
		.sources = true,
		.frags = true,
		.replay = true,
		.only_cpu = test_run_choose_cpu(),
	};
	struct kernel_error error;

	if (program_load(&parameters, &program, &error)) {
		printf("Bail out! %s\n", error.text);
		return 1;
	}
	if (drain_new(program, false, 0, &drain) || minute_reserve(&minute)) {
		printf("Bail out! out of memory\n");
		return 1;
	}
	printf("1..%zu\n", FRAME_CASES);
	for (size_t i = 0; i < FRAME_CASES; i++)
		report(frame_cases[i].claim, run(&frame_cases[i]));
	drain_free(drain);
	program_free(program);
	minute_release(&minute);
	return failures != 0;
}
