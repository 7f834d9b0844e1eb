/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attached sensor, in each way to attach: frames sent into one end of a veth pair are in the
 * ledger and in the rows exactly once, drained while they come and after a stop. Its network and
 * its BPF file system are its own and end with it. Needs root and iproute2. TAP.
 */
#include "tests/kernel/frame_cases.h"
#include "tests/kernel/frame_text.h"
#include "user/kernel/attach.h"
#include "user/kernel/drain.h"
#include "user/kernel/kernel_source.h"
#include "user/kernel/samples.h"
#include "user/model/port.h"
#include "user/model/series.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct way {
	enum attach_choice choice;
	enum attach_mode mode;
	__u8 kernel_mode;
	unsigned int mtu; /* the largest that the way takes, plain native XDP: one page */
} ways[] = {
	{ATTACH_CHOICE_AUTO, ATTACH_FRAGS, XDP_ATTACHED_DRV, 65535},
	{ATTACH_CHOICE_NATIVE, ATTACH_NATIVE, XDP_ATTACHED_DRV, 3500},
	{ATTACH_CHOICE_GENERIC, ATTACH_GENERIC, XDP_ATTACHED_SKB, 9000},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))
#define CLAIMS_PER_WAY 12u

#define DARK "dark" /* the sensor's end */
#define FAR "far"   /* the sender's end */

/* Frames on their way at once: a veth's ring has 256 places and drops what finds it full. */
#define BURST 64u
/* What comes while no process is there. */
#define ABSENT_FRAMES 23u
/* What was counted, and not drained, when the interface is removed. */
#define LAST_FRAMES 29u
#define LATER_FRAMES 31u /* after it was made again */
/* More than the rings of a few CPUs hold. */
#define FLOOD_FRAMES (TT_SAMPLES * 5u)

/* Counts of one run: what the cases say, or what the minutes said. */
struct sums {
	uint64_t frames;
	struct tally ledger[TT_CLASSES];
	uint64_t row[TT_ROWS];
};

struct sensor_run {
	struct pin_directory directory;
	struct program *program;
	struct drain *drain;
	struct attachment attachment;
};

static struct minute minute;
static struct sums expected, seen;
static uint64_t sampled[TT_CLASSES];
static uint8_t frame[FRAME_TEXT_MAX];
static unsigned int number, failures;
static int sender = -1;
static bool counts_sources = true;
static const char *minute_fault; /* the first minute that did not close */

static void report(const char *way, const char *claim, bool is_true)
{
	number++;
	failures += !is_true;
	printf("%s %u - %s: %s\n", is_true ? "ok" : "not ok", number, way, claim);
}

static __attribute__((format(printf, 1, 2), noreturn)) void bail_out(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("Bail out! ");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
	exit(1);
}

/* -- The world ----------------------------------------------------------------------------- */

#define IP(...) run_ip((const char *const[]){"ip", __VA_ARGS__, NULL})

/* Without a shell: busybox's takes its own ip, which knows no veth. */
static void run_ip(const char *const *arguments)
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	status = posix_spawnp(
		&child, arguments[0], NULL, NULL, (char *const *)(uintptr_t)arguments, environ);
	if (status)
		bail_out("iproute2: %s", strerror(status));
	if (waitpid(child, &status, 0) != child || status)
		bail_out("ip %s %s failed", arguments[1], arguments[2]);
}

/* The kernel sends nothing by itself: no address, no IPv6 neighbour discovery. */
static void silence_ipv6(void)
{
	FILE *file = fopen("/proc/sys/net/ipv6/conf/default/disable_ipv6", "we");

	if (file) {
		fputs("1\n", file);
		fclose(file);
	}
}

static void make_world(void)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWNET))
		bail_out("no namespaces of its own: %s", strerror(errno));
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("bpf", "/sys/fs/bpf", "bpf", 0, "mode=0700"))
		bail_out("no BPF file system of its own: %s", strerror(errno));
	silence_ipv6();
	sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sender < 0)
		bail_out("no packet socket: %s", strerror(errno));
}

static void make_veth(unsigned int mtu)
{
	char bytes[16];

	snprintf(bytes, sizeof(bytes), "%u", mtu);
	IP("link", "add", DARK, "mtu", bytes, "type", "veth", "peer", "name", FAR, "mtu", bytes);
	IP("link", "set", DARK, "up");
	IP("link", "set", FAR, "up");
}

static const struct frame_case syn = {
	"tcp_syn", "eth:0800 ip4:6 tcp:1:23:S", "tcp_syn", "tcp/23", 0};

/* -- Sending ------------------------------------------------------------------------------- */

static void send_frame(const struct frame_case *sent, unsigned int copies)
{
	size_t length = frame_from_text(sent->frame, frame);
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(FAR),
	};
	series_key key;

	for (unsigned int i = 0; i < copies; i++)
		if (sendto(sender, frame, length, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			bail_out("sending %s: %s", sent->claim, strerror(errno));
	expected.frames += copies;
	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		if (strcmp(class_name((enum tt_class)i), sent->class) != 0)
			continue;
		expected.ledger[i].packets += copies;
		expected.ledger[i].bytes += copies * length;
	}
	if (sent->row && series_parse(sent->row, &key))
		expected.row[series_item(key)] += copies;
}

/* Since the counters began. */
static uint64_t frames_counted(const struct program *program)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < program->table_count; i++)
		sum += *(const volatile __u64 *)&program->tables[i].counts->totals.frames.packets;
	return sum;
}

/* Until every frame sent has reached the program; a lost one shows in the ledger. */
static void wait_for_frames(const struct sensor_run *run)
{
	for (unsigned int i = 0; i < 5000 && frames_counted(run->program) < expected.frames; i++)
		usleep(1000);
}

/* -- The sensor ---------------------------------------------------------------------------- */

static void start_sensor(struct sensor_run *run, enum attach_choice choice)
{
	struct program_parameters parameters = {
		.verdict = TT_VERDICT_DROP,
		.countries = true,
		.prefixes = true,
		.sources = counts_sources,
		.frags = true,
		.samples = true,
		.only_cpu = -1,
	};
	static const struct sampling_plan everything;
	struct kernel_error error = {0};
	unsigned int copy;

	if (pin_directory_open(DARK, &run->directory, &error))
		bail_out("%s", error.text);
	parameters.pin_directory = run->directory.path;
	if (program_load(&parameters, &run->program, &error) ||
		attach_interface(run->program, &run->directory, DARK, if_nametoindex(DARK), choice,
			&run->attachment, &error))
		bail_out("%s", error.text);
	copy = drain_choose_copy(run->program, false, run->program->birth.id, 0);
	if (drain_new(run->program, true, copy, &run->drain))
		bail_out("out of memory");
	samples_plan(run->program, &everything);
}

/* As the live sensor does, which has no privilege left: another rung's program is not loaded. */
static void attach_again(struct sensor_run *run, enum attach_choice choice)
{
	struct kernel_error error = {"the old link stays"};

	run->program->is_final = true;
	close(run->attachment.link_fd);
	if (attach_remove_link(&run->directory) ||
		attach_interface(run->program, &run->directory, DARK, if_nametoindex(DARK), choice,
			&run->attachment, &error))
		bail_out("%s", error.text);
}

/* As a process that ends: link and maps stay pinned. */
static void stop_sensor(struct sensor_run *run)
{
	drain_free(run->drain);
	close(run->attachment.link_fd);
	program_free(run->program);
	pin_directory_close(&run->directory);
}

static void remove_sensor(struct sensor_run *run)
{
	struct kernel_error error = {0};

	drain_free(run->drain);
	if (attach_remove_link(&run->directory))
		bail_out("the link stays: %s", strerror(errno));
	close(run->attachment.link_fd);
	program_free(run->program);
	if (pin_directory_remove(&run->directory, &error))
		bail_out("%s", error.text);
}

static void count_sample(void *context, const struct tt_sample *sample, int64_t time_ns)
{
	(void)context;
	(void)time_ns;
	if (sample->class < TT_CLASSES)
		sampled[sample->class]++;
}

static void take_minute(struct sensor_run *run)
{
	samples_take(run->program, 0, count_sample, NULL);
	minute_clear(&minute);
	if (drain_minute(run->drain, &minute))
		bail_out("the drain failed");
	if (!minute_fault)
		minute_fault = drain_closed(run->drain) ? minute_verify(&minute) : "not closed";
	drain_advance(run->drain, kernel_source_now());
	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		seen.ledger[i].packets += minute.ledger[i].packets;
		seen.ledger[i].bytes += minute.ledger[i].bytes;
		seen.frames += minute.ledger[i].packets;
	}
	for (size_t i = 0; i < minute.port_count; i++)
		seen.row[minute.ports[i].row] += minute.ports[i].packets;
}

/* What was counted but not yet whole is in the next minute. */
static void take_the_rest(struct sensor_run *run)
{
	wait_for_frames(run);
	for (unsigned int i = 0; i < 10 && seen.frames < expected.frames; i++)
		take_minute(run);
}

/* -- The claims ---------------------------------------------------------------------------- */

/* Every case that fits, one to three copies, with a drain after each burst. */
static void send_all_cases(struct sensor_run *run, unsigned int mtu)
{
	unsigned int waiting = 0;

	for (size_t i = 0; i < FRAME_CASES; i++) {
		size_t length = frame_from_text(frame_cases[i].frame, frame);

		if (length < 14 || length > mtu + 14)
			continue;
		send_frame(&frame_cases[i], 1 + i % 3);
		waiting += 1 + i % 3;
		if (waiting + 3 <= BURST)
			continue;
		/* Frames may still be on their way: the drain meets running programs. */
		take_minute(run);
		wait_for_frames(run);
		waiting = 0;
	}
}

static bool is_attached_as(const struct sensor_run *run, const struct way *way)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	return run->attachment.mode == way->mode &&
	       bpf_xdp_query((int)run->attachment.ifindex, 0, &query) == 0 &&
	       query.attach_mode == way->kernel_mode;
}

static bool is_ledger_exact(void)
{
	bool is_exact = true;

	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		if (seen.ledger[i].packets == expected.ledger[i].packets &&
			seen.ledger[i].bytes == expected.ledger[i].bytes)
			continue;
		is_exact = false;
		printf("# %s: %llu frames of %llu bytes, not %llu of %llu\n",
			class_name((enum tt_class)i), (unsigned long long)seen.ledger[i].packets,
			(unsigned long long)seen.ledger[i].bytes,
			(unsigned long long)expected.ledger[i].packets,
			(unsigned long long)expected.ledger[i].bytes);
	}
	return is_exact;
}

static bool is_every_frame_sampled(const struct sensor_run *run)
{
	struct sampling_counts counts = samples_counts(run->program);

	samples_take(run->program, 0, count_sample, NULL);
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		if (sampled[i] != expected.ledger[i].packets)
			return false;
	return counts.selected == expected.frames && counts.written == expected.frames &&
	       counts.lost == 0;
}

/* As fast as frames get through, with nobody taking samples. */
static bool is_flood_counted(struct sensor_run *run, const struct frame_case *sent)
{
	struct sampling_counts before = samples_counts(run->program), after;

	for (unsigned int i = 0; i < FLOOD_FRAMES; i += BURST) {
		send_frame(sent, BURST);
		wait_for_frames(run);
	}
	after = samples_counts(run->program);
	take_the_rest(run);
	printf("# a flood of %u: %llu samples, %llu lost\n", FLOOD_FRAMES,
		(unsigned long long)(after.written - before.written),
		(unsigned long long)(after.lost - before.lost));
	return is_ledger_exact() && after.selected - before.selected == FLOOD_FRAMES &&
	       after.selected == after.written + after.lost &&
	       after.lost - before.lost >=
		       FLOOD_FRAMES - (uint64_t)TT_SAMPLES * run->program->possible_cpus;
}

/* The kernel takes an interface off its link some time after the command has ended. */
static bool is_interface_gone(const struct sensor_run *run)
{
	for (unsigned int i = 0; i < 5000 && attach_ifindex(&run->attachment) != 0; i++)
		usleep(1000);
	return attach_ifindex(&run->attachment) == 0;
}

/* Removed with counts that nobody has drained, and made again. */
static void lose_interface(struct sensor_run *run, const struct way *way)
{
	const char *name = attach_mode_name(way->mode);

	send_frame(&syn, LAST_FRAMES);
	wait_for_frames(run);
	IP("link", "delete", DARK);
	report(name, "the_link_of_a_removed_interface_says_so", is_interface_gone(run));
	make_veth(way->mtu);
	attach_again(run, way->choice);
	report(name, "an_interface_made_again_is_attached_in_this_mode",
		!run->attachment.is_taken_over && is_attached_as(run, way));
	send_frame(&syn, LATER_FRAMES);
	take_the_rest(run);
	report(name, "frames_before_and_after_are_counted_once",
		is_ledger_exact() && memcmp(seen.row, expected.row, sizeof(seen.row)) == 0);
}

static void run_way(const struct way *way)
{
	const char *name = attach_mode_name(way->mode);
	struct sensor_run run = {0};

	memset(&expected, 0, sizeof(expected));
	memset(&seen, 0, sizeof(seen));
	memset(sampled, 0, sizeof(sampled));
	minute_fault = NULL;
	make_veth(way->mtu);
	start_sensor(&run, way->choice);
	report(name, "it_attaches_in_this_mode", is_attached_as(&run, way));
	send_all_cases(&run, way->mtu);
	take_the_rest(&run);
	printf("# %s: %llu frames sent\n", name, (unsigned long long)expected.frames);
	report(name, "every_class_has_its_frames_and_bytes", is_ledger_exact());
	report(name, "every_row_has_its_packets",
		memcmp(seen.row, expected.row, sizeof(seen.row)) == 0);

	stop_sensor(&run);
	send_frame(&syn, ABSENT_FRAMES);
	start_sensor(&run, way->choice);
	report(name, "a_restart_takes_the_link_over",
		run.attachment.is_taken_over && is_attached_as(&run, way));
	take_the_rest(&run);
	report(name, "frames_without_a_process_are_counted_once",
		is_ledger_exact() && memcmp(seen.row, expected.row, sizeof(seen.row)) == 0);
	take_minute(&run);
	report(name, "nothing_is_counted_twice", seen.frames == expected.frames);
	report(name, "every_frame_was_sampled_once", is_every_frame_sampled(&run));
	report(name, "a_flood_of_samples_is_lost_by_number_and_counted_exactly",
		is_flood_counted(&run, &syn));
	lose_interface(&run, way);
	report(name, "every_minute_closes", minute_fault == NULL);
	if (minute_fault)
		printf("# %s\n", minute_fault);
	remove_sensor(&run);
	IP("link", "delete", DARK);
}

/* Of a minute with packets of one sender: 1, or 0 where they are unknown; -1: neither. */
static int sources_of_a_minute(struct sensor_run *run)
{
	send_frame(&syn, LATER_FRAMES);
	wait_for_frames(run);
	take_minute(run);
	if (minute.port_count != 1 || minute.has_sketches != (minute.ports[0].sources > 0))
		return -1;
	return (int)minute.ports[0].sources;
}

/* Processes that take counters over, of which the first does not count sources. */
static void switch_sources(const struct way *way)
{
	struct sensor_run run = {0};

	memset(&expected, 0, sizeof(expected));
	make_veth(way->mtu);
	counts_sources = false;
	start_sensor(&run, way->choice);
	report("sources", "switched_off_they_are_unknown", sources_of_a_minute(&run) == 0);
	stop_sensor(&run);
	counts_sources = true;
	start_sensor(&run, way->choice);
	report("sources", "so_in_the_minute_they_are_switched_on", sources_of_a_minute(&run) == 0);
	stop_sensor(&run);
	start_sensor(&run, way->choice);
	report("sources", "and_in_the_first_of_a_process_that_comes_after",
		sources_of_a_minute(&run) == 0);
	report("sources", "and_in_its_second", sources_of_a_minute(&run) == 0);
	report("sources", "they_are_known_then", sources_of_a_minute(&run) == 1);
	stop_sensor(&run);
	start_sensor(&run, way->choice);
	report("sources", "to_the_next_process_at_once", sources_of_a_minute(&run) == 1);
	remove_sensor(&run);
	IP("link", "delete", DARK);
}
#define CLAIMS_OF_SOURCES 6

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_world();
	if (minute_reserve(&minute))
		bail_out("out of memory");
	printf("1..%zu\n", WAYS * CLAIMS_PER_WAY + CLAIMS_OF_SOURCES);
	for (size_t i = 0; i < WAYS; i++)
		run_way(&ways[i]);
	switch_sources(&ways[0]);
	minute_release(&minute);
	close(sender);
	return failures != 0;
}
