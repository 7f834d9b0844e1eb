/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/top_view.h"

#include "user/model/event_json.h"
#include "user/model/port.h"

#include <math.h>

/* Take part over into object under name; -1 when either is missing. */
static int put(json_t *object, const char *name, json_t *part)
{
	return json_object_set_new(object, name, part);
}

/* JSON's readers have 63 bits at least; a counter beyond that loses its last digits. */
static json_t *count(uint64_t number)
{
	return number <= INT64_MAX ? json_integer((json_int_t)number) : json_real((double)number);
}

static json_t *ledger_object(const struct top_view *view)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < TT_CLASSES; i++)
		if (view->ledger[i].packets)
			put(object, class_name((enum tt_class)i), count(view->ledger[i].packets));
	return object;
}

static json_t *port_object(const struct top_port *port)
{
	json_t *object =
		json_pack("{s:s, s:i, s:I}", "proto", port_protocol_name(port_protocol(port->row)),
			"port", (int)port_number(port->row), "packets", (json_int_t)port->packets);

	event_json_number(object, "share", port->share);
	event_json_number(object, "sources", port->sources);
	if (isfinite(port->country_share)) {
		event_json_text(object, "country", country_code(port->country));
		event_json_number(object, "country_share", port->country_share);
	}
	event_json_number(object, "usual", port->usual);
	event_json_number(object, "ratio", top_ratio(port->packets, port->usual));
	if (port->is_new)
		put(object, "new", json_true());
	return object;
}

static json_t *incident_object(const struct incident *incident)
{
	char key[SERIES_TEXT_MAX];
	json_t *object = json_object();

	series_format(incident->key, key);
	event_json_text(object, "incident", incident->id);
	event_json_text(object, "severity", event_severity_name(incident->severity));
	event_json_text(object, "kind", event_kind_name(incident->kind));
	event_json_text(object, "key", key);
	event_json_time(object, "opened", incident->opened);
	event_json_time(object, "onset", incident->onset);
	event_json_number(object, "observed", incident->peak.observed);
	event_json_number(object, "expected", incident->peak.expected);
	event_json_number(object, "ratio", incident->peak.ratio);
	put(object, "events", json_integer(incident->events));
	return object;
}

static json_t *sensor_object(const struct top_view *view)
{
	json_t *object = json_object();

	event_json_text(object, "interface", view->interface);
	put(object, "attached", json_boolean(view->is_attached));
	put(object, "running", json_boolean(view->is_running));
	event_json_text(object, "attach_mode", view->mode);
	event_json_text(object, "verdict", view->verdict);
	event_json_number(object, "arriving", view->arriving);
	return object;
}

static void put_window(json_t *object, const struct top_view *view)
{
	event_json_text(object, "window", top_window_name(view->window));
	event_json_time(object, "from", view->from);
	event_json_time(object, "last_minute", view->minute);
	event_json_number(object, "covered_seconds", view->covered);
	put(object, "bytes", count(view->bytes));
	event_json_number(object, "usual", view->usual);
	event_json_number(object, "ratio", top_ratio(view->packets, view->usual));
	event_json_number(object, "per_address_day", view->per_address_day);
	event_json_number(object, "sources", view->sources);
}

json_t *top_json(const struct top_view *view)
{
	json_t *object = json_object(), *ports = json_array(), *incidents = json_array();

	event_json_text(object, "name", view->sensor);
	if (view->state_dir)
		event_json_text(object, "state", view->state_dir);
	if (view->interface[0])
		put(object, "sensor", sensor_object(view));
	if (view->has_minute && !view->ledger_is_total)
		put_window(object, view);
	put(object, "packets", count(view->packets));
	put(object, "ledger", ledger_object(view));
	for (size_t i = 0; i < view->port_count; i++)
		json_array_append_new(ports, port_object(&view->ports[i]));
	put(object, "ports", ports);
	for (size_t i = 0; i < view->incident_count; i++)
		json_array_append_new(incidents, incident_object(&view->incidents[i]));
	put(object, "incidents", incidents);
	if (view->trouble)
		event_json_text(object, "trouble", view->trouble);
	return object;
}
