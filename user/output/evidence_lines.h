/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The evidence of an event, a labelled line for each part; what is not known has no line.
 */
#ifndef TEITEN_OUTPUT_EVIDENCE_LINES_H
#define TEITEN_OUTPUT_EVIDENCE_LINES_H

#include "user/model/event.h"
#include "user/output/page.h"

void evidence_lines(struct page *page, const struct event *event);

/* Begin a line: the label, then the column EVIDENCE_VALUES, where its value goes. */
#define EVIDENCE_VALUES 17
void evidence_label(struct page *page, const char *label);

#endif
