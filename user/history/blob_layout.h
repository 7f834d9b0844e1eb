/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sections of a blob look like: shared by its writer and its reader alone.
 */
#ifndef TEITEN_HISTORY_BLOB_LAYOUT_H
#define TEITEN_HISTORY_BLOB_LAYOUT_H

#include "user/history/blob.h"

#define BLOB_MAGIC "TTHB"

/* The longest section by records, and the longest of those with more than two columns. */
#define BLOB_MAX_RECORDS ((size_t)TT_ROWS * TT_CELLS)
#define BLOB_MAX_PREFIXES ((size_t)TT_PREFIXES4 + SUMS_PREFIXES6)
/* Port life is stored by chunks of 256 rows; country 255 is the port as a whole. */
#define BLOB_LIFE_ROWS 256

/* The longest of sketches: 4,096 ports, or the sensor's own and those of countries. */
#define BLOB_MAX_REGISTERS ((uint64_t)4096 * (TT_SKETCH_REGISTERS + TT_LANE_REGISTERS))
_Static_assert(BLOB_MAX_REGISTERS >= sizeof(struct source_sketches) * 2, "all registers fit");

/* Fields of BLOB_COVERAGE; those that are 0 are left out. */
enum blob_field {
	FIELD_COVERED,
	FIELD_ADDRESSED,
	FIELD_EXPOSURE_LOW,
	FIELD_EXPOSURE_HIGH,
	FIELD_ADDRESSES,
	FIELD_LATE,
	FIELD_MISDATED,
	FIELD_UNATTRIBUTED,
	FIELD_PREFIXES_UNLISTED,
	FIELD_NIC_DROPS,
	FIELD_MODES,
	FIELDS,
};

struct blob_layout {
	unsigned int columns;
	uint64_t max_records;
	uint64_t key_limit; /* every key is below */
	size_t max_raw;     /* bytes of the raw section */
};

extern const struct blob_layout blob_layout[BLOB_SECTIONS];

/* CRC-32 of a blob's bytes but for the four that hold it. size >= BLOB_HEADER. */
uint32_t blob_checksum(const uint8_t *bytes, size_t size);

/* Coverage as fields and back; false when a value is impossible. */
void blob_fields_of_coverage(const struct coverage_sum *coverage, uint64_t fields[FIELDS]);
bool blob_coverage_of_fields(const uint64_t fields[FIELDS], struct coverage_sum *coverage);

#endif
