/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/capture.h"

#include "tests/unit/input/bytes.h"

#include <errno.h>

#define ETHERNET 1
#define LINUX_SLL 113

/* What a capture gave: its packets, then the end. */
struct reading {
	int open_result;
	int end_result;
	unsigned int count;
	struct capture_packet packet[16];
	uint8_t first_byte[16];
	struct capture_error error;
};

static struct reading read_path(const char *path)
{
	struct reading reading = {0};
	struct capture_packet packet;
	struct capture *capture = NULL;

	reading.open_result = capture_open(path, &reading.error, &capture);
	if (reading.open_result) {
		assert_null(capture);
		return reading;
	}
	while ((reading.end_result = capture_next(capture, &packet)) == 1) {
		if (reading.count < 16) {
			reading.packet[reading.count] = packet;
			reading.first_byte[reading.count] = packet.length ? packet.data[0] : 0;
		}
		reading.count++;
		assert_int_equal(capture_records(capture), reading.count);
	}
	assert_int_equal(capture_next(capture, &packet), reading.end_result);
	capture_close(capture);
	return reading;
}

static struct reading read_bytes(const struct bytes *bytes, size_t size)
{
	char path[TEMPORARY_PATH];
	struct reading reading;

	write_file(path, bytes, size);
	reading = read_path(path);
	unlink(path);
	return reading;
}

static struct bytes three_pcap_records(uint32_t magic, bool big)
{
	struct bytes bytes = {.big = big};

	put_pcap_header(&bytes, magic, 65535, ETHERNET);
	put_pcap_record(&bytes, 1391212800, 1, 60, 0xa1);
	put_pcap_record(&bytes, 1391212801, 999999, 0, 0);
	put_pcap_record(&bytes, 0xffffffff, 5, 14, 0xa3);
	return bytes;
}

static struct bytes three_pcapng_records(uint8_t resolution, bool big)
{
	struct bytes bytes = {.big = big};
	uint64_t second = resolution == 9 ? 1000000000 : 1000000;

	put_section(&bytes);
	put_interface(&bytes, ETHERNET, 262144, resolution);
	put_packet(&bytes, 0, 1391212800 * second + 1, 60, 0xa1);
	put_packet(&bytes, 0, 1391212801 * second + 999999, 0, 0);
	put_packet(&bytes, 0, 0xffffffff * second + 5, 14, 0xa3);
	return bytes;
}

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
static void cut_everywhere(const struct bytes *bytes, const size_t ends[4])
{
	for (size_t size = 0; size <= bytes->size; size++) {
		struct reading reading = read_bytes(bytes, size);
		unsigned int whole = 0;
		char expected[64];

		if (size < ends[0]) {
			assert_int_equal(reading.open_result, -EBADMSG);
			assert_non_null(strstr(reading.error.text,
				size ? "is cut inside its header" : "the file is empty"));
			continue;
		}
		while (whole < 3 && size >= ends[whole + 1])
			whole++;
		assert_int_equal(reading.open_result, 0);
		assert_int_equal(reading.count, whole);
		if (size == ends[whole]) {
			assert_int_equal(reading.end_result, 0);
			continue;
		}
		assert_int_equal(reading.end_result, -EBADMSG);
		snprintf(expected, sizeof(expected), "is cut in record %u, after %u whole ones",
			whole + 1, whole);
		assert_non_null(strstr(reading.error.text, expected));
	}
}

static void a_pcap_cut_at_any_byte_gives_its_whole_records_and_names_the_next(void **state)
{
	struct bytes bytes = three_pcap_records(MAGIC_MICROSECONDS, false);
	const size_t ends[] = {24, 24 + 76, 24 + 76 + 16, bytes.size};

	(void)state;
	cut_everywhere(&bytes, ends);
	free(bytes.data);
}

static void a_pcapng_cut_at_any_byte_gives_its_whole_records_and_names_the_next(void **state)
{
	struct bytes bytes = three_pcapng_records(9, true);
	const size_t ends[] = {60, 60 + 92, 60 + 92 + 32, bytes.size};

	(void)state;
	cut_everywhere(&bytes, ends);
	free(bytes.data);
}

static void a_gzip_file_cut_at_any_byte_is_never_taken_for_whole(void **state)
{
	struct bytes bytes = {0};
	struct bytes packed;
	unsigned int before = 0;

	(void)state;
	put_pcap_header(&bytes, MAGIC_MICROSECONDS, 65535, ETHERNET);
	for (unsigned int i = 0; i < 300; i++)
		put_pcap_record(
			&bytes, 1391212800 + i * 7919, i * 31 % 1000000, 8, (uint8_t)(i * 37));
	packed = gzipped(&bytes);
	/* Two bytes of a gzip file are not yet told from another file. */
	for (size_t size = 3; size < packed.size; size++) {
		struct reading reading = read_bytes(&packed, size);

		if (reading.open_result == 0) {
			assert_int_equal(reading.end_result, -EBADMSG);
			assert_non_null(strstr(reading.error.text, "is cut in record"));
		} else {
			assert_int_equal(reading.open_result, -EBADMSG);
		}
		assert_true(reading.count >= before);
		before = reading.count;
	}
	/* Only the checksum behind the data was missing: every record was there. */
	assert_int_equal(before, 300);
	free(bytes.data);
	free(packed.data);
}

static void a_gzip_file_with_a_wrong_checksum_is_damaged(void **state)
{
	struct bytes bytes = three_pcap_records(MAGIC_MICROSECONDS, false);
	struct bytes packed = gzipped(&bytes);
	struct reading reading;

	(void)state;
	packed.data[packed.size - 6] ^= 1;
	reading = read_bytes(&packed, packed.size);
	assert_true(reading.open_result == -EBADMSG || reading.end_result == -EBADMSG);
	assert_non_null(strstr(reading.error.text, "gzip data is damaged"));
	free(bytes.data);
	free(packed.data);
}

static void another_link_type_is_refused_by_name(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	put_pcap_header(&bytes, MAGIC_MICROSECONDS, 65535, LINUX_SLL);
	put_pcap_record(&bytes, 1391212800, 1, 60, 0xa1);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.open_result, -EPROTONOSUPPORT);
	assert_non_null(strstr(
		reading.error.text, "its link type is LINUX_SLL (Linux cooked v1); only Ethernet"));
	free(bytes.data);
}

static void an_unknown_link_type_is_refused_by_number(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	put_pcap_header(&bytes, MAGIC_MICROSECONDS, 65535, 60000);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.open_result, -EPROTONOSUPPORT);
	assert_non_null(strstr(reading.error.text, "60000"));
	free(bytes.data);
}

static void mixed_link_types_are_an_error_behind_the_whole_records(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	put_section(&bytes);
	put_interface(&bytes, ETHERNET, 65535, 0);
	put_packet(&bytes, 0, 1391212800000000, 60, 0xa1);
	put_interface(&bytes, LINUX_SLL, 65535, 0);
	put_packet(&bytes, 1, 1391212800000000, 60, 0xa1);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.count, 1);
	assert_int_equal(reading.end_result, -EBADMSG);
	assert_non_null(strstr(reading.error.text, "mixes link types in record 2"));
	assert_non_null(strstr(reading.error.text, "split the file by interface"));
	free(bytes.data);
}

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

static void an_absurd_record_length_is_damage_and_names_the_record(void **state)
{
	struct bytes bytes = three_pcap_records(MAGIC_MICROSECONDS, false);
	struct reading reading;

	(void)state;
	put_pcap_record(&bytes, 1391212800, 1, 0, 0);
	memset(bytes.data + bytes.size - 8, 0x7f, 4);
	put(&bytes, "behind", 6);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.count, 3);
	assert_int_equal(reading.end_result, -EBADMSG);
	assert_non_null(strstr(
		reading.error.text, "the capture is damaged in record 4, after 3 whole ones"));
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
static void too_many_interfaces_are_refused(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	put_section(&bytes);
	put_interface(&bytes, ETHERNET, 65535, 0);
	put_packet(&bytes, 0, 1391212800000000, 60, 0xa1);
	for (unsigned int i = 1; i < 4096; i++)
		put_interface(&bytes, ETHERNET, 65535, 0);
	put_packet(&bytes, 4095, 1391212800000000, 60, 0xa1);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.end_result, 0);

	put_interface(&bytes, ETHERNET, 65535, 0);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.end_result, -EBADMSG);
	assert_non_null(strstr(reading.error.text, "more than 4096 interfaces in one section"));
	free(bytes.data);
}

static void a_block_length_out_of_step_hides_no_interfaces(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	put_section(&bytes);
	put_interface(&bytes, ETHERNET, 65535, 0);
	put32(&bytes, 0x0bad);
	put32(&bytes, 13);
	put(&bytes, "x", 1);
	put32(&bytes, 13);
	put_packet(&bytes, 0, 1391212800000000, 60, 0xa1);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.count, 0);
	assert_int_equal(reading.end_result, -EBADMSG);
	free(bytes.data);
}

static void what_is_no_capture_is_refused(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	put(&bytes, "a text file that happens to be here\n", 36);
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.open_result, -EBADMSG);
	assert_non_null(strstr(reading.error.text, "neither a pcap nor a pcapng capture"));
	reading = read_path("/tmp");
	assert_int_equal(reading.open_result, -EISDIR);
	reading = read_path("/nonexistent/capture.pcap");
	assert_int_equal(reading.open_result, -ENOENT);
	assert_string_equal(
		reading.error.text, "/nonexistent/capture.pcap: No such file or directory");
	free(bytes.data);
}

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
		cmocka_unit_test(a_pcap_cut_at_any_byte_gives_its_whole_records_and_names_the_next),
		cmocka_unit_test(
			a_pcapng_cut_at_any_byte_gives_its_whole_records_and_names_the_next),
		cmocka_unit_test(a_gzip_file_cut_at_any_byte_is_never_taken_for_whole),
		cmocka_unit_test(a_gzip_file_with_a_wrong_checksum_is_damaged),
		cmocka_unit_test(another_link_type_is_refused_by_name),
		cmocka_unit_test(an_unknown_link_type_is_refused_by_number),
		cmocka_unit_test(mixed_link_types_are_an_error_behind_the_whole_records),
		cmocka_unit_test(interfaces_may_differ_in_snapshot_length_and_resolution),
		cmocka_unit_test(a_record_longer_than_the_snapshot_length_keeps_its_bytes),
		cmocka_unit_test(an_absurd_record_length_is_damage_and_names_the_record),
		cmocka_unit_test(an_impossible_fraction_of_a_second_reads_as_zero),
		cmocka_unit_test(pcapng_times_beyond_the_year_9999_are_delivered_as_they_are),
		cmocka_unit_test(sections_one_behind_the_other_are_one_capture),
		cmocka_unit_test(unknown_blocks_are_passed_over),
		cmocka_unit_test(too_many_interfaces_are_refused),
		cmocka_unit_test(a_block_length_out_of_step_hides_no_interfaces),
		cmocka_unit_test(what_is_no_capture_is_refused),
		cmocka_unit_test(progress_ends_at_the_size_of_the_file),
		cmocka_unit_test(real_captures_are_read_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
