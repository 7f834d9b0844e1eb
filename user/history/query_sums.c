/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/query_private.h"

static int tell_ledger(struct asker *asker)
{
	int stop = 0;

	for (unsigned int i = 0; i < TT_CLASSES && !stop; i++) {
		const struct tally *tally = &asker->history->sums.ledger[i];

		if (tally->packets)
			stop = query_tell(asker, &(struct store_row){
							 .class = i,
							 .packets = tally->packets,
							 .bytes = tally->bytes,
						 });
	}
	return stop;
}

static int tell_ports(struct asker *asker)
{
	const struct sums *sums = &asker->history->sums;
	int stop = 0;

	for (size_t row = bits_next(sums->row_bits, TT_ROWS, 0); row < TT_ROWS && !stop;
		row = bits_next(sums->row_bits, TT_ROWS, row + 1)) {
		const struct port_sum *port = &sums->port[row];

		if (port->packets && query_wants_row(asker, row))
			stop = query_tell(asker, &(struct store_row){
							 .row = (uint32_t)row,
							 .packets = port->packets,
							 .bytes = port->bytes,
							 .syn = port->syn,
							 .sources = port->sources,
						 });
	}
	return stop;
}

static int tell_cells_of(struct asker *asker, size_t row)
{
	const uint64_t *packets = asker->history->sums.cells[row].packets;
	unsigned int only = asker->query->country;
	int stop = 0;

	for (unsigned int i = 0; i < COUNTRY_COUNT && !stop; i++) {
		country_id country = asker->ranked[i];

		if (country < TT_CELLS && packets[country] &&
			(only == STORE_ALL_COUNTRIES || only == country))
			stop = query_tell(asker, &(struct store_row){
							 .row = (uint32_t)row,
							 .country = country,
							 .packets = packets[country],
						 });
	}
	return stop;
}

static int tell_cells(struct asker *asker)
{
	const struct sums *sums = &asker->history->sums;
	int stop = 0;

	for (size_t row = bits_next(sums->cell_row_bits, TT_ROWS, 0); row < TT_ROWS && !stop;
		row = bits_next(sums->cell_row_bits, TT_ROWS, row + 1))
		if (query_wants_row(asker, row))
			stop = tell_cells_of(asker, row);
	return stop;
}

static int tell_sport53(struct asker *asker)
{
	int stop = 0;

	for (unsigned int i = 0; i < COUNTRY_COUNT; i++) {
		country_id country = asker->ranked[i];
		const uint64_t *packets = asker->history->sums.sport53[country];

		for (unsigned int k = 0; k < SPORT53_CLASSES && !stop; k++)
			if (packets[k])
				stop = query_tell(asker, &(struct store_row){
								 .country = country,
								 .class = k,
								 .packets = packets[k],
							 });
	}
	return stop;
}

static int tell_prefix(void *context, const struct prefix_sum *prefix)
{
	if (prefix->response == 0 && prefix->other == 0)
		return 0;
	return query_tell(context, &(struct store_row){
					   .country = prefix->country,
					   .is_v6 = prefix->key >= PREFIX_KEY_V6,
					   .network = prefix->key & (PREFIX_KEY_V6 - 1),
					   .response = prefix->response,
					   .other = prefix->other,
				   });
}

static uint64_t mean_addresses(const struct coverage_sum *coverage)
{
	unsigned __int128 half = coverage->addressed / 2;

	if (!coverage->addressed)
		return coverage->addresses;
	return (uint64_t)((coverage->exposure + half) / coverage->addressed);
}

static int tell_coverage(struct asker *asker)
{
	const struct coverage_sum *coverage = &asker->history->sums.coverage;

	/* Every record has a mode; without one there is none. */
	if (!coverage->modes)
		return 0;
	return query_tell(asker, &(struct store_row){
					 .covered = (double)coverage->covered / 1e9,
					 .addresses = mean_addresses(coverage),
					 .late = coverage->late,
					 .misdated = coverage->misdated,
					 .unattributed = coverage->unattributed,
					 .prefixes_unlisted = coverage->prefixes_unlisted,
					 .nic_drops = coverage->nic_drops,
					 .modes = coverage->modes,
				 });
}

int query_tell_bin(struct asker *asker, int64_t time)
{
	asker->time = time;
	switch (asker->query->table) {
	case TABLE_LEDGER:
		return tell_ledger(asker);
	case TABLE_PORTS:
		return tell_ports(asker);
	case TABLE_CELLS:
		return tell_cells(asker);
	case TABLE_SPORT53:
		return tell_sport53(asker);
	case TABLE_PREFIXES:
		return sums_each_prefix(&asker->history->sums, tell_prefix, asker);
	case TABLE_COVERAGE:
		return tell_coverage(asker);
	default:
		return 0;
	}
}
