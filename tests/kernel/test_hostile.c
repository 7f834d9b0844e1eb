/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile frames (tests/hostile/) through the loaded program: class, bytes, row and verdict are
 * those of the independent decoder, in one buffer and spread over several. TAP.
 *
 * HOSTILE_KERNEL_FRAMES=N runs about N frames in each layout (default 200,000).
 */
#include "tests/hostile/decoder.h"
#include "tests/hostile/frames.h"
#include "user/kernel/drain.h"
#include "user/kernel/test_run.h"
#include "user/model/port.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE 200000
/* Of which one half are random, the rest combinations. */
#define COMBINATIONS 2114869

/* Frames between two drains; a batch that differs is run again frame by frame. */
#define BATCH 1000

enum layout { LINEAR, SPREAD };

static const struct pass {
	const char *claim;
	enum layout layout;
	bool frags, targets;
} passes[] = {
	{"frames_in_one_buffer_are_counted_as_decoded", LINEAR, true, false},
	{"frames_spread_over_buffers_are_counted_as_decoded", SPREAD, true, false},
	{"a_program_without_frags_counts_alike", LINEAR, false, false},
	{"what_goes_elsewhere_is_off_target_and_nothing_else_is", LINEAR, true, true},
};
#define PASSES (sizeof(passes) / sizeof(passes[0]))

struct expected {
	struct tally ledger[TT_CLASSES];
	struct port_count row[TT_ROWS];
	uint32_t rows[BATCH];
	size_t row_count;
};

struct kept_frame {
	uint32_t length, linear;
	uint8_t bytes[HOSTILE_FRAME_MAX];
};

static struct run {
	const struct pass *pass;
	struct program *program;
	struct drain *drain;
	struct kept_frame batch[BATCH];
	size_t batched;
	bool spreads; /* the kernel's test run takes the first buffer's size */
	uint64_t frames;
	char wrong[4 * HOSTILE_FRAME_MAX];
} run;

static struct expected expected;
static struct minute minute;

/* -- What is monitored in the last pass: half of IPv4, a quarter of IPv6 ------------------- */

static const struct tt_target monitored[] = {
	{.mask = {0x80}, .address = {0x80}},
	{.mask = {0xc0}, .address = {0x00}, .is_v6 = 1},
};

static bool is_monitored(const struct decoded *decoded)
{
	return decoded->address_size == 4 ? decoded->destination[0] >= 128
					  : decoded->destination[0] < 64;
}

/* -- The decoder's opinion ----------------------------------------------------------------- */

static uint32_t row_of(const struct decoded *decoded)
{
	static const enum port_protocol protocol[] = {
		[DECODED_TCP] = PORT_TCP,
		[DECODED_UDP] = PORT_UDP,
		[DECODED_ICMP] = PORT_ICMP,
		[DECODED_ICMP6] = PORT_ICMP6,
	};

	return decoded->row == DECODED_NO_ROW ? TT_ROW_NONE
					      : port_row(protocol[decoded->row], decoded->number);
}

static void expect(const struct decoded *decoded, size_t length)
{
	enum tt_class class = decoded->class;
	uint32_t row = row_of(decoded);
	struct port_count *count;

	if (run.pass->targets && class > TT_OFF_TARGET && !is_monitored(decoded)) {
		class = TT_OFF_TARGET;
		row = TT_ROW_NONE;
	}
	expected.ledger[class].packets++;
	expected.ledger[class].bytes += length;
	if (row == TT_ROW_NONE)
		return;
	count = &expected.row[row];
	if (count->packets++ == 0)
		expected.rows[expected.row_count++] = row;
	count->bytes += length;
	count->syn += class == TT_TCP_SYN;
}

static void forget_expected(void)
{
	for (size_t i = 0; i < expected.row_count; i++)
		expected.row[expected.rows[i]] = (struct port_count){0};
	expected.row_count = 0;
	memset(expected.ledger, 0, sizeof(expected.ledger));
}

/* -- What the program counted -------------------------------------------------------------- */

static const char *compare(void)
{
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		if (memcmp(&minute.ledger[i], &expected.ledger[i], sizeof(struct tally)) != 0)
			return class_name((enum tt_class)i);
	if (minute.port_count != expected.row_count)
		return "how many rows";
	for (size_t i = 0; i < minute.port_count; i++) {
		const struct port_count *is = &minute.ports[i], *must = &expected.row[is->row];

		if (is->packets != must->packets || is->bytes != must->bytes ||
			is->syn != must->syn)
			return "a row";
	}
	return minute_verify(&minute);
}

static const char *drain_and_compare(void)
{
	minute_clear(&minute);
	if (drain_minute(run.drain, &minute))
		return "the drain";
	drain_advance(run.drain, 0);
	return drain_closed(run.drain) ? compare() : "the closing sum";
}

/* With a first buffer of frame->linear bytes: kernels since 6.18 take it from the context. */
static const char *run_frame(const struct kept_frame *frame, const struct decoded *decoded)
{
	struct xdp_md context = {.data_end = frame->linear};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		.data_size_in = frame->length, .repeat = 1);

	if (frame->linear != frame->length) {
		options.ctx_in = &context;
		options.ctx_size_in = sizeof(context);
	}
	if (bpf_prog_test_run_opts(run.program->fd, &options))
		return strerror(errno);
	return options.retval == (decoded->is_neighbour ? 2u : 1u) ? NULL : "the verdict";
}

/* -- Frames -------------------------------------------------------------------------------- */

static void tell(const struct kept_frame *frame, const char *what)
{
	int used = snprintf(run.wrong, sizeof(run.wrong), "%s, first buffer %u, frame of %u:", what,
		frame->linear, frame->length);

	for (uint32_t i = 0; i < frame->length; i++)
		used += snprintf(run.wrong + used, sizeof(run.wrong) - (size_t)used, "%02x",
			frame->bytes[i]);
}

/* Which frame of the batch it was. */
static void find_culprit(const char *what)
{
	for (size_t i = 0; i < run.batched; i++) {
		struct decoded decoded = decode(run.batch[i].bytes, run.batch[i].length);
		const char *wrong;

		forget_expected();
		expect(&decoded, run.batch[i].length);
		wrong = run_frame(&run.batch[i], &decoded);
		if (!wrong)
			wrong = drain_and_compare();
		if (wrong) {
			tell(&run.batch[i], wrong);
			return;
		}
	}
	snprintf(run.wrong, sizeof(run.wrong), "%s, in a batch and in no frame of it", what);
}

static void finish_batch(void)
{
	const char *wrong = run.wrong[0] ? NULL : drain_and_compare();

	if (wrong)
		find_culprit(wrong);
	forget_expected();
	run.batched = 0;
}

/* The fixed headers stay in the first buffer, as drivers do it. */
static uint32_t first_buffer(const struct decoded *decoded, uint32_t length)
{
	uint32_t least = decoded->fixed_end ? (uint32_t)decoded->fixed_end : length;

	if (!run.spreads || least >= length)
		return length;
	return least + (uint32_t)(run.frames % 3 ? run.frames % (length - least) : 0);
}

static void take(void *context, const uint8_t *bytes, size_t length)
{
	struct kept_frame *frame = &run.batch[run.batched];
	struct decoded decoded = decode(bytes, length);
	const char *wrong;

	(void)context;
	if (run.wrong[0] || length < TEST_RUN_MIN_FRAME || (!run.pass->frags && length > 3000))
		return;
	memcpy(frame->bytes, bytes, length);
	frame->length = (uint32_t)length;
	frame->linear = first_buffer(&decoded, frame->length);
	expect(&decoded, length);
	wrong = run_frame(frame, &decoded);
	run.frames++;
	if (wrong)
		tell(frame, wrong);
	else if (++run.batched == BATCH)
		finish_batch();
}

static bool can_spread(void)
{
	static struct kept_frame frame = {.length = 60, .linear = 20};
	struct decoded decoded = decode(frame.bytes, frame.length);

	return run_frame(&frame, &decoded) == NULL && drain_and_compare() != NULL;
}

static void run_frames(uint64_t sample, uint64_t seed)
{
	struct hostile hostile = {.visit = take};

	hostile.stride = sample >= COMBINATIONS ? 1 : (unsigned int)(2 * COMBINATIONS / sample);
	hostile_combinations(&hostile);
	hostile_random(&hostile, seed, sample / 2);
	finish_batch();
}

static const char *run_pass(const struct pass *pass, uint64_t sample)
{
	struct program_parameters parameters = {
		.verdict = TT_VERDICT_DROP,
		.countries = true,
		.prefixes = true,
		.sources = true,
		.frags = pass->frags,
		.targets = monitored,
		.target_count = pass->targets ? 2 : 0,
		.only_cpu = test_run_choose_cpu(),
	};
	struct kernel_error error;

	if (program_load(&parameters, &run.program, &error))
		return strcpy(run.wrong, error.text);
	run.pass = pass;
	if (drain_new(run.program, false, 0, &run.drain))
		return strcpy(run.wrong, "out of memory");
	run.spreads = pass->layout == SPREAD && can_spread();
	if (pass->layout == SPREAD && !run.spreads)
		printf("# SKIP this kernel's test run spreads only frames beyond a page\n");
	run_frames(sample, (uint64_t)(pass - passes) + 1);
	drain_free(run.drain);
	program_free(run.program);
	return run.wrong[0] ? run.wrong : NULL;
}

int main(void)
{
	const char *text = getenv("HOSTILE_KERNEL_FRAMES");
	uint64_t sample = text ? strtoull(text, NULL, 10) : SAMPLE;
	unsigned int failures = 0;

	if (minute_reserve(&minute) || sample < 2) {
		printf("Bail out! out of memory, or HOSTILE_KERNEL_FRAMES is no number\n");
		return 1;
	}
	printf("1..%zu\n", PASSES);
	for (size_t i = 0; i < PASSES; i++) {
		const char *wrong;

		run.frames = 0;
		run.wrong[0] = '\0';
		wrong = run_pass(&passes[i], sample);
		failures += wrong != NULL;
		printf("%s %zu - %s%s%s\n# %llu frames\n", wrong ? "not ok" : "ok", i + 1,
			passes[i].claim, wrong ? " # " : "", wrong ? wrong : "",
			(unsigned long long)run.frames);
	}
	minute_release(&minute);
	return failures != 0;
}
