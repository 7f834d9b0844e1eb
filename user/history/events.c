/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/* How a field of struct event is stored. An unknown number is NULL. */
enum form { FORM_TEXT, FORM_NUMBER, FORM_KEY, FORM_PHASE, FORM_KIND, FORM_SEVERITY, FORM_REASON };

struct field {
	size_t offset;
	enum form form;
	size_t room; /* FORM_TEXT */
};

#define AT(name) offsetof(struct event, name)
#define TEXT(name)                                                                                 \
	{                                                                                          \
		AT(name), FORM_TEXT, sizeof(((struct event *)0)->name)                             \
	}
#define FIELD(name, form)                                                                          \
	{                                                                                          \
		AT(name), form, 0                                                                  \
	}

/* Columns 1 .. of the table, in the order of STATEMENT_EVENT_PUT; the rest apart. */
static const struct {
	int column;
	struct field field;
} fields[] = {
	{1, TEXT(id)},
	{2, TEXT(incident)},
	{3, TEXT(prev)},
	{4, FIELD(phase, FORM_PHASE)},
	{5, FIELD(kind, FORM_KIND)},
	{6, FIELD(key, FORM_KEY)},
	{7, FIELD(face, FORM_KEY)},
	{10, FIELD(observed, FORM_NUMBER)},
	{11, FIELD(expected, FORM_NUMBER)},
	{12, FIELD(r, FORM_NUMBER)},
	{13, FIELD(ratio, FORM_NUMBER)},
	{14, FIELD(excess, FORM_NUMBER)},
	{15, FIELD(log10p, FORM_NUMBER)},
	{16, FIELD(exposure, FORM_NUMBER)},
	{17, FIELD(g, FORM_NUMBER)},
	{18, FIELD(season, FORM_NUMBER)},
	{19, FIELD(severity, FORM_SEVERITY)},
	{20, FIELD(reason, FORM_REASON)},
	{21, FIELD(sources, FORM_NUMBER)},
	{22, FIELD(packets_per_source, FORM_NUMBER)},
	{23, FIELD(dns_response, FORM_NUMBER)},
	{24, FIELD(dns_query, FORM_NUMBER)},
	{25, FIELD(dns_short, FORM_NUMBER)},
	{26, TEXT(geo_id)},
	{27, TEXT(geo_date)},
	{28, FIELD(log10p_lower, FORM_NUMBER)},
};

enum {
	COLUMN_TIME = 0,
	COLUMN_SCALE = 8,
	COLUMN_ONSET = 9,
	COLUMN_COUNTRIES = 29,
	COLUMN_MEMBERS = 30,
};

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

/* The enumerations by name: people read the database with sqlite3, too. */
static const struct {
	const char *(*name)(unsigned int value);
	unsigned int count;
} names[] = {
	[FORM_PHASE] = {phase_of, EVENT_PHASES},
	[FORM_KIND] = {kind_of, EVENT_KINDS},
	[FORM_SEVERITY] = {severity_of, EVENT_SEVERITIES},
	[FORM_REASON] = {reason_of, EVENT_REASONS},
};

_Static_assert(sizeof(enum event_phase) == sizeof(unsigned int) &&
		       sizeof(enum event_kind) == sizeof(unsigned int) &&
		       sizeof(enum event_severity) == sizeof(unsigned int) &&
		       sizeof(enum event_reason) == sizeof(unsigned int),
	"enumerations are read and written as unsigned int");

/* -- Writing ------------------------------------------------------------------------------- */

/* Countries, packets and shares: 17 bytes each, little endian. */
#define COUNTRY_BYTES 17

/* What a statement borrows until it has run: SQLite's own copy could fail for want of memory. */
struct borrowed {
	char keys[2][SERIES_TEXT_MAX];
	uint8_t countries[EVENT_TOP_COUNTRIES * COUNTRY_BYTES];
};

static void bind_field(sqlite3_stmt *put, int column, const struct field *field,
	const struct event *event, struct borrowed *borrowed)
{
	const char *at = (const char *)event + field->offset;
	char *key = borrowed->keys[field->offset == AT(face)];
	double number;
	unsigned int value;

	switch (field->form) {
	case FORM_TEXT:
		sqlite3_bind_text(
			put, column, at, (int)strnlen(at, field->room - 1), SQLITE_STATIC);
		return;
	case FORM_NUMBER:
		memcpy(&number, at, sizeof(number));
		/* SQLite stores NaN as NULL by itself. */
		sqlite3_bind_double(put, column, number);
		return;
	case FORM_KEY:
		memcpy(&value, at, sizeof(value));
		series_format(value, key);
		sqlite3_bind_text(put, column, key, -1, SQLITE_STATIC);
		return;
	default:
		memcpy(&value, at, sizeof(value));
		sqlite3_bind_text(put, column, names[field->form].name(value), -1, SQLITE_STATIC);
	}
}

static void put_number(uint8_t *bytes, uint64_t number)
{
	for (unsigned int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
}

static uint64_t get_number(const uint8_t *bytes)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < 8; i++)
		number |= (uint64_t)bytes[i] << 8 * i;
	return number;
}

static void bind_countries(sqlite3_stmt *put, const struct event *event, uint8_t bytes[])
{
	for (unsigned int i = 0; i < event->top_country_count; i++) {
		const struct event_country *top = &event->top_countries[i];
		uint64_t share;

		memcpy(&share, &top->share, sizeof(share));
		bytes[i * COUNTRY_BYTES] = top->country;
		put_number(bytes + i * COUNTRY_BYTES + 1, top->packets);
		put_number(bytes + i * COUNTRY_BYTES + 9, share);
	}
	sqlite3_bind_blob(put, COLUMN_COUNTRIES + 1, bytes,
		(int)(event->top_country_count * COUNTRY_BYTES), SQLITE_STATIC);
}

int history_add_event(struct history *history, const struct event *event)
{
	sqlite3_stmt *put = statement(history, STATEMENT_EVENT_PUT);
	struct borrowed borrowed;
	int status;

	if (!put)
		return -EIO;
	if (!event->id[0] || event->phase >= EVENT_PHASES || event->kind >= EVENT_KINDS ||
		event->severity >= EVENT_SEVERITIES || event->reason >= EVENT_REASONS ||
		event->top_country_count > EVENT_TOP_COUNTRIES)
		return say(history, -EINVAL, "an event cannot be stored: no id, or out of range");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		bind_field(put, fields[i].column + 1, &fields[i].field, event, &borrowed);
	sqlite3_bind_int64(put, COLUMN_TIME + 1, event->time);
	sqlite3_bind_int64(put, COLUMN_SCALE + 1, event->scale);
	sqlite3_bind_int64(put, COLUMN_ONSET + 1, event->onset);
	sqlite3_bind_int64(put, COLUMN_MEMBERS + 1, event->members);
	bind_countries(put, event, borrowed.countries);
	status = run(history, put);
	return status ? status : evidence_put(history, event);
}

int history_has_event(struct history *history, const struct event *event, bool *has)
{
	sqlite3_stmt *find = statement(history, STATEMENT_EVENT_FIND);
	int step, status = 0;

	if (!find)
		return -EIO;
	sqlite3_bind_text(find, 1, event->id, -1, SQLITE_STATIC);
	sqlite3_bind_text(find, 2, event_phase_name(event->phase), -1, SQLITE_STATIC);
	sqlite3_bind_int64(find, 3, event->time);
	step = sqlite3_step(find);
	if (step == SQLITE_ROW || step == SQLITE_DONE)
		*has = step == SQLITE_ROW;
	else
		status = say(history, -EIO, "history.db: an event cannot be looked up");
	sqlite3_reset(find);
	return status;
}

/* -- Reading ------------------------------------------------------------------------------- */

static int read_text(sqlite3_stmt *row, int column, const struct field *field, char *at)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	size_t size = (size_t)sqlite3_column_bytes(row, column);

	if (!text || size >= field->room || strlen(text) != size)
		return -EBADMSG;
	memcpy(at, text, size + 1);
	return 0;
}

static int read_name(const char *text, enum form form, unsigned int *value)
{
	for (unsigned int i = 0; i < names[form].count; i++) {
		if (strcmp(text, names[form].name(i)) == 0) {
			*value = i;
			return 0;
		}
	}
	return -EBADMSG;
}

static int read_field(sqlite3_stmt *row, int column, const struct field *field, struct event *event)
{
	char *at = (char *)event + field->offset;
	const char *text;
	unsigned int value;
	double number = NAN;

	if (field->form == FORM_TEXT)
		return read_text(row, column, field, at);
	if (field->form == FORM_NUMBER) {
		if (sqlite3_column_type(row, column) != SQLITE_NULL)
			number = sqlite3_column_double(row, column);
		memcpy(at, &number, sizeof(number));
		return 0;
	}
	text = (const char *)sqlite3_column_text(row, column);
	if (!text || (field->form == FORM_KEY ? !series_parse(text, &value)
					      : read_name(text, field->form, &value)))
		return -EBADMSG;
	memcpy(at, &value, sizeof(value));
	return 0;
}

static int read_countries(sqlite3_stmt *row, struct event *event)
{
	struct piece piece = piece_of(row, COLUMN_COUNTRIES);
	const uint8_t *bytes = piece.data;

	if (piece.size > EVENT_TOP_COUNTRIES * COUNTRY_BYTES || piece.size % COUNTRY_BYTES)
		return -EBADMSG;
	for (; piece.size; piece.size -= COUNTRY_BYTES, bytes += COUNTRY_BYTES) {
		struct event_country *top = &event->top_countries[event->top_country_count++];
		uint64_t share = get_number(bytes + 9);

		top->country = bytes[0];
		top->packets = get_number(bytes + 1);
		memcpy(&top->share, &share, sizeof(share));
	}
	return 0;
}

int event_of_row(struct history *history, sqlite3_stmt *row, struct event *event)
{
	struct event read = event_blank();
	int64_t scale = sqlite3_column_int64(row, COLUMN_SCALE);
	int64_t members = sqlite3_column_int64(row, COLUMN_MEMBERS);
	int error = scale < 0 || scale > UINT32_MAX || members < 0 || members > UINT32_MAX
			    ? -EBADMSG
			    : 0;

	read.time = sqlite3_column_int64(row, COLUMN_TIME);
	read.onset = sqlite3_column_int64(row, COLUMN_ONSET);
	read.scale = (uint32_t)scale;
	read.members = (uint32_t)members;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) && !error; i++)
		error = read_field(row, fields[i].column, &fields[i].field, &read);
	if (!error)
		error = read_countries(row, &read);
	if (!error)
		error = evidence_get(history, &read);
	if (error)
		return say(history, error, "history.db: an event is damaged");
	*event = read;
	return 0;
}
