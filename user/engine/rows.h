/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's tables and their rows, both ways. etc/clickhouse/ has the same columns as SQL.
 *
 * Each table of counts holds minutes, hours and days side by side (column bin). The last column of
 * a row is its version: of rows with one key the engine keeps the greatest. Counters only grow, so
 * packets serve; a row that was cut on its way has a smaller last number, or none, and so never
 * wins.
 */
#ifndef TEITEN_ENGINE_ROWS_H
#define TEITEN_ENGINE_ROWS_H

#include "user/engine/tsv.h"
#include "user/model/store.h"

/* What this program writes and reads; the engine's own is in its table schema. */
#define ROWS_SCHEMA_VERSION 1

/* DateTime has 32 bits: what is later cannot be told. */
#define ROWS_TIME_LIMIT INT64_C(4294967280)

/* "cell", "port" ... the engine's name of a table; NULL where it has none (life, resolvers). */
const char *rows_table_name(enum store_table table);
/* "minute", "hour", "day"; NULL for other bins. */
const char *rows_bin_name(enum store_bin bin);
/* "response", "query", "short". */
const char *rows_sport53_name(unsigned int class);

/*
 * Write a row of a table of counts, or of events (bin does not matter then). False: it did not fit,
 * and is not there.
 */
bool rows_put(
	struct tsv *out, enum store_table table, enum store_bin bin, const struct store_row *row);

#endif
