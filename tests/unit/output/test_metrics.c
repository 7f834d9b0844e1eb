/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/metrics.h"

#include "user/lib/file.h"
#include "user/model/port.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOON 1391256000

static bool has_line(const char *text, const char *line)
{
	char framed[256];

	snprintf(framed, sizeof(framed), "\n%s\n", line);
	return strstr(text, framed) != NULL;
}

static unsigned int count(const char *text, const char *part)
{
	unsigned int found = 0;

	for (const char *at = text; (at = strstr(at, part)); at++)
		found++;
	return found;
}

/* A minute with ports 0 .. count-1 of TCP, port n with n packets. */
static struct minute minute_with_ports(struct port_count *ports, size_t port_count)
{
	for (uint32_t i = 0; i < port_count; i++)
		ports[i] = (struct port_count){.row = i, .packets = i};
	return (struct minute){
		.start = NOON,
		.covered = 60,
		.addresses = 256,
		.unattributed = 2,
		.prefixes_unlisted = 3,
		.late = 4,
		.misdated = 5,
		.nic_drops = 6,
		.mode = ATTACH_GENERIC,
		.ledger[TT_TCP_SYN] = {100, 6000},
		.ports = ports,
		.port_count = port_count,
	};
}

static struct metrics full_metrics(void)
{
	static struct port_count ports[1000];
	struct minute minute = minute_with_ports(ports, 1000);
	struct metrics metrics = metrics_new();
	struct event event = event_blank();

	metrics_add_minute(&metrics, &minute);
	minute.start += 60;
	minute.covered = 59.5;
	metrics_add_minute(&metrics, &minute);
	event.kind = EVENT_SURGE;
	event.phase = EVENT_END;
	event.severity = EVENT_WARNING;
	metrics_add_event(&metrics, &event);
	metrics_add_event(&metrics, &event);
	metrics_add_failures(&metrics, METRICS_SINK_HISTORY, 3);
	for (unsigned int i = 0; i < METRICS_NUMBERS; i++)
		metrics.numbers[i] = i;
	metrics.numbers[METRICS_TIME_HISTORY] = .25;
	metrics.numbers[METRICS_WAL] = 4096;
	metrics.numbers[METRICS_FDS] = 30;
	metrics.numbers[METRICS_SAMPLES_LOST] = 5;
	metrics.degraded[HEALTH_HISTORY] = true;
	metrics_set_data_time(&metrics, METRICS_DATA_COUNTRY, NOON - 86400);
	metrics_set_data_time(&metrics, METRICS_DATA_HISTORY, NOON);
	return metrics;
}

static void counters_add_up_and_gauges_tell_the_last_minute(void **state)
{
	static const char *const lines[] = {
		"teiten_info{sensor=\"darknet1\",version=\"0.1.0\"} 1",
		"teiten_frames_total{sensor=\"darknet1\",class=\"tcp_syn\"} 200",
		"teiten_frames_total{sensor=\"darknet1\",class=\"short_eth\"} 0",
		"teiten_frame_bytes_total{sensor=\"darknet1\",class=\"tcp_syn\"} 12000",
		"teiten_unattributed_packets_total{sensor=\"darknet1\"} 4",
		"teiten_unlisted_prefix_packets_total{sensor=\"darknet1\"} 6",
		"teiten_late_packets_total{sensor=\"darknet1\"} 8",
		"teiten_misdated_packets_total{sensor=\"darknet1\"} 10",
		"teiten_nic_dropped_packets_total{sensor=\"darknet1\"} 12",
		"teiten_write_failures_total{sensor=\"darknet1\",output=\"history\"} 3",
		"teiten_write_failures_total{sensor=\"darknet1\",output=\"metrics\"} 0",
		"teiten_degraded{sensor=\"darknet1\",condition=\"history\"} 1",
		"teiten_degraded{sensor=\"darknet1\",condition=\"interface\"} 0",
		"teiten_covered_seconds_total{sensor=\"darknet1\"} 119.5",
		"teiten_interval_start_timestamp_seconds{sensor=\"darknet1\"} 1391256060",
		"teiten_interval_covered_seconds{sensor=\"darknet1\"} 59.5",
		"teiten_attach_mode{sensor=\"darknet1\",mode=\"generic\"} 1",
		"teiten_attach_mode{sensor=\"darknet1\",mode=\"native\"} 0",
		"teiten_monitored_addresses{sensor=\"darknet1\"} 256",
		"teiten_stage_seconds{sensor=\"darknet1\",stage=\"history\"} 0.25",
		"teiten_state_bytes{sensor=\"darknet1\",file=\"wal\"} 4096",
		"teiten_process_open_fds{sensor=\"darknet1\"} 30",
		"teiten_samples_total{sensor=\"darknet1\",outcome=\"lost\"} 5",
		"teiten_data_timestamp_seconds{sensor=\"darknet1\",data=\"country\"} 1391169600",
		"teiten_data_timestamp_seconds{sensor=\"darknet1\",data=\"history\"} 1391256000",
	};
	struct metrics metrics = full_metrics();
	CLEANUP_FREE char *text = metrics_to_text(&metrics, "darknet1", "0.1.0");

	(void)state;
	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!has_line(text, lines[i]))
			fail_msg("no line: %s", lines[i]);
	assert_true(has_line(text, "teiten_events_total{sensor=\"darknet1\",kind=\"surge\","
				   "phase=\"end\",severity=\"warning\"} 2"));
	assert_true(has_line(text, "teiten_events_total{sensor=\"darknet1\",kind=\"surge\","
				   "phase=\"open\",severity=\"info\"} 0"));
}

static void only_the_twenty_largest_ports_are_listed(void **state)
{
	struct metrics metrics = full_metrics();
	CLEANUP_FREE char *text = metrics_to_text(&metrics, "s", "1");

	(void)state;
	assert_int_equal(count(text, "\nteiten_port_packets{"), 20);
	assert_true(
		has_line(text, "teiten_port_packets{sensor=\"s\",proto=\"tcp\",port=\"999\"} 999"));
	assert_true(
		has_line(text, "teiten_port_packets{sensor=\"s\",proto=\"tcp\",port=\"980\"} 980"));
	assert_int_equal(metrics.top[0].row, 999);
	assert_int_equal(metrics.top[19].row, 980);
}

static void equal_ports_are_ranked_by_their_row(void **state)
{
	static struct port_count ports[30];
	struct minute minute = minute_with_ports(ports, 30);
	struct metrics metrics = metrics_new();

	(void)state;
	for (unsigned int i = 0; i < 30; i++)
		ports[i].packets = 7;
	metrics_add_minute(&metrics, &minute);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(metrics.top[i].row, i);
	assert_int_equal(metrics.top_count, 20);
}

static void a_quiet_minute_forgets_the_ports_of_the_one_before(void **state)
{
	struct metrics metrics = full_metrics();
	struct minute minute = {.start = NOON + 120, .covered = 60};
	CLEANUP_FREE char *text = NULL;

	(void)state;
	metrics_add_minute(&metrics, &minute);
	text = metrics_to_text(&metrics, "s", "1");
	assert_int_equal(count(text, "teiten_port_packets"), 0);
}

static void what_is_not_known_has_no_line(void **state)
{
	struct metrics metrics = metrics_new();
	CLEANUP_FREE char *text = NULL;

	(void)state;
	metrics_set_data_time(&metrics, METRICS_DATA_COUNTRY, -1);
	text = metrics_to_text(&metrics, "s", "1");
	assert_int_equal(count(text, "timestamp_seconds"), 0);
	assert_int_equal(count(text, "teiten_attach_mode"), 0);
	assert_int_equal(count(text, "teiten_monitored_addresses"), 0);
	assert_int_equal(count(text, "teiten_stage_seconds"), 0);
	assert_int_equal(count(text, "nan"), 0);
	assert_true(has_line(text, "teiten_covered_seconds_total{sensor=\"s\"} 0"));
}

static void of_a_family_the_known_alone_are_listed(void **state)
{
	struct metrics metrics = metrics_new();
	CLEANUP_FREE char *text = NULL;

	(void)state;
	metrics.numbers[METRICS_TIME_DETECT] = 1.5;
	text = metrics_to_text(&metrics, "s", "1");
	assert_int_equal(count(text, "# HELP teiten_stage_seconds Time that"), 1);
	assert_int_equal(count(text, "\nteiten_stage_seconds{"), 1);
	assert_true(has_line(text, "teiten_stage_seconds{sensor=\"s\",stage=\"detect\"} 1.5"));
}

/* What happened and is over has no state to show; all else has, and 0 while all is well. */
static void every_lasting_condition_is_shown(void **state)
{
	struct metrics metrics = metrics_new();
	CLEANUP_FREE char *text = metrics_to_text(&metrics, "s", "1");
	char line[128];

	(void)state;
	for (unsigned int i = 0; i < HEALTH_CONDITIONS; i++) {
		const struct health_text *about = health_text((enum health_condition)i);

		assert_true(about->name && about->begins_when && about->advice);
		assert_int_equal(
			strspn(about->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(about->name));
		snprintf(line, sizeof(line), "teiten_degraded{sensor=\"s\",condition=\"%s\"} 0",
			about->name);
		assert_int_equal(has_line(text, line), !about->is_moment);
	}
}

static void a_hostile_sensor_name_stays_within_its_label(void **state)
{
	struct metrics metrics = metrics_new();
	CLEANUP_FREE char *text = metrics_to_text(&metrics, "a\"} 1\n\\x\xff", "1");

	(void)state;
	assert_true(has_line(text, "teiten_info{sensor=\"a\\\"} 1?\\\\x?\",version=\"1\"} 1"));
	assert_true(has_line(text, "teiten_covered_seconds_total{sensor=\"a\\\"} 1?\\\\x?\"} 0"));
}

static void the_file_is_replaced_and_readable_by_the_collector(void **state)
{
	char folder[] = "/tmp/teiten-test-XXXXXX";
	char path[64];
	struct metrics metrics = full_metrics();
	CLEANUP_FREE char *text = metrics_to_text(&metrics, "s", "1");
	CLEANUP_FREE char *data = NULL;
	struct stat status;
	size_t size;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/teiten.prom", folder);
	assert_int_equal(metrics_write(&metrics, "s", "1", path), 0);
	assert_int_equal(file_read_all(path, 1 << 20, &data, &size), 0);
	assert_string_equal(data, text);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(metrics_write(&metrics, "s", "1", path), -ENOENT);
}

static void check_with_promtool(void)
{
	struct metrics metrics = full_metrics();
	CLEANUP_FREE char *text = metrics_to_text(&metrics, "s", "1");
	FILE *promtool = popen("promtool check metrics", "w");

	assert_non_null(promtool);
	fputs(text, promtool);
	assert_int_equal(pclose(promtool), 0);
}

static void promtool_has_nothing_to_say(void **state)
{
	(void)state;
	if (system("command -v promtool >/dev/null")) {
		print_message("SKIP: there is no promtool (scripts/fetch-promtool.sh)\n");
		skip();
	}
	check_with_promtool();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_add_up_and_gauges_tell_the_last_minute),
		cmocka_unit_test(only_the_twenty_largest_ports_are_listed),
		cmocka_unit_test(equal_ports_are_ranked_by_their_row),
		cmocka_unit_test(a_quiet_minute_forgets_the_ports_of_the_one_before),
		cmocka_unit_test(what_is_not_known_has_no_line),
		cmocka_unit_test(of_a_family_the_known_alone_are_listed),
		cmocka_unit_test(every_lasting_condition_is_shown),
		cmocka_unit_test(a_hostile_sensor_name_stays_within_its_label),
		cmocka_unit_test(the_file_is_replaced_and_readable_by_the_collector),
		cmocka_unit_test(promtool_has_nothing_to_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
