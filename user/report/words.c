/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/words.h"

#include "user/lib/buffer.h"
#include "user/model/port.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const texts[][LANGUAGES] = {
#define WORD(name, en, ja) {en, ja},
#include "user/report/words.inc"
#undef WORD
};
_Static_assert(sizeof(texts) / sizeof(texts[0]) == WORDS, "a text for each word");

/* Both languages have a text, and it is not the other's left in place by a slip of the pen. */
#define WORD(name, en, ja)                                                                         \
	_Static_assert(sizeof(en) > 1 && sizeof(ja) > 1, "both languages: " #name);
#include "user/report/words.inc"
#undef WORD

static const char *const tags[] = {"en", "ja"};
_Static_assert(sizeof(tags) / sizeof(tags[0]) == LANGUAGES, "a tag for each language");

const char *language_tag(enum language language)
{
	return tags[language];
}

const char *word_text(enum language language, enum word word)
{
	return texts[word][language];
}

/* -- The pool ------------------------------------------------------------------------------ */

struct pool_block {
	struct pool_block *next;
	char text[];
};

static const char *pool_add(struct phrase_pool *pool, const char *text, size_t size)
{
	struct pool_block *block = malloc(sizeof(*block) + size + 1);

	if (!block) {
		pool->error = -ENOMEM;
		return "";
	}
	memcpy(block->text, text, size);
	block->text[size] = '\0';
	block->next = pool->blocks;
	pool->blocks = block;
	return block->text;
}

/* Move what a buffer holds into the pool. */
static const char *pool_take(struct phrase_pool *pool, struct buffer *buffer)
{
	const char *text = "";

	if (buffer->error)
		pool->error = buffer->error;
	else if (buffer->size)
		text = pool_add(pool, buffer->bytes, buffer->size);
	buffer_release(buffer);
	return text;
}

const char *phrase_copy(struct phrase_pool *pool, const char *text)
{
	return pool_add(pool, text, strlen(text));
}

const char *phrase_format(struct phrase_pool *pool, const char *format, ...)
{
	struct buffer out = {0};
	va_list arguments;

	va_start(arguments, format);
	buffer_format_list(&out, format, arguments);
	va_end(arguments);
	return pool_take(pool, &out);
}

void phrase_release(struct phrase_pool *pool)
{
	while (pool->blocks) {
		struct pool_block *next = pool->blocks->next;

		free(pool->blocks);
		pool->blocks = next;
	}
}

/* -- Phrases ------------------------------------------------------------------------------- */

const char *plain(const struct phrase_pool *pool, enum word word)
{
	return word_text(pool->language, word);
}

/* The value of the name (size bytes, no NUL) among the pairs; the name itself if there is none. */
static const char *value_of(const char *name, size_t size, va_list pairs)
{
	const char *key, *value = NULL;

	while ((key = va_arg(pairs, const char *))) {
		const char *candidate = va_arg(pairs, const char *);

		if (strlen(key) == size && memcmp(key, name, size) == 0)
			value = candidate;
	}
	return value;
}

static bool ends_with(const struct buffer *out, const char *end)
{
	size_t size = strlen(end);

	return out->size >= size && memcmp(out->bytes + out->size - size, end, size) == 0;
}

const char *phrase(struct phrase_pool *pool, enum word word, ...)
{
	const char *text = word_text(pool->language, word);
	struct buffer out = {0};

	while (*text) {
		size_t literal = strcspn(text, "{");
		const char *close, *value;
		va_list pairs;

		buffer_add(&out, text, literal);
		text += literal;
		close = strchr(text, '}');
		if (!*text || !close)
			break;
		va_start(pairs, word);
		value = value_of(text + 1, (size_t)(close - text - 1), pairs);
		va_end(pairs);
		text = close + 1;
		if (!value)
			continue;
		buffer_text(&out, value);
		/* A full-width bracket has its space within. */
		if (*text == ' ' && ends_with(&out, "）"))
			text++;
	}
	return pool_take(pool, &out);
}

/* -- Dates --------------------------------------------------------------------------------- */

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"};

const char *date_phrase(struct phrase_pool *pool, struct zone_date date, int year)
{
	if (pool->language == LANGUAGE_JA)
		return date.year == year ? phrase_format(pool, "%d月%d日", date.month, date.day)
					 : phrase_format(pool, "%d年%d月%d日", date.year,
						   date.month, date.day);
	return date.year == year ? phrase_format(pool, "%s %d", months[date.month - 1], date.day)
				 : phrase_format(pool, "%s %d, %d", months[date.month - 1],
					   date.day, date.year);
}

const char *short_date_phrase(struct phrase_pool *pool, struct zone_date date)
{
	if (pool->language == LANGUAGE_JA)
		return phrase_format(pool, "%d/%d", date.month, date.day);
	/* A no-break space: a date is one thing. */
	return phrase_format(pool, "%.3s\u00a0%d", months[date.month - 1], date.day);
}

const char *month_phrase(struct phrase_pool *pool, int year, int month)
{
	if (pool->language == LANGUAGE_JA)
		return phrase_format(pool, "%d年%d月", year, month);
	return phrase_format(pool, "%s %d", months[month - 1], year);
}

const char *time_phrase(struct phrase_pool *pool, int64_t time, int year)
{
	int hour, minute;

	zone_clock_of(time, &hour, &minute);
	return phrase_format(pool, pool->language == LANGUAGE_JA ? "%s %02d:%02d" : "%s, %02d:%02d",
		date_phrase(pool, zone_date_of(time), year), hour, minute);
}

/* -- Countries ----------------------------------------------------------------------------- */

static const struct {
	char code[3];
	const char *names[LANGUAGES];
} countries[] = {
#define COUNTRY(code, en, ja) {code, {en, ja}},
#include "user/report/countries.inc"
#undef COUNTRY
};
_Static_assert(
	sizeof(countries) / sizeof(countries[0]) == COUNTRY_COUNT, "a name for each country");

#define COUNTRY(code, en, ja)                                                                      \
	_Static_assert(                                                                            \
		sizeof(code) == 3 && sizeof(en) > 1 && sizeof(ja) > 1, "both languages: " code);
#include "user/report/countries.inc"
#undef COUNTRY

const char *country_name(enum language language, country_id country)
{
	return country < COUNTRY_COUNT ? countries[country].names[language] : country_code(country);
}

const char *country_name_code(country_id country)
{
	return countries[country].code;
}

/* -- Services ------------------------------------------------------------------------------ */

struct service {
	enum port_protocol protocol;
	uint32_t port;
	const char *names[LANGUAGES];
	const char *notes[LANGUAGES];
};

static const struct service services[] = {
#define SERVICE(protocol, port, en, ja, note_en, note_ja)                                          \
	{protocol, port, {en, ja}, {note_en, note_ja}},
#include "user/report/services.inc"
#undef SERVICE
};

#define SERVICE(protocol, port, en, ja, note_en, note_ja)                                          \
	_Static_assert(sizeof(en) > 1 && sizeof(ja) > 1 &&                                         \
			       (sizeof(note_en) > 1) == (sizeof(note_ja) > 1),                     \
		"both languages: " en);
#include "user/report/services.inc"
#undef SERVICE

static const struct service *find_service(uint32_t row)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (port_row(services[i].protocol, services[i].port) == row)
			return &services[i];
	return NULL;
}

const char *service_name(enum language language, uint32_t row)
{
	const struct service *service = find_service(row);

	return service ? service->names[language] : NULL;
}

const char *service_note(enum language language, uint32_t row)
{
	const struct service *service = find_service(row);

	return service ? service->notes[language] : "";
}
