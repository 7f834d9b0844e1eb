/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the two copies of what was drained are alike, as they are when a minute has been kept. */
#ifndef TEITEN_TESTS_KERNEL_COPIES_H
#define TEITEN_TESTS_KERNEL_COPIES_H

#include "user/kernel/program.h"

#include <stdio.h>
#include <string.h>

/* Byte by byte, and a comment that names the first part that differs. Reads half a gigabyte. */
static bool copies_are_alike(const struct program *program)
{
	const struct tt_drained *const *drained =
		(const struct tt_drained *const *)program->drained;
	const struct tt_drained_cells *cells = program->drained_cells;
	const char *differs = NULL;

	for (uint32_t row = 0; row < TT_ROWS; row++) {
		const struct tt_drained_row *copies = program->drained_rows->row[row];

		if (memcmp(&copies[0], &copies[1], sizeof(*copies)) != 0)
			differs = "rows";
		for (unsigned int plane = 0; cells && plane < TT_PLANES; plane++)
			if (memcmp(cells->plane[plane][row][0], cells->plane[plane][row][1],
				    TT_CELLS) != 0)
				differs = "cells";
	}
	if (program->drained_prefixes[0] &&
		memcmp(program->drained_prefixes[0], program->drained_prefixes[1],
			sizeof(struct tt_prefixes)) != 0)
		differs = "prefixes";
	if (memcmp(drained[0]->prefix_packets, drained[1]->prefix_packets,
		    sizeof(drained[0]->prefix_packets)) != 0)
		differs = "packets of pages";
	if (memcmp(drained[0]->prefix6, drained[1]->prefix6, sizeof(drained[0]->prefix6)) != 0)
		differs = "IPv6 prefixes";
	if (differs)
		printf("# %s differ\n", differs);
	return !differs;
}

#endif
