/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event as JSON: the one place that knows the names and the order of its fields.
 *
 *   {"id":"e52f...","phase":"open","kind":"surge","key":"tcp/23@CN","proto":"tcp","port":23,...}
 *
 * What has no data is left out, never zero: numbers that are not finite, empty texts, lists without
 * an entry, and the parts that a key does not have (udp-src53 has a proto and no port: its port is
 * a source port). Numbers have at most 12 significant digits, whole ones below 2^53 no fraction.
 */
#ifndef TEITEN_MODEL_EVENT_JSON_H
#define TEITEN_MODEL_EVENT_JSON_H

#include "user/model/event.h"

#include <jansson.h>

/*
 * The object under "spike" of an event log line. A new reference, for json_decref(); NULL when
 * memory runs out.
 */
json_t *event_to_object(const struct event *event);

/*
 * The event log's whole line without its newline:
 * {"timestamp":...,"event_type":"spike","sensor":...,"spike":{...}}; timestamp is event->time.
 * sensor: any bytes; those outside UTF-8 become "?". malloc'd, for free(); NULL when memory runs
 * out.
 */
char *event_to_json(const struct event *event, const char *sensor);

/*
 * The parts that every line of the event log shares. data is the object under the type's name; its
 * reference is taken over, also on failure; NULL data fails. Returns as event_to_json().
 */
char *event_line(int64_t time, const char *type, const char *sensor, json_t *data);

/*
 * As json_dumps(), but whole or NULL: that one (jansson 2.14) may leave out a part when memory runs
 * out. malloc'd. json may be NULL.
 */
char *event_json_dump(const json_t *json, size_t flags);

/*
 * Members of an object, in the order of the calls; object may be NULL. A number that is not finite
 * and an empty text add nothing. Return 0, or -ENOMEM.
 */
int event_json_number(json_t *object, const char *name, double number);
int event_json_text(json_t *object, const char *name, const char *text);
int event_json_time(json_t *object, const char *name, int64_t time);

#endif
