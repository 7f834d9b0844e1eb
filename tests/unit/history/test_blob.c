/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/history/world.h"

#include "user/history/blob.h"

static struct blob_writer writer;
static struct blob_reader reader;
static struct minute minute, found;
static struct sums sums;

/* A blob of a random minute in memory of its exact size: reading beyond it is seen. */
static uint8_t *make_blob(uint64_t seed, size_t *size)
{
	const uint8_t *data;
	uint8_t *copy;

	random_minute(&minute, FEB11, &seed);
	assert_int_equal(blob_of_minute(&writer, &minute, &data, size), 0);
	copy = malloc(*size);
	assert_non_null(copy);
	memcpy(copy, data, *size);
	return copy;
}

static void sign(uint8_t *blob, size_t size)
{
	uint32_t sum = (uint32_t)crc32(
		crc32(crc32(0, NULL, 0), blob, 8), blob + BLOB_HEADER, (uInt)(size - BLOB_HEADER));

	for (unsigned int i = 0; i < 4; i++)
		blob[8 + i] = (uint8_t)(sum >> 8 * i);
}

static void a_minute_and_its_sums_make_the_same_blob(void **state)
{
	size_t size, sums_size;
	uint8_t *blob = make_blob(5, &size);
	const uint8_t *data;

	(void)state;
	sums_clear(&sums);
	sums_add_minute(&sums, &minute);
	assert_int_equal(blob_of_sums(&writer, &sums, BLOB_MINUTE, &data, &sums_size), 0);
	assert_int_equal(size, sums_size);
	assert_memory_equal(blob, data, size);
	found.start = FEB11;
	assert_int_equal(blob_to_minute(&reader, blob, size, &found), 0);
	assert_same_minute(&found, &minute);
	free(blob);
}

static void a_blob_that_is_cut_is_an_error(void **state)
{
	size_t size;
	uint8_t *blob = make_blob(6, &size);

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *part = malloc(cut + 1);

		assert_non_null(part);
		memcpy(part, blob, cut);
		assert_int_equal(blob_to_minute(&reader, part, cut, &found), -EBADMSG);
		/* With a checksum that fits, too. */
		if (cut >= BLOB_HEADER) {
			sign(part, cut);
			assert_int_equal(blob_to_minute(&reader, part, cut, &found), -EBADMSG);
		}
		free(part);
	}
	free(blob);
}

static void every_flipped_bit_is_an_error(void **state)
{
	size_t size;
	uint8_t *blob = make_blob(7, &size);

	(void)state;
	for (size_t bit = 0; bit < size * 8; bit++) {
		blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(blob_to_minute(&reader, blob, size, &found), -EBADMSG);
		blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(blob_to_minute(&reader, blob, size, &found), 0);
	free(blob);
}

/* The checksum is no protection from malice: whatever is accepted keeps within its limits. */
static void a_flipped_bit_with_a_new_checksum_never_crashes(void **state)
{
	size_t size;
	uint8_t *blob = make_blob(8, &size);
	unsigned int refused = 0;

	(void)state;
	for (size_t bit = BLOB_HEADER * 8; bit < size * 8; bit++) {
		int status;

		blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
		sign(blob, size);
		status = blob_to_minute(&reader, blob, size, &found);
		assert_true(status == 0 || status == -EBADMSG);
		refused += status != 0;
		sums_clear(&sums);
		assert_int_equal(blob_add_to_sums(&reader, blob, size, BLOB_MINUTE, &sums), status);
		blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(refused > 100);
	free(blob);
}

static void sizes_beyond_the_limit_are_refused_unread(void **state)
{
	/* A section of cells that says it inflates to 2^40 bytes. */
	uint8_t blob[] = {'T', 'T', 'H', 'B', 1, 1 << BLOB_CELLS, 0, 0, 0, 0, 0, 0, 0x80, 0x80,
		0x80, 0x80, 0x80, 0x20, 2, 0x78, 0x01};

	(void)state;
	sign(blob, sizeof(blob));
	assert_int_equal(
		blob_add_to_sums(&reader, blob, sizeof(blob), BLOB_MINUTE, &sums), -EBADMSG);
}

static void records_out_of_range_are_refused(void **state)
{
	/* raw size, stored size, records, sizes of two columns, key, packets */
	uint8_t good[] = {
		'T', 'T', 'H', 'B', 1, 1 << BLOB_CELLS, 0, 0, 0, 0, 0, 0, 5, 5, 1, 1, 1, 0x63, 7};
	uint8_t country[] = {'T', 'T', 'H', 'B', 1, 1 << BLOB_CELLS, 0, 0, 0, 0, 0, 0, 6, 6, 1, 2,
		1, 0xe1, 1, 7}; /* key 224: no such cell */
	uint8_t repeated[] = {'T', 'T', 'H', 'B', 1, 1 << BLOB_CELLS, 0, 0, 0, 0, 0, 0, 7, 7, 2, 2,
		2, 1, 0, 7, 7}; /* the same key twice */
	uint8_t longer[] = {'T', 'T', 'H', 'B', 1, 1 << BLOB_CELLS, 0, 0, 0, 0, 0, 0, 6, 6, 1, 1, 2,
		1, 7, 7}; /* a value too many */

	(void)state;
#define ADD(blob)                                                                                  \
	(sign(blob, sizeof(blob)), sums_clear(&sums),                                              \
		blob_add_to_sums(&reader, blob, sizeof(blob), BLOB_BIT(BLOB_CELLS), &sums))
	assert_int_equal(ADD(good), 0);
	assert_int_equal(sums.cells[0].packets[0x62], 7);
	assert_int_equal(ADD(country), -EBADMSG);
	assert_int_equal(ADD(repeated), -EBADMSG);
	assert_int_equal(ADD(longer), -EBADMSG);
#undef ADD
}

static void ipv6_prefixes_beyond_the_limit_are_counted_as_unlisted(void **state)
{
	(void)state;
	sums_clear(&sums);
	for (uint64_t i = 0; i < SUMS_PREFIXES6 + 10; i++)
		sums_add_prefix(&sums, &(struct prefix_sum){PREFIX_KEY_V6 | i << 7, 2, 1, 44});
	sums_add_prefix(&sums, &(struct prefix_sum){PREFIX_KEY_V6, 5, 0, 44});
	assert_int_equal(sums.prefix6_count, SUMS_PREFIXES6);
	assert_int_equal(sums.coverage.prefixes_unlisted, 30);
}

int main(void)
{
	int failed;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minute_and_its_sums_make_the_same_blob),
		cmocka_unit_test(a_blob_that_is_cut_is_an_error),
		cmocka_unit_test(every_flipped_bit_is_an_error),
		cmocka_unit_test(a_flipped_bit_with_a_new_checksum_never_crashes),
		cmocka_unit_test(sizes_beyond_the_limit_are_refused_unread),
		cmocka_unit_test(records_out_of_range_are_refused),
		cmocka_unit_test(ipv6_prefixes_beyond_the_limit_are_counted_as_unlisted),
	};

	assert_int_equal(minute_reserve(&minute), 0);
	assert_int_equal(minute_reserve(&found), 0);
	assert_int_equal(sums_reserve(&sums), 0);
	assert_int_equal(blob_writer_reserve(&writer), 0);
	assert_int_equal(blob_reader_reserve(&reader), 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	blob_writer_release(&writer);
	blob_reader_release(&reader);
	return failed;
}
