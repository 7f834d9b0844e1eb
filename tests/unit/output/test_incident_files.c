/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packet files of incidents: whole records whatever happens, few enough, readable by libpcap. */
#include "user/output/incident_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char world[64];
static struct incident_files files;
static struct tt_sample samples[1200];
static struct sampled_packet packets[1200];

static void begin(uint32_t count, uint64_t bytes)
{
	incident_files_init(&files, world, (struct incident_limits){count, bytes});
}

static const char *path_of(const char *incident)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/incidents/%s.pcap", world, incident);
	return path;
}

static int hand_over(const char *incident, size_t first, size_t count)
{
	return files.sink.packets(&files.sink, incident, &packets[first], count);
}

/* What libpcap reads of a file: the number of records, -1 when it is not whole. */
static int read_back(const char *incident, int64_t *last_ns)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *file = pcap_open_offline_with_tstamp_precision(
		path_of(incident), PCAP_TSTAMP_PRECISION_NANO, error);
	struct pcap_pkthdr *head;
	const u_char *data;
	int records = 0, more;

	if (!file)
		return -1;
	assert_int_equal(pcap_datalink(file), DLT_EN10MB);
	assert_int_equal(pcap_snapshot(file), TT_SAMPLE_BYTES);
	while ((more = pcap_next_ex(file, &head, &data)) == 1) {
		assert_int_equal(head->caplen, 60);
		assert_int_equal(head->len, 1400);
		assert_int_equal(data[0], records % 256);
		*last_ns = head->ts.tv_sec * INT64_C(1000000000) + head->ts.tv_usec;
		records++;
	}
	pcap_close(file);
	return more == PCAP_ERROR_BREAK ? records : -1;
}

static off_t size_of(const char *incident)
{
	struct stat status;

	return stat(path_of(incident), &status) ? -1 : status.st_size;
}

static void a_file_grows_to_a_thousand_packets(void **state)
{
	int64_t last_ns = 0;

	(void)state;
	begin(10, 1000000);
	assert_int_equal(hand_over("i52f96800-0", 0, 500), 0);
	assert_int_equal(read_back("i52f96800-0", &last_ns), 500);
	assert_int_equal(last_ns, packets[499].time_ns);
	assert_int_equal(hand_over("i52f96800-0", 500, 700), 0);
	assert_int_equal(read_back("i52f96800-0", &last_ns), INCIDENT_FILE_PACKETS);
	assert_int_equal(last_ns, packets[999].time_ns);
	assert_int_equal(files.written, 1000);
	assert_int_equal(hand_over("i52f96800-0", 0, 1), 0);
	assert_int_equal(read_back("i52f96800-0", &last_ns), INCIDENT_FILE_PACKETS);
}

static void a_torn_record_is_replaced(void **state)
{
	int64_t last_ns;

	(void)state;
	begin(10, 1000000);
	assert_int_equal(hand_over("i1-0", 0, 3), 0);
	assert_int_equal(truncate(path_of("i1-0"), size_of("i1-0") - 7), 0);
	assert_int_equal(hand_over("i1-0", 2, 2), 0);
	assert_int_equal(read_back("i1-0", &last_ns), 4);
	/* Something else under that name is written anew. */
	assert_int_equal(truncate(path_of("i1-0"), 5), 0);
	assert_int_equal(hand_over("i1-0", 0, 2), 0);
	assert_int_equal(read_back("i1-0", &last_ns), 2);
}

/* As on a full disk: part of a write fits. */
static void what_does_not_fit_leaves_the_file_as_it_was(void **state)
{
	struct rlimit was, small;
	int64_t last_ns;
	off_t before;

	(void)state;
	begin(10, 1000000);
	assert_int_equal(hand_over("i2-0", 0, 5), 0);
	before = size_of("i2-0");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = (rlim_t)before + 200;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(hand_over("i2-0", 5, 10), -EFBIG);
	small.rlim_cur = 30;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(hand_over("i3-0", 0, 10), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(size_of("i2-0"), before);
	assert_int_equal(size_of("i3-0"), -1);
	assert_int_equal(files.failed, 20);
	assert_int_equal(files.written, 5);
	assert_int_equal(hand_over("i2-0", 5, 10), 0);
	assert_int_equal(files.error, 0);
	assert_int_equal(read_back("i2-0", &last_ns), 15);
}

static unsigned int count_files(void)
{
	char path[128];
	struct dirent *entry;
	unsigned int count = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "%s/incidents", world);
	directory = opendir(path);
	assert_non_null(directory);
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static void the_oldest_files_give_way(void **state)
{
	const struct minute minute = {0};
	char incident[16];

	(void)state;
	begin(3, 1000000);
	for (unsigned int i = 0; i < 8; i++) {
		snprintf(incident, sizeof(incident), "ifile-%u", i);
		assert_int_equal(hand_over(incident, 0, 10), 0);
		usleep(10000);
	}
	assert_int_equal(count_files(), 3);
	assert_true(size_of("ifile-4") < 0 && size_of("ifile-5") > 0);
	/* A file that is written to is a young one. */
	assert_int_equal(hand_over("ifile-5", 10, 1), 0);
	usleep(10000);
	assert_int_equal(hand_over("ifile-8", 0, 10), 0);
	assert_true(size_of("ifile-6") < 0 && size_of("ifile-5") > 0);
	files.limits.bytes = 3000;
	assert_int_equal(hand_over("ifile-8", 10, 20), 0);
	assert_int_equal(files.sink.minute(&files.sink, &minute), 0);
	assert_int_equal(count_files(), 1);
	assert_true(size_of("ifile-8") > 0);
}

static void strange_names_and_no_files_at_all(void **state)
{
	(void)state;
	begin(3, 1000000);
	assert_int_equal(hand_over("../i1", 0, 1), -EINVAL);
	assert_int_equal(hand_over("", 0, 1), -EINVAL);
	begin(0, 1000000);
	assert_int_equal(hand_over("inone-0", 0, 1), 0);
	assert_int_equal(size_of("inone-0"), -1);
}

static int open_world(void **state)
{
	(void)state;
	strcpy(world, "/tmp/teiten-incidents-XXXXXX");
	for (size_t i = 0; i < 1200; i++) {
		samples[i].captured = 60;
		samples[i].length = 1400;
		samples[i].bytes[0] = (uint8_t)i;
		packets[i].sample = &samples[i];
		packets[i].time_ns = INT64_C(1392076800123456789) + (int64_t)i;
	}
	return mkdtemp(world) ? 0 : -1;
}

static int close_world(void **state)
{
	char path[512];
	struct dirent *entry;
	DIR *directory;

	(void)state;
	snprintf(path, sizeof(path), "%s/incidents", world);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		snprintf(path, sizeof(path), "%s/incidents/%s", world, entry->d_name);
		unlink(path);
	}
	closedir(directory);
	snprintf(path, sizeof(path), "%s/incidents", world);
	return rmdir(path) || rmdir(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_grows_to_a_thousand_packets),
		cmocka_unit_test(a_torn_record_is_replaced),
		cmocka_unit_test(what_does_not_fit_leaves_the_file_as_it_was),
		cmocka_unit_test(the_oldest_files_give_way),
		cmocka_unit_test(strange_names_and_no_files_at_all),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
