/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a capture to its end, and two small captures with the same three packets.
 */
#ifndef TEITEN_TESTS_INPUT_READING_H
#define TEITEN_TESTS_INPUT_READING_H

#include "user/input/capture.h"

#include "tests/unit/input/bytes.h"

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

static inline struct reading read_path(const char *path)
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

static inline struct reading read_bytes(const struct bytes *bytes, size_t size)
{
	char path[TEMPORARY_PATH];
	struct reading reading;

	write_file(path, bytes, size);
	reading = read_path(path);
	unlink(path);
	return reading;
}

static inline struct bytes three_pcap_records(uint32_t magic, bool big)
{
	struct bytes bytes = {.big = big};

	put_pcap_header(&bytes, magic, 65535, ETHERNET);
	put_pcap_record(&bytes, 1391212800, 1, 60, 0xa1);
	put_pcap_record(&bytes, 1391212801, 999999, 0, 0);
	put_pcap_record(&bytes, 0xffffffff, 5, 14, 0xa3);
	return bytes;
}

static inline struct bytes three_pcapng_records(uint8_t resolution, bool big)
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

#endif
