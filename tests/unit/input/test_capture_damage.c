/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/capture.h"

#include "tests/unit/input/reading.h"

#include <errno.h>

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

static void the_limit_of_interfaces_is_that_of_a_section(void **state)
{
	struct bytes bytes = {0};
	struct reading reading;

	(void)state;
	for (unsigned int section = 0; section < 2; section++) {
		put_section(&bytes);
		for (unsigned int i = 0; i < 3000; i++)
			put_interface(&bytes, ETHERNET, 65535, 0);
		put_packet(&bytes, 2999, 1391212800000000, 60, 0xa1);
	}
	reading = read_bytes(&bytes, bytes.size);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.end_result, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pcap_cut_at_any_byte_gives_its_whole_records_and_names_the_next),
		cmocka_unit_test(
			a_pcapng_cut_at_any_byte_gives_its_whole_records_and_names_the_next),
		cmocka_unit_test(a_gzip_file_cut_at_any_byte_is_never_taken_for_whole),
		cmocka_unit_test(a_gzip_file_with_a_wrong_checksum_is_damaged),
		cmocka_unit_test(another_link_type_is_refused_by_name),
		cmocka_unit_test(an_unknown_link_type_is_refused_by_number),
		cmocka_unit_test(mixed_link_types_are_an_error_behind_the_whole_records),
		cmocka_unit_test(an_absurd_record_length_is_damage_and_names_the_record),
		cmocka_unit_test(too_many_interfaces_are_refused),
		cmocka_unit_test(the_limit_of_interfaces_is_that_of_a_section),
		cmocka_unit_test(a_block_length_out_of_step_hides_no_interfaces),
		cmocka_unit_test(what_is_no_capture_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
