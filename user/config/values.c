/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/config/keys.h"
#include "user/lib/text.h"
#include "user/lib/zone.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const attach_names[] = {
	[CONFIG_ATTACH_AUTO] = "auto",
	[CONFIG_ATTACH_FRAGS] = "frags",
	[CONFIG_ATTACH_NATIVE] = "native",
	[CONFIG_ATTACH_GENERIC] = "generic",
};
_Static_assert(sizeof(attach_names) / sizeof(attach_names[0]) == CONFIG_ATTACHES, "every mode");

static const char *const verdict_names[] = {
	[TT_VERDICT_DROP] = "drop",
	[TT_VERDICT_PASS] = "pass",
	[TT_VERDICT_DROP_ALL] = "drop-all",
};
_Static_assert(sizeof(verdict_names) / sizeof(verdict_names[0]) == TT_VERDICTS, "every verdict");

const char *config_verdict_name(enum tt_verdict verdict)
{
	return (unsigned int)verdict < TT_VERDICTS ? verdict_names[verdict] : "?";
}

static void *field(const struct config_key *key, struct config *config)
{
	return (char *)config + key->offset;
}

static const void *field_const(const struct config_key *key, const struct config *config)
{
	return (const char *)config + key->offset;
}

static int refuse(char sentence[CONFIG_ERROR_MAX], const char *text)
{
	snprintf(sentence, CONFIG_ERROR_MAX, "%s", text);
	return -EINVAL;
}

static int replace_text(char **text, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static int set_path(char **text, const char *value, char sentence[CONFIG_ERROR_MAX])
{
	if (*value && *value != '/')
		return refuse(sentence, "must be an absolute path");
	return replace_text(text, value);
}

static int set_url(char **text, const char *value, char sentence[CONFIG_ERROR_MAX])
{
	if (*value && !text_is_server_url(value))
		return refuse(sentence, "must be https://HOST:PORT or http://HOST:PORT");
	return replace_text(text, value);
}

bool config_is_interface_name(const char *name)
{
	return *name && strlen(name) < IFNAMSIZ && !strpbrk(name, "/: \t\n\v\f\r") &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int set_interface(char **text, const char *value, char sentence[CONFIG_ERROR_MAX])
{
	if (*value && !config_is_interface_name(value))
		return refuse(sentence, "is not a name that a network interface can have");
	return replace_text(text, value);
}

static int set_timezone(char **text, const char *value, char sentence[CONFIG_ERROR_MAX])
{
	char path[PATH_MAX];

	if (*value && !zone_is_name(value))
		return refuse(sentence, "is not the name of a time zone");
	snprintf(path, sizeof(path), ZONE_FILES "%s", value);
	if (strcmp(value, "UTC") != 0 && access(path, R_OK) != 0)
		return refuse(sentence, "is not a time zone of this system (" ZONE_FILES ")");
	return replace_text(text, value);
}

static int set_country(country_id *country, const char *value, char sentence[CONFIG_ERROR_MAX])
{
	country_id id = COUNTRY_ZZ;

	if (*value && (strlen(value) != 2 || !country_find(value, &id) || id == COUNTRY_ZZ ||
			      id == COUNTRY_XX || id == COUNTRY_XO))
		return refuse(sentence, "is not a country's two-letter code");
	*country = id;
	return 0;
}

static int set_word(unsigned int *choice, const char *const names[], unsigned int count,
	const char *value, char sentence[CONFIG_ERROR_MAX])
{
	int used;

	for (unsigned int i = 0; i < count; i++) {
		if (strcmp(names[i], value) == 0) {
			*choice = i;
			return 0;
		}
	}
	used = snprintf(sentence, CONFIG_ERROR_MAX, "must be one of");
	for (unsigned int i = 0; i < count; i++)
		used += snprintf(sentence + used, CONFIG_ERROR_MAX - (size_t)used, "%s %s",
			i ? "," : "", names[i]);
	return -EINVAL;
}

static int set_number(const struct config_key *key, double *number, const char *value,
	char sentence[CONFIG_ERROR_MAX])
{
	int error = text_parse_double(value, key->minimum, key->maximum, number);

	if (error == -ERANGE)
		snprintf(sentence, CONFIG_ERROR_MAX, "must be between %g and %g", key->minimum,
			key->maximum);
	else if (error)
		snprintf(sentence, CONFIG_ERROR_MAX, "must be a number");
	return error ? -EINVAL : 0;
}

static int set_whole(const struct config_key *key, uint32_t *whole, const char *value,
	char sentence[CONFIG_ERROR_MAX])
{
	const char *days = key->type == CONFIG_DAYS ? " days" : "";
	uint64_t number;
	int error = text_parse_unsigned(value, (uint64_t)key->maximum, &number);

	if (error == -ERANGE || (!error && number < (uint64_t)key->minimum))
		snprintf(sentence, CONFIG_ERROR_MAX, "must be between %.0f and %.0f%s",
			key->minimum, key->maximum, days);
	else if (error)
		snprintf(sentence, CONFIG_ERROR_MAX, "must be a whole number%s%s",
			*days ? " of" : "", days);
	else
		*whole = (uint32_t)number;
	return error || number < (uint64_t)key->minimum ? -EINVAL : 0;
}

static int add_file(const struct config_key *key, struct config *config, const char *value,
	char sentence[CONFIG_ERROR_MAX])
{
	char **files = field(key, config);
	size_t *count = (size_t *)(void *)((char *)config + key->count_offset);
	int error;

	if (!*value)
		return 0;
	if (*count == CONFIG_MAX_GEO_FILES) {
		snprintf(sentence, CONFIG_ERROR_MAX, "is one too many: at most %d files",
			CONFIG_MAX_GEO_FILES);
		return -EINVAL;
	}
	files[*count] = NULL;
	error = set_path(&files[*count], value, sentence);
	*count += !error;
	return error;
}

int config_key_set(const struct config_key *key, struct config *config, const char *value,
	char sentence[CONFIG_ERROR_MAX])
{
	void *to = field(key, config);

	if (!*value && !key->may_be_empty)
		return refuse(sentence, "needs a value");
	switch (key->type) {
	case CONFIG_TEXT:
		return replace_text(to, value);
	case CONFIG_PATH:
		return set_path(to, value, sentence);
	case CONFIG_URL:
		return set_url(to, value, sentence);
	case CONFIG_INTERFACE:
		return set_interface(to, value, sentence);
	case CONFIG_TIMEZONE:
		return set_timezone(to, value, sentence);
	case CONFIG_COUNTRY:
		return set_country(to, value, sentence);
	case CONFIG_ATTACH:
		return set_word(to, attach_names, CONFIG_ATTACHES, value, sentence);
	case CONFIG_VERDICT:
		return set_word(to, verdict_names, TT_VERDICTS, value, sentence);
	case CONFIG_SWITCH:
		return text_parse_bool(value, to) ? refuse(sentence, "must be yes or no") : 0;
	case CONFIG_DAYS:
	case CONFIG_COUNT:
		return set_whole(key, to, value, sentence);
	case CONFIG_NUMBER:
		return set_number(key, to, value, sentence);
	case CONFIG_ADDRESSES:
		return config_addresses_add(to, value, sentence);
	case CONFIG_FILES:
		return add_file(key, config, value, sentence);
	case CONFIG_TYPES:
		break;
	}
	return refuse(sentence, "has no reader");
}

static bool holds_text(const struct config_key *key)
{
	return key->type == CONFIG_TEXT || key->type == CONFIG_PATH || key->type == CONFIG_URL ||
	       key->type == CONFIG_INTERFACE || key->type == CONFIG_TIMEZONE;
}

/* Bytes of the field behind the key, without what it points to. */
static size_t field_size(const struct config_key *key)
{
	static const size_t sizes[CONFIG_TYPES] = {
		[CONFIG_TEXT] = sizeof(char *),
		[CONFIG_PATH] = sizeof(char *),
		[CONFIG_URL] = sizeof(char *),
		[CONFIG_INTERFACE] = sizeof(char *),
		[CONFIG_TIMEZONE] = sizeof(char *),
		[CONFIG_COUNTRY] = sizeof(country_id),
		[CONFIG_ATTACH] = sizeof(enum config_attach),
		[CONFIG_VERDICT] = sizeof(enum tt_verdict),
		[CONFIG_SWITCH] = sizeof(bool),
		[CONFIG_DAYS] = sizeof(uint32_t),
		[CONFIG_COUNT] = sizeof(uint32_t),
		[CONFIG_NUMBER] = sizeof(double),
		[CONFIG_ADDRESSES] = sizeof(struct config_addresses),
		[CONFIG_FILES] = sizeof(char *) * CONFIG_MAX_GEO_FILES,
	};

	return sizes[key->type];
}

void config_key_clear(const struct config_key *key, struct config *config)
{
	config_key_release(key, config);
	memset(field(key, config), 0, field_size(key));
	if (key->type == CONFIG_FILES)
		memset((char *)config + key->count_offset, 0, sizeof(size_t));
}

void config_key_release(const struct config_key *key, struct config *config)
{
	char **texts = field(key, config);

	if (holds_text(key))
		free(*texts);
	if (key->type == CONFIG_FILES)
		for (size_t i = 0; i < CONFIG_MAX_GEO_FILES; i++)
			free(texts[i]);
}

bool config_key_equal(
	const struct config_key *key, const struct config *one, const struct config *other)
{
	const void *a = field_const(key, one), *b = field_const(key, other);
	char *const *texts_a = a, *const *texts_b = b;

	if (holds_text(key))
		return strcmp(*texts_a, *texts_b) == 0;
	if (key->type != CONFIG_FILES)
		return memcmp(a, b, field_size(key)) == 0;
	for (size_t i = 0; i < CONFIG_MAX_GEO_FILES; i++) {
		if (!texts_a[i] || !texts_b[i])
			return texts_a[i] == texts_b[i];
		if (strcmp(texts_a[i], texts_b[i]) != 0)
			return false;
	}
	return true;
}

static void exchange_bytes(void *one, void *other, size_t size)
{
	unsigned char *a = one, *b = other;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = a[i];

		a[i] = b[i];
		b[i] = byte;
	}
}

void config_key_exchange(const struct config_key *key, struct config *one, struct config *other)
{
	exchange_bytes(field(key, one), field(key, other), field_size(key));
	if (key->type == CONFIG_FILES)
		exchange_bytes((char *)one + key->count_offset, (char *)other + key->count_offset,
			sizeof(size_t));
}
