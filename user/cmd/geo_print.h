/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `teiten geo info` says, on standard output.
 */
#ifndef TEITEN_CMD_GEO_PRINT_H
#define TEITEN_CMD_GEO_PRINT_H

#include "user/geo/table.h"

/* For a person; all: every country, not the largest alone. */
void geo_print_text(const struct geo_info *info, bool all);

/* One JSON object, every country. Returns 0, -ENOMEM or -EIO. */
int geo_print_json(const struct geo_info *info);

#endif
