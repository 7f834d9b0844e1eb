/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/blob.h"

#include "user/history/blob_layout.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* Bytes below which a zlib stream does not pay: a quiet minute has 60. */
#define WORTH_DEFLATING 128
/* Level 1 writes 200,000 cells in a quarter of the time of level 6, and 8 % more bytes. */
#define DEFLATE_LEVEL 1
/* Touched beyond this, buffers go back to the system when the blob is done. */
#define WORTH_RETURNING ((size_t)16 << 20)

static const size_t column_room[BLOB_MAX_COLUMNS] = {
	BLOB_MAX_RECORDS * 4,
	BLOB_MAX_RECORDS * 10,
	BLOB_MAX_PREFIXES * 10,
	BLOB_MAX_PREFIXES * 10,
	(size_t)TT_ROWS * 10,
};
#define OUT_ROOM ((size_t)950 << 20)

static uint8_t *reserve(size_t bytes)
{
	void *space = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return space == MAP_FAILED ? NULL : space;
}

int blob_writer_reserve(struct blob_writer *writer)
{
	bool complete;

	memset(writer, 0, sizeof(*writer));
	if (deflateInit(&writer->deflate, DEFLATE_LEVEL) != Z_OK)
		return -ENOMEM;
	writer->out.bytes = reserve(OUT_ROOM);
	complete = writer->out.bytes;
	for (unsigned int i = 0; i < BLOB_MAX_COLUMNS; i++) {
		writer->column[i].bytes = reserve(column_room[i]);
		complete = complete && writer->column[i].bytes;
	}
	if (complete)
		return 0;
	blob_writer_release(writer);
	return -ENOMEM;
}

void blob_writer_release(struct blob_writer *writer)
{
	for (unsigned int i = 0; i < BLOB_MAX_COLUMNS; i++)
		if (writer->column[i].bytes)
			munmap(writer->column[i].bytes, column_room[i]);
	if (writer->out.bytes)
		munmap(writer->out.bytes, OUT_ROOM);
	deflateEnd(&writer->deflate);
	memset(writer, 0, sizeof(*writer));
}

static void put_varint(struct blob_column *column, uint64_t value)
{
	uint8_t *at = column->bytes + column->size;

	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	column->size = (size_t)(at - column->bytes);
}

void blob_start(struct blob_writer *writer)
{
	if (writer->out.size > WORTH_RETURNING)
		madvise(writer->out.bytes, OUT_ROOM, MADV_DONTNEED);
	memset(writer->out.bytes, 0, BLOB_HEADER);
	memcpy(writer->out.bytes, BLOB_MAGIC, 4);
	writer->out.bytes[4] = BLOB_VERSION;
	writer->out.size = BLOB_HEADER;
}

void blob_open_section(struct blob_writer *writer, enum blob_section section)
{
	for (unsigned int i = 0; i < BLOB_MAX_COLUMNS; i++) {
		if (writer->column[i].size > WORTH_RETURNING)
			madvise(writer->column[i].bytes, column_room[i], MADV_DONTNEED);
		writer->column[i].size = 0;
	}
	writer->section = section;
	writer->records = 0;
	writer->last_key = UINT64_MAX;
}

void blob_put(struct blob_writer *writer, const uint64_t values[BLOB_MAX_COLUMNS])
{
	put_varint(&writer->column[0], values[0] - writer->last_key);
	for (unsigned int i = 1; i < blob_layout[writer->section].columns; i++)
		put_varint(&writer->column[i], values[i]);
	writer->last_key = values[0];
	writer->records++;
}

/* Feed one piece of a section to the stream; the last one ends it. */
static int deflate_piece(z_stream *stream, const uint8_t *bytes, size_t size, bool last)
{
	stream->next_in = (uint8_t *)bytes;
	stream->avail_in = (uInt)size;
	return deflate(stream, last ? Z_FINISH : Z_NO_FLUSH) == (last ? Z_STREAM_END : Z_OK) &&
			       stream->avail_in == 0
		       ? 0
		       : -EIO;
}

/* The section as a zlib stream at *at; 0 with its size, or -EIO. */
static int deflate_section(struct blob_writer *writer, const struct blob_column *head, uint8_t *at,
	size_t room, size_t *size)
{
	unsigned int columns = blob_layout[writer->section].columns;
	int error;

	deflateReset(&writer->deflate);
	writer->deflate.next_out = at;
	writer->deflate.avail_out = (uInt)room;
	error = deflate_piece(&writer->deflate, head->bytes, head->size, false);
	for (unsigned int i = 0; i < columns && !error; i++)
		error = deflate_piece(&writer->deflate, writer->column[i].bytes,
			writer->column[i].size, i == columns - 1);
	*size = writer->deflate.total_out;
	return error;
}

static void append(struct blob_column *out, const struct blob_column *more)
{
	memcpy(out->bytes + out->size, more->bytes, more->size);
	out->size += more->size;
}

int blob_close_section(struct blob_writer *writer)
{
	uint8_t space[16 * (BLOB_MAX_COLUMNS + 1)], sizes[32];
	struct blob_column head = {space, 0}, table = {sizes, 0}, *out = &writer->out;
	unsigned int columns = blob_layout[writer->section].columns;
	size_t raw_size, stored = 0;

	if (writer->records == 0)
		return 0;
	put_varint(&head, writer->records);
	for (unsigned int i = 0; i < columns; i++)
		put_varint(&head, writer->column[i].size);
	raw_size = head.size;
	for (unsigned int i = 0; i < columns; i++)
		raw_size += writer->column[i].size;
	out->bytes[5] |= (uint8_t)BLOB_BIT(writer->section);
	/* The stream is written behind the longest table of sizes and moved up. */
	if (raw_size >= WORTH_DEFLATING &&
		deflate_section(writer, &head, out->bytes + out->size + sizeof(sizes),
			OUT_ROOM - out->size - sizeof(sizes), &stored))
		return -EIO;
	put_varint(&table, raw_size);
	if (stored == 0 || stored >= raw_size) {
		put_varint(&table, raw_size);
		append(out, &table);
		append(out, &head);
		for (unsigned int i = 0; i < columns; i++)
			append(out, &writer->column[i]);
		return 0;
	}
	put_varint(&table, stored);
	memmove(out->bytes + out->size + table.size, out->bytes + out->size + sizeof(sizes),
		stored);
	append(out, &table);
	out->size += stored;
	return 0;
}

void blob_finish(struct blob_writer *writer, const uint8_t **data, size_t *size)
{
	struct blob_column *out = &writer->out;
	uint32_t sum = blob_checksum(out->bytes, out->size);

	for (unsigned int i = 0; i < 4; i++)
		out->bytes[8 + i] = (uint8_t)(sum >> 8 * i);
	*data = out->bytes;
	*size = out->size;
}
