/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile counts streams, judged: no input may crash or hang the reader or the detector, and every
 * event that opens must be told once and end at most once.
 */
#include "user/detect/detect.h"
#include "user/input/counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY 64
/* A stream of a few bytes can ask for a month of exposure a minute; so many minutes are enough. */
#define MAX_MINUTES 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct counts_reader *reader, struct event_list *events)
{
	struct detect_parameters parameters = detect_defaults();
	struct series_count counts[CAPACITY];
	struct counts_minute minute;
	struct detect *detect;

	parameters.capacity = CAPACITY;
	if (detect_new(&parameters, &detect))
		return;
	for (int i = 0; i < MAX_MINUTES && counts_next(reader, &minute) == 1; i++) {
		size_t n = minute.entry_count < CAPACITY ? minute.entry_count : CAPACITY;

		for (size_t k = 0; k < n; k++)
			counts[k] = (struct series_count){
				series_make(SERIES_PORT, minute.entries[k].name, 0),
				minute.entries[k].count};
		events->count = 0;
		detect_counts(detect, minute.start, minute.exposure, counts, n, events);
		for (size_t k = 0; k < events->count; k++)
			if (events->events[k].phase == EVENT_OPEN &&
				events->events[k].kind != EVENT_COMMON_MODE &&
				events->events[k].kind != EVENT_SWEEP &&
				!(events->events[k].r > 0 && isfinite(events->events[k].log10p)))
				abort();
	}
	if (events->lost)
		abort();
	detect_free(detect);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event_list events;
	struct counts_reader *reader;
	FILE *file;

	if (size == 0)
		return 0;
	if (!events.events) {
		events.capacity = DETECT_MAX_EVENTS;
		events.events = calloc(events.capacity, sizeof(*events.events));
	}
	file = fmemopen((void *)(uintptr_t)data, size, "r");
	if (!file || !events.events)
		return 0;
	if (counts_open(file, &reader) == 0)
		judge(reader, &events);
	else if (!*counts_error(reader))
		abort();
	counts_close(reader);
	fclose(file);
	return 0;
}
