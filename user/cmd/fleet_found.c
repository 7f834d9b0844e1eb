/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/fleet_follow.h"

#include "user/cmd/cmd.h"
#include "user/lib/file.h"
#include "user/lib/log.h"
#include "user/model/event_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT "fleet"

static int print_event(struct follow *follow, const struct event *event)
{
	json_t *line = json_object();
	CLEANUP_FREE char *text = NULL;

	event_json_time(line, "timestamp", event->time);
	json_object_set_new(line, "event_type", json_string("spike"));
	json_object_set_new(line, "sensor", json_string("fleet"));
	json_object_set_new(line, "spike", event_to_object(event));
	if (event->phase == EVENT_OPEN && breadth_applies(event->key)) {
		struct breadth breadth;

		if (breadth_find(follow->open->fleet, event->key, event->onset - event->onset % 60,
			    event->time + 60, &breadth)) {
			json_decref(line);
			return fleet_failed(follow->open);
		}
		json_object_set_new(line, "fleet", fleet_breadth_json(&breadth));
		breadth_release(&breadth);
	}
	text = event_json_dump(line, JSON_COMPACT);
	json_decref(line);
	if (!text || puts(text) == EOF) {
		log_error("standard output: %s", strerror(errno));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static int keep_events(struct follow *follow)
{
	struct fleet_events *found = follow->found;
	size_t count = found->count + follow->events.count;

	if (count > found->room) {
		void *larger = realloc(found->events, count * 2 * sizeof(*found->events));

		if (!larger) {
			log_error("out of memory");
			return CMD_FAILED;
		}
		found->events = larger;
		found->room = count * 2;
	}
	memcpy(found->events + found->count, follow->events.events,
		follow->events.count * sizeof(*found->events));
	found->count = count;
	follow->events.count = 0;
	return CMD_DONE;
}

static int history_trouble(struct follow *follow)
{
	log_error("%s", history_message(follow->history));
	return CMD_FAILED;
}

/* The detector's state with its mark, in the transaction of the events that it brought. */
static int put_snapshot(struct follow *follow)
{
	CLEANUP_FREE uint8_t *state = NULL;
	CLEANUP_FREE uint8_t *whole = NULL;
	size_t size;

	if (detect_save(follow->detect, &state, &size))
		return -ENOMEM;
	whole = malloc(sizeof(follow->mark) + size);
	if (!whole)
		return -ENOMEM;
	memcpy(whole, &follow->mark, sizeof(follow->mark));
	memcpy(whole + sizeof(follow->mark), state, size);
	return history_put_snapshot(follow->history, SNAPSHOT, whole, sizeof(follow->mark) + size);
}

/*
 * Store events and state in one transaction, then tell what is new. A kill before it tells again
 * nothing that was told: what is told is stored.
 */
int fleet_follow_commit(struct follow *follow)
{
	int status = CMD_DONE;

	if (follow->found)
		return keep_events(follow);
	if (follow->history) {
		int error = history_begin(follow->history);

		for (size_t i = 0; i < follow->events.count && !error; i++)
			error = history_add_event(follow->history, &follow->events.events[i]);
		if (!error)
			error = put_snapshot(follow);
		if (!error)
			error = history_commit(follow->history);
		if (error) {
			history_rollback(follow->history);
			return history_trouble(follow);
		}
	}
	for (size_t i = 0; i < follow->events.count && !status; i++)
		status = print_event(follow, &follow->events.events[i]);
	follow->events.count = 0;
	return status;
}

int fleet_follow_load(struct follow *follow)
{
	void *data = NULL;
	size_t size = 0;
	int error = history_get_snapshot(follow->history, SNAPSHOT, &data, &size);

	if (error == -ENOENT)
		return 0;
	if (!error && size > sizeof(follow->mark)) {
		memcpy(&follow->mark, data, sizeof(follow->mark));
		error = detect_load(&follow->parameters,
			(const uint8_t *)data + sizeof(follow->mark), size - sizeof(follow->mark),
			&follow->detect);
	}
	free(data);
	if (error || !follow->detect) {
		log_error("the detector's saved state cannot be used (%s): take another --state",
			strerror(error ? -error : EBADMSG));
		return -1;
	}
	return 1;
}
