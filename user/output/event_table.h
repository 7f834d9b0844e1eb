/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events for a person to read, one line each:
 *
 *   time (UTC)        phase   severity  what                    over   seen  expected  ratio  from
 *   2014-02-11 00:07  open    warning   5000/tcp new_port         1h     24       0.3    80x  CN
 * 40%
 *
 * What is not known is "-".
 */
#ifndef TEITEN_OUTPUT_EVENT_TABLE_H
#define TEITEN_OUTPUT_EVENT_TABLE_H

#include "user/model/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define EVENT_TABLE_NAME_MAX 48

/* A key as people say it: "23/tcp", "23/tcp from CN", "source port 53/udp", "8/icmp". */
void event_table_name(series_key key, char name[EVENT_TABLE_NAME_MAX]);

/* The head line, unless count is 0, and count events. colours: severity by colour. */
void event_table_print(FILE *out, const struct event *events, size_t count, bool colours);

#endif
