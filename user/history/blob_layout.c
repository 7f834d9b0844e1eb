/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/blob_layout.h"

/* Varints of 10 bytes at most, behind the number of records and the columns' sizes. */
#define RAW(records, bytes) ((size_t)(records) * (bytes) + 10 * (BLOB_MAX_COLUMNS + 1))

const struct blob_layout blob_layout[BLOB_SECTIONS] = {
	[BLOB_COVERAGE] = {2, FIELDS, FIELDS, RAW(FIELDS, 20)},
	[BLOB_LEDGER] = {3, TT_CLASSES, TT_CLASSES, RAW(TT_CLASSES, 30)},
	[BLOB_SPORT53] = {4, COUNTRY_COUNT, COUNTRY_COUNT, RAW(COUNTRY_COUNT, 40)},
	[BLOB_PORTS] = {5, TT_ROWS, TT_ROWS, RAW(TT_ROWS, 50)},
	[BLOB_CELLS] = {2, BLOB_MAX_RECORDS, (uint64_t)TT_ROWS << 8, RAW(BLOB_MAX_RECORDS, 14)},
	[BLOB_PREFIXES] = {4, BLOB_MAX_PREFIXES, PREFIX_KEY_LIMIT, RAW(BLOB_MAX_PREFIXES, 30)},
	[BLOB_LIFE] = {4, BLOB_LIFE_ROWS << 8, (uint64_t)TT_ROWS << 8,
		RAW(BLOB_LIFE_ROWS << 8, 40)},
	[BLOB_SKETCHES] = {2, BLOB_MAX_REGISTERS,
		(uint64_t)(BLOB_SKETCH_LANES + TT_ROWS) << TT_SOURCES_BITS,
		RAW(BLOB_MAX_REGISTERS, 6)},
};

uint32_t blob_checksum(const uint8_t *bytes, size_t size)
{
	uLong sum = crc32(crc32(0, NULL, 0), bytes, 8);

	return (uint32_t)crc32_z(sum, bytes + BLOB_HEADER, size - BLOB_HEADER);
}

void blob_fields_of_coverage(const struct coverage_sum *coverage, uint64_t fields[FIELDS])
{
	fields[FIELD_COVERED] = coverage->covered;
	fields[FIELD_ADDRESSED] = coverage->addressed;
	fields[FIELD_EXPOSURE_LOW] = (uint64_t)coverage->exposure;
	fields[FIELD_EXPOSURE_HIGH] = (uint64_t)(coverage->exposure >> 64);
	fields[FIELD_ADDRESSES] = coverage->addresses;
	fields[FIELD_LATE] = coverage->late;
	fields[FIELD_MISDATED] = coverage->misdated;
	fields[FIELD_UNATTRIBUTED] = coverage->unattributed;
	fields[FIELD_PREFIXES_UNLISTED] = coverage->prefixes_unlisted;
	fields[FIELD_NIC_DROPS] = coverage->nic_drops;
	fields[FIELD_MODES] = coverage->modes;
}

bool blob_coverage_of_fields(const uint64_t fields[FIELDS], struct coverage_sum *coverage)
{
	if (fields[FIELD_MODES] == 0 || fields[FIELD_MODES] >> ATTACH_MODES ||
		fields[FIELD_ADDRESSED] > fields[FIELD_COVERED])
		return false;
	*coverage = (struct coverage_sum){
		.covered = fields[FIELD_COVERED],
		.addressed = fields[FIELD_ADDRESSED],
		.exposure = (unsigned __int128)fields[FIELD_EXPOSURE_HIGH] << 64 |
			    fields[FIELD_EXPOSURE_LOW],
		.addresses = fields[FIELD_ADDRESSES],
		.late = fields[FIELD_LATE],
		.misdated = fields[FIELD_MISDATED],
		.unattributed = fields[FIELD_UNATTRIBUTED],
		.prefixes_unlisted = fields[FIELD_PREFIXES_UNLISTED],
		.nic_drops = fields[FIELD_NIC_DROPS],
		.modes = fields[FIELD_MODES],
	};
	return true;
}
