/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/incidents.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One event: what its lines said so far. */
struct thread {
	char id[EVENT_ID_MAX];
	char incident[EVENT_ID_MAX];
	char prev[EVENT_ID_MAX];
	series_key key;
	series_key face;
	enum event_kind kind;
	enum event_severity severity;
	enum event_reason reason;
	bool is_open;
	int64_t opened;
	int64_t onset;
	int64_t last;
	double excess;
	struct event peak;
};

struct incidents {
	struct thread *threads;
	size_t count;
	size_t capacity;
	uint32_t *slots; /* number of a thread + 1; 0 = free; twice as many as capacity */
	struct thread **order;
	struct incident *list;
};

/* FNV-1a, 32 bits: ids are the detector's own, nobody chooses them to collide. */
static size_t hash(const char *id)
{
	uint32_t sum = 2166136261u;

	for (; *id; id++)
		sum = (sum ^ (unsigned char)*id) * 16777619u;
	return sum;
}

static uint32_t *find_slot(const struct incidents *incidents, const char *id)
{
	size_t mask = 2 * incidents->capacity - 1;
	size_t at = hash(id) & mask;

	while (incidents->slots[at] &&
		strcmp(incidents->threads[incidents->slots[at] - 1].id, id) != 0)
		at = (at + 1) & mask;
	return &incidents->slots[at];
}

static int reserve(struct incidents *incidents, size_t capacity)
{
	struct thread *threads =
		realloc(incidents->threads, capacity * sizeof(*incidents->threads));
	uint32_t *slots;

	if (!threads)
		return -ENOMEM;
	incidents->threads = threads;
	slots = calloc(2 * capacity, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(incidents->slots);
	incidents->slots = slots;
	incidents->capacity = capacity;
	for (size_t i = 0; i < incidents->count; i++)
		*find_slot(incidents, threads[i].id) = (uint32_t)i + 1;
	return 0;
}

struct incidents *incidents_new(void)
{
	struct incidents *incidents = calloc(1, sizeof(*incidents));

	if (incidents && reserve(incidents, 64)) {
		incidents_free(incidents);
		return NULL;
	}
	return incidents;
}

void incidents_free(struct incidents *incidents)
{
	if (!incidents)
		return;
	free(incidents->threads);
	free(incidents->slots);
	free(incidents->order);
	free(incidents->list);
	free(incidents);
}

/* The thread of a line's event, made where there is none: 0, -ENOMEM or -E2BIG. */
static int thread_of(struct incidents *incidents, const struct event *line, struct thread **found)
{
	uint32_t *slot = find_slot(incidents, line->id);
	int error = 0;

	if (*slot) {
		*found = &incidents->threads[*slot - 1];
		return 0;
	}
	if (incidents->count == INCIDENTS_MAX_EVENTS)
		return -E2BIG;
	if (incidents->count == incidents->capacity) {
		error = reserve(incidents, 2 * incidents->capacity);
		slot = find_slot(incidents, line->id);
	}
	if (error)
		return error;
	*found = &incidents->threads[incidents->count++];
	*slot = (uint32_t)incidents->count;
	**found = (struct thread){
		.key = line->key,
		.kind = line->kind,
		.opened = line->time,
		.onset = line->onset,
		.excess = NAN,
		.peak = *line,
	};
	memcpy((*found)->id, line->id, sizeof((*found)->id));
	memcpy((*found)->prev, line->prev, sizeof((*found)->prev));
	return 0;
}

static bool is_larger(double a, double b)
{
	return isfinite(a) && (!isfinite(b) || fabs(a) > fabs(b));
}

int incidents_add(struct incidents *incidents, const struct event *line)
{
	struct thread *thread;
	int error = thread_of(incidents, line, &thread);

	if (error)
		return error;
	/* An event alone, for which the detector had no incident, is one by itself. */
	memcpy(thread->incident, line->incident[0] ? line->incident : line->id,
		sizeof(thread->incident));
	thread->face = line->face ? line->face : line->key;
	if (line->severity > thread->severity)
		thread->severity = line->severity;
	thread->reason = line->reason;
	thread->is_open = line->phase != EVENT_END;
	thread->last = line->time;
	if (line->phase != EVENT_END &&
		(is_larger(line->excess, thread->peak.excess) || line->phase == EVENT_OPEN))
		thread->peak = *line;
	if (is_larger(line->excess, thread->excess))
		thread->excess = line->excess;
	return 0;
}

/* Threads of an incident side by side, as they opened. */
static int by_incident(const void *left, const void *right)
{
	const struct thread *a = *(struct thread *const *)left, *b = *(struct thread *const *)right;
	int order = strcmp(a->incident, b->incident);

	if (order)
		return order;
	if (a->opened != b->opened)
		return a->opened < b->opened ? -1 : 1;
	return strcmp(a->id, b->id);
}

static int by_opening(const void *left, const void *right)
{
	const struct incident *a = left, *b = right;

	if (a->opened != b->opened)
		return a->opened < b->opened ? -1 : 1;
	return strcmp(a->id, b->id);
}

/* Whether a thread stands for the incident rather than the one chosen before. */
static bool is_better_face(
	const struct thread *thread, const struct thread *chosen, series_key face)
{
	if ((thread->key == face) != (chosen->key == face))
		return thread->key == face;
	return is_larger(thread->excess, chosen->excess);
}

/* The earliest start of a window that crossed. That of a growth is a week before, for want of one.
 */
static int64_t onset_of(struct thread *const *threads, size_t count)
{
	int64_t onset = INT64_MAX;

	for (size_t i = 0; i < count; i++)
		if (threads[i]->kind != EVENT_GROWTH && threads[i]->onset < onset)
			onset = threads[i]->onset;
	return onset < INT64_MAX ? onset : threads[0]->onset;
}

/* An incident of count threads, which are its own. */
static void put_together(struct incident *incident, struct thread *const *threads, size_t count)
{
	const struct thread *chosen = threads[0], *last = threads[0];

	*incident = (struct incident){
		.opened = threads[0]->opened,
		.events = (unsigned int)count,
	};
	memcpy(incident->id, threads[0]->incident, sizeof(incident->id));
	memcpy(incident->prev, threads[0]->prev, sizeof(incident->prev));
	for (size_t i = 0; i < count; i++) {
		if (threads[i]->last >= last->last)
			last = threads[i];
		if (threads[i]->severity > incident->severity)
			incident->severity = threads[i]->severity;
		incident->open += threads[i]->is_open;
	}
	for (size_t i = 1; i < count; i++)
		if (is_better_face(threads[i], chosen, last->face))
			chosen = threads[i];
	incident->onset = onset_of(threads, count);
	incident->last = last->last;
	incident->reason = incident->open ? EVENT_REASON_NONE : last->reason;
	incident->key = chosen->key;
	incident->kind = chosen->kind;
	incident->excess = chosen->excess;
	incident->peak = chosen->peak;
}

const struct incident *incidents_list(struct incidents *incidents, size_t *count)
{
	size_t threads = incidents->count, found = 0;
	/* + 1: nothing is no failure. */
	struct thread **order = calloc(threads + 1, sizeof(struct thread *));
	struct incident *list = calloc(threads + 1, sizeof(*list));

	free(incidents->order);
	free(incidents->list);
	incidents->order = order;
	incidents->list = list;
	if (!order || !list)
		return NULL;
	for (size_t i = 0; i < threads; i++)
		order[i] = &incidents->threads[i];
	qsort(order, threads, sizeof(struct thread *), by_incident);
	for (size_t first = 0, next; first < threads; first = next) {
		for (next = first + 1; next < threads &&
				       strcmp(order[next]->incident, order[first]->incident) == 0;
			next++)
			;
		put_together(&list[found], order + first, next - first);
		list[found++].first = first;
	}
	qsort(list, found, sizeof(*list), by_opening);
	*count = found;
	return list;
}

series_key incidents_key(
	const struct incidents *incidents, const struct incident *incident, unsigned int i)
{
	return incidents->order[incident->first + i]->key;
}

const char *incidents_of_event(const struct incidents *incidents, const char *event_id)
{
	uint32_t slot = *find_slot(incidents, event_id);

	return slot ? incidents->threads[slot - 1].incident : NULL;
}
