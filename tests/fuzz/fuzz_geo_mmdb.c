/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sound MMDB with changes: the input is a list of (place, place, byte) that are laid over it, so
 * that the fuzzer spends its time behind the metadata and not before.
 */
#include "tests/unit/geo/mmdb_writer.h"
#include "user/geo/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *make_database(size_t *size)
{
	struct mmdb_writer *writer = mmdb_writer_new(6, 24);
	uint32_t japan = mmdb_nested_record(writer, "JP");
	uint32_t korea = mmdb_flat_record(writer, "country_code", "KR");
	uint32_t target = mmdb_flat_record(writer, "iso_code", "BR");
	uint8_t *file;

	mmdb_insert(writer, "1.0.0.0/12", japan);
	mmdb_insert(writer, "5.0.0.0/9", korea);
	mmdb_insert(writer, "200.0.0.0/8", mmdb_pointing_record(writer, target));
	mmdb_insert(writer, "2400::/12", japan);
	mmdb_insert(writer, "2a00:8000::/20", korea);
	mmdb_alias(writer, "2002::/16", "0.0.0.0/0");
	file = mmdb_finish(writer, size);
	free(writer);
	return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *sound;
	static size_t sound_size;
	struct geo *geo GEO_CLEANUP = NULL;
	struct geo_error error;
	uint8_t *copy;

	if (!sound)
		sound = make_database(&sound_size);
	copy = malloc(sound_size);
	assert(copy);
	memcpy(copy, sound, sound_size);
	for (size_t i = 0; i + 2 < size; i += 3)
		copy[((size_t)data[i] << 8 | data[i + 1]) % sound_size] = data[i + 2];
	if (geo_load_content("fuzz", copy, sound_size, &geo, &error) == 0 &&
		geo_lookup6(geo, UINT64_MAX) != COUNTRY_XX)
		abort();
	free(copy);
	return 0;
}
