/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/kernel_source.h"

#include "user/kernel/samples.h"

#include <string.h>
#include <time.h>

static int drain(struct source *source, struct minute *minute, struct source_mark *mark)
{
	struct kernel_source *mine = (struct kernel_source *)source;
	int status = drain_minute(mine->drain, minute);

	if (status)
		return status;
	minute->ledger[TT_SHORT_ETH].packets += mine->short_eth.packets;
	minute->ledger[TT_SHORT_ETH].bytes += mine->short_eth.bytes;
	memcpy(mark->birth, mine->program->birth.id, sizeof(mark->birth));
	mark->sequence = drain_sequence(mine->drain);
	drain_note_end(mine->drain, mine->drained_ns);
	return 0;
}

static void advance(struct source *source)
{
	struct kernel_source *mine = (struct kernel_source *)source;

	mine->short_eth = (struct tally){0};
	drain_advance(mine->drain, mine->drained_ns);
}

static int64_t clock_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Samples bear the time of a clock that nobody sets; of a replay that of their capture. */
static void samples(struct source *source, sample_visit *visit, void *context)
{
	struct program *program = ((struct kernel_source *)source)->program;
	int64_t to_unix = program->parameters.replay
				  ? 0
				  : clock_now(CLOCK_REALTIME) - clock_now(CLOCK_BOOTTIME);

	samples_take(program, to_unix, visit, context);
}

static void plan(struct source *source, const struct sampling_plan *next)
{
	samples_plan(((struct kernel_source *)source)->program, next);
}

void kernel_source_init(
	struct kernel_source *kernel_source, struct program *program, struct drain *drained)
{
	*kernel_source = (struct kernel_source){
		.source = {.drain = drain, .advance = advance},
		.program = program,
		.drain = drained,
	};
	if (!program->parameters.samples)
		return;
	kernel_source->source.samples = samples;
	kernel_source->source.plan = plan;
}

uint64_t kernel_source_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
