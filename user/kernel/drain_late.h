/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports and cells of a minute that are known when the others are listed already: those of packets
 * that wait, a few dozen for each CPU. Putting each where it belongs would move a long list as
 * often; here they are collected, and put there at once.
 *
 * When there is no room to collect more, those collected so far are put there first.
 */
#ifndef TEITEN_KERNEL_DRAIN_LATE_H
#define TEITEN_KERNEL_DRAIN_LATE_H

#include "user/model/minute.h"

struct late;

/* For so many CPUs; NULL: no memory. */
struct late *late_new(size_t tables);
void late_free(struct late *late);

/* The entry of a row, in the minute or to come into it; a new one has nothing but its row. */
struct port_count *late_port(struct late *late, struct minute *minute, uint32_t row);
/* Add packets to a cell. */
void late_cell(struct late *late, struct minute *minute, const struct cell_count *more);

/* Put all that was collected into the minute. Pointers into it are void. */
void late_merge(struct late *late, struct minute *minute);

#endif
