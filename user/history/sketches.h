/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distinct sources of any number of minutes: the union of their sketches (model/sketch.h), held for
 * the hour that is being written and for a question's interval, stored by hours.
 *
 * A stored hour is several blobs (history/blob.h, section BLOB_SKETCHES), of what is not empty:
 *
 *   content 0        sensor, source port 53, countries
 *   content 1 + n    the ports of rows 4096 n to 4096 n + 4095
 *
 * so that the sources of the sensor, or of one port, are read without those of all ports. Content 0
 * is there whenever a minute of the hour came with sketches, even without a packet: an hour that
 * has none is unknown. SKETCHES_LACK, an empty blob, says that a minute with packets came without:
 * what the others say is a lower bound.
 *
 * A blob's records are registers that are not zero: sketch << 14 | register, value 1 to 15. Sketch
 * 0 is the sensor, 1 source port 53, 256 + c a country, 512 + c source port 53 of a country, 1024 +
 * r a port row, 2^18 + r its lane.
 */
#ifndef TEITEN_HISTORY_SKETCHES_H
#define TEITEN_HISTORY_SKETCHES_H

#include "user/history/blob.h"
#include "user/model/sketch.h"

/* Port rows in a blob. */
#define SKETCHES_CHUNK 4096u
#define SKETCHES_CHUNKS ((TT_ROWS + SKETCHES_CHUNK - 1) / SKETCHES_CHUNK)
#define SKETCHES_CONTENTS (1 + SKETCHES_CHUNKS)
/* Beside the contents, never read as one. */
#define SKETCHES_LACK 255

static inline unsigned int sketches_content_of(uint32_t row)
{
	return 1 + row / SKETCHES_CHUNK;
}

struct sketches {
	struct source_sketches *sources;
	uint8_t (*port)[TT_SKETCH_BYTES];
	uint64_t row_bits[SUMS_ROW_WORDS]; /* rows in port[] */
	uint8_t (*lane)[SKETCH_LANE_BYTES];
	uint64_t lane_bits[SUMS_ROW_WORDS]; /* rows in lane[] */
	uint64_t changed;                   /* contents (bit i) that minutes were added to */
};
_Static_assert(SKETCHES_CONTENTS <= 64, "a bit for each content");
_Static_assert(SKETCHES_LACK >= SKETCHES_CONTENTS, "no content");

/* Reserve an empty union: 72 MB of address space, taken as touched. 0 or -ENOMEM. */
int sketches_reserve(struct sketches *sketches);
void sketches_release(struct sketches *sketches);
void sketches_clear(struct sketches *sketches);

/* Add a minute that has sketches and whose values history_add_minute() has found valid. */
void sketches_add_minute(struct sketches *sketches, const struct minute *minute);

/* A content as a blob, the writer's until the next. 0 or -EIO. */
int sketches_write(const struct sketches *sketches, unsigned int content,
	struct blob_writer *writer, const uint8_t **data, size_t *size);

/*
 * Add a blob's registers; -EBADMSG when it is no blob of this content, then a part of it may have
 * been added.
 */
int sketches_read(struct sketches *sketches, unsigned int content, struct blob_reader *reader,
	const void *data, size_t size);

#endif
