/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/rows.h"

#include "user/engine/event_row.h"
#include "user/lib/text.h"
#include "user/model/port.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *rows_table_name(enum store_table table)
{
	switch (table) {
	case TABLE_LEDGER:
		return "ledger";
	case TABLE_PORTS:
		return "port";
	case TABLE_CELLS:
		return "cell";
	case TABLE_SPORT53:
		return "sport53";
	case TABLE_PREFIXES:
		return "prefix";
	case TABLE_COVERAGE:
		return "coverage";
	case TABLE_EVENTS:
		return "event";
	default:
		return NULL;
	}
}

const char *rows_bin_name(enum store_bin bin)
{
	return bin == BIN_MINUTE ? "minute"
	       : bin == BIN_HOUR ? "hour"
	       : bin == BIN_DAY  ? "day"
				 : NULL;
}

const char *rows_sport53_name(unsigned int class)
{
	static const char *const names[] = {"response", "query", "short"};
	_Static_assert(sizeof(names) / sizeof(names[0]) == SPORT53_CLASSES, "a name for each");

	return class < SPORT53_CLASSES ? names[class] : "?";
}

static void put_port(struct tsv *out, uint32_t row)
{
	tsv_text(out, port_protocol_name(port_protocol(row)));
	tsv_unsigned(out, port_number(row));
}

static void put_prefix(struct tsv *out, const struct store_row *row)
{
	char text[TEXT_NETWORK_MAX];

	text_format_network(row->is_v6, row->network, row->is_v6 ? 48 : 24, text);
	tsv_text(out, text);
}

static void put_coverage(struct tsv *out, const struct store_row *row)
{
	uint64_t covered = (uint64_t)llround(row->covered * 1e9);

	tsv_unsigned(out, row->addresses);
	tsv_unsigned(out, row->late);
	tsv_unsigned(out, row->misdated);
	tsv_unsigned(out, row->unattributed);
	tsv_unsigned(out, row->prefixes_unlisted);
	tsv_unsigned(out, row->nic_drops);
	tsv_unsigned(out, row->modes);
	tsv_unsigned(out, covered);
	/* All of them only grow: whatever is added makes a greater version. */
	tsv_unsigned(out, covered + row->late + row->misdated + row->unattributed +
				  row->prefixes_unlisted + row->nic_drops);
}

static void put_counts(struct tsv *out, enum store_table table, const struct store_row *row)
{
	switch (table) {
	case TABLE_LEDGER:
		tsv_text(out, class_name((enum tt_class)row->class));
		tsv_unsigned(out, row->bytes);
		break;
	case TABLE_PORTS:
		put_port(out, row->row);
		tsv_unsigned(out, row->sources);
		tsv_unsigned(out, row->syn);
		tsv_unsigned(out, row->bytes);
		break;
	case TABLE_CELLS:
		put_port(out, row->row);
		tsv_text(out, country_code(row->country));
		break;
	case TABLE_SPORT53:
		tsv_text(out, country_code(row->country));
		tsv_text(out, rows_sport53_name(row->class));
		break;
	case TABLE_PREFIXES:
		put_prefix(out, row);
		tsv_text(out, country_code(row->country));
		tsv_unsigned(out, row->response);
		tsv_unsigned(out, row->other);
		tsv_unsigned(out, row->response + row->other);
		return;
	default:
		put_coverage(out, row);
		return;
	}
	tsv_unsigned(out, row->packets);
}

bool rows_put(
	struct tsv *out, enum store_table table, enum store_bin bin, const struct store_row *row)
{
	if (table == TABLE_EVENTS) {
		event_row_put(out, row->event);
	} else {
		tsv_text(out, rows_bin_name(bin));
		/* As a number it means the same in every time zone of a server. */
		tsv_unsigned(out, (uint64_t)row->time);
		put_counts(out, table, row);
	}
	return tsv_end_row(out);
}
