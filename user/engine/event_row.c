/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/event_row.h"

#include "user/lib/file.h"
#include "user/lib/text.h"
#include "user/model/event_json.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum form {
	FORM_TEXT,
	FORM_NUMBER,
	FORM_COUNT, /* uint32_t */
	FORM_TIME,
	FORM_KEY,
	FORM_PHASE,
	FORM_KIND,
	FORM_SEVERITY,
	FORM_REASON,
};

#define FIELD(name, form_)                                                                         \
	{                                                                                          \
#name, form_, offsetof(struct event, name), sizeof(((struct event *)0)->name)      \
	}

static const struct {
	const char *name;
	enum form form;
	size_t offset;
	size_t room;
} fields[] = {
	FIELD(time, FORM_TIME),
	FIELD(id, FORM_TEXT),
	FIELD(phase, FORM_PHASE),
	FIELD(incident, FORM_TEXT),
	FIELD(prev, FORM_TEXT),
	FIELD(kind, FORM_KIND),
	FIELD(key, FORM_KEY),
	FIELD(face, FORM_KEY),
	FIELD(members, FORM_COUNT),
	FIELD(scale, FORM_COUNT),
	FIELD(onset, FORM_TIME),
	FIELD(observed, FORM_NUMBER),
	FIELD(expected, FORM_NUMBER),
	FIELD(r, FORM_NUMBER),
	FIELD(ratio, FORM_NUMBER),
	FIELD(excess, FORM_NUMBER),
	FIELD(log10p, FORM_NUMBER),
	FIELD(log10p_lower, FORM_NUMBER),
	FIELD(exposure, FORM_NUMBER),
	FIELD(g, FORM_NUMBER),
	FIELD(season, FORM_NUMBER),
	FIELD(severity, FORM_SEVERITY),
	FIELD(reason, FORM_REASON),
	FIELD(sources, FORM_NUMBER),
	FIELD(packets_per_source, FORM_NUMBER),
	FIELD(dns_response, FORM_NUMBER),
	FIELD(dns_query, FORM_NUMBER),
	FIELD(dns_short, FORM_NUMBER),
	FIELD(geo_id, FORM_TEXT),
	FIELD(geo_date, FORM_TEXT),
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))
_Static_assert(FIELDS + 1 == EVENT_ROW_FIELDS, "and the top countries");

/* In the order of fields[]; r is a word of SQL nowhere. */
const char event_row_columns[] =
	"toUInt32(time), id, phase, incident, prev, kind, key, face, members, scale, "
	"toUInt32(onset), observed, expected, r, ratio, excess, log10p, log10p_lower, exposure, g, "
	"season, severity, reason, sources, packets_per_source, dns_response, dns_query, "
	"dns_short, geo_id, geo_date, top_countries";

static const char *phase_of(unsigned int value)
{
	return event_phase_name((enum event_phase)value);
}

static const char *kind_of(unsigned int value)
{
	return event_kind_name((enum event_kind)value);
}

static const char *severity_of(unsigned int value)
{
	return event_severity_name((enum event_severity)value);
}

static const char *reason_of(unsigned int value)
{
	return event_reason_name((enum event_reason)value);
}

static const struct {
	const char *(*name)(unsigned int value);
	unsigned int count;
} names[] = {
	[FORM_PHASE] = {phase_of, EVENT_PHASES},
	[FORM_KIND] = {kind_of, EVENT_KINDS},
	[FORM_SEVERITY] = {severity_of, EVENT_SEVERITIES},
	[FORM_REASON] = {reason_of, EVENT_REASONS},
};

_Static_assert(sizeof(enum event_phase) == 4 && sizeof(enum event_kind) == 4 &&
		       sizeof(enum event_severity) == 4 && sizeof(enum event_reason) == 4 &&
		       sizeof(series_key) == 4,
	"they are read and written as uint32_t");

/* -- Writing ------------------------------------------------------------------------------- */

static void put_field(struct tsv *out, enum form form, const char *at)
{
	char key[SERIES_TEXT_MAX];
	uint32_t value;
	int64_t time;
	double number;

	switch (form) {
	case FORM_TEXT:
		tsv_text(out, at);
		return;
	case FORM_NUMBER:
		memcpy(&number, at, sizeof(number));
		tsv_double(out, number);
		return;
	case FORM_TIME:
		memcpy(&time, at, sizeof(time));
		tsv_unsigned(out, time > 0 ? (uint64_t)time : 0);
		return;
	case FORM_COUNT:
		memcpy(&value, at, sizeof(value));
		tsv_unsigned(out, value);
		return;
	case FORM_KEY:
		memcpy(&value, at, sizeof(value));
		series_format(value, key);
		tsv_text(out, key);
		return;
	default:
		memcpy(&value, at, sizeof(value));
		tsv_text(out, names[form].name(value));
	}
}

static void put_countries(struct tsv *out, const struct event *event)
{
	char text[EVENT_TOP_COUNTRIES * 64] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < event->top_country_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s:%llu:%.17g",
			i ? "," : "", country_code(event->top_countries[i].country),
			(unsigned long long)event->top_countries[i].packets,
			event->top_countries[i].share);
	tsv_text(out, text);
}

void event_row_put(struct tsv *out, const struct event *event)
{
	json_t *object = event_to_object(event);
	CLEANUP_FREE char *json = object ? event_json_dump(object, JSON_COMPACT) : NULL;

	json_decref(object);
	for (size_t i = 0; i < FIELDS; i++)
		put_field(out, fields[i].form, (const char *)event + fields[i].offset);
	put_countries(out, event);
	tsv_text(out, json ? json : "");
	tsv_unsigned(out, 1);
}

/* -- Reading ------------------------------------------------------------------------------- */

static int read_number(const char *text, double *number)
{
	if (strcmp(text, "nan") == 0) {
		*number = NAN;
		return 0;
	}
	return text_parse_double(text, -1e300, 1e300, number) ? -EBADMSG : 0;
}

static int read_name(enum form form, const char *text, uint32_t *value)
{
	for (uint32_t i = 0; i < names[form].count; i++) {
		if (strcmp(text, names[form].name(i)) == 0) {
			*value = i;
			return 0;
		}
	}
	return -EBADMSG;
}

static int read_field(size_t field, const char *text, char *at)
{
	uint64_t whole = 0;
	uint32_t value = 0;
	double number;

	switch (fields[field].form) {
	case FORM_TEXT:
		if (strlen(text) >= fields[field].room)
			return -EBADMSG;
		memcpy(at, text, strlen(text) + 1);
		return 0;
	case FORM_NUMBER:
		if (read_number(text, &number))
			return -EBADMSG;
		memcpy(at, &number, sizeof(number));
		return 0;
	case FORM_TIME:
		if (text_parse_unsigned(text, UINT32_MAX, &whole))
			return -EBADMSG;
		memcpy(at, &(int64_t){(int64_t)whole}, sizeof(int64_t));
		return 0;
	case FORM_COUNT:
		if (text_parse_unsigned(text, UINT32_MAX, &whole))
			return -EBADMSG;
		value = (uint32_t)whole;
		break;
	case FORM_KEY:
		if (!series_parse(text, &value))
			return -EBADMSG;
		break;
	default:
		if (read_name(fields[field].form, text, &value))
			return -EBADMSG;
	}
	memcpy(at, &value, sizeof(value));
	return 0;
}

static int read_country(char *text, struct event_country *top)
{
	char *code = strsep(&text, ":");
	char *packets = text ? strsep(&text, ":") : NULL;

	if (!packets || !text || strlen(code) != 2 || !country_find(code, &top->country) ||
		text_parse_unsigned(packets, UINT64_MAX, &top->packets))
		return -EBADMSG;
	return read_number(text, &top->share);
}

static int read_countries(char *text, struct event *event)
{
	char *one;

	if (!*text)
		return 0;
	while ((one = strsep(&text, ",")))
		if (event->top_country_count == EVENT_TOP_COUNTRIES ||
			read_country(one, &event->top_countries[event->top_country_count++]))
			return -EBADMSG;
	return 0;
}

int event_row_read(char **texts, struct event *event)
{
	struct event read = event_blank();

	for (size_t i = 0; i < FIELDS; i++)
		if (read_field(i, texts[i], (char *)&read + fields[i].offset))
			return -EBADMSG;
	if (read_countries(texts[FIELDS], &read) || !read.id[0])
		return -EBADMSG;
	*event = read;
	return 0;
}
