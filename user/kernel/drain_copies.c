/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a drain is made, goes on from minute to minute, and ends; and its two copies. */
#include "user/kernel/drain_late.h"
#include "user/kernel/drain_state.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* In the time of a copy: drained, and not known to be in the history. */
#define NOT_ADVANCED (1ULL << 63)

/* When the copy's last minute ended, 0 for one that is in no history as far as the copies tell. */
static uint64_t advanced_ns(const struct tt_drained *copy)
{
	return copy->monotonic_ns & NOT_ADVANCED ? 0 : copy->monotonic_ns;
}

static void use_copy(struct drain *drain, unsigned int valid)
{
	drain->valid = valid;
	drain->was = drain->program->drained[valid];
	drain->next = drain->program->drained[!valid];
	drain->was_prefixes = drain->program->drained_prefixes[valid];
	drain->next_prefixes = drain->program->drained_prefixes[!valid];
}

/*
 * Whoever dies while a copy is made like the other leaves a torn one; so from then on it bears no
 * number and no time, by which the next start would choose it, until a drain has filled it.
 */
static void unname(struct tt_drained *copy)
{
	/* What came before, this, what follows: in this order, whenever the signal comes. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	WRITE_ONCE(copy->sequence, 0);
	WRITE_ONCE(copy->monotonic_ns, 0);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void drain_catch_up(struct drain *drain)
{
	unname(drain->next);
	drain_rows_catch_up(drain);
	drain_sport53_catch_up(drain);
	memset(&drain->behind_above, 0, sizeof(drain->behind_above));
}

void drain_note_end(struct drain *drain, uint64_t monotonic_ns)
{
	drain->next->monotonic_ns = monotonic_ns | NOT_ADVANCED;
}

void drain_advance(struct drain *drain, uint64_t monotonic_ns)
{
	drain->next->monotonic_ns = monotonic_ns;
	drain->advanced = true;
	drain_sources_advance(drain);
	use_copy(drain, !drain->valid);
	memcpy(drain->was_carries, drain->carries,
		drain->program->table_count * sizeof(*drain->carries));
	drain->was_geo_swaps = drain->geo_swaps;
	drain_catch_up(drain);
}

void drain_begin(struct drain *drain, uint64_t monotonic_ns)
{
	if (drain->was->monotonic_ns == 0)
		drain->program->drained[drain->valid]->monotonic_ns = monotonic_ns;
}

uint64_t drain_sequence(const struct drain *drain)
{
	return drain->next->sequence;
}

const struct tt_drained *drain_drained(const struct drain *drain)
{
	return drain->was;
}

bool drain_closed(const struct drain *drain)
{
	return drain->closed;
}

unsigned int drain_choose_copy(
	const struct program *program, bool has_mark, const uint8_t birth[16], uint64_t sequence)
{
	const struct tt_drained *const *copy = (const struct tt_drained *const *)program->drained;

	if (has_mark && sequence > 0 &&
		memcmp(birth, program->birth.id, sizeof(program->birth.id)) == 0) {
		if (copy[0]->sequence == sequence)
			return 0;
		if (copy[1]->sequence == sequence)
			return 1;
	}
	return advanced_ns(copy[1]) > advanced_ns(copy[0]);
}

static void copy_drained(struct tt_drained *next, const struct tt_drained *was)
{
	const size_t head = offsetof(struct tt_drained, accounted);

	_Static_assert(offsetof(struct tt_drained, accounted) ==
			       sizeof(was->sequence) + sizeof(was->monotonic_ns),
		"number and time, then what is copied");
	unname(next);
	memcpy((char *)next + head, (const char *)was + head, sizeof(*was) - head);
}

int drain_new(struct program *program, bool is_live, unsigned int valid, struct drain **drain)
{
	struct drain *fresh = mmap(NULL, sizeof(*fresh), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (fresh == MAP_FAILED)
		return -ENOMEM;
	/* Rows come in no order that a cache of small pages would hold; a kernel may refuse. */
	madvise(fresh, sizeof(*fresh), MADV_HUGEPAGE);
	fresh->prefix6_values = calloc((size_t)DRAIN_PREFIXES6_STEP * program->possible_cpus,
		sizeof(*fresh->prefix6_values));
	fresh->waiting = calloc(program->table_count * TT_BATCH, sizeof(*fresh->waiting));
	fresh->since = calloc(program->table_count, sizeof(*fresh->since));
	fresh->read_at = calloc(program->table_count, sizeof(*fresh->read_at));
	fresh->prefix6_seen = calloc(program->table_count, sizeof(*fresh->prefix6_seen));
	fresh->late = late_new(program->table_count);
	fresh->carries = calloc(program->table_count, sizeof(*fresh->carries));
	fresh->was_carries = calloc(program->table_count, sizeof(*fresh->was_carries));
	fresh->program = program;
	fresh->has_cells = program->drained_cells != NULL;
	fresh->is_live = is_live;
	fresh->prefix6_entries = calloc(TT_PREFIXES6, sizeof(*fresh->prefix6_entries));
	if (!fresh->prefix6_values || !fresh->prefix6_entries || !fresh->waiting || !fresh->since ||
		!fresh->read_at || !fresh->prefix6_seen || !fresh->late || !fresh->carries ||
		!fresh->was_carries) {
		drain_free(fresh);
		return -ENOMEM;
	}
	drain_sources_new(fresh);
	fresh->was_geo_swaps = UINT64_MAX; /* nobody knows */
	fresh->advanced = true;
	fresh->visit_all = is_live;
	fresh->carried_prefix6 = is_live;
	use_copy(fresh, valid);
	if (is_live) { /* of fresh maps both are zero */
		/* The history has the minute: its process only could not say so any more. */
		program->drained[valid]->monotonic_ns &= ~NOT_ADVANCED;
		copy_drained(fresh->next, fresh->was);
		drain_rows_copy(fresh);
		/* Nobody knows what has wrapped: no settled table has an odd number. */
		for (size_t i = 0; i < program->table_count; i++)
			fresh->was_carries[i] = 1;
		if (fresh->was_prefixes)
			memcpy(fresh->next_prefixes, fresh->was_prefixes,
				sizeof(*fresh->next_prefixes));
	}
	*drain = fresh;
	return 0;
}

void drain_free(struct drain *drain)
{
	if (!drain)
		return;
	free(drain->prefix6_values);
	free(drain->prefix6_entries);
	free(drain->waiting);
	free(drain->since);
	free(drain->read_at);
	free(drain->prefix6_seen);
	free(drain->carries);
	free(drain->was_carries);
	late_free(drain->late);
	munmap(drain, sizeof(*drain));
}
