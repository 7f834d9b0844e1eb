/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a bulletin says, in each language. The texts are in words.inc, one entry each with every
 * language side by side, so that none can be missing in one of them.
 *
 * A text may have {names}; a phrase is the text with values put in their place. Phrases are plain
 * text, not markup, and live as long as their pool.
 */
#ifndef TEITEN_REPORT_WORDS_H
#define TEITEN_REPORT_WORDS_H

#include "user/lib/zone.h"
#include "user/model/country.h"

#include <stdint.h>

enum language { LANGUAGE_EN, LANGUAGE_JA, LANGUAGES };

/* "en", "ja": the tag of HTML's lang and of --lang; static. */
const char *language_tag(enum language language);

enum word {
#define WORD(name, en, ja) WORD_##name,
#include "user/report/words.inc"
#undef WORD
	WORDS
};

/* The text itself, with its {names}; static. */
const char *word_text(enum language language, enum word word);

struct pool_block;

struct phrase_pool {
	enum language language;
	int error; /* 0 or -ENOMEM; phrases are "" then */
	struct pool_block *blocks;
};

/* A text of the pool's language without names. */
const char *plain(const struct phrase_pool *pool, enum word word);

/*
 * A text with its names replaced: pairs of a name and a value, ended by NULL. A name that the text
 * does not have is ignored.
 *
 *	phrase(pool, WORD_RANK_OF, "port", "23/tcp", "rank", "1", NULL)
 */
const char *phrase(struct phrase_pool *pool, enum word word, ...) __attribute__((sentinel));

/* A copy of a text that lives in the pool. */
const char *phrase_copy(struct phrase_pool *pool, const char *text);
const char *phrase_format(struct phrase_pool *pool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void phrase_release(struct phrase_pool *pool);

/* -- Dates and names ----------------------------------------------------------------------- */

/* "February 3", and of another year than the month told about "February 3, 2013". */
const char *date_phrase(struct phrase_pool *pool, struct zone_date date, int year);
/* "Feb 3", with a no-break space */
const char *short_date_phrase(struct phrase_pool *pool, struct zone_date date);
/* "February 2014" */
const char *month_phrase(struct phrase_pool *pool, int year, int month);
/* "February 3, 09:12" */
const char *time_phrase(struct phrase_pool *pool, int64_t time, int year);

/* The name of a country or region, "unknown" for ZZ; its code where there is no name. Static. */
const char *country_name(enum language language, country_id country);
/* The code beside which that name is written; equals country_code(). */
const char *country_name_code(country_id country);

/* "Telnet" of 23/tcp, or NULL; what a scan for it is after, "" if there is nothing to say. Static.
 */
const char *service_name(enum language language, uint32_t row);
const char *service_note(enum language language, uint32_t row);

#endif
