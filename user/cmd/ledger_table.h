/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEITEN_CMD_LEDGER_TABLE_H
#define TEITEN_CMD_LEDGER_TABLE_H

#include "user/model/minute.h"

#include <stdio.h>

/* The classes that have packets, with their sum, for a person. */
void ledger_table_print(FILE *out, const struct tally ledger[TT_CLASSES], uint64_t minutes);

#endif
