/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counts of an incident's series, out of a store.
 */
#ifndef TEITEN_CMD_INCIDENT_SERIES_H
#define TEITEN_CMD_INCIDENT_SERIES_H

#include "user/model/store.h"
#include "user/output/incident_page.h"

/*
 * The series of an incident around its onset, at most columns bins up to now, as if every watched
 * bin had been watched whole. Coarser bins where minutes are no longer kept. 0 or the store's
 * error; what was not watched is NaN.
 */
int incident_series_read(struct store *store, const struct incident *incident, int64_t now,
	unsigned int columns, struct incident_series *series);

#endif
