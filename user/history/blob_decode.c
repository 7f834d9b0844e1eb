/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/blob.h"

#include "user/history/blob_layout.h"

#include <errno.h>

/* Each reads one section: 0 or -EBADMSG. */
#define FOR_RECORDS(reader, section, values, status)                                               \
	for ((status) = blob_read_section(reader, section) ?: blob_next(reader, values);           \
		(status) > 0; (status) = blob_next(reader, values))

static int read_coverage(struct blob_reader *reader, struct coverage_sum *coverage)
{
	uint64_t values[BLOB_MAX_COLUMNS] = {0}, fields[FIELDS] = {0};
	int status;

	FOR_RECORDS(reader, BLOB_COVERAGE, values, status)
	fields[values[0]] = values[1];
	if (status)
		return status;
	return blob_coverage_of_fields(fields, coverage) ? 0 : -EBADMSG;
}

static int read_ledger(struct blob_reader *reader, struct tally ledger[TT_CLASSES])
{
	uint64_t values[BLOB_MAX_COLUMNS] = {0};
	int status;

	FOR_RECORDS(reader, BLOB_LEDGER, values, status)
	{
		struct tally *tally = &ledger[values[0]];

		tally->packets = add_saturated(tally->packets, values[1]);
		tally->bytes = add_saturated(tally->bytes, values[2]);
	}
	return status;
}

static int read_sport53(
	struct blob_reader *reader, uint64_t sport53[COUNTRY_COUNT][SPORT53_CLASSES])
{
	uint64_t values[BLOB_MAX_COLUMNS] = {0};
	int status;

	FOR_RECORDS(reader, BLOB_SPORT53, values, status)
	for (unsigned int k = 0; k < SPORT53_CLASSES; k++)
		sport53[values[0]][k] = add_saturated(sport53[values[0]][k], values[1 + k]);
	return status;
}

static bool prefix_valid(const uint64_t values[BLOB_MAX_COLUMNS])
{
	return prefix_key_valid(values[0]) && values[1] < COUNTRY_COUNT;
}

/* -- Into sums ----------------------------------------------------------------------------- */

static int add_ports(struct blob_reader *reader, struct sums *sums)
{
	uint64_t values[BLOB_MAX_COLUMNS] = {0};
	int status;

	FOR_RECORDS(reader, BLOB_PORTS, values, status)
	sums_add_port(sums, (uint32_t)values[0],
		&(struct port_sum){values[1], values[2], values[3], values[4]});
	return status;
}

/*
 * Cells of a busy minute lie in pages of their own; the next ones are on their way while the last
 * are added (closing an hour of 200,000 cells a minute takes 2.3 s instead of 2.7 s).
 */
#define CELLS_AHEAD 32

struct cell_ahead {
	uint64_t key;
	uint64_t packets;
};

static void add_ahead(struct sums *sums, const struct cell_ahead *cells, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		sums_prefetch_cell(sums, (uint32_t)(cells[i].key >> 8), cells[i].key & 0xff);
	for (unsigned int i = 0; i < count; i++)
		sums_add_cell(sums, (uint32_t)(cells[i].key >> 8),
			(country_id)(cells[i].key & 0xff), cells[i].packets);
}

static int add_cells(struct blob_reader *reader, struct sums *sums)
{
	struct cell_ahead ahead[CELLS_AHEAD];
	uint64_t values[BLOB_MAX_COLUMNS] = {0};
	unsigned int count = 0;
	int status;

	FOR_RECORDS(reader, BLOB_CELLS, values, status)
	{
		if ((values[0] & 0xff) >= TT_CELLS)
			return -EBADMSG;
		ahead[count++] = (struct cell_ahead){values[0], values[1]};
		if (count == CELLS_AHEAD) {
			add_ahead(sums, ahead, count);
			count = 0;
		}
	}
	add_ahead(sums, ahead, count);
	return status;
}

static int add_prefixes(struct blob_reader *reader, struct sums *sums)
{
	uint64_t values[BLOB_MAX_COLUMNS] = {0};
	int status;

	FOR_RECORDS(reader, BLOB_PREFIXES, values, status)
	{
		if (!prefix_valid(values))
			return -EBADMSG;
		sums_add_prefix(sums, &(struct prefix_sum){values[0], values[2], values[3],
					      (country_id)values[1]});
	}
	return status;
}

int blob_add_to_sums(struct blob_reader *reader, const void *data, size_t size, unsigned int wanted,
	struct sums *sums)
{
	int error = blob_open(reader, data, size);

	if (!error && wanted & BLOB_BIT(BLOB_COVERAGE)) {
		struct coverage_sum coverage;

		error = read_coverage(reader, &coverage);
		if (!error)
			sums_add_coverage(sums, &coverage);
	}
	if (!error && wanted & BLOB_BIT(BLOB_LEDGER))
		error = read_ledger(reader, sums->ledger);
	if (!error && wanted & BLOB_BIT(BLOB_SPORT53))
		error = read_sport53(reader, sums->sport53);
	if (!error && wanted & BLOB_BIT(BLOB_PORTS))
		error = add_ports(reader, sums);
	if (!error && wanted & BLOB_BIT(BLOB_CELLS))
		error = add_cells(reader, sums);
	if (!error && wanted & BLOB_BIT(BLOB_PREFIXES))
		error = add_prefixes(reader, sums);
	return error;
}

/* -- Into a minute ------------------------------------------------------------------------- */

static uint32_t narrow(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static int list_ports(struct blob_reader *reader, struct minute *minute)
{
	uint64_t values[BLOB_MAX_COLUMNS] = {0};
	int status;

	FOR_RECORDS(reader, BLOB_PORTS, values, status)
	minute->ports[minute->port_count++] = (struct port_count){
		.row = (uint32_t)values[0],
		.packets = values[1],
		.bytes = values[2],
		.syn = values[3],
		.sources = narrow(values[4]),
	};
	return status;
}

static int list_cells(struct blob_reader *reader, struct minute *minute)
{
	uint64_t values[BLOB_MAX_COLUMNS] = {0};
	int status;

	FOR_RECORDS(reader, BLOB_CELLS, values, status)
	{
		if ((values[0] & 0xff) >= TT_CELLS)
			return -EBADMSG;
		minute->cells[minute->cell_count++] = (struct cell_count){
			.row = (uint32_t)(values[0] >> 8),
			.country = (country_id)(values[0] & 0xff),
			.packets = narrow(values[1]),
		};
	}
	return status;
}

static int list_prefixes(struct blob_reader *reader, struct minute *minute)
{
	uint64_t values[BLOB_MAX_COLUMNS] = {0};
	int status;

	FOR_RECORDS(reader, BLOB_PREFIXES, values, status)
	{
		if (!prefix_valid(values))
			return -EBADMSG;
		if (minute->prefix_count == MINUTE_MAX_PREFIXES) {
			minute->prefixes_unlisted = add_saturated(
				minute->prefixes_unlisted, add_saturated(values[2], values[3]));
			continue;
		}
		minute->prefixes[minute->prefix_count++] = (struct prefix_count){
			.is_v6 = values[0] >= PREFIX_KEY_V6,
			.country = (country_id)values[1],
			.network = values[0] & (PREFIX_KEY_V6 - 1),
			.response = narrow(values[2]),
			.other = narrow(values[3]),
		};
	}
	return status;
}

static void set_coverage(struct minute *minute, const struct coverage_sum *coverage)
{
	minute->covered = (double)coverage->covered / 1e9;
	minute->addresses = coverage->addresses;
	minute->late = coverage->late;
	minute->misdated = coverage->misdated;
	minute->unattributed = coverage->unattributed;
	minute->prefixes_unlisted = coverage->prefixes_unlisted;
	minute->nic_drops = coverage->nic_drops;
	minute->mode = (enum attach_mode)(63 - __builtin_clzll(coverage->modes));
}

int blob_to_minute(struct blob_reader *reader, const void *data, size_t size, struct minute *minute)
{
	int64_t start = minute->start;
	struct coverage_sum coverage;
	int error;

	minute_clear(minute);
	minute->start = start;
	if ((error = blob_open(reader, data, size)) || (error = read_coverage(reader, &coverage)))
		return error;
	set_coverage(minute, &coverage);
	if ((error = read_ledger(reader, minute->ledger)) ||
		(error = read_sport53(reader, minute->sport53)) ||
		(error = list_ports(reader, minute)) || (error = list_cells(reader, minute)))
		return error;
	return list_prefixes(reader, minute);
}
