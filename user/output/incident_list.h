/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Incidents for a person, one line each:
 *
 *   incident     since (UTC)       state     severity  what                     ratio  seen  usual
 *   i530e9ab8-0  2014-02-27 12:17  open      critical  5000/tcp new port          13x   445     34
 *
 * A narrow page leaves out columns from the right; one of fewer than 71 columns has time, severity
 * and what it is alone, and no head. State is "open", or how long it lasted.
 */
#ifndef TEITEN_OUTPUT_INCIDENT_LIST_H
#define TEITEN_OUTPUT_INCIDENT_LIST_H

#include "user/model/incidents.h"
#include "user/output/page.h"

void incident_list_head(struct page *page);
void incident_list_line(struct page *page, const struct incident *incident);

#endif
