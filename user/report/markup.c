/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/markup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/*
 * The length of the UTF-8 character at text, at most 4; 0 when there is none: a stray byte, an
 * overlong form, a surrogate, a number beyond Unicode (RFC 3629, section 4).
 */
static size_t character_size(const unsigned char *text)
{
	unsigned char lead = text[0];
	size_t size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	unsigned char low = 0x80, high = 0xbf;

	if (lead > 0xf4)
		return 0;
	low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : low;
	high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : high;
	for (size_t i = 1; i < size; i++) {
		if (text[i] < (i == 1 ? low : 0x80) || text[i] > (i == 1 ? high : 0xbf))
			return 0;
	}
	return size;
}

/* XML 1.0, 2.2: no controls but tab and line breaks, no U+FFFE and U+FFFF. HTML: no C1 controls. */
static bool is_allowed(const unsigned char *text, size_t size)
{
	if (size == 1)
		return (text[0] >= 0x20 && text[0] != 0x7f) || text[0] == '\t' || text[0] == '\n';
	if (size == 2)
		return text[0] != 0xc2 || text[1] >= 0xa0;
	return size != 3 || memcmp(text, "\xef\xbf", 2) != 0 || text[2] < 0xbe;
}

static const char *reference(unsigned char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void markup_text(struct buffer *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		size_t size = character_size(at);
		const char *instead = reference(*at);

		if (size == 0 || !is_allowed(at, size))
			instead = REPLACEMENT;
		if (instead)
			buffer_text(out, instead);
		else
			buffer_add(out, at, size);
		at += size ? size : 1;
	}
}

/* Write the directive of length size (%u, %.1f, %zu ...) with its argument. */
static void put_number(struct buffer *out, const char *directive, size_t size, va_list *arguments)
{
	char format[16], number[64];
	char kind = directive[size - 1];
	char length = directive[size - 2];

	if (size >= sizeof(format))
		return;
	memcpy(format, directive, size);
	format[size] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* markup()'s own format was checked */
	if (kind == 'f')
		snprintf(number, sizeof(number), format, va_arg(*arguments, double)); /* NOLINT */
	else if (length == 'l' || length == 'z')
		snprintf(number, sizeof(number), format, va_arg(*arguments, uint64_t));
	else
		snprintf(number, sizeof(number), format, va_arg(*arguments, unsigned int));
#pragma GCC diagnostic pop
	buffer_text(out, number);
}

void markup(struct buffer *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	while (*format) {
		size_t plain = strcspn(format, "%");
		size_t size;

		buffer_add(out, format, plain);
		format += plain;
		if (!*format)
			break;
		size = 1 + strcspn(format + 1, "sdufx%") + 1;
		if (format[size - 1] == 's')
			markup_text(out, va_arg(arguments, const char *));
		else if (format[size - 1] == '%')
			buffer_text(out, "%");
		else
			put_number(out, format, size, &arguments);
		format += size;
	}
	va_end(arguments);
}

void csv_field(struct buffer *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		buffer_text(out, text);
		return;
	}
	buffer_text(out, "\"");
	for (; *text; text++) {
		buffer_add(out, text, 1);
		if (*text == '"')
			buffer_text(out, "\"");
	}
	buffer_text(out, "\"");
}
