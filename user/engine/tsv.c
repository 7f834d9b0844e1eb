/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/tsv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tsv_reserve(struct tsv *tsv, size_t room)
{
	*tsv = (struct tsv){.data = malloc(room), .room = room};
	return tsv->data ? 0 : -ENOMEM;
}

void tsv_release(struct tsv *tsv)
{
	free(tsv->data);
	*tsv = (struct tsv){0};
}

void tsv_clear(struct tsv *tsv)
{
	tsv->used = tsv->next = 0;
	tsv->rows = 0;
	tsv->fields = 0;
	tsv->is_over = false;
}

/* -- Writing ------------------------------------------------------------------------------- */

static void put(struct tsv *tsv, char byte)
{
	if (tsv->next < tsv->room)
		tsv->data[tsv->next++] = byte;
	else
		tsv->is_over = true;
}

static void separate(struct tsv *tsv)
{
	if (tsv->fields++)
		put(tsv, '\t');
}

void tsv_text(struct tsv *tsv, const char *text)
{
	separate(tsv);
	for (; *text; text++) {
		switch (*text) {
		case '\t':
			put(tsv, '\\');
			put(tsv, 't');
			break;
		case '\n':
			put(tsv, '\\');
			put(tsv, 'n');
			break;
		case '\\':
			put(tsv, '\\');
			put(tsv, '\\');
			break;
		default:
			put(tsv, *text);
		}
	}
}

/* printf costs more than all else of a row. */
void tsv_unsigned(struct tsv *tsv, uint64_t number)
{
	char digits[20];
	size_t count = 0;

	separate(tsv);
	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (count)
		put(tsv, digits[--count]);
}

void tsv_signed(struct tsv *tsv, int64_t number)
{
	if (number >= 0) {
		tsv_unsigned(tsv, (uint64_t)number);
		return;
	}
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	tsv_text(tsv, text);
}

void tsv_double(struct tsv *tsv, double number)
{
	char text[32] = "nan";

	if (isfinite(number))
		snprintf(text, sizeof(text), "%.17g", number);
	tsv_text(tsv, text);
}

bool tsv_end_row(struct tsv *tsv)
{
	put(tsv, '\n');
	tsv->fields = 0;
	if (tsv->is_over) {
		tsv->next = tsv->used;
		tsv->is_over = false;
		return false;
	}
	tsv->used = tsv->next;
	tsv->rows++;
	return true;
}

/* -- Reading ------------------------------------------------------------------------------- */

static char unescaped(char code)
{
	switch (code) {
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case '0':
		return ' ';
	default:
		return code;
	}
}

size_t tsv_split(char *row, char **fields, size_t maximum)
{
	size_t count = 0;
	char *to = row;

	fields[count++] = to;
	for (const char *from = row; *from; from++) {
		if (*from == '\t') {
			if (count == maximum)
				return 0;
			*to++ = '\0';
			fields[count++] = to;
		} else if (*from == '\\') {
			if (!*++from)
				return 0;
			*to++ = unescaped(*from);
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return count;
}

size_t tsv_sql_literal(const char *text, char *out, size_t room)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t used = 0;

	if (room < 3)
		return 0;
	out[used++] = '\'';
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (used + 6 > room)
			return 0;
		if (byte < ' ' || byte == 0x7f) {
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = hex[byte >> 4];
			out[used++] = hex[byte & 15];
			continue;
		}
		if (byte == '\'' || byte == '\\')
			out[used++] = '\\';
		out[used++] = (char)byte;
	}
	out[used++] = '\'';
	out[used] = '\0';
	return used;
}
