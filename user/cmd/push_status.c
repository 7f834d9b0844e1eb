/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/push_status.h"

#include "user/lib/file.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/model/event_json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

static void put_time(json_t *object, const char *name, int64_t time)
{
	char text[TEXT_TIME_MAX];

	if (!time)
		return;
	text_format_time(time, text);
	json_object_set_new(object, name, json_string(text));
}

static void put_count(json_t *object, const char *name, uint64_t count)
{
	json_object_set_new(object, name, json_integer((json_int_t)count));
}

/* The health file, for monitoring: what the log says only when it changes. */
static void write_file(
	struct push_status *status, const char *state, const char *sentence, bool is_complete)
{
	struct push_counters counters = push_counters(status->push);
	int64_t until = push_pushed_until(status->push);
	json_t *object = json_object();
	CLEANUP_FREE char *text = NULL;

	json_object_set_new(object, "state", json_string(state));
	json_object_set_new(object, "complete", json_boolean(is_complete));
	if (sentence[0])
		json_object_set_new(object, "sentence", json_string(sentence));
	put_time(object, "time", time(NULL));
	put_time(object, "since", status->since);
	put_time(object, "sent_until", until);
	put_time(object, "last_minute", status->last_minute);
	if (until && status->last_minute)
		put_count(object, "minutes_behind",
			until > status->last_minute
				? 0
				: (uint64_t)(status->last_minute + 60 - until) / 60);
	put_count(object, "rows", counters.rows);
	put_count(object, "bytes", counters.bytes);
	put_count(object, "minutes", counters.minutes);
	put_count(object, "revisions", counters.revisions);
	put_count(object, "rewinds", counters.rewinds);
	put_count(object, "failures", counters.failures);
	text = event_json_dump(object, JSON_INDENT(1));
	json_decref(object);
	if (text && file_replace(status->path, text, strlen(text), 0644, FILE_VISIBLE))
		log_warning("%s: %s", status->path, strerror(errno));
}

static void tell_changes(struct push_status *status)
{
	int64_t from, to;

	push_unkept(status->push, &from, &to);
	if (from < to && to != status->unkept_to) {
		char one[TEXT_TIME_MAX], other[TEXT_TIME_MAX];

		text_format_time(from, one);
		text_format_time(to, other);
		log_warning("minutes from %s to %s are no longer kept one by one: the engine gets "
			    "their hours or days",
			one, other);
		status->unkept_to = to;
	}
	if (push_counters(status->push).rewinds != status->rewinds)
		log_warning("the engine has less than it took: what is missing is sent again");
	status->rewinds = push_counters(status->push).rewinds;
}

void push_status_broken(struct push_status *status, const char *sentence)
{
	if (!status->is_told_broken)
		log_error("%s", sentence);
	status->is_told_broken = true;
	write_file(status, "broken", sentence, false);
}

void push_status_tell(struct push_status *status, enum push_outcome outcome)
{
	enum server_state state = push_state(status->push);
	const char *sentence = push_sentence(status->push);

	if (outcome == PUSH_BROKEN) {
		push_status_broken(status, sentence);
		return;
	}
	tell_changes(status);
	if (state != status->told || status->is_told_broken)
		status->since = time(NULL);
	if (state != SERVER_OK && state != status->told)
		log_error("engine %s (%s): %s; the sensor goes on, and what is missing is sent "
			  "later",
			status->url, server_state_name(state), sentence);
	else if (state == SERVER_OK && (status->told != SERVER_OK || status->is_told_broken))
		log_info("engine %s: it takes rows again", status->url);
	status->told = state;
	status->is_told_broken = false;
	write_file(status, server_state_name(state), sentence, outcome == PUSH_IDLE);
}
