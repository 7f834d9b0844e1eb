/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is usual: for each port, and for all frames, the median of the rates of up to
 * USUAL_DAYS days (UTC) before the day in which a window begins, of those that were watched for
 * six hours or more. A port that was silent on most of them has their mean. Where there is no such
 * day: the rate from the day's midnight up to the window, if that is an hour or more.
 */
#ifndef TEITEN_MODEL_USUAL_H
#define TEITEN_MODEL_USUAL_H

#include "user/model/store.h"

#define USUAL_DAYS 7

struct usual;

/* Room for all ports; NULL when memory runs out. */
struct usual *usual_new(void);
void usual_free(struct usual *usual);

/* Read what is usual for a window that begins at from; what was read for it already is kept. */
int usual_read(struct usual *usual, struct store *store, int64_t from);

/* Packets in so many seconds; NaN when it is not known. */
double usual_of_row(const struct usual *usual, uint32_t row, double seconds);
double usual_of_all(const struct usual *usual, double seconds);

#endif
