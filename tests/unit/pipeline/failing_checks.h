/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must be true of a sensor after a call of it has failed. */
#ifndef TEITEN_TESTS_UNIT_PIPELINE_FAILING_CHECKS_H
#define TEITEN_TESTS_UNIT_PIPELINE_FAILING_CHECKS_H

#include "tests/unit/pipeline/failing_world.h"
#include "user/history/history_store.h"
#include "user/model/event_json.h"

#include <dirent.h>

/* What is being tried, for a failure's message. */
static const struct trial {
	const char *name;
	const struct world *base;
	enum failing_kind kind;
	int error;
	bool is_lasting;
	unsigned int spread; /* of the calls in the middle one in so many */
} * trial;
static unsigned int call;

#define MUST(claim, ...)                                                                           \
	do {                                                                                       \
		if (!(claim)) {                                                                    \
			print_error("%s, call %u%s: ", trial->name, call,                          \
				trial->is_lasting ? " and all after it" : "");                     \
			print_error(__VA_ARGS__);                                                  \
			fail_msg("%s", #claim);                                                    \
		}                                                                                  \
	} while (0)

struct sum {
	uint64_t packets;
	double covered;
};

static int add_row(void *context, const struct store_row *row)
{
	struct sum *sum = context;

	sum->packets += row->packets + row->response + row->other;
	sum->covered += row->covered;
	if (row->resolver)
		sum->packets += row->resolver->packets;
	if (row->source_port)
		sum->packets += row->source_port->samples;
	return 0;
}

static struct sum sum_of(struct world *world, enum store_table table, enum store_bin bin)
{
	struct store_query query = store_query_all(table, bin);
	struct store_answer answer;
	struct sum sum = {0};

	MUST(history_query(world->history, &query, add_row, &sum, &answer) == 0, "%s ",
		history_message(world->history));
	return sum;
}

static void look_at_sums(struct world *world)
{
	static const enum store_bin bins[] = {BIN_HOUR, BIN_DAY, BIN_ALL};
	const struct counts *given = &world->source.given;
	uint64_t samples = world->source.samples_given;

	for (unsigned int i = 0; i < 3; i++) {
		MUST(sum_of(world, TABLE_LEDGER, bins[i]).packets == given->syn + given->responses,
			"ledger, bin %u: ", bins[i]);
		MUST(sum_of(world, TABLE_PORTS, bins[i]).packets == given->syn + given->responses,
			"ports, bin %u: ", bins[i]);
		MUST(sum_of(world, TABLE_CELLS, bins[i]).packets == given->syn + given->responses,
			"cells, bin %u: ", bins[i]);
		MUST(sum_of(world, TABLE_SPORT53, bins[i]).packets == given->responses,
			"sport53, bin %u: ", bins[i]);
		MUST(sum_of(world, TABLE_PREFIXES, bins[i]).packets == given->responses,
			"prefixes, bin %u: ", bins[i]);
		MUST(sum_of(world, TABLE_COVERAGE, bins[i]).covered ==
				(double)(world->covered_to - MIDNIGHT) - 60. * QUIET_FROM,
			"coverage, bin %u: ", bins[i]);
	}
	MUST(sum_of(world, TABLE_RESOLVERS, BIN_ALL).packets == samples, "resolvers: ");
	/* Their hours and days are told from memory, which a kill forgets. */
	MUST(sum_of(world, TABLE_SOURCE_PORTS, BIN_MINUTE).packets == samples, "source ports: ");
}

/* Distinct sources and life, which no sum shows. */
static void look_at_sets(struct world *world)
{
	struct history_store store = history_store_of(world->history);
	const struct store_sources_query query = {
		.kind = SOURCES_PORT,
		.from = MIDNIGHT - 3600,
		.to = MIDNIGHT + 3600,
		.row = port_row(PORT_TCP, 23),
	};
	struct store_sources sources;
	struct port_life life;

	MUST(store.store.sources(&store.store, &query, &sources) == 0, "sources: ");
	MUST(sources.estimate > 15 && sources.estimate < 30, "%g sources: ", sources.estimate);
	MUST(history_port_life(
		     world->history, port_row(PORT_TCP, 23), STORE_ALL_COUNTRIES, &life) == 0,
		"life: ");
	MUST(life.first_seen == MIDNIGHT + 60 * QUIET_FROM &&
			life.last_seen == world->covered_to - 60 && life.active_days == 4,
		"life: %lld to %lld, %u days: ", (long long)life.first_seen,
		(long long)life.last_seen, life.active_days);
}

struct checked {
	const struct world *world;
	unsigned int found;
};

static int check_minute(void *context, const struct minute *minute)
{
	struct checked *checked = context;
	int64_t number = (minute->start - MIDNIGHT) / 60 - FIRST_MINUTE;

	MUST(number >= 0 && number < MINUTES_MAX && checked->world->is_stored[number],
		"minute %lld: ", (long long)number);
	MUST(!minute_verify(minute), "minute %lld: %s ", (long long)number, minute_verify(minute));
	checked->found++;
	return 0;
}

/* Each minute that its source was told is stored is there whole; of the others there is nothing. */
static void look_at_minutes(struct world *world)
{
	struct checked checked = {.world = world};
	unsigned int expected = 0;

	for (unsigned int i = 0; i < MINUTES_MAX; i++)
		expected += world->is_stored[i];
	MUST(history_each_minute(world->history, trial->base->covered_to, INT64_MAX, check_minute,
		     &checked) == 0,
		"minutes: ");
	MUST(checked.found == expected, "%u minutes, not %u: ", checked.found, expected);
}

static int check_event(void *context, const struct store_row *row)
{
	struct checked *checked = context;
	const struct told *told = &checked->world->told;
	char *stored = event_to_json(row->event, "test");
	unsigned int times = 0;

	for (unsigned int i = 0; i < told->event_count; i++) {
		char *text = event_to_json(&told->events[i], "test");

		times += strcmp(text, stored) == 0;
		free(text);
	}
	MUST(times == 1, "told %u times: %s ", times, stored);
	free(stored);
	checked->found++;
	return 0;
}

/* What is stored and what was told are the same; an event opened, once. */
static void look_at_events(struct world *world)
{
	struct store_query query = store_query_all(TABLE_EVENTS, BIN_MINUTE);
	struct checked checked = {.world = world};
	struct store_answer answer;
	unsigned int opened = 0;

	MUST(history_query(world->history, &query, check_event, &checked, &answer) == 0,
		"events: %s ", history_message(world->history));
	MUST(checked.found == world->told.event_count, "%u events stored, %u told: ", checked.found,
		world->told.event_count);
	for (unsigned int i = 0; i < world->told.event_count; i++)
		opened += world->told.events[i].phase == EVENT_OPEN &&
			  world->told.events[i].key == series_make(SERIES_PORT, 23, 0);
	MUST(opened == 1, "opened %u times: ", opened);
}

static void look_at_history(struct world *world)
{
	struct history_mark mark;

	MUST(history_get_mark(world->history, &mark) == 0 &&
			mark.sequence == world->source.sequence,
		"mark: ");
	look_at_sums(world);
	look_at_sets(world);
	look_at_minutes(world);
	look_at_events(world);
	MUST(history_damaged(world->history) == 0, "damaged: ");
}

/* Whole lines of JSON, in the log. */
static unsigned int lines_of_log(const struct world *world)
{
	FILE *file = fopen(path_in(world, "events.json"), "re");
	static char line[65536];
	unsigned int lines = 0;

	while (file && fgets(line, sizeof(line), file)) {
		size_t size = strlen(line);

		MUST(line[0] == '{' && size > 2 && strcmp(line + size - 2, "}\n") == 0,
			"torn line: %s", line);
		lines++;
	}
	if (file)
		fclose(file);
	return lines;
}

/* Packets in the incidents' files. */
static uint64_t packets_of_files(const struct world *world)
{
	DIR *directory = opendir(path_in(world, "incidents"));
	struct dirent *entry;
	uint64_t packets = 0;

	while (directory && (entry = readdir(directory))) {
		char path[512];
		FILE *file;
		uint32_t head[4];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/incidents/%s", world->directory, entry->d_name);
		file = fopen(path, "re");
		MUST(file && fseek(file, 24, SEEK_SET) == 0 && ftell(file) == 24, "%s ", path);
		MUST(getc(file) != EOF && fseek(file, 24, SEEK_SET) == 0, "%s is empty: ", path);
		while (fread(head, sizeof(head), 1, file) == 1) {
			MUST(fseek(file, head[2], SEEK_CUR) == 0, "%s ", path);
			packets++;
		}
		fclose(file);
	}
	if (directory)
		closedir(directory);
	return packets;
}

/* What was told while the process lived. */
static void look_at_live(struct world *world)
{
	const struct metrics *metrics = &world->told.metrics;
	const struct counts *given = &world->source.given;

	for (unsigned int i = 0; i < MINUTES_MAX; i++)
		MUST(world->told.minutes[i] == world->is_stored[i],
			"minute %u: stored %u, told %u times: ", i, world->is_stored[i],
			world->told.minutes[i]);
	MUST(metrics->frames[TT_TCP_SYN].packets == given->syn - trial->base->source.given.syn,
		"metrics: %llu ", (unsigned long long)metrics->frames[TT_TCP_SYN].packets);
	MUST(lines_of_log(world) + pipeline_sink_failures(world->pipeline, 0) == world->log.lines,
		"log: ");
	MUST(packets_of_files(world) == world->incidents.written,
		"packets: %u written: ", (unsigned int)world->incidents.written);
	MUST(world->incidents.written + world->incidents.failed == world->told.packets,
		"packets of incidents: ");
}

#endif
