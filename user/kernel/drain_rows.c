/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/drain_state.h"
#include "user/model/port.h"

#include <string.h>

/* What one row holds; of one CPU, or of all. */
struct row_counts {
	__u64 packets[TT_SLOTS];
	__u64 bytes[TT_SLOTS];
	__u32 cell[TT_CELLS];
};

static uint64_t packets_of(const __u64 packets[TT_SLOTS])
{
	return READ_ONCE(packets[0]) + READ_ONCE(packets[1]) + READ_ONCE(packets[2]) +
	       READ_ONCE(packets[3]);
}

/* -- Reading ------------------------------------------------------------------------------- */

/* Copy counters; true when no packet was counted in the row meanwhile. */
static bool copy_counters(const struct tt_row *row, struct row_counts *copy)
{
	memcpy(copy->packets, row->packets, sizeof(copy->packets));
	DRAIN_ORDERED();
	memcpy(copy->bytes, row->bytes, sizeof(copy->bytes));
	DRAIN_ORDERED();
	return packets_of(row->packets) == packets_of(copy->packets);
}

/* Such that the cells sum to the packets: a cell is written first, packets last. */
static bool read_with_cells(
	const struct tt_row *row, const uint32_t cell[TT_CELLS], struct row_counts *copy)
{
	for (unsigned int i = 0; i < DRAIN_READINGS; i++) {
		uint32_t cells = 0;

		if (!copy_counters(row, copy))
			continue;
		memcpy(copy->cell, cell, sizeof(copy->cell));
		DRAIN_ORDERED();
		for (unsigned int c = 0; c < TT_CELLS; c++)
			cells += copy->cell[c];
		if (packets_of(row->packets) == packets_of(copy->packets) &&
			cells == (uint32_t)packets_of(copy->packets))
			return true;
	}
	return false;
}

/* Between two batches: then it is certain which packets are in it. */
static bool read_carefully(
	struct drain *drain, size_t table, uint32_t index, struct row_counts *copy)
{
	const struct cpu_table *cpu = &drain->program->tables[table];
	const struct tt_totals *totals = &cpu->counts->totals;
	unsigned int readings = 0;

	do {
		uint32_t flushes;

		if (!drain_read_begin(totals, &flushes))
			continue;
		copy_counters(&cpu->counts->row[index], copy);
		if (cpu->cells)
			memcpy(copy->cell, cpu->cells->cell[index], sizeof(copy->cell));
		if (drain_read_end(drain, table, totals, flushes))
			return true;
	} while (drain_retry(&readings));
	return false;
}

static void add_counts(struct row_counts *sum, const struct row_counts *copy, bool cells)
{
	for (unsigned int i = 0; i < TT_SLOTS; i++) {
		sum->packets[i] += copy->packets[i];
		sum->bytes[i] += copy->bytes[i];
	}
	for (unsigned int c = 0; cells && c < TT_CELLS; c++)
		sum->cell[c] += copy->cell[c];
}

/*
 * The row over all CPUs; false: it would not hold still. Cells prove that a row is whole, and are
 * read in any moment; where there are none, or more must be known, it takes a moment of rest.
 */
static bool read_row(struct drain *drain, uint32_t index, bool carefully, struct row_counts *sum)
{
	const struct program *program = drain->program;
	struct row_counts copy;

	if (program->table_count == 0)
		memset(sum, 0, sizeof(*sum));
	for (size_t t = 0; t < program->table_count; t++) {
		const struct cpu_table *cpu = &program->tables[t];
		struct row_counts *to = t ? &copy : sum;

		if (carefully || !cpu->cells ? !read_carefully(drain, t, index, to)
					     : !read_with_cells(&cpu->counts->row[index],
						       cpu->cells->cell[index], to))
			return false;
		if (t)
			add_counts(sum, &copy, cpu->cells != NULL);
	}
	return true;
}

/* -- Emitting ------------------------------------------------------------------------------ */

/*
 * A packet that waited was counted under the country it had then. When the country data change
 * before its batch is counted, the program counts it under another: one cell of was is ahead of the
 * table, and seems to lose. It stays ahead, and as many gains of other cells are held back, until
 * the table has caught up.
 */
static void settle_cells(const __u32 was[TT_CELLS], __u32 next[TT_CELLS], uint64_t packets)
{
	uint32_t ahead = 0;

	for (unsigned int c = 0; c < TT_CELLS; c++) {
		uint32_t gained = next[c] - was[c];

		/* Modulo 2^32 a loss is more than the row gained, and more than was held back. */
		if (gained <= packets || gained <= UINT32_MAX / 2)
			continue;
		ahead += was[c] - next[c];
		next[c] = was[c];
	}
	for (unsigned int c = 0; c < TT_CELLS && ahead; c++) {
		uint32_t gained = next[c] - was[c], held = gained < ahead ? gained : ahead;

		next[c] -= held;
		ahead -= held;
	}
}

/* Cells that gained, four at a time: most did not. False: one seems to have lost. */
static bool list_cells(const struct port_count *port, const __u32 was[TT_CELLS],
	const __u32 is[TT_CELLS], struct minute *minute)
{
	struct cell_count *out = &minute->cells[minute->cell_count];

	_Static_assert(TT_CELLS % 4 == 0, "cells are compared by fours");
	for (unsigned int c = 0; c < TT_CELLS; c++) {
		uint32_t gained = is[c] - was[c];

		if (c % 4 == 0 && memcmp(&is[c], &was[c], 16) == 0) {
			c += 3;
			continue;
		}
		if (gained > port->packets)
			return false;
		if (gained)
			*out++ = (struct cell_count){port->row, gained, (country_id)c};
	}
	minute->cell_count = (size_t)(out - minute->cells);
	return true;
}

static void emit_cells(
	const struct drain *drain, const struct port_count *port, struct minute *minute)
{
	const __u32 *was = drain->was_cells->cell[port->row];
	__u32 *next = drain->next_cells->cell[port->row];

	if (list_cells(port, was, next, minute))
		return;
	settle_cells(was, next, port->packets);
	list_cells(port, was, next, minute);
}

/* Count a slot's gain in the ledger and in the row. */
static void gain(struct minute *minute, struct port_count *port, unsigned int slot,
	uint64_t packets, uint64_t bytes)
{
	enum tt_class class = port_slot_class(port->row, slot);

	if (packets == 0 || class == TT_CLASSES)
		return;
	minute->ledger[class].packets += packets;
	minute->ledger[class].bytes += bytes;
	port->packets += packets;
	port->bytes += bytes;
	if (class == TT_TCP_SYN)
		port->syn += packets;
}

/*
 * Marks were read before the row, so they are of packets that the row has: but for the one packet
 * that was under way, whose mark is held back.
 */
static void gain_marks(struct drain *drain, struct port_count *port)
{
	const struct tt_marks *was = &drain->was->marks[port->row];
	struct tt_marks *next = &drain->next->marks[port->row];

	for (unsigned int f = 0; f < TT_FINGERPRINTS; f++) {
		uint32_t gained = next->packets[f] - was->packets[f];

		if (gained > port->syn)
			gained = (uint32_t)port->syn;
		port->marks[f] = gained;
		next->packets[f] = was->packets[f] + gained;
	}
}

static struct tt_marks read_marks(const struct program *program, uint32_t index)
{
	struct tt_marks sum = {0};

	for (size_t i = 0; index < TT_FINGERPRINT_ROWS && i < program->table_count; i++)
		for (unsigned int f = 0; f < TT_FINGERPRINTS; f++)
			sum.packets[f] +=
				READ_ONCE(program->tables[i].counts->marks[index].packets[f]);
	DRAIN_ORDERED();
	return sum;
}

/* Cells that may have passed 2^32 since the last drain cannot be told apart. */
static bool has_cells(const struct drain *drain, const struct port_count *port)
{
	return drain->was_cells && port->packets <= UINT32_MAX;
}

static void store_row(struct drain *drain, uint32_t index, const struct row_counts *is,
	const struct tt_marks *marks)
{
	struct tt_drained_row *next = &drain->next->row[index];

	memcpy(next->packets, is->packets, sizeof(next->packets));
	memcpy(next->bytes, is->bytes, sizeof(next->bytes));
	if (index < TT_FINGERPRINT_ROWS)
		drain->next->marks[index] = *marks;
	if (drain->was_cells)
		memcpy(drain->next_cells->cell[index], is->cell, sizeof(is->cell));
}

/* What next has more than was, in the ledger too. */
static struct port_count port_gain(struct drain *drain, uint32_t index, struct minute *minute)
{
	const struct tt_drained_row *was = &drain->was->row[index], *is = &drain->next->row[index];
	struct port_count port = {.row = index};

	for (unsigned int slot = 0; slot < TT_SLOTS; slot++)
		gain(minute, &port, slot, is->packets[slot] - was->packets[slot],
			is->bytes[slot] - was->bytes[slot]);
	if (index < TT_FINGERPRINT_ROWS)
		gain_marks(drain, &port);
	return port;
}

static void emit_row(struct drain *drain, uint32_t index, struct minute *minute)
{
	struct port_count port = port_gain(drain, index, minute);

	if (port.packets == 0)
		return;
	minute->ports[minute->port_count++] = port;
	if (has_cells(drain, &port))
		emit_cells(drain, &port, minute);
	else
		minute->unattributed += port.packets;
}

/* Make next's row that of was. */
static void row_catch_up(struct drain *drain, uint32_t index)
{
	drain->next->row[index] = drain->was->row[index];
	if (index < TT_FINGERPRINT_ROWS)
		drain->next->marks[index] = drain->was->marks[index];
	if (drain->was_cells)
		memcpy(drain->next_cells->cell[index], drain->was_cells->cell[index],
			sizeof(drain->next_cells->cell[index]));
}

/* Read a row into next; one that would not hold still is left for the next drain. */
static bool take_row(struct drain *drain, uint32_t index, bool carefully)
{
	struct tt_marks marks = read_marks(drain->program, index);
	struct row_counts counts;

	if (read_row(drain, index, carefully, &counts)) {
		store_row(drain, index, &counts, &marks);
		return true;
	}
	row_catch_up(drain, index);
	drain_mark(drain->carried.rows, index);
	return false;
}

/* Row by row a drain waits for memory: what it needs of the next one can be on its way meanwhile.
 */
static void expect_copies(const struct drain *drain, uint32_t index)
{
	__builtin_prefetch(&drain->was->row[index]);
	__builtin_prefetch(&drain->next->row[index], 1);
	for (unsigned int c = 0; drain->was_cells && c < TT_CELLS; c += 16) {
		__builtin_prefetch(&drain->was_cells->cell[index][c]);
		__builtin_prefetch(&drain->next_cells->cell[index][c], 1);
	}
}

static void expect_row(const struct drain *drain, uint32_t index)
{
	for (size_t t = 0; t < drain->program->table_count; t++) {
		const struct cpu_table *cpu = &drain->program->tables[t];

		__builtin_prefetch(&cpu->counts->row[index]);
		__builtin_prefetch(cpu->counts->row[index].sketch);
		for (unsigned int c = 0; cpu->cells && c < TT_CELLS; c += 16)
			__builtin_prefetch(&cpu->cells->cell[index][c]);
	}
	expect_copies(drain, index);
}

/* The first row from index on that is marked, and not among the others; TT_ROWS: there is none. */
static uint32_t next_row(
	const struct drain_marks *marks, const struct drain_marks *but, uint32_t index)
{
	while (index < TT_ROWS) {
		uint32_t word = index / 64;
		uint64_t rest = (marks->rows[word] & ~but->rows[word]) >> index % 64;

		if (rest)
			return index + (uint32_t)__builtin_ctzll(rest);
		index = (word + 1) * 64;
	}
	return TT_ROWS;
}

void drain_rows(struct drain *drain, struct minute *minute)
{
	uint32_t index = next_row(&drain->visit, &drain->waited, 0);

	while (index < TT_ROWS) {
		uint32_t following = next_row(&drain->visit, &drain->waited, index + 1);

		if (following < TT_ROWS)
			expect_row(drain, following);
		if (take_row(drain, index, false))
			emit_row(drain, index, minute);
		index = following;
	}
}

void drain_rows_catch_up(struct drain *drain)
{
	uint32_t index = next_row(&drain->behind, &drain->visit, 0);

	while (index < TT_ROWS) {
		uint32_t following = next_row(&drain->behind, &drain->visit, index + 1);

		if (following < TT_ROWS)
			expect_copies(drain, following);
		row_catch_up(drain, index);
		index = following;
	}
}

/* -- Packets that wait --------------------------------------------------------------------- */

/*
 * The minute's entry of a row, made where it belongs if there is none. A few dozen packets wait at
 * most, and few of them in rows, or cells, that counted nothing else: moving the rest up is rare.
 */
static struct port_count *port_entry(struct minute *minute, uint32_t row)
{
	size_t low = 0, high = minute->port_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (minute->ports[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < minute->port_count && minute->ports[low].row == row)
		return &minute->ports[low];
	memmove(&minute->ports[low + 1], &minute->ports[low],
		(minute->port_count - low) * sizeof(*minute->ports));
	minute->port_count++;
	minute->ports[low] = (struct port_count){.row = row};
	return &minute->ports[low];
}

static struct cell_count *cell_entry(struct minute *minute, uint32_t row, country_id country)
{
	const uint64_t key = (uint64_t)row << 8 | country;
	size_t low = 0, high = minute->cell_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct cell_count *cell = &minute->cells[middle];

		if (((uint64_t)cell->row << 8 | cell->country) < key)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < minute->cell_count && minute->cells[low].row == row &&
		minute->cells[low].country == country)
		return &minute->cells[low];
	memmove(&minute->cells[low + 1], &minute->cells[low],
		(minute->cell_count - low) * sizeof(*minute->cells));
	minute->cell_count++;
	minute->cells[low] = (struct cell_count){.row = row, .country = country};
	return &minute->cells[low];
}

/* Count a waiting packet in next, as the program will: it is subtracted when that has happened. */
static void wait_in_copy(struct drain *drain, const struct tt_pending *packet)
{
	uint32_t index = packet->row & TT_PENDING_ROW;
	uint32_t slot = packet->row >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1);
	struct tt_drained_row *next = &drain->next->row[index];

	next->packets[slot]++;
	next->bytes[slot] += packet->length;
	for (unsigned int f = 0; index < TT_FINGERPRINT_ROWS && f < TT_FINGERPRINTS; f++)
		drain->next->marks[index].packets[f] +=
			packet->row >> TT_PENDING_MARK_SHIFT >> f & 1;
	if (drain->was_cells)
		drain->next_cells->cell[index][packet->cell]++;
}

static void insert_row(struct drain *drain, uint32_t index, struct minute *minute)
{
	const struct port_count port = port_gain(drain, index, minute);

	if (port.packets == 0)
		return;
	*port_entry(minute, index) = port;
	if (!has_cells(drain, &port))
		minute->unattributed += port.packets;
	if (has_cells(drain, &port))
		settle_cells(drain->was_cells->cell[index], drain->next_cells->cell[index],
			port.packets);
	for (unsigned int c = 0; has_cells(drain, &port) && c < TT_CELLS; c++) {
		uint32_t gained =
			drain->next_cells->cell[index][c] - drain->was_cells->cell[index][c];

		if (gained)
			cell_entry(minute, index, (country_id)c)->packets = gained;
	}
}

/* A row in which packets waited last time. */
static void take_waited(struct drain *drain, uint32_t index, struct minute *minute)
{
	if (!take_row(drain, index, true)) {
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
	struct port_count *port = port_entry(minute, index);

	wait_in_copy(drain, packet);
	gain(minute, port, packet->row >> TT_PENDING_SLOT_SHIFT & (TT_SLOTS - 1), 1,
		packet->length);
	for (unsigned int f = 0; f < TT_FINGERPRINTS; f++)
		port->marks[f] += packet->row >> TT_PENDING_MARK_SHIFT >> f & 1;
	if (has_cells(drain, port))
		cell_entry(minute, index, packet->cell)->packets++;
	else
		minute->unattributed++;
}

void drain_rows_waiting(struct drain *drain, struct minute *minute)
{
	for (uint32_t index = 0; index < TT_ROWS; index++) {
		if (drain->waited.rows[index / 64] == 0)
			index |= 63;
		else if (drain_is_marked(drain->waited.rows, index))
			take_waited(drain, index, minute);
	}
	for (size_t i = 0; i < drain->waiting_count; i++) {
		const struct tt_pending *packet = &drain->waiting[i].packet;
		uint32_t index = packet->row & TT_PENDING_ROW;

		/* A row that is left has these packets in it next time, or gets them then. */
		if (index < TT_ROWS && !drain_is_marked(drain->waited.rows, index) &&
			!drain_is_marked(drain->carried.rows, index))
			take_waiting(drain, packet, minute);
	}
}
