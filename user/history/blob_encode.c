/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/blob.h"

#include "user/history/blob_layout.h"

static int put_coverage(struct blob_writer *writer, const struct coverage_sum *coverage)
{
	uint64_t fields[FIELDS];

	blob_fields_of_coverage(coverage, fields);
	blob_open_section(writer, BLOB_COVERAGE);
	for (unsigned int i = 0; i < FIELDS; i++)
		if (fields[i])
			blob_put(writer, (uint64_t[BLOB_MAX_COLUMNS]){i, fields[i]});
	return blob_close_section(writer);
}

static int put_ledger(struct blob_writer *writer, const struct tally ledger[TT_CLASSES])
{
	blob_open_section(writer, BLOB_LEDGER);
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		if (ledger[i].packets || ledger[i].bytes)
			blob_put(writer, (uint64_t[BLOB_MAX_COLUMNS]){
						 i, ledger[i].packets, ledger[i].bytes});
	return blob_close_section(writer);
}

static int put_sport53(
	struct blob_writer *writer, const uint64_t sport53[COUNTRY_COUNT][SPORT53_CLASSES])
{
	_Static_assert(SPORT53_CLASSES == 3, "a column for each class");

	blob_open_section(writer, BLOB_SPORT53);
	for (unsigned int i = 0; i < COUNTRY_COUNT; i++)
		if (sport53[i][0] || sport53[i][1] || sport53[i][2])
			blob_put(writer, (uint64_t[BLOB_MAX_COLUMNS]){
						 i, sport53[i][0], sport53[i][1], sport53[i][2]});
	return blob_close_section(writer);
}

/* -- Of a minute --------------------------------------------------------------------------- */

static int put_minute_ports(struct blob_writer *writer, const struct minute *minute)
{
	blob_open_section(writer, BLOB_PORTS);
	for (size_t i = 0; i < minute->port_count; i++) {
		const struct port_count *port = &minute->ports[i];

		blob_put(writer, (uint64_t[BLOB_MAX_COLUMNS]){port->row, port->packets, port->bytes,
					 port->syn, port->sources});
	}
	return blob_close_section(writer);
}

static int put_minute_cells(struct blob_writer *writer, const struct minute *minute)
{
	blob_open_section(writer, BLOB_CELLS);
	for (size_t i = 0; i < minute->cell_count; i++) {
		const struct cell_count *cell = &minute->cells[i];

		blob_put(writer, (uint64_t[BLOB_MAX_COLUMNS]){
					 cell->row << 8 | cell->country, cell->packets});
	}
	return blob_close_section(writer);
}

static int put_minute_prefixes(struct blob_writer *writer, const struct minute *minute)
{
	blob_open_section(writer, BLOB_PREFIXES);
	for (size_t i = 0; i < minute->prefix_count; i++) {
		const struct prefix_count *prefix = &minute->prefixes[i];

		blob_put(writer,
			(uint64_t[BLOB_MAX_COLUMNS]){prefix_key(prefix->is_v6, prefix->network),
				prefix->country, prefix->response, prefix->other});
	}
	return blob_close_section(writer);
}

int blob_of_minute(
	struct blob_writer *writer, const struct minute *minute, const uint8_t **data, size_t *size)
{
	struct coverage_sum coverage = coverage_of_minute(minute);
	int error;

	blob_start(writer);
	if ((error = put_coverage(writer, &coverage)) ||
		(error = put_ledger(writer, minute->ledger)) ||
		(error = put_sport53(writer, minute->sport53)) ||
		(error = put_minute_ports(writer, minute)) ||
		(error = put_minute_cells(writer, minute)) ||
		(error = put_minute_prefixes(writer, minute)))
		return error;
	blob_finish(writer, data, size);
	return 0;
}

/* -- Of sums ------------------------------------------------------------------------------- */

static int put_ports(struct blob_writer *writer, const struct sums *sums)
{
	blob_open_section(writer, BLOB_PORTS);
	for (size_t row = bits_next(sums->row_bits, TT_ROWS, 0); row < TT_ROWS;
		row = bits_next(sums->row_bits, TT_ROWS, row + 1)) {
		const struct port_sum *port = &sums->port[row];

		blob_put(writer, (uint64_t[BLOB_MAX_COLUMNS]){row, port->packets, port->bytes,
					 port->syn, port->sources});
	}
	return blob_close_section(writer);
}

static int put_cells(struct blob_writer *writer, const struct sums *sums)
{
	blob_open_section(writer, BLOB_CELLS);
	for (size_t row = bits_next(sums->cell_row_bits, TT_ROWS, 0); row < TT_ROWS;
		row = bits_next(sums->cell_row_bits, TT_ROWS, row + 1)) {
		const uint64_t *bits = sums->cells[row].bits;

		for (size_t i = bits_next(bits, TT_CELLS, 0); i < TT_CELLS;
			i = bits_next(bits, TT_CELLS, i + 1))
			blob_put(writer, (uint64_t[BLOB_MAX_COLUMNS]){
						 row << 8 | i, sums->cells[row].packets[i]});
	}
	return blob_close_section(writer);
}

static int put_prefix(void *context, const struct prefix_sum *prefix)
{
	blob_put(context, (uint64_t[BLOB_MAX_COLUMNS]){
				  prefix->key, prefix->country, prefix->response, prefix->other});
	return 0;
}

static int put_prefixes(struct blob_writer *writer, const struct sums *sums)
{
	blob_open_section(writer, BLOB_PREFIXES);
	sums_each_prefix(sums, put_prefix, writer);
	return blob_close_section(writer);
}

int blob_of_sums(struct blob_writer *writer, const struct sums *sums, unsigned int sections,
	const uint8_t **data, size_t *size)
{
	int error = 0;

	blob_start(writer);
	if (sections & BLOB_BIT(BLOB_COVERAGE))
		error = put_coverage(writer, &sums->coverage);
	if (!error && sections & BLOB_BIT(BLOB_LEDGER))
		error = put_ledger(writer, sums->ledger);
	if (!error && sections & BLOB_BIT(BLOB_SPORT53))
		error = put_sport53(writer, sums->sport53);
	if (!error && sections & BLOB_BIT(BLOB_PORTS))
		error = put_ports(writer, sums);
	if (!error && sections & BLOB_BIT(BLOB_CELLS))
		error = put_cells(writer, sums);
	if (!error && sections & BLOB_BIT(BLOB_PREFIXES))
		error = put_prefixes(writer, sums);
	if (error)
		return error;
	blob_finish(writer, data, size);
	return 0;
}
