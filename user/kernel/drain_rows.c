/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/drain_rows.h"

#include "user/kernel/drain_cells.h"
#include "user/model/port.h"

#include <string.h>

/* What one row holds; of one CPU, or of all. */
struct row_counts {
	__u64 packets[TT_SLOTS];
	__u64 bytes[TT_SLOTS];
	bool was_low; /* for the reading, see was_low() */
	struct row_cells cells;
};

static uint64_t packets_of(const __u64 packets[TT_SLOTS])
{
	return packets[0] + packets[1] + packets[2] + packets[3];
}

/* -- Reading ------------------------------------------------------------------------------- */

/* The low halves together: they tell whether a packet came. */
static uint32_t packets_low(const struct tt_row *row)
{
	return (uint32_t)(READ_ONCE(row->halves[0]) + READ_ONCE(row->halves[1]) +
			  READ_ONCE(row->halves[2]) + READ_ONCE(row->halves[3]));
}

/*
 * Whether nothing of the row lay above it on any CPU when was was read: what lies there is not at
 * hand, and most rows have nothing there. A row that was carried may have wrapped since.
 */
static bool was_low(const struct drain *drain, uint32_t index)
{
	const struct tt_drained_row *was = drain_was_row(drain, index);
	uint64_t all = 0;

	for (unsigned int i = 0; i < TT_SLOTS; i++)
		all |= was->packets[i] | was->bytes[i];
	return all >> 32 == 0 && !drain_is_marked(drain->held.rows, index);
}

/* Copy counters; true when no packet was counted in the row meanwhile, and no carry was due. */
static bool copy_counters(
	const struct drain *drain, size_t table, uint32_t index, struct row_counts *copy)
{
	const struct tt_counts *counts = drain->program->tables[table].counts;
	const struct tt_row *row = &counts->row[index], *above = &counts->above[index];
	uint32_t carries = READ_ONCE(counts->totals.row_carries);
	bool is_low = copy->was_low && carries == drain->was_carries[table];

	DRAIN_ORDERED();
	for (unsigned int i = 0; i < TT_SLOTS; i++) {
		uint64_t low = READ_ONCE(row->halves[i]);
		uint64_t high = is_low ? 0 : READ_ONCE(above->halves[i]);

		copy->packets[i] = high << 32 | (uint32_t)low;
		copy->bytes[i] = (high >> TT_BYTES_SHIFT) << 32 | low >> TT_BYTES_SHIFT;
	}
	DRAIN_ORDERED();
	return packets_low(row) == (uint32_t)packets_of(copy->packets) && carries % 2 == 0 &&
	       READ_ONCE(counts->totals.row_carries) == carries;
}

/* Such that the cells sum to the packets: a cell is written first, packets last. */
static bool read_with_cells(
	const struct drain *drain, size_t table, uint32_t index, struct row_counts *copy)
{
	const struct cpu_table *cpu = &drain->program->tables[table];
	const uint32_t modulus = copy->cells.is_whole ? UINT32_MAX : 0xff;

	for (unsigned int i = 0; i < DRAIN_READINGS; i++) {
		uint32_t cells, packets;

		if (!copy_counters(drain, table, index, copy))
			continue;
		packets = (uint32_t)packets_of(copy->packets);
		cells = cells_read(cpu->cells, index, &copy->cells);
		DRAIN_ORDERED();
		if (packets_low(&cpu->counts->row[index]) == packets &&
			cells == (packets & modulus))
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
		copy_counters(drain, table, index, copy);
		if (cpu->cells)
			cells_read(cpu->cells, index, &copy->cells);
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
	if (cells)
		cells_add(&sum->cells, &copy->cells);
}

/*
 * The row over all CPUs; false: it would not hold still. Cells prove that a row is whole, and are
 * read in any moment; where there are none, or more must be known, it takes a moment of rest.
 */
static bool read_row(
	struct drain *drain, uint32_t index, unsigned int reading, struct row_counts *sum)
{
	const struct program *program = drain->program;
	struct row_counts copy;

	copy.cells.is_whole = sum->cells.is_whole = reading & ROW_WHOLE;
	copy.was_low = sum->was_low = was_low(drain, index);
	if (program->table_count == 0)
		memset(sum, 0, sizeof(*sum));
	for (size_t t = 0; t < program->table_count; t++) {
		const struct cpu_table *cpu = &program->tables[t];
		struct row_counts *to = t ? &copy : sum;

		if (reading & ROW_CAREFULLY || !cpu->cells ? !read_carefully(drain, t, index, to)
							   : !read_with_cells(drain, t, index, to))
			return false;
		if (t)
			add_counts(sum, &copy, cpu->cells != NULL);
	}
	return true;
}

/* -- Emitting ------------------------------------------------------------------------------ */

void row_gain(struct minute *minute, struct port_count *port, unsigned int slot, uint64_t packets,
	uint64_t bytes)
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
	const struct tt_marks *was = &drain_was_row(drain, port->row)->marks;
	struct tt_marks *next = &drain_next_row(drain, port->row)->marks;

	for (unsigned int f = 0; f < TT_FINGERPRINTS; f++) {
		uint32_t gained = next->packets[f] - was->packets[f];

		/* That of a packet which waited, counted between marks and row, seems lost. */
		if (gained > UINT32_MAX / 2)
			gained = 0;
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

bool row_has_cells(const struct drain *drain, const struct port_count *port)
{
	return drain->has_cells && port->packets <= UINT32_MAX;
}

static void store_row(struct drain *drain, uint32_t index, const struct row_counts *is,
	const struct tt_marks *marks)
{
	struct tt_drained_row *next = drain_next_row(drain, index);

	memcpy(next->packets, is->packets, sizeof(next->packets));
	memcpy(next->bytes, is->bytes, sizeof(next->bytes));
	next->marks = *marks;
	if (drain->has_cells)
		cells_store(drain, index, &is->cells);
}

struct port_count row_gains(struct drain *drain, uint32_t index, struct minute *minute)
{
	const struct tt_drained_row *was = drain_was_row(drain, index);
	const struct tt_drained_row *is = drain_next_row(drain, index);
	struct port_count port = {.row = index};

	for (unsigned int slot = 0; slot < TT_SLOTS; slot++)
		row_gain(minute, &port, slot, is->packets[slot] - was->packets[slot],
			is->bytes[slot] - was->bytes[slot]);
	if (index < TT_FINGERPRINT_ROWS)
		gain_marks(drain, &port);
	return port;
}

static void emit_row(struct drain *drain, uint32_t index, struct minute *minute)
{
	struct port_count port = row_gains(drain, index, minute);

	if (port.packets == 0)
		return;
	minute->ports[minute->port_count++] = port;
	if (row_has_cells(drain, &port))
		minute->cell_count +=
			cells_list(drain, index, port.packets, &minute->cells[minute->cell_count]);
	else
		minute->unattributed += port.packets;
}

static void row_catch_up(struct drain *drain, uint32_t index)
{
	*drain_next_row(drain, index) = *drain_was_row(drain, index);
	if (drain->has_cells)
		cells_catch_up(drain, index);
}

static uint64_t packets_gained(
	const struct drain *drain, uint32_t index, const struct row_counts *counts)
{
	return packets_of(counts->packets) - packets_of(drain_was_row(drain, index)->packets);
}

/* As little of the cells as proves itself. */
static bool read_enough(
	struct drain *drain, uint32_t index, unsigned int reading, struct row_counts *counts)
{
	if (!read_row(drain, index, reading, counts))
		return false;
	return !drain->has_cells || reading & ROW_WHOLE ||
	       cells_prove(drain, index, &counts->cells, packets_gained(drain, index, counts)) ||
	       read_row(drain, index, reading | ROW_WHOLE, counts);
}

bool row_take(struct drain *drain, uint32_t index, unsigned int reading)
{
	struct tt_marks marks = read_marks(drain->program, index);
	struct row_counts counts;

	if (drain_is_marked(drain->ahead, index))
		reading |= ROW_WHOLE;
	if (read_enough(drain, index, reading, &counts)) {
		store_row(drain, index, &counts, &marks);
		return true;
	}
	drain_mark(drain->carried.rows, index);
	return false;
}

/* -- Row by row ---------------------------------------------------------------------------- */

uint32_t row_next(const struct drain_marks *marks, const struct drain_marks *but, uint32_t index)
{
	while (index < TT_ROWS) {
		uint32_t word = index / 64;
		uint64_t rest = (marks->rows[word] & ~(but ? but->rows[word] : 0)) >> index % 64;

		if (rest)
			return index + (uint32_t)__builtin_ctzll(rest);
		index = (word + 1) * 64;
	}
	return TT_ROWS;
}

void drain_rows(struct drain *drain, struct minute *minute)
{
	uint32_t index = row_next(&drain->visit, &drain->waited, 0);

	while (index < TT_ROWS) {
		uint32_t following = row_next(&drain->visit, &drain->waited, index + 1);

		if (following < TT_ROWS)
			row_expect(drain, following);
		if (row_take(drain, index, ROW_LOW))
			emit_row(drain, index, minute);
		index = following;
	}
}

void drain_rows_copy(struct drain *drain)
{
	for (uint32_t row = 0; row < TT_ROWS; row++) {
		*drain_next_row(drain, row) = *drain_was_row(drain, row);
		if (drain->has_cells)
			cells_copy(drain, row);
	}
}

void drain_rows_catch_up(struct drain *drain)
{
	for (uint32_t row = row_next(&drain->visit, NULL, 0); row < TT_ROWS;
		row = row_next(&drain->visit, NULL, row + 1))
		row_catch_up(drain, row);
}
