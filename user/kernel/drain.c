/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/drain.h"

#include "user/kernel/drain_state.h"
#include "user/model/port.h"

#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

/* -- What to visit ------------------------------------------------------------------------- */

static void merge_marks(struct drain_marks *into, const struct drain_marks *from)
{
	for (unsigned int i = 0; i < DRAIN_ROW_WORDS; i++)
		into->rows[i] |= from->rows[i];
	for (unsigned int i = 0; i < DRAIN_PAGE_WORDS; i++)
		into->pages[i] |= from->pages[i];
}

/* What the CPUs touched in the epoch that ends. */
static void visit_touched(struct drain *drain)
{
	for (size_t i = 0; i < drain->program->table_count; i++) {
		const struct tt_totals *totals = &drain->program->tables[i].counts->totals;
		const struct tt_touched *touched = &totals->touched[drain->epoch & 1];

		if (!drain_is_noted(drain, totals))
			continue;
		for (unsigned int w = 0; w < DRAIN_ROW_WORDS; w++)
			drain->visit.rows[w] |= touched->rows[w];
	}
}

/* End the epoch and find what it touched; from here on the program notes for the next one. */
static int choose_visits(struct drain *drain)
{
	struct tt_control *control = drain->program->control;
	int status = 0;

	if (drain->advanced) {
		memset(&drain->visit, 0, sizeof(drain->visit));
		memset(&drain->held, 0, sizeof(drain->held));
	}
	merge_marks(&drain->visit, &drain->carried);
	merge_marks(&drain->held, &drain->carried);
	/* What waited then is in the copies: it is counted anew, wherever it is now. */
	merge_marks(&drain->visit, &drain->waits);
	memset(&drain->carried, 0, sizeof(drain->carried));
	/* What was holds of them it holds until a minute is kept. */
	if (drain->advanced)
		drain->waited = drain->waits;
	else
		merge_marks(&drain->waited, &drain->waits);
	memset(&drain->waits, 0, sizeof(drain->waits));
	drain->waiting_count = 0;
	drain->epoch = control->epoch;
	WRITE_ONCE(control->epoch, drain->epoch + 1);
	if (drain->is_live)
		status = program_wait(drain->program);
	if (drain->visit_all || status) {
		/* After a start nobody knows what was touched. */
		memset(&drain->visit, 0xff, sizeof(drain->visit));
		/* Nor which rows of was hold packets that waited, and may wait still. */
		memset(&drain->waited, 0xff, sizeof(drain->waited));
		drain->visit_all = false;
	}
	visit_touched(drain);
	return status;
}

/* -- Packets that wait --------------------------------------------------------------------- */

/* The cell that the program will find for an IPv4 source. */
static uint8_t cell_of(const struct program *program, const struct tt_pending *packet)
{
	const struct tt_geo *geo = program->geo[program->geo_active];
	uint8_t cell;

	if (!program->parameters.countries)
		return COUNTRY_ZZ;
	if (packet->row & TT_PENDING_V6)
		return packet->source < TT_CELLS ? (uint8_t)packet->source : TT_CELL_XO;
	cell = geo->block[geo->root[packet->source >> 16] % TT_GEO_BLOCKS]
			 [packet->source >> 8 & 0xff];
	return cell < TT_CELLS ? cell : TT_CELL_XO;
}

/* Readings in a row before a pause take longer than a batch; so many pauses are about a second. */
#define READINGS_PER_PAUSE 1000
#define PAUSE_NS 20000
#define PAUSES 10000

/* Leave the memory to the one that writes, for some ten nanoseconds. */
static void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#else
	DRAIN_ORDERED();
#endif
}

bool drain_retry(unsigned int *readings)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	if (++*readings % READINGS_PER_PAUSE == 0)
		nanosleep(&pause, NULL);
	else
		relax();
	return *readings < READINGS_PER_PAUSE * PAUSES;
}

/*
 * Copy what waits on a CPU at a moment when none of it has been counted: between two batches.
 * -EAGAIN: it would not go on.
 */
static int copy_waiting(struct drain *drain, size_t table)
{
	const struct tt_totals *totals = &drain->program->tables[table].counts->totals;
	struct drain_waiting *copy = &drain->waiting[drain->waiting_count];
	unsigned int readings = 0;

	do {
		uint32_t flushes, count;

		if (!drain_read_begin(totals, &flushes))
			continue;
		count = READ_ONCE(totals->pending_count);
		DRAIN_ORDERED();
		for (uint32_t k = 0; k < count && k < TT_BATCH; k++)
			copy[k] = (struct drain_waiting){totals->pending[k], table};
		if (!drain_read_end(drain, table, totals, flushes))
			continue;
		drain->since[table] = flushes;
		drain->waiting_count += count < TT_BATCH ? count : TT_BATCH;
		return 0;
	} while (drain_retry(&readings));
	return -EAGAIN;
}

/* Copy what waits, find its countries, and mark its rows and pages. */
static int find_waiting(struct drain *drain)
{
	int status = 0;

	drain->geo_swaps = drain->program->geo_swaps;
	for (size_t t = 0; !status && t < drain->program->table_count; t++)
		status = copy_waiting(drain, t);
	for (size_t i = 0; i < drain->waiting_count; i++) {
		struct tt_pending *packet = &drain->waiting[i].packet;

		packet->cell = cell_of(drain->program, packet);
		if ((packet->row & TT_PENDING_ROW) >= TT_ROWS)
			continue;
		drain_mark(drain->waits.rows, packet->row & TT_PENDING_ROW);
		if (packet->row & TT_PENDING_SPORT53 && !(packet->row & TT_PENDING_V6))
			drain_mark(drain->waits.pages, packet->source >> (8 + TT_PREFIX_PAGE_BITS));
	}
	merge_marks(&drain->visit, &drain->waits);
	return status;
}

/* -- Frames without rows ------------------------------------------------------------------- */

static void add_tally(struct tt_tally *sum, const struct tt_tally *tally)
{
	sum->packets += READ_ONCE(tally->packets);
	sum->bytes += READ_ONCE(tally->bytes);
}

static void advance_tally(struct tally *gained, const struct tt_tally *was,
	const struct tt_tally *is, struct tt_tally *next)
{
	gained->packets += is->packets - was->packets;
	gained->bytes += is->bytes - was->bytes;
	*next = *is;
}

/* Frames of CPUs that have no table: their class is known, no row is. */
static int drain_orphans(struct drain *drain, struct minute *minute)
{
	struct program *program = drain->program;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(
		    bpf_map__fd(program->skeleton->maps.orphans), &zero, program->orphans))
		return -errno;
	for (unsigned int class = 0; class < TT_CLASSES; class ++) {
		struct tally gained = {0};
		struct tt_tally sum = {0};

		for (unsigned int cpu = 0; cpu < program->possible_cpus; cpu++)
			add_tally(&sum, &program->orphans[cpu].by_class[class]);
		advance_tally(
			&gained, &drain->was->orphans[class], &sum, &drain->next->orphans[class]);
		minute->ledger[class].packets += gained.packets;
		minute->ledger[class].bytes += gained.bytes;
		drain->orphans[class] = gained.packets;
		if (class_has_rows((enum tt_class) class))
			minute->unattributed += gained.packets;
	}
	return 0;
}

static void drain_rowless(struct drain *drain, struct minute *minute)
{
	for (unsigned int class = 0; class < TT_CLASSES; class ++) {
		struct tt_tally sum = {0};

		for (size_t i = 0; i < drain->program->table_count; i++)
			add_tally(&sum, &drain->program->tables[i].counts->totals.rowless[class]);
		advance_tally(&minute->ledger[class], &drain->was->rowless[class], &sum,
			&drain->next->rowless[class]);
	}
}

/* -- Closing ------------------------------------------------------------------------------- */

/* What the program counted as frames, before it looked at them. */
static uint64_t frames_of(const struct program *program)
{
	uint64_t frames = 0;

	for (size_t i = 0; i < program->table_count; i++)
		frames += READ_ONCE(program->tables[i].counts->totals.frames.packets);
	return frames;
}

static uint64_t packets_in(const struct tt_tally by_class[TT_CLASSES])
{
	uint64_t packets = 0;

	for (unsigned int class = 0; class < TT_CLASSES; class ++)
		packets += by_class[class].packets;
	return packets;
}

static bool has_carried(const struct drain *drain)
{
	for (unsigned int i = 0; i < DRAIN_ROW_WORDS; i++)
		if (drain->carried.rows[i])
			return true;
	return false;
}

static void finish(struct drain *drain, const struct minute *minute, uint64_t frames_before)
{
	const struct tt_drained *was = drain->was;
	struct tt_drained *next = drain->next;
	struct tally frames = minute_frames(minute);
	uint64_t in_tables;

	next->accounted.packets = was->accounted.packets + frames.packets;
	next->accounted.bytes = was->accounted.bytes + frames.bytes;
	next->unattributed = was->unattributed + minute->unattributed;
	for (unsigned int class = 0; class < TT_CLASSES; class ++) {
		next->by_class[class].packets =
			was->by_class[class].packets + minute->ledger[class].packets;
		next->by_class[class].bytes =
			was->by_class[class].bytes + minute->ledger[class].bytes;
	}
	next->sequence = was->sequence + 1;
	in_tables = next->accounted.packets - packets_in(next->orphans);
	/* A CPU may have been within a packet, or within a batch, when it was read. */
	drain->closed =
		in_tables <= frames_of(drain->program) &&
		(has_carried(drain) ||
			in_tables + drain->program->table_count * (TT_BATCH + 1) >= frames_before);
}

/*
 * Before the epoch ends: what has wrapped by now did so in a row that this drain visits, and what
 * wraps later tells the next one to look above (drain_rows.c).
 */
static void note_carries(struct drain *drain)
{
	for (size_t i = 0; i < drain->program->table_count; i++)
		drain->carries[i] = READ_ONCE(drain->program->tables[i].counts->totals.row_carries);
	DRAIN_ORDERED();
}

int drain_minute(struct drain *drain, struct minute *minute)
{
	uint64_t frames_before = frames_of(drain->program);
	int status;

	if (!drain->advanced)
		drain_catch_up(drain);
	note_carries(drain);
	status = choose_visits(drain);
	/* What the minute before this one read, and did not keep, is not known any more. */
	drain->carried_prefix6 |= !drain->advanced;
	drain->advanced = false;
	if (!status)
		status = drain_orphans(drain, minute);
	if (!status) {
		drain_rows(drain, minute);
		status = find_waiting(drain);
	}
	if (!status) {
		drain_rows_waiting(drain, minute);
		status = drain_sport53_read(drain);
	}
	if (status) {
		merge_marks(&drain->waits, &drain->waited);
		drain->carried_prefix6 = true;
		return status;
	}
	drain_sources_read(drain, minute);
	drain_rowless(drain, minute);
	drain_sport53_emit(drain, minute);
	finish(drain, minute, frames_before);
	return 0;
}
