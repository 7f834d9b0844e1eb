/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/capture.h"

#include "tests/unit/input/reading.h"

#include <errno.h>

static void assert_three_records(const struct reading *reading, uint32_t fraction_unit)
{
	static const int64_t seconds[] = {1391212800, 1391212801, 0xffffffff};
	static const uint32_t fraction[] = {1, 999999, 5};
	static const uint32_t length[] = {60, 0, 14};
	static const uint8_t fill[] = {0xa1, 0, 0xa3};

	assert_int_equal(reading->open_result, 0);
	assert_int_equal(reading->end_result, 0);
	assert_int_equal(reading->count, 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(reading->packet[i].seconds, seconds[i]);
		assert_int_equal(reading->packet[i].nanoseconds, fraction[i] * fraction_unit);
		assert_int_equal(reading->packet[i].length, length[i]);
		assert_int_equal(reading->packet[i].available, length[i]);
		assert_int_equal(reading->packet[i].wire_length, length[i] + 4);
		assert_int_equal(reading->first_byte[i], fill[i]);
	}
}

static void all_forms_of_pcap_give_the_same_packets(void **state)
{
	(void)state;
	for (unsigned int form = 0; form < 8; form++) {
		bool nanoseconds = form & 2;
		struct bytes bytes = three_pcap_records(
			nanoseconds ? MAGIC_NANOSECONDS : MAGIC_MICROSECONDS, form & 1);
		struct bytes packed = gzipped(&bytes);
		struct bytes *use = form & 4 ? &packed : &bytes;
		struct reading reading = read_bytes(use, use->size);

		assert_three_records(&reading, nanoseconds ? 1 : 1000);
		free(bytes.data);
		free(packed.data);
	}
}

static void all_forms_of_pcapng_give_the_same_packets(void **state)
{
	(void)state;
	for (unsigned int form = 0; form < 8; form++) {
		bool nanoseconds = form & 2;
		struct bytes bytes = three_pcapng_records(nanoseconds ? 9 : 0, form & 1);
		struct bytes packed = gzipped(&bytes);
		struct bytes *use = form & 4 ? &packed : &bytes;
		struct reading reading = read_bytes(use, use->size);

		assert_three_records(&reading, nanoseconds ? 1 : 1000);
		free(bytes.data);
		free(packed.data);
	}
}

/* ends[i]: size of a file with i whole records. */

static void interfaces_may_differ_in_snapshot_length_and_resolution(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	put_section(&bytes);
	put_interface(&bytes, ETHERNET, 65535, 0);
	put_interface(&bytes, ETHERNET, 96, 9);
	put_packet(&bytes, 0, 1391212800000007, 60, 0xa1);
	put_packet(&bytes, 1, 1391212800000000007, 1400, 0xa2);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.end_result, 0);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.packet[0].nanoseconds, 7000);
	assert_int_equal(reading.packet[1].nanoseconds, 7);
	assert_int_equal(reading.packet[1].length, 1400);
	free(bytes.data);
}

static void a_record_longer_than_the_snapshot_length_keeps_its_bytes(void **state)
{
	struct bytes bytes = {.big = true};
	struct reading reading;

	(void)state;
	put_pcap_header(&bytes, MAGIC_MICROSECONDS, 96, ETHERNET);
	put_pcap_record(&bytes, 1391212800, 1, 1400, 0xa1);
	put_pcap_record(&bytes, 1391212800, 1, 200000, 0xa2);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.end_result, 0);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.packet[0].length, 1400);
	assert_int_equal(reading.packet[1].length, 200000);
	free(bytes.data);
}

static void an_impossible_fraction_of_a_second_reads_as_zero(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	put_pcap_header(&bytes, MAGIC_MICROSECONDS, 65535, ETHERNET);
	put_pcap_record(&bytes, 1391212800, 0xffffffff, 14, 0xa1);
	put_pcap_record(&bytes, 1391212800, 1000000, 14, 0xa1);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.count, 2);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(reading.packet[i].seconds, 1391212800);
		assert_int_equal(reading.packet[i].nanoseconds, 0);
	}
	free(bytes.data);
}

static void pcapng_times_beyond_the_year_9999_are_delivered_as_they_are(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	put_section(&bytes);
	put_interface(&bytes, ETHERNET, 65535, 0);
	put_packet(&bytes, 0, UINT64_MAX, 14, 0xa1);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.count, 1);
	assert_int_equal(reading.packet[0].seconds, 18446744073709);
	free(bytes.data);
}

static void sections_one_behind_the_other_are_one_capture(void **state)
{
	struct bytes bytes = three_pcapng_records(0, false);
	struct bytes more = three_pcapng_records(0, false);
	struct reading reading;

	(void)state;
	put(&bytes, more.data, more.size);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.end_result, 0);
	assert_int_equal(reading.count, 6);
	free(bytes.data);
	free(more.data);
}

/* An unknown block without a body is the shortest that there is. */

static void unknown_blocks_are_passed_over(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	put_section(&bytes);
	for (unsigned int i = 0; i < 2; i++) {
		put32(&bytes, 0x0bad);
		put32(&bytes, 12);
		put32(&bytes, 12);
		put_interface(&bytes, ETHERNET, 96 + i, 0);
	}
	put_packet(&bytes, 1, 1391212800000000, 1400, 0xa1);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.end_result, 0);
	assert_int_equal(reading.count, 1);
	assert_int_equal(reading.packet[0].length, 1400);
	free(bytes.data);
}

/* 4,096 interfaces and one more; with a damaged length the blocks behind it are never reached. */

static void progress_ends_at_the_size_of_the_file(void **state)
{
	struct bytes bytes = three_pcap_records(MAGIC_MICROSECONDS, false);
	struct bytes packed = gzipped(&bytes);
	char path[TEMPORARY_PATH];
	struct capture_error error;
	struct capture_packet packet;
	struct capture *capture;
	uint64_t done, total;

	(void)state;
	write_file(path, &packed, packed.size);
	assert_int_equal(capture_open(path, &error, &capture), 0);
	while (capture_next(capture, &packet) == 1)
		;
	capture_progress(capture, &done, &total);
	assert_int_equal(done, packed.size);
	assert_int_equal(total, packed.size);
	capture_close(capture);
	unlink(path);
	free(bytes.data);
	free(packed.data);
}

/* 1,045 real packets, when the shared captures are there. */

static void real_captures_are_read_whole(void **state)
{
	static const char path[] = "../shared/data/captures/curated_small.pcap";
	struct reading reading;

	(void)state;
	if (access(path, R_OK)) {
		print_message("SKIP: %s is not there\n", path);
		skip();
	}
	reading = read_path(path);
	assert_int_equal(reading.open_result, 0);
	assert_int_equal(reading.end_result, 0);
	assert_int_equal(reading.count, 1045);
	reading = read_path("../shared/data/captures/tcpdump_suite.pcap.gz");
	assert_int_equal(reading.end_result, 0);
	assert_int_equal(reading.count, 8510);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms_of_pcap_give_the_same_packets),
		cmocka_unit_test(all_forms_of_pcapng_give_the_same_packets),
		cmocka_unit_test(interfaces_may_differ_in_snapshot_length_and_resolution),
		cmocka_unit_test(a_record_longer_than_the_snapshot_length_keeps_its_bytes),
		cmocka_unit_test(an_impossible_fraction_of_a_second_reads_as_zero),
		cmocka_unit_test(pcapng_times_beyond_the_year_9999_are_delivered_as_they_are),
		cmocka_unit_test(sections_one_behind_the_other_are_one_capture),
		cmocka_unit_test(unknown_blocks_are_passed_over),
		cmocka_unit_test(progress_ends_at_the_size_of_the_file),
		cmocka_unit_test(real_captures_are_read_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
