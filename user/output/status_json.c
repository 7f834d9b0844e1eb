/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/status_view.h"

#include "user/model/event_json.h"
#include "user/model/port.h"

#include <math.h>

static int put(json_t *object, const char *name, json_t *part)
{
	return json_object_set_new(object, name, part);
}

/* JSON's readers have 63 bits at least; a counter beyond that loses its last digits. */
static json_t *count(uint64_t number)
{
	return number <= INT64_MAX ? json_integer((json_int_t)number) : json_real((double)number);
}

static json_t *sensor_object(const struct status_sensor *sensor)
{
	json_t *object = json_object();

	event_json_text(object, "interface", sensor->interface);
	put(object, "attached", json_boolean(sensor->has_link));
	put(object, "running", json_boolean(sensor->has_process));
	put(object, "up", json_boolean(sensor->is_up));
	if (!sensor->is_readable)
		return object;
	event_json_text(object, "attach_mode", sensor->mode);
	event_json_text(object, "verdict", sensor->verdict);
	event_json_text(object, "minute", sensor->minute);
	put(object, "covered_seconds", json_integer(sensor->covered_seconds));
	put(object, "frames", count(sensor->frames));
	put(object, "bytes", count(sensor->bytes));
	put(object, "unattributed", count(sensor->unattributed));
	put(object, "late", count(sensor->late));
	put(object, "nic_drops", count(sensor->nic_drops));
	put(object, "unclosed", count(sensor->unclosed));
	put(object, "unwritten", count(sensor->unwritten));
	return object;
}

static json_t *words(const char list[][STATUS_WORDS_LENGTH], size_t length)
{
	json_t *array = json_array();

	for (size_t i = 0; i < length; i++) {
		json_t *one = json_object();

		/* event_json_text() takes any bytes; an array has no such thing. */
		event_json_text(one, "text", list[i]);
		json_array_append(array, json_object_get(one, "text"));
		json_decref(one);
	}
	return array;
}

static void put_hour(json_t *object, const struct status_view *view)
{
	const struct status_hour *hour = &view->hour;
	json_t *ledger = json_object();

	for (unsigned int i = 0; i < TT_CLASSES; i++)
		if (hour->ledger[i].packets)
			put(ledger, class_name((enum tt_class)i), count(hour->ledger[i].packets));
	event_json_time(object, "first_minute", view->first_minute);
	event_json_time(object, "last_minute", view->last_minute);
	event_json_number(object, "covered_seconds", hour->covered);
	put(object, "packets", count(hour->packets));
	put(object, "ledger", ledger);
	event_json_number(object, "usual", hour->usual);
	event_json_number(object, "per_address_day", hour->per_address_day);
	event_json_number(object, "located", hour->located);
	put(object, "late", count(hour->late));
	put(object, "misdated", count(hour->misdated));
	put(object, "unattributed", count(hour->unattributed));
	put(object, "nic_drops", count(hour->nic_drops));
}

static void put_disk(json_t *object, const struct status_disk *disk)
{
	event_json_number(object, "free_bytes", disk->free_bytes);
	event_json_number(object, "state_bytes", disk->state_bytes);
	event_json_number(
		object, "bytes_per_day", disk->minute_bytes + disk->hour_bytes + disk->day_bytes);
	event_json_number(object, "days_left", status_days_left(disk));
	event_json_number(object, "final_bytes", status_final_bytes(disk));
}

static json_t *incidents_object(const struct status_view *view)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < EVENT_SEVERITIES; i++)
		put(object, event_severity_name((enum event_severity)i),
			json_integer((json_int_t)view->incidents[i]));
	return object;
}

json_t *status_json(const struct status_view *view)
{
	json_t *object = json_object(), *sensors = json_array();

	for (size_t i = 0; i < view->sensor_count; i++)
		json_array_append_new(sensors, sensor_object(&view->sensors[i]));
	put(object, "sensors", sensors);
	put(object, "troubles", words(view->troubles, view->trouble_count));
	put(object, "notes", words(view->notes, view->note_count));
	event_json_text(object, "state", view->state_dir);
	put_disk(object, &view->disk);
	if (view->has_minute) {
		put_hour(object, view);
		put(object, "learning", json_boolean(status_learning(view->disk.age_days) != NULL));
		put(object, "open_incidents", incidents_object(view));
	}
	if (view->geo_time)
		event_json_time(object, "country_files", view->geo_time);
	return object;
}
