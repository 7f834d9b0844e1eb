/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/sketches.h"

#include "user/history/blob_layout.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { SKETCH_TOTAL, SKETCH_SPORT53 };

#define PORT_BYTES ((size_t)TT_ROWS * TT_SKETCH_BYTES)
#define LANE_BYTES ((size_t)TT_ROWS * SKETCH_LANE_BYTES)

static void *reserve(size_t bytes)
{
	void *space = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return space == MAP_FAILED ? NULL : space;
}

int sketches_reserve(struct sketches *sketches)
{
	struct sketches fresh = {
		.sources = reserve(sizeof(struct source_sketches)),
		.port = reserve(PORT_BYTES),
		.lane = reserve(LANE_BYTES),
	};

	*sketches = fresh;
	if (fresh.sources && fresh.port && fresh.lane)
		return 0;
	sketches_release(sketches);
	return -ENOMEM;
}

void sketches_release(struct sketches *sketches)
{
	if (sketches->sources)
		munmap(sketches->sources, sizeof(struct source_sketches));
	if (sketches->port)
		munmap(sketches->port, PORT_BYTES);
	if (sketches->lane)
		munmap(sketches->lane, LANE_BYTES);
	*sketches = (struct sketches){0};
}

void sketches_clear(struct sketches *sketches)
{
	memset(sketches->sources, 0, sizeof(*sketches->sources));
	for (size_t row = bits_next(sketches->row_bits, TT_ROWS, 0); row < TT_ROWS;
		row = bits_next(sketches->row_bits, TT_ROWS, row + 1))
		memset(sketches->port[row], 0, TT_SKETCH_BYTES);
	for (size_t row = bits_next(sketches->lane_bits, TT_ROWS, 0); row < TT_ROWS;
		row = bits_next(sketches->lane_bits, TT_ROWS, row + 1))
		memset(sketches->lane[row], 0, SKETCH_LANE_BYTES);
	memset(sketches->lane_bits, 0, sizeof(sketches->lane_bits));
	memset(sketches->row_bits, 0, sizeof(sketches->row_bits));
	sketches->changed = 0;
}

static void note(uint64_t *bits, uint32_t row)
{
	bits[row / 64] |= (uint64_t)1 << row % 64;
}

void sketches_add_minute(struct sketches *sketches, const struct minute *minute)
{
	sketch_join((uint8_t *)sketches->sources, (const uint8_t *)minute->sources,
		sizeof(*minute->sources));
	sketches->changed |= 1;
	for (size_t i = 0; i < minute->port_count; i++) {
		uint32_t row = minute->ports[i].row;

		sketch_join(sketches->port[row], minute->port_sketches[i], TT_SKETCH_BYTES);
		note(sketches->row_bits, row);
		sketches->changed |= (uint64_t)1 << sketches_content_of(row);
	}
	for (size_t i = 0; i < minute->lane_count; i++) {
		uint32_t row = minute->lanes[i].row;

		sketch_join(sketches->lane[row], minute->lanes[i].sketch, SKETCH_LANE_BYTES);
		note(sketches->lane_bits, row);
	}
}

/* -- Writing ------------------------------------------------------------------------------- */

static void put_sketch(
	struct blob_writer *writer, uint64_t number, const uint8_t *sketch, uint32_t registers)
{
	for (uint32_t i = 0; i < registers; i += 2) {
		uint8_t both = sketch[i / 2];
		uint64_t key = number << TT_SOURCES_BITS | i;

		if (both & 15)
			blob_put(writer, (uint64_t[BLOB_MAX_COLUMNS]){key, both & 15});
		if (both >> 4)
			blob_put(writer, (uint64_t[BLOB_MAX_COLUMNS]){key | 1, both >> 4});
	}
}

static void put_countries(
	struct blob_writer *writer, uint64_t first, const uint8_t sketch[][SKETCH_COUNTRY_BYTES])
{
	for (unsigned int i = 0; i < TT_CELLS; i++)
		put_sketch(writer, first + i, sketch[i], TT_COUNTRY_REGISTERS);
}

static void put_ports(struct blob_writer *writer, const struct sketches *sketches, size_t first)
{
	size_t end = first + SKETCHES_CHUNK < TT_ROWS ? first + SKETCHES_CHUNK : TT_ROWS;

	for (size_t row = bits_next(sketches->row_bits, end, first); row < end;
		row = bits_next(sketches->row_bits, end, row + 1))
		put_sketch(
			writer, BLOB_SKETCH_PORTS + row, sketches->port[row], TT_SKETCH_REGISTERS);
	for (size_t row = bits_next(sketches->lane_bits, end, first); row < end;
		row = bits_next(sketches->lane_bits, end, row + 1))
		put_sketch(writer, BLOB_SKETCH_LANES + row, sketches->lane[row], TT_LANE_REGISTERS);
}

int sketches_write(const struct sketches *sketches, unsigned int content,
	struct blob_writer *writer, const uint8_t **data, size_t *size)
{
	const struct source_sketches *sources = sketches->sources;
	int error;

	blob_start(writer);
	blob_open_section(writer, BLOB_SKETCHES);
	if (content == 0) {
		put_sketch(writer, SKETCH_TOTAL, sources->total, TT_SOURCES_REGISTERS);
		put_sketch(writer, SKETCH_SPORT53, sources->sport53, TT_SOURCES_REGISTERS);
		put_countries(writer, BLOB_SKETCH_COUNTRIES, sources->country);
		put_countries(writer, BLOB_SKETCH_SPORT53_COUNTRIES, sources->sport53_country);
	} else {
		put_ports(writer, sketches, (size_t)(content - 1) * SKETCHES_CHUNK);
	}
	error = blob_close_section(writer);
	if (error)
		return error;
	blob_finish(writer, data, size);
	return 0;
}

/* -- Reading ------------------------------------------------------------------------------- */

/* The sketch of a number and its registers; NULL for a number that this content has not. */
static uint8_t *find_sketch(
	struct sketches *sketches, unsigned int content, uint64_t number, uint32_t *registers)
{
	struct source_sketches *sources = sketches->sources;

	if (number >= BLOB_SKETCH_PORTS) {
		const bool is_lane = number >= BLOB_SKETCH_LANES;
		uint64_t row = number - (is_lane ? BLOB_SKETCH_LANES : BLOB_SKETCH_PORTS);

		if (row >= TT_ROWS || sketches_content_of((uint32_t)row) != content)
			return NULL;
		*registers = is_lane ? TT_LANE_REGISTERS : TT_SKETCH_REGISTERS;
		note(is_lane ? sketches->lane_bits : sketches->row_bits, (uint32_t)row);
		return is_lane ? sketches->lane[row] : sketches->port[row];
	}
	*registers = number < BLOB_SKETCH_COUNTRIES ? TT_SOURCES_REGISTERS : TT_COUNTRY_REGISTERS;
	if (content != 0)
		return NULL;
	if (number == SKETCH_TOTAL)
		return sources->total;
	if (number == SKETCH_SPORT53)
		return sources->sport53;
	if (number >= BLOB_SKETCH_COUNTRIES && number < BLOB_SKETCH_COUNTRIES + TT_CELLS)
		return sources->country[number - BLOB_SKETCH_COUNTRIES];
	if (number >= BLOB_SKETCH_SPORT53_COUNTRIES &&
		number < BLOB_SKETCH_SPORT53_COUNTRIES + TT_CELLS)
		return sources->sport53_country[number - BLOB_SKETCH_SPORT53_COUNTRIES];
	return NULL;
}

int sketches_read(struct sketches *sketches, unsigned int content, struct blob_reader *reader,
	const void *data, size_t size)
{
	uint64_t values[BLOB_MAX_COLUMNS], number = UINT64_MAX;
	uint8_t *sketch = NULL;
	uint32_t registers = 0;
	int status = blob_open(reader, data, size);

	if (!status)
		status = blob_read_section(reader, BLOB_SKETCHES);
	while (!status && (status = blob_next(reader, values)) > 0) {
		uint32_t index = values[0] & (TT_SOURCES_REGISTERS - 1);

		if (values[0] >> TT_SOURCES_BITS != number) {
			number = values[0] >> TT_SOURCES_BITS;
			sketch = find_sketch(sketches, content, number, &registers);
		}
		if (!sketch || index >= registers || values[1] == 0 || values[1] > TT_SKETCH_MAX)
			return -EBADMSG;
		sketch_raise(sketch, index, (uint8_t)values[1]);
		status = 0;
	}
	return status;
}
