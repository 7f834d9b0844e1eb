/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/counts.h"

#include "user/lib/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 320
#define STEP 60

struct counts_reader {
	FILE *file;
	bool is_text;
	uint64_t position; /* bytes, or lines, read */
	int64_t start;
	uint32_t name_count;
	char **names;
	struct counts_entry *entries;
	char line[LINE_MAX_BYTES];
	char error[160];
};

__attribute__((format(printf, 2, 3))) static int fail(
	struct counts_reader *reader, const char *format, ...)
{
	char what[112];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	snprintf(reader->error, sizeof(reader->error), "%s %llu: %s",
		reader->is_text ? "line" : "byte", (unsigned long long)reader->position, what);
	return ferror(reader->file) ? -EIO : -EBADMSG;
}

/* -- Names --------------------------------------------------------------------------------- */

/* Bytes of the well-formed UTF-8 character at text, 0 when it is none or a control character. */
static size_t character_length(const unsigned char *text, size_t left)
{
	size_t length = text[0] < 0x80   ? 1
			: text[0] < 0xc2 ? 0
			: text[0] < 0xe0 ? 2
			: text[0] < 0xf0 ? 3
			: text[0] < 0xf5 ? 4
					 : 0;

	if (length == 0 || length > left || text[0] < 0x20 || text[0] == 0x7f)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates and numbers beyond Unicode. */
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
		(text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

static bool is_printable(const char *name, size_t length)
{
	const unsigned char *text = (const unsigned char *)name;
	size_t step;

	for (size_t i = 0; i < length; i += step) {
		step = character_length(text + i, length - i);
		if (step == 0)
			return false;
	}
	return length > 0;
}

static int set_name(struct counts_reader *reader, uint32_t id, const char *name, size_t length)
{
	if (!is_printable(name, length))
		return fail(reader, "name %u is empty or not printable text", id);
	if (length > COUNTS_MAX_NAME)
		return fail(reader, "name %u is longer than %u bytes", id, COUNTS_MAX_NAME);
	if (reader->names[id])
		return fail(reader, "id %u has two names", id);
	reader->names[id] = strndup(name, length);
	return reader->names[id] ? 0 : -ENOMEM;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int find_name_twice(struct counts_reader *reader)
{
	char **sorted = malloc(reader->name_count * sizeof(*sorted) + 1);
	int error = 0;

	if (!sorted)
		return -ENOMEM;
	if (reader->name_count > 0)
		memcpy(sorted, reader->names, reader->name_count * sizeof(*sorted));
	qsort(sorted, reader->name_count, sizeof(*sorted), compare_names);
	for (uint32_t i = 1; i < reader->name_count && !error; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			error = fail(reader, "the name %.60s is given twice", sorted[i]);
	free(sorted);
	return error;
}

static int take_header(struct counts_reader *reader, uint64_t start, uint64_t step, uint64_t names)
{
	if (step != STEP)
		return fail(reader, "step is %llu s, not %d", (unsigned long long)step, STEP);
	if (names > COUNTS_MAX_NAMES)
		return fail(reader, "%llu names, more than %u", (unsigned long long)names,
			COUNTS_MAX_NAMES);
	reader->start = (int64_t)(start - start % STEP);
	reader->name_count = (uint32_t)names;
	reader->names = calloc(names + 1, sizeof(*reader->names));
	reader->entries = calloc(names + 1, sizeof(*reader->entries));
	return reader->names && reader->entries ? 0 : -ENOMEM;
}

static int check_minute(struct counts_reader *reader, uint64_t index, double exposure, uint64_t n)
{
	if (!(exposure >= 0 && exposure <= COUNTS_MAX_EXPOSURE))
		return fail(reader, "exposure %g is not within 0 and %g", exposure,
			COUNTS_MAX_EXPOSURE);
	if (n > reader->name_count)
		return fail(reader, "%llu counts for %u names", (unsigned long long)n,
			reader->name_count);
	if (index > UINT32_MAX || (uint64_t)reader->start / STEP + index >= UINT32_MAX)
		return fail(reader, "minute %llu is too far ahead", (unsigned long long)index);
	return 0;
}

static int check_entry(struct counts_reader *reader, size_t place, uint64_t name)
{
	if (name >= reader->name_count)
		return fail(reader, "id %llu of %u names", (unsigned long long)name,
			reader->name_count);
	if (place > 0 && name <= reader->entries[place - 1].name)
		return fail(reader, "id %llu after id %u: ids must ascend",
			(unsigned long long)name, reader->entries[place - 1].name);
	return 0;
}

/* -- Binary -------------------------------------------------------------------------------- */

static int read_bytes(struct counts_reader *reader, void *bytes, size_t size)
{
	size_t got = fread(bytes, 1, size, reader->file);

	reader->position += got;
	if (got == size)
		return 0;
	return fail(reader, "%s",
		ferror(reader->file) ? strerror(errno) : "the stream ends within a record");
}

static uint32_t little32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static int open_binary(struct counts_reader *reader)
{
	uint8_t header[16], length[2];
	char name[UINT16_MAX];
	int error = read_bytes(reader, header, 4);

	if (error)
		return error;
	if (memcmp(header, "TCS1", 4) != 0)
		return fail(reader, "not a counts stream: it must start with TCS1 or #");
	error = read_bytes(reader, header + 4, sizeof(header) - 4);
	if (error)
		return error;
	error = take_header(
		reader, little32(header + 4), little32(header + 8), little32(header + 12));
	for (uint32_t id = 0; id < reader->name_count && !error; id++) {
		size_t bytes;

		error = read_bytes(reader, length, sizeof(length));
		if (error)
			break;
		bytes = (size_t)length[0] | (size_t)length[1] << 8;
		error = read_bytes(reader, name, bytes);
		if (!error)
			error = set_name(reader, id, name, bytes);
	}
	return error;
}

static int next_binary(struct counts_reader *reader, struct counts_minute *minute)
{
	uint8_t header[12], pair[8];
	int first = getc(reader->file), error;
	uint32_t bits, n;
	float exposure;

	if (first == EOF)
		return ferror(reader->file) ? fail(reader, "reading failed") : 0;
	ungetc(first, reader->file);
	error = read_bytes(reader, header, sizeof(header));
	if (error)
		return error;
	bits = little32(header + 4);
	memcpy(&exposure, &bits, sizeof(exposure));
	n = little32(header + 8);
	error = check_minute(reader, little32(header), exposure, n);
	for (uint32_t i = 0; i < n && !error; i++) {
		error = read_bytes(reader, pair, sizeof(pair));
		if (!error)
			error = check_entry(reader, i, little32(pair));
		if (!error)
			reader->entries[i] =
				(struct counts_entry){little32(pair), little32(pair + 4)};
	}
	if (error)
		return error;
	minute->index = little32(header);
	minute->exposure = exposure;
	minute->entry_count = n;
	return 1;
}

/* -- Text ---------------------------------------------------------------------------------- */

/* The next line without its end. Returns 1, 0 at the stream's end, or an error. */
static int read_line(struct counts_reader *reader)
{
	size_t length;

	if (!fgets(reader->line, sizeof(reader->line), reader->file)) {
		reader->position++;
		return ferror(reader->file) ? fail(reader, "reading failed") : 0;
	}
	reader->position++;
	length = strlen(reader->line);
	if (length == 0 || reader->line[length - 1] != '\n')
		return fail(reader, "too long, or without its end");
	reader->line[length - 1] = '\0';
	return 1;
}

static int expect_line(struct counts_reader *reader)
{
	int got = read_line(reader);

	return got == 1 ? 0 : got == 0 ? fail(reader, "the stream ends within a record") : got;
}

/* Cut the next word off *rest; NULL when there is none. */
static char *word(char **rest)
{
	char *start = *rest, *space;

	if (!start || *start == '\0')
		return NULL;
	space = strchr(start, ' ');
	*rest = space ? space + 1 : NULL;
	if (space)
		*space = '\0';
	return start;
}

static bool take_number(char **rest, uint64_t maximum, uint64_t *value)
{
	const char *text = word(rest);

	return text && text_parse_unsigned(text, maximum, value) == 0;
}

static int open_text(struct counts_reader *reader)
{
	uint64_t start, step, names, id;
	int error = expect_line(reader);
	char *rest = reader->line + 2;

	if (error)
		return error;
	if (strncmp(reader->line, "# ", 2) != 0 || !take_number(&rest, UINT32_MAX, &start) ||
		!take_number(&rest, UINT32_MAX, &step) || !take_number(&rest, UINT32_MAX, &names) ||
		rest)
		return fail(reader, "expected '# start step names'");
	error = take_header(reader, start, step, names);
	for (uint64_t i = 0; i < names && !error; i++) {
		error = expect_line(reader);
		if (error)
			break;
		rest = reader->line + 2;
		if (strncmp(reader->line, "K ", 2) != 0 || !take_number(&rest, names - 1, &id) ||
			!rest)
			error = fail(reader, "expected 'K id name', ids below %llu",
				(unsigned long long)names);
		else
			error = set_name(reader, (uint32_t)id, rest, strlen(rest));
	}
	return error;
}

static int next_text(struct counts_reader *reader, struct counts_minute *minute)
{
	uint64_t index, n, id, packets;
	char *rest = reader->line + 2, *exposure_text;
	double exposure = 0;
	int error = read_line(reader);

	if (error != 1)
		return error;
	if (strncmp(reader->line, "M ", 2) != 0 || !take_number(&rest, UINT32_MAX, &index) ||
		!(exposure_text = word(&rest)) ||
		text_parse_double(exposure_text, 0, COUNTS_MAX_EXPOSURE, &exposure) ||
		!take_number(&rest, UINT32_MAX, &n) || rest)
		return fail(reader, "expected 'M minute exposure n', exposure 0 to %g",
			COUNTS_MAX_EXPOSURE);
	error = check_minute(reader, index, exposure, n);
	for (uint64_t i = 0; i < n && !error; i++) {
		error = expect_line(reader);
		if (error)
			break;
		rest = reader->line;
		if (!take_number(&rest, UINT32_MAX, &id) ||
			!take_number(&rest, UINT32_MAX, &packets) || rest)
			error = fail(reader, "expected 'id count'");
		else
			error = check_entry(reader, i, id);
		if (!error)
			reader->entries[i] = (struct counts_entry){(uint32_t)id, (uint32_t)packets};
	}
	if (error)
		return error;
	minute->index = (uint32_t)index;
	minute->exposure = exposure;
	minute->entry_count = n;
	return 1;
}

/* -- Both ---------------------------------------------------------------------------------- */

int counts_open(FILE *file, struct counts_reader **reader)
{
	struct counts_reader *fresh = calloc(1, sizeof(*fresh));
	int first, error;

	if (!fresh)
		return -ENOMEM;
	fresh->file = file;
	first = getc(file);
	if (first != EOF)
		ungetc(first, file);
	fresh->is_text = first == '#';
	error = fresh->is_text ? open_text(fresh) : open_binary(fresh);
	if (!error)
		error = find_name_twice(fresh);
	if (error == -ENOMEM) {
		counts_close(fresh);
		return error;
	}
	*reader = fresh;
	return error;
}

void counts_close(struct counts_reader *reader)
{
	if (!reader)
		return;
	for (uint32_t i = 0; reader->names && i < reader->name_count; i++)
		free(reader->names[i]);
	free(reader->names);
	free(reader->entries);
	free(reader);
}

uint32_t counts_name_count(const struct counts_reader *reader)
{
	return reader->name_count;
}

const char *counts_name(const struct counts_reader *reader, uint32_t id)
{
	return reader->names[id];
}

int counts_next(struct counts_reader *reader, struct counts_minute *minute)
{
	struct counts_minute fresh = {.entries = reader->entries};
	int got = reader->is_text ? next_text(reader, &fresh) : next_binary(reader, &fresh);

	if (got != 1)
		return got;
	fresh.start = reader->start + (int64_t)fresh.index * STEP;
	*minute = fresh;
	return 1;
}

const char *counts_error(const struct counts_reader *reader)
{
	return reader->error;
}
