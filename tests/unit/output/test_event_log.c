/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/event_log.h"

#include "user/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOON 1391256000 /* 2014-02-01T12:00:00Z */

#define HEALTH_BEGIN                                                                               \
	"{\"timestamp\":\"2014-02-01T12:00:00Z\",\"event_type\":\"health\",\"sensor\":\"s\","      \
	"\"health\":{\"name\":\"disk_full\",\"state\":\"begin\",\"text\":\"no space\"}}\n"
#define HEALTH_END                                                                                 \
	"{\"timestamp\":\"2014-02-01T12:01:00Z\",\"event_type\":\"health\",\"sensor\":\"s\","      \
	"\"health\":{\"name\":\"disk_full\",\"state\":\"end\"}}\n"

struct fixture {
	char folder[64];
	char path[96];
	char old_path[96];
	struct event_log *log;
};

static struct fixture open_fixture(const char *content)
{
	struct fixture fixture = {0};

	snprintf(fixture.folder, sizeof(fixture.folder), "/tmp/teiten-test-XXXXXX");
	assert_non_null(mkdtemp(fixture.folder));
	snprintf(fixture.path, sizeof(fixture.path), "%s/events.json", fixture.folder);
	snprintf(fixture.old_path, sizeof(fixture.old_path), "%s/events.json.1", fixture.folder);
	if (content)
		assert_int_equal(
			file_replace(fixture.path, content, strlen(content), 0640, FILE_VISIBLE),
			0);
	assert_int_equal(event_log_open(fixture.path, &fixture.log), 0);
	return fixture;
}

static void close_fixture(struct fixture *fixture)
{
	event_log_close(fixture->log);
	unlink(fixture->path);
	unlink(fixture->old_path);
	assert_int_equal(rmdir(fixture->folder), 0);
}

static int health_begin(struct fixture *fixture)
{
	return event_log_health(fixture->log, "s", NOON, "disk_full", EVENT_LOG_BEGIN, "no space");
}

static int health_end(struct fixture *fixture)
{
	return event_log_health(fixture->log, "s", NOON + 60, "disk_full", EVENT_LOG_END, "");
}

static void assert_content(const char *path, const char *expected)
{
	CLEANUP_FREE char *data = NULL;
	size_t size;

	assert_int_equal(file_read_all(path, 1 << 20, &data, &size), 0);
	assert_string_equal(data, expected);
}

/* Files of this process cannot grow beyond size bytes: the disk is full there. */
static void limit_files_to(rlim_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void health_lines_say_begin_and_end(void **state)
{
	struct fixture fixture = open_fixture(NULL);
	struct stat status;

	(void)state;
	assert_int_equal(health_begin(&fixture), 0);
	assert_int_equal(health_end(&fixture), 0);
	assert_content(fixture.path, HEALTH_BEGIN HEALTH_END);
	assert_int_equal(stat(fixture.path, &status), 0);
	assert_int_equal(status.st_mode & 0777 & ~0640, 0);
	close_fixture(&fixture);
}

static void stats_name_the_classes_that_have_packets(void **state)
{
	struct fixture fixture = open_fixture(NULL);
	struct minute minute = {
		.start = NOON,
		.covered = 59.5,
		.addresses = 256,
		.nic_drops = 3,
		.mode = ATTACH_NATIVE,
		.ledger[TT_NON_IP] = {1, 60},
		.ledger[TT_TCP_SYN] = {9, 540},
	};

	(void)state;
	assert_int_equal(event_log_stats(fixture.log, "s", &minute), 0);
	assert_content(fixture.path,
		"{\"timestamp\":\"2014-02-01T12:00:00Z\",\"event_type\":\"stats\","
		"\"sensor\":\"s\",\"stats\":{\"covered_seconds\":59.5,\"addresses\":256,"
		"\"attach_mode\":\"native\",\"packets\":10,\"bytes\":600,\"unattributed\":0,"
		"\"prefixes_unlisted\":0,\"nic_drops\":3,\"classes\":{"
		"\"non_ip\":{\"packets\":1,\"bytes\":60},"
		"\"tcp_syn\":{\"packets\":9,\"bytes\":540}}}}\n");
	close_fixture(&fixture);
}

static void a_minute_that_saw_nothing_has_no_counts(void **state)
{
	struct fixture fixture = open_fixture(NULL);
	struct minute minute = {.start = NOON, .mode = ATTACH_NONE};

	(void)state;
	assert_int_equal(event_log_stats(fixture.log, "s", &minute), 0);
	assert_content(fixture.path,
		"{\"timestamp\":\"2014-02-01T12:00:00Z\",\"event_type\":\"stats\","
		"\"sensor\":\"s\",\"stats\":{\"covered_seconds\":0,\"attach_mode\":\"none\"}}\n");
	close_fixture(&fixture);
}

static void a_replayed_minute_counts_late_packets_and_knows_no_nic(void **state)
{
	struct fixture fixture = open_fixture(NULL);
	struct minute minute = {
		.start = NOON, .covered = 60, .late = 2, .misdated = 1, .mode = ATTACH_REPLAY};

	(void)state;
	assert_int_equal(event_log_stats(fixture.log, "s", &minute), 0);
	assert_content(fixture.path,
		"{\"timestamp\":\"2014-02-01T12:00:00Z\",\"event_type\":\"stats\","
		"\"sensor\":\"s\",\"stats\":{\"covered_seconds\":60,\"attach_mode\":\"replay\","
		"\"packets\":0,\"bytes\":0,\"unattributed\":0,\"prefixes_unlisted\":0,"
		"\"late\":2,\"misdated\":1,\"classes\":{}}}\n");
	close_fixture(&fixture);
}

static void a_spike_is_appended_to_what_is_there(void **state)
{
	struct fixture fixture = open_fixture("{}\n");
	struct event event = event_blank();
	CLEANUP_FREE char *data = NULL;
	size_t size;

	(void)state;
	event.key = series_make(SERIES_SWEEP, 0, 0);
	assert_int_equal(event_log_spike(fixture.log, "s", &event), 0);
	assert_int_equal(file_read_all(fixture.path, 1 << 20, &data, &size), 0);
	assert_memory_equal(data, "{}\n{\"timestamp\"", 15);
	assert_int_equal(data[size - 1], '\n');
	close_fixture(&fixture);
}

static void after_a_rename_lines_go_to_the_new_file_and_none_is_lost(void **state)
{
	struct fixture fixture = open_fixture(NULL);

	(void)state;
	assert_int_equal(health_begin(&fixture), 0);
	assert_int_equal(rename(fixture.path, fixture.old_path), 0);
	assert_int_equal(health_end(&fixture), 0);
	assert_int_equal(event_log_reopen(fixture.log), 0);
	assert_int_equal(health_begin(&fixture), 0);
	assert_content(fixture.old_path, HEALTH_BEGIN HEALTH_END);
	assert_content(fixture.path, HEALTH_BEGIN);
	close_fixture(&fixture);
}

static void a_failed_reopen_keeps_the_old_file(void **state)
{
	struct fixture fixture = open_fixture(NULL);

	(void)state;
	assert_int_equal(rename(fixture.path, fixture.old_path), 0);
	assert_int_equal(mkdir(fixture.path, 0700), 0);
	assert_int_equal(event_log_reopen(fixture.log), -EISDIR);
	assert_int_equal(health_begin(&fixture), 0);
	assert_content(fixture.old_path, HEALTH_BEGIN);
	assert_int_equal(rmdir(fixture.path), 0);
	close_fixture(&fixture);
}

/* The disk is full within, and then right at the end of, the second line. */
static void a_full_disk_leaves_no_torn_line(void **state)
{
	static const rlim_t room[] = {0, 1, 70, strlen(HEALTH_END) - 1};

	(void)state;
	for (unsigned int i = 0; i < sizeof(room) / sizeof(room[0]); i++) {
		struct fixture fixture = open_fixture(NULL);

		assert_int_equal(health_begin(&fixture), 0);
		limit_files_to(strlen(HEALTH_BEGIN) + room[i]);
		assert_int_equal(health_end(&fixture), room[i] ? -ENOSPC : -EFBIG);
		assert_content(fixture.path, HEALTH_BEGIN);
		limit_files_to(RLIM_INFINITY);
		assert_int_equal(health_end(&fixture), 0);
		assert_content(fixture.path, HEALTH_BEGIN HEALTH_END);
		close_fixture(&fixture);
	}
}

static void a_torn_end_of_an_old_file_is_closed_first(void **state)
{
	struct fixture fixture = open_fixture("{\"timestamp\":\"20");

	(void)state;
	assert_int_equal(health_begin(&fixture), 0);
	assert_int_equal(health_end(&fixture), 0);
	assert_content(fixture.path, "{\"timestamp\":\"20\n" HEALTH_BEGIN HEALTH_END);
	close_fixture(&fixture);
}

/* A pipe cannot be cut: what did not fit stays, and the next line starts on its own. */
static void a_line_torn_in_a_pipe_is_closed_first(void **state)
{
	static char filler[4096];
	struct fixture fixture = {0};
	char received[65536 + 8192];
	size_t size = 0;
	ssize_t got;
	int reader;

	(void)state;
	snprintf(fixture.folder, sizeof(fixture.folder), "/tmp/teiten-test-XXXXXX");
	assert_non_null(mkdtemp(fixture.folder));
	snprintf(fixture.path, sizeof(fixture.path), "%s/events.json", fixture.folder);
	assert_int_equal(mkfifo(fixture.path, 0600), 0);
	assert_int_equal(event_log_open(fixture.path, &fixture.log), -ENXIO);
	reader = open(fixture.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(event_log_open(fixture.path, &fixture.log), 0);

	/* Only writes above PIPE_BUF (4,096) are ever partial: a text of 9,000 bytes. */
	char *text = malloc(9001);

	memset(text, 'x', 9000);
	text[9000] = '\0';
	assert_int_equal(fcntl(reader, F_SETPIPE_SZ, 4096), 4096);
	assert_int_equal(
		event_log_health(fixture.log, "s", NOON, "n", EVENT_LOG_BEGIN, text), -ENOSPC);
	assert_int_equal(health_end(&fixture), -EAGAIN);
	assert_int_equal(read(reader, filler, sizeof(filler)), 4096);
	assert_int_equal(health_end(&fixture), 0);
	while ((got = read(reader, received + size, sizeof(received) - size)) > 0)
		size += (size_t)got;
	received[size] = '\0';
	assert_string_equal(received, "\n" HEALTH_END);
	free(text);
	close(reader);
	close_fixture(&fixture);
}

static void standard_output_is_a_dash_or_nothing(void **state)
{
	struct event_log *log;
	int saved = dup(STDOUT_FILENO);
	int ends[2];
	char received[512] = "";

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	dup2(ends[1], STDOUT_FILENO);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(event_log_open(i ? "-" : NULL, &log), 0);
		assert_int_equal(event_log_reopen(log), 0);
		assert_int_equal(
			event_log_health(log, "s", NOON + 60, "disk_full", EVENT_LOG_END, ""), 0);
		event_log_close(log);
	}
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(ends[1]);
	assert_int_equal(read(ends[0], received, sizeof(received) - 1), 2 * strlen(HEALTH_END));
	assert_string_equal(received, HEALTH_END HEALTH_END);
	close(ends[0]);
}

static void a_log_that_cannot_be_opened_is_an_error(void **state)
{
	struct event_log *log = NULL;

	(void)state;
	assert_int_equal(event_log_open("/nonexistent/events.json", &log), -ENOENT);
	assert_int_equal(event_log_open("/tmp", &log), -EISDIR);
	assert_null(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(health_lines_say_begin_and_end),
		cmocka_unit_test(stats_name_the_classes_that_have_packets),
		cmocka_unit_test(a_minute_that_saw_nothing_has_no_counts),
		cmocka_unit_test(a_replayed_minute_counts_late_packets_and_knows_no_nic),
		cmocka_unit_test(a_spike_is_appended_to_what_is_there),
		cmocka_unit_test(after_a_rename_lines_go_to_the_new_file_and_none_is_lost),
		cmocka_unit_test(a_failed_reopen_keeps_the_old_file),
		cmocka_unit_test(a_full_disk_leaves_no_torn_line),
		cmocka_unit_test(a_torn_end_of_an_old_file_is_closed_first),
		cmocka_unit_test(a_line_torn_in_a_pipe_is_closed_first),
		cmocka_unit_test(standard_output_is_a_dash_or_nothing),
		cmocka_unit_test(a_log_that_cannot_be_opened_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
