/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `teiten top` shows, read from a history, or from a sensor's pinned maps where there is no
 * history to read.
 */
#ifndef TEITEN_CMD_TOP_READ_H
#define TEITEN_CMD_TOP_READ_H

#include "user/cmd/event_reader.h"
#include "user/config/config.h"
#include "user/history/history_store.h"
#include "user/output/top_view.h"

struct usual;

struct top_reader {
	const struct config *config;
	const char *wanted_interface; /* NULL: whose minutes the history has */
	size_t port_limit;
	struct history *history; /* NULL: from the pinned maps */
	struct history_store store;
	struct event_reader events;
	struct usual *usual;
	char name[64];
	char trouble[1024];

	/* The interface's counter of received packets, and when it was read. */
	char counted_interface[16];
	uint64_t received;
	int64_t received_ns;
	double arriving;
};

/*
 * Open what there is to read: 0; or -1 when neither a history nor pins can be read, with a sentence
 * about both in reader->trouble.
 */
int top_reader_open(struct top_reader *reader, const struct config *config,
	const char *wanted_interface, size_t port_limit);
void top_reader_close(struct top_reader *reader);

/* Read all of it. What cannot be read is said in view->trouble and stays as it was. */
void top_read(struct top_reader *reader, enum top_window window, struct top_view *view);

/* Read what changes from second to second; returns whether there is a new minute. */
bool top_read_pulse(struct top_reader *reader, struct top_view *view);

#endif
