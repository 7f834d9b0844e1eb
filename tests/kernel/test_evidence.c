/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The evidence channel: what is selected is written or counted as lost, to the packet; rates are
 * what was planned; the counters do not feel any of it. TAP.
 */
#include "tests/kernel/frame_text.h"
#include "tests/kernel/verifier.h"
#include "user/kernel/drain.h"
#include "user/kernel/samples.h"
#include "user/kernel/test_run.h"
#include "user/model/port.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TELNET "eth:0800 ip4:6,from=198.51.100.7,to=192.0.2.5 tcp:40000:23:S"
#define DNS "eth:0800 ip4:17,from=198.51.100.8,to=192.0.2.6 udp:53:4000 dns:80 zero:400"
#define ARP "eth:0806 zero:28"

static struct program *program;
static struct drain *drain;
static struct minute minute;
static struct sampling_plan plan;
static uint8_t frame[FRAME_TEXT_MAX];
static size_t length;
static unsigned int number, failures;

/* What was taken. */
static struct {
	uint64_t count, of_class[TT_CLASSES];
	struct tt_sample last;
	int64_t last_ns;
} taken;

static void report(const char *claim, bool is_true)
{
	number++;
	failures += !is_true;
	printf("%s %u - %s\n", is_true ? "ok" : "not ok", number, claim);
}

static void visit(void *context, const struct tt_sample *sample, int64_t time_ns)
{
	(void)context;
	taken.count++;
	if (sample->class < TT_CLASSES)
		taken.of_class[sample->class]++;
	taken.last = *sample;
	taken.last_ns = time_ns;
}

static void take(void)
{
	memset(&taken, 0, sizeof(taken));
	samples_take(program, 0, visit, NULL);
}

/* Every class alike, no row armed, nothing waiting. */
static void plan_all(uint8_t shift)
{
	memset(&plan, 0, sizeof(plan));
	memset(plan.class_shift, shift, sizeof(plan.class_shift));
	samples_plan(program, &plan);
	samples_take(program, 0, NULL, NULL);
}

/* Run a frame many times in the kernel. */
static void send(const char *text, unsigned int times)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .repeat = (int)times);

	length = frame_from_text(text, frame);
	options.data_size_in = (__u32)length;
	if (bpf_prog_test_run_opts(program->fd, &options))
		printf("# the test run failed: %s\n", strerror(errno));
}

static bool drain_holds(uint64_t frames)
{
	minute_clear(&minute);
	if (drain_minute(drain, &minute))
		return false;
	drain_advance(drain, 0);
	return minute_frames(&minute).packets == frames && !minute_verify(&minute) &&
	       drain_closed(drain);
}

static struct sampling_counts since(struct sampling_counts before)
{
	struct sampling_counts now = samples_counts(program);

	return (struct sampling_counts){
		.selected = now.selected - before.selected,
		.written = now.written - before.written,
		.lost = now.lost - before.lost,
	};
}

/* -- Claims -------------------------------------------------------------------------------- */

static void test_content(void)
{
	plan_all(0);
	program->sampling->replay_ns = 1392076800123456789;
	send(TELNET, 1);
	take();
	report("a_sample_is_the_frame_with_its_row_class_and_time",
		taken.count == 1 && taken.last.row == 23 && taken.last.class == TT_TCP_SYN &&
			taken.last.shift == 0 && taken.last.length == length &&
			taken.last.captured == length &&
			memcmp(taken.last.bytes, frame, length) == 0 &&
			taken.last_ns == 1392076800123456789);
	send(DNS, 1);
	take();
	report("of_a_long_frame_the_first_192_bytes",
		taken.count == 1 && taken.last.captured == TT_SAMPLE_BYTES &&
			taken.last.length == length && taken.last.row == TT_ROW_UDP + 4000 &&
			memcmp(taken.last.bytes, frame, TT_SAMPLE_BYTES) == 0);
	send(ARP, 1);
	take();
	report("a_frame_without_a_row_says_so",
		taken.count == 1 && taken.last.row == TT_ROW_NONE && taken.last.class == TT_NON_IP);
	send("eth:0800", 1);
	take();
	report("of_14_bytes_all_14",
		taken.count == 1 && taken.last.captured == 14 && taken.last.class == TT_IP_BAD);
	send("eth:0800 ip4:6 tcp:1:23:S zero:20000", 1);
	take();
	report("a_frame_in_several_buffers_is_sampled",
		taken.count == 1 && taken.last.captured == TT_SAMPLE_BYTES &&
			taken.last.length == length);
	report("and_all_five_are_counted", drain_holds(5));
}

static void test_full_ring(void)
{
	struct sampling_counts before = samples_counts(program), gained;

	plan_all(0);
	send(TELNET, TT_SAMPLES + 1000);
	gained = since(before);
	report("a_full_ring_loses_what_it_cannot_hold_to_the_packet",
		gained.selected == TT_SAMPLES + 1000 && gained.written == TT_SAMPLES &&
			gained.lost == 1000);
	report("and_the_counts_are_exact",
		drain_holds(TT_SAMPLES + 1000) && minute.port_count == 1 &&
			minute.ports[0].packets == TT_SAMPLES + 1000 &&
			minute.ledger[TT_TCP_SYN].packets == TT_SAMPLES + 1000);
	take();
	report("what_it_held_is_whole", taken.of_class[TT_TCP_SYN] == TT_SAMPLES);
	send(TELNET, 10);
	take();
	report("an_emptied_ring_takes_more", taken.count == 10);
	drain_holds(10);
}

static void test_rates(void)
{
	static const uint8_t shifts[] = {1, 4, 8};

	for (size_t i = 0; i < sizeof(shifts); i++) {
		uint64_t expected = 1 << 20 >> shifts[i], seen = 0;
		char claim[64];

		plan_all(shifts[i]);
		for (unsigned int part = 0; part < 1024; part++) {
			send(TELNET, 1024);
			take();
			seen += taken.count;
		}
		snprintf(claim, sizeof(claim), "one_in_%u_is_one_in_%u", 1u << shifts[i],
			1u << shifts[i]);
		printf("# %lu of 1048576\n", seen);
		report(claim, seen >= expected - 2 && seen <= expected + 2);
		report("and_the_counts_are_exact", drain_holds(1 << 20));
	}
}

/* A fixed stride would see one of the two alone. */
static void test_periods(void)
{
	uint64_t telnet = 0, dns = 0;

	plan_all(3);
	for (unsigned int i = 0; i < 4096; i++) {
		send(TELNET, 1);
		send(DNS, 1);
	}
	take();
	telnet = taken.of_class[TT_TCP_SYN];
	dns = taken.of_class[TT_UDP53_RESPONSE];
	printf("# %lu and %lu of 4096\n", telnet, dns);
	report("two_kinds_in_turn_are_sampled_alike",
		telnet >= 505 && telnet <= 519 && dns >= 505 && dns <= 519);
	drain_holds(8192);
}

static void test_arming(void)
{
	plan_all(TT_SHIFT_NEVER);
	send(TELNET, 1000);
	take();
	report("never_is_never", taken.count == 0);
	plan.rows[plan.row_count++] = (struct sampling_row){23, 0};
	plan.rows[plan.row_count++] = (struct sampling_row){TT_ROWS - 1, 0};
	samples_plan(program, &plan);
	send(TELNET, 23);
	send("eth:0800 ip4:6 tcp:1:24:S", 23);
	send("eth:86dd ip6:58 icmp:255", 5);
	send(ARP, 23);
	take();
	report("an_armed_row_is_sampled_and_no_other", taken.count == 28 &&
							       taken.of_class[TT_TCP_SYN] == 23 &&
							       taken.of_class[TT_ICMP6] == 5);
	plan.class_shift[TT_TCP_SYN] = 0;
	plan.rows[0].shift = 8;
	samples_plan(program, &plan);
	send(TELNET, 23);
	take();
	report("the_more_frequent_rate_holds", taken.count == 23 && taken.last.shift == 0);
	plan_all(TT_SHIFT_NEVER);
	send(TELNET, 23);
	take();
	report("a_row_is_disarmed", taken.count == 0);
	report("and_the_counts_are_exact", drain_holds(1000 + 23 * 3 + 5 + 23 + 23));
}

static bool load(bool samples, int cpu)
{
	struct program_parameters parameters = {
		.verdict = TT_VERDICT_DROP,
		.countries = true,
		.prefixes = true,
		.sources = true,
		.frags = true,
		.replay = true,
		.samples = samples,
		.only_cpu = cpu,
	};
	struct kernel_error error;

	if (program_load(&parameters, &program, &error)) {
		printf("Bail out! %s\n", error.text);
		return false;
	}
	return drain_new(program, false, 0, &drain) == 0;
}

static void unload(void)
{
	drain_free(drain);
	program_free(program);
}

int main(void)
{
	int cpu = test_run_choose_cpu();

	if (cpu < 0 || minute_reserve(&minute) || !load(true, cpu))
		return 1;
	print_verifier_figure(program, "with evidence");
	test_content();
	test_full_ring();
	test_rates();
	test_periods();
	test_arming();
	unload();
	if (!load(false, cpu))
		return 1;
	plan_all(0);
	send(TELNET, 23);
	take();
	report("switched_off_nothing_is_sampled",
		taken.count == 0 && samples_counts(program).selected == 0 && drain_holds(23));
	unload();
	minute_release(&minute);
	printf("1..%u\n", number);
	return failures != 0;
}
