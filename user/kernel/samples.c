/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/samples.h"

#include "user/kernel/drain_state.h"

#include <string.h>

static void arm(struct tt_sampling *sampling, const struct sampling_row *row)
{
	__u64 *word = &sampling->armed[row->row / 64];

	/* The rate before the bit: a program that sees the bit sees its rate. */
	WRITE_ONCE(sampling->row_shift[row->row], row->shift);
	DRAIN_ORDERED();
	WRITE_ONCE(*word, *word | 1ULL << row->row % 64);
}

static uint64_t last_of(uint8_t shift)
{
	return shift > TT_SHIFT_MAX ? 0 : UINT64_MAX >> shift;
}

static uint64_t last_of_plan(const struct sampling_plan *plan)
{
	uint64_t last = 0;

	for (unsigned int class = 0; class < TT_CLASSES; class ++)
		if (last_of(plan->class_shift[class]) > last)
			last = last_of(plan->class_shift[class]);
	for (size_t i = 0; i < plan->row_count && i < SAMPLING_MAX_ROWS; i++)
		if (last_of(plan->rows[i].shift) > last)
			last = last_of(plan->rows[i].shift);
	return last;
}

/* `last` is far enough for both plans while one follows the other. */
void samples_plan(struct program *program, const struct sampling_plan *plan)
{
	struct tt_sampling *sampling = program->sampling;
	uint64_t armed[TT_ROWS / 64] = {0};
	const uint64_t last = last_of_plan(plan);
	uint32_t count = 0;

	if (!program->parameters.samples)
		return;
	if (last > sampling->last)
		WRITE_ONCE(sampling->last, last);
	DRAIN_ORDERED();
	for (unsigned int class = 0; class < TT_CLASSES; class ++)
		WRITE_ONCE(sampling->class_shift[class], plan->class_shift[class]);
	for (size_t i = 0; i < plan->row_count && i < SAMPLING_MAX_ROWS; i++) {
		if (plan->rows[i].row >= TT_ROWS)
			continue;
		arm(sampling, &plan->rows[i]);
		armed[plan->rows[i].row / 64] |= 1ULL << plan->rows[i].row % 64;
		count++;
	}
	for (size_t i = 0; i < TT_ROWS / 64; i++)
		if (sampling->armed[i] != armed[i])
			WRITE_ONCE(sampling->armed[i], armed[i]);
	WRITE_ONCE(sampling->armed_rows, count);
	DRAIN_ORDERED();
	WRITE_ONCE(sampling->last, last);
}

static void take(struct tt_sampler *sampler, int64_t clock_ns, sample_visit *visit, void *context)
{
	uint64_t written = READ_ONCE(sampler->written);

	DRAIN_ORDERED();
	for (uint64_t place = sampler->taken; visit && place != written; place++) {
		const struct tt_sample *sample = &sampler->sample[place % TT_SAMPLES];

		visit(context, sample, (int64_t)sample->time_ns + clock_ns);
	}
	/* The program writes into these places again once it sees this. */
	__atomic_store_n(&sampler->taken, written, __ATOMIC_RELEASE);
}

void samples_take(struct program *program, int64_t clock_ns, sample_visit *visit, void *context)
{
	for (unsigned int cpu = 0; cpu < program->possible_cpus; cpu++)
		take(&program->samplers[cpu], clock_ns, visit, context);
}

bool samples_are_many(const struct program *program)
{
	for (unsigned int cpu = 0; cpu < program->possible_cpus; cpu++)
		if (READ_ONCE(program->samplers[cpu].written) - program->samplers[cpu].taken >=
			TT_SAMPLES / 2)
			return true;
	return false;
}

struct sampling_counts samples_counts(const struct program *program)
{
	struct sampling_counts sum = {0};

	for (unsigned int cpu = 0; cpu < program->possible_cpus; cpu++) {
		const struct tt_sampler *sampler = &program->samplers[cpu];

		sum.lost += READ_ONCE(sampler->lost);
		sum.written += READ_ONCE(sampler->written);
		sum.selected += READ_ONCE(sampler->selected);
	}
	return sum;
}
