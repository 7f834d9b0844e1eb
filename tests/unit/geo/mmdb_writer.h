/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small writer of MMDB files for tests, after the format's public description (version 2.0).
 *
 *   tree: nodes of two records | 16 zero bytes | data | marker | metadata map
 */
#ifndef TEITEN_TESTS_GEO_MMDB_WRITER_H
#define TEITEN_TESTS_GEO_MMDB_WRITER_H

#include "user/lib/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MMDB_WRITER_NODES 8192
#define MMDB_WRITER_BYTES 65536

enum mmdb_branch_kind { MMDB_BRANCH_EMPTY, MMDB_BRANCH_NODE, MMDB_BRANCH_DATA };

struct mmdb_branch {
	enum mmdb_branch_kind kind;
	uint32_t value; /* number of a node, or offset in the data */
};

struct mmdb_writer {
	unsigned int ip_version;  /* 4 or 6 */
	unsigned int record_size; /* 24, 28 or 32 bits */
	const char *type;
	uint64_t build_epoch;
	struct mmdb_branch node[MMDB_WRITER_NODES][2];
	uint32_t nodes;
	uint8_t data[MMDB_WRITER_BYTES];
	uint32_t size; /* of data */
};

static inline struct mmdb_writer *mmdb_writer_new(unsigned int ip_version, unsigned int record_size)
{
	struct mmdb_writer *writer = calloc(1, sizeof(*writer));

	assert(writer);
	writer->ip_version = ip_version;
	writer->record_size = record_size;
	writer->type = "Test-Country";
	writer->build_epoch = 1393545600; /* 2014-02-28 */
	writer->nodes = 1;
	return writer;
}

/* -- Values -------------------------------------------------------------------------------- */

static inline void mmdb_put(struct mmdb_writer *writer, uint8_t byte)
{
	assert(writer->size < MMDB_WRITER_BYTES);
	writer->data[writer->size++] = byte;
}

static inline void mmdb_put_string(struct mmdb_writer *writer, const char *text)
{
	size_t length = strlen(text);

	assert(length < 29);
	mmdb_put(writer, (uint8_t)(2 << 5 | length));
	for (; *text; text++)
		mmdb_put(writer, (uint8_t)*text);
}

static inline void mmdb_put_map(struct mmdb_writer *writer, unsigned int pairs)
{
	mmdb_put(writer, (uint8_t)(7 << 5 | pairs));
}

/* type 5 (16 bits), 6 (32 bits) or 9 (64 bits). */
static inline void mmdb_put_number(struct mmdb_writer *writer, unsigned int type, uint64_t number)
{
	unsigned int width = type == 5 ? 2 : type == 6 ? 4 : 8;

	mmdb_put(writer, (uint8_t)((type < 8 ? type << 5 : 0) | width));
	if (type >= 8)
		mmdb_put(writer, (uint8_t)(type - 7));
	while (width--)
		mmdb_put(writer, (uint8_t)(number >> 8 * width));
}

static inline void mmdb_put_pointer(struct mmdb_writer *writer, uint32_t target)
{
	assert(target < 2048);
	mmdb_put(writer, (uint8_t)(1 << 5 | target >> 8));
	mmdb_put(writer, (uint8_t)target);
}

/* {"continent": {"code": "XY"}, "country": {"geoname_id": 1, "iso_code": code}} */
static inline uint32_t mmdb_nested_record(struct mmdb_writer *writer, const char *code)
{
	uint32_t offset = writer->size;

	mmdb_put_map(writer, 2);
	mmdb_put_string(writer, "continent");
	mmdb_put_map(writer, 1);
	mmdb_put_string(writer, "code");
	mmdb_put_string(writer, "XY");
	mmdb_put_string(writer, "country");
	mmdb_put_map(writer, 2);
	mmdb_put_string(writer, "geoname_id");
	mmdb_put_number(writer, 6, 1);
	mmdb_put_string(writer, "iso_code");
	mmdb_put_string(writer, code);
	return offset;
}

/* {"country": -> the map at target} */
static inline uint32_t mmdb_pointing_record(struct mmdb_writer *writer, uint32_t target)
{
	uint32_t offset = writer->size;

	mmdb_put_map(writer, 1);
	mmdb_put_string(writer, "country");
	mmdb_put_pointer(writer, target);
	return offset;
}

/* {key: text} */
static inline uint32_t mmdb_flat_record(
	struct mmdb_writer *writer, const char *key, const char *text)
{
	uint32_t offset = writer->size;

	mmdb_put_map(writer, 1);
	mmdb_put_string(writer, key);
	mmdb_put_string(writer, text);
	return offset;
}

/* -- Tree ---------------------------------------------------------------------------------- */

/* The branch at the end of a prefix; IPv4 lies under ::/96 in a tree for IPv6. */
static inline struct mmdb_branch *mmdb_branch_of(struct mmdb_writer *writer, const char *prefix)
{
	struct text_address address;
	unsigned int length;
	uint8_t bits[16] = {0};
	struct mmdb_branch *branch = NULL;
	uint32_t at = 0;
	int failed = text_parse_prefix(prefix, &address, &length);

	assert(!failed);
	(void)failed;
	if (!address.is_v6 && writer->ip_version == 6) {
		memcpy(bits + 12, address.bytes, 4);
		length += 96;
	} else {
		memcpy(bits, address.bytes, sizeof(bits));
	}
	for (unsigned int i = 0; i < length; i++) {
		unsigned int side = bits[i / 8] >> (7 - i % 8) & 1;

		branch = &writer->node[at][side];
		if (i + 1 == length)
			break;
		if (branch->kind != MMDB_BRANCH_NODE) {
			struct mmdb_branch whole = *branch;

			assert(writer->nodes < MMDB_WRITER_NODES);
			*branch = (struct mmdb_branch){MMDB_BRANCH_NODE, writer->nodes++};
			writer->node[branch->value][0] = whole;
			writer->node[branch->value][1] = whole;
		}
		at = branch->value;
	}
	return branch;
}

static inline void mmdb_insert(struct mmdb_writer *writer, const char *prefix, uint32_t record)
{
	*mmdb_branch_of(writer, prefix) = (struct mmdb_branch){MMDB_BRANCH_DATA, record};
}

/* Hang the node at the end of one prefix in at another. */
static inline void mmdb_alias(struct mmdb_writer *writer, const char *prefix, const char *target)
{
	struct mmdb_branch node = *mmdb_branch_of(writer, target);

	*mmdb_branch_of(writer, prefix) = node;
}

static inline uint32_t mmdb_branch_number(
	const struct mmdb_writer *writer, const struct mmdb_branch *branch)
{
	switch (branch->kind) {
	case MMDB_BRANCH_NODE:
		return branch->value;
	case MMDB_BRANCH_DATA:
		return writer->nodes + 16 + branch->value;
	case MMDB_BRANCH_EMPTY:
		break;
	}
	return writer->nodes;
}

static inline uint8_t *mmdb_write_node(
	const struct mmdb_writer *writer, uint32_t number, uint8_t *out)
{
	uint32_t left = mmdb_branch_number(writer, &writer->node[number][0]);
	uint32_t right = mmdb_branch_number(writer, &writer->node[number][1]);

	if (writer->record_size == 32)
		*out++ = (uint8_t)(left >> 24);
	*out++ = (uint8_t)(left >> 16);
	*out++ = (uint8_t)(left >> 8);
	*out++ = (uint8_t)left;
	if (writer->record_size == 28)
		*out++ = (uint8_t)((left >> 24 & 15) << 4 | (right >> 24 & 15));
	if (writer->record_size == 32)
		*out++ = (uint8_t)(right >> 24);
	*out++ = (uint8_t)(right >> 16);
	*out++ = (uint8_t)(right >> 8);
	*out++ = (uint8_t)right;
	return out;
}

/* The file; the caller frees it. The writer's data grow by the metadata: finish once. */
static inline uint8_t *mmdb_finish(struct mmdb_writer *writer, size_t *size)
{
	static const char marker[] = "\xab\xcd\xefMaxMind.com";
	uint32_t data_size = writer->size;
	uint8_t *file = calloc(1, (size_t)writer->nodes * 8 + MMDB_WRITER_BYTES + 64);
	uint8_t *out = file;

	assert(file);
	for (uint32_t i = 0; i < writer->nodes; i++)
		out = mmdb_write_node(writer, i, out);
	out += 16;
	memcpy(out, writer->data, data_size);
	out += data_size;
	memcpy(out, marker, sizeof(marker) - 1);
	out += sizeof(marker) - 1;
	mmdb_put_map(writer, 9);
	mmdb_put_string(writer, "description");
	mmdb_put_map(writer, 0);
	mmdb_put_string(writer, "languages");
	mmdb_put(writer, 0); /* an extended type, no elements */
	mmdb_put(writer, 4); /* array */
	mmdb_put_string(writer, "binary_format_major_version");
	mmdb_put_number(writer, 5, 2);
	mmdb_put_string(writer, "binary_format_minor_version");
	mmdb_put_number(writer, 5, 0);
	mmdb_put_string(writer, "build_epoch");
	mmdb_put_number(writer, 9, writer->build_epoch);
	mmdb_put_string(writer, "database_type");
	mmdb_put_string(writer, writer->type);
	mmdb_put_string(writer, "ip_version");
	mmdb_put_number(writer, 5, writer->ip_version);
	mmdb_put_string(writer, "node_count");
	mmdb_put_number(writer, 6, writer->nodes);
	mmdb_put_string(writer, "record_size");
	mmdb_put_number(writer, 5, writer->record_size);
	memcpy(out, writer->data + data_size, writer->size - data_size);
	*size = (size_t)(out - file) + writer->size - data_size;
	return file;
}

#endif
