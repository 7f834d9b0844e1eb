/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/drain_state.h"
#include "user/model/port.h"

#include <string.h>

static uint64_t packets_of(const struct tt_row *row)
{
	return READ_ONCE(row->packets[0]) + READ_ONCE(row->packets[1]) +
	       READ_ONCE(row->packets[2]) + READ_ONCE(row->packets[3]);
}

/* Copy a row of one CPU such that its cells sum to its packets. */
static bool read_row(const struct tt_row *row, struct tt_row *copy)
{
	for (unsigned int i = 0; i < DRAIN_READINGS; i++) {
		uint32_t cells = 0;

		memcpy(copy->packets, row->packets, sizeof(copy->packets));
		DRAIN_ORDERED();
		memcpy(copy->bytes, row->bytes, sizeof(copy->bytes));
		DRAIN_ORDERED();
		memcpy(copy->cell, row->cell, sizeof(copy->cell));
		DRAIN_ORDERED();
		for (unsigned int c = 0; c < TT_CELLS; c++)
			cells += copy->cell[c];
		if (packets_of(row) == packets_of(copy) && cells == (uint32_t)packets_of(copy))
			return true;
	}
	return false;
}

static void add_row(struct tt_row *sum, const struct tt_row *row)
{
	for (unsigned int i = 0; i < TT_SLOTS; i++) {
		sum->packets[i] += row->packets[i];
		sum->bytes[i] += row->bytes[i];
	}
	for (unsigned int c = 0; c < TT_CELLS; c++)
		sum->cell[c] += row->cell[c];
}

/* The row over all CPUs. False, *total untouched: it would not hold still. */
static bool sum_row(const struct program *program, uint32_t index, struct tt_row *total)
{
	struct tt_row sum, copy;
	bool is_first = true;

	for (size_t i = 0; i < program->table_count; i++) {
		const struct tt_row *row = &program->tables[i].counts->row[index];

		if (READ_ONCE(row->epoch) == 0)
			continue;
		if (!read_row(row, is_first ? &sum : &copy))
			return false;
		if (!is_first)
			add_row(&sum, &copy);
		is_first = false;
	}
	if (is_first) /* untouched so far; the copy may hold packets that waited */
		memset(&sum, 0, sizeof(sum));
	memcpy(total->packets, sum.packets, sizeof(sum.packets) + sizeof(sum.bytes));
	memcpy(total->cell, sum.cell, sizeof(sum.cell));
	return true;
}

/* Cells that gained, four at a time: most did not. */
static void emit_cells(
	uint32_t index, const struct tt_row *was, const struct tt_row *is, struct minute *minute)
{
	struct cell_count *out = &minute->cells[minute->cell_count];

	_Static_assert(TT_CELLS % 4 == 0, "cells are compared by fours");
	for (unsigned int c = 0; c < TT_CELLS; c++) {
		if (c % 4 == 0 && memcmp(&is->cell[c], &was->cell[c], 16) == 0) {
			c += 3;
			continue;
		}
		if (is->cell[c] == was->cell[c])
			continue;
		*out++ = (struct cell_count){
			.row = index,
			.packets = is->cell[c] - was->cell[c],
			.country = (country_id)c,
		};
	}
	minute->cell_count = (size_t)(out - minute->cells);
}

/* Distinct sources of a row in the epoch that ends: its sketches, and the packets that wait. */
static uint32_t estimate_sources(
	const struct drain *drain, uint32_t index, uint32_t epoch, uint64_t packets)
{
	const struct program *program = drain->program;
	struct sketch sketch;

	sketch_clear(&sketch);
	for (size_t i = 0; i < program->table_count; i++) {
		const struct tt_row *row = &program->tables[i].counts->row[index];
		uint32_t touched = READ_ONCE(row->epoch);

		if (touched == epoch || touched == epoch + 1)
			sketch_merge(&sketch, row->sketch[epoch & 1]);
	}
	if (drain_is_marked(drain->waits.rows, index))
		for (size_t i = 0; i < drain->waiting_count; i++)
			if ((drain->waiting[i].row & TT_PENDING_ROW) == index)
				sketch_add(&sketch, drain->waiting[i].sketch_register,
					drain->waiting[i].sketch_value);
	return sketch_estimate(&sketch, packets);
}

static void emit_row(
	const struct drain *drain, uint32_t index, uint32_t epoch, struct minute *minute)
{
	const struct tt_row *was = &drain->was->row[index], *is = &drain->next->row[index];
	struct port_count port = {.row = index};

	for (unsigned int slot = 0; slot < TT_SLOTS; slot++) {
		uint64_t packets = is->packets[slot] - was->packets[slot];
		uint64_t bytes = is->bytes[slot] - was->bytes[slot];
		enum tt_class class = port_slot_class(index, slot);

		if (packets == 0 || class == TT_CLASSES)
			continue;
		minute->ledger[class].packets += packets;
		minute->ledger[class].bytes += bytes;
		port.packets += packets;
		port.bytes += bytes;
		if (class == TT_TCP_SYN)
			port.syn = packets;
	}
	if (port.packets == 0)
		return;
	port.sources = estimate_sources(drain, index, epoch, port.packets);
	minute->ports[minute->port_count++] = port;
	/* Cells that may have passed 2^32 since the last drain cannot be told apart. */
	if (!drain->program->parameters.countries || port.packets > UINT32_MAX)
		minute->unattributed += port.packets;
	else
		emit_cells(index, was, is, minute);
}

void drain_rows_read(struct drain *drain)
{
	for (uint32_t index = 0; index < TT_ROWS; index++) {
		if (drain->visit.rows[index / 64] == 0)
			index |= 63;
		else if (drain_is_marked(drain->visit.rows, index) &&
			 !sum_row(drain->program, index, &drain->next->row[index]))
			drain_mark(drain->carried.rows, index);
	}
}

void drain_rows_emit(struct drain *drain, uint32_t epoch, struct minute *minute)
{
	for (uint32_t index = 0; index < TT_ROWS; index++) {
		if (drain->visit.rows[index / 64] == 0)
			index |= 63;
		else if (drain_is_marked(drain->visit.rows, index))
			emit_row(drain, index, epoch, minute);
	}
}
