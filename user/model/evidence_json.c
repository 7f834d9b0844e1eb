/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/evidence_json.h"

#include "user/lib/text.h"
#include "user/model/event_json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- Writing ------------------------------------------------------------------------------- */

static int add(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) ? -ENOMEM : 0;
}

/* Add part under name unless it is empty; takes its reference. */
static int add_part(json_t *object, const char *name, json_t *part, int error)
{
	if (error || !json_object_size(part)) {
		json_decref(part);
		return part ? error : -ENOMEM;
	}
	return add(object, name, part);
}

static void origin_text(const struct event_origin *origin, bool is_prefix, char text[64])
{
	struct text_address address = {.is_v6 = origin->is_v6};

	memcpy(address.bytes, origin->bytes, sizeof(address.bytes));
	text_format_address(&address, text);
	if (is_prefix)
		strcat(text, origin->is_v6 ? "/48" : "/24");
}

static json_t *origin_object(const struct event_origin *origin, bool is_prefix)
{
	json_t *object = json_object();
	char text[64];

	origin_text(origin, is_prefix, text);
	if (event_json_text(object, is_prefix ? "prefix" : "source", text) ||
		event_json_text(object, "country", country_code(origin->country)) ||
		event_json_number(object, "packets", origin->packets) ||
		event_json_number(object, "share", origin->share)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int add_prefixes(json_t *object, const struct event_evidence *evidence)
{
	json_t *list;

	if (!evidence->top_prefix_count)
		return 0;
	list = json_array();
	if (add(object, "top_prefixes", list))
		return -ENOMEM;
	for (unsigned int i = 0; i < evidence->top_prefix_count && i < EVENT_TOP_PREFIXES; i++)
		if (json_array_append_new(list, origin_object(&evidence->top_prefixes[i], true)))
			return -ENOMEM;
	return 0;
}

static int add_samples(json_t *object, const struct event_evidence *evidence)
{
	json_t *part = json_object();
	int error = event_json_number(part, "packets", evidence->samples);

	if (!error && evidence->since)
		error = event_json_time(part, "since", evidence->since);
	if (!error)
		error = event_json_number(part, "of", evidence->packets);
	return add_part(object, "samples", part, error);
}

static int add_fingerprints(json_t *object, const struct event_evidence *evidence)
{
	json_t *part = json_object();
	int error = event_json_number(part, "mirai", evidence->mirai);

	error = error ? error : event_json_number(part, "zmap", evidence->zmap);
	error = error ? error : event_json_number(part, "masscan", evidence->masscan);
	return add_part(object, "fingerprints", part, error);
}

static int add_dns(json_t *dns, const struct event_evidence *evidence)
{
	json_t *rcodes = json_object();
	int error = event_json_number(dns, "recursion_available", evidence->recursion_available);
	char name[8];

	error = error ? error : event_json_number(dns, "answering", evidence->answering);
	for (unsigned int i = 0; !error && i < EVENT_RCODES; i++) {
		snprintf(name, sizeof(name), "%u", i);
		error = event_json_number(rcodes, name, evidence->rcodes[i]);
	}
	return add_part(dns, "rcodes", rcodes, error);
}

int evidence_to_object(const struct event_evidence *evidence, json_t *object, json_t *dns)
{
	if (add_samples(object, evidence) || add_prefixes(object, evidence) ||
		add_fingerprints(object, evidence) || add_dns(dns, evidence) ||
		event_json_number(object, "concentration", evidence->concentration) ||
		event_json_number(object, "breadth", evidence->breadth) ||
		event_json_number(object, "own_country", evidence->own_country) ||
		event_json_text(object, "verdict", event_verdict_name(evidence->verdict)) ||
		event_json_text(object, "verdict_text", evidence->verdict_text) ||
		event_json_text(object, "pcap", evidence->pcap))
		return -ENOMEM;
	if (!isfinite(evidence->top_source.packets))
		return 0;
	return add(object, "top_source", origin_object(&evidence->top_source, false));
}

char *evidence_to_json(const struct event_evidence *evidence)
{
	json_t *object = json_object(), *dns = json_object();
	char *text = NULL;
	int error = evidence_to_object(evidence, object, dns);

	error = add_part(object, "dns", dns, error);
	if (!error)
		text = event_json_dump(object, JSON_COMPACT | JSON_REAL_PRECISION(17));
	json_decref(object);
	return text;
}

/* -- Reading ------------------------------------------------------------------------------- */

static double number_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static void text_of(const json_t *object, const char *name, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(object, name));

	snprintf(text, size, "%s", value ? value : "");
}

static int read_origin(const json_t *object, const char *name, struct event_origin *origin)
{
	const char *country = json_string_value(json_object_get(object, "country"));
	struct text_address address;
	unsigned int length;
	char text[64];

	text_of(object, name, text, sizeof(text));
	if (text_parse_prefix(text, &address, &length) || !country || strlen(country) != 2 ||
		!country_find(country, &origin->country))
		return -EBADMSG;
	origin->is_v6 = address.is_v6;
	memset(origin->bytes, 0, sizeof(origin->bytes));
	memcpy(origin->bytes, address.bytes, address.is_v6 ? 16 : 4);
	origin->packets = number_of(object, "packets");
	origin->share = number_of(object, "share");
	return 0;
}

static int read_prefixes(const json_t *list, struct event_evidence *evidence)
{
	size_t count = json_array_size(list);

	if (count > EVENT_TOP_PREFIXES)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++)
		if (read_origin(json_array_get(list, i), "prefix", &evidence->top_prefixes[i]))
			return -EBADMSG;
	evidence->top_prefix_count = (unsigned int)count;
	return 0;
}

static void read_dns(const json_t *dns, struct event_evidence *evidence)
{
	const json_t *rcodes = json_object_get(dns, "rcodes");
	char name[8];

	evidence->recursion_available = number_of(dns, "recursion_available");
	evidence->answering = number_of(dns, "answering");
	for (unsigned int i = 0; i < EVENT_RCODES; i++) {
		snprintf(name, sizeof(name), "%u", i);
		evidence->rcodes[i] = number_of(rcodes, name);
	}
}

static int read_verdict(const json_t *object, struct event_evidence *evidence)
{
	char name[32];

	text_of(object, "verdict", name, sizeof(name));
	text_of(object, "verdict_text", evidence->verdict_text, sizeof(evidence->verdict_text));
	for (unsigned int i = 0; i < EVENT_VERDICTS; i++) {
		if (strcmp(name, event_verdict_name((enum event_verdict)i)) == 0) {
			evidence->verdict = (enum event_verdict)i;
			return 0;
		}
	}
	return -EBADMSG;
}

static int read_samples(const json_t *samples, struct event_evidence *evidence)
{
	char since[TEXT_TIME_MAX];

	evidence->samples = number_of(samples, "packets");
	evidence->packets = number_of(samples, "of");
	text_of(samples, "since", since, sizeof(since));
	return since[0] && text_parse_time(since, &evidence->since) ? -EBADMSG : 0;
}

int evidence_from_json(const char *text, struct event_evidence *evidence)
{
	json_t *object = json_loads(text, 0, NULL);
	const json_t *marks = json_object_get(object, "fingerprints");
	const json_t *top = json_object_get(object, "top_source");
	struct event_evidence read = event_evidence_blank();
	int error = json_is_object(object) ? 0 : -EBADMSG;

	if (!error)
		error = read_samples(json_object_get(object, "samples"), &read);
	if (!error)
		error = read_prefixes(json_object_get(object, "top_prefixes"), &read);
	if (!error && top)
		error = read_origin(top, "source", &read.top_source);
	if (!error)
		error = read_verdict(object, &read);
	read_dns(json_object_get(object, "dns"), &read);
	read.mirai = number_of(marks, "mirai");
	read.zmap = number_of(marks, "zmap");
	read.masscan = number_of(marks, "masscan");
	read.concentration = number_of(object, "concentration");
	read.breadth = number_of(object, "breadth");
	read.own_country = number_of(object, "own_country");
	text_of(object, "pcap", read.pcap, sizeof(read.pcap));
	json_decref(object);
	if (!error)
		*evidence = read;
	return error;
}
