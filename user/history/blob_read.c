/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/blob.h"

#include "user/history/blob_layout.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define WORTH_RETURNING ((size_t)16 << 20)

static size_t scratch_room(void)
{
	size_t most = 0;

	for (unsigned int i = 0; i < BLOB_SECTIONS; i++)
		most = blob_layout[i].max_raw > most ? blob_layout[i].max_raw : most;
	return most;
}

int blob_reader_reserve(struct blob_reader *reader)
{
	void *space;

	memset(reader, 0, sizeof(*reader));
	if (inflateInit(&reader->inflate) != Z_OK)
		return -ENOMEM;
	space = mmap(NULL, scratch_room(), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (space == MAP_FAILED) {
		inflateEnd(&reader->inflate);
		return -ENOMEM;
	}
	reader->scratch = space;
	return 0;
}

void blob_reader_release(struct blob_reader *reader)
{
	if (!reader->scratch)
		return;
	inflateEnd(&reader->inflate);
	munmap(reader->scratch, scratch_room());
	memset(reader, 0, sizeof(*reader));
}

static int get_varint(struct blob_cursor *cursor, uint64_t *value)
{
	const uint8_t *at = cursor->at;
	uint64_t number = 0;

	for (unsigned int shift = 0; shift < 64 && at < cursor->end; shift += 7) {
		uint8_t byte = *at++;

		if (shift == 63 && byte > 1)
			return -EBADMSG;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (byte == 0 && shift > 0)
			return -EBADMSG; /* not the shortest form */
		cursor->at = at;
		*value = number;
		return 0;
	}
	return -EBADMSG;
}

static int open_section(struct blob_reader *reader, struct blob_cursor *cursor, unsigned int i)
{
	uint64_t raw, stored;

	if (get_varint(cursor, &raw) || get_varint(cursor, &stored) || stored > raw ||
		raw > blob_layout[i].max_raw || stored > (uint64_t)(cursor->end - cursor->at))
		return -EBADMSG;
	reader->section[i] = (struct blob_cursor){cursor->at, cursor->at + stored};
	reader->raw_size[i] = (size_t)raw;
	cursor->at += stored;
	return 0;
}

void blob_open_nothing(struct blob_reader *reader)
{
	memset(reader->section, 0, sizeof(reader->section));
	memset(reader->raw_size, 0, sizeof(reader->raw_size));
}

int blob_open(struct blob_reader *reader, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	struct blob_cursor cursor;
	uint32_t sum = 0;

	blob_open_nothing(reader);
	if (size < BLOB_HEADER || memcmp(bytes, BLOB_MAGIC, 4) != 0 || bytes[4] != BLOB_VERSION ||
		bytes[5] >> BLOB_SECTIONS || bytes[6] || bytes[7])
		return -EBADMSG;
	for (unsigned int i = 0; i < 4; i++)
		sum |= (uint32_t)bytes[8 + i] << 8 * i;
	if (sum != blob_checksum(bytes, size))
		return -EBADMSG;
	cursor = (struct blob_cursor){bytes + BLOB_HEADER, bytes + size};
	for (unsigned int i = 0; i < BLOB_SECTIONS; i++)
		if (bytes[5] & BLOB_BIT(i) && open_section(reader, &cursor, i))
			return -EBADMSG;
	return cursor.at == cursor.end ? 0 : -EBADMSG;
}

/* The raw bytes of a section, inflated if need be. */
static int inflate_section(
	struct blob_reader *reader, enum blob_section section, struct blob_cursor *raw)
{
	const struct blob_cursor *stored = &reader->section[section];
	size_t size = reader->raw_size[section];
	size_t stored_size = (size_t)(stored->end - stored->at);
	z_stream *stream = &reader->inflate;

	if (stored_size == size) {
		*raw = *stored;
		return 0;
	}
	inflateReset(stream);
	stream->next_in = (uint8_t *)stored->at;
	stream->avail_in = (uInt)stored_size;
	stream->next_out = reader->scratch;
	stream->avail_out = (uInt)size;
	if (inflate(stream, Z_FINISH) != Z_STREAM_END || stream->avail_in || stream->avail_out)
		return -EBADMSG;
	*raw = (struct blob_cursor){reader->scratch, reader->scratch + size};
	return 0;
}

int blob_read_section(struct blob_reader *reader, enum blob_section section)
{
	const struct blob_layout *layout = &blob_layout[section];
	struct blob_cursor raw;
	uint64_t size[BLOB_MAX_COLUMNS];

	reader->current = section;
	reader->records = 0;
	reader->last_key = UINT64_MAX;
	memset(reader->column, 0, sizeof(reader->column));
	if (!reader->section[section].at)
		return 0;
	if (inflate_section(reader, section, &raw) || get_varint(&raw, &reader->records) ||
		reader->records == 0 || reader->records > layout->max_records)
		return -EBADMSG;
	for (unsigned int i = 0; i < layout->columns; i++)
		if (get_varint(&raw, &size[i]))
			return -EBADMSG;
	for (unsigned int i = 0; i < layout->columns; i++) {
		if (size[i] > (uint64_t)(raw.end - raw.at))
			return -EBADMSG;
		reader->column[i] = (struct blob_cursor){raw.at, raw.at + size[i]};
		raw.at += size[i];
	}
	return raw.at == raw.end ? 0 : -EBADMSG;
}

/* After the last record every column must be at its end. */
static int end_of_section(struct blob_reader *reader)
{
	for (unsigned int i = 0; i < BLOB_MAX_COLUMNS; i++)
		if (reader->column[i].at != reader->column[i].end)
			return -EBADMSG;
	if (reader->raw_size[reader->current] > WORTH_RETURNING)
		madvise(reader->scratch, scratch_room(), MADV_DONTNEED);
	return 0;
}

int blob_next(struct blob_reader *reader, uint64_t values[BLOB_MAX_COLUMNS])
{
	const struct blob_layout *layout = &blob_layout[reader->current];
	uint64_t step;

	if (reader->records == 0)
		return end_of_section(reader);
	if (get_varint(&reader->column[0], &step) || step == 0 || step > layout->key_limit)
		return -EBADMSG;
	reader->last_key += step;
	if (reader->last_key >= layout->key_limit)
		return -EBADMSG;
	values[0] = reader->last_key;
	for (unsigned int i = 1; i < layout->columns; i++) {
		struct blob_cursor *column = &reader->column[i];

		if (column->at < column->end && *column->at < 0x80)
			values[i] = *column->at++;
		else if (get_varint(column, &values[i]))
			return -EBADMSG;
	}
	reader->records--;
	return 1;
}
