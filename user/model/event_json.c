/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/event_json.h"

#include "user/lib/buffer.h"
#include "user/lib/text.h"
#include "user/model/evidence_json.h"
#include "user/model/port.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whole numbers up to here are exact in a double, and in every reader of JSON. */
#define EXACT 9007199254740992.0

static int add(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) ? -ENOMEM : 0;
}

static int add_bytes(const char *bytes, size_t size, void *context)
{
	struct buffer *text = context;

	buffer_add(text, bytes, size);
	return text->error;
}

char *event_json_dump(const json_t *json, size_t flags)
{
	struct buffer text = {0};

	/* The call does not look at each result of what it calls: the buffer remembers. */
	if (json && json_dump_callback(json, add_bytes, &text, flags) == 0 && !text.error)
		return text.bytes;
	buffer_release(&text);
	return NULL;
}

int event_json_number(json_t *object, const char *name, double number)
{
	if (!isfinite(number))
		return 0;
	if (fabs(number) < EXACT && number == trunc(number))
		return add(object, name, json_integer((json_int_t)number));
	return add(object, name, json_real(number));
}

/* jansson takes UTF-8 only; a file name or a sensor's name may be anything. */
static json_t *any_text(const char *text)
{
	json_t *value = json_string(text);
	char *copy;

	if (value)
		return value;
	copy = strdup(text);
	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	value = copy ? json_string(copy) : NULL;
	free(copy);
	return value;
}

int event_json_text(json_t *object, const char *name, const char *text)
{
	return *text ? add(object, name, any_text(text)) : 0;
}

int event_json_time(json_t *object, const char *name, int64_t time)
{
	char text[TEXT_TIME_MAX];

	text_format_time(time, text);
	return add(object, name, json_string(text));
}

/* key, and what it is made of. */
static int add_key(json_t *object, series_key key)
{
	enum series_kind kind = series_kind(key);
	uint32_t item = series_item(key);
	const char *protocol = "";
	char text[SERIES_TEXT_MAX];
	int error;

	series_format(key, text);
	if (kind == SERIES_PORT || kind == SERIES_CELL)
		protocol = item < TT_ROWS ? port_protocol_name(port_protocol(item)) : "";
	else if (kind == SERIES_SPORT53 || kind == SERIES_SPORT53_COUNTRY)
		protocol = port_protocol_name(PORT_UDP);
	else if (kind == SERIES_FANOUT)
		protocol =
			item < PORT_PROTOCOLS ? port_protocol_name((enum port_protocol)item) : "";
	error = event_json_text(object, "key", text);
	error = error ? error : event_json_text(object, "proto", protocol);
	if (!error && (kind == SERIES_PORT || kind == SERIES_CELL) && item < TT_ROWS)
		error = add(object, "port", json_integer(port_number(item)));
	if (!error && (kind == SERIES_CELL || kind == SERIES_SPORT53_COUNTRY))
		error = event_json_text(object, "country", country_code(series_country(key)));
	return error;
}

static int add_numbers(json_t *object, const struct event *event)
{
	const struct {
		const char *name;
		double number;
	} numbers[] = {
		{"observed", event->observed},
		{"expected", event->expected},
		{"r", event->r},
		{"ratio", event->ratio},
		{"excess", event->excess},
		{"log10p", event->log10p},
		{"log10p_lower", event->log10p_lower},
		{"exposure", event->exposure},
		{"g", event->g},
		{"season", event->season},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (event_json_number(object, numbers[i].name, numbers[i].number))
			return -ENOMEM;
	return 0;
}

static json_t *country_object(const struct event_country *top)
{
	json_t *object = json_object();

	if (event_json_text(object, "country", country_code(top->country)) ||
		add(object, "packets", json_integer((json_int_t)top->packets)) ||
		event_json_number(object, "share", top->share)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int add_countries(json_t *object, const struct event *event)
{
	json_t *list;

	if (!event->top_country_count)
		return 0;
	list = json_array();
	if (add(object, "top_countries", list))
		return -ENOMEM;
	for (unsigned int i = 0; i < event->top_country_count && i < EVENT_TOP_COUNTRIES; i++)
		if (json_array_append_new(list, country_object(&event->top_countries[i])))
			return -ENOMEM;
	return 0;
}

/* Put part under name, unless it has nothing in it. Takes its reference. */
static int add_part(json_t *object, const char *name, json_t *part, int error)
{
	if (!part || error || !json_object_size(part)) {
		json_decref(part);
		return part ? error : -ENOMEM;
	}
	return add(object, name, part);
}

static int add_evidence(json_t *object, const struct event *event)
{
	json_t *dns = json_object();
	json_t *geo = json_object();
	int dns_error = event_json_number(dns, "response", event->dns_response);
	int geo_error = event_json_text(geo, "id", event->geo_id);
	int error = event_json_number(object, "sources", event->sources);

	dns_error = dns_error ? dns_error : event_json_number(dns, "query", event->dns_query);
	dns_error = dns_error ? dns_error : event_json_number(dns, "short", event->dns_short);
	geo_error = geo_error ? geo_error : event_json_text(geo, "date", event->geo_date);
	if (!error)
		error = event_json_number(object, "packets_per_source", event->packets_per_source);
	if (!error)
		error = add_countries(object, event);
	if (!error)
		error = evidence_to_object(&event->evidence, object, dns);
	dns_error = add_part(object, "dns", dns, dns_error);
	geo_error = add_part(object, "geo", geo, geo_error);
	return error || dns_error || geo_error ? -ENOMEM : 0;
}

static int add_all(json_t *object, const struct event *event)
{
	if (event_json_text(object, "id", event->id) ||
		event_json_text(object, "incident", event->incident) ||
		event_json_text(object, "prev", event->prev) ||
		event_json_text(object, "phase", event_phase_name(event->phase)) ||
		event_json_text(object, "kind", event_kind_name(event->kind)) ||
		add_key(object, event->key))
		return -ENOMEM;
	if (event->scale && event_json_text(object, "scale", event_scale_name(event->scale)))
		return -ENOMEM;
	if (event_json_time(object, "onset", event->onset) || add_numbers(object, event) ||
		event_json_text(object, "severity", event_severity_name(event->severity)) ||
		event_json_text(object, "reason", event_reason_name(event->reason)))
		return -ENOMEM;
	return add_evidence(object, event);
}

json_t *event_to_object(const struct event *event)
{
	json_t *object = json_object();

	if (object && add_all(object, event)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

char *event_line(int64_t time, const char *type, const char *sensor, json_t *data)
{
	json_t *line = json_object();
	char *text = NULL;
	/* json_object_set_new() takes data's reference even when it fails. */
	int error = event_json_time(line, "timestamp", time);

	error = error ? error : event_json_text(line, "event_type", type);
	error = error ? error : event_json_text(line, "sensor", sensor);
	if (add(line, type, data) == 0 && !error)
		text = event_json_dump(line, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(line);
	return text;
}

char *event_to_json(const struct event *event, const char *sensor)
{
	return event_line(event->time, "spike", sensor, event_to_object(event));
}
