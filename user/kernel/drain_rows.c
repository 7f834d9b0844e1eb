/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/drain_rows.h"

#include "user/kernel/drain_cells.h"
#include "user/model/port.h"

#include <string.h>

/* What one row holds; of one CPU, or of all. */
struct row_counts {
	__u64 packets[TT_SLOTS];
	__u64 bytes[TT_SLOTS];
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

/* Copy counters; true when no packet was counted in the row meanwhile, and no carry was due. */
static bool copy_counters(const struct tt_counts *counts, uint32_t index, struct row_counts *copy)
{
	const struct tt_row *row = &counts->row[index], *above = &counts->above[index];
	uint32_t carries = READ_ONCE(counts->totals.row_carries);

	DRAIN_ORDERED();
	for (unsigned int i = 0; i < TT_SLOTS; i++) {
		uint64_t low = READ_ONCE(row->halves[i]), high = READ_ONCE(above->halves[i]);

		copy->packets[i] = high << 32 | (uint32_t)low;
		copy->bytes[i] = (high >> TT_BYTES_SHIFT) << 32 | low >> TT_BYTES_SHIFT;
	}
	DRAIN_ORDERED();
	return packets_low(row) == (uint32_t)packets_of(copy->packets) && carries % 2 == 0 &&
	       READ_ONCE(counts->totals.row_carries) == carries;
}

/* Such that the cells sum to the packets: a cell is written first, packets last. */
static bool read_with_cells(const struct cpu_table *cpu, uint32_t index, struct row_counts *copy)
{
	const struct tt_row *row = &cpu->counts->row[index];
	const uint32_t modulus = copy->cells.is_whole ? UINT32_MAX : 0xff;

	for (unsigned int i = 0; i < DRAIN_READINGS; i++) {
		uint32_t cells, packets;

		if (!copy_counters(cpu->counts, index, copy))
			continue;
		packets = (uint32_t)packets_of(copy->packets);
		cells = cells_read(cpu->cells, index, &copy->cells);
		DRAIN_ORDERED();
		if (packets_low(row) == packets && cells == (packets & modulus))
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
		copy_counters(cpu->counts, index, copy);
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
	struct drain *drain, uint32_t index, enum row_reading reading, struct row_counts *sum)
{
	const struct program *program = drain->program;
	struct row_counts copy;

	copy.cells.is_whole = sum->cells.is_whole = reading != ROW_LOW;
	if (program->table_count == 0)
		memset(sum, 0, sizeof(*sum));
	for (size_t t = 0; t < program->table_count; t++) {
		const struct cpu_table *cpu = &program->tables[t];
		struct row_counts *to = t ? &copy : sum;

		if (reading == ROW_CAREFULLY || !cpu->cells ? !read_carefully(drain, t, index, to)
							    : !read_with_cells(cpu, index, to))
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
	const struct tt_marks *was = &drain->was->marks[port->row];
	struct tt_marks *next = &drain->next->marks[port->row];

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
		cells_store(drain, index, &is->cells);
}

struct port_count row_gains(struct drain *drain, uint32_t index, struct minute *minute)
{
	const struct tt_drained_row *was = &drain->was->row[index], *is = &drain->next->row[index];
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

/* Make next's row that of was, but for the planes above the lowest. */
static void row_catch_up(struct drain *drain, uint32_t index)
{
	drain->next->row[index] = drain->was->row[index];
	if (index < TT_FINGERPRINT_ROWS)
		drain->next->marks[index] = drain->was->marks[index];
	if (drain->was_cells)
		cells_catch_up_low(drain, index);
}

static uint64_t packets_gained(
	const struct drain *drain, uint32_t index, const struct row_counts *counts)
{
	return packets_of(counts->packets) - packets_of(drain->was->row[index].packets);
}

/* As little of the cells as proves itself. */
static bool read_enough(
	struct drain *drain, uint32_t index, enum row_reading reading, struct row_counts *counts)
{
	if (!read_row(drain, index, reading, counts))
		return false;
	return !drain->was_cells || reading != ROW_LOW ||
	       cells_prove(drain, index, &counts->cells, packets_gained(drain, index, counts)) ||
	       read_row(drain, index, ROW_WHOLE, counts);
}

bool row_take(struct drain *drain, uint32_t index, enum row_reading reading)
{
	struct tt_marks marks = read_marks(drain->program, index);
	struct row_counts counts;

	if (reading == ROW_LOW && drain_is_marked(drain->ahead, index))
		reading = ROW_WHOLE;
	if (read_enough(drain, index, reading, &counts)) {
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
	if (!drain->was_cells)
		return;
	cells_expect(drain->was_cells, index);
	cells_expect(drain->next_cells, index);
}

static void expect_row(const struct drain *drain, uint32_t index)
{
	for (size_t t = 0; t < drain->program->table_count; t++) {
		const struct cpu_table *cpu = &drain->program->tables[t];

		__builtin_prefetch(&cpu->counts->row[index]);
		__builtin_prefetch(&cpu->counts->above[index]);
		if (cpu->cells)
			cells_expect(cpu->cells, index);
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
		if (row_take(drain, index, ROW_LOW))
			emit_row(drain, index, minute);
		index = following;
	}
}

static void catch_up_low(struct drain *drain)
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

void drain_rows_catch_up(struct drain *drain)
{
	static const struct drain_marks none;
	const struct drain_marks *above = &drain->behind_above;

	catch_up_low(drain);
	for (uint32_t row = next_row(above, &none, 0); row < TT_ROWS;
		row = next_row(above, &none, row + 1))
		cells_catch_up_above(drain, row);
}
