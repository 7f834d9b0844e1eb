/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sketches of an epoch: those of the tables' half that rests and of rows, and the packets that
 * wait. What a minute got stays in drain->unsaved and drain->row until it is stored, so that a
 * minute that could not be leaves its sources to the next; then the half is zeroed. See
 * bpf/sources.h.
 */
#include "user/kernel/drain_rows.h"

#include <stddef.h>
#include <string.h>

/* -- Packets that wait --------------------------------------------------------------------- */

/* Those that a stored minute has raise nothing. */
static void forget_merged(struct drain *drain)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < drain->waiting_count; i++) {
		struct drain_waiting *waiting = &drain->waiting[i];
		const struct tt_cpu_sources *of_cpu =
			drain->program->tables[waiting->table].sources;

		/* Those of a table stand together, in the order of its batch. */
		seen = i > 0 && waiting[-1].table == waiting->table ? seen + 1 : 0;
		if (of_cpu->merged_flush == drain->since[waiting->table] &&
			seen < of_cpu->merged_count)
			waiting->packet.sketch_value = 0;
	}
}

/* Count before batch: who finds the batch's number finds its count. */
static void note_merged(struct drain *drain, size_t table)
{
	struct tt_cpu_sources *of_cpu = drain->program->tables[table].sources;
	uint32_t count = 0;

	for (size_t i = 0; i < drain->waiting_count; i++)
		count += drain->waiting[i].table == table;
	WRITE_ONCE(of_cpu->merged_count, count);
	DRAIN_ORDERED();
	WRITE_ONCE(of_cpu->merged_flush, drain->since[table]);
}

static void raise_packet(struct drain *drain, const struct tt_pending *packet, unsigned int lane)
{
	const bool has_countries = drain->program->parameters.countries;
	struct source_sketches *sources = &drain->unsaved.sources;
	uint32_t index = packet->sketch_register % TT_SOURCES_REGISTERS;
	uint32_t of_country = index >> (TT_SOURCES_BITS - TT_COUNTRY_BITS);
	uint8_t value = packet->sketch_value & 15;

	sketch_raise(drain->row[packet->row & TT_PENDING_ROW].sketch,
		index >> (TT_SOURCES_BITS - TT_SKETCH_BITS), value);
	if (lane)
		sketch_raise(drain->unsaved.lane[lane], index >> (TT_SOURCES_BITS - TT_LANE_BITS),
			value);
	sketch_raise(sources->total, index, value);
	if (has_countries)
		sketch_raise(sources->country[packet->cell], of_country, value);
	if (!(packet->row & TT_PENDING_SPORT53))
		return;
	sketch_raise(sources->sport53, index, value);
	if (has_countries)
		sketch_raise(sources->sport53_country[packet->cell], of_country, value);
}

/* -- Tables -------------------------------------------------------------------------------- */

/* What came from port 53 is of all packets too. */
static void join_half(struct drain *drain, const struct tt_sources *half)
{
	const struct tt_sketches *other = &half->kind[TT_SOURCES_OTHER];
	const struct tt_sketches *sport53 = &half->kind[TT_SOURCES_SPORT53];
	struct source_sketches *sources = &drain->unsaved.sources;

	sketch_join_bytes(sources->total, other->total, TT_SOURCES_REGISTERS);
	sketch_join_bytes(sources->country[0], other->country[0], TT_CELLS * TT_COUNTRY_REGISTERS);
	sketch_join_bytes(sources->sport53, sport53->total, TT_SOURCES_REGISTERS);
	sketch_join_bytes(
		sources->sport53_country[0], sport53->country[0], TT_CELLS * TT_COUNTRY_REGISTERS);
	sketch_join(sources->total, sources->sport53, sizeof(sources->total));
	sketch_join(sources->country[0], sources->sport53_country[0], sizeof(sources->country));
}

/* The lane of a row; 0 when it has none. */
static unsigned int lane_of(const struct drain *drain, uint32_t row)
{
	return drain->program->lanes->of_row[row] % TT_LANES;
}

static void join_sketch(struct drain *drain, uint32_t index, const struct tt_sketch *sketch)
{
	sketch_join(drain->row[index].sketch, sketch->registers, TT_SKETCH_BYTES);
}

/*
 * What a CPU found of the row's sources in the epoch that ended: in the row, or above it when the
 * row has counted since (bpf/batch.h). At the first drain of a process also what the one before it
 * may have left of the epoch before, as far as it is there still.
 */
static void join_row_of(struct drain *drain, const struct tt_counts *counts, uint32_t index)
{
	const struct tt_touched *ended = &counts->totals.touched[drain->epoch & 1];
	const struct tt_touched *other = &counts->totals.touched[~drain->epoch & 1];
	const struct tt_sketch sketch = counts->row[index].sketch;
	bool has_begun, has_moved;

	DRAIN_ORDERED();
	has_begun = READ_ONCE(counts->totals.epoch) == drain->epoch + 1;
	DRAIN_ORDERED();
	has_moved = has_begun && drain_is_marked(other->rows, index);
	if (drain_is_marked(ended->rows, index)) {
		join_sketch(drain, index, has_moved ? &counts->above[index].sketch : &sketch);
		if (drain->is_first && !has_begun && drain_is_marked(other->rows, index))
			join_sketch(drain, index, &counts->above[index].sketch);
	} else if (drain->is_first && !has_begun && drain_is_marked(other->rows, index)) {
		join_sketch(drain, index, &sketch);
	}
}

static void join_row(struct drain *drain, uint32_t index)
{
	for (size_t i = 0; i < drain->program->table_count; i++) {
		const struct tt_counts *counts = drain->program->tables[i].counts;

		if (drain_is_noted(drain, &counts->totals))
			join_row_of(drain, counts, index);
	}
}

static void emit_lane(struct drain *drain, uint32_t row, struct minute *minute)
{
	const struct program *program = drain->program;
	unsigned int lane = lane_of(drain, row), parity = drain->epoch & 1;
	struct lane_sketch *out = &minute->lanes[minute->lane_count];

	if (lane == 0)
		return;
	for (size_t i = 0; i < program->table_count; i++) {
		const struct tt_cpu_sources *of_cpu = program->tables[i].sources;

		sketch_join_bytes(drain->unsaved.lane[lane], of_cpu->half[parity].lane[lane],
			TT_LANE_REGISTERS);
		if (drain->is_first)
			sketch_join_bytes(drain->unsaved.lane[lane],
				of_cpu->half[!parity].lane[lane], TT_LANE_REGISTERS);
	}
	out->row = row;
	memcpy(out->sketch, drain->unsaved.lane[lane], sizeof(out->sketch));
	minute->lane_count++;
}

/* 0 of a port with packets: not counted, or not from the beginning. */
static void leave_unknown(struct minute *minute)
{
	for (size_t i = 0; i < minute->port_count; i++)
		minute->ports[i].sources = 0;
	minute->has_sketches = false;
}

static void read_sources(struct drain *drain, struct minute *minute)
{
	const struct program *program = drain->program;
	const unsigned int parity = drain->epoch & 1;

	for (size_t i = 0; i < program->table_count; i++) {
		const struct tt_cpu_sources *of_cpu = program->tables[i].sources;

		join_half(drain, &of_cpu->half[parity]);
		/* The process before this one may have died with the other half unsaved. */
		if (drain->is_first)
			join_half(drain, &of_cpu->half[!parity]);
	}
	forget_merged(drain);
	for (size_t i = 0; i < drain->waiting_count; i++)
		if ((drain->waiting[i].packet.row & TT_PENDING_ROW) < TT_ROWS)
			raise_packet(drain, &drain->waiting[i].packet,
				lane_of(drain, drain->waiting[i].packet.row & TT_PENDING_ROW));
	for (size_t i = 0; i < minute->port_count; i++) {
		struct port_count *port = &minute->ports[i];

		join_row(drain, port->row);
		memcpy(minute->port_sketches[i], drain->row[port->row].sketch, TT_SKETCH_BYTES);
		port->sources = sketch_row_sources(minute->port_sketches[i], port->packets);
		drain_lanes_score(drain, port->row, port->sources);
		emit_lane(drain, port->row, minute);
	}
	memcpy(minute->sources, &drain->unsaved.sources, sizeof(*minute->sources));
	minute->has_sketches = true;
}

void drain_sources_read(struct drain *drain, struct minute *minute)
{
	const bool counts = drain->program->parameters.sources;

	if (counts)
		read_sources(drain, minute);
	if (!counts || drain->unsalted)
		leave_unknown(minute);
}

/* -- The next minute ----------------------------------------------------------------------- */

/* Words that are zero stay untouched: most lines of a quiet minute, pages that were never used. */
static void clear(void *place, size_t bytes)
{
	uint64_t *words = place;

	for (size_t i = 0; i < bytes / sizeof(*words); i++)
		if (words[i])
			words[i] = 0;
}

/* In the half that rests. */
static void clear_lane(struct drain *drain, unsigned int lane)
{
	for (size_t i = 0; i < drain->program->table_count; i++)
		clear(drain->program->tables[i].sources->half[drain->epoch & 1].lane[lane],
			TT_LANE_REGISTERS);
	clear(drain->unsaved.lane[lane], SKETCH_LANE_BYTES);
}

static void clear_row(struct drain *drain, uint32_t index)
{
	clear(drain->row[index].sketch, TT_SKETCH_BYTES);
	if (lane_of(drain, index))
		clear_lane(drain, lane_of(drain, index));
}

void drain_sources_advance(struct drain *drain)
{
	struct program *program = drain->program;

	for (size_t i = 0; i < program->table_count; i++) {
		clear(&program->tables[i].sources->half[drain->epoch & 1],
			offsetof(struct tt_sources, lane));
		note_merged(drain, i);
	}
	for (unsigned int lane = 1; lane < TT_LANES; lane++)
		if (drain->lane_rest[lane])
			clear_lane(drain, lane);
	clear(&drain->unsaved.sources, sizeof(drain->unsaved.sources));
	for (uint32_t row = row_next(&drain->visit, &drain->carried, 0); row < TT_ROWS;
		row = row_next(&drain->visit, &drain->carried, row + 1))
		clear_row(drain, row);
	drain_lanes_assign(drain);
	drain->is_first = false;
	if (drain->unsalted && --drain->unsalted == 0)
		program_keep_sources(program);
}

void drain_sources_new(struct drain *drain)
{
	drain->is_first = drain->is_live;
	drain_lanes_new(drain);
	/* Both halves hold sources under another salt, or lack some: no other minute joins them. */
	drain->unsalted = drain->program->are_sketches_mixed ? 2 : 0;
}
