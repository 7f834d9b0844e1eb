/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compressed columns that the database stores: one blob for a minute, one for each content of
 * an hour or a day, one for each chunk of port life.
 *
 *   0   4  "TTHB"
 *   4   1  version, BLOB_VERSION
 *   5   1  sections present, bit i = enum blob_section i
 *   6   2  zero
 *   8   4  CRC-32 (zlib's) of bytes 0..7 and of all that follows, little endian
 *   12     each section present, ascending: raw size, stored size, stored bytes;
 *          stored = raw when the sizes are equal, else a zlib stream of it
 *
 * A raw section is: number of records n, size of each column, the columns. Column 0 is the
 * records' key as the difference from the one before (from -1 at first), so it is never 0; the
 * other columns are values. Every number is a little-endian base-128 varint of at most 64 bits, in
 * its shortest form.
 *
 * Readers trust nothing: sizes, order, keys and the end of every column are checked.
 */
#ifndef TEITEN_HISTORY_BLOB_H
#define TEITEN_HISTORY_BLOB_H

#include "user/history/sums.h"

#include <zlib.h>

#define BLOB_VERSION 1
#define BLOB_HEADER 12
#define BLOB_MAX_COLUMNS 5

enum blob_section {
	BLOB_COVERAGE, /* field, value: see blob.c */
	BLOB_LEDGER,   /* class, packets, bytes */
	BLOB_SPORT53,  /* country, responses, queries, short */
	BLOB_PORTS,    /* row, packets, bytes, syn, sources */
	BLOB_CELLS,    /* row << 8 | country, packets */
	BLOB_PREFIXES, /* prefix_key(), country, responses, other */
	BLOB_LIFE,     /* row << 8 | country or 255, first, last - first (minutes), active days */
	BLOB_SKETCHES, /* sketch << 14 | register, value: see sketches.h */
	BLOB_SECTIONS,
};

#define BLOB_BIT(section) (1u << (section))
/* Numbers of sketches: the first of each kind. */
#define BLOB_SKETCH_COUNTRIES 256u
#define BLOB_SKETCH_SPORT53_COUNTRIES 512u
#define BLOB_SKETCH_PORTS 1024u
#define BLOB_SKETCH_LANES (1u << 18)
/* Everything that a minute has. */
#define BLOB_MINUTE (BLOB_BIT(BLOB_LIFE) - 1)

/* -- Writing ------------------------------------------------------------------------------- */

struct blob_column {
	uint8_t *bytes; /* reserved for the longest column there can be */
	size_t size;
};

struct blob_writer {
	struct blob_column column[BLOB_MAX_COLUMNS];
	struct blob_column out;
	z_stream deflate;
	enum blob_section section;
	uint64_t records;
	uint64_t last_key;
};

/* Reserve a writer: address space 1.9 GB, taken as touched. 0 or -ENOMEM. */
int blob_writer_reserve(struct blob_writer *writer);
void blob_writer_release(struct blob_writer *writer);

/*
 * A blob from its parts: start, then for each section in ascending order open, put records with
 * ascending keys, close; then finish. values[0] is the key. A section without records is left out.
 * The finished bytes are the writer's and are valid until the next start.
 */
void blob_start(struct blob_writer *writer);
void blob_open_section(struct blob_writer *writer, enum blob_section section);
void blob_put(struct blob_writer *writer, const uint64_t values[BLOB_MAX_COLUMNS]);
int blob_close_section(struct blob_writer *writer); /* 0 or -EIO: zlib failed */
void blob_finish(struct blob_writer *writer, const uint8_t **data, size_t *size);

/* A whole blob of the sections in the set. */
int blob_of_minute(struct blob_writer *writer, const struct minute *minute, const uint8_t **data,
	size_t *size);
int blob_of_sums(struct blob_writer *writer, const struct sums *sums, unsigned int sections,
	const uint8_t **data, size_t *size);

/* -- Reading ------------------------------------------------------------------------------- */

struct blob_cursor {
	const uint8_t *at;
	const uint8_t *end;
};

struct blob_reader {
	uint8_t *scratch; /* reserved for the largest raw section */
	z_stream inflate;
	struct blob_cursor section[BLOB_SECTIONS]; /* stored bytes within the blob */
	size_t raw_size[BLOB_SECTIONS];
	enum blob_section current;
	struct blob_cursor column[BLOB_MAX_COLUMNS];
	uint64_t records; /* not yet read */
	uint64_t last_key;
};

/* Reserve a reader: address space 530 MB, taken as touched. 0 or -ENOMEM. */
int blob_reader_reserve(struct blob_reader *reader);
void blob_reader_release(struct blob_reader *reader);

/* All return -EBADMSG when the bytes are not a whole, valid blob. data must outlive the reading. */

/* Check header, checksum and table of sections. */
int blob_open(struct blob_reader *reader, const void *data, size_t size);
/* A blob without sections. */
void blob_open_nothing(struct blob_reader *reader);
/* Go to the first record of a section; one that is absent has none. */
int blob_read_section(struct blob_reader *reader, enum blob_section section);
/* The next record: 1, or 0 after the last. */
int blob_next(struct blob_reader *reader, uint64_t values[BLOB_MAX_COLUMNS]);

/* Add the wanted sections to sums. On failure sums may hold a part of the blob. */
int blob_add_to_sums(struct blob_reader *reader, const void *data, size_t size, unsigned int wanted,
	struct sums *sums);

/*
 * Fill a reserved minute (its start is the caller's). Counters wider than the minute's fields,
 * possible only where minutes were merged, stop at the field's limit; prefixes beyond
 * MINUTE_MAX_PREFIXES count as unlisted.
 */
int blob_to_minute(
	struct blob_reader *reader, const void *data, size_t size, struct minute *minute);

#endif
