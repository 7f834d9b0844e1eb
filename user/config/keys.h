/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of keys, and what a value of each type may be. Only user/config/ includes this;
 * others read user/config/config.h.
 */
#ifndef TEITEN_CONFIG_KEYS_H
#define TEITEN_CONFIG_KEYS_H

#include "user/config/config.h"

/* Each type names the field of struct config that it fills, by offset. */
enum config_type {
	CONFIG_TEXT,      /* char *: one line */
	CONFIG_PATH,      /* char *: absolute */
	CONFIG_URL,       /* char *: a server, http:// or https:// */
	CONFIG_INTERFACE, /* char *: a network device's name */
	CONFIG_TIMEZONE,  /* char *: known to the system */
	CONFIG_COUNTRY,   /* country_id: two letters */
	CONFIG_ATTACH,    /* enum config_attach */
	CONFIG_VERDICT,   /* enum tt_verdict */
	CONFIG_SWITCH,    /* bool */
	CONFIG_DAYS,      /* uint32_t */
	CONFIG_COUNT,     /* uint32_t */
	CONFIG_NUMBER,    /* double */
	CONFIG_ADDRESSES, /* struct config_addresses; repeatable */
	CONFIG_FILES,     /* char *[CONFIG_MAX_GEO_FILES] and size_t count; repeatable */
	CONFIG_TYPES,
};

struct config_key {
	const char *section;
	const char *key;
	const char *full_name; /* "section.key" */
	enum config_type type;
	size_t offset;
	size_t count_offset;     /* CONFIG_FILES: of the count */
	bool reloadable;         /* may change on HUP */
	bool may_be_empty;       /* an empty value means none */
	double minimum, maximum; /* CONFIG_DAYS, _COUNT and _NUMBER, inclusive */
	/* As in a file; several lines of a repeatable key are separated by \n; "" = none. */
	const char *fallback;
	/* Sentences for the file and the manual: plain text, lines of one paragraph. */
	const char *help;
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;

/* The key, or NULL. */
const struct config_key *config_key_find(const char *section, const char *key);
/* Whether any key is in that section. */
bool config_section_exists(const char *section);

static inline bool config_key_repeats(const struct config_key *key)
{
	return key->type == CONFIG_ADDRESSES || key->type == CONFIG_FILES;
}

/*
 * Put one value into the key's field: the previous text is freed, a repeatable key adds to what is
 * there. On failure the field is as before, *sentence is what is wrong with the value (buffer of
 * the caller, at most CONFIG_ERROR_MAX), and the result -EINVAL; or -ENOMEM.
 */
int config_key_set(const struct config_key *key, struct config *config, const char *value,
	char sentence[CONFIG_ERROR_MAX]);

/* Empty a repeatable key's field. */
void config_key_clear(const struct config_key *key, struct config *config);

bool config_key_equal(
	const struct config_key *key, const struct config *one, const struct config *other);
void config_key_exchange(const struct config_key *key, struct config *one, struct config *other);
/* Free what the field owns. */
void config_key_release(const struct config_key *key, struct config *config);

/* Add the prefixes (blanks or commas between them) or the number; as config_key_set(). */
int config_addresses_add(
	struct config_addresses *addresses, const char *value, char sentence[CONFIG_ERROR_MAX]);

#endif
