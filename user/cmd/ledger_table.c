/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/ledger_table.h"

#include "user/model/port.h"

#include <inttypes.h>

void ledger_table_print(FILE *out, const struct tally ledger[TT_CLASSES], uint64_t minutes)
{
	struct tally sum = {0};

	fprintf(out, "%-18s %14s %16s\n", "class", "packets", "bytes");
	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		sum.packets += ledger[i].packets;
		sum.bytes += ledger[i].bytes;
		if (ledger[i].packets)
			fprintf(out, "%-18s %14" PRIu64 " %16" PRIu64 "\n",
				class_name((enum tt_class)i), ledger[i].packets, ledger[i].bytes);
	}
	fprintf(out, "%-18s %14" PRIu64 " %16" PRIu64 "   in %" PRIu64 " minutes\n", "all frames",
		sum.packets, sum.bytes, minutes);
}
