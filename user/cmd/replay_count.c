/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/replay.h"

#include "user/cmd/ledger_table.h"
#include "user/kernel/samples.h"
#include "user/kernel/test_run.h"
#include "user/lib/log.h"
#include "user/lib/text.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

void replay_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* -- Progress ------------------------------------------------------------------------------ */

static void show_progress(struct replay *replay, bool last)
{
	uint64_t done, total;
	struct timespec now;
	char time[TEXT_TIME_MAX] = "";
	int64_t minute, ns;

	if (!isatty(STDERR_FILENO))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	if (!last && ns - replay->shown_ns < 200000000)
		return;
	replay->shown_ns = ns;
	captures_progress(replay->captures, &done, &total);
	if (packet_clock_minute(&replay->clock, &minute))
		text_format_time(minute, time);
	fprintf(stderr, "\r%3u %%  %" PRIu64 " packets  %s%s",
		total ? (unsigned int)(done * 100 / total) : 0, replay->packets, time,
		last ? "\n" : "");
}

/* -- Minutes ------------------------------------------------------------------------------- */

static int carry_minute(struct replay *replay, int64_t start, uint64_t late, uint64_t misdated)
{
	struct minute *minute = pipeline_next(replay->pipeline);
	struct pipeline_error error;

	minute->start = start;
	minute->covered = 60;
	minute->addresses =
		replay->config.addresses.addresses4 + replay->config.addresses.networks6;
	minute->late = late;
	minute->misdated = misdated;
	minute->mode = ATTACH_REPLAY;
	if (pipeline_minute(replay->pipeline, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		replay->ledger[i].packets += minute->ledger[i].packets;
		replay->ledger[i].bytes += minute->ledger[i].bytes;
	}
	replay->minutes++;
	return CMD_DONE;
}

/* Close the minutes that a packet's time has passed. */
static int pass_time(struct replay *replay, const struct packet_step *step)
{
	int status = CMD_DONE;

	if (step->closes)
		status = carry_minute(
			replay, step->closed.start, step->closed.late, step->closed.misdated);
	for (uint64_t i = 1; status == CMD_DONE && i <= step->empty_minutes; i++)
		status = carry_minute(replay, step->closed.start + 60 * (int64_t)i, 0, 0);
	return status;
}

static int count_packet(struct replay *replay, const struct capture_packet *packet)
{
	int64_t following;
	const int64_t *after = NULL;
	struct packet_step step;
	int status;

	if (packet_clock_leaps(&replay->clock, packet->seconds) &&
		captures_peek(replay->captures, &following) > 0)
		after = &following;
	step = packet_clock_step(&replay->clock, packet->seconds, after);
	status = pass_time(replay, &step);
	if (status != CMD_DONE)
		return status;
	replay->program->sampling->replay_ns =
		(uint64_t)(packet->seconds * 1000000000 + packet->nanoseconds);
	status = test_run_frame(replay->program, packet->data, packet->available, packet->length,
		&replay->source.short_eth, NULL);
	if (status) {
		log_error("the kernel's test run failed at packet %" PRIu64 ": %s",
			replay->packets + 1, strerror(-status));
		return CMD_FAILED;
	}
	if (samples_are_many(replay->program))
		pipeline_gather(replay->pipeline);
	replay->packets++;
	return CMD_DONE;
}

int replay_count(struct replay *replay)
{
	struct capture_packet packet;
	int status = CMD_DONE, more;

	while (status == CMD_DONE && !stopped &&
		(more = captures_next(replay->captures, &packet))) {
		if (more < 0) {
			log_error("%s", replay->capture_error.text);
			replay->status = CMD_FAILED;
			continue;
		}
		status = count_packet(replay, &packet);
		if (replay->packets % 256 == 0)
			show_progress(replay, false);
	}
	return status;
}

int replay_finish(struct replay *replay)
{
	struct packet_minute last;
	struct pipeline_error error;

	show_progress(replay, true);
	if (stopped) {
		log_warning("stopped: whole minutes are in the history, the one under way is not");
		replay->status = CMD_FAILED;
	} else if (packet_clock_finish(&replay->clock, &last)) {
		if (carry_minute(replay, last.start, last.late, last.misdated) != CMD_DONE)
			return CMD_FAILED;
	} else if (replay->packets > 0 && replay->clock.current.packets > 0) {
		log_error("no packet has a time between 1970 and 9999: %" PRIu64
			  " packets have no minute",
			replay->clock.current.packets);
		replay->status = CMD_FAILED;
	}
	if (pipeline_finish(replay->pipeline, &error)) {
		log_error("%s", error.text);
		return CMD_FAILED;
	}
	if (replay->incidents.failed)
		log_warning("%" PRIu64 " packets of incidents could not be written to %s",
			replay->incidents.failed, replay->incidents.directory);
	if (pipeline_sink_failures(replay->pipeline, 0)) {
		log_error("%" PRIu64 " events could not be written to the event log; the history "
			  "has them",
			pipeline_sink_failures(replay->pipeline, 0));
		replay->status = CMD_FAILED;
	}
	ledger_table_print(stdout, replay->ledger, replay->minutes);
	return replay->status;
}
