/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that wait in a batch belong to the minute in which they came. */
#include "user/kernel/drain_cells.h"
#include "user/kernel/drain_late.h"
#include "user/kernel/drain_rows.h"

/* Count a waiting packet in next, as the program will: it is subtracted when that has happened. */
static void wait_in_copy(struct drain *drain, const struct tt_pending *packet)
{
	uint32_t index = packet->row & TT_PENDING_ROW;
	uint32_t slot = packet->row >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1);
	struct tt_drained_row *next = drain_next_row(drain, index);

	next->packets[slot]++;
	next->bytes[slot] += packet->length;
	for (unsigned int f = 0; index < TT_FINGERPRINT_ROWS && f < TT_FINGERPRINTS; f++)
		next->marks.packets[f] += packet->row >> TT_PENDING_MARK_SHIFT >> f & 1;
	if (drain->has_cells)
		cells_store_waiting(drain, packet);
}

static void insert_row(struct drain *drain, uint32_t index, struct minute *minute)
{
	const struct port_count port = row_gains(drain, index, minute);
	struct cell_count cells[TT_CELLS];
	size_t count;

	if (port.packets == 0)
		return;
	*late_port(drain->late, minute, index) = port;
	if (!row_has_cells(drain, &port)) {
		minute->unattributed += port.packets;
		return;
	}
	count = cells_list(drain, index, port.packets, cells);
	for (size_t i = 0; i < count; i++)
		late_cell(drain->late, minute, &cells[i]);
}

/*
 * A row in which packets waited last time, which was holds already. Gains modulo 256 prove
 * themselves when no cell can have lost: none of those packets waits still, and all were counted
 * under the country that was found for them. Of a row that was left last time was is older than
 * was_geo_swaps.
 */
static void take_waited(struct drain *drain, uint32_t index, struct minute *minute)
{
	bool may_lose = drain_is_marked(drain->waits.rows, index) ||
			drain_is_marked(drain->held.rows, index) ||
			drain->was_geo_swaps != drain->program->geo_swaps;

	if (!row_take(drain, index, ROW_CAREFULLY | (may_lose ? ROW_WHOLE : ROW_LOW))) {
		drain_mark(drain->waits.rows, index); /* was holds them still */
		return;
	}
	if (drain_is_marked(drain->waits.rows, index))
		for (size_t i = 0; i < drain->waiting_count; i++)
			if ((drain->waiting[i].packet.row & TT_PENDING_ROW) == index &&
				drain_waited_out(drain, &drain->waiting[i]))
				wait_in_copy(drain, &drain->waiting[i].packet);
	insert_row(drain, index, minute);
}

/* A packet that waits in a row which has been taken, or did not count at all. */
static void take_waiting(
	struct drain *drain, const struct tt_pending *packet, struct minute *minute)
{
	uint32_t index = packet->row & TT_PENDING_ROW;
	struct port_count *port = late_port(drain->late, minute, index);
	const struct cell_count cell = {index, 1, packet->cell};

	wait_in_copy(drain, packet);
	row_gain(minute, port, packet->row >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1), 1,
		packet->length);
	for (unsigned int f = 0; f < TT_FINGERPRINTS; f++)
		port->marks[f] += packet->row >> TT_PENDING_MARK_SHIFT >> f & 1;
	if (row_has_cells(drain, port))
		late_cell(drain->late, minute, &cell);
	else
		minute->unattributed++;
}

static void take_all_waited(struct drain *drain, struct minute *minute)
{
	uint32_t index = row_next(&drain->waited, NULL, 0);

	while (index < TT_ROWS) {
		uint32_t following = row_next(&drain->waited, NULL, index + 1);

		if (following < TT_ROWS)
			row_expect(drain, following);
		take_waited(drain, index, minute);
		index = following;
	}
}

void drain_rows_waiting(struct drain *drain, struct minute *minute)
{
	take_all_waited(drain, minute);
	for (size_t i = 0; i < drain->waiting_count; i++)
		if ((drain->waiting[i].packet.row & TT_PENDING_ROW) < TT_ROWS)
			row_expect_copies(drain, drain->waiting[i].packet.row & TT_PENDING_ROW);
	for (size_t i = 0; i < drain->waiting_count; i++) {
		const struct tt_pending *packet = &drain->waiting[i].packet;
		uint32_t index = packet->row & TT_PENDING_ROW;

		/* A row that is left has these packets in it next time, or gets them then. */
		if (index < TT_ROWS && !drain_is_marked(drain->waited.rows, index) &&
			!drain_is_marked(drain->carried.rows, index))
			take_waiting(drain, packet, minute);
	}
	late_merge(drain->late, minute);
}
