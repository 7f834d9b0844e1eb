/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/captures.h"

#include "tests/unit/input/bytes.h"

#include <errno.h>
#include <sys/stat.h>

#define ETHERNET 1

/* Files with packets of the given seconds, count of each; cut takes bytes off the last record. */
static void write_capture(char path[TEMPORARY_PATH], uint32_t first, unsigned int count, size_t cut)
{
	struct bytes bytes = {0};

	put_pcap_header(&bytes, MAGIC_MICROSECONDS, 65535, ETHERNET);
	for (unsigned int i = 0; i < count; i++)
		put_pcap_record(&bytes, first + i, 0, 20, (uint8_t)(first + i));
	write_file(path, &bytes, bytes.size - cut);
	free(bytes.data);
}

struct fixture {
	char path[3][TEMPORARY_PATH];
	const char *paths[3];
	struct capture_error error;
	struct captures *captures;
	struct capture_packet packet;
};

static void open_fixture(struct fixture *fixture, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fixture->paths[i] = fixture->path[i];
	assert_int_equal(
		captures_open(fixture->paths, count, &fixture->error, &fixture->captures), 0);
}

static void close_fixture(struct fixture *fixture, size_t count)
{
	captures_close(fixture->captures);
	for (size_t i = 0; i < count; i++)
		unlink(fixture->path[i]);
}

static void captures_follow_each_other_in_argument_order(void **state)
{
	struct fixture fixture = {0};

	(void)state;
	write_capture(fixture.path[0], 200, 2, 0);
	write_capture(fixture.path[1], 1, 0, 0);
	write_capture(fixture.path[2], 100, 1, 0);
	open_fixture(&fixture, 3);
	for (unsigned int i = 0; i < 3; i++) {
		static const uint8_t expected[] = {200, 201, 100};

		assert_int_equal(captures_next(fixture.captures, &fixture.packet), 1);
		assert_int_equal(fixture.packet.seconds, expected[i]);
		assert_int_equal(fixture.packet.available, 20);
		assert_int_equal(fixture.packet.data[19], expected[i]);
	}
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), 0);
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), 0);
	close_fixture(&fixture, 3);
}

static void looking_ahead_leaves_the_packet_in_hand_alone(void **state)
{
	struct fixture fixture = {0};
	int64_t following = 0;

	(void)state;
	write_capture(fixture.path[0], 10, 2, 0);
	open_fixture(&fixture, 1);
	assert_int_equal(captures_peek(fixture.captures, &following), 1);
	assert_int_equal(following, 10);
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), 1);
	assert_int_equal(captures_peek(fixture.captures, &following), 1);
	assert_int_equal(captures_peek(fixture.captures, &following), 1);
	assert_int_equal(following, 11);
	assert_int_equal(fixture.packet.data[0], 10);
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), 1);
	assert_int_equal(fixture.packet.data[0], 11);
	assert_int_equal(captures_peek(fixture.captures, &following), 0);
	assert_int_equal(following, 11);
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), 0);
	close_fixture(&fixture, 1);
}

static void looking_ahead_crosses_the_border_of_two_files(void **state)
{
	struct fixture fixture = {0};
	int64_t following = 0;

	(void)state;
	write_capture(fixture.path[0], 10, 1, 0);
	write_capture(fixture.path[1], 50, 1, 0);
	open_fixture(&fixture, 2);
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), 1);
	assert_string_equal(captures_path(fixture.captures), fixture.path[0]);
	assert_int_equal(captures_peek(fixture.captures, &following), 1);
	assert_int_equal(following, 50);
	assert_int_equal(fixture.packet.data[0], 10);
	close_fixture(&fixture, 2);
}

static void a_cut_capture_is_told_once_and_the_next_one_follows(void **state)
{
	struct fixture fixture = {0};
	int64_t following = 7;

	(void)state;
	write_capture(fixture.path[0], 10, 2, 1);
	write_capture(fixture.path[1], 50, 1, 0);
	open_fixture(&fixture, 2);
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), 1);
	assert_int_equal(captures_peek(fixture.captures, &following), 0);
	assert_int_equal(following, 7);
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), -EBADMSG);
	assert_non_null(strstr(fixture.error.text, fixture.path[0]));
	assert_non_null(strstr(fixture.error.text, "is cut in record 2, after 1 whole ones"));
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), 1);
	assert_int_equal(fixture.packet.seconds, 50);
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), 0);
	close_fixture(&fixture, 2);
}

static void a_bad_second_file_is_told_before_the_first_packet(void **state)
{
	struct fixture fixture = {0};

	(void)state;
	write_capture(fixture.path[0], 10, 1, 0);
	fixture.paths[0] = fixture.path[0];
	fixture.paths[1] = "/nonexistent/second.pcap";
	assert_int_equal(
		captures_open(fixture.paths, 2, &fixture.error, &fixture.captures), -ENOENT);
	assert_null(fixture.captures);
	assert_non_null(strstr(fixture.error.text, "/nonexistent/second.pcap: No such file"));
	close_fixture(&fixture, 1);
}

static void a_file_under_two_names_is_told_before_the_first_packet(void **state)
{
	struct fixture fixture = {0};
	char other[TEMPORARY_PATH + 8];

	(void)state;
	write_capture(fixture.path[0], 10, 1, 0);
	snprintf(other, sizeof(other), "%s.link", fixture.path[0]);
	assert_int_equal(symlink(fixture.path[0], other), 0);
	fixture.paths[0] = fixture.path[0];
	fixture.paths[1] = other;
	assert_int_equal(
		captures_open(fixture.paths, 2, &fixture.error, &fixture.captures), -EEXIST);
	assert_null(fixture.captures);
	assert_non_null(strstr(fixture.error.text, ".link is named twice"));
	unlink(other);
	close_fixture(&fixture, 1);
}

static void a_giant_frame_keeps_its_length_and_its_first_65600_bytes(void **state)
{
	struct fixture fixture = {0};
	struct bytes bytes = {0};

	(void)state;
	put_pcap_header(&bytes, MAGIC_MICROSECONDS, 262144, ETHERNET);
	put_pcap_record(&bytes, 10, 0, 70000, 0xab);
	write_file(fixture.path[0], &bytes, bytes.size);
	free(bytes.data);
	open_fixture(&fixture, 1);
	assert_int_equal(captures_next(fixture.captures, &fixture.packet), 1);
	assert_int_equal(fixture.packet.length, 70000);
	assert_int_equal(fixture.packet.available, 65600);
	assert_int_equal(fixture.packet.data[65599], 0xab);
	close_fixture(&fixture, 1);
}

static void progress_runs_from_nothing_to_the_sum_of_all_files(void **state)
{
	struct fixture fixture = {0};
	uint64_t done, total;

	(void)state;
	write_capture(fixture.path[0], 10, 5, 0);
	write_capture(fixture.path[1], 50, 7, 0);
	open_fixture(&fixture, 2);
	captures_progress(fixture.captures, &done, &total);
	assert_int_equal(done, 0);
	assert_int_equal(total, 2 * 24 + 12 * 36);
	while (captures_next(fixture.captures, &fixture.packet) == 1)
		;
	captures_progress(fixture.captures, &done, &total);
	assert_int_equal(done, total);
	close_fixture(&fixture, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_follow_each_other_in_argument_order),
		cmocka_unit_test(looking_ahead_leaves_the_packet_in_hand_alone),
		cmocka_unit_test(looking_ahead_crosses_the_border_of_two_files),
		cmocka_unit_test(a_cut_capture_is_told_once_and_the_next_one_follows),
		cmocka_unit_test(a_bad_second_file_is_told_before_the_first_packet),
		cmocka_unit_test(a_file_under_two_names_is_told_before_the_first_packet),
		cmocka_unit_test(a_giant_frame_keeps_its_length_and_its_first_65600_bytes),
		cmocka_unit_test(progress_runs_from_nothing_to_the_sum_of_all_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
