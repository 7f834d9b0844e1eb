/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/config/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
	const char *name; /* of the file, for errors */
	const char *text, *end;
	unsigned int line;
	bool unanswered;      /* the line went to libinih and the handler was not called for it */
	bool section_ignored; /* an unknown section: said once, not for each of its keys */
	int failure;          /* -ENOMEM */
	struct config *config;
	struct config_errors *errors;
	unsigned int first_line[CONFIG_MAX_KEYS]; /* where each key was first; 0 = not yet */
};

static void complain(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void complain(struct reader *reader, const char *format, ...)
{
	struct config_errors *errors = reader->errors;
	va_list arguments;
	char *text;
	int used;

	if (errors->count == CONFIG_MAX_ERRORS) {
		errors->dropped++;
		return;
	}
	text = errors->text[errors->count++];
	/* A long path must not push the sentence itself out of the line. */
	used = snprintf(text, CONFIG_ERROR_MAX, "%.128s:%u: ", reader->name, reader->line);
	va_start(arguments, format);
	vsnprintf(text + used, CONFIG_ERROR_MAX - (size_t)used, format, arguments);
	va_end(arguments);
}

/* NULL when the line may go on to the parser. */
static const char *line_is_refused(const char *line, size_t length)
{
	if (length > CONFIG_MAX_LINE)
		return "the line is too long: at most 198 bytes";
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
			return "the line holds a control character";
	return NULL;
}
_Static_assert(CONFIG_MAX_LINE == 198, "the sentence above says so");

static bool is_comment_or_blank(const char *text)
{
	text += strspn(text, " \t");
	return !*text || *text == '#' || *text == ';';
}

/* libinih says nothing of sections without keys, nor of text behind the bracket. */
static void check_section(struct reader *reader, const char *line)
{
	const char *bracket = strchr(line, ']');
	char name[CONFIG_MAX_LINE + 1];

	reader->section_ignored = true;
	if (!bracket || !is_comment_or_blank(bracket + 1)) {
		complain(reader, "a section is written [name], alone on its line");
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(bracket - line - 1), line + 1);
	if (!config_section_exists(name))
		complain(reader, "unknown section [%s]", name);
	else
		reader->section_ignored = false;
}

static void check_answer(struct reader *reader)
{
	if (reader->unanswered)
		complain(reader, "the line is neither [section], key = value nor a comment");
	reader->unanswered = false;
}

/* ini_reader: the next line that libinih may see, without leading blanks, as fgets() gives it. */
static char *next_line(char *buffer, int size, void *stream)
{
	struct reader *reader = stream;

	check_answer(reader);
	while (reader->text < reader->end && !reader->failure) {
		const char *line = reader->text;
		const char *newline = memchr(line, '\n', (size_t)(reader->end - line));
		size_t length = (size_t)((newline ? newline : reader->end) - line);
		const char *refusal;

		reader->text = newline ? newline + 1 : reader->end;
		reader->line++;
		if (length && line[length - 1] == '\r')
			length--;
		refusal = line_is_refused(line, length);
		if (refusal) {
			complain(reader, "%s", refusal);
			continue;
		}
		/* To libinih an indented line continues the value of the one before. */
		for (; length && (*line == ' ' || *line == '\t'); length--)
			line++;
		snprintf(buffer, (size_t)size, "%.*s", (int)length, line);
		if (*buffer == '[')
			check_section(reader, buffer);
		else
			reader->unanswered = !is_comment_or_blank(buffer);
		return buffer;
	}
	return NULL;
}

static void take_value(struct reader *reader, const struct config_key *key, const char *value)
{
	unsigned int *first = &reader->first_line[key - config_keys];
	char sentence[CONFIG_ERROR_MAX];
	int error;

	if (*first && !config_key_repeats(key)) {
		complain(reader, "[%s] %s is given again, first on line %u", key->section, key->key,
			*first);
		return;
	}
	if (!*first && config_key_repeats(key))
		config_key_clear(key, reader->config);
	if (!*first)
		*first = reader->line;
	error = config_key_set(key, reader->config, value, sentence);
	if (error == -ENOMEM)
		reader->failure = error;
	else if (error)
		complain(reader, "[%s] %s = '%s' %s", key->section, key->key, value, sentence);
}

/* ini_handler; 1 = go on. */
static int take_pair(void *user, const char *section, const char *name, const char *value)
{
	struct reader *reader = user;
	const struct config_key *key;

	reader->unanswered = false;
	if (reader->section_ignored)
		return 1;
	key = config_key_find(section, name);
	if (!*section)
		complain(reader, "key '%s' stands before any [section]", name);
	else if (!key)
		complain(reader, "unknown key '%s' in [%s]", name, section);
	else
		take_value(reader, key, value);
	return 1;
}

/* libinih's stream is one pointer, its user data another: here they are the same. */
static void read_lines(struct reader *reader)
{
	if (ini_parse_stream(next_line, reader, take_pair, reader) == -2)
		reader->failure = -ENOMEM;
	check_answer(reader);
}

static int set_defaults(struct config *config)
{
	char sentence[CONFIG_ERROR_MAX];

	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		char lines[CONFIG_MAX_LINE * 2];
		char *rest = lines, *line;

		snprintf(lines, sizeof(lines), "%s", key->fallback);
		while ((line = strsep(&rest, "\n"))) {
			int error = config_key_set(key, config, line, sentence);

			if (error) {
				config_release(config);
				return error;
			}
		}
	}
	return 0;
}

int config_parse(const char *text, size_t size, const char *name, struct config *config,
	struct config_errors *errors)
{
	struct config fresh;
	struct reader reader = {
		.name = name,
		.text = text,
		.end = text + size,
		.config = &fresh,
		.errors = errors,
	};
	int error;

	errors->count = 0;
	errors->dropped = 0;
	error = set_defaults(&fresh);
	if (error)
		return error;
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		reader.text += 3; /* a byte order mark, as some editors leave it */
	read_lines(&reader);
	if (reader.failure || errors->count) {
		config_release(&fresh);
		return reader.failure ? reader.failure : -EINVAL;
	}
	*config = fresh;
	return 0;
}

/* The whole file into buffer; its size, or a negative errno. */
static ssize_t read_file(const char *path, char buffer[CONFIG_MAX_FILE + 1])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got = 1;

	if (fd < 0)
		return -errno;
	while (used <= CONFIG_MAX_FILE && got > 0) {
		got = read(fd, buffer + used, CONFIG_MAX_FILE + 1 - used);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			got = -errno;
		else
			used += (size_t)got;
	}
	close(fd);
	if (got < 0)
		return got;
	return used > CONFIG_MAX_FILE ? -EFBIG : (ssize_t)used;
}

int config_load(const char *path, struct config *config, struct config_errors *errors)
{
	char *buffer;
	ssize_t size;
	int error;

	if (!path)
		return config_parse("", 0, "defaults", config, errors);
	errors->count = 0;
	errors->dropped = 0;
	buffer = malloc(CONFIG_MAX_FILE + 1);
	if (!buffer)
		return -ENOMEM;
	size = read_file(path, buffer);
	if (size < 0) {
		snprintf(errors->text[0], CONFIG_ERROR_MAX, "%.256s: cannot be read: %s", path,
			size == -EFBIG ? "larger than 64 KiB" : strerror((int)-size));
		errors->count = 1;
		error = (int)size;
	} else {
		error = config_parse(buffer, (size_t)size, path, config, errors);
	}
	free(buffer);
	return error;
}
