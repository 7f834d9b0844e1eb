/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoder of history blobs: any bytes, with the header's magic, version and checksum made good
 * so that what is behind them is reached. Accepted bytes must give the same sums on either way.
 */
#include "user/history/blob.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct blob_reader reader;
static struct blob_writer writer;
static struct minute minute;
static struct sums sums;

static void prepare(void)
{
	if (reader.scratch)
		return;
	if (blob_reader_reserve(&reader) || blob_writer_reserve(&writer) ||
		minute_reserve(&minute) || sums_reserve(&sums))
		abort();
}

/* Data is: the byte of sections, then all that follows the header. */
static uint8_t *sign(const uint8_t *data, size_t size)
{
	uint8_t *blob = calloc(1, BLOB_HEADER + size - 1);
	uint32_t sum;

	if (!blob)
		abort();
	memcpy(blob, "TTHB", 4);
	blob[4] = BLOB_VERSION;
	blob[5] = data[0] & (BLOB_BIT(BLOB_SECTIONS) - 1);
	memcpy(blob + BLOB_HEADER, data + 1, size - 1);
	sum = (uint32_t)crc32(crc32(crc32(0, NULL, 0), blob, 8), data + 1, (uInt)(size - 1));
	for (unsigned int i = 0; i < 4; i++)
		blob[8 + i] = (uint8_t)(sum >> 8 * i);
	return blob;
}

/* What was accepted can be written and read again. */
static void write_again(void)
{
	const uint8_t *again;
	uint8_t *copy;
	size_t size;

	if (blob_of_sums(&writer, &sums, BLOB_MINUTE, &again, &size))
		abort();
	copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, again, size);
	if (blob_to_minute(&reader, copy, size, &minute))
		abort();
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t values[BLOB_MAX_COLUMNS];
	uint8_t *blob;
	size_t whole = BLOB_HEADER + size - 1;

	if (size < 1)
		return 0;
	prepare();
	if (blob_open(&reader, data, size) == 0)
		blob_to_minute(&reader, data, size, &minute);
	blob = sign(data, size);
	sums_clear(&sums);
	if (blob_add_to_sums(&reader, blob, whole, BLOB_MINUTE, &sums) == 0) {
		if (blob_to_minute(&reader, blob, whole, &minute))
			abort();
		write_again();
	}
	if (blob_open(&reader, blob, whole) == 0 && blob_read_section(&reader, BLOB_LIFE) == 0)
		while (blob_next(&reader, values) > 0)
			;
	free(blob);
	return 0;
}
